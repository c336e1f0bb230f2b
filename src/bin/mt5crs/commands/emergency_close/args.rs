//! Arguments of `mt5crs emergency-close`.

use std::path::PathBuf;

use crate::cli::value::{number, ticket};
use crate::cli::{CreditArg, ORDER_SAFETY, RowsArg};

/// Close every position, or name exactly those that remain
///
/// Engages the kill switch, lists the positions, closes every ticket, and reads the list again until it is empty and the
/// account agrees. The kill switch stays engaged until mt5crs breaker release: nothing opens positions meanwhile, and its
/// file says who engaged it and why. No guard stops it. The exit code is 0 when flat is proved, 8 when it is not, and another when no CLOSE
/// was sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs emergency-close --dry-run\n\
    mt5crs emergency-close --symbol EURUSD --yes\n\
    mt5crs emergency-close --ticket 100000002 --no-breaker --yes")]
pub(crate) struct Args {
    /// Close only this symbol (repeatable)
    #[arg(long, value_name = "SYMBOL")]
    pub(super) symbol: Vec<String>,
    /// Close only this ticket (repeatable)
    #[arg(long, value_name = "TICKET", value_parser = ticket)]
    pub(super) ticket: Vec<i64>,
    /// Close only this magic number
    ///
    /// The gateway must report magic numbers.
    #[arg(long, value_name = "NUMBER", value_parser = number("a magic number", i64::MIN..=i64::MAX))]
    pub(super) magic: Option<i64>,
    /// Leave pending orders alone, on a gateway that lists them (protocol 5)
    ///
    /// Without it they are cancelled before the positions are closed, and again before the account is called flat.
    #[arg(long, hide_short_help = true)]
    pub(super) positions_only: bool,
    /// Number of CLOSE requests in flight
    #[arg(long, hide_short_help = true, default_value_t = 64, value_parser = number("a window", 1..=1000_u16))]
    pub(super) window: u16,
    /// Maximum number of rounds in a row that close nothing, over a link that holds
    #[arg(long, hide_short_help = true, default_value_t = 10, value_parser = number("a count", 1..=100_u32))]
    pub(super) rounds: u32,
    /// Write the proof that the account is flat for mt5crs verify-proof, with the gateway's raw replies; needs
    /// MT5CRS_EVIDENCE_KEY_FILE
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub(super) proof: Option<PathBuf>,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    #[command(flatten)]
    pub(super) rows: RowsArg,
    /// List the positions that would be closed, and engage nothing
    #[arg(long, conflicts_with = "yes", help_heading = ORDER_SAFETY)]
    pub(super) dry_run: bool,
    /// Don't ask for confirmation
    #[arg(short, long, help_heading = ORDER_SAFETY)]
    pub(super) yes: bool,
    /// Leave the kill switch alone; only with --ticket
    #[arg(long, requires = "ticket", help_heading = ORDER_SAFETY)]
    pub(super) no_breaker: bool,
    /// Stop the strategy engine's unit as well [MT5CRS_ENGINE_UNIT]
    #[arg(long, help_heading = ORDER_SAFETY)]
    pub(super) stop_unit: bool,
}
