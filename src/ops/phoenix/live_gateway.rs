//! `phoenix --gateway`: a crash of the tool while it reads from the configured gateway, which only receives reads.
//!
//! Runs a sync, a sync that is killed midway, and another sync, and compares the two whole reads. The caller has identified
//! the gateway before. State and logs go to the scratch tree. The tool connects through a [`Proxy`], so the kill falls at a
//! drawn message.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use super::sandbox::{CommandResult, Deps, Sandbox};
use super::{Options, Recovery, Report, scenario};
use crate::check::{Check, verdict_of};
use crate::clock::{Clock, Deadline, StopToken, millis};
use crate::exit::Exit;
use crate::failure::{Code, Failure, FailureContext, cause_of};
use crate::harness::HarnessError;
use crate::harness::proxy::Proxy;
use crate::link::tcp;
use crate::link::transport::LinkError;
use crate::protocol::Action as _;
use crate::protocol::ping::Ping;
use crate::report::Outcome;

/// The longest deadline of one sync; the configured timeouts may add up to more.
const SYNC_LIMIT: Duration = Duration::from_secs(15);

/// Runs the syncs, each within the time that is left until the deadline.
pub fn run(
    options: &Options,
    gateway: SocketAddr,
    names: &FailureContext,
    clock: &dyn Clock,
    deadline: Deadline,
    stop: &StopToken,
) -> Outcome<Report> {
    let deps = Deps { tool: &options.tool, environment: &options.environment, clock, stop };
    let mut trial = Trial {
        options,
        deps,
        deadline,
        report: Report::new(options.seed),
        simulated: false,
        proxy: None,
    };
    let result = trial.run(gateway);
    let Trial { mut report, simulated, proxy, .. } = trial;
    // After a failure, a file that can't be removed holds nothing of value.
    let removed = fs::remove_dir_all(&options.scratch).is_ok();
    let failure = match result {
        Ok(()) => {
            report.left = (!removed).then(|| options.scratch.clone());
            let verdict = verdict_of(&report.gateway);
            return Outcome::judged(report, verdict, simulated);
        }
        Err(TrialEnd::NotRecovered(result)) => sync_failure(&result, names, proxy),
        Err(TrialEnd::Unreachable(error)) => names.request_failure(Ping::NAME, error.into()),
        Err(TrialEnd::Harness(HarnessError::Stopped(stopped))) => Failure::interrupted(stopped),
        Err(TrialEnd::Harness(error)) => {
            let message = format!("failed to play a crash against {}", names.endpoint);
            Failure::new(Code::PhoenixNotPlayed, message).with_cause(cause_of(&error))
        }
    };
    let mut outcome = Outcome::judged(report, failure.verdict(), simulated);
    outcome.fail(failure);
    outcome
}

/// Time between two attempts to connect to the gateway.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);
/// Time limit of the first connection to the gateway.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The failure of a sync that did not recover: its own causes, remedy and exit code.
/// It speaks of the gateway, and not of the proxy in front of it.
fn sync_failure(
    result: &CommandResult,
    names: &FailureContext,
    proxy: Option<SocketAddr>,
) -> Failure {
    let error = &result.document["error"];
    let of_gateway = |text: &str| match proxy {
        Some(proxy) => text
            .replace(&format!("tcp://{proxy}"), &names.endpoint)
            .replace(&proxy.to_string(), names.endpoint.trim_start_matches("tcp://"))
            .replace(&format!("port {}", proxy.port()), &format!("port {}", names.port)),
        None => text.to_owned(),
    };
    let texts = error["causes"].as_array().into_iter().flatten().filter_map(|c| c.as_str());
    let mut causes: Vec<String> = texts.map(of_gateway).collect();
    if causes.is_empty() {
        causes.push(of_gateway(&result.describe()));
    }
    let code = result.exit_code.and_then(|code| u8::try_from(code).ok()).and_then(Exit::from_code);
    let exit = code.filter(|exit| *exit != Exit::Ok).unwrap_or(Exit::No);
    let message = format!("a sync with {} did not recover", names.endpoint);
    let failure = Failure::new(Code::PhoenixSync(exit), message).with_causes(causes);
    match error["remedy"].as_str() {
        Some(remedy) => failure.with_remedy(of_gateway(remedy)),
        None => failure,
    }
}

struct Trial<'t> {
    options: &'t Options,
    deps: Deps<'t>,
    deadline: Deadline,
    report: Report,
    /// Whether the gateway said that it is a simulated one.
    simulated: bool,
    /// The address that the syncs know the gateway by.
    proxy: Option<SocketAddr>,
}

/// Why a trial ended early.
enum TrialEnd {
    /// Nothing was started.
    Unreachable(LinkError),
    NotRecovered(CommandResult),
    Harness(HarnessError),
}

