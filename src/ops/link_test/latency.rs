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
use crate::link::session::{AskError, ProofError, Session};
use crate::link::target::Target;
use crate::link::transport::LinkError;
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

/// Two histograms in ns, with three significant digits.
struct Samples {
    rtt: Histogram<u64>,
    due: Histogram<u64>,
    sent: u32,
    lost: u32,
    lost_at_end: u32,
    /// The cause of the last loss.
    last_loss: Option<LinkError>,
}

impl Samples {
    fn new() -> Result<Self, Error> {
        let histogram = || Histogram::new(3).map_err(|error| system_error(error.to_string()));
        let (rtt, due) = (histogram()?, histogram()?);
        Ok(Self { rtt, due, sent: 0, lost: 0, lost_at_end: 0, last_loss: None })
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
}

fn system_error(message: String) -> Error {
    let last = LinkError::System(message);
    Error::NoAnswer { timeout: Duration::ZERO, past_deadline: false, attempts: 1, last }
}

/// The measurements until the end or the first error, and the cause of the last loss.
pub(super) struct Measured {
    pub(super) latency: Option<Latency>,
    pub(super) last_loss: Option<LinkError>,
    pub(super) ended: Result<(), Error>,
}

/// Measures on that session; after a loss, on a new one whose identity is proved again.
pub(super) fn measure(
    session: Session<'_>,
    options: &Options,
    deps: &Deps<'_>,
    target: Option<&Target>,
) -> Measured {
    let mut samples = match Samples::new() {
        Ok(samples) => samples,
        Err(error) => return Measured { latency: None, last_loss: None, ended: Err(error) },
    };
    let ended = collect_samples(&mut samples, session, options, deps, target);
    let latency = (samples.sent > 0).then(|| summarise(&samples, options));
    Measured { latency, last_loss: samples.last_loss, ended }
}

fn collect_samples(
    samples: &mut Samples,
    session: Session<'_>,
    options: &Options,
    deps: &Deps<'_>,
    target: Option<&Target>,
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
        match measure_one(&mut session, deps, target, until)? {
            Ok(rtt) => {
                let late = clock.monotonic().saturating_sub(due);
                samples.add_answered(rtt, late.max(rtt));
            }
            Err(error) => samples.add_lost(error),
        }
        (deps.progress)(number + 1, options.count);
    }
    Ok(())
}

/// Measures one round trip, on a new connection if there is none. Silence is a loss (the inner error); an answer from another program is an error.
fn measure_one<'r>(
    session: &mut Option<Session<'r>>,
    deps: &Deps<'r>,
    target: Option<&Target>,
    until: Deadline,
) -> Result<Result<Duration, LinkError>, Error> {
    let connected = match session.take() {
        Some(session) => Ok(session),
        None => reconnect(deps, target, until),
    };
    let mut connected = match connected {
        Ok(session) => session,
        Err(ProofError::NotTheGateway(look_alike)) => return Err(Error::NotTheGateway(look_alike)),
        Err(ProofError::Link(error)) => return loss_or_error(error),
    };
    match connected.ask(Ping, until) {
        Ok(answer) => {
            *session = Some(connected);
            Ok(Ok(answer.rtt))
        }
        Err(AskError::Malformed(complaint)) => Err(Error::Malformed { action: "PING", complaint }),
        Err(AskError::Link(error)) => loss_or_error(error),
    }
}

fn reconnect<'r>(
    deps: &Deps<'r>,
    target: Option<&Target>,
    until: Deadline,
) -> Result<Session<'r>, ProofError> {
    let Some(target) = target else { return Err(LinkError::Lost.into()) };
    let connection = (deps.transport)(target.address).connect(until)?;
    Session::prove(connection, &**deps.clock, until)
}

fn loss_or_error(error: LinkError) -> Result<Result<Duration, LinkError>, Error> {
    match error {
        LinkError::Stopped(stopped) => Err(stopped.into()),
        LinkError::NotZeroMq(what) => Err(Error::NotZeroMq(what)),
        error => Ok(Err(error)),
    }
}

fn summarise(samples: &Samples, options: &Options) -> Latency {
    let answered = samples.rtt.len();
    let p99_is_max = answered < P99_SAMPLES;
    let at = |histogram: &Histogram<u64>, quantile: f64| {
        (answered > 0).then(|| histogram.value_at_quantile(quantile) as f64 / 1e3)
    };
    let max = |histogram: &Histogram<u64>| (answered > 0).then(|| histogram.max() as f64 / 1e3);
    let p99 = |histogram: &Histogram<u64>| {
        if p99_is_max { max(histogram) } else { at(histogram, 0.99) }
    };
    Latency {
        sent: samples.sent,
        lost: samples.lost,
        lost_at_end: samples.lost_at_end,
        interval_us: micros(options.interval),
        warn_us: micros(options.latency_warn),
        critical_us: micros(options.latency_critical),
        rtt_min_us: (answered > 0).then(|| samples.rtt.min() as f64 / 1e3),
        rtt_p50_us: at(&samples.rtt, 0.5),
        rtt_p90_us: at(&samples.rtt, 0.9),
        rtt_p99_us: p99(&samples.rtt),
        rtt_max_us: max(&samples.rtt),
        due_p50_us: at(&samples.due, 0.5),
        due_p90_us: at(&samples.due, 0.9),
        due_p99_us: p99(&samples.due),
        due_max_us: max(&samples.due),
        p99_is_max,
        histogram: buckets(&samples.rtt),
    }
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
