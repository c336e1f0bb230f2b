//! `mt5crs positions`, as it can be typed.

use crate::cli::{CreditArg, RowsArg};

/// Show account and positions as the gateway reports them now
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show only this symbol (repeatable); spelled as the broker does
    #[arg(long, value_name = "SYMBOL")]
    pub(super) symbol: Vec<String>,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    #[command(flatten)]
    pub(super) rows: RowsArg,
}
