//! `phoenix`: does recovery really work?
//!
//! Real processes of this very program are disturbed in the middle of their work, restarted, and held against the ledger of
//! a simulated broker: first the deployment guide's five steps (`steps`), then rounds that a seed draws (`draw`, `round`).
//! A bystander on the connection (`wire`, `frames`) holds the conversation at a drawn message, so that the blow falls at
//! the same point of it every time; what must hold afterwards stands in `invariants`. Everything happens in a scratch tree
//! (`stage`), and no gateway but simulated ones is talked to, except by [`against`], which only reads.
//!
//! # What a seed replays
//!
//! Round, moment and blow. What comes after a blow that the command lives through (timeouts, attempts, the gateway's
//! return) is up to the scheduler, as it is in life; the invariants hold whichever way it goes.
//!
//! # What it can't show
//!
//! A full disk is played as a limit on the size of files: a write fails with EFBIG instead of ENOSPC. A power cut
//! (`power`) needs a build that notes what was flushed; a released binary doesn't, and says so.

pub mod against;
mod draw;
mod frames;
mod invariants;
mod power;
mod round;
mod stage;
mod steps;
mod wire;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};

use schemars::JsonSchema;
use serde::Serialize;

use self::draw::Draw;
use self::invariants::Findings;
pub use self::invariants::Invariant;
use self::round::Played;
use self::stage::{Deps, Trouble};
pub use self::steps::Step;
use crate::clock::{Clock, StopToken, Stopped, millis};
use crate::exit::Exit;
use crate::failure::interrupted;
use crate::report::{Check, Failure, Outcome, Status, Verdict};

/// Rounds that are played at once. A round mostly waits, and which others run beside it changes nothing in it.
const AT_ONCE: usize = 3;
/// So many rounds are listed one by one, beside those that failed.
const LISTED: usize = 1000;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many rounds.
    pub rounds: u64,
    /// The first round's seed; the others count on from it.
    pub seed: u64,
    /// This program.
    pub tool: PathBuf,
    /// Handed on to every process that is started.
    pub environment: Vec<(OsString, OsString)>,
    /// The scratch tree, which is there already.
    pub scratch: PathBuf,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Rounds that were played.
    pub rounds: u64,
    /// The first round's seed; round n had this plus n − 1.
    pub seed: u64,
    /// The five steps before the rounds.
    pub steps: Vec<Step>,
    /// What must hold after every round, and how often it did.
    pub invariants: Vec<Tally>,
    /// With `--gateway`: what was read of it around the kill; empty otherwise.
    pub gateway: Vec<Check>,
    /// From the blow to the end of the first sync that recovered.
    pub recovery: Recovery,
    /// Rounds whose moment never came, because the command had ended by then.
    pub moments_missed: u64,
    /// Whether this build can play what a power cut takes; where it can't, such a round kills and takes nothing.
    pub power_cuts_shown: bool,
    /// The rounds in which something did not hold.
    pub failed: Vec<Round>,
    /// The rounds in the order of their seeds, at most 1000.
    pub played: Vec<Round>,
    /// The scratch tree, where something of it was left.
    pub left: Option<PathBuf>,
}

/// How often an invariant held.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tally {
    /// Its name.
    pub name: Invariant,
    /// What it says.
    pub meaning: &'static str,
    /// Rounds in which it was looked at.
    pub checked: u64,
    /// Rounds in which it did not hold.
    pub violated: u64,
}

/// Times to recovery, in ms.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Recovery {
    /// Half of the rounds took no longer; null where none recovered.
    pub p50_ms: Option<u64>,
    /// The longest.
    pub max_ms: Option<u64>,
}

/// One round.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Round {
    /// Its seed: `--seed` with `--rounds 1` replays it.
    pub seed: u64,
    /// What was disturbed, how and when.
    pub what: String,
    /// What executed at the broker, in order.
    pub executed: Vec<String>,
    /// From the blow to the end of the first sync that recovered, in ms.
    pub recovery_ms: Option<u64>,
    /// What did not hold, in words.
    pub violations: Vec<String>,
    /// Where it was played, where that was left.
    pub directory: Option<PathBuf>,
}

