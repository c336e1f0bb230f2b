use super::*;
use crate::evidence::checkpoint::INTERVAL;

/// Sealed every five records, so that a checkpoint comes with each segment.
fn scratch() -> ScratchEvidence {
    let mut place = ScratchEvidence::new();
    place.evidence = place.evidence.with_segments_of(5);
    place.add(run(1), begin());
    place
}

/// An order without an outcome as record 4, and a checkpoint at record 6.
fn with_open_order() -> ScratchEvidence {
    let place = scratch();
    for _ in 0..2 {
        place.add(run(2), close_intent(7));
    }
    place.add(run(5), open_intent());
    for _ in 0..3 {
        place.add(run(2), close_intent(7));
    }
    assert_eq!(verified(&place).0, Some(CheckpointTruth { count: 6, is_true: true }));
    place
}

/// The judgement of the checkpoint, and all damages of chain and checkpoint.
fn verified(place: &ScratchEvidence) -> (Option<CheckpointTruth>, Vec<DamageKind>) {
    let mut trial = place.evidence.try_checkpoint();
    let mut damages = Vec::new();
    let mut chain = place.evidence.walk(trial.anchor()).unwrap();
    while let Some(step) = chain.next() {
        match step.unwrap() {
            Step::Record(record) => trial.add(*record, chain.line()),
            Step::Damage(damage) => damages.push(damage.kind),
            Step::Remark(_) => {}
        }
    }
    let (truth, damage) = trial.finish(damages.is_empty());
    damages.extend(damage.map(|damage| damage.kind));
    (truth, damages)
}

/// What a start finds open, and whether it read every record.
fn started(place: &ScratchEvidence) -> (Vec<u64>, bool) {
    let found = place.evidence.left_open().unwrap();
    (found.left.book.unresolved().map(|intent| intent.seq).collect(), found.is_whole)
}

#[test]
fn a_start_reads_the_checkpoint_and_the_records_after_it() {
    let place = with_open_order();
    assert_eq!(started(&place), (vec![4], false));
    place.add(run(6), open_intent());
    assert_eq!(started(&place), (vec![4, 8], false));
    // It reads no earlier record, so their damage is left to `evidence verify`.
    let first = place.evidence.directory().join("evidence-000001.jsonl");
    let text = fs::read_to_string(&first).unwrap().replacen("EURUSD", "EURUSB", 1);
    fs::write(&first, text).unwrap();
    assert_eq!(started(&place), (vec![4, 8], false));
    assert_eq!(verified(&place).1, [DamageKind::Altered]);
}

#[test]
fn records_alone_make_a_checkpoint_now_and_then() {
    let place = ScratchEvidence::with_records(INTERVAL - 1);
    assert!(started(&place).1);
    place.add(run(2), close_intent(7));
    assert!(!started(&place).1);
    let truth = Some(CheckpointTruth { count: INTERVAL, is_true: true });
    assert_eq!(verified(&place), (truth, vec![]));
}

#[test]
fn a_lost_checkpoint_costs_one_whole_reading() {
    let place = with_open_order();
    fs::remove_file(&place.evidence.checkpoint).unwrap();
    let found = place.evidence.left_open().unwrap();
    assert!(found.is_whole);
    place.evidence.keep_checkpoint(&found);
    assert_eq!(started(&place), (vec![4], false));
    assert_eq!(verified(&place), (Some(CheckpointTruth { count: 7, is_true: true }), vec![]));
}

#[test]
fn every_damaged_byte_of_the_checkpoint_is_found_and_changes_no_answer() {
    let place = with_open_order();
    let bytes = fs::read(&place.evidence.checkpoint).unwrap();
    for at in 0..bytes.len() {
        let shorter = at % 16 == 0;
        for changed in [
            [&bytes[..at], &[bytes[at] ^ 1], &bytes[at + 1..]].concat(),
            bytes[..at].to_vec(),
            [&bytes[..at], &bytes[at + 1..]].concat(),
        ]
        .into_iter()
        .take(if shorter { 3 } else { 1 })
        {
            fs::write(&place.evidence.checkpoint, &changed).unwrap();
            assert_eq!(started(&place), (vec![4], true), "byte {at}");
            assert_eq!(verified(&place).1, [DamageKind::CheckpointUnreadable], "byte {at}");
        }
    }
}

/// The checkpoint with other content, and a hash that is right for it.
fn forge(place: &ScratchEvidence, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(&place.evidence.checkpoint).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.pop();
    change(&mut lines);
    let content: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let sha256 = Sha256Hex::of(content.as_bytes());
    let forged = format!("{content}{{\"sha256\":\"{sha256}\"}}\n");
    fs::write(&place.evidence.checkpoint, forged).unwrap();
}

