//! `mt5crs logs …`.

mod alerts;
mod grep;
mod summary;

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mt5crs::config::{Accepted, Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::logs::event::Told;
use mt5crs::logs::files::{self, Found};
use mt5crs::logs::filter::parse_time;
use mt5crs::logs::report::Presets;
use mt5crs::report::{Failure, Outcome, Verdict};

use crate::args::logs::LogsCommand;
use crate::run::{Run, usage};
use crate::site::{no_directory, resolved, settings_failure};

pub(crate) fn run(run: &Run, command: LogsCommand) -> Exit {
    if run.global.sim.sim {
        // Each run of a simulated gateway has a tree of its own: here it would be searched before anything is in it.
        let failure = usage(
            "--sim has no logs to look at: each run's are in the scratch tree that it printed"
                .to_owned(),
            "leave out --sim, and name that tree's: --log-dir DIR/logs".to_owned(),
        );
        return run.give_up::<Presets>("logs", failure);
    }
    match command {
        LogsCommand::Grep(args) => grep::run(run, *args),
        LogsCommand::Presets => {
            let outcome = Outcome::judged(Presets::all(), Verdict::Pass, false);
            run.finish_alone("logs-presets", &outcome)
        }
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

/// The shared log with what it was rotated into, and beside it the runs' own logs.
struct Places {
    shared: Vec<PathBuf>,
    own: Vec<PathBuf>,
}

impl Places {
    /// Those that were named, or else the configured ones.
    fn of(run: &Run, named: &[PathBuf], settings: &Settings) -> Self {
        if !named.is_empty() {
            let shared = found(run, files::find(named));
            return Self { shared, own: Vec::new() };
        }
        let shared = found(run, files::find(&files::family(&settings.verify_log)));
        let mut own = match settings.log_dir.is_dir() {
            true => found(run, files::find(&[&settings.log_dir])),
            // Nothing was ever written there; whether anything was at all, the shared log says.
            false => Vec::new(),
        };
        own.retain(|path| !shared.contains(path));
        Self { shared, own }
    }
}

/// The files, once what can't be read was named.
fn found(run: &Run, found: Found) -> Vec<PathBuf> {
    for unreadable in &found.unreadable {
        run.screen.warn(&format!("{unreadable}: {}", unreadable.source));
    }
    found.files
}

fn time(flag: &'static str, text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    parse_time(text, now, &TimeZone::system()).map_err(|error| {
        usage(format!("{flag} `{text}`: {error}"), format!("for example {flag} 2h"))
    })
}

/// A bug of ours: the words that events hold can always be searched for.
fn no_query(error: &mt5crs::logs::query::BadPattern) -> Failure {
    Failure { causes: vec![error.to_string()], ..crate::run::bug() }
}

/// What kept the logs from telling everything, as warnings.
fn shortcomings(told: &Told) -> Vec<String> {
    let unreadable =
        told.unreadable.iter().map(|unreadable| format!("{unreadable}: {}", unreadable.source));
    let cut = told.cut.iter().map(|path| too_long(path));
    let dropped = told
        .dropped
        .then(|| "there are more events than are kept: older ones were left out".to_owned());
    unreadable.chain(cut).chain(dropped).collect()
}

fn too_long(path: &std::path::Path) -> String {
    format!("{} has lines of more than 4 MiB: they were searched in pieces", path.display())
}
