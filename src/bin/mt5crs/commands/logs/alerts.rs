//! `mt5crs logs alerts`: the rules over what the logs hold, or over what is being written to them.

use std::io::{self, ErrorKind};
use std::time::Duration;

use jiff::Timestamp;
use mt5crs::clock::Stopped;
use mt5crs::config::{Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::{cause_of, interrupted};
use mt5crs::logs::alerts::engine;
use mt5crs::logs::alerts::event;
use mt5crs::logs::alerts::rules::{Alert, Rules};
use mt5crs::logs::alerts::watch::{AskEngine, Told, Watch, World};
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::report::Alerts;
use mt5crs::logs::search::searcher::{Options, Search, Totals};
use mt5crs::logs::search::tail::Ended;
use mt5crs::ops::log_alerts;
use mt5crs::os::process;
use mt5crs::os::resources::Usage;
use mt5crs::report::Failure;

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

/// The time over which the limit of the processor's share is meant.
const CPU_OVER: Duration = Duration::from_secs(10);

pub(crate) fn run(run: &Run, args: &AlertsArgs) -> Exit {
    if args.follow && !matches!(run.global.output, Format::Human | Format::Json) {
        let message = "--follow goes on, and -o nagios and -o prometheus tell how things are once";
        let remedy = "leave out --follow, and run it every minute";
        return run.give_up::<Alerts>(NAME, usage(message.to_owned(), remedy.to_owned()));
    }
    let settings = match settings(run, &[PLACES.as_slice(), &READS].concat()) {
        Ok(settings) => settings,
        Err(failure) => return run.give_up::<Alerts>(NAME, failure),
    };
    let unit = settings.engine_unit.as_deref();
    let ask = || engine::look(unit.unwrap_or_default(), &*run.clock);
    let world = World {
        clock: &*run.clock,
        is_alive: &process::is_alive,
        sample: &|pid| process::sample(pid, run.clock.monotonic()),
        engine: unit.is_some().then_some(&ask as AskEngine<'_>),
    };
    let ended = match args.follow {
        true => follow(run, args, &settings, world),
        false => look(run, args, &settings, &world),
    };
    ended.unwrap_or_else(|failure| run.give_up::<Alerts>(NAME, failure))
}

fn since(run: &Run, args: &AlertsArgs) -> Timestamp {
    run.clock.now().checked_sub(args.window).unwrap_or(Timestamp::MIN)
}

fn look(
    run: &Run,
    args: &AlertsArgs,
    settings: &Settings,
    world: &World<'_>,
) -> Result<Exit, Failure> {
    let options = log_alerts::Options {
        places: places(run, &args.paths, settings),
        since: since(run, args),
        thresholds: thresholds(settings),
    };
    let looked = log_alerts::look(&options, world.is_alive).map_err(|error| no_query(&error))?;
    // Whoever names no engine asked for the logs, and is not kept waiting for what our own runs use.
    let over =
        args.cpu_over.unwrap_or(if world.engine.is_some() { CPU_OVER } else { Duration::ZERO });
    let waiting = |usage: &[Usage]| {
        let of: Vec<&str> = usage.iter().map(|one| one.of.as_str()).collect();
        run.screen.note(&format!(
            "measuring what {} uses of the processor over {over:?}; --cpu-over 0s leaves it out",
            of.join(", "),
        ));
    };
    let measured = looked.measure(world, over, &waiting).map_err(interrupted)?;
    Ok(run.finish_alone(NAME, &looked.outcome(&options, measured, &*run.clock)))
}

fn follow(
    run: &Run,
    args: &AlertsArgs,
    settings: &Settings,
    world: World<'_>,
) -> Result<Exit, Failure> {
    let paths = match args.paths.is_empty() {
        true => vec![settings.verify_log.clone()],
        false => args.paths.clone(),
    };
    let query = event::query().map_err(|error| no_query(&error))?;
    let options = Options {
        filter: Filter { since: Some(since(run, args)), ..Filter::default() },
        ..Options::default()
    };
    let mut teller = Teller { run };
    let mut watch = Watch::new(Rules::new(thresholds(settings)), world, &mut teller);
    let mut search = Search::new(&query, &options);
    let ended = search.follow(&paths, &*run.clock, &mut watch, &mut Totals::default());
    Ok(match ended {
        Ended::Stopped(Stopped { signal }) => Exit::of_signal(signal),
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
