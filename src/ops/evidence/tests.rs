use std::fs;
use std::path::PathBuf;

use uuid::Uuid;

use super::*;
use crate::check::Verdict;
use crate::evidence::body::{
    Body, CanaryEnd, CanaryResult, EmergencyIntent, EmergencyOutcome, OpenOutcomeRecord, RawReply,
    RecordedRefusal, TicketResult,
};
use crate::evidence::chain::Step;
use crate::evidence::damage::DamageKind;
use crate::evidence::outcome::CloseOutcome;
use crate::evidence::tests::{
    PATIENCE, ScratchEvidence, begin, close_intent, close_outcome, emergency, exact, executed,
    not_executed, open_intent, outcome, reading, run, unknown,
};
use crate::evidence::{Evidence, Head};
use crate::exit::Exit;
use crate::report::Outcome;
use crate::units::{Money, Ticket};

const CANARY: u128 = 0x0123_4567_89ab_4cde_8f01_2345_6789_abcd;

fn shown(place: &ScratchEvidence, last: usize) -> show::Report {
    let options = show::Options { evidence: place.evidence.clone(), last };
    show::run(&options).report.unwrap()
}

fn states(report: &show::Report) -> Vec<RunState> {
    report.runs.iter().map(|row| row.state).collect()
}

fn resolve_as(
    place: &ScratchEvidence,
    prefix: &str,
    opened: Option<Ticket>,
) -> Outcome<resolve::Report> {
    let options = resolve::Options {
        evidence: place.evidence.clone(),
        run: prefix.parse().unwrap(),
        opened,
        reason: "looked at the terminal at 04:10".to_owned(),
        who: "ops".to_owned(),
        this_run: run(77),
        patience: PATIENCE,
    };
    resolve::run(&options, &place.clock)
}

fn exported(place: &ScratchEvidence, prefix: &str) -> (Outcome<export::Report>, PathBuf) {
    let directory = place.dir.path().join("out");
    let options = export::Options {
        evidence: place.evidence.clone(),
        run: prefix.parse().unwrap(),
        directory: directory.clone(),
    };
    (export::run(&options), directory)
}

/// A canary from its intent to its proved close.
fn traded() -> ScratchEvidence {
    let place = ScratchEvidence::begun();
    let canary = Uuid::from_u128(CANARY);
    place.add(canary, open_intent());
    let mut opened = outcome(canary, executed(7));
    opened.reply = Some(RawReply::of(b"{\"status\":\"FILLED\",\"comment\":\"\x1b[31m`\"}"));
    place.add(canary, opened);
    place.add(canary, close_intent(7));
    place.add(canary, close_outcome(7, CloseOutcome::Closed));
    let end = CanaryEnd {
        result: CanaryResult::Closed,
        ticket: Some(Ticket(7)),
        balance_before: Money(exact("200.00")),
        balance_after: Some(Money(exact("199.99"))),
        cost: Some(Money(exact("0.01"))),
        deals: vec![],
    };
    place.add(canary, end);
    place
}

#[test]
fn show_lists_the_state_of_each_run() {
    let place = traded();
    place.add(run(10), open_intent());
    place.add(run(11), open_intent());
    place.add(run(11), outcome(run(11), unknown()));
    place.add(run(12), open_intent());
    place.add(run(12), outcome(run(12), not_executed()));
    place.add(run(13), open_intent());
    place.add(run(13), outcome(run(13), executed(9)));
    place.add(run(14), EmergencyIntent { round: 1, tickets: vec![Ticket(1)] });
    let report = shown(&place, 100);
    use RunState::*;
    assert_eq!(
        states(&report),
        [Nothing, Closed, Unresolved, Unresolved, NotExecuted, Open, Unfinished]
    );
    assert_eq!((report.unresolved, report.open, report.not_shown), (2, 1, 0));
    assert_eq!(report.runs[1].ticket, Some(Ticket(7)));
    assert_eq!(report.runs[6].kind, RunKind::EmergencyClose);
    assert_eq!(report.owner.as_ref().unwrap().endpoint, begin().endpoint);

    place.add(run(14), emergency(1, &[(1, CloseOutcome::StillOpen)], false));
    assert_eq!(shown(&place, 100).runs[6].state, NotFlat);
    let beside = EmergencyOutcome {
        readings: vec![reading(2)],
        ..emergency(1, &[(1, CloseOutcome::Closed)], false)
    };
    place.add(run(15), beside);
    let selected = &shown(&place, 100).runs[7];
    let proved = "the selected positions are closed: 1; others listed: 2";
    assert_eq!((selected.state, selected.proved.as_str()), (Closed, proved));
    place.add(run(15), emergency(1, &[(1, CloseOutcome::Closed)], false));
    assert_eq!(shown(&place, 100).runs[7].state, NotFlat, "nothing shows that others were to stay");
    place.add(run(14), EmergencyIntent { round: 2, tickets: vec![Ticket(1)] });
    place.add(run(14), emergency(2, &[(1, CloseOutcome::Closed)], true));
    let report = shown(&place, 100);
    // What is flat holds no canary.
    assert_eq!((report.runs[6].state, report.runs[5].state), (Flat, Closed));
}

