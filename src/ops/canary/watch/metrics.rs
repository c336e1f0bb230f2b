//! Figures of a watch for monitoring: at each look, and at its end.

use std::time::Duration;

use super::report::{Tick, Watched};
use crate::guard::health::{HealthState, Window};
use crate::metric::{Metric, Range, Unit, link_rtt, link_up};
use crate::ops::canary::Report;
use crate::ops::drift::metrics::{index, judged, limit};
use crate::report::Outcome;

/// The figures of one look; an index of `drift_limit` or more is drift.
pub fn of_look(look: &Tick, drift_limit: f64) -> Vec<Metric> {
    let mut figures = vec![
        link_up(look.rtt_us.is_some() && look.silent_ms.is_none()),
        health(look.state),
        Metric::moment("guardian_looked_timestamp", "When it looked, Unix time", look.at),
        millis("guardian_left", "How long the watch goes on", look.left_ms),
        millis(
            "guardian_silent",
            "How long there has been no answer; 0 while there is one",
            look.silent_ms.unwrap_or(0),
        ),
        counted("guardian_errors", "Errors within 24 h", look.errors),
        counted(
            "guardian_critical_errors",
            "Answers within 24 h that could not be accepted",
            look.critical_errors,
        ),
        counted("guardian_drift_events", "Looks within 24 h that showed drift", look.drift_events),
        counted("guardian_missed_looks", "Looks that a slow one overran", look.missed),
    ];
    figures.extend(look.rtt_us.map(link_rtt));
    figures.extend(of_window(&look.window));
    if let Some(drift) = &look.drift {
        figures.push(judged(drift.psi.is_some()));
        figures.extend(drift.psi.map(index));
        figures.push(limit(drift_limit));
    }
    figures
}

/// The figures of a watched canary at its end.
pub fn of(outcome: &Outcome<Report>) -> Vec<Metric> {
    let ok = outcome.exit == crate::exit::Exit::Ok;
    let help = "Whether the watch ended as it should, and its position with it";
    let report = outcome.report.as_ref();
    // A refusal, or no answer before there was a position: no canary has failed.
    let has_traded = report.is_some_and(|it| it.order.is_some() || it.adopted.is_some());
    let mut figures: Vec<Metric> =
        has_traded.then(|| Metric::should_be("canary_ok", help, ok)).into_iter().collect();
    let watched = report.and_then(|report| report.monitor.as_ref());
    figures.extend(watched.map(of_watched).into_iter().flatten());
    figures
}

fn of_watched(watched: &Watched) -> Vec<Metric> {
    vec![
        health(watched.health),
        millis("guardian_lasted", "How long the watch was", watched.lasted_ms),
        counted("guardian_looks", "Looks of the watch", watched.looks),
        counted("guardian_spikes_seen", "Round trips of the watch past its limit", watched.spikes),
        counted("guardian_errors_seen", "Errors of the watch", watched.errors),
        millis(
            "guardian_longest_silence",
            "The longest time of the watch without an answer",
            watched.longest_silence_ms,
        ),
    ]
}

fn health(state: HealthState) -> Metric {
    let value = match state {
        HealthState::Healthy => 0.0,
        HealthState::Warning => 1.0,
        HealthState::Critical => 2.0,
    };
    let help = "Health of the watch: 0 HEALTHY, 1 WARNING, 2 CRITICAL";
    Metric::new("guardian_health", help, Unit::Plain, value)
        .warn(Range::up_to(0.0))
        .critical(Range::up_to(1.0))
}

fn of_window(window: &Window) -> Vec<Metric> {
    let help = "99 of the last 100 round trips took no longer";
    let p99 = window.rtt_p99_us.map(|p99| Metric::micros("guardian_rtt_p99", help, p99 as f64));
    let spikes = counted(
        "guardian_spikes",
        "Of the last 100 round trips those past the limit",
        window.spikes,
    );
    p99.into_iter().chain([spikes]).collect()
}

fn counted<N: TryInto<usize>>(name: &'static str, help: &'static str, count: N) -> Metric {
    Metric::count(name, help, count.try_into().unwrap_or(usize::MAX))
}

fn millis(name: &'static str, help: &'static str, millis: u64) -> Metric {
    Metric::time(name, help, Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_window_has_a_percentile() {
        let window = |rtt_p99_us| Window { samples: 100, rtt_p99_us, rtt_max_us: None, spikes: 2 };
        let names = |window: &Window| -> Vec<&str> {
            of_window(window).iter().map(|metric| metric.name).collect()
        };
        assert_eq!(names(&window(Some(1500))), ["guardian_rtt_p99", "guardian_spikes"]);
        assert_eq!(names(&window(None)), ["guardian_spikes"]);
    }
}
