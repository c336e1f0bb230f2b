//! Arguments of `mt5crs figures`.

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::value::positive_duration;

/// Export the figures that watches keep
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs figures export --csv figures.csv\n\
    mt5crs figures export --csv day.csv --since 24h")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    Export(ExportArgs),
}

/// Write the figures of canary --monitor and link-test --watch as a table, a row for each minute
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs figures export --csv figures.csv\n\
    mt5crs figures export --csv day.csv --since 24h")]
pub(super) struct ExportArgs {
    /// The file of comma-separated values
    #[arg(long, value_name = "FILE")]
    pub(super) csv: PathBuf,
    /// Export this time up to now
    #[arg(long, value_name = "DURATION", value_parser = positive_duration, default_value = "168h")]
    pub(super) since: Duration,
}
