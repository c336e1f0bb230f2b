//! Failures: errors in the words that an operator reads, with the exit code that a script branches on.
//!
//! Every command without an answer ends with a [`Failure`]. Its [`Code`] alone decides the exit code, so one catalogue
//! lists the exit codes of all failures, and each remedy is written once. Where possible a remedy is a command to paste.

mod code;

use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::code::Code;
use crate::check::{Check, Status, Verdict};
use crate::clock::Stopped;
use crate::exit::Exit;
use crate::link::client::Error;
use crate::link::session::AskError;
use crate::link::target::{Own, ResolveError, Target};
use crate::link::transport::LinkError;

/// Why a command could not give its answer, in the words that an operator reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failure {
    /// A stable word for scripts; `mt5crs explain` explains each.
    #[schemars(with = "&'static str")]
    code: Code,
    /// The failed action, with the name of its object.
    message: String,
    /// Why, outermost first.
    causes: Vec<String>,
    /// The next step.
    remedy: String,
}

impl Failure {
    /// A failure without causes, with the code's own remedy. The message tells the failed action and names its object.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let (message, remedy) = (message.into(), code.remedy().to_owned());
        Self { code, message, causes: Vec::new(), remedy }
    }

    /// An error as a failure, with its source as the cause.
    pub fn from_error(code: Code, error: &dyn std::error::Error) -> Self {
        Self::new(code, error.to_string()).with_causes(error.source())
    }

    /// A run that a signal stopped before its answer.
    pub fn interrupted(stopped: Stopped) -> Self {
        Self::new(Code::from_signal(stopped.signal), stopped.to_string())
    }

    /// Adds an inner cause.
    pub fn with_cause(self, cause: impl Display) -> Self {
        self.with_causes([cause])
    }

    /// Adds inner causes, outermost first.
    pub fn with_causes(mut self, causes: impl IntoIterator<Item = impl Display>) -> Self {
        self.causes.extend(causes.into_iter().map(|cause| cause.to_string()));
        self
    }

    /// Replaces the code's own remedy.
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The code, which decides the exit code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The exit code of a command that ends with this failure.
    pub fn exit(&self) -> Exit {
        self.code.exit()
    }

    /// The failed action, with the name of its object.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why, outermost first; may be empty.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }

    /// The innermost cause; the message where there is none.
    pub fn root_cause(&self) -> &str {
        self.causes.last().unwrap_or(&self.message)
    }

    /// The outermost cause; the message where there is none.
    pub fn first_cause(&self) -> &str {
        self.causes.first().unwrap_or(&self.message)
    }

    /// What to do next.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The verdict of a report with this failure: no answer, an unproved order and an interruption leave it unknown.
    pub fn verdict(&self) -> Verdict {
        match self.exit() {
            Exit::NoAnswer | Exit::OutcomeUnknown => Verdict::Unknown,
            exit if exit.is_interruption() => Verdict::Unknown,
            _ => Verdict::Fail,
        }
    }
}

/// The usual place of the gateway's host.
pub const HOST_SETTING: &str = "GTW_HOST in .env";

/// The operation and the settings that messages and remedies name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureContext {
    /// The operation, as a verb that fits between "failed to" and the endpoint: `sync`.
    pub verb: &'static str,
    /// The configured endpoint, `tcp://HOST:PORT`.
    pub endpoint: String,
    /// The gateway's port, for firewall rules.
    pub port: u16,
    /// The setting of the host, to be read after "check": [`HOST_SETTING`] unless another layer overrides it.
    pub host_setting: String,
    /// The cloud's security group, where the settings name it.
    pub security_group: Option<String>,
}

impl FailureContext {
    /// The context of a gateway that no setting names, on the default port 5555: a simulated one.
    pub fn simulated(verb: &'static str, endpoint: &str) -> Self {
        Self {
            verb,
            endpoint: endpoint.to_owned(),
            port: 5555,
            host_setting: HOST_SETTING.to_owned(),
            security_group: None,
        }
    }

