//! Metrics of an audit, for monitoring.

use super::Report;
use crate::check::Status;
use crate::metric::{Metric, Range, link_up, of_checks};
use crate::report::Outcome;

/// The check that shows that the gateway and its terminal answer.
const LINK: &str = "link.terminal";

/// The metrics of one audit.
pub fn of(outcome: &Outcome<Report>) -> Vec<Metric> {
    let help = "Whether this deployment is fit";
    let ok = outcome.report.as_ref().is_some_and(|report| report.checked > 0)
        && outcome.exit == crate::exit::Exit::Ok;
    let mut figures = vec![Metric::should_be("audit_ok", help, ok)];
    let Some(report) = &outcome.report else {
        figures.push(link_up(false));
        return figures;
    };
    let link = report.checks.iter().find(|check| check.name == LINK);
    // Without a selected check of the link there is no metric for it.
    figures.extend(
        link.filter(|check| check.status != Status::Skipped)
            .map(|check| link_up(matches!(check.status, Status::Pass | Status::Warn))),
    );
    let count = |status: &str, count| {
        let help = "Number of checks by result";
        Metric::count("audit_checks", help, count).label("status", status)
    };
    figures.extend([
        count("passed", report.passed),
        count("warned", report.warned).warn(Range::up_to(0.0)),
        count("failed", report.failed).critical(Range::up_to(0.0)),
        count("not_reached", report.not_reached).critical(Range::up_to(0.0)),
    ]);
    figures.extend(of_checks(&report.checks));
    figures
}
