//! What was decided, intended and proved: the admission decision, and the evidence.

use jiff::Timestamp;

use super::catalogue::{Group, code};
use super::findings::Found;
use crate::evidence::Evidence;
use crate::evidence::EvidenceError;
use crate::evidence::body::CanaryResult;
use crate::evidence::book::{Book, Run};
use crate::evidence::chain::Step;
use crate::guard::decision::{self, Rules};
use crate::ops::evidence::verify;
use crate::report::Outcome;

/// Runs without anything open that are kept while the records are read: the last canary is among the last of them.
const KEEP: usize = 10_000;

/// Judges the decision; `None` where the settings name none.
pub(super) fn decision(
    bytes: Option<&Result<Vec<u8>, String>>,
    rules: &Rules,
    now: Timestamp,
) -> Vec<(&'static str, Found)> {
    let checks = match bytes {
        None => return Vec::new(),
        Some(Ok(bytes)) => decision::judge(bytes, rules, now).1,
        Some(Err(why)) => vec![decision::unreadable(why)],
    };
    let mut found: Vec<(&'static str, Found)> = checks
        .into_iter()
        .filter_map(|check| {
            let name = check.name.strip_prefix("decision-")?;
            Some((code(Group::Decision, name)?, Found::of(check)))
        })
        .collect();
    for (there, code, key) in [
        (rules.expected_hash.is_some(), "decision.expected", "MT5CRS_DECISION_HASH"),
        (rules.report.is_some(), "decision.report", "MT5CRS_DECISION_REPORT"),
    ] {
        if !there {
            found.push((code, Found::not_applicable(format!("{key} is not set"))));
        }
    }
    found
}

/// Walks along the records. It takes as long as they are.
pub(super) fn evidence(
    evidence: &Evidence,
    endpoint: Option<&str>,
    now: Timestamp,
) -> Vec<(&'static str, Found)> {
    let verified = verify::run(&verify::Options { evidence: evidence.clone(), anchor: None });
    let mut found = vec![("evidence.chain", chain(&verified))];
    let book = match read(evidence) {
        Ok(book) => book,
        Err(error) => {
            let why = Found::not_reached(crate::failure::cause_of(&error));
            let rest =
                ["evidence.owner", "evidence.intents", "evidence.positions", "evidence.canary"];
            found.extend(rest.map(|code| (code, why.clone())));
            return found;
        }
    };
    found.push(("evidence.owner", owner(&book, endpoint)));
    found.push(("evidence.intents", intents(&book)));
    found.push(("evidence.positions", positions(&book)));
    found.push(("evidence.canary", canary(&book, now)));
    found
}

fn chain(verified: &Outcome<verify::Report>) -> Found {
    match (&verified.report, &verified.failure) {
        (Some(report), _) if report.damage_count > 0 => {
            let damages = report.damages.iter().map(ToString::to_string);
            Found::fail(format!(
                "{} damages: {}",
                report.damage_count,
                super::config::list(damages)
            ))
        }
        (Some(report), _) if report.records == 0 => Found::not_applicable("nothing is recorded"),
        (Some(report), _) if !verified.warnings.is_empty() => {
            Found::warn(format!("{} records; {}", report.records, verified.warnings.join("; ")))
        }
        (Some(report), _) => match &report.head {
            Some(head) => Found::pass(format!("{} records, head {head}", report.records)),
            None => Found::pass(format!("{} records", report.records)),
        },
        (None, Some(failure)) => {
            Found::fail(failure.causes.first().unwrap_or(&failure.message).clone())
                .remedy(failure.remedy.clone())
        }
        (None, None) => Found::not_reached("nothing was found out"),
    }
}

/// What the records say; one that is damaged leaves doubt about every other.
fn read(evidence: &Evidence) -> Result<Book, EvidenceError> {
    let mut book = Book::new(KEEP);
    for step in evidence.walk(None)? {
        match step? {
            Step::Record(record) => book.add(*record),
            Step::Damage(damage) => {
                return Err(EvidenceError::Damaged {
                    path: evidence.path().to_owned(),
                    why: damage.to_string(),
                });
            }
            Step::Remark(_) => {}
        }
    }
    Ok(book)
}

fn owner(book: &Book, endpoint: Option<&str>) -> Found {
    match (&book.owner, endpoint) {
        (None, _) => Found::not_applicable("nothing is recorded"),
        (Some(owner), Some(ours)) if owner.endpoint != ours => {
            Found::fail(format!("they are {}'s, and this is {ours}", owner.endpoint))
        }
        (Some(owner), _) => Found::pass(owner.endpoint.clone()),
    }
}

fn intents(book: &Book) -> Found {
    let open: Vec<String> = book
        .unresolved()
        .map(|intent| format!("the order of run {} at {:.0}", intent.run, intent.time))
        .collect();
    if open.is_empty() { Found::pass("none") } else { Found::fail(super::config::list(open)) }
}

fn positions(book: &Book) -> Found {
    let all: Vec<_> = book.open_canaries().collect();
    let shown = |kept: bool| {
        let of = all.iter().filter(move |canary| canary.kept_open == kept);
        of.map(|canary| format!("{} since {:.0}", canary.ticket, canary.since)).collect::<Vec<_>>()
    };
    match (shown(false), shown(true)) {
        (lost, _) if !lost.is_empty() => {
            let tickets = all.iter().filter(|canary| !canary.kept_open);
            let flags: Vec<String> =
                tickets.map(|canary| format!("--ticket {}", canary.ticket)).collect();
            Found::fail(super::config::list(lost))
                .remedy(format!("mt5crs emergency-close {}", flags.join(" ")))
        }
        (_, kept) if !kept.is_empty() => {
            Found::warn(format!("left open, as was asked for: {}", super::config::list(kept)))
        }
        _ => Found::pass("none"),
    }
}

fn canary(book: &Book, now: Timestamp) -> Found {
    let last: Option<(&Run, CanaryResult)> =
        book.runs().rev().find_map(|run| Some((run, run.canary.as_ref()?.result)));
    let Some((run, result)) = last else {
        return Found::not_applicable("no canary is recorded");
    };
    let hours = now.duration_since(run.began_at).as_secs_f64() / 3600.0;
    let found = |what: &str| format!("{what}, {hours:.1} h ago");
    match result {
        CanaryResult::Closed => Found::pass(found("opened and closed, both proved")),
        CanaryResult::KeptOpen if run.open.is_none() => {
            Found::pass(found("opened, left open, and found closed since"))
        }
        CanaryResult::KeptOpen => Found::warn(found("opened, and left open as was asked for")),
        CanaryResult::NotClosed if run.open.is_none() => {
            Found::warn(found("opened, and only found closed by a later run"))
        }
        CanaryResult::NotClosed => Found::fail(found("opened, and its close is not proved")),
        // Nothing is open by it, and only another canary can show that the next one would.
        CanaryResult::NotExecuted => Found::warn(found("it did not execute")),
        CanaryResult::Unknown if run.intents.is_empty() => {
            Found::warn(found("its outcome was unknown, and is settled since"))
        }
        CanaryResult::Unknown => Found::fail(found("what became of its order is not proved")),
    }
}
