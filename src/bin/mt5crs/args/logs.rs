//! `mt5crs logs …`, as it can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Subcommand, ValueEnum};
use mt5crs::config::duration;
use mt5crs::logs::search::preset::{PRESETS, Preset};
use tracing::Level;

use super::value::positive_duration;

#[derive(Debug, Subcommand)]
pub(crate) enum LogsCommand {
    /// Search the logs, rotated and compressed ones too, oldest first; exit 0 matched, 1 none, 2 error
    Grep(Box<GrepArgs>),
    /// List the searches that have names, each with the grep that it replaces
    Presets,
    /// Say what is wrong by the logs, and show the lines that say so; MT5CRS_ALERT_… say from where on
    Alerts(AlertsArgs),
    /// Sum up what was done, by day or by run
    Summary(SummaryArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GrepArgs {
    /// What to look for, unless -e or --preset says it, then files and directories [the log directory; with --preset, VERIFY_LOG.log]
    #[arg(value_name = "PATTERN] [PATH")]
    pub(crate) words: Vec<PathBuf>,
    /// A pattern (repeatable); all words are then paths
    #[arg(short = 'e', long = "regexp", value_name = "PATTERN", allow_hyphen_values = true)]
    pub(crate) patterns: Vec<String>,
    /// A search by name (repeatable, all in one pass); `mt5crs logs presets` lists them
    #[arg(long = "preset", value_name = "NAME", value_parser = preset, conflicts_with_all = ["patterns", "ignore_case", "fixed", "word", "invert"])]
    pub(crate) presets: Vec<&'static Preset>,
    #[command(flatten)]
    pub(crate) matching: MatchingArgs,
    #[command(flatten)]
    pub(crate) showing: ShowingArgs,
    #[command(flatten)]
    pub(crate) wanted: WantedArgs,
    /// More on stderr; spelled out here, where -v means what it means to grep
    #[arg(long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What matches.
#[derive(Debug, Args)]
#[command(next_help_heading = "Matching")]
pub(crate) struct MatchingArgs {
    /// Upper and lower case are one
    #[arg(short, long)]
    pub(crate) ignore_case: bool,
    /// The pattern is the very text to look for
    #[arg(short = 'F', long = "fixed-strings")]
    pub(crate) fixed: bool,
    /// A match is a whole word
    #[arg(short = 'w', long = "word-regexp")]
    pub(crate) word: bool,
    /// Look for lines that don't match
    #[arg(short = 'v', long = "invert-match")]
    pub(crate) invert: bool,
}

/// What is shown of what matches.
#[derive(Debug, Args)]
#[command(next_help_heading = "RenderOptions")]
pub(crate) struct ShowingArgs {
    /// Show how many lines match: of each file, or of each preset
    #[arg(short, long)]
    pub(crate) count: bool,
    /// Show the names of files that match
    #[arg(short = 'l', long, conflicts_with = "count")]
    pub(crate) files_with_matches: bool,
    /// Stop with a file after so many lines
    #[arg(short, long, value_name = "COUNT")]
    pub(crate) max_count: Option<u64>,
    /// Lines behind a match
    #[arg(short = 'A', long, value_name = "LINES")]
    pub(crate) after_context: Option<usize>,
    /// Lines before a match
    #[arg(short = 'B', long, value_name = "LINES")]
    pub(crate) before_context: Option<usize>,
    /// Lines before and behind a match
    #[arg(short = 'C', long, value_name = "LINES", default_value_t = 0)]
    pub(crate) context: usize,
    /// Show line numbers
    #[arg(short = 'n', long)]
    pub(crate) line_number: bool,
    /// Leave out the names of files
    #[arg(long)]
    pub(crate) no_filename: bool,
    /// Show the last lines alone, as tail does
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["count", "files_with_matches", "max_count", "after_context", "before_context", "context"])]
    pub(crate) last: Option<usize>,
    /// Go on with what is written, whatever becomes of the files
    #[arg(short, long, conflicts_with_all = ["count", "files_with_matches", "max_count"])]
    pub(crate) follow: bool,
}

/// Which of the lines that match are wanted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Of mt5crs's own lines, only those that are")]
pub(crate) struct WantedArgs {
    /// Not before: how long ago (2h, 3d) or when (2026-01-17T04:00, local time without an offset)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Not after
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// At least as loud
    #[arg(long, value_enum)]
    pub(crate) level: Option<AtLeast>,
    /// Of this run: PID-RUN as its lines show it, or its id
    #[arg(long, value_name = "ID")]
    pub(crate) run: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AtLeast {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<AtLeast> for Level {
    fn from(level: AtLeast) -> Self {
        match level {
            AtLeast::Error => Self::ERROR,
            AtLeast::Warn => Self::WARN,
            AtLeast::Info => Self::INFO,
            AtLeast::Debug => Self::DEBUG,
            AtLeast::Trace => Self::TRACE,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct AlertsArgs {
    /// How far back to look
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = positive_duration)]
    pub(crate) window: Duration,
    /// Measure over this long what the engine uses of the processor, or a run that has not ended; 0s leaves it out [10s where MT5CRS_ENGINE_UNIT names the engine, else 0s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, conflicts_with = "follow")]
    pub(crate) cpu_over: Option<Duration>,
    /// Go on, and tell each alert as it is raised and cleared
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Files and directories [VERIFY_LOG.log and the log directory]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SummaryArgs {
    /// From when on: how long ago (72h, 3d) or when
    #[arg(long, value_name = "TIME", default_value = "72h")]
    pub(crate) since: String,
    /// Until when
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// What makes a row
    #[arg(long, value_enum, default_value = "day")]
    pub(crate) by: RowOf,
    /// Files and directories [VERIFY_LOG.log and the log directory]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rows: super::RowsArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowOf {
    /// A day, UTC as the logs are
    Day,
    /// A run
    Run,
}

fn preset(name: &str) -> Result<&'static Preset, String> {
    Preset::named(name).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        format!("one of: {}", names.join(", "))
    })
}
