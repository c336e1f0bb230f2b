//! `mt5crs logs …`.

mod alerts;
mod grep;
mod summary;

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mt5crs::config::{Accepted, Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::cause_of;
use mt5crs::logs::search::filter::{Filter, parse_time};
use mt5crs::logs::search::places::Places;
use mt5crs::logs::search::query::BadPattern;
use mt5crs::ops::logs::presets;
use mt5crs::report::Failure;

use crate::args::logs::LogsCommand;
use crate::context::{no_directory, resolved, settings_failure};
use crate::run::{Run, usage};

pub(crate) fn run(run: &Run, command: LogsCommand) -> Exit {
    if run.global.sim.sim {
        // Each run of a simulated gateway has a tree of its own: here it would be searched before anything is in it.
        let failure = usage(
            "--sim has no logs to look at: each run's are in the scratch tree that it printed"
                .to_owned(),
            "leave out --sim, and name that tree's: --log-dir DIR/logs".to_owned(),
        );
        let name = match command {
            LogsCommand::Grep(_) => "logs-grep",
            LogsCommand::Presets => "logs-presets",
            LogsCommand::Alerts(_) => "logs-alerts",
            LogsCommand::Summary(_) => "logs-summary",
        };
        return run.give_up::<presets::Report>(name, failure);
    }
    match command {
        LogsCommand::Grep(args) => grep::run(run, *args),
        LogsCommand::Presets => run.finish_alone("logs-presets", &presets::run()),
        LogsCommand::Alerts(args) => alerts::run(run, &args),
        LogsCommand::Summary(args) => summary::run(run, &args),
    }
}

/// What says where the logs are: without it, nothing can be looked at.
const PLACES: [Key; 3] = [Key::LogDir, Key::VerifyLog, Key::StateDir];

/// The settings; only those that are read can stop a search.
fn settings(run: &Run, reads: &[Key]) -> Result<Settings, Failure> {
    let resolved = resolved(&run.global, &[]).map_err(|error| no_directory(&error))?;
    let Accepted { settings, warnings } =
        resolved.lenient(reads).map_err(|problems| settings_failure(&problems))?;
    for warning in &warnings {
        run.screen.warn(&warning.message);
    }
    Ok(settings)
}

/// Those that were named, or else the configured ones; what can't be looked at is told.
fn places(run: &Run, named: &[PathBuf], settings: &Settings) -> Places {
    let places = match named {
        [] => Places::configured(&settings.verify_log, &settings.log_dir),
        named => Places::named(named),
    };
    for unreadable in &places.unreadable {
        run.screen.warn(&cause_of(unreadable));
    }
    places
}

/// Reads `--since` and `--until`, of which the first must not be later.
fn window(
    since: Option<&String>,
    until: Option<&String>,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Failure> {
    let time = |flag: &str, text: &String| {
        parse_time(text, now, &TimeZone::system()).map_err(|error| {
            usage(format!("{flag} `{text}`: {error}"), format!("for example {flag} 2h"))
        })
    };
    let since = since.map(|text| time("--since", text)).transpose()?;
    let until = until.map(|text| time("--until", text)).transpose()?;
    Filter { since, until, ..Filter::default() }.check().map_err(|error| {
        usage(error.to_string(), "exchange --since and --until, or correct one of them".to_owned())
    })?;
    Ok((since, until))
}

/// A bug: the words that events hold can always be searched for.
fn no_query(error: &BadPattern) -> Failure {
    Failure { causes: vec![error.to_string()], ..crate::run::bug() }
}
