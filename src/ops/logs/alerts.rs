//! `logs alerts`: the operators' alert rules, applied to the logs, to what the evidence leaves open, and to the memory and
//! CPU use of the engine or of runs of mt5crs.

pub mod metrics;
pub mod records;

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::clock::Stopped;
use crate::failure::{Failure, cause_of};
use crate::logs::alerts::carried::Carried;
use crate::logs::alerts::engine::Engine;
use crate::logs::alerts::event::{self, Event, Events};
use crate::logs::alerts::rules::{Alert, Rule, Rules, Thresholds};
use crate::logs::alerts::watch::{self, AlertListener, Watch, World};
use crate::logs::search::files::Unreadable;
use crate::logs::search::filter::Filter;
use crate::logs::search::listener;
use crate::logs::search::places::Places;
use crate::logs::search::query::BadPattern;
use crate::logs::search::searcher::Search;
use crate::logs::search::tail::TailEnd;
use crate::os::resources::{Meter, Usage};
use crate::os::systemd;
use crate::report::Outcome;
use crate::units::TimeSchema;

/// Time over which an engine's CPU share is measured by default: the CPU limit is meant for this span.
const CPU_WINDOW: Duration = Duration::from_secs(10);

/// The resolution of the times in logs.
const JUST_AFTER: SignedDuration = SignedDuration::from_micros(1);

/// The logs to judge, and the limits.
#[derive(Debug)]
pub struct Options {
    /// The log files.
    pub places: Places,
    /// What was carried over from the shared log's deleted files: see [`path`](crate::logs::alerts::carried::path).
    pub carried: Option<PathBuf>,
    /// Earlier lines are left out.
    pub since: Timestamp,
    /// The limits of the rules.
    pub thresholds: Thresholds,
    /// Time over which CPU shares are measured, zero for no measurement. `None`: 10 s where an engine's unit is named,
    /// else zero, so that a query of the logs doesn't wait for a measurement of mt5crs's own runs.
    pub cpu_window: Option<Duration>,
}

/// Active and past alerts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Earlier lines were left out.
    #[schemars(with = "TimeSchema")]
    pub since: Timestamp,
    /// The rules that could be judged.
    pub rules: Vec<Rule>,
    /// Number of events in the logs since then.
    pub events: usize,
    /// Active and past alerts, in the order in which they were raised.
    pub alerts: Vec<Alert>,
    /// Number of active alerts.
    pub active: usize,
    /// The engine's unit, where one is named and systemd knows it.
    pub engine: Option<Engine>,
    /// Memory and CPU use of the engine's unit; where no unit is named, of each run that has not ended.
    pub usage: Vec<Usage>,
    /// More memory than this raises an alert.
    pub memory_limit_bytes: u64,
    /// A greater share of one CPU than this raises an alert, in percent.
    pub cpu_limit_percent: f64,
}

/// Judges the logs, then measures memory and CPU. `measuring` is called before a wait with the processes or units that
/// are measured, and the time that it takes. An error is a bug: the words that events hold can always be searched for.
pub fn run(
    options: &Options,
    world: &World<'_>,
    measuring: &dyn Fn(&[Usage], Duration),
) -> Result<Outcome<Report>, BadPattern> {
    let judged = judge(options, world.is_alive)?;
    let default = if world.engine.is_some() { CPU_WINDOW } else { Duration::ZERO };
    let window = options.cpu_window.unwrap_or(default);
    Ok(match measure(&judged.rules, world, window, measuring) {
        Ok(measured) => judged.outcome(options, measured, world),
        Err(stopped) => Outcome::failed(Failure::interrupted(stopped)),
    })
}

/// Reports alerts as they are raised and cleared by the lines that are written to `paths`, until a request to stop. The
/// logs of `earlier` come before those lines.
pub fn follow(
    paths: &[PathBuf],
    earlier: &Options,
    world: World<'_>,
    listener: &mut dyn AlertListener,
) -> Result<TailEnd, BadPattern> {
    let query = event::query()?;
    let filter = Filter { since: Some(earlier.since), ..Filter::default() };
    let options = listener::Options { filter, ..listener::Options::default() };
    let clock = world.clock;
    let Read { rules, events, carried } = read(earlier)?;
    for unreadable in events.unreadable.iter().chain(&carried) {
        listener.trouble(unreadable);
    }
    let mut watch = Watch::new(rules, world, listener);
    let mut search = Search::new(&query, &options);
    let Err(ended) = search.follow(paths, clock, &mut watch);
    Ok(ended)
}

/// The rules after all events of the logs.
#[derive(Debug)]
pub struct Judged {
    /// The rules with their alerts.
    pub rules: Rules,
    /// The events that raised and cleared them.
    pub events: Vec<Event>,
    /// Logs that could not be read, in words: they may hold anything.
    pub doubts: Vec<String>,
    /// Every reason why the logs may be incomplete.
    pub warnings: Vec<String>,
}

