//! Tests the layers of a link, from the bottom up.

use std::time::Duration;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::latency::{Latency, Samples};
use super::{Deps, Options, Report, SIGNED_WIRE};
use crate::check::{Check, Status};
use crate::clock::{Deadline, micros, signed_micros};
use crate::escape::visible;
use crate::failure::{Code, Failure};
use crate::link::session::{AskError, Identity, Session};
use crate::link::target::{self, Target, resolve};
use crate::link::tcp;
use crate::link::transport::{Connection, LinkError};
use crate::protocol::Action;
use crate::protocol::account::GetAccount;
use crate::protocol::gateway::Gateway;
use crate::protocol::ping::Ping;
use crate::protocol::terminal::GetTerminal;
use crate::units::money;

/// One layer of the link.
//
// A layer's check in JSON: with its time, and without an expectation.
#[derive(Serialize, JsonSchema)]
pub(super) struct Layer<'c> {
    /// Its name, stable for scripts.
    name: &'c str,
    /// Its result.
    status: Status,
    /// Time that it took in µs, where it was reached.
    took_us: Option<u64>,
    /// The finding.
    found: &'c str,
    /// The remedy, where it failed or warned.
    remedy: Option<&'c str>,
}

/// Serializes the checks as layers.
pub(super) fn serialize<S: Serializer>(layers: &[Check], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(layers.iter().map(|check| Layer {
        name: &check.name,
        status: check.status,
        took_us: check.took_us,
        found: &check.found,
        remedy: check.remedy.as_deref(),
    }))
}

const NAMES: [&str; 11] = [
    "settings",
    "name",
    "target",
    "tcp",
    "zmtp",
    "identity",
    "signature",
    "clock",
    "terminal",
    "broker",
    "latency",
];

/// Every layer, before the test.
pub(super) fn unreached() -> Vec<Check> {
    NAMES.map(|name| Check::not_reached("not reached").named(name)).to_vec()
}

/// The name of the first layer that failed.
pub(super) fn failed(layers: &[Check]) -> Option<&'static str> {
    let mut named = NAMES.into_iter().zip(layers);
    named.find(|(_, layer)| layer.status == Status::Fail).map(|(name, _)| name)
}

/// A test in progress.
pub(super) struct Test<'t> {
    options: &'t Options,
    deps: &'t Deps<'t>,
    /// Monotonic start of the present layer.
    layer_start: Duration,
    pub(super) report: Report,
    pub(super) target: Option<Target>,
    pub(super) simulated: bool,
}

impl<'t> Test<'t> {
    pub(super) fn new(options: &'t Options, deps: &'t Deps<'t>) -> Self {
        let layer_start = deps.clock.monotonic();
        Self { options, deps, layer_start, report: Report::new(), target: None, simulated: false }
    }

    /// Tests layer by layer until one fails.
    pub(super) fn run(&mut self) -> Result<(), Failure> {
        self.pass("settings", format!("{} ({})", self.options.names.endpoint, self.options.origin));
        let target = self.resolve_target()?;
        self.connect_tcp(&target)?;
        let connection = self.connect_zmtp(&target)?;
        let session = self.identify(connection)?;
        let skew = self.judge_clock(session.identity());
        let (mut terminal, mut session) = self.check_terminal(session);
        if let (Ok(()), Some(session)) = (&terminal, &mut session) {
            terminal = self.check_broker(session);
        }
        // The latency of a link whose terminal is gone, or whose clock is off, is still worth knowing.
        if let Some(session) = session {
            self.measure_latency(session, &target)?;
        }
        skew.and(terminal)
    }

    fn until(&self) -> Deadline {
        Deadline::after(&**self.deps.clock, self.options.timeout).min(self.deps.deadline)
    }

    /// Reports a layer, with the time since the previous one.
    fn record(&mut self, name: &'static str, check: Check) {
        let now = self.deps.clock.monotonic();
        let took = now.saturating_sub(self.layer_start);
        self.layer_start = now;
        if let Some(layer) = self.report.layers.iter_mut().find(|layer| layer.name == name) {
            *layer = Check { took_us: Some(micros(took)), ..check.named(name) };
        }
    }

    fn pass(&mut self, name: &'static str, found: String) {
        self.record(name, Check::pass(found));
    }

    fn fail(&mut self, name: &'static str, failure: Failure) -> Failure {
        // An interruption says nothing about the layer.
        let status =
            if failure.exit().is_interruption() { Status::NotReached } else { Status::Fail };
        let remedy = Some(failure.remedy().to_owned());
        self.record(name, Check { remedy, ..Check::new(status, failure.root_cause()) });
        failure
    }

    fn fail_request(
        &mut self,
        name: &'static str,
        action: &'static str,
        error: impl Into<AskError>,
    ) -> Failure {
        let failure = self.options.names.request_failure(action, error.into());
        self.fail(name, failure)
    }

