//! Arguments of `mt5crs logs summary`.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::RowsArg;

/// Sum up syncs, orders and errors by day or by run
///
/// Rotated and compressed logs are read as far back as --since reaches, and older ones are not.
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs logs summary\nmt5crs logs summary --since 7d --by run --all")]
pub(crate) struct Args {
    /// From this time: how long ago (72h, 3d) or when
    #[arg(long, value_name = "TIME", default_value = "72h")]
    pub(super) since: String,
    /// Up to this time
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Grouping of the rows
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