/// Whoever is told how far it is: rounds played, of how many.
pub type Progress<'p> = &'p mut dyn FnMut(u64, u64);

/// Takes the steps and plays the rounds.
pub fn run(
    options: &Options,
    clock: &dyn Clock,
    stop: &StopToken,
    progress: Progress<'_>,
) -> Outcome<Report> {
    let deps = Deps { tool: &options.tool, environment: &options.environment, clock, stop };
    let steps = match steps::take(deps, &options.scratch) {
        Ok(steps) => steps,
        Err(stopped) => return gave_up(options, stopped),
    };
    let mut tallies = Tallies::default();
    if steps.iter().all(|step| step.status == Status::Pass)
        && let Err(stopped) = play_all(options, deps, progress, &mut tallies)
    {
        return gave_up(options, stopped);
    }
    judged(options, steps, tallies)
}

/// Stopped in the middle: nothing is claimed, and nothing left.
fn gave_up(options: &Options, stopped: Stopped) -> Outcome<Report> {
    let mut failure = interrupted(stopped);
    failure.remedy = match fs::remove_dir_all(&options.scratch) {
        Ok(()) => "every process was ended and the scratch tree removed; run it again".to_owned(),
        Err(error) => {
            format!("every process was ended; remove {}: {error}", options.scratch.display())
        }
    };
    Outcome::failed(failure)
}

/// Plays the rounds, some at once; what they found comes in the order in which they ended.
fn play_all(
    options: &Options,
    deps: Deps<'_>,
    progress: Progress<'_>,
    tallies: &mut Tallies,
) -> Result<(), Stopped> {
    let next = AtomicU64::new(0);
    let work = |results: Sender<Result<Ended, Stopped>>| {
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= options.rounds {
                return;
            }
            let draw = Draw::of(options.seed.wrapping_add(number));
            let played = play(&draw, &options.scratch, deps);
            let stopped = played.is_err();
            // Nobody listens any more only where another was stopped.
            if results.send(played.map(|ended| (number, ended))).is_err() || stopped {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        let (sender, results) = channel();
        for _ in 0..AT_ONCE {
            let sender = sender.clone();
            scope.spawn(|| work(sender));
        }
        drop(sender);
        let mut done = 0;
        for ended in results {
            let (number, (round, findings, struck)) = ended?;
            tallies.take(number, round, &findings, struck);
            done += 1;
            progress(done, options.rounds);
        }
        Ok(())
    })
}

/// A round's number, what is told of it, what it found, and whether its moment came.
type Ended = (u64, (Round, Findings, bool));

/// Plays one, and leaves its directory only where something did not hold.
fn play(draw: &Draw, scratch: &Path, deps: Deps<'_>) -> Result<(Round, Findings, bool), Stopped> {
    let directory = scratch.join(format!("round-{}", draw.seed));
    let (findings, recovery, struck, executed) = match round::play(draw, &directory, deps) {
        Ok(Played { mut findings, recovery, struck, executed }) => {
            findings.look(Invariant::Played, None);
            (findings, recovery, struck, executed)
        }
        Err(Trouble::Stopped(stopped)) => return Err(stopped),
        Err(trouble) => {
            let mut findings = Findings::default();
            findings.look(Invariant::Played, steps::words(&trouble));
            (findings, None, true, vec![])
        }
    };
    let violations: Vec<String> = findings
        .violated
        .iter()
        .map(|(invariant, why)| format!("{}: {why}", invariant.meaning()))
        .collect();
    // What can't be removed is left, and told by the scratch tree's own removal.
    let removed = violations.is_empty() && fs::remove_dir_all(&directory).is_ok();
    let round = Round {
        seed: draw.seed,
        what: draw.to_string(),
        executed,
        recovery_ms: recovery.map(millis),
        violations,
        directory: (!removed).then_some(directory),
    };
    Ok((round, findings, struck))
}