#[test]
fn a_refusal_without_a_code_is_told_in_words() {
    let mut round = emergency(1, &[(7, CloseOutcome::StillOpen)], false);
    let message = "FILLED with ticket 0, which closes nothing; the list still shows it".to_owned();
    let code = "none".to_owned();
    round.tickets[0].result = TicketResult::Rejected(RecordedRefusal { code, message });
    let place = traded();
    place.add(run(14), round);
    let last = place.evidence.walk([]).unwrap().last().unwrap().unwrap();
    let Step::Record(record) = last else { panic!("{last:?}") };
    assert!(matches!(record.body, Some(Body::EmergencyOutcome(_))));
    let words = story::describe(&record, None);
    let fact = "Ticket: 7 still open: FILLED with ticket 0, which closes nothing; the list still shows it; no reply";
    assert_eq!(words.facts[0], fact);
    assert!(!words.findings[0].sentence().contains("none"), "{}", words.findings[0].sentence());
}

#[test]
fn show_leaves_out_old_runs_but_none_that_is_open() {
    let place = traded();
    place.add(run(10), open_intent());
    for number in 20..25 {
        place.add(run(number), open_intent());
        place.add(run(number), outcome(run(number), not_executed()));
    }
    let report = shown(&place, 2);
    let ids: Vec<&str> = report.runs.iter().map(|row| row.run.as_str()).collect();
    assert_eq!(ids, [10, 23, 24].map(|number| run(number).to_string()));
    assert_eq!(report.not_shown, 5);
}

#[test]
fn show_handles_missing_and_damaged_records() {
    let place = ScratchEvidence::new();
    assert!(shown(&place, 5).runs.is_empty());
    assert!(!place.evidence.path().parent().unwrap().exists(), "reading creates nothing");
    let place = traded();
    place.write_lines(&place.lines()[..4]);
    let options = show::Options { evidence: place.evidence.clone(), last: 5 };
    let outcome = show::run(&options);
    assert_eq!(outcome.verdict, Verdict::Warn);
    assert!(outcome.warnings[0].contains("evidence verify"));
}

#[test]
fn verify_judges_the_chain() {
    let verify = |evidence: &Evidence, anchor: Option<Head>| {
        verify::run(&verify::Options { anchor, ..verify::Options::of(evidence.clone()) })
    };
    let place = traded();
    let outcome = verify(&place.evidence, None);
    assert_eq!((outcome.verdict, outcome.exit), (Verdict::Pass, Exit::Ok));
    let report = outcome.report.unwrap();
    assert_eq!((report.records, report.damage_count), (6, 0));
    let anchor: Head = report.head.unwrap().to_string().parse().unwrap();
    assert_eq!(verify(&place.evidence, Some(anchor)).verdict, Verdict::Pass);

    place.clock.set_wall("2025-01-01T00:00:00Z".parse().unwrap());
    place.add(run(9), close_intent(1));
    let outcome = verify(&place.evidence, None);
    assert_eq!(
        (outcome.verdict, outcome.exit, outcome.warnings.len()),
        (Verdict::Warn, Exit::Ok, 1)
    );

    let mut lines = place.lines();
    lines.remove(2);
    place.write_lines(&lines);
    let outcome = verify(&place.evidence, None);
    assert_eq!((outcome.verdict, outcome.exit), (Verdict::Fail, Exit::No));
    assert_eq!(outcome.report.unwrap().damages[0].kind, DamageKind::Lost);
}

