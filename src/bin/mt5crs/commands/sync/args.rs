//! Arguments of `mt5crs sync`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::{CreditArg, RowsArg};

/// Recover and check account and positions, then become COMMAND
///
/// Resolves the orders whose outcome is open, reads account and positions, checks them and saves a snapshot. With COMMAND,
/// every check must pass before it starts; it gets the verified settings in its environment.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs sync\n\
    mt5crs sync --allow-warn clock-skew -- ./engine --live\n\
    mt5crs sync -o prometheus --outfile sync.prom")]
pub(crate) struct Args {
    /// Start COMMAND in spite of this warning (repeatable)
    #[arg(long, value_name = "CHECK")]
    pub(super) allow_warn: Vec<String>,
    /// Write the JSON report to this file as well
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    #[command(flatten)]
    pub(super) rows: RowsArg,
    /// The command to become once everything is proved; otherwise it never starts
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}
