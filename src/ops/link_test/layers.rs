//! The layers of a link, from the bottom up, and the climb.

use std::time::Duration;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::latency::{self, Latency, Measured};
use super::{Deps, Options, Report};
use crate::clock::{Deadline, micros, signed_micros};
use crate::failure::{Code, Failure};
use crate::link::client::Error;
use crate::link::diagnosis;
use crate::link::session::{AskError, Identity, ProofError, Session};
use crate::link::target::{self, Target, resolve};
use crate::link::transport::{Connection, LinkError};
use crate::protocol::account::GetAccount;
use crate::report::{Check, Status};

// How the document shows the check of a layer: with its time, and without an expectation.
/// One layer of the link.
#[derive(Serialize, JsonSchema)]
pub(super) struct Layer<'c> {
    /// Its name, stable for scripts.
    name: &'c str,
    /// Its result.
    status: Status,
    /// Time that it took in µs, where it was reached.
    took_us: Option<u64>,
    /// What was found.
    found: &'c str,
    /// What to do, where it failed or warned.
    remedy: Option<&'c str>,
}

/// Writes the layers into the document.
pub(super) fn serialize<S: Serializer>(layers: &[Check], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(layers.iter().map(|check| Layer {
        name: &check.name,
        status: check.status,
        took_us: check.took_us,
        found: &check.found,
        remedy: check.remedy.as_deref(),
    }))
}

const NAMES: [&str; 9] =
    ["settings", "name", "target", "tcp", "zmtp", "identity", "clock", "terminal", "latency"];

/// Every layer, before anything was tried.
pub(super) fn unreached() -> Vec<Check> {
    NAMES.map(|name| Check::not_reached("not reached").named(name)).to_vec()
}

/// The name of the first layer that failed.
pub(super) fn failed(layers: &[Check]) -> Option<&'static str> {
    let mut named = NAMES.into_iter().zip(layers);
    named.find(|(_, layer)| layer.status == Status::Fail).map(|(name, _)| name)
}

/// A test on its way up.
pub(super) struct Test<'t> {
    options: &'t Options,
    deps: &'t Deps<'t>,
    /// Monotonic time at which the layer that is tried now began.
    began: Duration,
    pub(super) report: Report,
    pub(super) target: Option<Target>,
    pub(super) simulated: bool,
}

impl<'t> Test<'t> {
    pub(super) fn new(options: &'t Options, deps: &'t Deps<'t>) -> Self {
        let began = deps.clock.monotonic();
        Self { options, deps, began, report: Report::new(), target: None, simulated: false }
    }

    /// Goes up until a layer fails.
    pub(super) fn climb(&mut self) -> Result<(), Failure> {
        let endpoint = &self.options.names.endpoint;
        self.reached(
            "settings",
            Status::Pass,
            format!("{endpoint} ({})", self.options.origin),
            None,
        );
        let target = self.find()?;
        self.connect_tcp(&target)?;
        let connection = self.shake_hands(&target)?;
        let mut session = self.identify(connection)?;
        let skew = self.judge_clock(session.identity().clone());
        let terminal = self.ask_terminal(&mut session);
        let dead = matches!(terminal, Err((_, SessionState::Dead)));
        if !dead {
            self.measure(session)?;
        }
        // The latency of a link whose terminal is gone, or whose clock is off, is still worth knowing.
        skew.and(terminal.map_err(|(failure, _)| failure))
    }

    fn until(&self) -> Deadline {
        Deadline::after(&**self.deps.clock, self.options.timeout).min(self.deps.deadline)
    }

    fn reached(&mut self, name: &str, status: Status, found: String, remedy: Option<String>) {
        let now = self.deps.clock.monotonic();
        let took = now.saturating_sub(self.began);
        self.began = now;
        if let Some(layer) = self.report.layers.iter_mut().find(|layer| layer.name == name) {
            layer.status = status;
            layer.took_us = Some(micros(took));
            layer.found = found;
            layer.remedy = remedy;
        }
    }

    fn passed(&mut self, name: &str, found: String) {
        self.reached(name, Status::Pass, found, None);
    }

    fn failed(&mut self, name: &str, failure: Failure) -> Failure {
        // Who is stopped halfway has not found the layer wanting.
        let status =
            if failure.exit().is_interruption() { Status::NotReached } else { Status::Fail };
        let (found, remedy) = (failure.root_cause().to_owned(), failure.remedy().to_owned());
        self.reached(name, status, found, Some(remedy));
        failure
    }

