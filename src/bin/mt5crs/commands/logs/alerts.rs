//! `mt5crs logs alerts`: the rules over what the logs hold, or over what is being written to them.

use std::io::{self, ErrorKind};
use std::time::Duration;

use jiff::Timestamp;
use mt5crs::clock::Stopped;
use mt5crs::config::{Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::cause_of;
use mt5crs::logs::alerts::engine;
use mt5crs::logs::alerts::rules::Alert;
use mt5crs::logs::alerts::watch::{AskEngine, Told, World};
use mt5crs::logs::search::query::BadPattern;
use mt5crs::logs::search::tail::Ended;
use mt5crs::ops::logs::alerts;
use mt5crs::os::process;
use mt5crs::os::resources::Usage;

use super::{PLACES, no_query, places, settings};
use crate::args::Format;
use crate::args::logs::AlertsArgs;
use crate::context::thresholds;
use crate::render;
use crate::run::{Run, usage};

const NAME: &str = "logs-alerts";
/// Beside the places: without their right values, what should be an alert might not be one.
const READS: [Key; 7] = [
    Key::AlertFailedSyncs,
    Key::AlertSilence,
    Key::AlertSync,
    Key::AlertRetry,
    Key::AlertMemory,
    Key::AlertCpu,
    Key::EngineUnit,
];

pub(crate) fn run(run: &Run, args: &AlertsArgs) -> Exit {
    if args.follow && !matches!(run.global.output, Format::Human | Format::Json) {
        let message = "--follow goes on, and -o nagios and -o prometheus tell how things are once";
        let remedy = "leave out --follow, and run it every minute";
        return run.give_up::<alerts::Report>(NAME, usage(message.to_owned(), remedy.to_owned()));
    }
    let settings = match settings(run, &[PLACES.as_slice(), &READS].concat()) {
        Ok(settings) => settings,
        Err(failure) => return run.give_up::<alerts::Report>(NAME, failure),
    };
    let unit = settings.engine_unit.as_deref();
    let ask = || engine::look(unit.unwrap_or_default(), &*run.clock);
    let world = World {
        clock: &*run.clock,
        is_alive: &process::is_alive,
        sample: &|pid| process::sample(pid, run.clock.monotonic()),
        engine: unit.is_some().then_some(&ask as AskEngine<'_>),
    };
    let since = run.clock.now().checked_sub(args.window).unwrap_or(Timestamp::MIN);
    let ended = match args.follow {
        true => follow(run, args, &settings, since, world),
        false => look(run, args, &settings, since, &world),
    };
    ended.unwrap_or_else(|error| run.give_up::<alerts::Report>(NAME, no_query(&error)))
}

fn look(
    run: &Run,
    args: &AlertsArgs,
    settings: &Settings,
    since: Timestamp,
    world: &World<'_>,
) -> Result<Exit, BadPattern> {
    let options = alerts::Options {
        places: places(run, &args.paths, settings),
        since,
        thresholds: thresholds(settings),
        cpu_window: args.cpu_over,
    };
    let measuring = |usage: &[Usage], window: Duration| {
        let of: Vec<&str> = usage.iter().map(|one| one.of.as_str()).collect();
        run.screen.note(&format!(
            "measuring the CPU share of {} over {window:?}; --cpu-over 0s leaves it out",
            of.join(", "),
        ));
    };
    Ok(run.finish_alone(NAME, &alerts::run(&options, world, &measuring)?))
}

fn follow(
    run: &Run,
    args: &AlertsArgs,
    settings: &Settings,
    since: Timestamp,
    world: World<'_>,
) -> Result<Exit, BadPattern> {
    let paths = match args.paths.is_empty() {
        true => vec![settings.verify_log.clone()],
        false => args.paths.clone(),
    };
    let ended = alerts::follow(&paths, since, thresholds(settings), world, &mut Teller { run })?;
    Ok(match ended {
        Ended::Stopped(Stopped { signal }) => Exit::of_signal(signal),
        // The reader had enough.
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
