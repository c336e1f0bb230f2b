//! `mt5crs logs summary`, as it can be typed.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::RowsArg;

/// Sum up what was done, by day or by run
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// From when on: how long ago (72h, 3d) or when
    #[arg(long, value_name = "TIME", default_value = "72h")]
    pub(super) since: String,
    /// Until when
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// What makes a row
    #[arg(long, value_enum, default_value = "day")]
    pub(super) by: RowOf,
    /// Files and directories [VERIFY_LOG.log and the log directory]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) rows: RowsArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RowOf {
    /// A day, UTC as the logs are
    Day,
    /// A run
    Run,
}