    fn resolve_target(&mut self) -> Result<Target, Failure> {
        let (options, deps) = (self.options, self.deps);
        let resolved = resolve(&options.host, options.port, &**deps.clock, deps.stop, self.until());
        let target =
            resolved.map_err(|error| self.fail("name", options.names.resolve_failure(&error)))?;
        let ip = target.address.ip();
        let (host, count) = (&target.host, target.alternatives.len());
        let found = match target.accepted {
            _ if ip.to_string() == *host => format!("{ip} is an address"),
            Some(true) => {
                format!("{host} is {ip}, the first of {count} addresses that accepts a connection")
            }
            Some(false) => {
                format!("{host} is {ip}; none of its {count} addresses accepts a connection")
            }
            None if count > 1 => format!("{host} is {ip}, and has {} more", count - 1),
            None => format!("{host} is {ip}"),
        };
        self.pass("name", found);
        self.report.address = Some(target.address);
        self.report.source_address = target.source.map(|source| source.to_string());
        self.target = Some(target.clone());

        if let Err(own) = target::allow(&target, options.allow_loopback) {
            return Err(self.fail("target", options.names.own_address(&target, own)));
        }
        let from = match target.source {
            Some(source) => format!("from {source}"),
            None => "no route to it is known".to_owned(),
        };
        let found = match &target.own {
            Some(own) => format!("{own}, as asked for; {from}"),
            None => format!("not this machine; {from}"),
        };
        self.pass("target", found);
        Ok(target)
    }

    fn connect_tcp(&mut self, target: &Target) -> Result<(), Failure> {
        let (clock, stop) = (&**self.deps.clock, self.deps.stop);
        tcp::connect(target.address, clock, stop, self.until())
            .map_err(|error| self.fail_request("tcp", Ping::NAME, error))?;
        self.pass("tcp", format!("connected to {}", target.address));
        Ok(())
    }

    fn connect_zmtp(&mut self, target: &Target) -> Result<Box<dyn Connection>, Failure> {
        let connection = (self.deps.transport)(target.address)
            .connect(self.until())
            .map_err(|error| self.fail_request("zmtp", Ping::NAME, error))?;
        self.pass("zmtp", "ZMTP 3 handshake".to_owned());
        Ok(connection)
    }