/// Applies the rules to the logs. An error is a bug: the words that events hold can always be searched for.
pub fn judge(
    options: &Options,
    is_alive: &dyn Fn(u32, Timestamp) -> bool,
) -> Result<Judged, BadPattern> {
    let Read { mut rules, events, carried } = read(options)?;
    rules.look_for_crashes(is_alive);
    let unreadable = events.unreadable.iter().chain(&carried);
    let mut doubts: Vec<String> = unreadable.map(|file| cause_of(file)).collect();
    if options.places.shared.is_empty() {
        doubts.push("there is no shared log".to_owned());
    }
    if events.dropped {
        doubts.push("there are more events than are kept".to_owned());
    }
    let mut warnings = events.warnings();
    warnings.extend(carried.iter().map(|file| cause_of(file)));
    Ok(Judged { rules, events: events.events, doubts, warnings })
}

/// The rules after all events of the logs, before they look for runs that have not ended.
struct Read {
    rules: Rules,
    events: Events,
    /// What was carried over could not be read.
    carried: Option<Unreadable>,
}

fn read(options: &Options) -> Result<Read, BadPattern> {
    let Options { places: Places { shared, own, .. }, carried, since, thresholds, .. } = options;
    let (carried, unreadable) = match carried.as_deref().map(Carried::load) {
        None => (Carried::default(), None),
        Some(Ok(carried)) => (carried, None),
        Some(Err(unreadable)) => (Carried::default(), Some(unreadable)),
    };
    let filter = Filter { since: Some(*since), ..Filter::default() };
    // Up to its time, the events of the runs' own logs are known.
    let own_since = carried.through.and_then(|time| time.checked_add(JUST_AFTER).ok());
    let events = event::read(shared, own, &filter, own_since)?;
    let mut rules = Rules::resume(*thresholds, carried.open.since(*since));
    for event in &events.events {
        rules.see(event);
    }
    Ok(Read { rules, events, carried: unreadable })
}

/// The engine's unit, and memory and CPU use.
type Measured = (Option<Engine>, Vec<Usage>);

/// Takes two samples that far apart; one where the window is zero, or nothing counts CPU time.
fn measure(
    rules: &Rules,
    world: &World<'_>,
    window: Duration,
    measuring: &dyn Fn(&[Usage], Duration),
) -> Result<Result<Measured, systemd::Error>, Stopped> {
    let mut meter = Meter::default();
    let mut look = || {
        let (engine, samples) = watch::sample(world, rules)?;
        let is_counted = samples.iter().any(|(_, sample)| sample.cpu.is_some());
        Ok((is_counted, (engine, meter.read(samples))))
    };
    match look() {
        Ok((true, (_, usage))) if !window.is_zero() => {
            measuring(&usage, window);
            world.clock.sleep(window)?;
            Ok(look().map(|(_, measured)| measured))
        }
        first => Ok(first.map(|(_, measured)| measured)),
    }
}

impl Judged {
    /// An unreadable or missing log may hold anything: then no active alert is not a pass.
    fn outcome(
        mut self,
        options: &Options,
        measured: Result<Measured, systemd::Error>,
        world: &World<'_>,
    ) -> Outcome<Report> {
        let clock = world.clock;
        let recorded = world.records.map(|ask| ask());
        let are_records_judged = matches!(recorded, Some(Ok(_)));
        match recorded {
            None => {}
            Some(Ok(recorded)) => self.rules.see_records(&recorded, clock.now()),
            Some(Err(why)) => {
                self.doubts.push(why.clone());
                self.warnings.push(why);
            }
        }
        let is_measured = measured.is_ok();
        let (engine, usage) = measured.unwrap_or_else(|error| {
            self.warnings.push(cause_of(&error));
            Measured::default()
        });
        if let Some(engine) = &engine {
            self.rules.see_engine(engine, clock.now());
        }
        self.rules.see_usage(&usage, clock.now());
        let alerts = self.rules.alerts().to_vec();
        let active = alerts.iter().filter(|alert| alert.is_active()).count();
        let in_doubt = !self.doubts.is_empty() || !is_measured;
        let verdict = match (active, in_doubt) {
            (1.., _) => Verdict::Fail,
            (0, true) => Verdict::Unknown,
            (0, false) if !alerts.is_empty() => Verdict::Warn,
            (0, false) => Verdict::Pass,
        };
        let is_judged = |rule: &Rule| match rule {
            Rule::OutcomeUnknown | Rule::PositionUnwatched => are_records_judged,
            Rule::EngineCrashed => engine.is_some(),
            Rule::MemoryHigh => usage.iter().any(|one| one.memory_bytes.is_some()),
            Rule::CpuHigh => usage.iter().any(|one| one.cpu_percent.is_some()),
            _ => true,
        };
        let report = Report {
            since: options.since,
            rules: Rule::ALL.into_iter().filter(is_judged).collect(),
            events: self.events.len(),
            alerts,
            active,
            engine,
            usage,
            memory_limit_bytes: options.thresholds.memory_bytes,
            cpu_limit_percent: options.thresholds.cpu_percent,
        };
        Outcome { warnings: self.warnings, ..Outcome::judged(report, verdict, false) }
    }
}
