//! `mt5crs sync`, as it can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::{CreditArg, RowsArg};

/// Recover and check account and positions, save them, then become COMMAND
#[derive(Debug, clap::Args)]
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
