//! What a watch tells: each look, and at the end all of them in one report.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Held, Monitor};
use crate::clock::{micros, millis, nanos};
use crate::evidence::outcome::WatchEnding;
use crate::guard::drift::{self, DriftReading};
use crate::guard::health::{HealthState, Reason, Rule, Window};
use crate::units::{Money, Price, Ticket};

/// One look, as it is told.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tick {
    /// `mt5crs.canary-tick/1`.
    pub schema: &'static str,
    /// When, UTC, by this machine's wall clock.
    pub at: Timestamp,
    /// Since the watch began, in ms on the monotonic clock.
    pub elapsed_ms: u64,
    /// Until its time is over, in ms.
    pub left_ms: u64,
    /// Health in one word.
    pub state: HealthState,
    /// What speaks against it, the worst first.
    pub reasons: Vec<Reason>,
    /// The position.
    pub ticket: Ticket,
    /// This look's PING, in µs; null where none came back.
    pub rtt_us: Option<u64>,
    /// The last 100 round trips.
    pub window: Window,
    /// The account's equity, as reported at this look.
    pub equity: Option<Money>,
    /// The position's price, as reported at this look.
    pub current_price: Option<Price>,
    /// The position's result, as reported at this look.
    pub profit: Option<Money>,
    /// Errors within 24 h, critical ones included.
    pub errors: usize,
    /// Critical errors within 24 h.
    pub critical_errors: usize,
    /// Looks within 24 h that showed drift.
    pub drift_events: usize,
    /// The last look at drift; null where it is not watched.
    pub drift: Option<DriftReading>,
    /// For how long there has been no answer, in ms; null where there is one.
    pub silent_ms: Option<u64>,
    /// Looks that a slow one overran, since the watch began.
    pub missed: u64,
    /// By how much the wall clock jumped since the last look, in ms; null where it didn't.
    pub clock_jump_ms: Option<i64>,
}

/// A watch, at its end.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Watched {
    /// The position.
    pub ticket: Ticket,
    /// Whether an earlier run opened it.
    pub adopted: bool,
    /// Why the watch ended.
    #[serde(serialize_with = "WatchEnding::as_word")]
    #[schemars(schema_with = "WatchEnding::word_schema")]
    pub ended: WatchEnding,
    /// Health at the end.
    pub health: HealthState,
    /// What spoke against it at the end, the worst first.
    pub reasons: Vec<Reason>,
    /// The first words of each rule that was ever a warning.
    pub warned: Vec<Reason>,
    /// How long it was to be, in ms.
    pub planned_ms: u64,
    /// How long it was, in ms on the monotonic clock.
    pub lasted_ms: u64,
    /// From one look to the next, in ms.
    pub interval_ms: u64,
    /// Looks.
    pub looks: u64,
    /// Looks that a slow one overran.
    pub missed: u64,
    /// Round trips that came back.
    pub round_trips: u64,
    /// Half of them took no longer, in µs.
    pub rtt_p50_us: Option<u64>,
    /// 99 of 100 took no longer, in µs; null where there are fewer than 100.
    pub rtt_p99_us: Option<u64>,
    /// The longest, in µs.
    pub rtt_max_us: Option<u64>,
    /// How many lay past the second limit.
    pub spikes: u64,
    /// Errors, critical ones included; an outage is one however long it lasted.
    pub errors: u64,
    /// Answers that could not be accepted.
    pub critical_errors: u64,
    /// The last error.
    pub last_error: Option<String>,
    /// The longest time without an answer, in ms.
    pub longest_silence_ms: u64,
    /// Drift.
    pub drift: DriftReport,
    /// How often the wall clock jumped.
    pub clock_jumps: u64,
    /// What became of the kill switch's file on a halt; null without one.
    pub breaker: Option<BreakerEnd>,
}

/// The kill switch's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakerEnd {
    /// It was written.
    Written,
    /// It was there already, and was left as it is.
    AlreadyThere,
    /// It could not be written: an engine may go on trading.
    NotWritten,
}

/// Drift over the watch.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DriftReport {
    /// Whether it was watched at all.
    pub watched: bool,
    /// How often.
    pub looks: u64,
    /// Looks that showed drift.
    pub events: u64,
    /// Looks that could not be judged.
    pub cannot_be_judged: u64,
    /// The last look.
    pub last: Option<DriftReading>,
}

/// What a watch adds up.
pub(super) struct Tally {
    report: Watched,
    /// Of nanoseconds; `None` never happens, because its size is no caller's.
    trips: Option<Histogram<u64>>,
    warned: BTreeMap<Rule, Reason>,
    jump: Option<SignedDuration>,
    /// Whether the position is proved gone already.
    pub(super) gone: bool,
}

impl Tally {
    pub(super) fn new(monitor: &Monitor, held: &Held) -> Self {
        let drift = DriftReport {
            watched: held.drift.is_some(),
            looks: 0,
            events: 0,
            cannot_be_judged: 0,
            last: None,
        };
        let report = Watched {
            ticket: held.position.ticket,
            adopted: held.adopted,
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
        Self { report, trips, warned: BTreeMap::new(), jump: None, gone: false }
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

    pub(super) fn drift(&mut self, look: &DriftReading) {
        let drift = &mut self.report.drift;
        drift.looks += 1;
        drift.events += u64::from(look.state == drift::DriftState::Drift);
        drift.cannot_be_judged += u64::from(look.state == drift::DriftState::CannotBeJudged);
        drift.last = Some(look.clone());
    }

    pub(super) fn clock_jumped(&mut self, jump: Option<SignedDuration>) {
        self.report.clock_jumps += u64::from(jump.is_some());
        self.jump = jump;
    }

    pub(super) fn last_jump_ms(&self) -> Option<i64> {
        self.jump.map(|jump| i64::try_from(jump.as_millis()).unwrap_or(i64::MAX))
    }

    /// A look was told: the last one is how it stands.
    pub(super) fn looked(&mut self, tick: Tick) {
        let report = &mut self.report;
        report.looks += 1;
        report.lasted_ms = tick.elapsed_ms;
        report.missed = tick.missed;
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
