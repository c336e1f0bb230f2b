//! `audit`: is this deployment fit?
//!
//! Named checks in groups ([`catalogue`]), each with its subject, result, expectation and remedy. An audit reads: it writes
//! no snapshot, no evidence, no kill switch and no line that operators count. The one order that it sends is a CLOSE for a
//! ticket that no list ever held, which trades nothing ([`crate::proof::can_close`]). It calls other commands' checks and
//! copies none of them.
//!
//! A check that could not be reached is never a pass: the answer is then no, or unknown. Each group has a time limit, so
//! that a gateway that hangs or a disk that doesn't answer costs its own group and not the others.
//!
//! It replaces the operators' manual list for a deployment, except for its lines about git and pip:
//!
//! | line | checks |
//! |---|---|
//! | environment is set | `config` |
//! | imports are present | `self-test.contract`, `files.binary` |
//! | the network connects | `link` |
//! | recovery from a crash works | `self-test.recovery`; `mt5crs phoenix` with real processes |
//! | the engine started | `files.engine-unit`, `alerts.engine-crashed` |
//! | the state was synchronized | `alerts.last-sync`, `files.snapshot`, `state.recovered` |
//! | no sync failed, no connection failed | `alerts` |
//! | performance | `baseline` |

mod alerts;
mod baseline;
pub mod catalogue;
mod config;
mod decision;
mod engine_unit;
mod evidence;
pub mod files;
mod findings;
mod gateway;
pub mod metrics;
pub mod remote;
pub mod selection;
mod self_test;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use self::catalogue::{Entry, Group, Level};
use self::engine_unit::EngineUnit;
use self::files::{Build, Completions};
use self::findings::{Finding, Findings};
use self::remote::Remote;
use self::selection::Selection;
pub use super::link_test::Deps;
use crate::check::{Check, Status, Verdict};
use crate::clock::Deadline;
use crate::config::{Key, Problem, Resolved, Settings};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::guard::decision::Rules;
use crate::link::target::TargetKind;
use crate::logs::alerts::rules::Thresholds;
use crate::os::with_deadline::with_deadline;
use crate::report::Outcome;

/// Time limit for a group of checks on this machine.
const GROUP_LIMIT: Duration = Duration::from_secs(20);

/// Makes a group's checks, in the form that [`Findings::extend`] takes.
type GroupCheck = fn(&LocalFacts) -> Vec<Check>;

/// The groups of this machine, in the order of the report: the settings that each depends on, and its checks.
const LOCAL_GROUPS: [(Group, &[Key], GroupCheck); 5] = [
    (Group::Files, files::KEYS, files::check),
    (Group::SelfTest, &[], self_test::check),
    (Group::Decision, decision::KEYS, decision::check),
    (Group::Evidence, &[Key::StateDir, Key::Profile], evidence::check),
    (Group::Alerts, alerts::KEYS, alerts::check),
];

/// Options of an audit.
#[derive(Debug, Clone)]
pub struct Options {
    /// The selected checks.
    pub selection: Selection,
    /// The lowest level of a result that makes the answer no.
    pub fail_on: Level,
    /// The settings as read, with all of their problems.
    pub resolved: Resolved,
    /// The settings in use; with a simulated gateway they point into a scratch tree.
    pub settings: Settings,
    /// Whether an embedded simulated gateway replaces the configured one (`--sim`).
    pub sim_mode: bool,
    /// Origin of the host's setting.
    pub origin: String,
    /// Whether a gateway on this machine is allowed.
    pub allow_loopback: bool,
    /// This binary.
    pub build: Build,
    /// The value of `PATH`.
    pub search_path: Option<OsString>,
    /// The completions of each supported shell.
    pub completions: Vec<Completions>,
    /// Parent of the self-test's scratch directory.
    pub scratch: PathBuf,
    /// Options for the gateway's checks, or the reason why there is no gateway to ask.
    pub remote: Result<Box<Remote>, String>,
    /// The admission decision's bytes, or the reason why it can't be read; `None` where none is set.
    pub decision: Option<Result<Vec<u8>, String>>,
    /// Rules for the decision.
    pub rules: Rules,
    /// Thresholds of the alert rules.
    pub thresholds: Thresholds,
    /// Measurement window of the engine's CPU.
    pub cpu_window: Duration,
}

