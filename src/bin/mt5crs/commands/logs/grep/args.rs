//! Arguments of `mt5crs logs grep`.

use std::path::PathBuf;

use clap::ArgAction;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use mt5crs::logs::search::preset::{PRESETS, Preset};
use tracing::Level;

use crate::cli::value::number;

/// Search the logs, rotated and compressed ones too
///
/// The exit codes are grep's: 0 matched, 1 none, 2 error. The oldest logs come first, because a line may be in any of
/// them; with --since, those that end earlier are left out, unless they are named. A line that a run wrote to two logs is
/// found once, in the first of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs logs grep ERROR --since 24h\n\
    mt5crs logs grep --preset sync-failed --count\n\
    mt5crs logs grep -i 'state synchronized' logs")]
pub(crate) struct Args {
    /// The pattern, unless -e or --preset gives it, then files and directories [the log directory; with --preset,
    /// VERIFY_LOG.log]
    #[arg(value_name = "PATTERN] [PATH")]
    pub(super) words: Vec<PathBuf>,
    /// A pattern (repeatable); all words are then paths
    #[arg(short = 'e', long = "regexp", value_name = "PATTERN", allow_hyphen_values = true)]
    pub(super) patterns: Vec<String>,
    /// A search by name (repeatable, all in one pass); `mt5crs logs presets` lists them
    #[arg(long = "preset", value_name = "NAME", value_parser = preset, conflicts_with_all = ["patterns", "ignore_case", "fixed", "word", "invert"])]
    pub(super) presets: Vec<&'static Preset>,
    /// Print more on stderr; in full, because -v means --invert-match here
    #[arg(long, action = ArgAction::Count, hide_short_help = true)]
    pub(super) verbose: u8,
    #[command(flatten)]
    pub(super) matching: MatchingArgs,
    #[command(flatten)]
    pub(super) print: PrintArgs,
    #[command(flatten)]
    pub(super) select: SelectArgs,
}

/// The patterns.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Matching")]
pub(super) struct MatchingArgs {
    /// Ignore case
    #[arg(short, long)]
    pub(super) ignore_case: bool,
    /// Take the pattern as text
    #[arg(short = 'F', long = "fixed-strings")]
    pub(super) fixed: bool,
    /// Match whole words
    #[arg(short = 'w', long = "word-regexp")]
    pub(super) word: bool,
    /// Select the lines that don't match
    #[arg(short = 'v', long = "invert-match")]
    pub(super) invert: bool,
}

/// Output format of the matching lines.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Printing")]
pub(super) struct PrintArgs {
    /// Print the number of lines that match, by file or by preset
    #[arg(short, long)]
    pub(super) count: bool,
    /// Print the names of files that match
    #[arg(short = 'l', long, conflicts_with = "count")]
    pub(super) files_with_matches: bool,
    /// Stop reading a file after this many lines
    #[arg(short, long, value_name = "COUNT", value_parser = number("a count", 0..=u64::MAX))]
    pub(super) max_count: Option<u64>,
    /// Print lines after a match
    #[arg(short = 'A', long, value_name = "LINES", value_parser = number("a count", 0..=usize::MAX))]
    pub(super) after_context: Option<usize>,
    /// Print lines before a match
    #[arg(short = 'B', long, value_name = "LINES", value_parser = number("a count", 0..=usize::MAX))]
    pub(super) before_context: Option<usize>,
    /// Print lines around a match
    #[arg(short = 'C', long, value_name = "LINES", value_parser = number("a count", 0..=usize::MAX), default_value_t = 0)]
    pub(super) context: usize,
    /// Print line numbers
    #[arg(short = 'n', long)]
    pub(super) line_number: bool,
    /// Don't print names of files
    #[arg(long)]
    pub(super) no_filename: bool,
    /// Print only the last lines, as tail does
    #[arg(long, value_name = "COUNT", value_parser = number("a count", 0..=usize::MAX), conflicts_with_all = ["count", "files_with_matches", "max_count", "after_context", "before_context", "context"])]
    pub(super) last: Option<usize>,
    /// Go on with new lines, through rotations
    #[arg(short, long, conflicts_with_all = ["count", "files_with_matches", "max_count"])]
    pub(super) follow: bool,
}

/// Which of the lines that match are selected.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Only mt5crs's own lines")]
pub(super) struct SelectArgs {
    /// From this time: how long ago (2h, 3d) or when (2026-01-17T04:00, local time without an offset)
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Up to this time
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Of this level or a more severe one
    #[arg(long, value_parser = level())]
    pub(super) level: Option<Level>,
    /// Of this run: PID-RUN as its lines show it, or its id
    #[arg(long, value_name = "ID")]
    pub(super) run: Option<String>,
}

fn level() -> impl TypedValueParser<Value = Level> {
    let names = PossibleValuesParser::new(["error", "warn", "info", "debug", "trace"]);
    names.try_map(|name| name.parse::<Level>())
}

fn preset(name: &str) -> Result<&'static Preset, String> {
    Preset::named(name).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        format!("one of: {}", names.join(", "))
    })
}