#[test]
fn an_anchor_is_count_and_hash() {
    for refused in ["", "3", "3:", "x:00", &format!("-1:{}", "0".repeat(64))] {
        assert!(refused.parse::<Head>().is_err(), "{refused}");
    }
}

#[test]
fn a_run_is_named_by_four_digits_or_more() {
    for refused in ["", "abc", "abcg", "01234567-89ab-4cde-8f01-23456789abcd0"] {
        assert!(refused.parse::<RunPrefix>().is_err(), "{refused}");
    }
    let canary = Uuid::from_u128(CANARY);
    for named in ["0123", "01234567-89AB", "01234567-89ab-4cde-8f01-23456789abcd"] {
        assert!(named.parse::<RunPrefix>().unwrap().matches(canary), "{named}");
    }
    assert!(!"1234".parse::<RunPrefix>().unwrap().matches(canary));
}

#[test]
fn a_persons_statement_settles_an_order_and_is_marked() {
    let place = traded();
    place.add(Uuid::from_u128(CANARY + 1), open_intent());
    place.add(run(10), open_intent());
    let executed = Some(Ticket(8));
    // The settled run of the same digits is not meant.
    let outcome = resolve_as(&place, "0123", executed);
    assert_eq!(outcome.verdict, Verdict::Pass, "{:?}", outcome.failure);
    let report = outcome.report.unwrap();
    assert_eq!((report.ticket, report.still_unresolved), (Some(Ticket(8)), 1));
    let rows = shown(&place, 100).runs;
    let row = rows.iter().find(|row| row.run == report.run).unwrap();
    assert_eq!((row.state, row.unresolved), (RunState::Open, false));
    assert!(row.proved.contains("a person's word, ops: looked at the terminal"), "{}", row.proved);
    assert_eq!(resolve_as(&place, "0000", None).verdict, Verdict::Pass);
    assert!(place.evidence.unresolved().unwrap().is_empty());
}

#[test]
fn an_impossible_statement_is_refused() {
    let place = traded();
    let records = place.lines().len() + 1;
    place.add(run(10), open_intent());
    let code = |prefix: &str, opened: Option<Ticket>| {
        let outcome = resolve_as(&place, prefix, opened);
        assert_eq!(outcome.exit, Exit::Usage);
        outcome.failure.unwrap().code().slug()
    };
    assert_eq!(code("ffff", None), "unknown-run");
    assert_eq!(code("0123", None), "nothing-unresolved");
    assert_eq!(code("0000", Some(Ticket(0))), "no-ticket");
    assert_eq!(code("0000", Some(Ticket(2))), "ticket-is-older");
    assert_eq!(place.lines().len(), records, "nothing was recorded");
    place.add(run(11), open_intent());
    assert_eq!(code("0000", None), "ambiguous-run");
    let no_reason = resolve::Options {
        evidence: place.evidence.clone(),
        run: "0000".parse().unwrap(),
        opened: None,
        reason: " ".to_owned(),
        who: "ops".to_owned(),
        this_run: run(77),
        patience: PATIENCE,
    };
    let outcome = resolve::run(&no_reason, &place.clock);
    assert_eq!(outcome.failure.unwrap().code().slug(), "no-reason");
}

