//! Arguments of `mt5crs link-test`.

use std::time::Duration;

use mt5crs::config::duration;

use crate::app::on_change::OnChangeArgs;
use crate::cli::value::{number, watch_interval};

/// Test the link to the gateway, layer by layer
///
/// The layers are settings, name, target, TCP, ZMTP, identity, clock, terminal and latency. The first that fails is named
/// with its cause and remedy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs link-test\n\
    mt5crs link-test -c 200 --histogram\n\
    mt5crs link-test -o json --sim --sim-link-rtt 20ms")]
pub(crate) struct Args {
    /// Number of round trips
    #[arg(short, long, default_value_t = 10, value_parser = number("a count", 1..=1_000_000_u32))]
    pub(super) count: u32,
    /// Interval between round trips
    #[arg(long, default_value = "10ms", value_name = "DURATION", value_parser = duration::parse)]
    pub(super) interval: Duration,
    /// Draw the distribution of the round trips
    #[arg(long)]
    pub(super) histogram: bool,
    /// Go on until stopped: test this often, 10ms at least, and print every change
    #[arg(long, value_name = "DURATION", value_parser = watch_interval, conflicts_with_all = ["count", "interval", "histogram"])]
    pub(super) watch: Option<Duration>,
    #[command(flatten)]
    pub(super) changes: OnChangeArgs,
}
