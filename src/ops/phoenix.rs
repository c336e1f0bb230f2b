//! `phoenix`: does recovery really work?
//!
//! Disturbs real processes of this program in the middle of their work, restarts them, and compares the results with a
//! simulated broker's ledger: first the deployment guide's five steps (`steps`), then rounds. A `scenario` is drawn from
//! a seed and says which command meets which `disturbance`; a `round` lets it `strike` in a `sandbox` and checks the
//! `invariants`. A [proxy](crate::harness::proxy) holds the conversation at a drawn message, so that the disturbance
//! strikes at the same point every time. All files are in a scratch tree, and every gateway is simulated, except for
//! [`live_gateway`], which only reads.
//!
//! # Replay of a seed
//!
//! Command, disturbance and trigger. The scheduler decides the events after a disturbance that the command survives
//! (timeouts, attempts, the gateway's return), and the invariants hold either way.
//!
//! # Limits
//!
//! A full disk is simulated by a limit on file sizes: a write fails with EFBIG instead of ENOSPC. A `power_cut` needs a
//! build that notes its flushes, and a stepped clock one whose clock has a switch; a released binary has neither. Failing
//! locks and threads need Linux. A disturbance that could not be carried out, or that the command did not meet, is counted
//! as not played.

mod disturbance;
mod invariants;
pub mod live_gateway;
mod power_cut;
mod round;
mod sandbox;
mod scenario;
mod steps;
mod strike;
mod swapped_file;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};

use schemars::JsonSchema;
use serde::Serialize;

pub use self::disturbance::DisturbanceKind;
use self::disturbance::NotPlayed;
pub use self::invariants::Invariant;
use self::round::RoundResult;
use self::sandbox::Deps;
pub use self::scenario::KIND_COUNT;
use self::scenario::Scenario;
pub use self::steps::Step;
use crate::check::{Check, Status, Verdict};
use crate::clock::{Clock, StopToken, Stopped, millis};
use crate::failure::{Code, Failure, cause_of};
use crate::harness::HarnessError;
use crate::report::Outcome;

/// Rounds that run side by side. A round mostly waits, and no round depends on another.
const PARALLEL_ROUNDS: usize = 3;
/// The most rounds in [`Report::played`].
const MAX_LISTED_ROUNDS: u64 = 1000;

/// Options of `phoenix`.
#[derive(Debug, Clone)]
pub struct Options {
    /// Number of rounds.
    pub rounds: u64,
    /// The first round's seed; each further round has the next number.
    pub seed: u64,
    /// The path of this program.
    pub tool: PathBuf,
    /// Environment variables for every process of the tool.
    pub environment: Vec<(OsString, OsString)>,
    /// The scratch tree, an existing directory.
    pub scratch: PathBuf,
}

/// Report of `phoenix`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Rounds that were run.
    pub rounds: u64,
    /// The first round's seed; round n had this plus n − 1.
    pub seed: u64,
    /// The five steps before the rounds.
    pub steps: Vec<Step>,
    /// Every invariant, with the number of rounds that checked and violated it.
    pub invariants: Vec<Tally>,
    /// Every kind of disturbance, with the number of rounds in which it struck and did not.
    pub disturbances: Vec<Played>,
    /// With `--gateway`: the reads around the kill; empty otherwise.
    pub gateway: Vec<Check>,
    /// From the disturbance to the end of the first sync that recovered.
    pub recovery: Recovery,
    /// Rounds without a disturbance, because the command ended before its trigger.
    pub moments_missed: u64,
    /// Whether this build can simulate a power cut's losses; elsewhere a power cut only kills.
    pub power_cuts_shown: bool,
    /// The rounds that violated an invariant.
    pub failed: Vec<Round>,
    /// The rounds in the order of their seeds, at most 1000.
    pub played: Vec<Round>,
    /// The scratch tree, if it was not removed.
    pub left: Option<PathBuf>,
}

/// How often an invariant held.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tally {
    /// Its name.
    pub name: Invariant,
    /// The invariant as a sentence.
    pub meaning: &'static str,
    /// Rounds that checked it.
    pub checked: u64,
    /// Rounds that violated it.
    pub violated: u64,
}

impl Tally {
    fn new(name: Invariant) -> Self {
        Self { name, meaning: name.meaning(), checked: 0, violated: 0 }
    }
}

/// How often a kind of disturbance struck.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Played {
    /// Its name.
    pub name: DisturbanceKind,
    /// The kind in words.
    pub meaning: &'static str,
    /// Rounds in which it struck.
    pub played: u64,
    /// Rounds in which it did not, so they show nothing about it.
    pub not_played: u64,
    /// Why it did not, each reason once.
    pub why_not: Vec<String>,
}

