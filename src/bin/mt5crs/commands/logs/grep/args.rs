//! `mt5crs logs grep`, as it can be typed.

use std::path::PathBuf;

use clap::{ArgAction, ValueEnum};
use mt5crs::logs::search::preset::{PRESETS, Preset};
use tracing::Level;

/// Search the logs, rotated and compressed ones too, oldest first; exit 0 matched, 1 none, 2 error
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to look for, unless -e or --preset says it, then files and directories [the log directory; with --preset, VERIFY_LOG.log]
    #[arg(value_name = "PATTERN] [PATH")]
    pub(super) words: Vec<PathBuf>,
    /// A pattern (repeatable); all words are then paths
    #[arg(short = 'e', long = "regexp", value_name = "PATTERN", allow_hyphen_values = true)]
    pub(super) patterns: Vec<String>,
    /// A search by name (repeatable, all in one pass); `mt5crs logs presets` lists them
    #[arg(long = "preset", value_name = "NAME", value_parser = preset, conflicts_with_all = ["patterns", "ignore_case", "fixed", "word", "invert"])]
    pub(super) presets: Vec<&'static Preset>,
    #[command(flatten)]
    pub(super) matching: MatchingArgs,
    #[command(flatten)]
    pub(super) print: PrintArgs,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// More on stderr; spelled out here, where -v means what it means to grep
    #[arg(long, action = ArgAction::Count)]
    pub(super) verbose: u8,
}

/// What matches.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Matching")]
pub(super) struct MatchingArgs {
    /// Upper and lower case are one
    #[arg(short, long)]
    pub(super) ignore_case: bool,
    /// The pattern is the very text to look for
    #[arg(short = 'F', long = "fixed-strings")]
    pub(super) fixed: bool,
    /// A match is a whole word
    #[arg(short = 'w', long = "word-regexp")]
    pub(super) word: bool,
    /// Look for lines that don't match
    #[arg(short = 'v', long = "invert-match")]
    pub(super) invert: bool,
}

/// What is shown of what matches.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Printing")]
pub(super) struct PrintArgs {
    /// Show how many lines match: of each file, or of each preset
    #[arg(short, long)]
    pub(super) count: bool,
    /// Show the names of files that match
    #[arg(short = 'l', long, conflicts_with = "count")]
    pub(super) files_with_matches: bool,
    /// Stop with a file after so many lines
    #[arg(short, long, value_name = "COUNT")]
    pub(super) max_count: Option<u64>,
    /// Lines behind a match
    #[arg(short = 'A', long, value_name = "LINES")]
    pub(super) after_context: Option<usize>,
    /// Lines before a match
    #[arg(short = 'B', long, value_name = "LINES")]
    pub(super) before_context: Option<usize>,
    /// Lines before and behind a match
    #[arg(short = 'C', long, value_name = "LINES", default_value_t = 0)]
    pub(super) context: usize,
    /// Show line numbers
    #[arg(short = 'n', long)]
    pub(super) line_number: bool,
    /// Leave out the names of files
    #[arg(long)]
    pub(super) no_filename: bool,
    /// Show the last lines alone, as tail does
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["count", "files_with_matches", "max_count", "after_context", "before_context", "context"])]
    pub(super) last: Option<usize>,
    /// Go on with what is written, whatever becomes of the files
    #[arg(short, long, conflicts_with_all = ["count", "files_with_matches", "max_count"])]
    pub(super) follow: bool,
}

/// Which of the lines that match are wanted.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Of mt5crs's own lines, only those that are")]
pub(super) struct SelectArgs {
    /// Not before: how long ago (2h, 3d) or when (2026-01-17T04:00, local time without an offset)
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Not after
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// At least as loud
    #[arg(long, value_enum)]
    pub(super) level: Option<AtLeast>,
    /// Of this run: PID-RUN as its lines show it, or its id
    #[arg(long, value_name = "ID")]
    pub(super) run: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AtLeast {
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

fn preset(name: &str) -> Result<&'static Preset, String> {
    Preset::named(name).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        format!("one of: {}", names.join(", "))
    })
}