/// Report of an audit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// `Audit: 41/41 passed`, with the number of checks of each other result.
    pub summary: String,
    /// The lowest level of a result that makes the answer no.
    pub fail_on: Level,
    /// Number of applicable checks, reached or not.
    pub checked: usize,
    /// Number of checks that passed.
    pub passed: usize,
    /// Number of checks that warned.
    pub warned: usize,
    /// Number of checks that failed.
    pub failed: usize,
    /// Number of checks that could not be made.
    pub not_reached: usize,
    /// Number of checks that don't apply here.
    pub not_applicable: usize,
    /// Number of checks that were not selected.
    pub skipped: usize,
    /// Every check of the catalogue, in its order.
    #[serde(serialize_with = "findings::serialize")]
    #[schemars(with = "Vec<Finding<'static>>")]
    pub checks: Vec<Check>,
}

/// An audit's outcome, with the gateway that it contacted.
pub struct Audited {
    /// The outcome.
    pub outcome: Outcome<Report>,
    /// The contacted gateway's kind, where there was contact.
    pub target: Option<TargetKind>,
}

/// All checks of the catalogue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checks {
    /// All of them, by group.
    pub checks: &'static [Entry],
}

/// Lists the checks.
pub fn checks() -> Outcome<Checks> {
    Outcome::judged(Checks { checks: catalogue::CHECKS }, Verdict::Pass, false)
}

/// Makes every selected check.
pub fn run(options: &Options, deps: &Deps<'_>) -> Audited {
    let mut audit = Audit::new(options, deps);
    audit.check_this_machine();
    // Last, so that a gateway that hangs until the deadline costs no other check.
    let contact = audit.check_gateway();
    baseline::check(&mut audit, contact.own_cpu);
    let stopped = deps.stop.check().err().map(Failure::interrupted);
    let report = Report::new(audit.findings.finish(), options.fail_on);
    let exit = match &stopped {
        Some(failure) => failure.exit(),
        None => exit(&report, contact.failure.as_ref()),
    };
    let verdict = match exit {
        // Where nothing applied, nothing is proved.
        Exit::Ok if report.warned > 0 || report.checked == 0 => Verdict::Warn,
        Exit::Ok => Verdict::Pass,
        Exit::NoAnswer => Verdict::Unknown,
        exit if exit.is_interruption() => Verdict::Unknown,
        _ if report.found_nothing_wrong() => Verdict::Unknown,
        _ => Verdict::Fail,
    };
    let failure = stopped.or(contact.failure);
    let judged = Outcome::judged(report, verdict, contact.simulated);
    Audited { outcome: Outcome { exit, failure, ..judged }, target: contact.target }
}

/// The facts that the groups of this machine need, shared with their threads.
struct LocalFacts {
    options: Options,
    /// The directory of this gateway's state; without a gateway, of all state.
    state_dir: PathBuf,
    /// The gateway's endpoint, `tcp://HOST:PORT`, where one is configured.
    endpoint: Option<String>,
    /// When the audit began.
    now: Timestamp,
}

/// An audit in progress: the parts that all groups share.
struct Audit<'a> {
    options: &'a Options,
    deps: &'a Deps<'a>,
    findings: Findings<'a>,
    engine: EngineUnit,
}

impl<'a> Audit<'a> {
    fn new(options: &'a Options, deps: &'a Deps<'a>) -> Self {
        let findings = Findings::new(&options.selection);
        // First of all: the window of the engine's CPU figure begins here.
        let engine = match findings.wants(EngineUnit::is_needed_for) {
            true => EngineUnit::look_up(options, deps),
            false => EngineUnit::None("not selected".to_owned()),
        };
        Self { options, deps, findings, engine }
    }

    /// Makes every selected check, except those of the gateway and the baseline.
    fn check_this_machine(&mut self) {
        let settings = &self.options.settings;
        let local = Arc::new(LocalFacts {
            options: self.options.clone(),
            state_dir: settings.target_state_dir().unwrap_or_else(|| settings.state_dir.clone()),
            endpoint: settings.gateway.as_ref().map(|gateway| format!("tcp://{gateway}")),
            now: self.deps.clock.now(),
        });
        config::check(self);
        for (group, keys, check) in LOCAL_GROUPS {
            if let Some(problem) = self.doubt(group, keys) {
                let why = format!("invalid settings: {problem}");
                self.findings.rest(|entry| entry.group == group, &Check::not_reached(why));
            }
            self.check_engine(group);
            self.check_group(group, Arc::clone(&local), check);
        }
    }

