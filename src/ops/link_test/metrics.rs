//! The link's metrics.

use super::watch::Look;
use super::{Latency, Report};
use crate::check::Status;
use crate::clock::micros;
use crate::metric::{Metric, Range, link_clock_skew, link_rtt, link_up};
use crate::report::Outcome;

/// Metrics of one test.
pub fn of(outcome: &Outcome<Report>) -> Vec<Metric> {
    let Some(report) = &outcome.report else { return vec![link_up(false)] };
    let terminal = report.layers.iter().find(|layer| layer.name == "terminal");
    let up = terminal.is_some_and(|layer| matches!(layer.status, Status::Pass | Status::Warn));
    let mut metrics = vec![link_up(up)];
    if let Some(skew_us) = report.skew_us {
        metrics.push(link_clock_skew(skew_us));
    }
    if let Some(latency) = &report.latency {
        metrics.extend(of_latency(latency));
    }
    metrics
}

fn of_latency(latency: &Latency) -> impl Iterator<Item = Metric> {
    let limit = |us: u64| Range::up_to(us as f64 / 1e6);
    let (warn, critical) = (limit(latency.warn_us), limit(latency.critical_us));
    let p99_help = "99th percentile of the round trips; the maximum of fewer than 100";
    let times = [
        ("link_rtt_p50", "Median of the round trips", latency.rtt_p50_us),
        ("link_rtt_p90", "90th percentile of the round trips", latency.rtt_p90_us),
        ("link_rtt_p99", p99_help, latency.rtt_p99_us),
        ("link_rtt_max", "Longest of the round trips", latency.rtt_max_us),
    ];
    let times = times.into_iter().filter_map(move |(name, help, us)| {
        let metric = Metric::micros(name, help, us?);
        Some(if name == "link_rtt_p99" { metric.warn(warn).critical(critical) } else { metric })
    });
    let (sent, lost) = (latency.sent as usize, latency.lost as usize);
    let lost_help = "Round trips without an answer in time";
    times.chain([
        Metric::count("link_round_trips", "Round trips sent", sent),
        Metric::count("link_round_trips_lost", lost_help, lost).critical(Range::up_to(0.0)),
    ])
}

/// Metrics of one look of a watch.
pub fn of_look(look: &Look) -> Vec<Metric> {
    let mut metrics = vec![link_up(look.state.is_up())];
    metrics.extend(look.rtt.map(|rtt| link_rtt(micros(rtt))));
    metrics.extend(look.rtt_p99.map(|p99| {
        Metric::time("link_rtt_p99", "99th percentile of the last 100 round trips", p99)
    }));
    // A skew of 292,000 years has no more microseconds.
    let skew = look.skew.and_then(|skew| i64::try_from(skew.as_micros()).ok());
    metrics.extend(skew.map(link_clock_skew));
    let help = "Time since the last answer; 0 while the gateway answers";
    metrics.push(Metric::time("link_silent", help, look.silent));
    let help = "Time since the account last changed although margin is in use; 0 below 5 min";
    metrics.push(Metric::time("link_still", help, look.still));
    metrics.push(Metric::moment(
        "link_looked_timestamp",
        "Time of the last look at the link, Unix time",
        look.at,
    ));
    metrics
}
