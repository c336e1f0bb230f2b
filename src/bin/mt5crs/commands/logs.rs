//! `mt5crs logs grep`, `presets`, `alerts`, `ack` and `summary`, and their common parts.

mod ack;
mod alerts;
mod grep;
mod presets;
mod summary;

use std::io::ErrorKind;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mt5crs::clock::Stopped;
use mt5crs::config::{Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure, cause_of};
use mt5crs::logs::search::filter::{Filter, parse_time};
use mt5crs::logs::search::places::Places;
use mt5crs::logs::search::query::BadPattern;
use mt5crs::logs::search::tail::TailEnd;

use crate::app::command::{Command, Document, Facts, Simulation};
use crate::app::{App, bug, usage};

/// Search the logs, list alerts, or sum them up
#[derive(Debug, clap::Args)]
#[command(
    after_help = "mt5crs logs grep ERROR --since 24h\nmt5crs logs alerts\nmt5crs logs summary"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    Grep(Box<grep::Args>),
    Presets(presets::Args),
    Alerts(alerts::Args),
    Ack(ack::Args),
    Summary(summary::Args),
}

pub(super) const DOCUMENTS: &[Document] = &[
    grep::DOCUMENT,
    presets::DOCUMENT,
    alerts::DOCUMENT,
    alerts::LINE,
    ack::DOCUMENT,
    summary::DOCUMENT,
];

impl Args {
    fn subcommand(&self) -> &dyn Command {
        match &self.command {
            Subcommand::Grep(args) => &**args,
            Subcommand::Presets(args) => args,
            Subcommand::Alerts(args) => args,
            Subcommand::Ack(args) => args,
            Subcommand::Summary(args) => args,
        }
    }
}

impl Command for Args {
    fn facts(&self) -> Facts {
        self.subcommand().facts()
    }

    fn run(&self, app: &App) -> Exit {
        self.subcommand().run(app)
    }
}

/// A search of the logs. With `--sim` there is nothing to search: the scratch tree is new in each run.
const fn facts(name: &'static str) -> Facts {
    let simulation = Simulation::Refused(
        "--sim has no logs to look at: each run's are in the scratch tree that it printed",
        "keep the tree of a run with --keep; then leave out --sim, and name that tree's: --log-dir DIR/logs",
    );
    Facts { simulation, reads: Some(&LOCATIONS), ..Facts::of_tool(name) }
}

/// The settings that say where the logs are: without them, nothing can be searched.
const LOCATIONS: [Key; 3] = [Key::LogDir, Key::VerifyLog, Key::StateDir];

/// The logs that were named, or else the configured ones that don't end before `since`. A warning names unreadable ones.
fn places(app: &App, named: &[PathBuf], settings: &Settings, since: Timestamp) -> Places {
    let places = match named {
        [] => Places::configured(&settings.verify_log, &settings.log_dir, since),
        named => Places::named(named),
    };
    for unreadable in &places.unreadable {
        app.screen.warn(&cause_of(unreadable));
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
        usage(error.to_string(), "exchange --since and --until, or correct one of them")
    })?;
    Ok((since, until))
}

/// The exit code of a stream of lines that ended early: a reader that closed its pipe had enough.
/// `unwritten` is the code where a line could not be written.
fn exit_after(app: &App, ended: TailEnd, what: &str, unwritten: Exit) -> Exit {
    match ended {
        TailEnd::Stopped(Stopped { signal }) => Code::from_signal(signal).exit(),
        TailEnd::Listener(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Ok,
        TailEnd::Listener(error) => {
            app.screen.warn(&format!("failed to write {what}: {error}"));
            unwritten
        }
    }
}

/// A bug: the words that events hold can always be searched for.
fn no_query(error: &BadPattern) -> Failure {
    bug().with_cause(error)
}
