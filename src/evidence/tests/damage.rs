use super::*;

/// A chain of five, with a damage of its own made by `change`.
fn damaged(change: impl FnOnce(&mut Vec<String>)) -> Walked {
    let place = ScratchEvidence::with_records(5);
    let mut lines = place.lines();
    change(&mut lines);
    place.write_lines(&lines);
    place.walked()
}

/// The line with a body of another ticket, and every hash of it recomputed.
fn restamped(line: &str, prev: Option<Sha256Hex>) -> (String, Sha256Hex) {
    let line::ParsedLine::Record(record) = line::parse(line.as_bytes()) else {
        panic!("no record")
    };
    let body = Body::CloseIntent(close_intent(666));
    let prev = prev.unwrap_or(record.prev);
    let (line, hash) = line::compose(record.seq, record.time, record.run, &body, prev).unwrap();
    (String::from_utf8(line).unwrap().trim_end().to_owned(), hash)
}

#[test]
fn a_sound_chain_has_no_damage() {
    let walked = damaged(|_| {});
    assert_eq!((walked.kinds(), walked.remark_kinds()), (vec![], vec![]));
}

#[test]
fn every_flipped_bit_is_found_and_named_once() {
    let place = ScratchEvidence::with_records(3);
    let sound = place.bytes();
    let begins = place.lines()[0].len() + 1;
    let ends = begins + place.lines()[1].len();
    for at in begins..ends {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        place.write(&bytes);
        let walked = place.walked();
        let found = matches!(walked.kinds()[..], [DamageKind::Altered | DamageKind::Unreadable]);
        // A line that is cut in two by a newline can't be read twice.
        assert!(found, "byte {at}: {:?}", walked.damages);
        assert_eq!(walked.only().line, Some(2), "byte {at}");
        assert_eq!(walked.records.len(), 2, "byte {at}");
    }
}

#[test]
fn a_flipped_byte_in_the_last_record_is_found() {
    let walked = damaged(|lines| lines[4] = lines[4].replace("EURUSD", "EURUSB"));
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Altered, Some(5)));
    let walked = damaged(|lines| lines[4].replace_range(0..1, "("));
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Unreadable, Some(5)));
}

#[test]
fn lost_records_are_found() {
    let walked = damaged(|lines| drop(lines.remove(2)));
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Lost, Some(3)));
    let walked = damaged(|lines| drop(lines.drain(0..2)));
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Lost, Some(1)));
    assert_eq!(walked.only().found, "records 1 to 2 are missing before it");
}

#[test]
fn reordered_records_are_found() {
    let walked = damaged(|lines| lines.swap(2, 3));
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Reordered, Some(3)));
    assert_eq!(walked.records.len(), 5);
}

#[test]
fn duplicates_are_found() {
    let walked = damaged(|lines| lines.insert(3, lines[1].clone()));
    assert_eq!((walked.only().kind, walked.only().line), (DamageKind::Duplicate, Some(4)));
    assert_eq!(walked.records.len(), 5, "a second record of that number is not believed");
}

#[test]
fn a_rewritten_record_is_found_by_the_next() {
    let walked = damaged(|lines| lines[2] = restamped(&lines[2], None).0);
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Restamped, Some(4)));
}

#[test]
fn a_rewritten_end_is_found_by_the_head() {
    let walked = damaged(|lines| lines[4] = restamped(&lines[4], None).0);
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::HeadForeign, Some(5)));
    let walked = damaged(|lines| {
        let (line, hash) = restamped(&lines[3], None);
        lines[3] = line;
        lines[4] = restamped(&lines[4], Some(hash)).0;
    });
    assert_eq!(walked.only().kind, DamageKind::HeadForeign);
}

#[test]
fn a_cut_end_is_found_by_the_head() {
    let walked = damaged(|lines| lines.truncate(3));
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Truncated, Some(4)));
    let place = ScratchEvidence::with_records(3);
    place.write("");
    assert_eq!(place.walked().only().kind, DamageKind::Truncated);
    fs::remove_file(place.evidence.path()).unwrap();
    assert_eq!(place.walked().only().kind, DamageKind::Truncated);
}

#[test]
fn a_torn_record_that_the_head_counts_is_a_truncation() {
    let place = ScratchEvidence::with_records(3);
    let bytes = place.bytes();
    place.write(&bytes[..bytes.len() - 20]);
    assert_eq!(place.walked().only().kind, DamageKind::Truncated);
    assert!(matches!(place.try_add(run(1), close_intent(1)), Err(EvidenceError::Damaged { .. })));
}

