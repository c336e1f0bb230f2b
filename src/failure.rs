//! The one place where an error becomes what an operator reads and what a script branches on.
//!
//! Every way in which a command can fail to give its answer passes through here, so the exit codes can be read off one
//! file, and no remedy is written twice. Remedies are commands that can be pasted, where there is one.

use crate::clock::Stopped;
use crate::exit::Exit;
use crate::link::client::Error;
use crate::link::target::{Own, ResolveError, Target};
use crate::link::transport::LinkError;
use crate::report::{Check, Failure, Status};

/// The code of a failure that the checks of a report tell better.
pub const CHECKS_FAILED: &str = "checks-failed";

/// Where operators set the gateway's host.
pub const HOST_SETTING: &str = "GTW_HOST in .env";

/// What the remedies name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureContext {
    /// What was being done, to be read after "failed to" and before the endpoint: `sync`.
    pub verb: &'static str,
    /// The endpoint as configured, `tcp://HOST:PORT`.
    pub endpoint: String,
    /// The port, for firewall rules.
    pub port: u16,
    /// Where the host is set, to be read after "check": [`HOST_SETTING`] unless something stands above it.
    pub host_setting: String,
    /// The cloud's security group, where the settings name it.
    pub security_group: Option<String>,
}

impl FailureContext {
    /// What to do about a link that failed.
    pub fn link_remedy(&self, error: &LinkError) -> String {
        let port = self.port;
        match error {
            LinkError::Refused => format!(
                "the host is up and nothing listens on port {port}: on the gateway run `tasklist | findstr MT5`, then restart the Windows gateway"
            ),
            LinkError::TimedOut => format!(
                "check the firewall, on the gateway: `netsh advfirewall firewall show rule name=\"ZMQ-MT5\"`; check that {} allows port {port}; check {}; if the port is open, restart the Windows gateway",
                self.group(),
                self.host_setting
            ),
            LinkError::Unanswered { .. } => {
                "the gateway was there a moment before: its terminal hangs or is busy; look at the terminal, restart it, then the Windows gateway"
                    .to_owned()
            }
            LinkError::Silent | LinkError::Stalled => format!(
                "something accepts connections on port {port} and goes no further: the gateway hangs, or this is not its port; restart the Windows gateway"
            ),
            LinkError::NoRoute => format!(
                "check {}, and the route or VPN to the gateway's network: `ip route get` followed by its address",
                self.host_setting
            ),
            LinkError::Lost => {
                "the gateway went away in the middle: restart the Windows gateway, then run this again"
                    .to_owned()
            }
            LinkError::NotZeroMq(_) => stranger_remedy(),
            LinkError::Oversized { .. } | LinkError::System(_) => {
                "run this again with -vv and read the gateway's log".to_owned()
            }
            LinkError::Stopped(_) => "run it again".to_owned(),
        }
    }

    fn group(&self) -> String {
        match &self.security_group {
            Some(group) => format!("security group {group}"),
            None => "the cloud's security group (MT5CRS_SECURITY_GROUP names it here)".to_owned(),
        }
    }

    /// A read that brought nothing that could be used.
    pub fn read_failure(&self, error: &Error) -> Failure {
        let message = format!("failed to {} {}", self.verb, self.endpoint);
        match error {
            Error::NoAnswer { last, .. } => Failure {
                code: "no-answer",
                message,
                causes: vec![error.to_string(), last.to_string()],
                remedy: self.link_remedy(last),
                exit: Exit::NoAnswer,
            },
            Error::NotZeroMq(_) | Error::NotTheGateway(_) => Failure {
                code: "not-the-gateway",
                message,
                causes: vec![error.to_string()],
                remedy: stranger_remedy(),
                exit: Exit::NotTheGateway,
            },
            Error::Malformed { complaint, .. } => Failure {
                code: "malformed-reply",
                message,
                causes: vec![error.to_string(), complaint.to_string()],
                remedy: "nothing that it says can be relied on: look at the positions at the terminal, compare the gateway's version with protocol v4.3, read its log"
                    .to_owned(),
                exit: Exit::NotTheGateway,
            },
            Error::Stopped(stopped) => interrupted(*stopped),
        }
    }

    /// Answers that can't be believed, check by check; nothing where none failed.
    pub fn checks_failure(&self, checks: &[Check]) -> Option<Failure> {
        let failed: Vec<&Check> =
            checks.iter().filter(|check| check.status == Status::Fail).collect();
        let remedy = failed.iter().find_map(|check| check.remedy.clone());
        (!failed.is_empty()).then(|| Failure {
            code: CHECKS_FAILED,
            message: format!("failed to {} {}", self.verb, self.endpoint),
            causes: failed.iter().map(|check| format!("{}: {}", check.name, check.found)).collect(),
            remedy: remedy.unwrap_or_else(|| "mend what the checks name".to_owned()),
            exit: Exit::No,
        })
    }

    /// The configured address is this machine (hazard 12).
    pub fn own_address(&self, target: &Target, own: &Own) -> Failure {
        Failure {
            code: "own-address",
            message: format!("refused to talk to {}: it is this machine", target.address),
            causes: vec![format!("{} is {own}", target.host)],
            remedy: format!(
                "check {}: it has to be the gateway's own address; to practise on a gateway on this machine, add --allow-loopback",
                self.host_setting
            ),
            exit: Exit::Guarded,
        }
    }

    /// A name that led nowhere.
    pub fn resolve_failure(&self, error: &ResolveError) -> Failure {
        match error {
            ResolveError::Link { source: LinkError::Stopped(stopped), .. } => interrupted(*stopped),
            _ => Failure {
                code: "name-not-found",
                message: format!("failed to find {}", self.endpoint),
                causes: vec![error.to_string()],
                remedy: format!(
                    "check {}, or give the gateway's address instead of its name",
                    self.host_setting
                ),
                exit: Exit::NoAnswer,
            },
        }
    }
}

/// An error's words with those of what caused it.
pub fn cause_of(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn stranger_remedy() -> String {
    "nothing more was sent; check host and port (mt5crs config show), and on that host which program has the port: `netstat -ano | findstr LISTENING`"
        .to_owned()
}

/// A run that was asked to stop before its answer.
pub fn interrupted(stopped: Stopped) -> Failure {
    Failure {
        code: "interrupted",
        message: stopped.to_string(),
        causes: Vec::new(),
        remedy: "nothing was changed; run it again".to_owned(),
        exit: Exit::of_signal(stopped.signal),
    }
}
