//! Metrics of a comparison, for monitoring.

use super::Report;
use crate::guard::drift::DriftState;
use crate::metric::{Metric, Range, Unit};
use crate::report::Outcome;

const VALUES_HELP: &str = "Number of values in a sample";

/// The metrics of one comparison.
pub fn of(outcome: &Outcome<Report>) -> Vec<Metric> {
    let report = outcome.report.as_ref();
    let is_judged = report.is_some_and(|report| report.state != DriftState::CannotBeJudged);
    let mut figures = vec![judged(is_judged)];
    let Some(report) = report else { return figures };
    // An index equal to a limit has reached it.
    let below = |limit: f64| Range { from: None, to: Some(limit.next_down()) };
    let limited =
        |figure: Metric| figure.warn(below(report.psi_watch)).critical(below(report.psi_drift));
    figures.extend(report.psi.map(index).map(limited));
    figures.push(limit(report.psi_drift));
    for (name, sample) in [("reference", &report.reference), ("current", &report.current)] {
        let count =
            |values| Metric::count("drift_values", VALUES_HELP, values).label("sample", name);
        figures.extend(sample.values.map(count));
    }
    figures
}

/// Whether both samples could be compared. Without an index there is no pass.
pub fn judged(is_judged: bool) -> Metric {
    Metric::should_be("drift_judged", "Whether drift could be judged", is_judged)
}

/// An index of this or more is drift.
pub fn limit(psi: f64) -> Metric {
    let help = "Index from which on the current sample has drifted";
    Metric::new("drift_psi_limit", help, Unit::Plain, psi)
}

/// The Population Stability Index.
pub fn index(psi: f64) -> Metric {
    Metric::new("drift_psi", "Population Stability Index of the current sample", Unit::Plain, psi)
}
