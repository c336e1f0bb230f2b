//! `mt5crs audit`, as it can be typed.

use std::time::Duration;

use clap::ValueEnum;
use mt5crs::ops::audit::catalogue::Level;

use crate::cli::value::positive_duration;
use crate::cli::{CreditArg, RowsArg};

/// Check whether this deployment is fit: named checks in groups, each with its remedy
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Subcommand>,
    /// Run only these checks or groups (repeatable, or with commas); `mt5crs audit checks` lists them
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Leave out these checks or groups; without `link` the gateway is not asked, for machines that are offline
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(super) skip: Vec<String>,
    /// The lowest level that makes the exit code 1; a check that was not reached never passes
    #[arg(long, value_enum, default_value = "fail", value_name = "LEVEL")]
    pub(super) fail_on: FailOn,
    /// Time over which the engine unit's CPU is measured
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = positive_duration)]
    pub(super) cpu_window: Duration,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    #[command(flatten)]
    pub(super) rows: RowsArg,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// List every check: its code, its worst result, what it looks at
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