    /// The remedy for a link that failed.
    pub fn link_remedy(&self, error: &LinkError) -> String {
        let port = self.port;
        match error {
            LinkError::Refused => format!(
                "the host is up and nothing listens on port {port}: on the gateway run `tasklist | findstr MT5`, then restart the Windows gateway"
            ),
            LinkError::TimedOut => {
                let group = match &self.security_group {
                    Some(group) => format!("security group {group}"),
                    None => "the cloud's security group (MT5CRS_SECURITY_GROUP names it here)".to_owned(),
                };
                format!(
                    "check the firewall, on the gateway: `netsh advfirewall firewall show rule name=\"ZMQ-MT5\"`; check that {group} allows port {port}; check {}; if the port is open, restart the Windows gateway",
                    self.host_setting
                )
            }
            LinkError::Unanswered { .. } => {
                "the gateway answered a moment ago: its terminal hangs or is busy; restart the terminal, then the Windows gateway"
                    .to_owned()
            }
            LinkError::Silent | LinkError::Stalled => format!(
                "port {port} accepts connections, and then nothing answers: the gateway hangs, or another program has this port; restart the Windows gateway"
            ),
            LinkError::NoRoute => format!(
                "check {}, and the route or VPN to the gateway's network: `ip route get` followed by its address",
                self.host_setting
            ),
            LinkError::Lost | LinkError::Unsent => {
                "the gateway closed the connection: restart the Windows gateway, then run this again"
                    .to_owned()
            }
            LinkError::NotZeroMq(_) => Code::NotTheGateway.remedy().to_owned(),
            LinkError::Unauthentic(why) => why.remedy().to_owned(),
            // EMFILE and ENFILE, in the system's words.
            LinkError::System(words) if words.contains("oo many open files") => {
                "raise the limit of open files: `ulimit -n 1024`, LimitNOFILE= in a unit".to_owned()
            }
            LinkError::System(_) => "run this again with -vv and read the gateway's log".to_owned(),
            LinkError::Stopped(_) => "run it again".to_owned(),
        }
    }

    /// A failed operation on this endpoint, to be completed with its causes.
    fn failed(&self, code: Code) -> Failure {
        Failure::new(code, format!("failed to {} {}", self.verb, self.endpoint))
    }

    /// The failure of a read without a usable answer.
    pub fn read_failure(&self, error: &Error) -> Failure {
        match error {
            Error::NoAnswer { last, .. } => self
                .failed(Code::NoAnswer)
                .with_causes([error.to_string(), last.to_string()])
                .with_remedy(self.link_remedy(last)),
            Error::NotTheGateway(program) => {
                let failure = self.failed(Code::NotTheGateway).with_cause(error);
                match program.remedy() {
                    Some(remedy) => failure.with_remedy(remedy),
                    None => failure,
                }
            }
            Error::Malformed { complaint, .. } => self
                .failed(Code::MalformedReply)
                .with_causes([error.to_string(), complaint.to_string()]),
            Error::AccountChanged(changed) => self.failed(Code::AccountChanged).with_cause(changed),
            Error::Stopped(stopped) => Failure::interrupted(*stopped),
        }
    }

    /// The failure of a single request, without retries.
    pub fn request_failure(&self, action: &'static str, error: AskError) -> Failure {
        match error.retryable(action) {
            Ok(error) => {
                let remedy = self.link_remedy(&error);
                self.failed(Code::NoAnswer).with_cause(error).with_remedy(remedy)
            }
            Err(error) => self.read_failure(&error),
        }
    }

    /// The failure of checks, each with its finding as a cause; `None` where none failed.
    pub fn checks_failure(&self, checks: &[Check]) -> Option<Failure> {
        let failed = || checks.iter().filter(|check| check.status == Status::Fail);
        failed().next()?;
        let failure = self
            .failed(Code::ChecksFailed)
            .with_causes(failed().map(|check| format!("{}: {}", check.name, check.found)));
        Some(match failed().find_map(|check| check.remedy.clone()) {
            Some(remedy) => failure.with_remedy(remedy),
            None => failure,
        })
    }

    /// The refusal of an address of this machine (hazard 12).
    pub fn own_address(&self, target: &Target, own: &Own) -> Failure {
        let message = format!("refused to talk to {}: it is this machine", target.address);
        Failure::new(Code::OwnAddress, message)
            .with_cause(format!("{} is {own}", target.host))
            .with_remedy(format!(
                "check {}: it must be the gateway's own address; to use a gateway on this machine, add --allow-loopback",
                self.host_setting
            ))
    }

    /// The failure to resolve the gateway's host name.
    pub fn resolve_failure(&self, error: &ResolveError) -> Failure {
        match error {
            ResolveError::Link { source: LinkError::Stopped(stopped), .. } => {
                Failure::interrupted(*stopped)
            }
            _ => Failure::new(Code::NameNotFound, format!("failed to find {}", self.endpoint))
                .with_cause(error)
                .with_remedy(format!(
                    "check {}, or give the gateway's address instead of its name",
                    self.host_setting
                )),
        }
    }
}

/// An error's message with its source's.
pub fn cause_of(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
