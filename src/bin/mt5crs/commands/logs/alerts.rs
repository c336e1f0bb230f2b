//! `mt5crs logs alerts`: the rules over what the logs hold, or over what is being written to them.

use std::io::{self, ErrorKind};
use std::time::Duration;

use mt5crs::clock::Stopped;
use mt5crs::config::{Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::interrupted;
use mt5crs::logs::alerts::{Alert, Rule, Rules, Thresholds};
use mt5crs::logs::engine::{self, Engine};
use mt5crs::logs::filter::Filter;
use mt5crs::logs::report::Alerts;
use mt5crs::logs::search::{Options, Search, Totals};
use mt5crs::logs::tail::Ended;
use mt5crs::logs::usage::{Meter, Usage};
use mt5crs::logs::watch::{AskEngine, Seen, Told, Watch, World};
use mt5crs::logs::{event, process, watch};
use mt5crs::report::{Failure, Outcome, Verdict};
use mt5crs::systemd;
use rust_decimal::prelude::ToPrimitive as _;

use super::{PLACES, Places, no_query, settings, shortcomings};
use crate::args::Format;
use crate::args::logs::AlertsArgs;
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

fn thresholds(settings: &Settings) -> Thresholds {
    Thresholds {
        failed_syncs: u64::from(settings.alert_failed_syncs),
        silence: settings.alert_silence,
        sync: settings.alert_sync,
        retry: settings.alert_retry,
        memory_bytes: settings.alert_memory_bytes,
        cpu_percent: settings.alert_cpu_percent.to_f64().unwrap_or(f64::INFINITY),
    }
}

fn filter(run: &Run, args: &AlertsArgs) -> Filter {
    let since = run.clock.now().checked_sub(args.window).unwrap_or(jiff::Timestamp::MIN);
    Filter { since: Some(since), ..Filter::default() }
}

fn look(
    run: &Run,
    args: &AlertsArgs,
    settings: &Settings,
    world: &World<'_>,
) -> Result<Exit, Failure> {
    let places = Places::of(run, &args.paths, settings);
    let filter = filter(run, args);
    let told =
        event::read(&places.shared, &places.own, &filter).map_err(|error| no_query(&error))?;
    let mut warnings = shortcomings(&told);
    let limits = thresholds(settings);
    let mut rules = Rules::new(limits);
    for event in &told.events {
        rules.see(event);
    }
    rules.look_for_crashes(world.is_alive);
    // Whoever names no engine asked for the logs, and is not kept waiting for what our own runs use.
    let over =
        args.cpu_over.unwrap_or(if world.engine.is_some() { CPU_OVER } else { Duration::ZERO });
    let Measured { engine, usage, trouble } =
        measure(run, world, &rules, over).map_err(interrupted)?;
    warnings.extend(trouble.iter().map(|error| cause_of(error)));
    if let Some(engine) = &engine {
        rules.see_engine(engine, run.clock.now());
    }
    rules.see_usage(&usage, run.clock.now());
    let alerts = rules.alerts().to_vec();
    let active = alerts.iter().filter(|alert| alert.is_active()).count();
    // What can't be read may hold anything; so may a log that isn't there.
    let in_doubt = places.shared.is_empty()
        || !told.unreadable.is_empty()
        || told.dropped
        || trouble.is_some();
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
            .filter(|rule| match rule {
                Rule::EngineCrashed => engine.is_some(),
                Rule::MemoryHigh => usage.iter().any(|one| one.memory_bytes.is_some()),
                Rule::CpuHigh => usage.iter().any(|one| one.cpu_percent.is_some()),
                _ => true,
            })
            .collect(),
        events: told.events.len(),
        alerts,
        active,
        engine,
        usage,
        memory_limit_bytes: limits.memory_bytes,
        cpu_limit_percent: limits.cpu_percent,
    };
    let mut outcome = Outcome::judged(report, verdict, false);
    outcome.warnings = warnings;
    Ok(run.finish_alone(NAME, &outcome))
}

/// What there is beside the logs.
#[derive(Default)]
struct Measured {
    engine: Option<Engine>,
    usage: Vec<Usage>,
    trouble: Option<systemd::Error>,
}

/// Looks twice, that long apart, for the processor's share; once where there is nothing to be measured.
fn measure(
    run: &Run,
    world: &World<'_>,
    rules: &Rules,
    over: Duration,
) -> Result<Measured, Stopped> {
    let mut meter = Meter::default();
    let mut look = || match watch::look(world, rules) {
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
    let of: Vec<&str> = measured.usage.iter().map(|one| one.of.as_str()).collect();
    run.screen.note(&format!(
        "measuring what {} uses of the processor over {over:?}; --cpu-over 0s leaves it out",
        of.join(", ")
    ));
    run.clock.sleep(over)?;
    Ok(look().1)
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
    let options = Options { filter: filter(run, args), ..Options::default() };
    let mut teller = Teller { run };
    let mut watch = Watch::new(Rules::new(thresholds(settings)), world, &mut teller);
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
