//! From arguments to the alert rules: over the logs as they are, or as they are written.

use std::io::{self, ErrorKind};
use std::time::Duration;

use jiff::Timestamp;
use mt5crs::clock::Stopped;
use mt5crs::config::{Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::{cause_of, interrupted};
use mt5crs::logs::alerts::rules::{Alert, Rules};
use mt5crs::logs::alerts::watch::{AskEngine, Told, Watch, World};
use mt5crs::logs::alerts::{engine, event};
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::report::Alerts;
use mt5crs::logs::search::searcher::{Options, Search, Totals};
use mt5crs::logs::search::tail::Ended;
use mt5crs::ops::log_alerts;
use mt5crs::os::process;
use mt5crs::os::resources::Usage;
use mt5crs::report::{Failure, Outcome};

use super::{Args, page};
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::{Answer, RenderOptions};
use crate::app::settings::{self, thresholds};
use crate::app::{App, usage};
use crate::commands::logs::{facts, no_query, places};

/// The time over which the limit for the CPU holds.
const CPU_OVER: Duration = Duration::from_secs(10);

pub(crate) const DOCUMENT: Document = Document::report::<Alerts>("logs-alerts");

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
        app.end(self.facts().name, alerts(app, self), None, &RenderOptions::default())
    }
}

fn alerts(app: &App, args: &Args) -> Result<Answer<Alerts>, Failure> {
    if args.follow && !(app.is_human() || app.is_json()) {
        return Err(usage(
            "--follow goes on, and -o nagios and -o prometheus show how things are once",
            "leave out --follow, and run it every minute",
        ));
    }
    let settings = settings::read_only(app, &[], KEYS)?;
    let unit = settings.engine_unit.as_deref();
    let ask = || engine::look(unit.unwrap_or_default(), &*app.clock);
    let world = World {
        clock: &*app.clock,
        is_alive: &process::is_alive,
        sample: &|pid| process::sample(pid, app.clock.monotonic()),
        engine: unit.is_some().then_some(&ask as AskEngine<'_>),
    };
    match args.follow {
        true => follow(app, args, &settings, world).map(Answer::Printed),
        false => look(app, args, &settings, &world).map(Answer::Report),
    }
}

fn since(app: &App, args: &Args) -> Timestamp {
    app.clock.now().checked_sub(args.window).unwrap_or(Timestamp::MIN)
}

fn look(
    app: &App,
    args: &Args,
    settings: &Settings,
    world: &World<'_>,
) -> Result<Outcome<Alerts>, Failure> {
    let options = log_alerts::Options {
        places: places(app, &args.paths, settings),
        since: since(app, args),
        thresholds: thresholds(settings),
    };
    let looked = log_alerts::look(&options, world.is_alive).map_err(|error| no_query(&error))?;
    // Without an engine, the CPU of mt5crs's own runs is not worth the wait.
    let over =
        args.cpu_over.unwrap_or(if world.engine.is_some() { CPU_OVER } else { Duration::ZERO });
    let waiting = |usage: &[Usage]| {
        let of: Vec<&str> = usage.iter().map(|one| one.of.as_str()).collect();
        app.screen.note(&format!(
            "measuring what {} uses of the processor over {over:?}; --cpu-over 0s leaves it out",
            of.join(", "),
        ));
    };
    let measured = looked.measure(world, over, &waiting).map_err(interrupted)?;
    Ok(looked.outcome(&options, measured, &*app.clock))
}

fn follow(app: &App, args: &Args, settings: &Settings, world: World<'_>) -> Result<Exit, Failure> {
    let paths = match args.paths.is_empty() {
        true => vec![settings.verify_log.clone()],
        false => args.paths.clone(),
    };
    let query = event::query().map_err(|error| no_query(&error))?;
    let options = Options {
        filter: Filter { since: Some(since(app, args)), ..Filter::default() },
        ..Options::default()
    };
    let mut printer = Printer { app };
    let mut watch = Watch::new(Rules::new(thresholds(settings)), world, &mut printer);
    let mut search = Search::new(&query, &options);
    let ended = search.follow(&paths, &*app.clock, &mut watch, &mut Totals::default());
    Ok(match ended {
        Ended::Stopped(Stopped { signal }) => Exit::of_signal(signal),
        // The reader had enough.
        Ended::Listener(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Ok,
        Ended::Listener(error) => {
            app.screen.warn(&format!("failed to write an alert: {error}"));
            Exit::Usage
        }
    })
}

/// Prints each change: text for people, a JSON document a line for programs.
struct Printer<'a> {
    app: &'a App,
}

impl Told for Printer<'_> {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        if self.app.is_json() {
            self.app.screen.json_line(alert)
        } else {
            self.app.screen.page(|sheet| page::alert(sheet, alert))
        }
    }

    fn trouble(&mut self, error: &dyn std::error::Error) {
        self.app.screen.warn(&cause_of(error));
    }
}
