//! Options of every command: output, settings, the simulated gateway.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use mt5crs::config::duration;

use super::value::{number, positive_duration};
use crate::render::style::Colour;

/// Options of every command, before its name or after it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Global {
    /// Format of the result
    #[arg(short, long, global = true, value_enum, default_value = "human", value_name = "FORMAT")]
    pub(crate) output: OutputFormat,
    /// With -o prometheus: replace this file atomically instead of printing
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) outfile: Option<PathBuf>,
    /// When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: Colour,
    /// Print more on stderr: once the run's log, twice every round trip
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print nothing but errors on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Format of the run's own log; VERIFY_LOG.log is always text
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
    /// Address or name of the gateway [GATEWAY_HOST, GTW_HOST]
    #[arg(long, global = true)]
    pub(crate) host: Option<String>,
    /// Port of the gateway [GATEWAY_PORT, GTW_PORT]
    #[arg(long, global = true, allow_hyphen_values = true)]
    pub(crate) port: Option<String>,
    /// Timeout of each attempt of a read [SYNC_TIMEOUT_S]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION")]
    pub(crate) timeout: Option<String>,
    /// Number of attempts of a read, the first included [SYNC_RETRY_COUNT]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "COUNT")]
    pub(crate) attempts: Option<String>,
    /// Wait between two attempts [SYNC_RETRY_INTERVAL_S]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION")]
    pub(crate) retry_interval: Option<String>,
    /// Directory of snapshots and evidence [MT5CRS_STATE_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state_dir: Option<String>,
    /// Directory of logs [MT5CRS_LOG_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) log_dir: Option<String>,
    /// Read this file instead of ./.env or /etc/mt5crs/PROFILE.env
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Vec<String>,
    /// Every account in the configuration file, side by side; the exit code is the worst
    #[arg(long, global = true)]
    pub(crate) all_profiles: bool,
    /// The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<String>,
    /// Time limit of the command; the exit code then states the proof so far
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) deadline: Option<Duration>,
    /// Allow a gateway on this machine
    #[arg(long, global = true)]
    pub(crate) allow_loopback: bool,
}

/// The embedded simulated gateway.
#[derive(Debug, Args)]
#[command(next_help_heading = "Practice on a simulated gateway")]
pub(crate) struct SimArgs {
    /// Run against a simulated gateway that lives as long as the command; nothing that is configured is touched
    #[arg(long, global = true)]
    pub(crate) sim: bool,
    /// Keep its scratch tree, with state, logs and kill switch, at the end
    #[arg(long, global = true)]
    pub(crate) keep: bool,
    /// Number of positions that it holds
    #[arg(long, global = true, value_name = "COUNT", value_parser = number("a count", 0..=100_000_u32))]
    pub(crate) sim_positions: Option<u32>,
    /// Seed of its prices
    #[arg(long, global = true, value_name = "SEED", value_parser = number("a seed", 0..=u64::MAX))]
    pub(crate) sim_seed: Option<u64>,
    /// A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each
    #[arg(long, global = true, value_name = "FAULT")]
    pub(crate) sim_fault: Vec<String>,
    /// Protocol that it speaks: 4 or 5 [5]
    #[arg(long, global = true, value_name = "VERSION", value_parser = number("4 or 5", 4..=5_u8))]
    pub(crate) sim_protocol: Option<u8>,
    /// Number of pending orders that it holds, in protocol 5
    #[arg(long, global = true, value_name = "COUNT", value_parser = number("a count", 0..=1_000_u32))]
    pub(crate) sim_pending: Option<u32>,
    /// Key that it knows, in protocol 5; its name is the file's
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) sim_key: Option<PathBuf>,
    /// Role of that key [trade]
    #[arg(long, global = true, value_name = "ROLE", value_enum)]
    pub(crate) sim_role: Option<SimRole>,
    /// Requests that it wants signed, in protocol 5 [all with a key, off without]
    #[arg(long, global = true, value_name = "WHICH", value_enum)]
    pub(crate) sim_signing: Option<SimSigning>,
    /// Keep its book in this file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) sim_book: Option<PathBuf>,
    /// Round trip of its link, which pipelining hides
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) sim_link_rtt: Option<Duration>,
    /// The broker's time for an order, which pipelining doesn't hide
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) sim_exec_time: Option<Duration>,
}

/// The role of a simulated gateway's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimRole {
    /// Reads, the kill switch engaged, anchors
    Read,
    /// Orders as well
    Trade,
    /// The kill switch released as well
    Admin,
}

/// The requests that a simulated gateway wants signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimSigning {
    /// None
    Off,
    /// Orders, the kill switch, anchors
    Orders,
    /// Every request
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Text and tables
    Human,
    /// One JSON document, on failure too
    Json,
    /// For reads: the line and exit code of a monitoring plugin
    Nagios,
    /// For reads: metrics in Prometheus's text format
    Prometheus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people and for grep
    Text,
    /// One object a line
    Json,
}
