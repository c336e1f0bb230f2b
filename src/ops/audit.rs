//! `audit`: is this deployment fit?
//!
//! Named checks in groups ([`catalogue`]), each with what was looked at, found and expected, and what to do. It reads:
//! no snapshot is written, no evidence, no kill switch, no line that operators count; the one order that it sends is a
//! CLOSE for a ticket that no list ever held, which trades nothing ([`crate::proof::can_close`]). Other commands' checks are
//! called, not copied.
//!
//! A check that could not be reached is never a pass: the answer is then no, or unknown. Each group is bounded, so that a
//! gateway that hangs or a disk that doesn't answer costs its own group and not the rest.
//!
//! Deployments were verified by hand by a list; its lines are here, but for what belongs to git and pip:
//!
//! | line | checks |
//! |---|---|
//! | environment is set | `config` |
//! | what the import needs is there | `self-test.contract`, `files.binary` |
//! | the network connects | `link` |
//! | recovery from a crash works | `self-test.recovery`; `mt5crs phoenix` with real processes |
//! | the engine started | `files.engine-unit`, `alerts.engine-crashed` |
//! | the state was synchronized | `alerts.last-sync`, `files.snapshot`, `state.recovered` |
//! | no sync failed, no connection failed | `alerts` |
//! | performance | `baseline` |

mod alerts;
pub mod catalogue;
mod config;
pub mod files;
pub mod findings;
pub mod metrics;
mod records;
pub mod remote;
mod self_test;
mod unit;
mod usage;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use self::catalogue::{Entry, Group, Level};
use self::files::{Build, Completions};
use self::findings::{Finding, Findings, Found, Selection, Status};
use self::remote::{Remote, Talked};
use self::unit::Unit;
use crate::clock::{Clock, Deadline, StopToken};
use crate::config::{Key, Resolved, Settings};
use crate::evidence::Evidence;
use crate::exit::Exit;
use crate::failure::interrupted;
use crate::guard::decision::Rules;
use crate::link::transport::Transport;
use crate::logs::alerts::rules::Thresholds;
use crate::logs::search::places::Places;
use crate::ops::logs::alerts as log_alerts;
use crate::os::process;
use crate::os::with_deadline::with_deadline;
use crate::report::{Failure, Outcome, TargetKind, Verdict};

/// How long a group of this machine's own may take: a disk that hangs costs no more.
const GROUP_LIMIT: Duration = Duration::from_secs(20);
/// How far back the alert rules look.
const ALERTS_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which checks.
    pub selection: Selection,
    /// From which level on something that is found makes the answer no.
    pub fail_on: Level,
    /// The settings as they were read, with everything that is wrong with them.
    pub resolved: Resolved,
    /// The settings that are worked with; beside a simulated gateway they point into a scratch tree.
    pub settings: Settings,
    /// Whether a simulated gateway stands in for the configured one.
    pub practising: bool,
    /// Where the host was set.
    pub origin: String,
    /// Whether an address of this machine may be talked to.
    pub allow_loopback: bool,
    /// This binary.
    pub build: Build,
    /// `PATH`.
    pub search_path: Option<OsString>,
    /// Each shell's completions.
    pub completions: Vec<Completions>,
    /// Where the self-test makes its scratch directory.
    pub scratch: PathBuf,
    /// What it takes to talk to the gateway, or why it can't be talked to.
    pub remote: Result<Box<Remote>, String>,
    /// The admission decision's bytes, or why there are none; `None` where the settings name none.
    pub decision: Option<Result<Vec<u8>, String>>,
    /// What the decision is held against.
    pub rules: Rules,
    /// The logs' thresholds.
    pub thresholds: Thresholds,
    /// Over which time the engine's CPU is measured.
    pub cpu_window: Duration,
}

