//! `mt5crs logs alerts`: the rules over what the logs hold, or over what is being written to them.

use std::io::{self, ErrorKind};

use mt5crs::clock::Stopped;
use mt5crs::config::{Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::logs::alerts::{Alert, Rule, Rules, Thresholds};
use mt5crs::logs::engine::{self, Engine};
use mt5crs::logs::filter::Filter;
use mt5crs::logs::report::Alerts;
use mt5crs::logs::search::{Options, Search, Totals};
use mt5crs::logs::tail::Ended;
use mt5crs::logs::watch::{AskEngine, Told, Watch, World};
use mt5crs::logs::{event, process};
use mt5crs::report::{Failure, Outcome, Verdict};
use mt5crs::systemd;

use super::{PLACES, Places, no_query, settings, shortcomings};
use crate::args::logs::AlertsArgs;
use crate::render;
use crate::run::Run;

const NAME: &str = "logs-alerts";
/// Beside the places: without their right values, what should be an alert might not be one.
const READS: [Key; 5] =
    [Key::AlertFailedSyncs, Key::AlertSilence, Key::AlertSync, Key::AlertRetry, Key::EngineUnit];

pub(crate) fn run(run: &Run, args: &AlertsArgs) -> Exit {
    let settings = match settings(run, &[PLACES.as_slice(), &READS].concat()) {
        Ok(settings) => settings,
        Err(failure) => return run.give_up::<Alerts>(NAME, failure),
    };
    let ended = match args.follow {
        true => follow(run, args, &settings),
        false => look(run, args, &settings),
    };
    ended.unwrap_or_else(|failure| run.give_up::<Alerts>(NAME, failure))
}

fn rules(settings: &Settings) -> Rules {
    Rules::new(Thresholds {
        failed_syncs: u64::from(settings.alert_failed_syncs),
        silence: settings.alert_silence,
        sync: settings.alert_sync,
        retry: settings.alert_retry,
    })
}

fn filter(run: &Run, args: &AlertsArgs) -> Filter {
    let since = run.clock.now().checked_sub(args.window).unwrap_or(jiff::Timestamp::MIN);
    Filter { since: Some(since), ..Filter::default() }
}

fn look(run: &Run, args: &AlertsArgs, settings: &Settings) -> Result<Exit, Failure> {
    let unit = settings.engine_unit.as_deref();
    let places = Places::of(run, &args.paths, settings);
    let filter = filter(run, args);
    let told =
        event::read(&places.shared, &places.own, &filter).map_err(|error| no_query(&error))?;
    let mut warnings = shortcomings(&told);
    let mut rules = rules(settings);
    for event in &told.events {
        rules.see(event);
    }
    rules.look_for_crashes(&process::is_alive);
    let engine = unit.and_then(|unit| match engine::look(unit) {
        Ok(engine) => Some(engine),
        Err(error) => {
            warnings.push(cause_of(&error));
            None
        }
    });
    if let Some(engine) = &engine {
        rules.see_engine(engine, run.clock.now());
    }
    let alerts = rules.alerts().to_vec();
    let active = alerts.iter().filter(|alert| alert.is_active()).count();
    // What can't be read may hold anything; so may a log that isn't there.
    let in_doubt = places.shared.is_empty()
        || !told.unreadable.is_empty()
        || told.dropped
        || unit.is_some() && engine.is_none();
    let verdict = match (active, in_doubt) {
        (1.., _) => Verdict::Fail,
        (0, true) => Verdict::Unknown,
        (0, false) if !alerts.is_empty() => Verdict::Warn,
        (0, false) => Verdict::Pass,
    };
    let report = Alerts {
        since: filter.since.unwrap_or(jiff::Timestamp::MIN),
        rules: Rule::ALL
            .into_iter()
            .filter(|rule| engine.is_some() || *rule != Rule::EngineCrashed)
            .collect(),
        events: told.events.len(),
        alerts,
        active,
        engine,
    };
    let mut outcome = Outcome::judged(report, verdict, false);
    outcome.warnings = warnings;
    Ok(run.finish_alone(NAME, &outcome))
}

fn follow(run: &Run, args: &AlertsArgs, settings: &Settings) -> Result<Exit, Failure> {
    let paths = match args.paths.is_empty() {
        true => vec![settings.verify_log.clone()],
        false => args.paths.clone(),
    };
    let query = event::query().map_err(|error| no_query(&error))?;
    let options = Options { filter: filter(run, args), ..Options::default() };
    let unit = settings.engine_unit.as_deref();
    let ask = || -> Result<Engine, systemd::Error> { engine::look(unit.unwrap_or_default()) };
    let world = World {
        clock: &*run.clock,
        is_alive: &process::is_alive,
        engine: unit.is_some().then_some(&ask as AskEngine<'_>),
    };
    let mut teller = Teller { run };
    let mut watch = Watch::new(rules(settings), world, &mut teller);
    let mut search = Search::new(&query, &options);
    let ended = search.follow(&paths, &*run.clock, &mut watch, &mut Totals::default());
    Ok(match ended {
        Ended::Stopped(Stopped { signal: 15 }) => Exit::Terminated,
        Ended::Stopped(_) => Exit::Interrupted,
        // Whoever read it had enough.
        Ended::Listener(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Ok,
        Ended::Listener(error) => {
            run.screen.warn(&format!("failed to write an alert: {error}"));
            Exit::Usage
        }
    })
}

/// Tells each change: text for people, a JSON document a line for programs.
struct Teller<'a> {
    run: &'a Run,
}

impl Told for Teller<'_> {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        if self.run.json() {
            self.run.screen.json_line(alert)
        } else {
            self.run.screen.page(|sheet| render::logs::alert(sheet, alert))
        }
    }

    fn trouble(&mut self, error: &dyn std::error::Error) {
        self.run.screen.warn(&cause_of(error));
    }
}

/// An error with why it came about.
fn cause_of(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
