//! Runs `logs alerts`: over the existing logs, or over lines as they are written.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use mt5crs::config::{Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::{Failure, cause_of};
use mt5crs::logs::alerts::carried;
use mt5crs::logs::alerts::engine;
use mt5crs::logs::alerts::rules::Alert;
use mt5crs::logs::alerts::rules::records::Recorded;
use mt5crs::logs::alerts::watch::{AlertListener, AskEngine, AskRecords, World};
use mt5crs::logs::search::places::Places;
use mt5crs::logs::search::query::BadPattern;
use mt5crs::ops::logs::alerts::records::Records;
use mt5crs::ops::logs::alerts::{self, Options, Report};
use mt5crs::os::process;
use mt5crs::os::resources::Usage;
use mt5crs::report::Outcome;

use super::{Args, page};
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::{Answer, RenderOptions};
use crate::app::on_change::{OnChange, Told};
use crate::app::settings::{self, thresholds};
use crate::app::{App, usage};
use crate::commands::logs::{exit_after, facts, no_query, places};

pub(crate) const DOCUMENT: Document = Document::report::<Report>("logs-alerts");

/// A line of `--follow`.
pub(crate) const LINE: Document = Document::line::<Alert>("logs-alert");

/// Where the logs are, and the limits of the rules: with a wrong one, an alert could be missed.
const KEYS: &[Key] = &[
    Key::LogDir,
    Key::VerifyLog,
    Key::StateDir,
    Key::AlertFailedSyncs,
    Key::AlertSilence,
    Key::AlertSync,
    Key::AlertRetry,
    Key::AlertMemory,
    Key::AlertCpu,
    Key::EngineUnit,
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match () {
            () if self.follow => Accounts::One("logs alerts --follow"),
            () if !self.paths.is_empty() => Accounts::One("logs alerts with paths"),
            () => Accounts::Each,
        };
        Facts { has_metrics: true, reads: Some(KEYS), accounts, ..facts("logs-alerts") }
    }

    fn run(&self, app: &App) -> Exit {
        app.end(self.facts().name, answer(app, self), None, &RenderOptions::default())
    }
}

fn answer(app: &App, args: &Args) -> Result<Answer<Report>, Failure> {
    if args.follow && !(app.is_human() || app.is_json()) {
        return Err(usage(
            "--follow goes on, and -o nagios and -o prometheus show how things are once",
            "leave out --follow, and run it every minute",
        ));
    }
    args.changes.check(args.follow, "--follow")?;
    let settings = settings::read_only(app, &[], KEYS)?;
    let unit = settings.engine_unit.as_deref();
    let ask = || engine::look(unit.unwrap_or_default(), &*app.clock);
    let directory = settings.target_state_dir().filter(|_| args.paths.is_empty());
    let records = directory.map(|directory| Records::at(&directory));
    let read = || records.as_ref().map_or_else(|| Ok(Recorded::default()), Records::look);
    let world = World {
        clock: &*app.clock,
        is_alive: &process::is_alive,
        sample: &|pid| process::sample(pid, app.clock.monotonic()),
        engine: unit.is_some().then_some(&ask as AskEngine<'_>),
        // The records are this account's, and logs that were named may be another's.
        records: records.is_some().then_some(&read as AskRecords<'_>),
    };
    let since = app.clock.now().checked_sub(args.window).unwrap_or(Timestamp::MIN);
    let answer = match args.follow {
        true => follow(app, args, &settings, since, world).map(Answer::Printed),
        false => look(app, args, &settings, since, &world).map(Answer::Report),
    };
    answer.map_err(|error| no_query(&error))
}

fn look(
    app: &App,
    args: &Args,
    settings: &Settings,
    since: Timestamp,
    world: &World<'_>,
) -> Result<Outcome<Report>, BadPattern> {
    let places = places(app, &args.paths, settings, since);
    let options = options(args, settings, since, places);
    let measuring = |usage: &[Usage], window: Duration| {
        let of: Vec<&str> = usage.iter().map(|one| one.of.as_str()).collect();
        app.screen.note(&format!(
            "measuring the CPU share of {} over {window:?}; --cpu-over 0s leaves it out",
            of.join(", "),
        ));
    };
    alerts::run(&options, world, &measuring)
}

fn follow(
    app: &App,
    args: &Args,
    settings: &Settings,
    since: Timestamp,
    world: World<'_>,
) -> Result<Exit, BadPattern> {
    let (paths, earlier) = match args.paths.is_empty() {
        true => {
            let log = &settings.verify_log;
            (vec![log.clone()], Places::rotated(log, since))
        }
        false => (args.paths.clone(), Places::default()),
    };
    let earlier = options(args, settings, since, earlier);
    let changes = OnChange::start(app, "logs-alerts", &args.changes);
    let ended = alerts::follow(&paths, &earlier, world, &mut Printer { app, changes: &changes })?;
    changes.finish();
    Ok(exit_after(app, ended, "an alert", Exit::No))
}

fn options(args: &Args, settings: &Settings, since: Timestamp, places: Places) -> Options {
    // What was carried over belongs to the configured log.
    let is_configured = args.paths.is_empty();
    let carried = || carried::path(&settings.state_dir, &settings.verify_log);
    Options {
        places,
        carried: is_configured.then(carried),
        since,
        thresholds: thresholds(settings),
        cpu_window: args.cpu_over,
    }
}

/// Tells an alert that was raised or cleared to the operator's command.
fn tell(changes: &OnChange<'_>, alert: &Alert) {
    let (name, state) = (alert.rule.name(), if alert.is_active() { "raised" } else { "cleared" });
    let of = alert.endpoint.as_ref().map_or_else(String::new, |endpoint| format!(" {endpoint}"));
    changes.tell(Told {
        subject: &format!("{name} {of} {}", alert.run.as_deref().unwrap_or_default()),
        kind: format!("{name}-{state}"),
        summary: &format!("{name} {state}{of}: {}", alert.message),
        event: alert,
    });
}

/// Prints each change: as text, or as one JSON document a line.
struct Printer<'a> {
    app: &'a App,
    changes: &'a OnChange<'a>,
}

impl AlertListener for Printer<'_> {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        tell(self.changes, alert);
        if self.app.is_json() {
            self.app.screen.json_line(alert)
        } else {
            self.app.screen.page(|sheet| page::alert(sheet, alert))
        }
    }

    fn trouble(&mut self, error: &dyn std::error::Error) {
        self.app.screen.warn(&cause_of(error));
    }

    fn unknown_records(&mut self, why: &str) {
        self.app.screen.warn(why);
    }
}
