//! Round trips on a fixed schedule.
//!
//! Each round trip has a due time. A stalled gateway delays the following round trips, and their times from the send
//! (`rtt_*`) would hide the stall (coordinated omission). So each is also measured from its due time (`due_*`).

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Deps, Options};
use crate::clock::{Deadline, micros, nanos};
use crate::link::client::Error;
use crate::link::session::{AskError, Session};
use crate::link::target::Target;
use crate::link::transport::LinkError;
use crate::protocol::Action;
use crate::protocol::ping::Ping;

/// With fewer samples the 99th percentile is the maximum, and is labelled as such.
const P99_SAMPLES: u64 = 100;

/// The round trips, in µs on the monotonic clock.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Latency {
    /// Requests sent.
    pub sent: u32,
    /// Requests without an answer in time.
    pub lost: u32,
    /// Lost requests since the last answer.
    pub lost_at_end: u32,
    /// Interval between due times, in µs.
    pub interval_us: u64,
    /// A 99th percentile above this is a warning, in µs.
    pub warn_us: u64,
    /// A 99th percentile above this is a failure, in µs.
    pub critical_us: u64,
    /// Shortest, in µs.
    pub rtt_min_us: Option<f64>,
    /// Median, in µs.
    pub rtt_p50_us: Option<f64>,
    /// 90th percentile, in µs.
    pub rtt_p90_us: Option<f64>,
    /// 99th percentile in µs; the maximum where `p99_is_max`.
    pub rtt_p99_us: Option<f64>,
    /// Longest, in µs.
    pub rtt_max_us: Option<f64>,
    /// Median from the due time, in µs.
    pub due_p50_us: Option<f64>,
    /// 90th percentile from the due time, in µs.
    pub due_p90_us: Option<f64>,
    /// 99th percentile from the due time, in µs; the maximum where `p99_is_max`.
    pub due_p99_us: Option<f64>,
    /// Longest from the due time, in µs.
    pub due_max_us: Option<f64>,
    /// Whether there are too few samples for a 99th percentile.
    pub p99_is_max: bool,
    /// The distribution of the round trips, from the send.
    pub histogram: Vec<Bucket>,
}

/// A bar of the histogram.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Bucket {
    /// Shortest round trip in this bucket, in µs.
    pub from_us: f64,
    /// Shortest round trip above this bucket, in µs.
    pub to_us: f64,
    /// Number of round trips.
    pub count: u64,
}

impl Latency {
    /// The 99th percentile that the limits apply to; the maximum of fewer than 100 samples.
    pub fn p99(&self) -> Option<Duration> {
        self.rtt_p99_us.map(|micros| Duration::from_secs_f64(micros / 1e6))
    }

    /// Whether more than 1 % of the requests were lost, so that the 99th percentile is longer than any limit.
    pub fn p99_is_lost(&self) -> bool {
        u64::from(self.lost) * P99_SAMPLES > u64::from(self.sent)
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} round {}", self.sent, if self.sent == 1 { "trip" } else { "trips" })?;
        let ms = |micros: Option<f64>| micros.unwrap_or_default() / 1e3;
        if self.rtt_p50_us.is_some() {
            write!(f, ": p50 {:.2}, p90 {:.2}, ", ms(self.rtt_p50_us), ms(self.rtt_p90_us))?;
            if !self.p99_is_max {
                write!(f, "p99 {:.2}, ", ms(self.rtt_p99_us))?;
            }
            write!(f, "max {:.2} ms", ms(self.rtt_max_us))?;
        }
        write!(f, ", {} lost", self.lost)
    }
}

/// Round trips in ns, with three significant digits.
pub(super) struct Samples {
    rtt: Histogram<u64>,
    due: Histogram<u64>,
    sent: u32,
    lost: u32,
    lost_at_end: u32,
    /// The cause of the last loss.
    pub(super) last_loss: Option<LinkError>,
}

impl Samples {
    pub(super) fn new() -> Self {
        // Fails only above 5 digits.
        let empty = || Histogram::new(3).unwrap_or_else(|error| unreachable!("{error}"));
        let (rtt, due) = (empty(), empty());
        Self { rtt, due, sent: 0, lost: 0, lost_at_end: 0, last_loss: None }
    }