    fn find(&mut self) -> Result<Target, Failure> {
        let (options, deps) = (self.options, self.deps);
        let until = self.until();
        let found = resolve(&options.host, options.port, &**deps.clock, deps.stop, until);
        let target = found.map_err(|error| {
            let failure = options.names.resolve_failure(&error);
            self.failed("name", failure)
        })?;
        let ip = target.address.ip();
        let others = target.alternatives.len().saturating_sub(1);
        let found = if ip.to_string() == target.host {
            format!("{ip} is an address")
        } else if others == 0 {
            format!("{} is {ip}", target.host)
        } else {
            format!("{} is {ip}, and has {others} more", target.host)
        };
        self.passed("name", found);
        self.report.address = Some(target.address);
        self.report.source_address = target.source.map(|source| source.to_string());
        self.target = Some(target.clone());

        if let Err(own) = target::allow(&target, options.allow_loopback) {
            return Err(self.failed("target", options.names.own_address(&target, own)));
        }
        let from = match target.source {
            Some(source) => format!("from {source}"),
            None => "no route to it is known".to_owned(),
        };
        let found = match &target.own {
            Some(own) => format!("{own}, as asked for; {from}"),
            None => format!("not this machine; {from}"),
        };
        self.passed("target", found);
        Ok(target)
    }

    fn connect_tcp(&mut self, target: &Target) -> Result<(), Failure> {
        let until = self.until();
        let (clock, stop) = (&**self.deps.clock, self.deps.stop);
        match diagnosis::tcp(target.address, clock, stop, until) {
            Ok(_) => {
                self.passed("tcp", format!("connected to {}", target.address));
                Ok(())
            }
            Err(error) => Err(self.link_failed("tcp", &error)),
        }
    }

    fn shake_hands(&mut self, target: &Target) -> Result<Box<dyn Connection>, Failure> {
        let until = self.until();
        match (self.deps.transport)(target.address).connect(until) {
            Ok(connection) => {
                self.passed("zmtp", "ZMTP 3 handshake".to_owned());
                Ok(connection)
            }
            Err(error) => Err(self.link_failed("zmtp", &error)),
        }
    }

