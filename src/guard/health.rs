//! Judges the health of a watched position: HEALTHY, WARNING or CRITICAL, with every reason.
//!
//! Pure: it takes observations and their times on the monotonic clock. At CRITICAL the watch ends: it engages the breaker,
//! closes the position and proves the close.
//!
//! | | warning | critical |
//! |---|---|---|
//! | breaker | | engaged by anyone |
//! | round trips, the last 100 | 2 spikes; P99 above the first limit | 4 spikes; P99 at the second limit |
//! | errors within 24 h | 3 of any kind | 6 critical ones |
//! | drift within 24 h | 3 readings that show it; one that cannot be judged | 5 readings that show it |
//! | the position | | gone or changed, not by this watch |
//! | silence | any | 10 s |
//! | figures | none moved for 5 min (hazard 19) | |
//! | identity | | another program answers |
//!
//! A spike is a round trip above the second limit. Of 100 round trips the second longest is P99, so in a full window two
//! spikes are critical already; before it is full there is no P99, and four are.
//!
//! A critical error is an unacceptable answer: a refusal of the terminal, a broken protocol, a list that can't be
//! believed. A silence is one error, however long. Its length has its own rule and counts from the first unanswered request,
//! so a gateway may restart within 10 s.

use std::collections::VecDeque;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{drift, staleness};
use crate::clock::micros;

/// Number of round trips that are judged together.
pub const WINDOW: usize = 100;
/// Silence of this length is critical, because the position is unknown by then.
pub const SILENCE: Duration = Duration::from_secs(10);
/// Period in which errors and drift count.
const DAY: Duration = Duration::from_secs(24 * 3600);

const SPIKES: Counts = Counts { warning: 2, critical: 4 };
const DRIFT: Counts = Counts { warning: 3, critical: 5 };
const ERRORS_WARNING: usize = 3;
const CRITICAL_ERRORS: usize = 6;

/// Counts from which a rule is a warning, and critical.
struct Counts {
    warning: usize,
    critical: usize,
}

/// Limits of the round trip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// P99 above this is a warning.
    pub warning: Duration,
    /// A round trip above this is a spike; P99 at it is critical.
    pub critical: Duration,
}

/// The health of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HealthState {
    /// No rule is broken.
    Healthy,
    /// Needs review.
    Warning,
    /// The watch must stop.
    Critical,
}

impl HealthState {
    /// The word on pages and in logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reason {
    /// How severe it is.
    pub state: HealthState,
    /// The rule; its name is stable for scripts.
    pub rule: Rule,
    /// The reason in words, with its figures.
    pub words: String,
}

/// A rule of health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The kill switch is engaged.
    Breaker,
    /// The position is gone or changed.
    Position,
    /// Another program answers.
    Stranger,
    /// No answer came.
    Silence,
    /// Round trips above the second limit.
    Spikes,
    /// The 99th percentile of round trips.
    Latency,
    /// Unacceptable answers and silences.
    Errors,
    /// The stability index shows drift.
    Drift,
    /// Drift that cannot be judged.
    DriftUnjudged,
    /// No figure moves.
    #[serde(rename = "still")]
    Stale,
}

/// The last round trips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Window {
    /// Number of round trips, at most 100.
    pub samples: usize,
    /// 99th percentile in µs; null below 100 round trips.
    pub rtt_p99_us: Option<u64>,
    /// Longest in µs.
    pub rtt_max_us: Option<u64>,
    /// Number above the second limit.
    pub spikes: usize,
}

/// The observations that still count.
#[derive(Debug, Default)]
pub struct Health {
    limits: Limits,
    window: VecDeque<Duration>,
    /// The time of each error, and whether it was critical.
    errors: VecDeque<(Duration, bool)>,
    last_error: Option<String>,
    drift: VecDeque<Duration>,
    unjudged: Option<String>,
    silent_since: Option<Duration>,
    unwatched: Option<Duration>,
    figures: staleness::Figures,
    breaker: Option<String>,
    position: Option<String>,
    stranger: Option<String>,
}

fn describe_unwatched(length: Duration) -> String {
    format!("nothing was watched for {:.1} s", length.as_secs_f64())
}

impl Health {
    /// No observation yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Records an answered PING.
    pub fn record_round_trip(&mut self, rtt: Duration) {
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(rtt);
    }

    /// Records that every request of a look was answered, which ends a silence.
    pub fn record_answers(&mut self) {
        self.silent_since = None;
    }

    /// Records that a request sent at `asked` brought no answer.
    pub fn record_silence(&mut self, asked: Duration, why: &str) {
        if self.silent_since.is_none() {
            self.silent_since = Some(asked);
            self.errors.push_back((asked, false));
            self.last_error = Some(why.to_owned());
        }
    }

