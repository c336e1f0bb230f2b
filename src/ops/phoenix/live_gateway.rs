//! `phoenix --gateway`: a crash of the tool while it reads from the configured gateway, which only receives reads.
//!
//! Runs a sync, a sync that is killed midway, and another sync, and compares the two whole reads. The caller has identified
//! the gateway before. State and logs go to the scratch tree. The tool connects through a [`Proxy`], so the kill falls at a
//! drawn message.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use super::sandbox::{CommandResult, Deps, Sandbox};
use super::{Options, Recovery, Report, scenario, steps};
use crate::clock::{Clock, Deadline, StopToken, millis};
use crate::exit::Exit;
use crate::failure::{FailureContext, interrupted};
use crate::harness::HarnessError;
use crate::harness::proxy::Proxy;
use crate::report::{Check, Failure, Outcome, Status, verdict_of};

/// The longest deadline of one sync, whatever the configured timeouts add up to.
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
    let mut trial =
        Trial { options, deps, deadline, report: empty_report(options), simulated: false };
    let failure = match trial.run(gateway) {
        Ok(()) => {
            let Trial { mut report, simulated, .. } = trial;
            let verdict = verdict_of(&report.gateway);
            if fs::remove_dir_all(&options.scratch).is_err() {
                report.left = Some(options.scratch.clone());
            }
            return Outcome::judged(report, verdict, simulated);
        }
        Err(TrialEnd::NotRecovered(result)) => sync_failure(&result, names),
        Err(TrialEnd::Harness(HarnessError::Stopped(stopped))) => interrupted(stopped),
        Err(TrialEnd::Harness(error)) => Failure {
            code: "phoenix-stage",
            message: format!("failed to play a crash against {}", names.endpoint),
            causes: vec![steps::describe(&error)],
            remedy: "make the scratch tree writable, or set TMPDIR".to_owned(),
            exit: Exit::No,
        },
    };
    // Whatever can't be removed holds nothing of value.
    let _ = fs::remove_dir_all(&options.scratch);
    let mut outcome = Outcome::judged(trial.report, failure.verdict(), trial.simulated);
    outcome.exit = failure.exit;
    outcome.failure = Some(failure);
    outcome
}

fn empty_report(options: &Options) -> Report {
    Report {
        rounds: 0,
        seed: options.seed,
        steps: vec![],
        invariants: vec![],
        gateway: vec![],
        recovery: Recovery { p50_ms: None, max_ms: None },
        moments_missed: 0,
        power_cuts_shown: false,
        failed: vec![],
        played: vec![],
        left: None,
    }
}

/// A sync without an answer, in its own words and with its own exit code.
fn sync_failure(result: &CommandResult, names: &FailureContext) -> Failure {
    let error = &result.document["error"];
    let texts = error["causes"].as_array().into_iter().flatten().filter_map(|c| c.as_str());
    let mut causes: Vec<String> = texts.map(str::to_owned).collect();
    if causes.is_empty() {
        causes.push(result.describe());
    }
    let code = result.exit_code.and_then(|code| u8::try_from(code).ok()).and_then(Exit::from_code);
    let remedy = error["remedy"].as_str().unwrap_or("see the messages of mt5crs sync").to_owned();
    Failure {
        code: "phoenix-sync",
        message: format!("a sync with {} did not recover", names.endpoint),
        causes,
        remedy,
        exit: code.filter(|exit| *exit != Exit::Ok).unwrap_or(Exit::No),
    }
}

struct Trial<'t> {
    options: &'t Options,
    deps: Deps<'t>,
    deadline: Deadline,
    report: Report,
    /// Whether the gateway said that it is a simulated one.
    simulated: bool,
}

/// Why a trial ended early.
enum TrialEnd {
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
        let proxy = Proxy::start(Some(gateway)).map_err(HarnessError::io("listen on loopback"))?;
        let directory = self.options.scratch.join("gateway");
        let sandbox = Sandbox::create(self.deps, directory, proxy.address())?;

        self.read(&sandbox, "first-read")?;
        let before = read_snapshot(&sandbox)?;

        let trigger = scenario::draw_sync_trigger(self.options.seed);
        let messages = proxy.hold_at(trigger);
        let mut process = sandbox.start(&self.sync_arguments().each_ref().map(String::as_str))?;
        let Some(held) = sandbox.wait_for_message(&messages, &mut process)? else {
            return Err(TrialEnd::NotRecovered(sandbox.wait(process)?));
        };
        let killed_at = self.deps.clock.monotonic();
        let killed = sandbox.kill(process)?;
        held.cut(0);
        proxy.remove_trigger();
        let (status, found) = match killed.signal {
            Some(9) => (Status::Pass, format!("at {trigger}")),
            _ => (Status::Fail, killed.describe()),
        };
        self.check("killed-midway", status, found, "SIGKILL ends it while it waits");
        let (status, found) = match read_snapshot(&sandbox)? == before {
            true => (Status::Pass, "unchanged"),
            false => (Status::Fail, "changed"),
        };
        self.check("snapshot-stands", status, found.to_owned(), "the killed run changed nothing");

        let second = self.read(&sandbox, "second-read")?;
        let took = millis(self.deps.clock.monotonic().saturating_sub(killed_at));
        let changes = &second.document["report"]["changes"];
        let count = |list: &str| changes[list].as_array().map_or(0, Vec::len);
        let (opened, closed, changed) = (count("opened"), count("closed"), count("changed"));
        // A trade between the two reads looks the same as a wrong read.
        let (status, found) = match opened + closed + changed {
            0 => (Status::Pass, "the same positions".to_owned()),
            _ => (Status::Warn, format!("{opened} opened, {closed} closed, {changed} changed")),
        };
        let expected = "the same positions, unless somebody traded in between";
        self.check("reads-agree", status, found, expected);
        self.report.recovery = Recovery { p50_ms: Some(took), max_ms: Some(took) };
        Ok(())
    }

    /// Runs a sync, which must recover.
    fn read(
        &mut self,
        sandbox: &Sandbox<'_>,
        check: &'static str,
    ) -> Result<CommandResult, TrialEnd> {
        let result = sandbox.run(&self.sync_arguments().each_ref().map(String::as_str))?;
        self.simulated |= result.document["target"] == "simulated";
        let recovered = result.document["report"]["recovered"].as_u64();
        let Some(count) = recovered.filter(|_| result.exit_code == Some(0)) else {
            return Err(TrialEnd::NotRecovered(result));
        };
        let found = format!("{count} positions recovered");
        self.check(check, Status::Pass, found, "a sync recovers");
        Ok(result)
    }

    fn sync_arguments(&self) -> [String; 2] {
        let left = self.deadline.left(self.deps.clock);
        // A deadline can't be zero. One that is past ends the sync at its first wait.
        let limit = left.clamp(Duration::from_millis(1), SYNC_LIMIT);
        ["sync".to_owned(), format!("--deadline={}ms", limit.as_millis())]
    }

    fn check(&mut self, name: &'static str, status: Status, found: String, expected: &str) {
        let expected = expected.to_owned();
        self.report.gateway.push(Check {
            name: name.into(),
            status,
            found,
            expected,
            remedy: None,
        });
    }
}

fn read_snapshot(sandbox: &Sandbox<'_>) -> Result<Vec<u8>, HarnessError> {
    fs::read(sandbox.store().path()).map_err(HarnessError::io("read the snapshot"))
}
