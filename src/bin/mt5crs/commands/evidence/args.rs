//! Arguments of `mt5crs evidence`.

use std::path::PathBuf;

use mt5crs::evidence::Head;
use mt5crs::ops::evidence::RunPrefix;

use crate::cli::value::{number, ticket};

/// Show or verify intended orders and proved outcomes
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs evidence show\nmt5crs evidence verify")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    Show(ShowArgs),
    Verify(VerifyArgs),
    Resolve(ResolveArgs),
    Export(ExportArgs),
}

/// List runs with their orders and proved outcomes
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs evidence show --last 5\nmt5crs evidence show -o json")]
pub(super) struct ShowArgs {
    /// Number of runs shown that have nothing open
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = number("a count", 0..=usize::MAX))]
    pub(super) last: usize,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

/// Check that no record was changed, lost or added
///
/// The exit code is 0, or 1 with each damage named.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "mt5crs evidence verify\nmt5crs evidence verify --evidence-dir backup/account1"
)]
pub(super) struct VerifyArgs {
    /// A head noted earlier, which the records must still hold
    #[arg(long, value_name = "COUNT:HASH")]
    pub(super) anchor: Option<Head>,
    /// A file with a head on each line, as MT5CRS_ANCHOR_COMMAND kept them; the first that doesn't fit is named
    #[arg(long, value_name = "FILE")]
    pub(super) anchors: Option<PathBuf>,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

/// Record a person's word on an order whose outcome is not proved
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs evidence resolve 3f2a9c41 --executed 100000001 --reason 'in the terminal'\n\
    mt5crs evidence resolve 3f2a9c41 --not-executed --reason 'asked the broker'")]
pub(super) struct ResolveArgs {
    /// The run, or the first digits of its id
    pub(super) run: RunPrefix,
    /// The order opened this position
    #[arg(long, value_name = "TICKET", value_parser = ticket, required_unless_present = "not_executed", conflicts_with = "not_executed")]
    pub(super) executed: Option<i64>,
    /// The order opened nothing
    #[arg(long)]
    pub(super) not_executed: bool,
    /// How that is known
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

/// Write one run's records to files for people
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs evidence export --run 3f2a9c41 --dir export\n\
    mt5crs evidence export --run 3f2a9c41 --dir export --evidence-dir backup/account1")]
pub(super) struct ExportArgs {
    /// The run, or the first digits of its id
    #[arg(long)]
    pub(super) run: RunPrefix,
    /// Directory for the files
    #[arg(long, value_name = "DIR")]
    pub(super) dir: PathBuf,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

#[derive(Debug, clap::Args)]
pub(super) struct DirectoryArg {
    /// Directory of the records, instead of the configured gateway's
    #[arg(long = "evidence-dir", value_name = "DIR")]
    pub(super) path: Option<PathBuf>,
}