impl From<HarnessError> for TrialEnd {
    fn from(error: HarnessError) -> Self {
        Self::Harness(error)
    }
}

impl Trial<'_> {
    /// Adds each check to the report as it is reached.
    fn run(&mut self, gateway: SocketAddr) -> Result<(), TrialEnd> {
        // Behind the proxy, a dead gateway would look like one that hangs.
        let until = Deadline::after(self.deps.clock, CONNECT_LIMIT).min(self.deadline);
        let mut is_refused = false;
        loop {
            match tcp::connect(gateway, self.deps.clock, self.deps.stop, until) {
                // It may be starting.
                Err(LinkError::Refused) if !until.is_past(self.deps.clock) => is_refused = true,
                // No time was left for one more attempt; the last real answer is the cause.
                Err(LinkError::TimedOut) if is_refused => {
                    return Err(TrialEnd::Unreachable(LinkError::Refused));
                }
                connected => break connected.map(drop).map_err(TrialEnd::Unreachable)?,
            }
            let pause = self.deps.clock.sleep(CONNECT_PAUSE);
            pause.map_err(|stopped| TrialEnd::Unreachable(stopped.into()))?;
        }
        let proxy = Proxy::start(Some(gateway)).map_err(HarnessError::io("listen on loopback"))?;
        self.proxy = Some(proxy.address());
        let directory = self.options.scratch.join("gateway");
        let sandbox = Sandbox::create(self.deps, directory, proxy.address())?;

        self.read(&sandbox, "first-read")?;
        let before = read_snapshot(&sandbox)?;

        let trigger = scenario::draw_sync_trigger(self.options.seed);
        let messages = proxy.hold_at(trigger);
        let mut process = sandbox.start(&self.sync_arguments())?;
        let Some(held) = sandbox.wait_for_message(&messages, &mut process)? else {
            return Err(TrialEnd::NotRecovered(sandbox.wait(process)?));
        };
        let killed_at = self.deps.clock.monotonic();
        let killed = sandbox.kill(process)?;
        held.cut(0);
        proxy.remove_trigger();
        let check = match killed.signal {
            Some(9) => Check::pass(format!("at {trigger}")),
            _ => Check::fail(killed.describe()),
        };
        self.check("killed-midway", check, "SIGKILL ends it while it waits");
        let check = match read_snapshot(&sandbox)? == before {
            true => Check::pass("unchanged"),
            false => Check::fail("changed"),
        };
        self.check("snapshot-stands", check, "the killed run changed nothing");

        let second = self.read(&sandbox, "second-read")?;
        let took = millis(self.deps.clock.monotonic().saturating_sub(killed_at));
        let changes = &second.document["report"]["changes"];
        let count = |list: &str| changes[list].as_array().map_or(0, Vec::len);
        let (opened, closed, changed) = (count("opened"), count("closed"), count("changed"));
        // A trade between the two reads looks the same as a wrong read.
        let check = match opened + closed + changed {
            0 => Check::pass("the same positions"),
            _ => Check::warn(format!("{opened} opened, {closed} closed, {changed} changed")),
        };
        self.check("reads-agree", check, "the same positions, unless somebody traded in between");
        self.report.recovery = Recovery { p50_ms: Some(took), max_ms: Some(took) };
        Ok(())
    }

    /// Runs a sync, which must recover.
    fn read(
        &mut self,
        sandbox: &Sandbox<'_>,
        check: &'static str,
    ) -> Result<CommandResult, TrialEnd> {
        let result = sandbox.run(&self.sync_arguments())?;
        self.simulated |= result.document["target"] == "simulated";
        let recovered = result.document["report"]["recovered"].as_u64();
        let Some(count) = recovered.filter(|_| result.exit_code == Some(0)) else {
            return Err(TrialEnd::NotRecovered(result));
        };
        self.check(check, Check::pass(format!("recovered positions: {count}")), "a sync recovers");
        Ok(result)
    }

    fn sync_arguments(&self) -> [String; 2] {
        let left = self.deadline.left(self.deps.clock);
        // A deadline can't be zero. One that is past ends the sync at its first wait.
        let limit = left.clamp(Duration::from_millis(1), SYNC_LIMIT);
        ["sync".to_owned(), format!("--deadline={}ms", limit.as_millis())]
    }

    fn check(&mut self, name: &'static str, check: Check, expected: &str) {
        self.report.gateway.push(check.named(name).expecting(expected));
    }
}

fn read_snapshot(sandbox: &Sandbox<'_>) -> Result<Vec<u8>, HarnessError> {
    fs::read(sandbox.store().path()).map_err(HarnessError::io("read the snapshot"))
}
