//! Plays worlds on every core until the time is over, counts the judgements, and shrinks each finding to its fewest acts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::judge::{Breach, Judgement, judge};
use super::plan::{self, Pairs, Plan};
use super::play::{play, play_recorded};
use super::story::{self, Moment};
use super::world::World;
use crate::check::Verdict;
use crate::clock::{Clock, Deadline, StopToken, millis};
use crate::failure::{Code, Failure, cause_of};
use crate::harness::HarnessError;
use crate::os::scratch_directory;
use crate::report::Outcome;
use crate::sim::RequestCounts;

/// The most findings that are reported, each of another kind.
const MAX_FINDINGS: usize = 60;
/// Worlds that a worker takes at a time.
const BATCH: usize = 64;

/// The worlds to play.
#[derive(Debug, Clone)]
pub enum Scope {
    /// Single acts and pairs, then seeded worlds.
    For {
        /// The time for all of them, or for the seeded worlds alone.
        duration: Duration,
        /// The part of single acts and pairs.
        singles_and_pairs: Extent,
    },
    /// Exactly these.
    Only(Vec<World>),
}

/// How many of the single acts and pairs are played before the seeded worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// As many as the time allows.
    Timed,
    /// All of them, however long that takes.
    Complete,
    /// None.
    Nothing,
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
    /// The share of the work that is done, in percent.
    fn share(&self, clock: &dyn Clock, until: Option<Deadline>, played: usize, of: usize) -> u32 {
        let share = match (&self.scope, until) {
            (Scope::For { duration, .. }, Some(until)) => {
                1.0 - until.left(clock).as_secs_f64() / duration.as_secs_f64()
            }
            _ => played as f64 / of.max(1) as f64,
        };
        (share * 100.0).clamp(0.0, 100.0) as u32
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
    /// Worlds by act, without its place, and by their number of acts.
    pub by_act_and_depth: BTreeMap<String, ByDepth>,
    /// Number of pairs that are planned, once the single acts were played.
    pub pairs_planned: u64,
    /// Number of pairs that were left out because they are the same run as one of their acts alone.
    pub same_as_single: u64,
    /// Worlds that were not played, each kind with the reason.
    pub left_out: Vec<String>,
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
    /// The first of each kind, with its fewest acts.
    pub findings: Vec<Finding>,
    /// Every message and execution of the one world that was asked for.
    pub story: Vec<Moment>,
    /// Duration of the search, in ms.
    pub took_ms: u64,
}

/// Worlds by their number of acts.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub struct ByDepth {
    /// One act.
    pub singles: u64,
    /// Two acts.
    pub pairs: u64,
    /// More acts.
    pub deeper: u64,
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

fn search(
    options: &Options,
    clock: &dyn Clock,
    stop: &StopToken,
    progress: Progress<'_>,
) -> Result<Report, HarnessError> {
    let began = clock.monotonic();
    let scratch = scratch_directory("mt5crs-worlds-", &memory());
    let scratch = scratch.map_err(HarnessError::io("create a scratch directory"))?;
    let mut search = Search {
        clock,
        stop,
        scratch: scratch.path(),
        report: Report::new(options.seed),
        broken: BTreeMap::new(),
        progress: &|until, played, of| {
            progress(options.share(clock, until, played, of));
        },
    };
    match &options.scope {
        Scope::Only(worlds) => {
            search.play_all(worlds.iter().cloned(), worlds.len(), None, |_, _| {})?;
            if let [world] = worlds.as_slice() {
                search.report.story = story::tell(&play_recorded(world, scratch.path())?);
            }
        }
        Scope::For { duration, singles_and_pairs } => {
            let plan = Plan::new(scratch.path())?;
            let is_timed = *singles_and_pairs == Extent::Timed;
            let mut until = is_timed.then(|| Deadline::after(clock, *duration));
            if *singles_and_pairs != Extent::Nothing {
                search.play_singles_and_pairs(&plan, until)?;
            }
            search.report.list_left_out(*singles_and_pairs);
            let until = *until.get_or_insert_with(|| Deadline::after(clock, *duration));
            let seeded = (options.seed..).map(|seed| plan.seeded(seed));
            search.play_all(seeded, usize::MAX, Some(until), |_, _| {})?;
        }
    }
    let Search { mut report, broken, .. } = search;
    for (world, breach, story) in broken.into_values() {
        let finding = shrink(world, breach, story, scratch.path())?;
        if report.findings.iter().all(|known| known.world != finding.world) {
            report.findings.push(finding);
        }
    }
    report.took_ms = millis(clock.monotonic().saturating_sub(began));
    Ok(report)
}

/// Receives the deadline, and the number of worlds that were played and of all.
type Step<'s> = &'s dyn Fn(Option<Deadline>, usize, usize);

