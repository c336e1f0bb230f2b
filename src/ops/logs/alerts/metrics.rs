//! The metrics of `logs alerts`, for monitoring.

use super::Report;
use crate::check::Verdict;
use crate::logs::alerts::rules::Alert;
use crate::metric::{Metric, Range, Unit};
use crate::report::Outcome;

/// The metrics of one report.
pub fn of(outcome: &Outcome<Report>) -> Vec<Metric> {
    let known = outcome.report.is_some() && outcome.verdict != Verdict::Unknown;
    let help = "Whether all logs and figures that the rules need could be read";
    let mut figures = vec![Metric::should_be("alerts_known", help, known)];
    let Some(report) = &outcome.report else { return figures };
    for rule in &report.rules {
        let of_rule = |alert: &&Alert| alert.rule == *rule && alert.is_active();
        let active = report.alerts.iter().filter(of_rule).count();
        let figure = Metric::count("alerts_active", "Active alerts of a rule", active);
        figures.push(figure.label("rule", rule.name()).critical(Range::up_to(0.0)));
    }
    if let Some(restarts) = report.engine.as_ref().and_then(|engine| engine.restarts) {
        let help = "Restarts of the engine's unit by systemd";
        let figure = Metric::new("engine_restarts", help, Unit::Plain, restarts as f64);
        figures.push(figure.critical(Range::up_to(0.0)));
    }
    for usage in &report.usage {
        if let Some(bytes) = usage.memory_bytes {
            let help = "Memory of the engine's unit, or of a run that has not ended";
            let limit = Range::up_to(report.memory_limit_bytes as f64);
            let figure = Metric::new("used_memory", help, Unit::Bytes, bytes as f64);
            figures.push(figure.label("of", &usage.of).critical(limit));
        }
        if let Some(percent) = usage.cpu_percent {
            let help = "Share of one CPU used by the engine's unit, or by a run that has not ended";
            let limit = Range::up_to(report.cpu_limit_percent / 100.0);
            let figure = Metric::new("used_cpu", help, Unit::Ratio, percent / 100.0);
            figures.push(figure.label("of", &usage.of).critical(limit));
        }
    }
    figures
}
