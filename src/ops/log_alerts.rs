//! `logs alerts`: the operators' alert rules over what the logs hold now, and over what systemd says of the engine.

use jiff::Timestamp;

use crate::clock::{Clock, Stop};
use crate::failure::cause_of;
use crate::logs::alerts::{Rule, Rules, Thresholds};
use crate::logs::engine::{self, Engine};
use crate::logs::event::{self, Event};
use crate::logs::filter::Filter;
use crate::logs::places::Places;
use crate::logs::process;
use crate::logs::query::BadPattern;
use crate::logs::report::Alerts;
use crate::report::{Outcome, Verdict};
use crate::systemd::SystemdError;

/// What is asked for.
#[derive(Debug)]
pub struct Options {
    /// Where the logs are.
    pub places: Places,
    /// Lines before this are not looked at.
    pub since: Timestamp,
    /// From where on something is wrong.
    pub thresholds: Thresholds,
    /// The engine's unit, where one is named.
    pub unit: Option<String>,
}

/// What the logs show.
#[derive(Debug)]
pub struct Looked {
    /// The alerts.
    pub report: Alerts,
    /// What they were found by.
    pub events: Vec<Event>,
    /// Why what is known of the engine's unit is nothing, where one is named.
    pub engine_error: Option<SystemdError>,
    /// What could not be read, in words: it may hold anything.
    pub doubts: Vec<String>,
    /// What kept the logs from telling everything.
    pub warnings: Vec<String>,
}

/// Looks. An error is a bug: the words that events hold can always be searched for.
pub fn look(options: &Options, clock: &dyn Clock, stop: &Stop) -> Result<Looked, BadPattern> {
    let Places { shared, own, .. } = &options.places;
    let filter = Filter { since: Some(options.since), ..Filter::default() };
    let told = event::read(shared, own, &filter)?;
    let mut rules = Rules::new(options.thresholds);
    for event in &told.events {
        rules.see(event);
    }
    rules.look_for_crashes(&process::is_alive);
    let mut warnings = told.shortcomings();
    let mut doubts: Vec<String> = told.unreadable.iter().map(|file| cause_of(file)).collect();
    if shared.is_empty() {
        doubts.push("there is no shared log".to_owned());
    }
    if told.dropped {
        doubts.push("there are more events than are kept".to_owned());
    }
    let asked = options.unit.as_deref().map(|unit| engine::look(unit, clock, stop));
    let (engine, engine_error) = match asked {
        Some(Ok(engine)) => (Some(engine), None),
        Some(Err(error)) => {
            warnings.push(cause_of(&error));
            (None, Some(error))
        }
        None => (None, None),
    };
    if let Some(engine) = &engine {
        rules.see_engine(engine, clock.now());
    }
    let report = report(&rules, options.since, told.events.len(), engine);
    Ok(Looked { report, events: told.events, engine_error, doubts, warnings })
}

fn report(rules: &Rules, since: Timestamp, events: usize, engine: Option<Engine>) -> Alerts {
    let alerts = rules.alerts().to_vec();
    let active = alerts.iter().filter(|alert| alert.is_active()).count();
    let rules = Rule::ALL
        .into_iter()
        .filter(|rule| engine.is_some() || *rule != Rule::EngineCrashed)
        .collect();
    Alerts { since, rules, events, alerts, active, engine }
}

impl Looked {
    /// The answer. What can't be read may hold anything; so may a log that isn't there.
    pub fn outcome(self) -> Outcome<Alerts> {
        let in_doubt = !self.doubts.is_empty() || self.engine_error.is_some();
        let verdict = match (self.report.active, in_doubt) {
            (1.., _) => Verdict::Fail,
            (0, true) => Verdict::Unknown,
            (0, false) if !self.report.alerts.is_empty() => Verdict::Warn,
            (0, false) => Verdict::Pass,
        };
        let mut outcome = Outcome::judged(self.report, verdict, false);
        outcome.warnings = self.warnings;
        outcome
    }
}
