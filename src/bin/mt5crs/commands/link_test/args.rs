//! `mt5crs link-test`, as it can be typed.

use std::time::Duration;

use mt5crs::config::duration;

use crate::cli::value::watch_interval;

/// Test the link layer by layer: name, target, TCP, ZMTP, identity, clock, terminal, latency
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Round trips
    #[arg(short, long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) count: u32,
    /// From one round trip to the next, on a fixed schedule
    #[arg(long, default_value = "10ms", value_name = "DURATION", value_parser = duration::parse)]
    pub(super) interval: Duration,
    /// Draw the distribution of the round trips
    #[arg(long)]
    pub(super) histogram: bool,
    /// Go on until stopped: test this often (10ms at least) and print every change
    #[arg(long, value_name = "DURATION", value_parser = watch_interval, conflicts_with_all = ["count", "interval", "histogram"])]
    pub(super) watch: Option<Duration>,
}
