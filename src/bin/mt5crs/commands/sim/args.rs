//! Arguments of `mt5crs sim`.

use std::path::PathBuf;
use std::time::Duration;

use mt5crs::config::duration;

use crate::cli::value::{number, positive_duration};
use crate::cli::{SimRole, SimSigning};

/// Run a simulated gateway to practise on
///
/// It listens on loopback until it is stopped, and prints its endpoint. --sim on any other command starts one that lives as
/// long as that command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "mt5crs sim --positions 3 --practice drill\nmt5crs sim --list-faults\nmt5crs sim --ledger --book practice.book"
)]
pub(crate) struct Args {
    /// Number of positions
    #[arg(long, value_name = "COUNT", value_parser = number("a count", 0..=100_000_u32))]
    pub(super) positions: Option<u32>,
    /// Seed of the prices
    #[arg(long, value_name = "NUMBER", value_parser = number("a seed", 0..=u64::MAX))]
    pub(super) seed: Option<u64>,
    /// A fault, by name (repeatable)
    #[arg(long, value_name = "FAULT")]
    pub(super) fault: Vec<String>,
    /// Protocol that it speaks: 4, as the deployed gateway, or 5 [5]
    #[arg(long, hide_short_help = true, value_name = "VERSION", value_parser = number("4 or 5", 4..=5_u8))]
    pub(super) protocol: Option<u8>,
    /// Number of pending orders, in protocol 5
    #[arg(long, hide_short_help = true, value_name = "COUNT", value_parser = number("a count", 0..=1_000_u32))]
    pub(super) pending: Option<u32>,
    /// A key that it knows, in protocol 5; its name is the file's
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    /// Role of that key [trade]
    #[arg(long, hide_short_help = true, value_name = "ROLE", value_enum)]
    pub(super) role: Option<SimRole>,
    /// Requests that it wants signed, in protocol 5 [all with a key, off without]
    #[arg(long, hide_short_help = true, value_name = "WHICH", value_enum)]
    pub(super) signing: Option<SimSigning>,
    /// Keep the book in this file, and continue it
    #[arg(long, value_name = "FILE")]
    pub(super) book: Option<PathBuf>,
    /// Round trip of the link, which pipelining hides
    #[arg(long, hide_short_help = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(super) link_rtt: Option<Duration>,
    /// The broker's time for an order, which pipelining doesn't hide
    #[arg(long, hide_short_help = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(super) exec_time: Option<Duration>,
    /// Maximum age of an order's risk signature
    #[arg(long, value_name = "DURATION", value_parser = positive_duration, help_heading = SCRIPTS)]
    pub(super) signature_ttl: Option<Duration>,
    /// Make DIR/mt5crs, which uses this and DIR alone
    ///
    /// Practise with it: it hides every setting of yours from the commands that it runs, `breaker` and `emergency-close`
    /// included. It goes with the gateway; the rest of DIR stays.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["list_faults", "ledger"])]
    pub(super) practice: Option<PathBuf>,
    /// Port on loopback [picked by the system]
    #[arg(long = "listen-port", value_name = "PORT", value_parser = number("a port", 1..=u16::MAX))]
    pub(super) listen_port: Option<u16>,
    /// Stop at the end of standard input, so that it never outlives its starter
    #[arg(long, help_heading = SCRIPTS)]
    pub(super) end_with_stdin: bool,
    /// Write every request to this file, one JSON line each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list_faults", "ledger"], help_heading = SCRIPTS)]
    pub(super) requests: Option<PathBuf>,
    /// Explain every fault, and end
    #[arg(long)]
    pub(super) list_faults: bool,
    /// Print the executions on the book of --book, and end
    #[arg(long, requires = "book", conflicts_with = "list_faults")]
    pub(super) ledger: bool,
}

const SCRIPTS: &str = "For tests and scripts";
