//! Commands that ask, and change nothing at the gateway.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use mt5crs::config::duration;
use mt5crs::ops::audit::catalogue::Level;

use super::value::{money, positive_duration, watch_interval};

#[derive(Debug, Args)]
pub(crate) struct LinkTestArgs {
    /// Round trips
    #[arg(short, long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) count: u32,
    /// From one round trip to the next, on a fixed schedule
    #[arg(long, default_value = "10ms", value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) interval: Duration,
    /// Draw the distribution of the round trips
    #[arg(long)]
    pub(crate) histogram: bool,
    /// Go on until stopped, look this often (10ms at least), and tell of every change
    #[arg(long, value_name = "DURATION", value_parser = watch_interval, conflicts_with_all = ["count", "interval", "histogram"])]
    pub(crate) watch: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct PositionsArgs {
    /// Show this symbol alone (repeatable); spelled as the broker does
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) symbol: Vec<String>,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
    #[command(flatten)]
    pub(crate) rows: RowsArg,
}

#[derive(Debug, Args)]
pub(crate) struct CreditArg {
    /// Credit that the account holds: an empty account's equity may differ from its balance by it
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = money)]
    pub(crate) credit: mt5crs::units::Money,
}

#[derive(Debug, Args)]
pub(crate) struct RowsArg {
    /// Show every row of a table, not the first 50
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// Let the gate pass this warning (repeatable)
    #[arg(long, value_name = "CHECK")]
    pub(crate) allow_warn: Vec<String>,
    /// Write the JSON report to this file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
    #[command(flatten)]
    pub(crate) rows: RowsArg,
    /// The command to become once everything is proved; it never starts otherwise
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,
    /// These checks or groups alone (repeatable, or with commas); `mt5crs audit checks` lists them
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Not these checks or groups; without `link` the gateway is not asked anything, for machines that are offline
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// From where on what is found makes the answer no (exit code 1); what can't be reached is never a yes
    #[arg(long, value_enum, default_value = "fail", value_name = "LEVEL")]
    pub(crate) fail_on: FailOn,
    /// Over which time the engine unit's CPU is measured
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = positive_duration)]
    pub(crate) cpu_window: Duration,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
    #[command(flatten)]
    pub(crate) rows: RowsArg,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List every check: its code, the worst that it can say, what it looks at
    Checks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A warning is enough
    Warn,
    /// Only what failed
    Fail,
}

impl From<FailOn> for Level {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Warn => Self::Warn,
            FailOn::Fail => Self::Fail,
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Drift")]
pub(crate) struct DriftArgs {
    /// The sample that the strategy was made for [MT5CRS_DRIFT_REFERENCE]
    #[arg(long, value_name = "FILE")]
    pub(crate) drift_reference: Option<String>,
    /// The sample of now, at least 200 values as well [MT5CRS_DRIFT_CURRENT]
    #[arg(long, value_name = "FILE")]
    pub(crate) drift_current: Option<String>,
    /// The CSV column or JSONL field of both; without it each line is a number [MT5CRS_DRIFT_FIELD]
    #[arg(long, value_name = "NAME")]
    pub(crate) drift_field: Option<String>,
}

const PHOENIX_LONG: &str = "\
Kill it in the middle, cut its wire, fill its disk: does recovery really work?

First the deployment guide's five steps, then rounds. A round starts real processes of this program in a scratch tree: a
simulated gateway, and a sync, canary or emergency-close that talks to it. In the middle the command or the gateway is
killed with SIGKILL, the connection is dropped, delayed, cut within a reply or taken over by another program, the disk is
full, the power is cut, or the gateway lies. Then it restarts, and everything that was recorded and reported is held
against what executed at the simulated broker. Nothing that is configured is touched.

Any 25 rounds in a row hold every kind once. A round's seed draws all of it, and replays it: --rounds 1 --seed N.

What it can't show: the full disk is a limit on the size of files, and what a power cut takes is only known to a build
with debug assertions; in a released binary such a round kills and takes nothing.";

#[derive(Debug, Args)]
#[command(long_about = PHOENIX_LONG)]
pub(crate) struct PhoenixArgs {
    /// Rounds, from 1 to 100000
    #[arg(long, value_name = "COUNT", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) rounds: u64,
    /// The first round's seed, from which the others count on; drawn and shown unless it is given
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Only read, and from the configured gateway: kill a sync midway, restart it, compare the two reads
    #[arg(long, conflicts_with = "rounds")]
    pub(crate) gateway: bool,
}
