//! Checks of the evidence: is it undamaged and this gateway's, and does it leave an order or a position open?

use jiff::Timestamp;

use super::Audit;
use super::catalogue::Group;
use super::findings::first_few;
use crate::config::Key;
use crate::evidence::Evidence;
use crate::evidence::EvidenceError;
use crate::evidence::body::CanaryResult;
use crate::evidence::book::{Book, Run};
use crate::evidence::chain::Step;
use crate::failure::cause_of;
use crate::ops::evidence::verify;
use crate::report::{Check, Outcome};

/// Number of settled runs that are kept while the records are read: the last canary is among the last of them.
const KEEP: usize = 10_000;

/// Checks every record.
pub(super) fn check(audit: &mut Audit<'_>) {
    audit.require_paths(Group::Evidence, &[Key::StateDir, Key::Profile]);
    let evidence = Evidence::at(audit.state_dir());
    let (endpoint, now) = (audit.endpoint(), audit.deps.clock.now());
    audit.check_group(Group::Evidence, move || judge(&evidence, endpoint.as_deref(), now));
}

fn judge(evidence: &Evidence, endpoint: Option<&str>, now: Timestamp) -> Vec<Check> {
    let verified = verify::run(&verify::Options { evidence: evidence.clone(), anchor: None });
    let [owner, intents, positions, canary] = match read(evidence) {
        Ok(book) => [owner(&book, endpoint), intents(&book), positions(&book), canary(&book, now)],
        Err(error) => [(); 4].map(|()| Check::not_reached(cause_of(&error))),
    };
    vec![
        chain(&verified).named("evidence.chain"),
        owner.named("evidence.owner"),
        intents.named("evidence.intents"),
        positions.named("evidence.positions"),
        canary.named("evidence.canary"),
    ]
}

fn chain(verified: &Outcome<verify::Report>) -> Check {
    match (&verified.report, &verified.failure) {
        (Some(report), _) if report.damage_count > 0 => {
            let damages = report.damages.iter().map(ToString::to_string);
            let records = if report.damage_count == 1 { "record" } else { "records" };
            let damages = first_few(damages);
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

/// The state that the records describe. One damaged record makes all others doubtful.
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

fn positions(book: &Book) -> Check {
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
            Check::fail(first_few(lost))
                .with_remedy(format!("mt5crs emergency-close {}", flags.join(" ")))
        }
        (_, kept) if !kept.is_empty() => {
            Check::warn(format!("left open on request: {}", first_few(kept)))
        }
        _ => Check::pass("none"),
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
