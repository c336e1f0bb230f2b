//! What monitoring reads of the alerts.

use crate::logs::search::report::Alerts;
use crate::metric::{Metric, Range, Unit};
use crate::report::{Outcome, Verdict};

/// Of one look at the rules.
pub fn of(outcome: &Outcome<Alerts>) -> Vec<Metric> {
    let known = outcome.report.is_some() && outcome.verdict != Verdict::Unknown;
    let help = "Whether all that the rules need could be looked at";
    let mut figures = vec![Metric::should_be("alerts_known", help, known)];
    let Some(report) = &outcome.report else { return figures };
    for rule in &report.rules {
        let of_rule =
            |alert: &&crate::logs::alerts::rules::Alert| alert.rule == *rule && alert.is_active();
        let active = report.alerts.iter().filter(of_rule).count();
        let figure = Metric::count("alerts_active", "Alerts of a rule that are not over", active);
        figures.push(figure.label("rule", rule.name()).critical(Range::up_to(0.0)));
    }
    if let Some(restarts) = report.engine.as_ref().and_then(|engine| engine.restarts) {
        let help = "How often systemd started the engine's unit again";
        let figure = Metric::new("engine_restarts", help, Unit::Plain, restarts as f64);
        figures.push(figure.critical(Range::up_to(0.0)));
    }
    for usage in &report.usage {
        if let Some(bytes) = usage.memory_bytes {
            let help = "Memory that the engine's unit holds, or a run that has not ended";
            let limit = Range::up_to(report.memory_limit_bytes as f64);
            let figure = Metric::new("used_memory", help, Unit::Bytes, bytes as f64);
            figures.push(figure.label("of", &usage.of).critical(limit));
        }
        if let Some(percent) = usage.cpu_percent {
            let help =
                "Share of one processor that the engine's unit uses, or a run that has not ended";
            let limit = Range::up_to(report.cpu_limit_percent / 100.0);
            let figure = Metric::new("used_cpu", help, Unit::Ratio, percent / 100.0);
            figures.push(figure.label("of", &usage.of).critical(limit));
        }
    }
    figures
}