    /// Records that nothing was watched for this long until `now`: the process or the machine was suspended. It counts
    /// as a silence, and is a warning at the next judgement.
    pub fn record_unwatched(&mut self, now: Duration, length: Duration) {
        self.errors.push_back((now, false));
        self.last_error = Some(describe_unwatched(length));
        self.unwatched = Some(length);
    }

    /// Records an unacceptable answer.
    pub fn record_error(&mut self, now: Duration, why: &str) {
        self.errors.push_back((now, true));
        self.last_error = Some(why.to_owned());
    }

    /// Records that another program answers.
    pub fn record_stranger(&mut self, who: &str) {
        self.stranger = Some(who.to_owned());
    }

    /// Records the kill switch: why it is engaged, or `None`.
    pub fn record_breaker(&mut self, engaged: Option<String>) {
        self.breaker = engaged;
    }

    /// Records that the position is gone or changed, not by this watch. It stays recorded.
    pub fn record_lost_position(&mut self, what: String) {
        self.position = Some(what);
    }

    /// Records the present figures of account and position.
    pub fn record_figures(&mut self, now: Duration, figures: String) {
        self.figures.record(now, figures);
    }

    /// Records a reading of drift.
    pub fn record_drift(&mut self, now: Duration, reading: &drift::DriftReading) {
        self.unjudged = None;
        match reading.state {
            drift::DriftState::Drift => self.drift.push_back(now),
            drift::DriftState::CannotBeJudged => self.unjudged = reading.why.clone(),
            drift::DriftState::Stable | drift::DriftState::Watch => {}
        }
    }

    /// Length of the present silence; `None` while the gateway answers.
    pub fn silence(&self, now: Duration) -> Option<Duration> {
        self.silent_since.map(|since| now.saturating_sub(since))
    }

    /// Number of all errors and of critical errors within a day.
    pub fn errors(&self, now: Duration) -> (usize, usize) {
        let recent = || self.errors.iter().filter(|(when, _)| counts(*when, now));
        (recent().count(), recent().filter(|(_, critical)| *critical).count())
    }

    /// Number of drift readings within a day that showed drift.
    pub fn drift_events(&self, now: Duration) -> usize {
        self.drift.iter().filter(|when| counts(**when, now)).count()
    }

    /// The figures of the last round trips.
    pub fn window(&self) -> Window {
        let spikes = self.window.iter().filter(|rtt| **rtt > self.limits.critical).count();
        Window {
            samples: self.window.len(),
            rtt_p99_us: self.p99().map(micros),
            rtt_max_us: self.window.iter().max().copied().map(micros),
            spikes,
        }
    }

    /// The second longest of a full window.
    fn p99(&self) -> Option<Duration> {
        if self.window.len() < WINDOW {
            return None;
        }
        let mut sorted: Vec<Duration> = self.window.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(WINDOW * 99 / 100 - 1).copied()
    }

    /// Drops observations older than a day, which bounds the memory, and those that count only once.
    pub fn forget(&mut self, now: Duration) {
        self.unwatched = None;
        self.errors.retain(|(when, _)| counts(*when, now));
        self.drift.retain(|when| counts(*when, now));
    }

    /// The health now, and every broken rule, the worst first.
    pub fn judge(&self, now: Duration) -> (HealthState, Vec<Reason>) {
        let mut reasons = vec![];
        let mut say = |state, rule, words| reasons.push(Reason { state, rule, words });
        for (rule, found) in [
            (Rule::Breaker, &self.breaker),
            (Rule::Position, &self.position),
            (Rule::Stranger, &self.stranger),
        ] {
            if let Some(words) = found {
                say(HealthState::Critical, rule, words.clone());
            }
        }
        if let Some(silence) = self.silence(now) {
            let state =
                if silence >= SILENCE { HealthState::Critical } else { HealthState::Warning };
            say(state, Rule::Silence, format!("no answer for {:.1} s", silence.as_secs_f64()));
        }
        if let Some(length) = self.unwatched {
            say(HealthState::Warning, Rule::Silence, describe_unwatched(length));
        }
        self.judge_latency(&mut say);
        let (errors, critical) = self.errors(now);
        let last = self.last_error.as_deref().unwrap_or_default();
        let words = || format!("{errors} errors in 24 h, {critical} critical; the last: {last}");
        if critical >= CRITICAL_ERRORS {
            say(HealthState::Critical, Rule::Errors, words());
        } else if errors >= ERRORS_WARNING {
            say(HealthState::Warning, Rule::Errors, words());
        }
        let drift = self.drift_events(now);
        if let Some(state) = DRIFT.judge(drift) {
            say(state, Rule::Drift, format!("{drift} drift events in 24 h"));
        }
        if let Some(why) = &self.unjudged {
            say(
                HealthState::Warning,
                Rule::DriftUnjudged,
                format!("drift cannot be judged: {why}"),
            );
        }
        if let Some(span) = self.figures.stale_for(now) {
            say(HealthState::Warning, Rule::Stale, staleness::describe(span));
        }
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.state));
        let state = reasons.first().map_or(HealthState::Healthy, |reason| reason.state);
        (state, reasons)
    }

    fn judge_latency(&self, say: &mut dyn FnMut(HealthState, Rule, String)) {
        let Limits { warning, critical } = self.limits;
        let spikes = self.window().spikes;
        if let Some(state) = SPIKES.judge(spikes) {
            let of = self.window.len();
            say(state, Rule::Spikes, format!("{spikes} of {of} round trips past {critical:?}"));
        }
        let Some(p99) = self.p99() else { return };
        let words = |limit| {
            format!("P99 {:.1} ms of 100 round trips, limit {limit:?}", p99.as_secs_f64() * 1e3)
        };
        if p99 >= critical {
            say(HealthState::Critical, Rule::Latency, words(critical));
        } else if p99 > warning {
            say(HealthState::Warning, Rule::Latency, words(warning));
        }
    }
}

