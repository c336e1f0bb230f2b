//! `link-test`: is this the gateway, is it remote, is its terminal alive, how far is its clock, how fast is it?
//!
//! Tests layer by layer, from the settings to the latency. The report names the first layer that fails, with cause and
//! remedy; the layers above it are "not reached", never "ok". No request is retried, because a retry would hide the fault.

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

use crate::check::{Check, Verdict, verdict_of};
use crate::clock::{Clock, Deadline, StopToken};
use crate::exit::Exit;
use crate::failure::FailureContext;
use crate::link::target::Target;
use crate::link::transport::Transport;
use crate::protocol::account::Account;
use crate::protocol::gateway::Gateway;
use crate::protocol::terminal::Terminal;
use crate::report::Outcome;
use crate::units::TimeSchema;
pub use latency::{Bucket, Latency};

/// The options of `link-test`.
#[derive(Debug, Clone)]
pub struct Options {
    /// The gateway's name or address.
    pub host: String,
    /// The gateway's command port.
    pub port: u16,
    /// The setting that named the host, for the first layer: `GTW_HOST, .env:3`.
    pub origin: String,
    /// Whether an address of this machine is allowed.
    pub allow_loopback: bool,
    /// Timeout of one connection or one round trip.
    pub timeout: Duration,
    /// Number of round trips, at least 1.
    pub count: u32,
    /// Interval between the due times of two round trips.
    pub interval: Duration,
    /// A 99th percentile of the round trips above this is a warning.
    pub latency_warn: Duration,
    /// A 99th percentile of the round trips above this is a failure.
    pub latency_critical: Duration,
    /// A clock skew above this is a warning.
    pub skew_warn: Duration,
    /// The signature's TTL. With a clock skew above it the gateway refuses every order.
    pub signature_ttl: Duration,
    /// Names in the messages of failures.
    pub names: FailureContext,
}

/// The result of `link-test`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Report {
    /// All layers from the bottom up, reached or not.
    #[serde(serialize_with = "layers::serialize")]
    #[schemars(with = "Vec<layers::Layer<'static>>")]
    pub layers: Vec<Check>,
    /// The first layer that failed.
    pub failed_layer: Option<&'static str>,
    /// The address behind the host name, as `IP:PORT`.
    #[schemars(with = "Option<String>")]
    pub address: Option<SocketAddr>,
    /// The local address on the route to it.
    pub source_address: Option<String>,
    /// Gateway's clock minus ours in µs.
    pub skew_us: Option<i64>,
    /// The error of the skew is at most this, in µs.
    pub skew_uncertainty_us: Option<u64>,
    /// The gateway's own time in its answer to the first PING.
    #[schemars(with = "Option<TimeSchema>")]
    pub server_time: Option<Timestamp>,
    /// The account in the terminal's answer.
    pub account: Option<Account>,
    /// What the gateway says about itself; null for protocol 4.3.
    pub gateway: Option<Gateway>,
    /// The terminal and its way to the broker; null where the gateway doesn't tell.
    pub terminal: Option<Terminal>,
    /// The round trips.
    pub latency: Option<Latency>,
    /// The wire's security.
    pub wire: &'static str,
}

/// The wire's security: it is plain text without authentication (PROTOCOL.md, section 1).
pub const WIRE: &str = "plain text without authentication: anyone on the path can read and send orders; use a private network or a tunnel";

/// The security of a wire with signatures (protocol 5).
pub const SIGNED_WIRE: &str = "signed plain text: nobody else can send orders or answers, and anyone on the path can read them";

impl Report {
    fn new() -> Self {
        Self { layers: layers::unreached(), wire: WIRE, ..Self::default() }
    }
}

/// Injected dependencies.
pub struct Deps<'d> {
    /// The clock for waits and measurements.
    pub clock: &'d Arc<dyn Clock>,
    /// Ends the test early.
    pub stop: &'d StopToken,
    /// The deadline of the whole test.
    pub deadline: Deadline,
    /// Makes the transport to an address.
    pub transport: &'d dyn Fn(SocketAddr) -> Box<dyn Transport>,
    /// Receives the progress: round trips done, round trips in all.
    pub progress: &'d dyn Fn(u32, u32),
}

/// The outcome of a test, and its target.
pub struct Tested {
    /// The report, its verdict and its failure.
    pub outcome: Outcome<Report>,
    /// The resolved target, if the name was resolved.
    pub target: Option<Target>,
}

/// Tests the link.
pub fn run(options: &Options, deps: &Deps<'_>) -> Tested {
    let mut test = layers::Test::new(options, deps);
    let ended = test.run();
    let layers::Test { mut report, target, simulated, .. } = test;
    report.failed_layer = layers::failed(&report.layers);
    let verdict = verdict_of(&report.layers);
    let mut outcome = Outcome::judged(report, verdict, simulated);
    if let Err(failure) = ended {
        // No answer means that the link is down, while other commands learn nothing from it.
        let is_down = failure.exit() == Exit::NoAnswer;
        outcome.fail(failure);
        if is_down {
            outcome.verdict = Verdict::Fail;
        }
    }
    Tested { outcome, target }
}