    /// The first problem with the settings that a group depends on. Beside a simulated gateway the files are in a scratch
    /// tree, so invalid paths don't matter.
    fn doubt(&self, group: Group, keys: &[Key]) -> Option<&'a Problem> {
        let in_scratch = self.options.sim_mode && group != Group::Decision;
        self.options.resolved.doubt(keys).filter(|_| !in_scratch)
    }

    /// Makes the checks of the engine's unit in that group.
    fn check_engine(&mut self, group: Group) {
        let (engine, findings) = (&self.engine, &mut self.findings);
        if group == Group::Files {
            // Where there are several files, the last one is the engine's own.
            let files = &self.options.settings.kill_switch_files;
            let engines = files.last().map_or(Path::new(""), PathBuf::as_path);
            findings.add("files.kill-switch-shared", || engine.check_kill_switch(engines));
            findings.add("files.engine-unit", || engine.check_active());
        } else if group == Group::Alerts {
            findings.add("alerts.engine-crashed", || engine.check_crashed());
        }
    }

    /// Makes the checks of a whole group on a thread of their own, so that a disk that hangs costs this group alone.
    fn check_group(&mut self, group: Group, local: Arc<LocalFacts>, check: GroupCheck) {
        let of_group = |entry: &Entry| entry.group == group;
        if !self.findings.wants(of_group) {
            return;
        }
        let clock = &**self.deps.clock;
        let until = Deadline::after(clock, GROUP_LIMIT).min(self.deps.deadline);
        match with_deadline(clock, self.deps.stop, until, move || check(&local)) {
            Ok(checks) => self.findings.extend(group, checks),
            Err(unfinished) => {
                let why = Check::not_reached(format!("not completed: {unfinished}"));
                self.findings.rest(of_group, &why);
            }
        }
    }

    /// Makes the checks that ask the gateway.
    fn check_gateway(&mut self) -> remote::Contact {
        match &self.options.remote {
            Ok(remote) => remote::check(self, remote),
            Err(why) => {
                self.findings.rest(|entry| entry.asks_gateway, &Check::not_reached(why));
                remote::Contact::default()
            }
        }
    }
}

/// Another program on the gateway's port and a refused target outrank the checks. A gateway that doesn't answer decides
/// only where nothing else is wrong.
fn exit(report: &Report, failure: Option<&Failure>) -> Exit {
    let found = !report.found_nothing_wrong();
    match failure.map(Failure::exit) {
        Some(exit @ (Exit::NotTheGateway | Exit::Guarded)) => exit,
        Some(Exit::NoAnswer) if report.only_the_link_failed() => Exit::NoAnswer,
        Some(exit) if !found => exit,
        _ if found || report.not_reached > 0 => Exit::No,
        _ => Exit::Ok,
    }
}

impl Report {
    fn new(checks: Vec<Check>, fail_on: Level) -> Self {
        let count = |status| checks.iter().filter(|check| check.status == status).count();
        let [passed, warned, failed] = [Status::Pass, Status::Warn, Status::Fail].map(count);
        let [not_reached, not_applicable, skipped] =
            [Status::NotReached, Status::NotApplicable, Status::Skipped].map(count);
        let checked = passed + warned + failed + not_reached;
        let mut summary = format!("Audit: {passed}/{checked} passed");
        if checked == 0 {
            let why = checks.iter().find(|check| check.status == Status::NotApplicable);
            let why = why.map_or(String::new(), |why| format!(": {}", why.found));
            summary += &format!("; nothing to check{why}");
        }
        for (status, count, result) in [
            (Status::Fail, failed, "failed"),
            (Status::Warn, warned, "warned"),
            (Status::NotReached, not_reached, "not reached"),
        ] {
            let first = checks.iter().find(|check| check.status == status);
            let more = if count > 1 { ", …" } else { "" };
            summary += &first.map_or_else(String::new, |first| {
                format!(", {count} {result} ({}{more})", first.name)
            });
        }
        Self {
            summary,
            fail_on,
            checked,
            passed,
            warned,
            failed,
            not_reached,
            not_applicable,
            skipped,
            checks,
        }
    }

    /// Each check with its row of the catalogue, in its order.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Entry, &Check)> {
        catalogue::CHECKS.iter().zip(&self.checks)
    }

    /// The groups of the checks that make the answer no.
    fn groups_at_fault(&self) -> impl Iterator<Item = Group> {
        let at_fault = self.rows().filter(|(_, check)| self.fail_on.is_reached(check.status));
        at_fault.map(|(entry, _)| entry.group)
    }

    fn found_nothing_wrong(&self) -> bool {
        self.groups_at_fault().next().is_none()
    }

    /// Whether only the link's layers are at fault, as they are where the gateway doesn't answer.
    fn only_the_link_failed(&self) -> bool {
        self.groups_at_fault().all(|group| group == Group::Link)
    }
}