#[derive(Default)]
struct Tallies {
    rounds: Vec<(u64, Round)>,
    failed: Vec<(u64, Round)>,
    recoveries_ms: Vec<u64>,
    played: u64,
    missed: u64,
    counts: Vec<(Invariant, u64, u64)>,
}

impl Tallies {
    fn take(&mut self, number: u64, round: Round, findings: &Findings, struck: bool) {
        self.played += 1;
        self.missed += u64::from(!struck);
        self.recoveries_ms.extend(round.recovery_ms);
        for invariant in &findings.checked {
            let violated = findings.violated.iter().any(|(which, _)| which == invariant);
            match self.counts.iter_mut().find(|(which, ..)| which == invariant) {
                Some((_, checked, broken)) => {
                    *checked += 1;
                    *broken += u64::from(violated);
                }
                None => self.counts.push((*invariant, 1, u64::from(violated))),
            }
        }
        if !round.violations.is_empty() {
            self.failed.push((number, round.clone()));
        }
        if number < LISTED as u64 {
            self.rounds.push((number, round));
        }
    }
}

fn judged(options: &Options, steps: Vec<Step>, mut tallies: Tallies) -> Outcome<Report> {
    tallies.recoveries_ms.sort_unstable();
    let sorted = |mut rounds: Vec<(u64, Round)>| -> Vec<Round> {
        rounds.sort_by_key(|(number, _)| *number);
        rounds.into_iter().map(|(_, round)| round).collect()
    };
    let tally = |invariant: &Invariant| {
        let counted = tallies.counts.iter().find(|(which, ..)| which == invariant);
        let (checked, violated) =
            counted.map_or((0, 0), |(_, checked, broken)| (*checked, *broken));
        Tally { name: *invariant, meaning: invariant.meaning(), checked, violated }
    };
    let invariants = Invariant::ALL.iter().map(tally).collect();
    let failed = sorted(tallies.failed);
    let passed = failed.is_empty() && steps.iter().all(|step| step.status == Status::Pass);
    let left = match passed {
        true => fs::remove_dir_all(&options.scratch).err().map(|_| options.scratch.clone()),
        false => Some(options.scratch.clone()),
    };
    let recoveries = &tallies.recoveries_ms;
    let report = Report {
        rounds: tallies.played,
        seed: options.seed,
        invariants,
        gateway: vec![],
        recovery: Recovery {
            p50_ms: recoveries.get(recoveries.len().saturating_sub(1) / 2).copied(),
            max_ms: recoveries.last().copied(),
        },
        moments_missed: tallies.missed,
        power_cuts_shown: power::SHOWN,
        played: sorted(tallies.rounds),
        left,
        failed,
        steps,
    };
    let failure = why_failed(&report);
    let verdict = if passed { Verdict::Pass } else { Verdict::Fail };
    let mut outcome = Outcome::judged(report, verdict, true);
    outcome.failure = failure;
    outcome
}

fn why_failed(report: &Report) -> Option<Failure> {
    let failure = |message, causes, remedy| {
        let exit = Exit::No;
        Some(Failure { code: "phoenix-failed", message, causes, remedy, exit })
    };
    if let Some(step) = report.steps.iter().find(|step| step.status != Status::Pass) {
        let message = format!("step {} failed, and no round was played", step.number);
        let remedy = match &report.left {
            Some(left) => format!("look at what was left in {}", left.display()),
            None => "run it again with -o json".to_owned(),
        };
        return failure(message, vec![step.found.clone()], remedy);
    }
    let first = report.failed.first()?;
    let causes = report.failed.iter().take(3).map(|round| {
        format!("seed {}: {}: {}", round.seed, round.what, round.violations.join("; "))
    });
    let directory = first.directory.as_ref().map_or_else(String::new, |directory| {
        format!("; its directory was left: {}", directory.display())
    });
    failure(
        format!("{} of {} rounds failed", report.failed.len(), report.rounds),
        causes.collect(),
        format!("replay the first: mt5crs phoenix --rounds 1 --seed {}{directory}", first.seed),
    )
}
