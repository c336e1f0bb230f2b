//! Checks of the admission decision that the settings name.

use super::Audit;
use super::catalogue::Group;
use crate::config::Key;
use crate::guard::decision;
use crate::report::Check;

/// Judges the decision by the rules of a canary.
pub(super) fn check(audit: &mut Audit<'_>) {
    let keys = [Key::DecisionFile, Key::DecisionReport, Key::DecisionHash, Key::DecisionMaxAge];
    audit.require_settings(Group::Decision, &keys);
    let (options, findings) = (audit.options, &mut audit.findings);
    let (checks, rest) = match &options.decision {
        None => {
            let why = "no canary trades without a decision: set MT5CRS_DECISION_FILE";
            (vec![], Check::not_applicable(why))
        }
        Some(bytes) => {
            let checks = match bytes {
                Ok(bytes) => decision::judge(bytes, &options.rules, audit.deps.clock.now()).1,
                Err(why) => vec![decision::unreadable(why)],
            };
            (checks, Check::not_reached("the decision can't be read"))
        }
    };
    for check in checks {
        let name = check.name.trim_start_matches("decision-").to_owned();
        findings.add_to(Group::Decision, check.named(name));
    }
    if options.decision.is_some() {
        for (is_set, code, key) in [
            (options.rules.expected_hash.is_some(), "decision.expected", "MT5CRS_DECISION_HASH"),
            (options.rules.report.is_some(), "decision.report", "MT5CRS_DECISION_REPORT"),
        ] {
            if !is_set {
                findings.add(Check::not_applicable(format!("{key} is not set")).named(code));
            }
        }
    }
    findings.rest(|entry| entry.group == Group::Decision, &rest);
}
