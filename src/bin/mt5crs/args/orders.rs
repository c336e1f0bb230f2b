//! Commands that send orders, or forbid them, and what they leave on record.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use mt5crs::evidence::Head;
use mt5crs::ops::evidence::RunPrefix;

use super::reads::{CreditArg, DriftArgs, RowsArg};
use super::value::{look_interval, watch_duration};

#[derive(Debug, Args)]
pub(crate) struct CanaryArgs {
    /// The instrument, spelled as the broker does [MT5CRS_CANARY_SYMBOL]
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// Go on beside positions that are open in the symbol: on hedging accounts
    #[arg(long)]
    pub(crate) beside_open: bool,
    /// Leave the position open; of a watched one, when its time is over
    #[arg(long)]
    pub(crate) keep_open: bool,
    /// Keep the position and watch it for this long, up to 168h, then close it
    ///
    /// Every look asks for a PING, the account and the positions, and looks at the kill switch; drift is looked at once an
    /// hour. Where health is CRITICAL the kill switch is written, the position closed, and that proved: exit code 1, or 8
    /// where it remains. SIGTERM, SIGINT and SIGHUP close it first and end with 1, because the rest was not watched; a
    /// second one stops at once. SIGUSR1 hands over: it leaves the position open for --resume, and ends with 0. With -o
    /// json each look is one line on stdout, and the last line is the document. --deadline holds for the order before the
    /// watch and again for the close after it, not for the watch.
    #[arg(long, value_name = "DURATION", value_parser = watch_duration)]
    pub(crate) monitor: Option<Duration>,
    /// From one look of --monitor to the next, on a fixed schedule; 100ms to 60s
    #[arg(long, value_name = "DURATION", value_parser = look_interval, default_value = "1s", requires = "monitor")]
    pub(crate) monitor_interval: Duration,
    /// Watch without looking at drift
    #[arg(long, requires = "monitor", conflicts_with_all = ["drift_reference", "drift_current", "drift_field"])]
    pub(crate) without_drift: bool,
    /// Take up the open canary of an earlier run instead of opening one: to watch it on with --monitor, else to close it
    #[arg(long, conflicts_with_all = ["symbol", "beside_open", "decision", "decision_report", "decision_hash", "decision_max_age"])]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) drift: DriftArgs,
    /// Evaluate the guards and send no order
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The admission decision, JSON [MT5CRS_DECISION_FILE]
    #[arg(long, value_name = "FILE")]
    pub(crate) decision: Option<String>,
    /// The report that must hold the decision's hash [MT5CRS_DECISION_REPORT]
    #[arg(long, value_name = "FILE")]
    pub(crate) decision_report: Option<String>,
    /// The decision's hash that is expected [MT5CRS_DECISION_HASH]
    #[arg(long, value_name = "HEX")]
    pub(crate) decision_hash: Option<String>,
    /// How old the decision may be [MT5CRS_DECISION_MAX_AGE]
    #[arg(long, value_name = "DURATION")]
    pub(crate) decision_max_age: Option<String>,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
}

#[derive(Debug, Args)]
pub(crate) struct EmergencyCloseArgs {
    /// Close this symbol alone (repeatable); spelled as the broker does
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) symbol: Vec<String>,
    /// Close this ticket alone (repeatable)
    #[arg(long, value_name = "TICKET", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) ticket: Vec<i64>,
    /// Close this magic number alone, on a gateway that reports it
    #[arg(long, value_name = "NUMBER")]
    pub(crate) magic: Option<i64>,
    /// List what would be closed, and engage nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Leave the kill switch alone
    #[arg(long, requires = "ticket")]
    pub(crate) no_breaker: bool,
    /// Stop the strategy engine's unit as well [MT5CRS_ENGINE_UNIT]
    #[arg(long)]
    pub(crate) stop_unit: bool,
    /// CLOSE requests in flight at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) window: u16,
    /// Rounds of closing at most
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
    #[command(flatten)]
    pub(crate) rows: RowsArg,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BreakerCommand {
    /// Is the kill switch's file there? 0 if not, 1 if so
    Status,
    /// Write the kill switch's file
    Engage {
        /// Why, for whoever finds it
        #[arg(long)]
        reason: String,
    },
    /// Remove the kill switch's file
    Release {
        /// Don't ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// A table of runs, orders and what was proved
    Show {
        #[command(flatten)]
        place: EvidencePlace,
        /// How many of the runs that have nothing open
        #[arg(long, default_value_t = 20)]
        last: usize,
    },
    /// Whether the records are what was written: 0, or 1 and each damage named
    Verify {
        #[command(flatten)]
        place: EvidencePlace,
        /// A head that was noted earlier, which the records must still hold
        #[arg(long, value_name = "COUNT:HASH")]
        anchor: Option<Head>,
    },
    /// Record a person's word on an order that nothing is proved of
    Resolve {
        #[command(flatten)]
        place: EvidencePlace,
        /// The run, or the first digits of its id
        run: RunPrefix,
        /// It opened this position
        #[arg(long, value_name = "TICKET", value_parser = clap::value_parser!(i64).range(1..), required_unless_present = "not_executed", conflicts_with = "not_executed")]
        executed: Option<i64>,
        /// It opened nothing
        #[arg(long)]
        not_executed: bool,
        /// How that is known
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// One run's records as files for people
    Export {
        #[command(flatten)]
        place: EvidencePlace,
        /// The run, or the first digits of its id
        #[arg(long)]
        run: RunPrefix,
        /// Where the files are written
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct EvidencePlace {
    /// The directory of the records, instead of the configured gateway's
    #[arg(long = "evidence-dir", value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}
