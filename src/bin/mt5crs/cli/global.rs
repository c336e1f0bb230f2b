//! Options of every command: output, settings, the simulated gateway.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use mt5crs::config::duration;

use super::value::positive_duration;

/// Options of every command, before its name or after it.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// How the result is printed
    #[arg(short, long, global = true, value_enum, default_value = "human", value_name = "FORMAT")]
    pub(crate) output: OutputFormat,
    /// With -o prometheus: replace this file atomically instead of printing
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) outfile: Option<PathBuf>,
    /// More on stderr: once for the run's story, twice for every round trip
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Nothing but errors on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// How the run's own log is written; VERIFY_LOG.log is always text
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) sim: SimArgs,
    /// Whether this process is the worker of one of several accounts.
    #[arg(skip)]
    pub(crate) is_worker: bool,
}

/// Flags that stand above the environment, `.env` and the profile.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingsArgs {
    /// The gateway's address or name [GATEWAY_HOST, GTW_HOST]
    #[arg(long, global = true)]
    pub(crate) host: Option<String>,
    /// The gateway's command port [GATEWAY_PORT, GTW_PORT]
    #[arg(long, global = true, allow_hyphen_values = true)]
    pub(crate) port: Option<String>,
    /// For one attempt of a read [SYNC_TIMEOUT_S]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION")]
    pub(crate) timeout: Option<String>,
    /// Attempts of a read in all [SYNC_RETRY_COUNT]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "COUNT")]
    pub(crate) attempts: Option<String>,
    /// Wait between two attempts [SYNC_RETRY_INTERVAL_S]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION")]
    pub(crate) retry_interval: Option<String>,
    /// Where snapshots are kept [MT5CRS_STATE_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state_dir: Option<String>,
    /// Where logs are written [MT5CRS_LOG_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) log_dir: Option<String>,
    /// Read this file instead of ./.env
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// The account in the configuration file [MT5CRS_PROFILE]; repeatable where nothing is ordered
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Vec<String>,
    /// Every account in the configuration file, side by side; the exit code is the worst
    #[arg(long, global = true)]
    pub(crate) all_profiles: bool,
    /// The configuration file [MT5CRS_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<String>,
    /// End with an honest code after this long, whatever happens
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) deadline: Option<Duration>,
    /// Talk to an address of this machine
    #[arg(long, global = true)]
    pub(crate) allow_loopback: bool,
}

/// The embedded simulated gateway.
#[derive(Debug, Args)]
#[command(next_help_heading = "Practice on a simulated gateway")]
pub(crate) struct SimArgs {
    /// Run the command against a simulated gateway that lives just as long; configured state is never touched
    #[arg(long, global = true)]
    pub(crate) sim: bool,
    /// How many positions it holds
    #[arg(long, global = true, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) sim_positions: Option<u32>,
    /// The seed of its prices
    #[arg(long, global = true, value_name = "SEED")]
    pub(crate) sim_seed: Option<u64>,
    /// How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each
    #[arg(long, global = true, value_name = "FAULT")]
    pub(crate) sim_fault: Vec<String>,
    /// Keep its book in this file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) sim_book: Option<PathBuf>,
    /// The link's round trip, which pipelining hides
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) sim_link_rtt: Option<Duration>,
    /// The broker's time for an order, which nothing hides
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) sim_exec_time: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Text and tables
    Human,
    /// One JSON document, on failure too
    Json,
    /// For reads: one line for a monitoring plugin, exit codes 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    Nagios,
    /// For reads: figures in the text form of Prometheus
    Prometheus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people and for grep
    Text,
    /// One object a line
    Json,
}
