//! Arguments of `mt5crs audit`.

use std::time::Duration;

use clap::ValueEnum;
use mt5crs::ops::audit::catalogue::Level;

use crate::cli::value::positive_duration;
use crate::cli::{CreditArg, RowsArg};

/// Check whether this deployment is fit to trade
///
/// Named checks in groups, from files and settings to the link and the account, each with its remedy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs audit\n\
    mt5crs audit --only config,link --all\n\
    mt5crs audit --skip link -o json")]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Subcommand>,
    /// Run only these checks or groups (repeatable, or with commas)
    ///
    /// `mt5crs audit checks` lists them.
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Leave out these checks or groups
    ///
    /// Without `link`, the gateway is not asked: for machines that are offline.
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(super) skip: Vec<String>,
    /// The lowest result that makes the exit code 1
    ///
    /// A check that could not be run never passes.
    #[arg(long, value_enum, default_value = "fail", value_name = "LEVEL")]
    pub(super) fail_on: FailOn,
    /// How long the CPU of the engine's unit is measured
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = positive_duration, hide_short_help = true)]
    pub(super) cpu_window: Duration,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    #[command(flatten)]
    pub(super) rows: RowsArg,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// List every check: its code, its worst result, its subject
    #[command(after_help = "mt5crs audit checks\nmt5crs audit checks -o json")]
    Checks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Warnings and failures
    Warn,
    /// Failures
    Fail,
}

impl From<FailOn> for Level {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Warn => Self::Warn,
            FailOn::Fail => Self::Fail,
        }
    }
}