#[test]
fn a_bad_head_is_found() {
    let place = ScratchEvidence::with_records(3);
    let records = place.walked().records;
    let head = |count, hash| {
        place.set_head(Head { count, hash });
        let walked = place.walked();
        (walked.kinds(), walked.remark_kinds())
    };
    assert_eq!(head(2, records[1].hash), (vec![], vec![RemarkKind::HeadOneBehind]));
    assert_eq!(head(1, records[0].hash).0, [DamageKind::HeadBehind]);
    assert_eq!(head(0, Sha256Hex::NONE).0, [DamageKind::HeadBehind]);
    assert_eq!(head(2, records[0].hash).0, [DamageKind::HeadForeign]);
    assert_eq!(head(3, Sha256Hex::of(b"x")).0, [DamageKind::HeadForeign]);
    assert_eq!(head(4, records[2].hash).0, [DamageKind::Truncated]);
    fs::write(&place.evidence.head, "{}").unwrap();
    assert_eq!(place.walked().only().kind, DamageKind::HeadUnreadable);
    fs::remove_file(&place.evidence.head).unwrap();
    assert_eq!(place.walked().only().kind, DamageKind::HeadMissing);
}

#[test]
fn a_kill_before_the_first_head_is_no_damage() {
    let place = ScratchEvidence::begun();
    fs::remove_file(&place.evidence.head).unwrap();
    assert_eq!(place.walked().kinds(), []);
    assert_eq!(place.add(run(1), close_intent(1)).count, 2);
    assert_eq!(place.walked().kinds(), []);
}

#[test]
fn records_and_head_cut_together_are_found_by_an_anchor() {
    let place = ScratchEvidence::with_records(5);
    let (anchor, records) = (place.head(), place.walked().records);
    assert_eq!(place.walked_to(Some(anchor)).kinds(), []);
    place.add(run(1), close_intent(1));
    assert_eq!(place.walked_to(Some(anchor)).kinds(), [], "the chain has grown beyond it");
    place.write_lines(&place.lines()[..4]);
    place.set_head(Head { count: 4, hash: records[3].hash });
    assert_eq!(place.walked().kinds(), [], "without an anchor nothing shows it");
    assert_eq!(place.walked_to(Some(anchor)).only().kind, DamageKind::AnchorBeyond);
    place.add(run(1), close_intent(1));
    assert_eq!(place.walked_to(Some(anchor)).only().kind, DamageKind::AnchorForeign);
}

#[test]
fn a_torn_line_in_the_middle_needs_its_own_torn_tail_record() {
    let place = ScratchEvidence::with_records(2);
    place.write([&place.bytes()[..], b"{\"seq\":3"].concat());
    assert_eq!(place.walked().remark_kinds(), [RemarkKind::UnfinishedLine]);
    place.add(run(1), close_intent(1));
    let lines = place.lines();
    assert_eq!((lines.len(), place.walked().kinds()), (5, vec![]));

    let mut other = lines.clone();
    other[2] = "{\"seq\":4".to_owned();
    place.write_lines(&other);
    assert_eq!(place.walked().only().kind, DamageKind::TornMismatch);

    let mut gone = lines.clone();
    gone.remove(2);
    place.write_lines(&gone);
    assert_eq!(place.walked().only().kind, DamageKind::TornMismatch);

    let mut twice = lines.clone();
    twice.insert(2, "{\"seq\":3".to_owned());
    place.write_lines(&twice);
    assert_eq!(place.walked().only().kind, DamageKind::TornMismatch);

    let mut elsewhere = lines;
    elsewhere.insert(1, "{\"seq\":2".to_owned());
    place.write_lines(&elsewhere);
    let walked = place.walked();
    assert_eq!((walked.only().kind, walked.only().line), (DamageKind::Unreadable, Some(2)));
}

#[test]
fn several_damages_are_each_named() {
    let walked = damaged(|lines| {
        lines[1] = lines[1].replace("EURUSD", "EURUSB");
        lines.remove(3);
    });
    assert_eq!(walked.kinds(), [DamageKind::Altered, DamageKind::Lost]);
}

#[test]
fn a_clock_set_back_is_remarked() {
    let place = ScratchEvidence::with_records(2);
    place.clock.set_wall("2025-01-01T00:00:00Z".parse().unwrap());
    place.add(run(1), close_intent(1));
    let walked = place.walked();
    assert_eq!((walked.kinds(), walked.remark_kinds()), (vec![], vec![RemarkKind::TimeWentBack]));
}

#[test]
fn a_record_of_an_unknown_kind_is_a_link_of_the_chain() {
    let place = ScratchEvidence::with_records(2);
    let [one, two] = [r#""kind":"close-intent","v":1"#, r#""kind":"dream","v":9"#];
    let mut lines = place.lines();
    let hashed = lines[1].replace(one, two);
    let hashed = &hashed[..hashed.len() - 75];
    let hash = Sha256Hex::of(hashed.as_bytes());
    lines[1] = format!(r#"{hashed},"hash":"{hash}"}}"#);
    place.write_lines(&lines);
    place.set_head(Head { count: 2, hash });
    place.add(run(1), close_intent(1));
    let walked = place.walked();
    assert_eq!(walked.kinds(), []);
    assert_eq!((walked.records[1].kind.as_str(), &walked.records[1].body), ("dream", &None));
}

#[test]
fn an_oversized_line_is_skipped() {
    let place = ScratchEvidence::with_records(3);
    let lines = place.lines();
    let endless = "x".repeat(9 << 20);
    place.write_lines(&[lines[0].clone(), endless, lines[2].clone()]);
    let walked = place.walked();
    assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Oversized, Some(2)));
    assert_eq!(walked.records.len(), 2);
}