    fn identify(&mut self, connection: Box<dyn Connection>) -> Result<Session<'t>, Failure> {
        let session = Session::prove(connection, &**self.deps.clock, self.until())
            .map_err(|error| self.fail_request("identity", Ping::NAME, error))?;
        let identity = session.identity();
        self.simulated = identity.simulated;
        self.report.server_time = Some(identity.server_time);
        let who = if identity.simulated { "a simulated gateway" } else { "the gateway" };
        let what = match &identity.gateway {
            Some(gateway) => {
                let Gateway { name, version, protocol, .. } = gateway;
                format!(" ({} {}, protocol {protocol})", visible(name), visible(version))
            }
            None => String::new(),
        };
        self.pass("identity", format!("{who} answered PING{what}"));
        let signature = match &identity.signed_by {
            Some(key) => {
                self.report.wire = SIGNED_WIRE;
                Check::pass(format!("proved by the key {key}"))
            }
            None => Check::new(Status::Info, "none: nothing proves who answers"),
        };
        self.record("signature", signature);
        self.report.gateway.clone_from(&identity.gateway);
        Ok(session)
    }

    /// The layers above don't depend on the clock, so a skew that fails ends the test only after them.
    fn judge_clock(&mut self, identity: &Identity) -> Result<(), Failure> {
        let options = self.options;
        self.report.skew_us = Some(signed_micros(identity.skew));
        self.report.skew_uncertainty_us = Some(micros(identity.skew_uncertainty()));
        let found = describe_skew(identity.skew, identity.skew_uncertainty());
        let skew = identity.skew.unsigned_abs();
        if skew > options.signature_ttl {
            let endpoint = &options.names.endpoint;
            let message = format!("the clocks of {endpoint} and this machine differ");
            let failure = Failure::new(Code::ClockSkew, message).with_cause(format!(
                "{found}: past the signature's TTL of {:?}, so every order would be refused",
                options.signature_ttl
            ));
            return Err(self.fail("clock", failure));
        }
        let check = if skew > options.skew_warn { Check::warn(found) } else { Check::pass(found) };
        self.record("clock", check.with_remedy(Code::ClockSkew.remedy()));
        Ok(())
    }

    /// Hands the session back where it can still be used.
    fn check_terminal(
        &mut self,
        mut session: Session<'t>,
    ) -> (Result<(), Failure>, Option<Session<'t>>) {
        match session.ask(GetAccount, self.until()).map(|answer| answer.reply) {
            Ok(Ok(account)) => {
                let currency = account.currency.as_deref();
                let balance = money(&account.balance, currency);
                let currency = currency.unwrap_or_default().escape_debug();
                let found = format!("GET_ACCOUNT answered: balance {balance} {currency}");
                self.report.account = Some(account);
                self.pass("terminal", found);
                (Ok(()), Some(session))
            }
            Ok(Err(refusal)) => {
                let message =
                    format!("{} answers, its terminal doesn't", self.options.names.endpoint);
                let failure = Failure::new(Code::TerminalGone, message)
                    .with_cause(format!("{refusal} ({})", refusal.code.meaning()))
                    .with_remedy(refusal.code.remedy());
                (Err(self.fail("terminal", failure)), Some(session))
            }
            Err(error) => (Err(self.fail_request("terminal", GetAccount::NAME, error)), None),
        }
    }

    /// The terminal's way to its broker, which protocol 4.3 does not tell. Without it no order executes.
    fn check_broker(&mut self, session: &mut Session<'t>) -> Result<(), Failure> {
        let answers = |gateway: &Gateway| gateway.answers(GetTerminal::NAME);
        if !session.identity().gateway.as_ref().is_some_and(answers) {
            self.record(
                "broker",
                Check::new(Status::Info, "not known: protocol 4.3 does not tell"),
            );
            return Ok(());
        }
        let answer = session.ask(GetTerminal, self.until()).map(|answer| answer.reply);
        let refused = |cause: String, remedy: &str| {
            let message = format!("{}: no order can execute", self.options.names.endpoint);
            Failure::new(Code::TerminalGone, message).with_cause(cause).with_remedy(remedy)
        };
        match answer {
            Ok(Ok(terminal)) if !terminal.connected => {
                let cause = "the terminal is not connected to its broker".to_owned();
                let remedy =
                    "look at the terminal on the gateway: its status bar names the connection";
                Err(self.fail("broker", refused(cause, remedy)))
            }
            Ok(Ok(terminal)) => {
                let ping = terminal.ping_last_us as f64 / 1e3;
                let mut found = format!(
                    "connected to {}, last round trip {ping:.1} ms",
                    visible(&terminal.server)
                );
                let check = match terminal.cannot_trade() {
                    None => Check::pass(found),
                    Some(cause) => {
                        found.push_str("; no order can execute: ");
                        Check::warn(found + cause).with_remedy("look at the terminal on the gateway before anything is to be opened or closed")
                    }
                };
                self.record("broker", check);
                self.report.terminal = Some(terminal);
                Ok(())
            }
            Ok(Err(refusal)) => {
                let cause = format!("{refusal} ({})", refusal.code.meaning());
                Err(self.fail("broker", refused(cause, refusal.code.remedy())))
            }
            Err(error) => Err(self.fail_request("broker", GetTerminal::NAME, error)),
        }
    }

    fn measure_latency(&mut self, session: Session<'t>, target: &Target) -> Result<(), Failure> {
        let mut samples = Samples::new();
        let ended = samples.collect(session, self.options, self.deps, target);
        self.report.latency = samples.summarise(self.options);
        let judged = match (ended, self.report.latency.clone()) {
            (Ok(()), Some(latency)) => self.judge_latency(&latency, samples.last_loss),
            (Ok(()), None) => {
                Err(self.options.names.request_failure(Ping::NAME, LinkError::TimedOut.into()))
            }
            (Err(error), _) => Err(self.options.names.read_failure(&error)),
        };
        match judged {
            Ok(check) => {
                self.record("latency", check);
                Ok(())
            }
            Err(failure) => Err(self.fail("latency", failure)),
        }
    }

    fn judge_latency(
        &self,
        latency: &Latency,
        last_loss: Option<LinkError>,
    ) -> Result<Check, Failure> {
        let options = self.options;
        let endpoint = &options.names.endpoint;
        // The deadline may have come before the last round trip.
        let is_cut_short = latency.sent < options.count;
        let found = match is_cut_short {
            true => format!("of {} asked for: {latency}", options.count),
            false => latency.to_string(),
        };
        let loss = last_loss.unwrap_or(LinkError::TimedOut);
        let silent = |message: String, found: &str| {
            let remedy = match loss {
                // The layers below were fine a moment ago: no firewall came up since.
                LinkError::TimedOut | LinkError::Silent => {
                    "the gateway or its host hangs: look at both, then restart the Windows gateway"
                        .to_owned()
                }
                _ => options.names.link_remedy(&loss),
            };
            Failure::new(Code::NoAnswer, message)
                .with_cause(format!("{found}: {loss}"))
                .with_remedy(remedy)
        };
        let Some(p99) = latency.p99() else {
            return Err(silent(format!("no round trip to {endpoint} came back"), &found));
        };
        // A gateway that went silent is gone, however fast it was before.
        if latency.lost_at_end > 0 {
            let message = format!("{endpoint} answered, and went silent during the test");
            let found = format!("{found}, the last {} in a row", latency.lost_at_end);
            return Err(silent(message, &found));
        }
        if latency.p99_is_lost() {
            let message = format!("{endpoint} loses too many round trips to trade on");
            let cause = format!("{found}; a lost one is longer than any limit");
            return Err(Failure::new(Code::Loss, message).with_cause(cause));
        }
        if p99 > options.latency_critical {
            let message = format!("{endpoint} is too slow to trade on");
            let cause = format!("{found}; limit {:?}", options.latency_critical);
            return Err(Failure::new(Code::Latency, message).with_cause(cause));
        }
        let warns = latency.lost > 0 || is_cut_short || p99 > options.latency_warn;
        let check = if warns { Check::warn(found) } else { Check::pass(found) };
        Ok(check.with_remedy(Code::Latency.remedy()))
    }
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
