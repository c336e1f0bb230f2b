//! Plays worlds on every core until the time is over, counts the judgements, and shrinks each finding to its fewest acts.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::judge::{Breach, Judgement, judge};
use super::plan;
use super::world::World;
use crate::check::Verdict;
use crate::clock::{Clock, Deadline, StopToken, millis};
use crate::failure::{Code, Failure, cause_of};
use crate::harness::HarnessError;
use crate::report::Outcome;

/// The most findings that are reported.
const MAX_FINDINGS: usize = 20;
/// Worlds that a worker takes at a time.
const BATCH: usize = 64;

/// The worlds to play.
#[derive(Debug, Clone)]
pub enum Scope {
    /// All single acts, all pairs, then seeded worlds until this much time is over.
    For(Duration),
    /// Exactly these.
    Only(Vec<World>),
}

/// Options of the search.
#[derive(Debug, Clone)]
pub struct Options {
    /// The worlds to play.
    pub scope: Scope,
    /// Seed of the first world of several acts; the others count on from it.
    pub seed: u64,
}

impl Options {
    /// The share of the time that is over, in percent.
    fn share_of_time(&self, elapsed: Duration) -> u32 {
        match self.scope {
            Scope::For(duration) => {
                let share = elapsed.as_secs_f64() / duration.as_secs_f64() * 100.0;
                share.min(100.0) as u32
            }
            Scope::Only(_) => 0,
        }
    }
}

/// Report of the search.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Worlds that were played.
    pub worlds: u64,
    /// Worlds by their number of acts.
    pub by_depth: BTreeMap<usize, u64>,
    /// Worlds by the command that was played in them.
    pub by_command: BTreeMap<String, u64>,
    /// Worlds by act, without its place.
    pub by_act: BTreeMap<String, u64>,
    /// Whether every single act was played at every place.
    pub singles_complete: bool,
    /// Whether every pair of acts was played.
    pub pairs_complete: bool,
    /// Seed of the first world of several acts.
    pub seed: u64,
    /// Worlds in which the command gave a definite answer.
    pub definite: u64,
    /// Worlds in which it was in doubt.
    pub in_doubt: u64,
    /// Worlds that no client can tell from an honest one.
    pub undecidable: u64,
    /// Worlds in which the promise was broken, by the way.
    pub broken: BTreeMap<Breach, u64>,
    /// The first of them, each with its fewest acts.
    pub findings: Vec<Finding>,
    /// Duration of the search, in ms.
    pub took_ms: u64,
}

/// A world in which the promise was broken.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Finding {
    /// In which way.
    pub breach: Breach,
    /// The claim and the truth.
    pub story: String,
    /// Its name with the fewest acts: `--world` replays it.
    pub world: String,
    /// Its name as it was found.
    pub found_as: String,
}

/// Receives the share of the time that is over, in percent.
pub type Progress<'p> = &'p dyn Fn(u32);

/// Plays the worlds.
pub fn run(
    options: &Options,
    clock: &dyn Clock,
    stop: &StopToken,
    progress: Progress<'_>,
) -> Outcome<Report> {
    match search(options, clock, stop, progress) {
        Ok(report) => conclude(report),
        Err(HarnessError::Stopped(stopped)) => Outcome::failed(Failure::interrupted(stopped)),
        Err(error) => {
            let failure = Failure::new(Code::PhoenixNotPlayed, "failed to play a world");
            Outcome::failed(failure.with_cause(cause_of(&error)))
        }
    }
}

fn conclude(report: Report) -> Outcome<Report> {
    let Some(first) = report.findings.first() else {
        return Outcome::judged(report, Verdict::Pass, true);
    };
    let broken: u64 = report.broken.values().sum();
    let failure = Failure::new(
        Code::PhoenixFailed,
        format!("the promise was broken in {broken} of {} worlds", report.worlds),
    )
    .with_causes(report.findings.iter().take(3).map(|it| format!("{}: {}", it.world, it.story)))
    .with_remedy(format!("replay the first: mt5crs phoenix --world '{}'", first.world));
    let mut outcome = Outcome::judged(report, Verdict::Fail, true);
    outcome.failure = Some(failure);
    outcome
}

/// The worlds that are still to be played, and how far the search has come.
struct Queue<'q> {
    worlds: Box<dyn Iterator<Item = (Part, World)> + Send + 'q>,
    until: Option<Deadline>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Part {
    Singles,
    Pairs,
    Seeded,
}

