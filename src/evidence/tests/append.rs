use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use super::*;

#[test]
fn records_are_read_back_with_the_received_tokens() {
    let place = ScratchEvidence::begun();
    let bodies: Vec<Body> = vec![
        open_intent().into(),
        outcome(run(2), executed(7)).into(),
        close_intent(7).into(),
        close_outcome(7, CloseOutcome::Closed).into(),
        CanaryEnd {
            result: CanaryResult::Closed,
            ticket: Some(Ticket(7)),
            balance_before: Money(exact("200.00")),
            balance_after: Some(Money(exact("199.99"))),
            cost: Some(Money(exact("0.01"))),
            deals: vec![],
        }
        .into(),
        resolution(run(2), None).into(),
    ];
    for body in &bodies {
        place.add(run(2), body.clone());
    }
    let read: Vec<Record> = place.evidence.records().unwrap().map(Result::unwrap).collect();
    let read_bodies: Vec<Body> = read[1..].iter().map(|r| r.body.clone().unwrap()).collect();
    assert_eq!(read_bodies, bodies);
    let Some(Body::OpenIntent(intent)) = &read[1].body else { panic!("no intent") };
    assert_eq!(intent.order.volume.0.token(), "0.0010");
    let seqs: Vec<u64> = read.iter().map(|record| record.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(place.head(), Head { count: 7, hash: read[6].hash });
}

#[test]
fn an_auditor_verifies_a_hash_with_common_tools() {
    let place = ScratchEvidence::with_records(3);
    let path = place.evidence.path().display();
    let script = format!("sed -n 2p '{path}' | head -c -76 | sha256sum");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let second = place.walked().records[1].hash.to_string();
    assert_eq!(printed.split_whitespace().next().unwrap(), second);
    assert!(place.lines()[2].contains(&format!(r#""prev":"{second}""#)));
}

#[test]
fn the_first_record_names_the_owner() {
    let place = ScratchEvidence::new();
    assert!(matches!(place.try_add(run(1), open_intent()), Err(EvidenceError::NotBegun { .. })));
    assert_eq!(place.add(run(1), begin()).count, 1);
    assert_eq!(place.walked().kinds(), []);
}

#[test]
fn begin_adds_unknown_values_and_refuses_another_owner() {
    let place = ScratchEvidence::new();
    let begun = |currency: Option<&str>, endpoint: &str| {
        let begin = Begin {
            currency: currency.map(str::to_owned),
            endpoint: endpoint.to_owned(),
            ..begin()
        };
        place.evidence.begin(run(1), &place.clock, begin, PATIENCE)
    };
    begun(None, ENDPOINT).unwrap();
    begun(None, ENDPOINT).unwrap();
    assert_eq!(place.lines().len(), 1);
    place.evidence.check_owner(ENDPOINT, Some("EUR")).unwrap();
    begun(Some("USD"), ENDPOINT).unwrap();
    begun(Some("USD"), ENDPOINT).unwrap();
    assert_eq!(place.lines().len(), 2);
    for refused in [
        begun(Some("EUR"), ENDPOINT),
        begun(None, "tcp://10.0.0.6:5555"),
        place.evidence.check_owner(ENDPOINT, Some("EUR")),
    ] {
        assert!(matches!(refused, Err(EvidenceError::BelongsToAnother { .. })));
    }
    assert_eq!(place.lines().len(), 2);
}

#[test]
fn a_kill_at_any_byte_of_a_line_is_recovered_from() {
    let whole = ScratchEvidence::with_records(3);
    let bytes = whole.bytes();
    let [line1, line2] = [0, 1].map(|n| whole.lines()[n].len() + 1);
    let second = Head { count: 2, hash: whole.walked().records[1].hash };
    for cut in line1 + line2..=bytes.len() {
        let place = ScratchEvidence::begun();
        place.write(&bytes[..cut]);
        place.set_head(second);
        assert_eq!(place.walked().kinds(), [], "cut at {cut}");
        let added = place.add(run(3), close_intent(8));
        let walked = place.walked();
        assert_eq!(walked.kinds(), [], "cut at {cut}");
        let torn = match cut {
            _ if cut == line1 + line2 => 0,
            // Only the newline is missing: the record was written whole.
            _ if cut + 1 >= bytes.len() => 1,
            _ => {
                assert_eq!(walked.remark_kinds(), [RemarkKind::TornTail], "cut at {cut}");
                1
            }
        };
        assert_eq!(added.count, 3 + torn, "cut at {cut}");
        assert_eq!(place.head(), added);
    }
}

#[test]
fn a_kill_while_a_torn_tail_is_closed_off_is_recovered_from() {
    let place = ScratchEvidence::with_records(2);
    let sound = place.bytes();
    let torn = [&sound[..], br#"{"seq":3,"time":"20"#].concat();
    place.write(&torn);
    let head = place.head();
    place.add(run(3), close_intent(8));
    let closed = place.bytes();
    for cut in torn.len()..=closed.len() {
        // The head is written after each of the two records.
        let complete = closed[torn.len()..cut].iter().filter(|byte| **byte == b'\n').count();
        place.write(&closed[..cut]);
        place.set_head(head);
        if complete >= 2 {
            let hash = place.walked().records[2].hash;
            place.set_head(Head { count: 3, hash });
        }
        place.add(run(4), close_intent(9));
        let walked = place.walked();
        assert_eq!(walked.kinds(), [], "cut at {cut}: {walked:?}");
        assert!(walked.remark_kinds().contains(&RemarkKind::TornTail), "cut at {cut}");
    }
}

#[test]
fn an_append_refuses_damaged_records() {
    let sound = ScratchEvidence::with_records(3);
    let lines = sound.lines();
    let cases: [(&str, Vec<String>); 3] = [
        ("cut off", lines[..2].to_vec()),
        ("altered", vec![lines[0].clone(), lines[1].clone(), lines[2].replace("EURUSD", "EURUSB")]),
        ("unreadable", vec![lines[0].clone(), lines[1].clone(), lines[2].replace('{', "(")]),
    ];
    for (name, lines) in cases {
        sound.write_lines(&lines);
        let refused = sound.try_add(run(1), close_intent(1));
        assert!(matches!(refused, Err(EvidenceError::Damaged { .. })), "{name}: {refused:?}");
        assert!(sound.evidence.check_writable(PATIENCE).is_err(), "{name}");
        assert_eq!(sound.lines(), lines, "{name}");
    }
}

#[test]
fn an_append_refuses_an_oversized_last_line() {
    let place = ScratchEvidence::begun();
    place.write([&place.bytes()[..], "x".repeat(5 << 20).as_bytes()].concat());
    let refused = place.try_add(run(1), close_intent(1));
    assert!(matches!(refused, Err(EvidenceError::Damaged { .. })), "{refused:?}");
}

#[test]
fn a_head_that_is_one_behind_is_replaced_before_a_line_is_written() {
    let place = ScratchEvidence::with_records(3);
    let [second, third] = [1, 2].map(|n: usize| place.walked().records[n].hash);
    place.set_head(Head { count: 2, hash: second });
    place.evidence.check_writable(PATIENCE).unwrap();
    assert_eq!(place.head(), Head { count: 3, hash: third });
}

#[test]
fn two_threads_make_one_chain() {
    let place = ScratchEvidence::begun();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let place = &place;
            scope.spawn(move || {
                for ticket in 0..200 {
                    place.add(run(thread), close_intent(ticket));
                }
            });
        }
    });
    let walked = place.walked();
    assert_eq!(walked.kinds(), []);
    assert_eq!(walked.records.len(), 401);
    assert_eq!(place.head().count, 401);
}

#[test]
fn the_wait_for_a_held_lock_is_limited() {
    let place = ScratchEvidence::begun();
    let held = place.evidence.lock(PATIENCE).unwrap();
    let refused = place.evidence.append(run(1), &place.clock, &begin().into(), Duration::ZERO);
    assert!(matches!(refused, Err(EvidenceError::Busy { .. })));
    drop(held);
    place.add(run(1), close_intent(1));
}

#[test]
fn a_removed_lock_file_lets_no_second_writer_in() {
    let place = ScratchEvidence::begun();
    let held = place.evidence.lock(PATIENCE).unwrap();
    std::fs::remove_file(&place.evidence.lock).unwrap();
    let refused = place.evidence.append(run(1), &place.clock, &begin().into(), Duration::ZERO);
    assert!(matches!(refused, Err(EvidenceError::Busy { .. })), "{refused:?}");
    drop(held);
    place.add(run(1), close_intent(1));
}

#[test]
fn a_record_without_its_head_is_taken_back() {
    let mut place = ScratchEvidence::new();
    place.evidence.head = place.dir.path().join("nowhere/evidence.head");
    assert!(matches!(place.try_add(run(1), begin()), Err(EvidenceError::Io { .. })));
    assert_eq!(place.bytes(), b"");
}

/// Names the directory to the second process of the next test.
const LIMITED: &str = "MT5CRS_TEST_LIMITED_EVIDENCE";

/// A limit on the size of files stands in for a disk that is full: both take the piece of a line that fits. It is one of
/// a process, so this test runs itself once more under it.
#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    if let Some(directory) = std::env::var_os(LIMITED) {
        return fill(Evidence::at(directory.into()));
    }
    let place = ScratchEvidence::begun();
    let name = "evidence::tests::append::a_full_disk_leaves_the_file_as_it_was";
    let child = Command::new("sh")
        .args(["-c", r#"trap '' XFSZ; ulimit -f 8; exec "$0" --exact "$1""#])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(LIMITED, &place.evidence.directory)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
    // Where there is room again, the chain goes on.
    let before = place.lines().len();
    assert!(before > 3);
    place.add(run(1), close_intent(1));
    let walked = place.walked();
    assert_eq!((walked.records.len(), walked.kinds()), (before + 1, vec![]));
}

fn fill(evidence: Evidence) {
    let clock = ManualClock::new(start());
    for _ in 0..100 {
        let before = fs::read(evidence.path()).unwrap();
        let added = evidence.append(run(1), &clock, &close_intent(1).into(), PATIENCE);
        if let Err(error) = added {
            assert!(matches!(error, EvidenceError::Io { .. }), "{error:?}");
            assert_eq!(fs::read(evidence.path()).unwrap(), before);
            assert!(matches!(evidence.check_writable(PATIENCE), Err(EvidenceError::Io { .. })));
            return;
        }
    }
    panic!("the limit was not felt");
}

#[test]
fn a_device_instead_of_a_file_is_refused() {
    let place = ScratchEvidence::new();
    fs::create_dir_all(&place.evidence.directory).unwrap();
    symlink("/dev/full", &place.evidence.records).unwrap();
    let refused = place.try_add(run(1), begin());
    assert!(matches!(refused, Err(EvidenceError::Io { .. })), "{refused:?}");
    assert!(matches!(place.evidence.walk(None), Err(EvidenceError::Io { .. })));
}

#[test]
fn the_writability_check_adds_no_record() {
    let place = ScratchEvidence::new();
    place.evidence.check_writable(PATIENCE).unwrap();
    assert!(!place.evidence.path().exists());
    place.add(run(1), begin());
    place.evidence.check_writable(PATIENCE).unwrap();
    assert_eq!(place.lines().len(), 1);
}

#[test]
fn a_directory_that_cannot_be_made_is_refused() {
    let place = ScratchEvidence::new();
    fs::write(place.dir.path().join("state"), "a file").unwrap();
    assert!(matches!(place.evidence.check_writable(PATIENCE), Err(EvidenceError::Io { .. })));
    assert!(matches!(place.try_add(run(1), begin()), Err(EvidenceError::Io { .. })));
}

#[test]
fn a_read_only_directory_is_refused_and_can_be_read() {
    let place = ScratchEvidence::with_records(2);
    let mode = |mode| {
        fs::set_permissions(&place.evidence.directory, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o555);
    let root = fs::write(place.evidence.directory.join("probe"), "").is_ok();
    let (writable, walked) = (place.evidence.check_writable(PATIENCE), place.walked());
    mode(0o755);
    assert_eq!(walked.records.len(), 2);
    // Nothing keeps the superuser out.
    assert!(root || matches!(writable, Err(EvidenceError::Io { .. })), "{writable:?}");
}

#[test]
fn a_copy_without_its_lock_can_be_read() {
    let place = ScratchEvidence::with_records(2);
    fs::remove_file(&place.evidence.lock).unwrap();
    assert_eq!(place.walked().kinds(), []);
    assert!(!place.evidence.lock.exists());
}

#[test]
fn a_record_past_the_limit_is_refused_before_it_is_written() {
    let place = ScratchEvidence::begun();
    let mut intent = open_intent();
    intent.tickets_before = (0..500_000).map(|n| Ticket(1_000_000_000 + n)).collect();
    let refused = place.try_add(run(1), intent);
    assert!(matches!(refused, Err(EvidenceError::TooLarge { .. })), "{refused:?}");
    assert_eq!(place.lines().len(), 1);
}

#[test]
fn replies_are_kept_as_received() {
    let text = RawReply::of(b"{\"msg\":\"\x1b[31m\\u0000\"}");
    assert_eq!(text.content, Content::Text("{\"msg\":\"\u{1b}[31m\\u0000\"}".to_owned()));
    assert_eq!(RawReply::of(b"\xff\x00").content, Content::Hex("ff00".to_owned()));
    let long = "é".repeat(200_000);
    let cut = RawReply::of(&long.as_bytes()[1..]);
    assert!(matches!(cut.content, Content::Hex(_)));
    let cut = RawReply::of(format!("x{long}").as_bytes());
    let Content::Text(kept) = &cut.content else { panic!("{:?}", cut.content) };
    assert_eq!((kept.len(), cut.bytes), ((128 << 10) - 1, 400_001));
}

/// The forms of records never change within a version: older builds read them, and this one reads theirs.
#[test]
fn outcomes_have_their_pinned_forms() {
    fn form<T>(value: &T, expected: &str)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        assert_eq!(serde_json::to_string(value).unwrap(), expected);
        assert_eq!(serde_json::from_str::<T>(expected).unwrap(), *value);
    }
    form(&not_executed(), r#"{"not-executed":{"why":"refused","code":"INVALID_VOLUME"}}"#);
    form(&unknown(), r#"{"unknown":{"why":"no list could be read"}}"#);
    let executed = serde_json::to_string(&executed(7)).unwrap();
    assert!(
        executed.starts_with(r#"{"executed":{"ticket":7,"position":{"ticket":7,"#),
        "{executed}"
    );
    for (outcome, word) in [
        (CloseOutcome::Closed, r#""closed""#),
        (CloseOutcome::StillOpen, r#""still-open""#),
        (CloseOutcome::Unknown, r#""unknown""#),
    ] {
        form(&outcome, word);
    }
    let round = emergency(
        1,
        &[
            (1, CloseOutcome::Closed),
            (2, CloseOutcome::StillOpen),
            (3, CloseOutcome::Unknown),
            (4, CloseOutcome::NotSent),
        ],
        false,
    );
    form(
        &round,
        r#"{"round":1,"tickets":[{"ticket":1,"result":"closed","reply":null},{"ticket":2,"result":{"rejected":{"code":"X","message":"no"}},"reply":null},{"ticket":3,"result":"unknown","reply":null},{"ticket":4,"result":"not-tried","reply":null}],"readings":[],"flat":null}"#,
    );
    for (opened, outcome) in
        [(Some(Ticket(7)), r#"{"executed":{"ticket":7}}"#), (None, r#""not-executed""#)]
    {
        let expected = format!(
            r#"{{"intent":"{}","by":"person","outcome":{outcome},"reason":"looked at the terminal","who":"ops","readings":[]}}"#,
            run(6)
        );
        form(&resolution(run(6), opened), &expected);
    }
}