#[test]
fn an_export_describes_a_run_by_its_records() {
    let place = traded();
    place.add(run(10), open_intent());
    let (outcome, directory) = exported(&place, "0123");
    assert_eq!(outcome.verdict, Verdict::Pass, "{:?}", outcome.failure);
    let read = |name| fs::read_to_string(directory.join(name)).unwrap();

    let physical = read("PHYSICAL_EVIDENCE.log");
    let lines = |word| physical.lines().filter(|line| line.contains(word)).count();
    assert_eq!(lines("Ticket: 7"), 2);
    assert_eq!(lines("Balance: 200.00 USD"), 1);
    assert_eq!(lines("Balance: 199.99"), 1);
    assert_eq!(lines("Reply: "), 2);
    assert!(physical.contains(r#"{"status":"FILLED","comment":"\u{1b}[31m`"}"#), "{physical}");

    let story = read("LIVE_EXECUTION_LOG.log");
    assert_eq!(story.lines().count(), 5, "a line a record of the run, and no other's");
    assert!(story.contains("canary-end: the canary ended: closed, cost 0.01"), "{story}");
    assert!(story.lines().all(|line| line.starts_with("2026-01-17T03:54:22.")), "{story}");

    let report = read("COMPLETION_REPORT.md");
    assert!(report.contains("| ticket | 7 |"), "{report}");
    assert!(report.contains("the order opened position 7"), "{report}");
    assert!(report.contains("position 7 is closed"), "{report}");
    assert!(report.contains("the chain had no damage"), "{report}");
    let head = outcome.report.unwrap().head.unwrap();
    assert!(head.count == 7 && report.contains(&format!("`{head}`")), "{report}");

    let left: Vec<_> = fs::read_dir(&directory).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn an_export_lists_unproved_outcomes() {
    for (more, said) in [
        (None, "no outcome is recorded"),
        (Some(unknown()), "no list could be read"),
        (Some(executed(7)), "its close is not proved"),
    ] {
        let place = ScratchEvidence::begun();
        let canary = Uuid::from_u128(CANARY);
        place.add(canary, open_intent());
        if let Some(result) = more {
            place.add(canary, OpenOutcomeRecord { reply: None, ..outcome(canary, result) });
        }
        let (_, directory) = exported(&place, "0123");
        let report = fs::read_to_string(directory.join("COMPLETION_REPORT.md")).unwrap();
        let not_proved = report.split("## Not proved").nth(1).unwrap();
        let not_proved = not_proved.split("## Stated by a person").next().unwrap();
        assert!(not_proved.contains(said), "{report}");
    }
}

#[test]
fn an_export_includes_outcomes_that_later_runs_found() {
    let place = ScratchEvidence::begun();
    let canary = Uuid::from_u128(CANARY);
    place.add(canary, open_intent());
    place.add(run(10), outcome(canary, executed(7)));
    place.add(
        run(11),
        emergency(1, &[(7, CloseOutcome::Closed), (3, CloseOutcome::Unknown)], false),
    );
    let (outcome, directory) = exported(&place, "0123");
    assert_eq!(outcome.report.unwrap().run.state, RunState::Closed);
    let report = fs::read_to_string(directory.join("COMPLETION_REPORT.md")).unwrap();
    assert!(report.contains("position 7 is closed, by round 1"), "{report}");
    assert!(!report.contains("position 3"), "another position is not this run's");
}

#[test]
fn an_export_overwrites_no_file() {
    let place = traded();
    for name in [
        "EXECUTION_PLAN.md",
        "PHYSICAL_EVIDENCE.log",
        "LIVE_EXECUTION_LOG.log",
        "COMPLETION_REPORT.md",
    ] {
        let directory = place.dir.path().join("out");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(name), "handed out").unwrap();
        let (outcome, _) = exported(&place, "0123");
        assert_eq!(outcome.failure.unwrap().code().slug(), "file-exists");
        assert_eq!(fs::read_to_string(directory.join(name)).unwrap(), "handed out");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
        fs::remove_dir_all(directory).unwrap();
    }
    let (outcome, directory) = exported(&place, "ffff");
    assert_eq!(outcome.failure.unwrap().code().slug(), "unknown-run");
    assert!(!directory.exists());
}

#[test]
fn an_export_of_damaged_records_warns() {
    let place = traded();
    let mut lines = place.lines();
    lines[0] = lines[0].replace("USD", "EUR");
    place.write_lines(&lines);
    let (outcome, directory) = exported(&place, "0123");
    assert_eq!(outcome.verdict, Verdict::Warn);
    let report = fs::read_to_string(directory.join("COMPLETION_REPORT.md")).unwrap();
    assert!(report.contains("the chain had 1 damaged record"), "{report}");
}