    fn identify(&mut self, connection: Box<dyn Connection>) -> Result<Session<'t>, Failure> {
        let until = self.until();
        match Session::prove(connection, &**self.deps.clock, until) {
            Ok(session) => {
                let identity = session.identity();
                self.simulated = identity.simulated;
                self.report.server_time = Some(identity.server_time);
                let who = if identity.simulated { "a simulated gateway" } else { "the gateway" };
                self.passed("identity", format!("{who} answered PING"));
                Ok(session)
            }
            Err(ProofError::Link(error)) => Err(self.link_failed("identity", &error)),
            Err(ProofError::NotTheGateway(look_alike)) => {
                let error = Error::NotTheGateway(look_alike);
                let failure = self.options.names.read_failure(&error);
                Err(self.failed("identity", failure))
            }
        }
    }

    /// A skew fails only after the layers above were looked at, because they don't depend on it.
    fn judge_clock(&mut self, identity: Identity) -> Result<(), Failure> {
        let skew = identity.skew;
        self.report.skew_us = Some(signed_micros(skew));
        self.report.skew_uncertainty_us = Some(micros(identity.skew_uncertainty()));
        let found = describe_skew(skew, identity.skew_uncertainty());
        let size = skew.unsigned_abs();
        let remedy = Code::ClockSkew.remedy();
        if size > self.options.signature_ttl {
            let endpoint = &self.options.names.endpoint;
            let message = format!("the clocks of {endpoint} and this machine differ");
            let failure = Failure::new(Code::ClockSkew, message).with_cause(format!(
                "{found}: past the signature's TTL of {:?}, so every order would be refused",
                self.options.signature_ttl
            ));
            return Err(self.failed("clock", failure));
        }
        if size > self.options.skew_warn {
            self.reached("clock", Status::Warn, found, Some(remedy.to_owned()));
        } else {
            self.passed("clock", found);
        }
        Ok(())
    }

    fn ask_terminal(&mut self, session: &mut Session<'_>) -> Result<(), (Failure, SessionState)> {
        let until = self.until();
        match session.ask(GetAccount, until).map(|answer| answer.reply) {
            Ok(Ok(account)) => {
                let currency = account.currency.as_deref().unwrap_or_default().escape_debug();
                let found = format!("GET_ACCOUNT answered: balance {} {currency}", account.balance);
                self.report.account = Some(account);
                self.passed("terminal", found);
                Ok(())
            }
            Ok(Err(refusal)) => {
                let message =
                    format!("{} answers, its terminal doesn't", self.options.names.endpoint);
                let failure = Failure::new(Code::TerminalGone, message)
                    .with_cause(format!("{refusal} ({})", refusal.code.meaning()))
                    .with_remedy(refusal.code.remedy());
                Err((self.failed("terminal", failure), SessionState::Alive))
            }
            Err(AskError::Link(error)) => {
                Err((self.link_failed("terminal", &error), SessionState::Dead))
            }
            Err(AskError::Malformed(complaint)) => {
                let error = Error::Malformed { action: "GET_ACCOUNT", complaint };
                let failure = self.options.names.read_failure(&error);
                Err((self.failed("terminal", failure), SessionState::Dead))
            }
        }
    }

    fn measure(&mut self, session: Session<'t>) -> Result<(), Failure> {
        let Measured { latency, last_loss, ended } =
            latency::measure(session, self.options, self.deps, self.target.as_ref());
        let judged = match (ended, &latency) {
            (Ok(()), Some(latency)) => self.judge_latency(latency, last_loss),
            (Ok(()), None) => Err(self.link_failed("latency", &LinkError::TimedOut)),
            (Err(error), _) => {
                let failure = self.options.names.read_failure(&error);
                Err(self.failed("latency", failure))
            }
        };
        self.report.latency = latency;
        judged
    }

    fn judge_latency(
        &mut self,
        latency: &Latency,
        last_loss: Option<LinkError>,
    ) -> Result<(), Failure> {
        let found = match self.options.count {
            count if latency.sent < count => format!("of {count} asked for: {latency}"),
            _ => latency.to_string(),
        };
        let endpoint = &self.options.names.endpoint;
        let loss = last_loss.unwrap_or(LinkError::TimedOut);
        let remedy = match loss {
            // The layers below were fine a moment ago: no firewall came up since.
            LinkError::TimedOut | LinkError::Silent => {
                "the gateway or its host hangs: look at both, then restart the Windows gateway"
                    .to_owned()
            }
            _ => self.options.names.link_remedy(&loss),
        };
        let silent = |message: String, found| {
            Failure::new(Code::NoAnswer, message)
                .with_cause(format!("{found}: {loss}"))
                .with_remedy(remedy)
        };
        let Some(p99) = latency.p99() else {
            let failure = silent(format!("no round trip to {endpoint} came back"), found);
            return Err(self.failed("latency", failure));
        };
        // It answered, and doesn't any more: how fast it was is no answer to whether it is there.
        if latency.lost_at_end > 0 {
            let message = format!("{endpoint} answered, and went silent during the test");
            let failure =
                silent(message, format!("{found}, the last {} in a row", latency.lost_at_end));
            return Err(self.failed("latency", failure));
        }
        let limit = self.options.latency_critical;
        let unfit = if latency.p99_is_lost() {
            Some((
                Code::Loss,
                "loses too many round trips to trade on",
                format!("{found}; a lost one is longer than any limit"),
            ))
        } else if p99 > limit {
            Some((Code::Latency, "is too slow to trade on", format!("{found}; limit {limit:?}")))
        } else {
            None
        };
        if let Some((code, what, cause)) = unfit {
            let failure = Failure::new(code, format!("{endpoint} {what}")).with_cause(cause);
            return Err(self.failed("latency", failure));
        }
        // The deadline may have come before the last of them.
        let cut_short = latency.sent < self.options.count;
        if latency.lost > 0 || cut_short || p99 > self.options.latency_warn {
            let remedy = Code::Latency.remedy().to_owned();
            self.reached("latency", Status::Warn, found, Some(remedy));
        } else {
            self.passed("latency", found);
        }
        Ok(())
    }

    fn link_failed(&mut self, name: &str, error: &LinkError) -> Failure {
        let failure = self.options.names.link_failure(error);
        self.failed(name, failure)
    }
}

/// Whether the session can still be used.
enum SessionState {
    Alive,
    Dead,
}

fn describe_skew(skew: SignedDuration, uncertainty: Duration) -> String {
    let side = if skew.is_negative() { "behind" } else { "ahead of" };
    let skew = skew.unsigned_abs();
    format!(
        "the gateway's clock is {:.1} ms {side} ours (± {:.1} ms)",
        skew.as_secs_f64() * 1e3,
        uncertainty.as_secs_f64() * 1e3
    )
}
