//! The reports of a watch: each look, and at the end all of them in one.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Monitor, WatchedPosition};
use crate::clock::{micros, millis, nanos};
use crate::evidence::outcome::{WatchEnding, as_report_word};
use crate::guard::drift::{DriftReading, DriftState};
use crate::guard::health::{HealthState, Reason, Rule, Window};
use crate::units::{Money, Price, Ticket, TimeSchema};

/// One look.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tick {
    /// `mt5crs.canary-tick/1`.
    pub schema: &'static str,
    /// Time of the look, by this machine's wall clock.
    #[schemars(with = "TimeSchema")]
    pub at: Timestamp,
    /// Time since the watch began, in ms on the monotonic clock.
    pub elapsed_ms: u64,
    /// Time left, in ms.
    pub left_ms: u64,
    /// The health of the position.
    pub state: HealthState,
    /// The reasons against its health, the worst first.
    pub reasons: Vec<Reason>,
    /// The position.
    pub ticket: Ticket,
    /// Round trip of this look's PING, in µs; null without an answer.
    pub rtt_us: Option<u64>,
    /// The last 100 round trips.
    pub window: Window,
    /// The account's equity at this look.
    pub equity: Option<Money>,
    /// The account's balance at this look.
    pub balance: Option<Money>,
    /// The margin in use at this look.
    pub margin: Option<Money>,
    /// The account's number, where the gateway reports it.
    pub login: Option<String>,
    /// Whether the gateway identified itself as simulated.
    #[serde(skip)]
    pub simulated: bool,
    /// The gateway's clock less this machine's, in ms; null without an answer.
    pub clock_skew_ms: Option<i64>,
    /// The position's price at this look.
    pub current_price: Option<Price>,
    /// The position's profit at this look.
    pub profit: Option<Money>,
    /// Number of errors within 24 h, critical ones included.
    pub errors: usize,
    /// Number of critical errors within 24 h.
    pub critical_errors: usize,
    /// Number of errors since the watch began, critical ones included.
    pub errors_in_all: u64,
    /// Number of critical errors since the watch began.
    pub critical_errors_in_all: u64,
    /// Number of readings within 24 h that showed drift.
    pub drift_events: usize,
    /// The last reading of drift; null where it is not watched.
    pub drift: Option<DriftReading>,
    /// Whether this look read it.
    pub drift_is_new: bool,
    /// Length of the silence, in ms; null where there is none.
    pub silent_ms: Option<u64>,
    /// Number of looks since the watch began that a slow one overran.
    pub missed: u64,
    /// Jump of the wall clock since the last look, in ms; null where it didn't jump.
    pub clock_jump_ms: Option<i64>,
}

/// A watch at its end.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Watched {
    /// The position.
    pub ticket: Ticket,
    /// Whether an earlier run opened it.
    pub adopted: bool,
    /// Why the watch ended.
    #[serde(serialize_with = "as_report_word")]
    pub ended: WatchEnding,
    /// The health of the position at the end.
    pub health: HealthState,
    /// The reasons against its health at the end, the worst first.
    pub reasons: Vec<Reason>,
    /// The first warning of each rule that ever warned.
    pub warned: Vec<Reason>,
    /// Planned length, in ms.
    pub planned_ms: u64,
    /// Actual length, in ms on the monotonic clock.
    pub lasted_ms: u64,
    /// Time from one look to the next, in ms.
    pub interval_ms: u64,
    /// Number of looks.
    pub looks: u64,
    /// Number of looks that a slow one overran.
    pub missed: u64,
    /// Number of answered PINGs.
    pub round_trips: u64,
    /// Median round trip, in µs.
    pub rtt_p50_us: Option<u64>,
    /// 99th percentile of the round trips, in µs; null where there are fewer than 100.
    pub rtt_p99_us: Option<u64>,
    /// Longest round trip, in µs.
    pub rtt_max_us: Option<u64>,
    /// Number of round trips above the second limit.
    pub spikes: u64,
    /// Number of errors, critical ones included; an outage is one however long it lasted.
    pub errors: u64,
    /// Number of unacceptable answers.
    pub critical_errors: u64,
    /// The last error.
    pub last_error: Option<String>,
    /// The longest time without an answer, in ms.
    pub longest_silence_ms: u64,
    /// Drift.
    pub drift: DriftReport,
    /// Number of jumps of the wall clock.
    pub clock_jumps: u64,
    /// Result of engaging the kill switch on a halt; null without a halt.
    pub breaker: Option<BreakerEnd>,
}