/// What an audit takes from the outside.
pub struct Deps<'m> {
    /// Measures, waits.
    pub clock: &'m Arc<dyn Clock>,
    /// Whether somebody asked to stop.
    pub stop: &'m StopToken,
    /// For all of it.
    pub deadline: Deadline,
    /// Opens connections to an address.
    pub transport: &'m dyn Fn(SocketAddr) -> Box<dyn Transport>,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// `Audit: 41/41 passed`, and what the others are.
    pub summary: String,
    /// From which level on something that is found makes the answer no.
    pub fail_on: Level,
    /// How many checks had something to look at, reached or not.
    pub checked: usize,
    /// How many passed.
    pub passed: usize,
    /// How many want a look.
    pub warned: usize,
    /// How many failed.
    pub failed: usize,
    /// How many could not be reached.
    pub not_reached: usize,
    /// How many had nothing to look at here.
    pub not_applicable: usize,
    /// How many were not asked for.
    pub skipped: usize,
    /// Every check of the catalogue, in its order.
    pub checks: Vec<Finding>,
}

/// What an audit found, and whom it talked to.
pub struct Audited {
    /// The outcome.
    pub outcome: Outcome<Report>,
    /// Whom it talked to, where it did.
    pub target: Option<TargetKind>,
}

/// The checks that there are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checks {
    /// All of them, by group.
    pub checks: &'static [Entry],
}

/// Lists the checks.
pub fn checks() -> Outcome<Checks> {
    Outcome::judged(Checks { checks: catalogue::CHECKS }, Verdict::Pass, false)
}

/// Looks at everything that is asked for.
pub fn run(options: &Options, deps: &Deps<'_>) -> Audited {
    let mut findings = Findings::new(&options.selection);
    let talked = look(options, deps, &mut findings);
    let stopped = deps.stop.check().err().map(interrupted);
    let report = Report::of(findings.finish(), options.fail_on);
    let exit = match &stopped {
        Some(failure) => failure.exit,
        None => exit(&report, talked.failure.as_ref()),
    };
    let verdict = match exit {
        Exit::Ok if report.warned > 0 => Verdict::Warn,
        Exit::Ok => Verdict::Pass,
        Exit::NoAnswer => Verdict::Unknown,
        exit if exit.is_interruption() => Verdict::Unknown,
        _ if report.found_nothing_wrong() => Verdict::Unknown,
        _ => Verdict::Fail,
    };
    let mut outcome = Outcome::judged(report, verdict, talked.simulated);
    outcome.exit = exit;
    outcome.failure = stopped.or(talked.failure);
    Audited { outcome, target: talked.target }
}

fn look(options: &Options, deps: &Deps<'_>, findings: &mut Findings<'_>) -> Talked {
    let wants_unit = |entry: &Entry| {
        matches!(
            entry.code,
            "files.engine-unit"
                | "files.kill-switch-shared"
                | "alerts.engine-crashed"
                | "baseline.memory"
                | "baseline.cpu"
        )
    };
    // First of all: the window of the CPU's figure begins here.
    let unit = match findings.wants(wants_unit) {
        true => Unit::look(options, deps),
        false => Unit::None("not asked for".to_owned()),
    };
    config::check(options, deps, findings);
    local_files(options, deps, &unit, findings);
    self_tests(options, deps, findings);
    decision(options, deps, findings);
    evidence(options, deps, findings);
    alerts(options, deps, &unit, findings);
    // Last of all, so that a gateway that hangs until the deadline costs nothing else.
    let talked = match &options.remote {
        Ok(remote) => {
            let measure_own = matches!(unit, Unit::None(_))
                && findings.wants_code("baseline.cpu")
                && !options.selection.is_offline();
            remote::ask(options, remote, deps, measure_own, findings)
        }
        Err(why) => {
            findings.rest(|entry| entry.asks_gateway, &Found::not_reached(why.clone()));
            Talked::default()
        }
    };
    metrics(options, deps, &unit, talked.own_cpu, findings);
    talked
}

/// Of settings that can't be used, what hangs on them is not reached.
fn in_doubt(options: &Options, group: Group, keys: &[Key], findings: &mut Findings<'_>) {
    if let Some(problem) = options.resolved.doubt(keys) {
        let why = Found::not_reached(format!("the settings can't be used: {problem}"));
        findings.rest(|entry| entry.group == group, &why);
    }
}