    /// Measures on that session until the end or the first error; after a loss, on a new session.
    pub(super) fn collect<'r>(
        &mut self,
        session: Session<'r>,
        options: &Options,
        deps: &Deps<'r>,
        target: &Target,
    ) -> Result<(), Error> {
        let clock = &**deps.clock;
        let mut session = Some(session);
        let start = clock.monotonic();
        for number in 0..options.count {
            let due = start + options.interval * number;
            let wait = due.saturating_sub(clock.monotonic());
            if !wait.is_zero() {
                clock.sleep(wait)?;
            }
            if deps.deadline.is_past(clock) {
                break;
            }
            let until = Deadline::after(clock, options.timeout).min(deps.deadline);
            match measure_one(&mut session, deps, target, until) {
                Ok(rtt) => self.add_answered(rtt, clock.monotonic().saturating_sub(due).max(rtt)),
                // Silence is a loss; an answer from another program ends the measurement.
                Err(error) => self.add_lost(error.retryable(Ping::NAME)?),
            }
            (deps.progress)(number + 1, options.count);
        }
        Ok(())
    }

    fn add_answered(&mut self, rtt: Duration, since_due: Duration) {
        self.sent += 1;
        self.lost_at_end = 0;
        // The histograms grow as needed, so no value is too large for them.
        let _ = self.rtt.record(nanos(rtt));
        let _ = self.due.record(nanos(since_due));
    }

    fn add_lost(&mut self, error: LinkError) {
        self.last_loss = Some(error);
        self.sent += 1;
        self.lost += 1;
        self.lost_at_end += 1;
    }

    /// The figures; `None` before the first request.
    pub(super) fn summarise(&self, options: &Options) -> Option<Latency> {
        let answered = self.rtt.len();
        let p99_is_max = answered < P99_SAMPLES;
        let quantiles = [0.0, 0.5, 0.9, if p99_is_max { 1.0 } else { 0.99 }, 1.0];
        let figures = |histogram: &Histogram<u64>| {
            quantiles.map(|quantile| {
                (answered > 0).then(|| histogram.value_at_quantile(quantile) as f64 / 1e3)
            })
        };
        let [rtt_min_us, rtt_p50_us, rtt_p90_us, rtt_p99_us, rtt_max_us] = figures(&self.rtt);
        let [_, due_p50_us, due_p90_us, due_p99_us, due_max_us] = figures(&self.due);
        (self.sent > 0).then(|| Latency {
            sent: self.sent,
            lost: self.lost,
            lost_at_end: self.lost_at_end,
            interval_us: micros(options.interval),
            warn_us: micros(options.latency_warn),
            critical_us: micros(options.latency_critical),
            rtt_min_us,
            rtt_p50_us,
            rtt_p90_us,
            rtt_p99_us,
            rtt_max_us,
            due_p50_us,
            due_p90_us,
            due_p99_us,
            due_max_us,
            p99_is_max,
            histogram: buckets(&self.rtt),
        })
    }
}

/// Measures one round trip, on a new connection if there is none. An error ends the session.
fn measure_one<'r>(
    session: &mut Option<Session<'r>>,
    deps: &Deps<'r>,
    target: &Target,
    until: Deadline,
) -> Result<Duration, AskError> {
    let mut proved = match session.take() {
        Some(session) => session,
        None => {
            let connection = (deps.transport)(target.address).connect(until)?;
            Session::prove(connection, &**deps.clock, until)?
        }
    };
    let rtt = proved.ask(Ping, until)?.rtt;
    *session = Some(proved);
    Ok(rtt)
}

/// Ten buckets of equal width, from the shortest round trip to the longest.
fn buckets(histogram: &Histogram<u64>) -> Vec<Bucket> {
    const COUNT: u64 = 10;
    if histogram.is_empty() {
        return Vec::new();
    }
    let (from, to) = (histogram.min(), histogram.max());
    let width = (to - from) / COUNT + 1;
    let mut buckets: Vec<Bucket> = (0..COUNT)
        .map(|index| Bucket {
            from_us: (from + index * width) as f64 / 1e3,
            to_us: (from + (index + 1) * width) as f64 / 1e3,
            count: 0,
        })
        .collect();
    for value in histogram.iter_recorded() {
        let index = value.value_iterated_to().saturating_sub(from) / width;
        let last = buckets.len() - 1;
        buckets[usize::try_from(index).unwrap_or(last).min(last)].count +=
            value.count_since_last_iteration();
    }
    buckets
}