#[test]
fn a_forged_checkpoint_is_called_false() {
    let place = with_open_order();
    // The open order is left out.
    forge(&place, |lines| drop(lines.remove(2)));
    assert_eq!(started(&place), (vec![], false), "a start can't tell");
    let (truth, damages) = verified(&place);
    assert_eq!(truth, Some(CheckpointTruth { count: 6, is_true: false }));
    assert_eq!(damages, [DamageKind::CheckpointFalse]);
}

#[test]
fn a_checkpoint_that_does_not_name_a_true_place_is_not_believed() {
    for (from, to) in [
        (r#""count":6"#, r#""count":7"#),
        (r#""segment":2"#, r#""segment":1"#),
        (r#""segment":2"#, r#""segment":9"#),
        (r#""end":"#, r#""end":1"#),
        (r#""bytes":"#, r#""bytes":1"#),
        (r#""bytes":"#, r#""bytes":9999999"#),
    ] {
        let place = with_open_order();
        forge(&place, |lines| lines[0] = lines[0].replace(from, to));
        let found = place.evidence.left_open();
        // A count that is not its hash's fails as an anchor; all else is read as if there were none.
        assert!(found.is_ok_and(|found| found.is_whole) || from.contains("count"), "{to}");
    }
}

#[test]
fn records_that_are_older_than_their_checkpoint_are_refused() {
    let place = with_open_order();
    let older = scratch();
    for _ in 0..2 {
        older.add(run(2), close_intent(7));
    }
    fs::remove_file(place.evidence.directory().join("evidence-000001.jsonl")).unwrap();
    for path in [&place.evidence.records, &place.evidence.head] {
        let from = older.evidence.directory().join(path.file_name().unwrap());
        fs::copy(from, path).unwrap();
    }
    assert_eq!(verified(&place).1, [DamageKind::CheckpointBeyond]);
    assert!(matches!(place.evidence.left_open(), Err(EvidenceError::Damaged { .. })));
}

#[test]
fn a_checkpoint_of_another_chain_is_found() {
    let (place, other) = (with_open_order(), scratch());
    for _ in 0..8 {
        other.add(run(9), close_intent(9));
    }
    fs::copy(&other.evidence.checkpoint, &place.evidence.checkpoint).unwrap();
    assert_eq!(verified(&place).1, [DamageKind::CheckpointForeign]);
}

#[test]
fn a_checkpoint_of_a_newer_version_is_left_alone() {
    let place = with_open_order();
    forge(&place, |lines| lines[0] = r#"{"v":2,"new":true}"#.to_owned());
    assert_eq!(started(&place), (vec![4], true));
    assert_eq!(verified(&place), (None, vec![]));
}

/// A record of some kind. A run sends one order at most, and every position has a ticket of its own.
fn any_record(random: &mut fastrand::Rng, begun: &mut u128) -> (Uuid, Body) {
    let number = random.u128(begun.saturating_sub(4)..*begun + 1);
    let (about, ticket) = (run(number), i64::try_from(number).unwrap() + 100);
    let writer = run(random.u128(0..=*begun));
    let body = match random.u32(0..12) {
        0..3 => {
            *begun += 1;
            return (run(*begun), open_intent().into());
        }
        3 => outcome(about, executed(ticket)).into(),
        4 => outcome(about, not_executed()).into(),
        5 => outcome(about, unknown()).into(),
        6 => resolution(about, random.bool().then_some(Ticket(ticket))).into(),
        7 => close_intent(ticket).into(),
        8 => close_outcome(ticket, CloseOutcome::Closed).into(),
        9 => emergency(1, &[(ticket, CloseOutcome::Closed)], random.u32(0..4) == 0).into(),
        10 => CanaryEnd {
            result: CanaryResult::KeptOpen,
            ticket: None,
            balance_before: Money(exact("1.0")),
            balance_after: None,
            cost: None,
            deals: vec![],
        }
        .into(),
        _ => begin().into(),
    };
    (writer, body)
}

/// What is open, in full.
fn open_of(book: &Book) -> String {
    let intents: Vec<_> = book.unresolved().collect();
    let canaries: Vec<_> = book.open_canaries().collect();
    format!("{intents:?} {canaries:?} {:?}", book.owner)
}

#[test]
fn a_start_by_checkpoints_finds_open_what_all_records_leave_open() {
    for seed in 0..20 {
        let mut random = fastrand::Rng::with_seed(seed);
        let place = scratch();
        let mut begun = 0;
        for _ in 0..60 {
            let (writer, body) = any_record(&mut random, &mut begun);
            place.add(writer, body);
            let whole = Book::read(place.evidence.walk([]).unwrap(), 0).unwrap();
            let started = place.evidence.left_open().unwrap();
            assert_eq!(open_of(&started.left.book), open_of(&whole), "seed {seed}");
        }
        assert!(!started(&place).1);
        let (truth, damages) = verified(&place);
        assert!(truth.unwrap().is_true && damages.is_empty(), "seed {seed}");
    }
}
