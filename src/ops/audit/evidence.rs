//! Checks of the evidence: is it undamaged and this gateway's, and does it leave an order or a position open?

use jiff::Timestamp;

use super::LocalFacts;
use super::findings::first_few;
use crate::check::Check;
use crate::evidence::Evidence;
use crate::evidence::body::CanaryResult;
use crate::evidence::book::{Book, OpenCanary, Run};
use crate::failure::cause_of;
use crate::ops::canary::LOCK;
use crate::ops::evidence::verify;
use crate::os::file_lock::InstanceLock;
use crate::report::Outcome;

/// Number of settled runs that are kept while the records are read: the last canary is among the last of them.
const KEEP: usize = 10_000;

/// Watches a position that no run watches. It closes nothing, unlike `--resume` alone.
const WATCH: &str = "watch it again: mt5crs canary --resume --monitor 24h --on-stop keep";

/// Checks every record.
pub(super) fn check(local: &LocalFacts) -> Vec<Check> {
    let evidence = Evidence::at(local.state_dir.clone());
    let verified = verify::run(&verify::Options::of(evidence.clone()));
    let mut checks = vec![chain(&verified).named("chain")];
    let is_watched = InstanceLock::is_held(&local.state_dir.join(LOCK));
    match evidence.sound_book(KEEP) {
        Ok(book) => checks.extend([
            owner(&book, local.endpoint.as_deref()).named("owner"),
            intents(&book).named("intents"),
            positions(&book, is_watched).named("positions"),
            canary(&book, local.now).named("canary"),
        ]),
        Err(error) => checks.push(Check::not_reached(cause_of(&error))),
    }
    checks
}

fn chain(verified: &Outcome<verify::Report>) -> Check {
    match (&verified.report, &verified.failure) {
        (Some(report), _) if report.damage_count > 0 => {
            let records = if report.damage_count == 1 { "record" } else { "records" };
            let damages = first_few(report.damages.iter().map(ToString::to_string));
            Check::fail(format!("{} damaged {records}: {damages}", report.damage_count))
        }
        (Some(report), _) if report.records == 0 => Check::not_applicable("no records"),
        (Some(report), _) if !verified.warnings.is_empty() => {
            Check::warn(format!("{} records; {}", report.records, verified.warnings.join("; ")))
        }
        (Some(report), _) => match &report.head {
            Some(head) => Check::pass(format!("{} records, head {head}", report.records)),
            None => Check::pass(format!("{} records", report.records)),
        },
        (None, Some(failure)) => Check::fail(failure.first_cause()).with_remedy(failure.remedy()),
        (None, None) => Check::not_reached("no result"),
    }
}

fn owner(book: &Book, endpoint: Option<&str>) -> Check {
    match (&book.owner, endpoint) {
        (None, _) => Check::not_applicable("no records"),
        (Some(owner), Some(ours)) if owner.endpoint != ours => {
            Check::fail(format!("they belong to {}, and this is {ours}", owner.endpoint))
        }
        (Some(owner), _) => Check::pass(owner.endpoint.clone()),
    }
}

fn intents(book: &Book) -> Check {
    let open: Vec<String> = book
        .unresolved()
        .map(|intent| format!("the order of run {} at {:.0}", intent.run, intent.time))
        .collect();
    if open.is_empty() { Check::pass("none") } else { Check::fail(first_few(open)) }
}

/// A position that a running canary watches is no finding: an update hands it over.
fn positions(book: &Book, is_watched: bool) -> Check {
    let (kept, lost): (Vec<_>, Vec<_>) = book.open_canaries().partition(|canary| canary.kept_open);
    let since = |canary: &OpenCanary| format!("{} since {:.0}", canary.ticket, canary.since);
    if let (true, Some(canary)) = (is_watched, kept.iter().chain(&lost).next()) {
        return Check::pass(format!("a running canary watches {}", since(canary)));
    }
    if !lost.is_empty() {
        let flags: Vec<String> =
            lost.iter().map(|canary| format!("--ticket {}", canary.ticket)).collect();
        return Check::fail(first_few(lost.into_iter().map(since))).with_remedy(format!(
            "{WATCH}; to close it instead: mt5crs emergency-close {}",
            flags.join(" ")
        ));
    }
    match kept.is_empty() {
        true => Check::pass("none"),
        false => {
            Check::warn(format!("left open on request: {}", first_few(kept.into_iter().map(since))))
        }
    }
}

fn canary(book: &Book, now: Timestamp) -> Check {
    let last: Option<(&Run, CanaryResult)> =
        book.runs().rev().find_map(|run| Some((run, run.canary.as_ref()?.result)));
    let Some((run, result)) = last else {
        return Check::not_applicable("no canary on record");
    };
    let hours = now.duration_since(run.began_at).as_secs_f64() / 3600.0;
    let found = |what: &str| format!("{what}, {hours:.1} h ago");
    match result {
        CanaryResult::Closed => Check::pass(found("opened and closed, both proved")),
        CanaryResult::KeptOpen if run.open.is_none() => {
            Check::pass(found("opened, left open, and found closed since"))
        }
        CanaryResult::KeptOpen => Check::warn(found("opened, and left open on request")),
        CanaryResult::NotClosed if run.open.is_none() => {
            Check::warn(found("opened; a later run found it closed"))
        }
        CanaryResult::NotClosed => Check::fail(found("opened, and its close is not proved")),
        // It left nothing open, and only another canary can show that the next one would execute.
        CanaryResult::NotExecuted => Check::warn(found("not executed")),
        CanaryResult::Unknown if run.intents.is_empty() => {
            Check::warn(found("outcome unknown at first, resolved since"))
        }
        CanaryResult::Unknown => Check::fail(found("the outcome of its order is not proved")),
    }
}
