//! Arguments of `mt5crs positions`.

use crate::cli::{CreditArg, RowsArg};

/// Show account and positions as the gateway reports them
#[derive(Debug, clap::Args)]
#[command(
    after_help = "mt5crs positions\nmt5crs positions --symbol EURUSD --all\nmt5crs positions -o json"
)]
pub(crate) struct Args {
    /// Show only this symbol, as the broker spells it (repeatable)
    #[arg(long, value_name = "SYMBOL")]
    pub(super) symbol: Vec<String>,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    #[command(flatten)]
    pub(super) rows: RowsArg,
}