/// The result of engaging the kill switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakerEnd {
    /// The file was written.
    Written,
    /// The file existed already, and was left unchanged.
    AlreadyThere,
    /// The file could not be written: an engine may go on trading.
    NotWritten,
}

/// Drift over the watch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct DriftReport {
    /// Whether drift was watched.
    pub watched: bool,
    /// Number of readings.
    pub looks: u64,
    /// Number of readings that showed drift.
    pub events: u64,
    /// Number of readings that could not be judged.
    pub cannot_be_judged: u64,
    /// The last reading.
    pub last: Option<DriftReading>,
}

/// The sums of a watch in progress.
pub(super) struct Tally {
    report: Watched,
    /// Round trips in nanoseconds. Always present: the constant precision is valid.
    trips: Option<Histogram<u64>>,
    warned: BTreeMap<Rule, Reason>,
    /// Whether the position is proved gone already.
    pub(super) is_gone: bool,
}

impl Tally {
    /// Number of errors so far, and of critical ones.
    pub(super) fn errors(&self) -> (u64, u64) {
        (self.report.errors, self.report.critical_errors)
    }

    /// Adds a time in which nothing was watched: one silence.
    pub(super) fn unwatched(&mut self, length: Duration) {
        self.report.errors += 1;
        self.report.longest_silence_ms = self.report.longest_silence_ms.max(millis(length));
    }

    pub(super) fn new(monitor: &Monitor, watched: &WatchedPosition) -> Self {
        let drift = DriftReport { watched: watched.drift.is_some(), ..DriftReport::default() };
        let report = Watched {
            ticket: watched.position.ticket,
            adopted: watched.adopted,
            ended: WatchEnding::TimeOver,
            health: HealthState::Healthy,
            reasons: vec![],
            warned: vec![],
            planned_ms: millis(monitor.duration),
            lasted_ms: 0,
            interval_ms: millis(monitor.interval),
            looks: 0,
            missed: 0,
            round_trips: 0,
            rtt_p50_us: None,
            rtt_p99_us: None,
            rtt_max_us: None,
            spikes: 0,
            errors: 0,
            critical_errors: 0,
            last_error: None,
            longest_silence_ms: 0,
            drift,
            clock_jumps: 0,
            breaker: None,
        };
        let trips = Histogram::new(3).ok();
        Self { report, trips, warned: BTreeMap::new(), is_gone: false }
    }

    pub(super) fn round_trip(&mut self, rtt: Duration, limit: Duration) {
        self.report.round_trips += 1;
        self.report.spikes += u64::from(rtt > limit);
        if let Some(trips) = &mut self.trips {
            // It grows as needed, so nothing is ever too long for it.
            let _ = trips.record(nanos(rtt));
        }
    }

    pub(super) fn error(&mut self, why: &str, critical: bool) {
        self.report.errors += 1;
        self.report.critical_errors += u64::from(critical);
        self.report.last_error = Some(why.to_owned());
    }

    pub(super) fn drift(&mut self, reading: &DriftReading) {
        let drift = &mut self.report.drift;
        drift.looks += 1;
        drift.events += u64::from(reading.state == DriftState::Drift);
        drift.cannot_be_judged += u64::from(reading.state == DriftState::CannotBeJudged);
        drift.last = Some(reading.clone());
    }

    /// Adds a look, whose health is the latest.
    pub(super) fn looked(&mut self, tick: Tick) {
        let report = &mut self.report;
        report.looks += 1;
        report.lasted_ms = tick.elapsed_ms;
        report.missed = tick.missed;
        report.clock_jumps += u64::from(tick.clock_jump_ms.is_some());
        report.longest_silence_ms =
            report.longest_silence_ms.max(tick.silent_ms.unwrap_or_default());
        for reason in tick.reasons.iter().filter(|reason| reason.state == HealthState::Warning) {
            self.warned.entry(reason.rule).or_insert_with(|| reason.clone());
        }
        (report.health, report.reasons) = (tick.state, tick.reasons);
    }

    pub(super) fn report(self, ended: WatchEnding) -> Watched {
        let mut report = self.report;
        report.ended = ended;
        report.warned = self.warned.into_values().collect();
        if let Some(trips) = self.trips.filter(|trips| !trips.is_empty()) {
            let us = |nanos| micros(Duration::from_nanos(nanos));
            report.rtt_p50_us = Some(us(trips.value_at_quantile(0.5)));
            report.rtt_p99_us = (trips.len() >= 100).then(|| us(trips.value_at_quantile(0.99)));
            report.rtt_max_us = Some(us(trips.max()));
        }
        report
    }
}
