//! Round trips on a fixed schedule.
//!
//! Each has a moment at which it is due. A gateway that stalls makes the following ones late, and a client that waits
//! for it before it measures on would hide just the stall (coordinated omission); so beside the time from the send
//! (`rtt_*`) stands the time from when each was due (`due_*`).

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Options, Reach};
use crate::clock::{Deadline, micros, nanos};
use crate::link::client::Error;
use crate::link::session::{AskError, ProofError, Session};
use crate::link::target::Target;
use crate::link::transport::LinkError;
use crate::protocol::ping::Pong;

/// Below this many samples the 99th percentile is no more than the maximum, and is labelled so.
const P99_SAMPLES: u64 = 100;

/// The round trips, in µs on the monotonic clock.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Latency {
    /// Round trips that were begun.
    pub sent: u32,
    /// Those that brought no answer in time.
    pub lost: u32,
    /// Those of them behind the last answer: since then the gateway is silent.
    pub lost_at_end: u32,
    /// From one due time to the next, in µs.
    pub interval_us: u64,
    /// Past this at the 99th percentile it is warned, in µs.
    pub warn_us: u64,
    /// Past this at the 99th percentile the link is unfit, in µs.
    pub critical_us: u64,
    /// Shortest.
    pub rtt_min_us: Option<f64>,
    /// Median.
    pub rtt_p50_us: Option<f64>,
    /// 90th percentile.
    pub rtt_p90_us: Option<f64>,
    /// 99th percentile; the maximum where `p99_is_max`.
    pub rtt_p99_us: Option<f64>,
    /// Longest.
    pub rtt_max_us: Option<f64>,
    /// Median from the due time.
    pub due_p50_us: Option<f64>,
    /// 90th percentile from the due time.
    pub due_p90_us: Option<f64>,
    /// 99th percentile from the due time; the maximum where `p99_is_max`.
    pub due_p99_us: Option<f64>,
    /// Longest from the due time.
    pub due_max_us: Option<f64>,
    /// Whether there are too few samples for a 99th percentile.
    pub p99_is_max: bool,
    /// The distribution of the round trips, from the send.
    pub histogram: Vec<Bucket>,
}

/// How many round trips took from..to.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Bucket {
    /// From, in µs, included.
    pub from_us: f64,
    /// To, in µs, excluded.
    pub to_us: f64,
    /// How many.
    pub count: u64,
}

impl Latency {
    /// The round trip that the limits are held against; the longest of those that were answered where too few were.
    pub fn p99(&self) -> Option<Duration> {
        self.rtt_p99_us.map(|micros| Duration::from_secs_f64(micros / 1e6))
    }

    /// Whether the 99th percentile of all that were sent is one that never came back: longer than any limit.
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

/// Two histograms of nanoseconds with three significant digits: sizes that no caller chooses, so they can't be wrong.
struct Samples {
    rtt: Histogram<u64>,
    due: Histogram<u64>,
    sent: u32,
    lost: u32,
    lost_at_end: u32,
    /// Why the last of them was lost.
    last_loss: Option<LinkError>,
}

impl Samples {
    fn new() -> Result<Self, Error> {
        let histogram = || Histogram::new(3).map_err(|error| system(error.to_string()));
        let (rtt, due) = (histogram()?, histogram()?);
        Ok(Self { rtt, due, sent: 0, lost: 0, lost_at_end: 0, last_loss: None })
    }

    fn answered(&mut self, rtt: Duration, since_due: Duration) {
        self.sent += 1;
        self.lost_at_end = 0;
        // The histograms grow as needed, so nothing is ever too long for them.
        let _ = self.rtt.record(nanos(rtt));
        let _ = self.due.record(nanos(since_due));
    }

    fn lost(&mut self, error: LinkError) {
        self.last_loss = Some(error);
        self.sent += 1;
        self.lost += 1;
        self.lost_at_end += 1;
    }
}

fn system(words: String) -> Error {
    let last = LinkError::System(words);
    Error::NoAnswer { timeout: Duration::ZERO, past_deadline: false, attempts: 1, last }
}

/// What was measured, until an error where there was one, and why the last lost round trip was lost.
pub(super) struct Measured {
    pub(super) latency: Option<Latency>,
    pub(super) last_loss: Option<LinkError>,
    pub(super) ended: Result<(), Error>,
}

/// Measures on the session that is there; after a loss on a new one, proved anew.
pub(super) fn measure(
    session: Session<'_>,
    options: &Options,
    reach: &Reach<'_>,
    target: Option<&Target>,
) -> Measured {
    let mut samples = match Samples::new() {
        Ok(samples) => samples,
        Err(error) => return Measured { latency: None, last_loss: None, ended: Err(error) },
    };
    let ended = sample(&mut samples, session, options, reach, target);
    let latency = (samples.sent > 0).then(|| summarise(&samples, options));
    Measured { latency, last_loss: samples.last_loss, ended }
}

fn sample(
    samples: &mut Samples,
    session: Session<'_>,
    options: &Options,
    reach: &Reach<'_>,
    target: Option<&Target>,
) -> Result<(), Error> {
    let clock = &**reach.clock;
    let mut session = Some(session);
    let start = clock.monotonic();
    for number in 0..options.count {
        let due = start + options.interval * number;
        let wait = due.saturating_sub(clock.monotonic());
        if !wait.is_zero() {
            clock.sleep(wait)?;
        }
        if reach.deadline.is_past(clock) {
            break;
        }
        let until = Deadline::after(clock, options.timeout).min(reach.deadline);
        match trip(&mut session, reach, target, until)? {
            Ok(rtt) => {
                let late = clock.monotonic().saturating_sub(due);
                samples.answered(rtt, late.max(rtt));
            }
            Err(error) => samples.lost(error),
        }
        (reach.progress)(number + 1, options.count);
    }
    Ok(())
}

/// One round trip, on a connection made anew where there is none: silence is a loss, a stranger is an error.
fn trip<'r>(
    session: &mut Option<Session<'r>>,
    reach: &Reach<'r>,
    target: Option<&Target>,
    until: Deadline,
) -> Result<Result<Duration, LinkError>, Error> {
    let connected = match session.take() {
        Some(session) => Ok(session),
        None => reconnect(reach, target, until),
    };
    let mut connected = match connected {
        Ok(session) => session,
        Err(ProofError::NotTheGateway(look_alike)) => return Err(Error::NotTheGateway(look_alike)),
        Err(ProofError::Link(error)) => return loss(error),
    };
    match connected.ask::<Pong>((), until) {
        Ok(answer) => {
            *session = Some(connected);
            Ok(Ok(answer.rtt))
        }
        Err(AskError::Malformed(complaint)) => Err(Error::Malformed { action: "PING", complaint }),
        Err(AskError::Link(error)) => loss(error),
    }
}

fn reconnect<'r>(
    reach: &Reach<'r>,
    target: Option<&Target>,
    until: Deadline,
) -> Result<Session<'r>, ProofError> {
    let Some(target) = target else { return Err(LinkError::Lost.into()) };
    let connection = (reach.transport)(target.address).connect(until)?;
    Session::prove(connection, &**reach.clock, until)
}

fn loss(error: LinkError) -> Result<Result<Duration, LinkError>, Error> {
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

/// Ten buckets of equal width from the shortest to the longest.
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
