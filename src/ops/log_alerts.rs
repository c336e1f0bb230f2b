//! `logs alerts`: the operators' alert rules over what the logs hold now, and over what the engine or our runs use.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::{Clock, Stopped};
use crate::failure::cause_of;
use crate::logs::alerts::engine::Engine;
use crate::logs::alerts::event::{self, Event};
use crate::logs::alerts::rules::{Rule, Rules, Thresholds};
use crate::logs::alerts::watch::{self, Seen, World};
use crate::logs::search::filter::Filter;
use crate::logs::search::places::Places;
use crate::logs::search::query::BadPattern;
use crate::logs::search::report::Alerts;
use crate::os::resources::{Meter, Usage};
use crate::os::systemd;
use crate::report::{Outcome, Verdict};

/// What is asked for.
#[derive(Debug)]
pub struct Options {
    /// Where the logs are.
    pub places: Places,
    /// Lines before this are not looked at.
    pub since: Timestamp,
    /// From where on something is wrong.
    pub thresholds: Thresholds,
}

/// What the logs show.
#[derive(Debug)]
pub struct Looked {
    /// What is wrong by them.
    pub rules: Rules,
    /// What it was found by.
    pub events: Vec<Event>,
    /// What could not be read, in words: it may hold anything.
    pub doubts: Vec<String>,
    /// What kept the logs from telling everything.
    pub warnings: Vec<String>,
}

/// Reads the logs. An error is a bug: the words that events hold can always be searched for.
pub fn look(
    options: &Options,
    is_alive: &dyn Fn(u32, Timestamp) -> bool,
) -> Result<Looked, BadPattern> {
    let Places { shared, own, .. } = &options.places;
    let filter = Filter { since: Some(options.since), ..Filter::default() };
    let told = event::read(shared, own, &filter)?;
    let mut rules = Rules::new(options.thresholds);
    for event in &told.events {
        rules.see(event);
    }
    rules.look_for_crashes(is_alive);
    let mut doubts: Vec<String> = told.unreadable.iter().map(|file| cause_of(file)).collect();
    if shared.is_empty() {
        doubts.push("there is no shared log".to_owned());
    }
    if told.dropped {
        doubts.push("there are more events than are kept".to_owned());
    }
    let warnings = told.shortcomings();
    Ok(Looked { rules, events: told.events, doubts, warnings })
}

/// What there is beside the logs.
#[derive(Debug, Default)]
pub struct Measured {
    engine: Option<Engine>,
    usage: Vec<Usage>,
    trouble: Option<systemd::Error>,
}

impl Looked {
    /// Looks beside the logs: twice, that long apart, for the processor's share; once where there is nothing to be
    /// measured. `waiting` hears of what is measured before the wait.
    pub fn measure(
        &self,
        world: &World<'_>,
        over: Duration,
        waiting: &dyn Fn(&[Usage]),
    ) -> Result<Measured, Stopped> {
        let mut meter = Meter::default();
        let mut look = || match watch::look(world, &self.rules) {
            Ok(Seen { engine, samples }) => {
                let is_counted = samples.iter().any(|(_, sample)| sample.cpu.is_some());
                let usage = meter.read(samples);
                (is_counted, Measured { engine, usage, trouble: None })
            }
            Err(error) => (false, Measured { trouble: Some(error), ..Measured::default() }),
        };
        let (is_counted, measured) = look();
        if over.is_zero() || !is_counted {
            return Ok(measured);
        }
        waiting(&measured.usage);
        world.clock.sleep(over)?;
        Ok(look().1)
    }

    /// The answer. What can't be read may hold anything; so may a log that isn't there.
    pub fn outcome(
        mut self,
        options: &Options,
        measured: Measured,
        clock: &dyn Clock,
    ) -> Outcome<Alerts> {
        let Measured { engine, usage, trouble } = measured;
        self.warnings.extend(trouble.iter().map(|error| cause_of(error)));
        if let Some(engine) = &engine {
            self.rules.see_engine(engine, clock.now());
        }
        self.rules.see_usage(&usage, clock.now());
        let alerts = self.rules.alerts().to_vec();
        let active = alerts.iter().filter(|alert| alert.is_active()).count();
        let in_doubt = !self.doubts.is_empty() || trouble.is_some();
        let verdict = match (active, in_doubt) {
            (1.., _) => Verdict::Fail,
            (0, true) => Verdict::Unknown,
            (0, false) if !alerts.is_empty() => Verdict::Warn,
            (0, false) => Verdict::Pass,
        };
        let looked_at = |rule: &Rule| match rule {
            Rule::EngineCrashed => engine.is_some(),
            Rule::MemoryHigh => usage.iter().any(|one| one.memory_bytes.is_some()),
            Rule::CpuHigh => usage.iter().any(|one| one.cpu_percent.is_some()),
            _ => true,
        };
        let report = Alerts {
            since: options.since,
            rules: Rule::ALL.into_iter().filter(looked_at).collect(),
            events: self.events.len(),
            alerts,
            active,
            engine,
            usage,
            memory_limit_bytes: options.thresholds.memory_bytes,
            cpu_limit_percent: options.thresholds.cpu_percent,
        };
        let mut outcome = Outcome::judged(report, verdict, false);
        outcome.warnings = self.warnings;
        outcome
    }
}
