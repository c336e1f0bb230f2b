//! `mt5crs canary`, as it can be typed.

use std::time::Duration;

use crate::cli::CreditArg;
use crate::cli::value::{look_interval, watch_duration};
use crate::commands::drift;

/// Open one tiny order, prove it, close it, prove that: can this system really trade?
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The instrument, spelled as the broker does [MT5CRS_CANARY_SYMBOL]
    #[arg(long)]
    pub(super) symbol: Option<String>,
    /// Open although positions are open in the symbol: on hedging accounts
    #[arg(long)]
    pub(super) beside_open: bool,
    /// Leave the position open; with --monitor, once its time is over
    #[arg(long)]
    pub(super) keep_open: bool,
    /// Keep the position and watch it for this long, up to 168h, then close it
    ///
    /// Every look asks for a PING, the account and the positions, and looks at the kill switch; drift is looked at once an
    /// hour. Where health is CRITICAL the kill switch is engaged, the position closed, and that proved: exit code 1, or 8
    /// where it remains. SIGTERM, SIGINT and SIGHUP close it first and end with 1, because the rest was not watched; a
    /// second one stops at once. SIGUSR1 hands over: it leaves the position open for --resume, and ends with 0. With -o
    /// json each look is one line on stdout, and the last line is the document. --deadline holds for the order before the
    /// watch and again for the close after it, not for the watch.
    #[arg(long, value_name = "DURATION", value_parser = watch_duration)]
    pub(super) monitor: Option<Duration>,
    /// Interval between two looks of --monitor, on a fixed schedule; 100ms to 60s
    #[arg(long, value_name = "DURATION", value_parser = look_interval, default_value = "1s", requires = "monitor")]
    pub(super) monitor_interval: Duration,
    /// Watch without looking at drift
    #[arg(long, requires = "monitor", conflicts_with_all = ["drift_reference", "drift_current", "drift_field"])]
    pub(super) without_drift: bool,
    /// Take up the open canary of an earlier run instead of opening one: watch it with --monitor, else close it
    #[arg(long, conflicts_with_all = ["symbol", "beside_open", "decision", "decision_report", "decision_hash", "decision_max_age"])]
    pub(super) resume: bool,
    /// Evaluate the guards and send no order
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(super) yes: bool,
    /// The admission decision, JSON [MT5CRS_DECISION_FILE]
    #[arg(long, value_name = "FILE")]
    pub(super) decision: Option<String>,
    /// The report that must hold the decision's hash [MT5CRS_DECISION_REPORT]
    #[arg(long, value_name = "FILE")]
    pub(super) decision_report: Option<String>,
    /// The hash that the decision must have [MT5CRS_DECISION_HASH]
    #[arg(long, value_name = "HEX")]
    pub(super) decision_hash: Option<String>,
    /// How old the decision may be [MT5CRS_DECISION_MAX_AGE]
    #[arg(long, value_name = "DURATION")]
    pub(super) decision_max_age: Option<String>,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    #[command(flatten, next_help_heading = "Drift")]
    pub(super) drift: drift::SampleArgs,
}