impl Played {
    fn new(name: DisturbanceKind) -> Self {
        Self { name, meaning: name.meaning(), played: 0, not_played: 0, why_not: vec![] }
    }

    fn add(&mut self, not_played: Option<NotPlayed>) {
        let Some(why) = not_played else {
            self.played += 1;
            return;
        };
        self.not_played += 1;
        let why = why.to_string();
        if !self.why_not.contains(&why) {
            self.why_not.push(why);
        }
    }
}

/// Times to recovery, in ms.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Recovery {
    /// The median; null if no round recovered.
    pub p50_ms: Option<u64>,
    /// The longest.
    pub max_ms: Option<u64>,
}

/// One round.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Round {
    /// Its seed: `--seed` with `--rounds 1` replays it.
    pub seed: u64,
    /// Its command, disturbance and trigger.
    pub what: String,
    /// The kind of its disturbance.
    pub disturbance: DisturbanceKind,
    /// Why the disturbance did not strike; null if it did.
    pub not_played: Option<String>,
    /// The executions at the broker, in order.
    pub executed: Vec<String>,
    /// From the disturbance to the end of the first sync that recovered, in ms.
    pub recovery_ms: Option<u64>,
    /// The invariants that it violated, in words.
    pub violations: Vec<String>,
    /// Its directory, if that was not removed.
    pub directory: Option<PathBuf>,
}

/// Receives the progress: rounds that have ended, rounds in all.
pub type Progress<'p> = &'p mut dyn FnMut(u64, u64);

/// Runs the steps and, if they pass, the rounds.
pub fn run(
    options: &Options,
    clock: &dyn Clock,
    stop: &StopToken,
    progress: Progress<'_>,
) -> Outcome<Report> {
    let deps = Deps { tool: &options.tool, environment: &options.environment, clock, stop };
    let steps = match steps::run(deps, &options.scratch) {
        Ok(steps) => steps,
        Err(stopped) => return clean_up_interrupted(options, stopped),
    };
    let mut report = Report::new(options.seed);
    report.steps = steps;
    report.invariants = Invariant::ALL.iter().copied().map(Tally::new).collect();
    report.disturbances = DisturbanceKind::ALL.iter().copied().map(Played::new).collect();
    report.power_cuts_shown = power_cut::IS_SIMULATED;
    let steps_passed = report.steps.iter().all(|step| step.status == Status::Pass);
    if steps_passed && let Err(stopped) = run_rounds(options, deps, progress, &mut report) {
        return clean_up_interrupted(options, stopped);
    }
    let passed = steps_passed && report.failed.is_empty();
    if !passed || fs::remove_dir_all(&options.scratch).is_err() {
        report.left = Some(options.scratch.clone());
    }
    let failure = find_failure(&report);
    // Rounds in which nothing struck show nothing.
    let struck = report.disturbances.iter().any(|kind| kind.played > 0);
    let verdict = match (passed, struck) {
        (true, true) => Verdict::Pass,
        (true, false) => Verdict::Warn,
        (false, _) => Verdict::Fail,
    };
    let mut outcome = Outcome::judged(report, verdict, true);
    outcome.failure = failure;
    outcome
}

/// An interrupted run claims nothing and leaves nothing.
fn clean_up_interrupted(options: &Options, stopped: Stopped) -> Outcome<Report> {
    let remedy = match fs::remove_dir_all(&options.scratch) {
        Ok(()) => "every process was ended and the scratch tree removed; run it again".to_owned(),
        Err(error) => {
            format!("every process was ended; remove {}: {error}", options.scratch.display())
        }
    };
    Outcome::failed(Failure::interrupted(stopped).with_remedy(remedy))
}

/// Runs the rounds, some side by side. Their results arrive in the order in which they end.
fn run_rounds(
    options: &Options,
    deps: Deps<'_>,
    progress: Progress<'_>,
    report: &mut Report,
) -> Result<(), Stopped> {
    let next = AtomicU64::new(0);
    let work = |results: Sender<Result<(Round, RoundResult), Stopped>>| {
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= options.rounds {
                return;
            }
            let result = run_round(number, options, deps);
            let stopped = result.is_err();
            // The receiver is gone if another round was stopped.
            if results.send(result).is_err() || stopped {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        let (sender, results) = channel();
        for _ in 0..PARALLEL_ROUNDS {
            let sender = sender.clone();
            scope.spawn(|| work(sender));
        }
        drop(sender);
        let mut recoveries_ms = vec![];
        for result in results {
            let (round, result) = result?;
            recoveries_ms.extend(round.recovery_ms);
            report.add(round, &result);
            progress(report.rounds, options.rounds);
        }
        report.summarize(recoveries_ms);
        Ok(())
    })
}

