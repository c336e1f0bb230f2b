use super::*;

/// The runs whose OPEN is not resolved.
fn unresolved(place: &ScratchEvidence) -> Vec<Uuid> {
    place.evidence.unresolved().unwrap().iter().map(|intent| intent.run).collect()
}

fn open_tickets(place: &ScratchEvidence) -> Vec<i64> {
    place.evidence.open_canaries().unwrap().iter().map(|canary| canary.ticket.0).collect()
}

#[test]
fn an_intent_is_unresolved_until_its_outcome_is_proved() {
    for (result, open) in [(executed(7), vec![7]), (not_executed(), vec![])] {
        let place = ScratchEvidence::begun();
        assert!(unresolved(&place).is_empty());
        place.add(run(5), open_intent());
        assert_eq!(unresolved(&place), [run(5)]);
        place.add(run(5), outcome(run(5), unknown()));
        assert_eq!(unresolved(&place), [run(5)]);
        let why = place.evidence.unresolved().unwrap()[0].unknown.clone();
        assert_eq!(why.as_deref(), Some("no list could be read"));
        // A later start finds out.
        place.add(run(6), outcome(run(5), result));
        assert!(unresolved(&place).is_empty());
        assert_eq!(open_tickets(&place), open);
    }
}

#[test]
fn a_resolution_settles_the_intent_of_its_run_alone() {
    let place = ScratchEvidence::begun();
    for number in 5..8 {
        place.add(run(number), open_intent());
    }
    place.add(run(9), resolution(run(6), Some(Ticket(7))));
    place.add(run(9), resolution(run(7), None));
    assert_eq!(unresolved(&place), [run(5)]);
    assert_eq!(open_tickets(&place), [7]);
}

#[test]
fn two_intents_of_one_run_need_two_outcomes() {
    let place = ScratchEvidence::begun();
    place.add(run(5), open_intent());
    place.add(run(5), open_intent());
    place.add(run(5), outcome(run(5), not_executed()));
    assert_eq!(unresolved(&place), [run(5)]);
}

#[test]
fn an_intent_in_an_unknown_form_is_unresolved() {
    let place = ScratchEvidence::begun();
    place.add(run(5), open_intent());
    let mut lines = place.lines();
    let hashed = lines[1].replace(r#""v":1"#, r#""v":2"#);
    let hashed = &hashed[..hashed.len() - 75];
    let hash = Sha256Hex::of(hashed.as_bytes());
    lines[1] = format!(r#"{hashed},"hash":"{hash}"}}"#);
    place.write_lines(&lines);
    place.set_head(Head { count: 2, hash });
    assert_eq!(unresolved(&place), [run(5)]);
    assert_eq!(place.evidence.unresolved().unwrap()[0].open, None);
}

#[test]
fn a_canary_is_open_until_its_close_is_proved() {
    let place = ScratchEvidence::begun();
    place.add(run(5), open_intent());
    place.add(run(5), outcome(run(5), executed(7)));
    place.add(run(5), close_intent(7));
    for result in [CloseOutcome::StillOpen, CloseOutcome::Unknown] {
        place.add(run(5), close_outcome(7, result));
        assert_eq!(open_tickets(&place), [7]);
    }
    place.add(run(6), close_outcome(8, CloseOutcome::Closed));
    assert_eq!(open_tickets(&place), [7]);
    place.add(run(6), close_outcome(7, CloseOutcome::Closed));
    assert!(open_tickets(&place).is_empty());
}

#[test]
fn a_canary_kept_open_on_request_is_marked() {
    let place = ScratchEvidence::begun();
    place.add(run(5), open_intent());
    place.add(run(5), outcome(run(5), executed(7)));
    let end = CanaryEnd {
        result: CanaryResult::KeptOpen,
        ticket: Some(Ticket(7)),
        balance_before: Money(exact("200.00")),
        balance_after: None,
        cost: None,
        deals: vec![],
    };
    place.add(run(5), end);
    let open = place.evidence.open_canaries().unwrap();
    assert!(open[0].kept_open);
    assert_eq!(open[0].symbol.as_ref().unwrap().as_str(), "EURUSD.s");
}

#[test]
fn an_emergency_close_closes_canaries() {
    for (outcome_of, open) in [
        (emergency(1, &[(7, CloseOutcome::Closed), (3, CloseOutcome::StillOpen)], false), vec![]),
        (emergency(1, &[(7, CloseOutcome::StillOpen), (3, CloseOutcome::Closed)], false), vec![7]),
        (emergency(1, &[(7, CloseOutcome::Unknown)], true), vec![]),
    ] {
        let place = ScratchEvidence::begun();
        place.add(run(5), open_intent());
        place.add(run(5), outcome(run(5), executed(7)));
        place.add(run(6), EmergencyIntent { round: 1, tickets: vec![Ticket(7), Ticket(3)] });
        assert_eq!(open_tickets(&place), [7]);
        place.add(run(6), outcome_of);
        assert_eq!(open_tickets(&place), open);
    }
}

#[test]
fn damaged_evidence_resolves_nothing() {
    let place = ScratchEvidence::with_records(3);
    place.write_lines(&place.lines()[1..]);
    assert!(matches!(place.evidence.unresolved(), Err(EvidenceError::Damaged { .. })));
    assert!(matches!(place.evidence.open_canaries(), Err(EvidenceError::Damaged { .. })));
}

#[test]
fn the_book_drops_old_runs_with_nothing_open() {
    let place = ScratchEvidence::begun();
    for number in 10..20 {
        place.add(run(number), open_intent());
        if number % 2 == 0 {
            place.add(run(number), outcome(run(number), not_executed()));
        }
    }
    let mut book = Book::new(2);
    for record in place.evidence.records().unwrap() {
        book.add(record.unwrap());
    }
    let kept: Vec<Uuid> = book.runs().map(|run| run.id).collect();
    assert_eq!(kept, [11, 13, 15, 16, 17, 18, 19].map(run));
}