struct Search<'s> {
    clock: &'s dyn Clock,
    stop: &'s StopToken,
    scratch: &'s Path,
    report: Report,
    /// The first broken promise of each kind.
    broken: BTreeMap<(Breach, String), (World, Breach, String)>,
    progress: Step<'s>,
}

impl Search<'_> {
    /// Plays every single act, and then every pair, until the deadline.
    fn play_singles_and_pairs(
        &mut self,
        plan: &Plan,
        until: Option<Deadline>,
    ) -> Result<(), HarnessError> {
        let mut pairs = Pairs::default();
        let add = |world: &World, requests| pairs.add(world, requests);
        let singles = plan.singles();
        let count = singles.len();
        self.report.singles_complete = self.play_all(singles.into_iter(), count, until, add)?;
        if self.report.singles_complete {
            let worlds = pairs.worlds();
            self.report.same_as_single = pairs.same_as_single;
            let count = worlds.len();
            self.report.pairs_planned = count as u64;
            self.report.pairs_complete =
                self.play_all(worlds.into_iter(), count, until, |_, _| {})?;
        }
        Ok(())
    }

    /// Plays worlds on every core until the deadline. Returns whether all of them were played.
    fn play_all(
        &mut self,
        worlds: impl Iterator<Item = World> + Send,
        count: usize,
        until: Option<Deadline>,
        mut played: impl FnMut(&World, RequestCounts),
    ) -> Result<bool, HarnessError> {
        let queue = Mutex::new(worlds.fuse());
        let (clock, stop, scratch) = (self.clock, self.stop, self.scratch);
        let take = || -> Vec<World> {
            match until {
                Some(until) if until.is_past(clock) => vec![],
                _ => {
                    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                    queue.by_ref().take(BATCH).collect()
                }
            }
        };
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let mut number = 0;
        std::thread::scope(|scope| {
            let (sender, results) = channel();
            for _ in 0..workers {
                let (sender, take) = (sender.clone(), &take);
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
                let (judgement, requests) = judged?;
                self.report.count(&world, &judgement);
                played(&world, requests);
                number += 1;
                if let Judgement::Broken { breach, story } = judgement
                    && self.broken.len() < MAX_FINDINGS
                {
                    let kind = (breach, world.kind());
                    self.broken.entry(kind).or_insert((world, breach, story));
                }
                if self.report.worlds.is_multiple_of(256) {
                    (self.progress)(until, number, count);
                }
            }
            Ok::<(), HarnessError>(())
        })?;
        Ok(number == count)
    }
}

/// A directory in memory, where the system has one: evidence is written for every world.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// Plays and judges one world.
fn judge_world(world: &World, scratch: &Path) -> Result<(Judgement, RequestCounts), HarnessError> {
    let played = play(world, scratch)?;
    Ok((judge(world, &played), played.requests))
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
        match judge_world(&smaller, scratch)?.0 {
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
            by_act_and_depth: BTreeMap::new(),
            pairs_planned: 0,
            same_as_single: 0,
            left_out: vec![],
            singles_complete: false,
            pairs_complete: false,
            seed,
            definite: 0,
            in_doubt: 0,
            undecidable: 0,
            broken: Breach::ALL.into_iter().map(|breach| (breach, 0)).collect(),
            findings: vec![],
            story: vec![],
            took_ms: 0,
        }
    }

    fn list_left_out(&mut self, asked: Extent) {
        let pairs = self.by_depth.get(&2).copied().unwrap_or_default();
        self.left_out = match (self.singles_complete, self.pairs_planned - pairs) {
            (false, _) if asked == Extent::Nothing => {
                vec!["single acts, and all pairs: not asked for".to_owned()]
            }
            (false, _) => vec!["single acts, and all pairs: the time was over".to_owned()],
            (true, 0) => vec![],
            (true, left) => vec![format!("{left} pairs: the time was over")],
        };
        let same = self.same_as_single;
        self.left_out.push(format!("{same} pairs: each is the same run as one of its acts alone"));
        self.left_out.extend(plan::LEFT_OUT.iter().map(|it| (*it).to_owned()));
    }

    fn count(&mut self, world: &World, judgement: &Judgement) {
        self.worlds += 1;
        *self.by_depth.entry(world.acts.len()).or_default() += 1;
        *self.by_command.entry(world.command.name().to_owned()).or_default() += 1;
        for act in &world.acts {
            let name = act.split(':').next().unwrap_or(act);
            *self.by_act.entry(name.to_owned()).or_default() += 1;
            let depths = self.by_act_and_depth.entry(name.to_owned()).or_default();
            *match world.acts.len() {
                1 => &mut depths.singles,
                2 => &mut depths.pairs,
                _ => &mut depths.deeper,
            } += 1;
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
