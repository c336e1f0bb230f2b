//! What monitoring reads of the link.

use super::watch::Look;
use super::{Latency, Report};
use crate::clock::micros;
use crate::metric::{Metric, Range, link_clock_skew, link_rtt, link_up};
use crate::report::{Outcome, Status};

/// Of one test.
pub fn of(outcome: &Outcome<Report>) -> Vec<Metric> {
    let Some(report) = &outcome.report else { return vec![link_up(false)] };
    let terminal = report.layers.iter().find(|layer| layer.name == "terminal");
    let up = terminal.is_some_and(|layer| matches!(layer.status, Status::Pass | Status::Warn));
    let mut figures = vec![link_up(up)];
    if let Some(skew_us) = report.skew_us {
        figures.push(link_clock_skew(skew_us));
    }
    if let Some(latency) = &report.latency {
        figures.extend(of_latency(latency));
    }
    figures
}

fn of_latency(latency: &Latency) -> impl Iterator<Item = Metric> {
    let limit = |us: u64| Range::up_to(us as f64 / 1e6);
    let (warn, critical) = (limit(latency.warn_us), limit(latency.critical_us));
    let p99_help = "99th percentile of the round trips; of fewer than 100 the longest";
    let times = [
        ("link_rtt_p50", "Median of the round trips", latency.rtt_p50_us),
        ("link_rtt_p90", "90th percentile of the round trips", latency.rtt_p90_us),
        ("link_rtt_p99", p99_help, latency.rtt_p99_us),
        ("link_rtt_max", "Longest of the round trips", latency.rtt_max_us),
    ];
    let times = times.into_iter().filter_map(move |(name, help, us)| {
        let figure = Metric::micros(name, help, us?);
        Some(if name == "link_rtt_p99" { figure.warn(warn).critical(critical) } else { figure })
    });
    let (sent, lost) = (latency.sent as usize, latency.lost as usize);
    let lost_help = "Round trips that brought no answer in time";
    times.chain([
        Metric::count("link_round_trips", "Round trips that were begun", sent),
        Metric::count("link_round_trips_lost", lost_help, lost).critical(Range::up_to(0.0)),
    ])
}

/// Of one look of a watch.
pub fn of_look(look: &Look) -> Vec<Metric> {
    let mut figures = vec![link_up(look.state.is_up())];
    if let Some(rtt) = look.rtt {
        figures.push(link_rtt(micros(rtt)));
    }
    let help = "How long there has been no answer; 0 while there is one";
    figures.push(Metric::time("link_silent", help, look.silent));
    let help = "How long no figure of the account has moved although margin is in use; 0 until that is 5 min";
    figures.push(Metric::time("link_still", help, look.still));
    figures.push(Metric::moment(
        "link_looked_timestamp",
        "When the link was looked at, Unix time",
        look.at,
    ));
    figures
}
