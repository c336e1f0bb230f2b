//! Figures of a sync for monitoring.

use super::Report;
use crate::metric::{Metric, link_clock_skew, link_rtt, link_up, of_account, of_checks};
use crate::report::Outcome;

/// The figures of one sync.
pub fn of(outcome: &Outcome<Report>) -> Vec<Metric> {
    let report = outcome.report.as_ref();
    let recovered = report.and_then(|report| report.recovered);
    let account = report.and_then(|report| report.account.as_ref());
    let ok_help =
        "Whether account and positions were recovered and every check that can fail passed";
    let mut figures = vec![
        link_up(account.is_some()),
        Metric::should_be("sync_ok", ok_help, recovered.is_some()),
    ];
    let Some(report) = report else { return figures };
    if let Some(count) = recovered {
        let help = "Positions that the sync recovered";
        figures.push(Metric::count("sync_positions_recovered", help, count));
    }
    if let Some(link) = &report.link {
        figures.extend([link_rtt(link.rtt_us), link_clock_skew(link.skew_us)]);
    }
    figures.extend(account.map(of_account).into_iter().flatten());
    figures.extend(of_checks(&report.checks));
    figures
}
