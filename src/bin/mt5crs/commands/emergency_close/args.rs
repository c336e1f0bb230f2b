//! `mt5crs emergency-close`, as it can be typed.

use crate::cli::{CreditArg, RowsArg};

/// Close every position, or say exactly what remains
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Close only this symbol (repeatable); spelled as the broker does
    #[arg(long, value_name = "SYMBOL")]
    pub(super) symbol: Vec<String>,
    /// Close only this ticket (repeatable)
    #[arg(long, value_name = "TICKET", value_parser = clap::value_parser!(i64).range(1..))]
    pub(super) ticket: Vec<i64>,
    /// Close only this magic number, on a gateway that reports it
    #[arg(long, value_name = "NUMBER")]
    pub(super) magic: Option<i64>,
    /// List what would be closed, and engage nothing
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Leave the kill switch alone
    #[arg(long, requires = "ticket")]
    pub(super) no_breaker: bool,
    /// Stop the strategy engine's unit as well [MT5CRS_ENGINE_UNIT]
    #[arg(long)]
    pub(super) stop_unit: bool,
    /// CLOSE requests in flight at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) window: u16,
    /// Rounds of closing at most
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: u32,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    #[command(flatten)]
    pub(super) rows: RowsArg,
}
