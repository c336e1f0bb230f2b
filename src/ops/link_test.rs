//! `link-test`: is this the gateway, is it remote, is its terminal alive, how far is its clock, how fast is it?
//!
//! Layer by layer, from the name to the latency. The first layer that fails is named with its cause and its remedy; what
//! lies above it reads "not reached", never "ok". Nothing is asked twice: a test that retries hides what it is to show.

mod latency;
mod layers;
pub mod metrics;
pub mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

pub use latency::{Bucket, Latency};
pub use layers::Layer;

use crate::clock::{Clock, Deadline, StopToken};
use crate::exit::Exit;
use crate::failure::FailureContext;
use crate::link::target::Target;
use crate::link::transport::Transport;
use crate::protocol::account::Account;
use crate::report::{Failure, Outcome, Verdict};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The gateway's name or address.
    pub host: String,
    /// Its command port.
    pub port: u16,
    /// Where the host was set, for the first layer: `GTW_HOST, .env:3`.
    pub origin: String,
    /// Whether an address of this machine may be talked to.
    pub allow_loopback: bool,
    /// For one connection or one round trip.
    pub timeout: Duration,
    /// Round trips, at least 1.
    pub count: u32,
    /// From one round trip's due time to the next's.
    pub interval: Duration,
    /// Round trip at the 99th percentile past which it is warned.
    pub latency_warn: Duration,
    /// Round trip at the 99th percentile past which the link is unfit.
    pub latency_critical: Duration,
    /// Clock skew past which it is warned.
    pub skew_warn: Duration,
    /// The signature's TTL: clock skew past it refuses every order.
    pub signature_ttl: Duration,
    /// For the words of failures.
    pub names: FailureContext,
}

/// The link as it was seen.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The layers from the bottom up, all of them, reached or not.
    pub layers: Vec<Layer>,
    /// The first layer that failed.
    pub failed_layer: Option<&'static str>,
    /// The address that was talked to.
    #[schemars(with = "Option<String>")]
    pub address: Option<SocketAddr>,
    /// The address of this machine that packets to it leave from.
    pub source_address: Option<String>,
    /// Gateway's clock minus ours in µs.
    pub skew_us: Option<i64>,
    /// The skew is known to within this, in µs.
    pub skew_uncertainty_us: Option<u64>,
    /// The gateway's own time when it answered the first PING.
    pub server_time: Option<Timestamp>,
    /// The account that proved the terminal.
    pub account: Option<Account>,
    /// The round trips.
    pub latency: Option<Latency>,
    /// What no test of this link can make better: the wire is plain text and knows no authentication.
    pub wire: &'static str,
}

/// What holds of the wire whatever the test finds.
pub const WIRE: &str = "plain text without authentication: anyone on the path can read and send orders; use a private network or a tunnel";

impl Report {
    fn new() -> Self {
        Self {
            layers: layers::unreached(),
            failed_layer: None,
            address: None,
            source_address: None,
            skew_us: None,
            skew_uncertainty_us: None,
            server_time: None,
            account: None,
            latency: None,
            wire: WIRE,
        }
    }
}

/// How the test reaches the far end; what it takes from the outside.
pub struct Reach<'r> {
    /// Measures, waits.
    pub clock: &'r Arc<dyn Clock>,
    /// Whether somebody asked to stop.
    pub stop: &'r StopToken,
    /// For the whole test.
    pub deadline: Deadline,
    /// Opens connections to an address once it is known.
    pub transport: &'r dyn Fn(SocketAddr) -> Box<dyn Transport>,
    /// Hears of each round trip: done, of how many.
    pub progress: &'r dyn Fn(u32, u32),
}

/// What a test found, and the target where it is known.
pub struct Tested {
    /// The outcome.
    pub outcome: Outcome<Report>,
    /// What the name resolved to.
    pub target: Option<Target>,
}

/// Tests the link.
pub fn run(options: &Options, reach: &Reach<'_>) -> Tested {
    let mut test = layers::Test::new(options, reach);
    let climbed = test.climb();
    let simulated = test.simulated;
    let (mut report, target) = (test.report, test.target);
    let failed = report.layers.iter().find(|layer| layer.failed());
    report.failed_layer = failed.map(|layer| layer.name);
    let warned = report.layers.iter().any(Layer::warned);
    let verdict = if warned { Verdict::Warn } else { Verdict::Pass };
    let mut outcome = Outcome::judged(report, verdict, simulated);
    if let Err(failure) = climbed {
        outcome.verdict = verdict_of(&failure);
        outcome.exit = failure.exit;
        outcome.failure = Some(failure);
    }
    Tested { outcome, target }
}

/// A test that got no answer did get its own: the link is down.
fn verdict_of(failure: &Failure) -> Verdict {
    match failure.exit {
        Exit::NoAnswer => Verdict::Fail,
        _ => failure.verdict(),
    }
}