/// Runs one round. Its directory stays if it violated an invariant.
fn run_round(
    number: u64,
    options: &Options,
    deps: Deps<'_>,
) -> Result<(Round, RoundResult), Stopped> {
    let scenario = Scenario::from_seed(options.seed.wrapping_add(number));
    let directory = options.scratch.join(format!("round-{}", scenario.seed));
    let (mut result, error) = match round::run(&scenario, &directory, deps) {
        Ok(result) => (result, None),
        Err(HarnessError::Stopped(stopped)) => return Err(stopped),
        Err(error) => (RoundResult::not_run(), Some(cause_of(&error))),
    };
    result.findings.record(Invariant::Played, error);
    let violated = &result.findings.violated;
    let violations: Vec<String> =
        violated.iter().map(|(invariant, why)| format!("{}: {why}", invariant.meaning())).collect();
    // The removal of the whole scratch tree reports a directory that can't be removed.
    let removed = violations.is_empty() && fs::remove_dir_all(&directory).is_ok();
    let round = Round {
        seed: scenario.seed,
        what: scenario.to_string(),
        disturbance: scenario.kind,
        not_played: result.not_played.map(|why| why.to_string()),
        executed: std::mem::take(&mut result.executed),
        recovery_ms: result.recovery.map(millis),
        violations,
        directory: (!removed).then_some(directory),
    };
    Ok((round, result))
}

impl Report {
    /// A report without steps and rounds.
    fn new(seed: u64) -> Self {
        Self {
            rounds: 0,
            seed,
            steps: vec![],
            invariants: vec![],
            disturbances: vec![],
            gateway: vec![],
            recovery: Recovery { p50_ms: None, max_ms: None },
            moments_missed: 0,
            power_cuts_shown: false,
            failed: vec![],
            played: vec![],
            left: None,
        }
    }

    fn add(&mut self, round: Round, result: &RoundResult) {
        self.rounds += 1;
        self.moments_missed += u64::from(result.not_played == Some(NotPlayed::EndedBefore));
        if let Some(kind) = self.disturbances.iter_mut().find(|kind| kind.name == round.disturbance)
        {
            kind.add(result.not_played);
        }
        for tally in &mut self.invariants {
            let violated = result.findings.violated.iter().any(|(which, _)| *which == tally.name);
            tally.checked += u64::from(result.findings.checked.contains(&tally.name));
            tally.violated += u64::from(violated);
        }
        if !round.violations.is_empty() {
            self.failed.push(round.clone());
        }
        if round.seed.wrapping_sub(self.seed) < MAX_LISTED_ROUNDS {
            self.played.push(round);
        }
    }

    /// Puts the rounds into the order of their seeds, and sums up the times to recovery.
    fn summarize(&mut self, mut recoveries_ms: Vec<u64>) {
        let first = self.seed;
        for rounds in [&mut self.failed, &mut self.played] {
            rounds.sort_by_key(|round| round.seed.wrapping_sub(first));
        }
        recoveries_ms.sort_unstable();
        self.recovery = Recovery {
            p50_ms: recoveries_ms.get(recoveries_ms.len().saturating_sub(1) / 2).copied(),
            max_ms: recoveries_ms.last().copied(),
        };
    }
}

/// The first failed step, or the failed rounds.
fn find_failure(report: &Report) -> Option<Failure> {
    let failure = |message: String, causes: Vec<String>, remedy: String| {
        let failure = Failure::new(Code::PhoenixFailed, message);
        Some(failure.with_causes(causes).with_remedy(remedy))
    };
    if let Some(step) = report.steps.iter().find(|step| step.status != Status::Pass) {
        let message = format!("step {} failed, so no round was run", step.number);
        let remedy = match &report.left {
            Some(left) => format!("see the files in {}", left.display()),
            None => "run it again with -o json".to_owned(),
        };
        return failure(message, vec![step.found.clone()], remedy);
    }
    let first = report.failed.first()?;
    let causes = report.failed.iter().take(3).map(|round| {
        format!("seed {}: {}: {}", round.seed, round.what, round.violations.join("; "))
    });
    let directory = first.directory.as_ref().map_or_else(String::new, |directory| {
        format!("; its files are in {}", directory.display())
    });
    failure(
        format!("{} of {} rounds failed", report.failed.len(), report.rounds),
        causes.collect(),
        format!("replay the first: mt5crs phoenix --rounds 1 --seed {}{directory}", first.seed),
    )
}