impl Counts {
    fn judge(&self, count: usize) -> Option<HealthState> {
        if count >= self.critical {
            Some(HealthState::Critical)
        } else if count >= self.warning {
            Some(HealthState::Warning)
        } else {
            None
        }
    }
}

fn counts(when: Duration, now: Duration) -> bool {
    now.saturating_sub(when) < DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn health() -> Health {
        Health::new(Limits { warning: ms(50), critical: ms(100) })
    }

    fn with_trips(trips: impl IntoIterator<Item = u64>) -> Health {
        let mut health = health();
        trips.into_iter().for_each(|trip| health.record_round_trip(ms(trip)));
        health
    }

    fn look(state: drift::DriftState) -> drift::DriftReading {
        drift::DriftReading {
            state,
            psi: None,
            current_values: None,
            why: Some("too few".to_owned()),
        }
    }

    /// The state and the broken rules.
    fn judged(health: &Health, now: Duration) -> (HealthState, Vec<Rule>) {
        let (state, reasons) = health.judge(now);
        (state, reasons.iter().map(|reason| reason.rule).collect())
    }

    #[track_caller]
    fn is(health: &Health, now: Duration, state: HealthState, rules: &[Rule]) {
        assert_eq!(judged(health, now), (state, rules.to_vec()));
    }

    const HEALTHY: (HealthState, &[Rule]) = (HealthState::Healthy, &[]);

    #[test]
    fn no_observation_is_healthy_and_so_are_good_ones() {
        is(&health(), s(0), HEALTHY.0, HEALTHY.1);
        is(&with_trips([50; 300]), s(9), HEALTHY.0, HEALTHY.1);
    }

    #[test]
    fn more_than_three_spikes_are_critical_and_two_a_warning() {
        is(&with_trips([101, 1, 1]), s(0), HEALTHY.0, HEALTHY.1);
        is(&with_trips([101, 1, 101]), s(0), HealthState::Warning, &[Rule::Spikes]);
        is(&with_trips([101, 1, 101, 101]), s(0), HealthState::Warning, &[Rule::Spikes]);
        is(&with_trips([101, 101, 1, 101, 101]), s(0), HealthState::Critical, &[Rule::Spikes]);
        // 100 ms is not above 100 ms.
        is(&with_trips([100; 50]), s(0), HEALTHY.0, HEALTHY.1);
        // Round trips before the window are forgotten.
        is(&with_trips([[101, 101, 101].as_slice(), &[1; 100]].concat()), s(0), HEALTHY.0, &[]);
    }

    #[test]
    fn p99_is_critical_at_the_limit_and_a_warning_past_the_first() {
        let of = |slow: u64, count: usize| {
            let mut trips = vec![1; 100 - count];
            trips.extend(vec![slow; count]);
            with_trips(trips)
        };
        is(&of(100, 1), s(0), HEALTHY.0, HEALTHY.1);
        is(&of(100, 2), s(0), HealthState::Critical, &[Rule::Latency]);
        is(&of(99, 2), s(0), HealthState::Warning, &[Rule::Latency]);
        is(&of(51, 2), s(0), HealthState::Warning, &[Rule::Latency]);
        is(&of(50, 2), s(0), HEALTHY.0, HEALTHY.1);
        // Of 99 there is none.
        is(&with_trips([100; 99]), s(0), HEALTHY.0, HEALTHY.1);
        is(&with_trips([100; 100]), s(0), HealthState::Critical, &[Rule::Latency]);
    }

    #[test]
    fn six_critical_errors_within_a_day_are_critical_and_three_errors_a_warning() {
        let mut health = health();
        for number in 1..=5 {
            health.record_error(s(number), "refused");
            let expected: (_, &[_]) = match number {
                1 | 2 => HEALTHY,
                _ => (HealthState::Warning, &[Rule::Errors]),
            };
            is(&health, s(9), expected.0, expected.1);
        }
        // Errors by silence are not critical.
        health.record_silence(s(6), "timed out");
        health.record_answers();
        is(&health, s(9), HealthState::Warning, &[Rule::Errors]);
        health.record_error(s(7), "refused");
        is(&health, s(9), HealthState::Critical, &[Rule::Errors]);
        assert_eq!(health.errors(s(9)), (7, 6));
        // A day after the first of them, five are left.
        let day = 24 * 3600;
        is(&health, s(day), HealthState::Critical, &[Rule::Errors]);
        is(&health, s(day + 1), HealthState::Warning, &[Rule::Errors]);
        health.forget(s(day + 6));
        assert_eq!(health.errors(s(day + 6)), (1, 1));
    }

    #[test]
    fn five_drift_events_within_a_day_are_critical_and_three_a_warning() {
        let mut health = health();
        for number in 0..5 {
            let expected: (_, &[_]) = match number {
                0..3 => HEALTHY,
                _ => (HealthState::Warning, &[Rule::Drift]),
            };
            is(&health, s(3600 * number), expected.0, expected.1);
            health.record_drift(s(3600 * number), &look(drift::DriftState::Drift));
            health.record_drift(s(3600 * number), &look(drift::DriftState::Watch));
        }
        is(&health, s(3600 * 5), HealthState::Critical, &[Rule::Drift]);
        is(&health, s(3600 * 24 - 1), HealthState::Critical, &[Rule::Drift]);
        is(&health, s(3600 * 24), HealthState::Warning, &[Rule::Drift]);
    }

    #[test]
    fn drift_that_cannot_be_judged_is_a_warning_until_it_can() {
        let mut health = health();
        health.record_drift(s(0), &look(drift::DriftState::CannotBeJudged));
        is(&health, s(0), HealthState::Warning, &[Rule::DriftUnjudged]);
        for hour in 1..100 {
            health.record_drift(s(3600 * hour), &look(drift::DriftState::CannotBeJudged));
        }
        is(&health, s(3600 * 100), HealthState::Warning, &[Rule::DriftUnjudged]);
        health.record_drift(s(3600 * 100), &look(drift::DriftState::Stable));
        is(&health, s(3600 * 100), HEALTHY.0, HEALTHY.1);
    }

    #[test]
    fn ten_seconds_of_silence_are_critical_and_any_is_a_warning() {
        let mut health = health();
        health.record_silence(s(100), "timed out");
        health.record_silence(s(103), "timed out");
        is(&health, ms(109_999), HealthState::Warning, &[Rule::Silence]);
        assert_eq!(health.errors(s(109)), (1, 0), "one outage is one error");
        is(&health, s(110), HealthState::Critical, &[Rule::Silence]);
        health.record_answers();
        is(&health, s(110), HEALTHY.0, HEALTHY.1);
    }

    #[test]
    fn figures_that_stand_still_for_five_minutes_are_a_warning() {
        let mut health = health();
        health.record_figures(s(0), "1.1".to_owned());
        health.record_figures(s(299), "1.1".to_owned());
        is(&health, s(299), HEALTHY.0, HEALTHY.1);
        is(&health, s(300), HealthState::Warning, &[Rule::Stale]);
        health.record_figures(s(301), "1.2".to_owned());
        is(&health, s(301), HEALTHY.0, HEALTHY.1);
    }

    #[test]
    fn breaker_position_and_strangers_are_critical_at_once() {
        let mut health = health();
        health.record_breaker(Some("there".to_owned()));
        is(&health, s(0), HealthState::Critical, &[Rule::Breaker]);
        health.record_breaker(None);
        is(&health, s(0), HEALTHY.0, HEALTHY.1);
        health.record_stranger("an EA");
        is(&health, s(0), HealthState::Critical, &[Rule::Stranger]);
        health.record_lost_position("gone".to_owned());
        is(&health, s(0), HealthState::Critical, &[Rule::Position, Rule::Stranger]);
    }

    #[test]
    fn the_worst_reason_comes_first_and_all_are_named() {
        let mut health = with_trips([101, 101]);
        health.record_drift(s(0), &look(drift::DriftState::CannotBeJudged));
        health.record_breaker(Some("there".to_owned()));
        let rules = [Rule::Breaker, Rule::Spikes, Rule::DriftUnjudged];
        is(&health, s(0), HealthState::Critical, &rules);
    }
}