/// Work that may take as long as a disk likes, and no longer than a group may.
fn within<T: Send + 'static>(
    deps: &Deps<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Found> {
    let clock = &**deps.clock;
    let until = Deadline::after(clock, GROUP_LIMIT).min(deps.deadline);
    with_deadline(clock, deps.stop, until, work)
        .map_err(|unfinished| Found::not_reached(format!("it came to no end: {unfinished}")))
}

/// The same for a whole group; what came to no end is not reached.
fn group(
    group: Group,
    deps: &Deps<'_>,
    findings: &mut Findings<'_>,
    work: impl FnOnce() -> Vec<(&'static str, Found)> + Send + 'static,
) {
    if !findings.wants_group(group) {
        return;
    }
    match within(deps, work) {
        Ok(found) => findings.extend(found),
        Err(why) => findings.rest(|entry| entry.group == group && !entry.asks_gateway, &why),
    }
}

fn endpoint(options: &Options) -> Option<String> {
    options.settings.gateway.as_ref().map(|gateway| format!("tcp://{gateway}"))
}

/// Where this gateway's state is kept; without a gateway, where all state is.
fn state_dir(settings: &Settings) -> PathBuf {
    settings.target_state_dir().unwrap_or_else(|| settings.state_dir.clone())
}

fn local_files(options: &Options, deps: &Deps<'_>, unit: &Unit, findings: &mut Findings<'_>) {
    let keys = [Key::StateDir, Key::LogDir, Key::VerifyLog, Key::KillSwitchFile, Key::Profile];
    if !options.practising {
        in_doubt(options, Group::Files, &keys, findings);
    }
    let settings = &options.settings;
    findings.add("files.engine-unit", unit.active());
    findings.add("files.kill-switch-shared", unit.shares(&settings.kill_switch_file));
    let places = files::Places {
        state: state_dir(settings),
        logs: settings.log_dir.clone(),
        verify_log: settings.verify_log.clone(),
        kill_switch: settings.kill_switch_file.clone(),
        endpoint: endpoint(options),
        build: options.build.clone(),
        search_path: options.search_path.clone(),
        completions: options.completions.clone(),
        now: deps.clock.now(),
    };
    group(Group::Files, deps, findings, move || files::look(&places));
}

fn self_tests(options: &Options, deps: &Deps<'_>, findings: &mut Findings<'_>) {
    let (scratch, now) = (options.scratch.clone(), deps.clock.now());
    group(Group::SelfTest, deps, findings, move || self_test::run(&scratch, now));
}

fn decision(options: &Options, deps: &Deps<'_>, findings: &mut Findings<'_>) {
    let keys = [Key::DecisionFile, Key::DecisionReport, Key::DecisionHash, Key::DecisionMaxAge];
    in_doubt(options, Group::Decision, &keys, findings);
    let now = deps.clock.now();
    findings.extend(records::decision(options.decision.as_ref(), &options.rules, now));
    let rest = match &options.decision {
        None => Found::not_applicable(
            "no decision is named, and no canary trades without one: MT5CRS_DECISION_FILE",
        ),
        Some(_) => Found::not_reached("the decision can't be read"),
    };
    findings.rest(|entry| entry.group == Group::Decision, &rest);
}

fn evidence(options: &Options, deps: &Deps<'_>, findings: &mut Findings<'_>) {
    if !options.practising {
        in_doubt(options, Group::Evidence, &[Key::StateDir, Key::Profile], findings);
    }
    let evidence = Evidence::at(state_dir(&options.settings));
    let (endpoint, now) = (endpoint(options), deps.clock.now());
    group(Group::Evidence, deps, findings, move || {
        records::evidence(&evidence, endpoint.as_deref(), now)
    });
}

fn alerts(options: &Options, deps: &Deps<'_>, unit: &Unit, findings: &mut Findings<'_>) {
    let keys = [
        Key::LogDir,
        Key::VerifyLog,
        Key::StateDir,
        Key::AlertFailedSyncs,
        Key::AlertSilence,
        Key::AlertSync,
        Key::AlertRetry,
        Key::EngineUnit,
    ];
    if !options.practising {
        in_doubt(options, Group::Alerts, &keys, findings);
    }
    findings.add("alerts.engine-crashed", unit.crashed());
    let (settings, endpoint) = (options.settings.clone(), endpoint(options));
    let thresholds = options.thresholds;
    let since = deps.clock.now().checked_sub(ALERTS_WINDOW).unwrap_or(jiff::Timestamp::MIN);
    group(Group::Alerts, deps, findings, move || {
        let places = Places::configured(&settings.verify_log, &settings.log_dir);
        let asked = log_alerts::Options { places, since, thresholds, cpu_window: None };
        match log_alerts::judge(&asked, &process::is_alive) {
            Ok(looked) => alerts::judge(&looked, endpoint.as_deref()),
            Err(bug) => {
                let all = catalogue::CHECKS.iter().filter(|entry| entry.group == Group::Alerts);
                all.map(|entry| (entry.code, Found::not_reached(bug.to_string()))).collect()
            }
        }
    });
}

/// The figures of the engine's unit, or our own where none is named.
fn metrics(
    options: &Options,
    deps: &Deps<'_>,
    unit: &Unit,
    own_cpu: Option<Duration>,
    findings: &mut Findings<'_>,
) {
    let limits = &options.thresholds;
    if findings.wants_code("baseline.memory") {
        let own = || match process::own_memory() {
            Some(bytes) => usage::judge_memory("this process", bytes, limits.memory_bytes),
            None => Found::not_reached("this system doesn't tell"),
        };
        findings.add("baseline.memory", unit.memory(limits.memory_bytes).unwrap_or_else(own));
    }
    if findings.wants_code("baseline.cpu") {
        let window = options.cpu_window;
        let own = || match own_cpu {
            Some(used) => {
                let whose = "a sync and a retry of this process";
                usage::judge_cpu(whose, used, window, limits.cpu_percent)
            }
            None if options.selection.is_offline() => {
                Found::not_applicable("without the link this process has no sync to measure")
            }
            None => Found::not_reached("the gateway brought no sync to measure"),
        };
        findings
            .add("baseline.cpu", unit.cpu(window, limits.cpu_percent, deps).unwrap_or_else(own));
    }
}

/// Who answers in the gateway's place, and a target that is refused, come before anything else that was found; then what
/// was found; a gateway that doesn't answer counts where nothing else is wrong.
fn exit(report: &Report, failure: Option<&Failure>) -> Exit {
    let found = report.checks.iter().any(|finding| finding.reaches(report.fail_on));
    match failure.map(|failure| failure.exit) {
        Some(exit @ (Exit::NotTheGateway | Exit::Guarded)) => exit,
        Some(Exit::NoAnswer) if report.only_the_link_failed() => Exit::NoAnswer,
        Some(exit) if !found => exit,
        _ if found || report.not_reached > 0 => Exit::No,
        _ => Exit::Ok,
    }
}

impl Report {
    fn of(checks: Vec<Finding>, fail_on: Level) -> Self {
        let count = |status| checks.iter().filter(|finding| finding.status == status).count();
        let [passed, warned, failed] = [Status::Pass, Status::Warn, Status::Fail].map(count);
        let [not_reached, not_applicable, skipped] =
            [Status::NotReached, Status::NotApplicable, Status::Skipped].map(count);
        let checked = passed + warned + failed + not_reached;
        let mut summary = format!("Audit: {passed}/{checked} passed");
        for (count, what) in [(failed, "failed"), (warned, "warned"), (not_reached, "not reached")]
        {
            if count > 0 {
                summary += &format!(", {count} {what}");
            }
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

    fn found_nothing_wrong(&self) -> bool {
        !self.checks.iter().any(|finding| finding.reaches(self.fail_on))
    }

    /// Silence shows as one failed layer, and is no finding about anything else.
    fn only_the_link_failed(&self) -> bool {
        let mut found = self.checks.iter().filter(|finding| finding.reaches(self.fail_on));
        found.all(|finding| finding.group == Group::Link)
    }
}
