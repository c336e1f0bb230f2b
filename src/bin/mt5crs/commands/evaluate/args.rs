//! Arguments of `mt5crs evaluate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use mt5crs::ops::evidence::RunPrefix;

use crate::cli::value::positive_duration;

/// Judge the records: may the position be raised?
///
/// Reads evidence, figures of the watches and logs, and asks the gateway nothing. GO is exit code 0; NO-GO (a rule fails) and
/// NOT ENOUGH (a rule has no answer, and what is missing is named) are 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs evaluate\n\
    mt5crs evaluate --since 72h --html evaluation.html\n\
    mt5crs evaluate --decision-out decision.json --approved-by 'Li Wei'")]
pub(crate) struct Args {
    /// Evaluate this time up to now
    #[arg(long, value_name = "DURATION", value_parser = positive_duration, default_value = "168h")]
    pub(super) since: Duration,
    /// Evaluate this run's order and its position's watches; may be repeated
    #[arg(long, value_name = "ID")]
    pub(super) run: Vec<RunPrefix>,
    /// Limits other than the plan's, TOML; `mt5crs schema evaluate-rules` names its keys
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Option<PathBuf>,
    /// On a GO, write the decision that canary reads, and its report beside it
    ///
    /// The report has the same name with .md. Give both to canary: --decision and --decision-report.
    #[arg(long, value_name = "FILE", requires = "approved_by")]
    pub(super) decision_out: Option<PathBuf>,
    /// Who approves the decision
    #[arg(long, value_name = "NAME", requires = "decision_out")]
    pub(super) approved_by: Option<String>,
    /// Write a page for people to look at: one file, nothing fetched
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Language of the page
    #[arg(long, value_name = "LANGUAGE", default_value = "en", hide_short_help = true)]
    pub(super) lang: Language,
}

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// English
    En,
    /// Chinese
    Zh,
}
