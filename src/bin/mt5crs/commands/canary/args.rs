//! Arguments of `mt5crs canary`.

use std::path::PathBuf;
use std::time::Duration;

use crate::app::on_change::OnChangeArgs;
use crate::cli::value::{look_interval, watch_duration};
use crate::cli::{CreditArg, ORDER_SAFETY};
use crate::commands::drift;

/// Open one tiny order, prove it, close it, prove that
///
/// Shows whether this system can really trade. All guards are evaluated first; every step is proved by the gateway's lists
/// and recorded in the evidence.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs canary --sim --yes\n\
    mt5crs canary --decision decision.json --dry-run\n\
    mt5crs canary --sim --yes --monitor 2s --without-drift")]
pub(crate) struct Args {
    /// Symbol to trade [MT5CRS_CANARY_SYMBOL]
    #[arg(long)]
    pub(super) symbol: Option<String>,
    /// Watch the position this long, up to 168h, then close
    ///
    /// Each look sends a PING, reads account and positions, and checks the kill switch; drift is checked once an hour. If
    /// health becomes CRITICAL, the kill switch is engaged and the position closed and proved closed: exit code 1, or 8 if
    /// it remains. SIGTERM, SIGINT and SIGHUP also close the position and end with 1, because the watch is incomplete; a
    /// second signal stops at once; with --on-stop keep they leave it open, as SIGUSR1 does. SIGUSR1 hands over: the position stays open for --resume, exit code 0. With -o json
    /// each look is one line on stdout, and the last line is the document. --deadline applies to the order before the watch
    /// and again to the close after it, not to the watch.
    #[arg(long, value_name = "DURATION", value_parser = watch_duration)]
    pub(super) monitor: Option<Duration>,
    /// Interval between two looks of --monitor, on a fixed schedule; 100ms to 60s
    #[arg(long, value_name = "DURATION", value_parser = look_interval, default_value = "1s", requires = "monitor", hide_short_help = true)]
    pub(super) monitor_interval: Duration,
    /// What a stop does with a watched position: close or keep [MT5CRS_ON_STOP]
    ///
    /// With keep it stays open, recorded for --resume, and the exit code is 0. A unit needs that, because an upgrade or a
    /// reboot stops it. MT5CRS_ON_SHUTDOWN decides while systemd shuts the machine down.
    #[arg(long, value_name = "ACTION", requires = "monitor", hide_short_help = true)]
    pub(super) on_stop: Option<String>,
    #[command(flatten)]
    pub(super) changes: OnChangeArgs,
    /// Leave the position open
    ///
    /// With --monitor, once its time is over.
    #[arg(long)]
    pub(super) keep_open: bool,
    /// Resume the open canary of an earlier run
    ///
    /// --monitor watches it; without --monitor it is closed.
    #[arg(long, conflicts_with_all = ["symbol", "beside_open", "decision", "decision_report", "decision_hash", "decision_max_age"])]
    pub(super) resume: bool,
    /// Open beside other positions in the symbol
    ///
    /// For hedging accounts: on a netting account they would become one position.
    #[arg(long)]
    pub(super) beside_open: bool,
    #[command(flatten)]
    pub(super) credit: CreditArg,
    /// Evaluate the guards and send no order
    #[arg(long, conflicts_with = "yes", help_heading = ORDER_SAFETY)]
    pub(super) dry_run: bool,
    /// Write the plan of --dry-run as Markdown: the order, every guard, what would stop it
    #[arg(long, value_name = "FILE", requires = "dry_run", help_heading = ORDER_SAFETY, hide_short_help = true)]
    pub(super) plan: Option<PathBuf>,
    /// Don't ask for confirmation
    #[arg(short, long, help_heading = ORDER_SAFETY)]
    pub(super) yes: bool,
    /// The admission decision, JSON [MT5CRS_DECISION_FILE]
    #[arg(long, value_name = "FILE", help_heading = DECISION)]
    pub(super) decision: Option<String>,
    /// The report that must hold the decision's hash [MT5CRS_DECISION_REPORT]
    #[arg(long, value_name = "FILE", help_heading = DECISION)]
    pub(super) decision_report: Option<String>,
    /// The hash that the decision must have [MT5CRS_DECISION_HASH]
    #[arg(long, value_name = "HEX", help_heading = DECISION)]
    pub(super) decision_hash: Option<String>,
    /// Maximum age of the decision [MT5CRS_DECISION_MAX_AGE]
    #[arg(long, value_name = "DURATION", help_heading = DECISION)]
    pub(super) decision_max_age: Option<String>,
    /// Watch without looking at drift
    #[arg(long, requires = "monitor", conflicts_with_all = ["drift_reference", "drift_current", "drift_field"], help_heading = DRIFT)]
    pub(super) without_drift: bool,
    #[command(flatten, next_help_heading = DRIFT)]
    pub(super) drift: drift::SampleArgs,
}

const DECISION: &str = "Decision";
const DRIFT: &str = "Drift";
