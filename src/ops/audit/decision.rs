//! Checks of the admission decision that the settings name.

use super::{LocalFacts, Options};
use crate::check::Check;
use crate::config::Key;
use crate::guard::decision;

pub(super) const KEYS: &[Key] =
    &[Key::DecisionFile, Key::DecisionReport, Key::DecisionHash, Key::DecisionMaxAge];

/// Judges the decision by the rules of a canary.
pub(super) fn check(local: &LocalFacts) -> Vec<Check> {
    let Options { decision, rules, .. } = &local.options;
    let judged = match decision {
        None => {
            let why = "set MT5CRS_DECISION_FILE: no canary trades without a decision";
            return vec![Check::not_applicable(why)];
        }
        Some(Ok(bytes)) => decision::judge(bytes, rules, local.now).1,
        Some(Err(why)) => vec![decision::unreadable(why)],
    };
    let short = |check: Check| {
        let name = check.name.trim_start_matches("decision-").to_owned();
        check.named(name)
    };
    let mut checks: Vec<Check> = judged.into_iter().map(short).collect();
    for (is_set, name, key) in [
        (rules.expected_hash.is_some(), "expected", "MT5CRS_DECISION_HASH"),
        (rules.report.is_some(), "report", "MT5CRS_DECISION_REPORT"),
    ] {
        if !is_set {
            checks.push(Check::not_applicable(format!("{key} is not set")).named(name));
        }
    }
    checks.push(Check::not_reached("the decision can't be read"));
    checks
}