impl Queue<'_> {
    fn new(options: &Options, clock: &dyn Clock) -> Self {
        let part = |part| move |world| (part, world);
        match &options.scope {
            Scope::Only(worlds) => Self {
                worlds: Box::new(worlds.clone().into_iter().map(part(Part::Seeded))),
                until: None,
            },
            Scope::For(duration) => Self {
                worlds: Box::new(
                    plan::singles()
                        .map(part(Part::Singles))
                        .chain(plan::pairs().map(part(Part::Pairs)))
                        .chain((options.seed..).map(plan::seeded).map(part(Part::Seeded))),
                ),
                until: Some(Deadline::after(clock, *duration)),
            },
        }
    }

    fn take(&mut self, clock: &dyn Clock) -> Vec<World> {
        match self.until {
            Some(until) if until.is_past(clock) => vec![],
            _ => self.worlds.by_ref().take(BATCH).map(|(_, world)| world).collect(),
        }
    }
}

fn search(
    options: &Options,
    clock: &dyn Clock,
    stop: &StopToken,
    progress: Progress<'_>,
) -> Result<Report, HarnessError> {
    let began = clock.monotonic();
    let scratch = tempfile::Builder::new()
        .prefix("mt5crs-worlds-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(memory());
    let scratch = scratch.map_err(HarnessError::io("create a scratch directory"))?;
    let queue = Mutex::new(Queue::new(options, clock));
    let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).take(clock);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut report = Report::new(options.seed);
    let mut broken = vec![];
    std::thread::scope(|scope| {
        let (sender, results) = channel();
        for _ in 0..workers {
            let (sender, take, scratch) = (sender.clone(), &take, scratch.path());
            scope.spawn(move || {
                loop {
                    let batch = take();
                    if batch.is_empty() {
                        return;
                    }
                    for world in batch {
                        let judged = match stop.check() {
                            Err(stopped) => Err(stopped.into()),
                            Ok(()) => judge_world(&world, scratch),
                        };
                        let is_last = judged.is_err();
                        if sender.send((world, judged)).is_err() || is_last {
                            return;
                        }
                    }
                }
            });
        }
        drop(sender);
        for (world, judged) in results {
            let judgement = judged?;
            report.count(&world, &judgement);
            if let Judgement::Broken { breach, story } = judgement
                && broken.len() < MAX_FINDINGS
            {
                broken.push((world, breach, story));
            }
            if report.worlds.is_multiple_of(256) {
                progress(options.share_of_time(clock.monotonic().saturating_sub(began)));
            }
        }
        Ok::<(), HarnessError>(())
    })?;
    if matches!(options.scope, Scope::For(_)) {
        // The worlds are taken in order: one of a later part shows that the earlier part is complete.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).worlds.next();
        let part = next.map_or(Part::Seeded, |(part, _)| part);
        (report.singles_complete, report.pairs_complete) =
            (part > Part::Singles, part > Part::Pairs);
    }
    for (world, breach, story) in broken {
        report.findings.push(shrink(world, breach, story, scratch.path())?);
    }
    report.took_ms = millis(clock.monotonic().saturating_sub(began));
    Ok(report)
}

/// A directory in memory, where the system has one: evidence is written for every world.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// Plays and judges one world.
fn judge_world(world: &World, scratch: &Path) -> Result<Judgement, HarnessError> {
    Ok(judge(world, &world.play(scratch)?))
}

/// Leaves out one act after the other while the promise is still broken in the same way.
fn shrink(
    mut world: World,
    breach: Breach,
    mut story: String,
    scratch: &Path,
) -> Result<Finding, HarnessError> {
    let found_as = world.to_string();
    let mut index = 0;
    while index < world.acts.len() {
        let mut smaller = world.clone();
        smaller.acts.remove(index);
        match judge_world(&smaller, scratch)? {
            Judgement::Broken { breach: same, story: told } if same == breach => {
                (world, story) = (smaller, told);
            }
            _ => index += 1,
        }
    }
    Ok(Finding { breach, story, world: world.to_string(), found_as })
}

impl Report {
    fn new(seed: u64) -> Self {
        Self {
            worlds: 0,
            by_depth: BTreeMap::new(),
            by_command: BTreeMap::new(),
            by_act: BTreeMap::new(),
            singles_complete: false,
            pairs_complete: false,
            seed,
            definite: 0,
            in_doubt: 0,
            undecidable: 0,
            broken: Breach::ALL.into_iter().map(|breach| (breach, 0)).collect(),
            findings: vec![],
            took_ms: 0,
        }
    }

    fn count(&mut self, world: &World, judgement: &Judgement) {
        self.worlds += 1;
        *self.by_depth.entry(world.acts.len()).or_default() += 1;
        *self.by_command.entry(world.command.name().to_owned()).or_default() += 1;
        for act in &world.acts {
            let name = act.split(':').next().unwrap_or(act);
            *self.by_act.entry(name.to_owned()).or_default() += 1;
        }
        match judgement {
            Judgement::Definite => self.definite += 1,
            Judgement::InDoubt => self.in_doubt += 1,
            Judgement::Undecidable => self.undecidable += 1,
            Judgement::Broken { breach, .. } => {
                *self.broken.entry(*breach).or_default() += 1;
            }
        }
    }
}
