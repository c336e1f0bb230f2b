//! `mt5crs sim`, as it can be typed.

use std::path::PathBuf;
use std::time::Duration;

use mt5crs::config::duration;

use crate::cli::value::positive_duration;

/// Run a simulated gateway to practise on
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many positions it holds
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(super) positions: Option<u32>,
    /// The seed of its prices
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// How it lies, by name (repeatable)
    #[arg(long, value_name = "FAULT")]
    pub(super) fault: Vec<String>,
    /// Keep the book in this file, and take it up again from there
    #[arg(long, value_name = "FILE")]
    pub(super) book: Option<PathBuf>,
    /// The link's round trip, which pipelining hides
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(super) link_rtt: Option<Duration>,
    /// The broker's time for an order, which nothing hides
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(super) exec_time: Option<Duration>,
    /// How old an order's risk signature may be
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub(super) signature_ttl: Option<Duration>,
    /// The port to listen on, on loopback; the system picks one unless it is given
    #[arg(long = "listen-port", value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) listen_port: Option<u16>,
    /// End when standard input does, so that it never outlives whoever started it
    #[arg(long)]
    pub(super) end_with_stdin: bool,
    /// Note every request in this file as it comes in, a line of JSON each: which connection, and what
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list_faults", "ledger"])]
    pub(super) requests: Option<PathBuf>,
    /// Explain every fault, and end
    #[arg(long)]
    pub(super) list_faults: bool,
    /// Print what really executed on the book of --book, and end
    #[arg(long, requires = "book", conflicts_with = "list_faults")]
    pub(super) ledger: bool,
}
