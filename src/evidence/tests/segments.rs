use std::process::Command;

use super::*;
use crate::evidence::segments::{self, Sealed, list};

/// Sealed every five records.
fn scratch(records: u64) -> ScratchEvidence {
    let mut place = ScratchEvidence::new();
    place.evidence = place.evidence.with_segments_of(5);
    place.add(Uuid::from_u128(1), begin());
    for _ in 1..records {
        place.add(Uuid::from_u128(2), close_intent(7));
    }
    place
}

fn sealed(place: &ScratchEvidence) -> Vec<Sealed> {
    list(place.evidence.directory()).unwrap()
}

/// The names of the files of records.
fn names(place: &ScratchEvidence) -> Vec<String> {
    let entries = fs::read_dir(place.evidence.directory()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.contains(".jsonl")).collect();
    names.sort();
    names
}

fn seqs(walked: &Walked) -> Vec<u64> {
    walked.records.iter().map(|record| record.seq).collect()
}

#[test]
fn a_full_file_is_sealed_by_the_next_append_and_the_chain_goes_on() {
    let place = scratch(5);
    assert_eq!(names(&place), ["evidence.jsonl"]);
    place.add(run(3), close_intent(8));
    assert_eq!(names(&place), ["evidence-000001.jsonl", "evidence.jsonl"]);
    let place = scratch(23);
    assert_eq!(names(&place).len(), 5);
    let walked = place.walked();
    assert_eq!((walked.kinds(), seqs(&walked)), (vec![], (1..=23).collect::<Vec<_>>()));
    assert_eq!(place.evidence.check_writable(PATIENCE).ok(), Some(()));
}

#[test]
fn a_file_is_sealed_by_its_size_too() {
    let mut place = ScratchEvidence::with_records(3);
    place.evidence.limit.bytes = place.bytes().len() as u64;
    place.add(run(3), close_intent(8));
    assert_eq!(names(&place), ["evidence-000001.jsonl", "evidence.jsonl"]);
    assert_eq!((place.walked().kinds(), place.walked().records.len()), (vec![], 4));
}

#[test]
fn a_kill_behind_a_seal_is_recovered_from() {
    let place = scratch(10);
    segments::seal(place.evidence.directory(), place.evidence.path()).unwrap();
    assert_eq!(place.walked().kinds(), []);
    assert!(place.evidence.has_records());
    assert!(place.evidence.unresolved().unwrap().is_empty());
    place.evidence.check_writable(PATIENCE).unwrap();
    assert_eq!(place.add(run(3), close_intent(8)).count, 11);
    assert_eq!((place.walked().kinds(), place.walked().records.len()), (vec![], 11));
}

#[test]
fn a_torn_tail_is_closed_off_before_its_file_is_sealed() {
    let place = scratch(5);
    place.write([&place.bytes()[..], b"{\"seq\":6"].concat());
    assert_eq!(place.add(run(3), close_intent(8)).count, 7);
    let walked = place.walked();
    assert_eq!((walked.kinds(), walked.remark_kinds()), (vec![], vec![RemarkKind::TornTail]));
    assert_eq!(names(&place), ["evidence-000001.jsonl", "evidence.jsonl"]);
}

#[test]
fn segments_older_than_the_newest_two_are_compressed() {
    let place = scratch(23);
    for _ in 0..4 {
        place.evidence.compress_old().unwrap();
    }
    assert_eq!(
        names(&place),
        [
            "evidence-000001.jsonl.gz",
            "evidence-000002.jsonl.gz",
            "evidence-000003.jsonl",
            "evidence-000004.jsonl",
            "evidence.jsonl",
        ]
    );
    assert_eq!((place.walked().kinds(), place.walked().records.len()), (vec![], 23));
    // A kill came between the copy and the removal.
    let path = &sealed(&place)[0].path;
    let mut text = Vec::new();
    let segments::Opened::Gzip(mut gzip) = sealed(&place)[0].open().unwrap() else { panic!() };
    io::Read::read_to_end(&mut gzip, &mut text).unwrap();
    fs::write(path, &text).unwrap();
    assert_eq!((place.walked().kinds(), place.walked().records.len()), (vec![], 23));
    place.evidence.compress_old().unwrap();
    assert!(!path.exists());
    // A copy of something else is left alone, and so is the original.
    fs::write(path, [&text[..], b"more"].concat()).unwrap();
    assert!(place.evidence.compress_old().is_err());
    assert!(path.exists());
}

#[test]
fn an_auditor_verifies_segments_with_common_tools() {
    let place = scratch(23);
    place.evidence.compress_old().unwrap();
    let dir = place.evidence.directory().display();
    let all = format!("cd '{dir}' && zcat -f evidence-*.jsonl* evidence.jsonl");
    let script = format!("{all} | sed -n 13p | head -c -76 | sha256sum");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let hash = place.walked().records[12].hash.to_string();
    assert_eq!(printed.split_whitespace().next().unwrap(), hash);
}

#[test]
fn a_lost_segment_is_found_whichever_it_is() {
    for number in 1..=4 {
        let place = scratch(23);
        fs::remove_file(&sealed(&place)[number - 1].path).unwrap();
        let walked = place.walked();
        let first = (number as u64 - 1) * 5 + 1;
        assert_eq!((walked.only().kind, walked.only().seq), (DamageKind::Lost, Some(first)));
        // The checkpoint alone does not hide it.
        assert!(place.evidence.unresolved().is_err(), "{number}");
        assert_eq!(walked.records.len(), 18);
    }
    let place = scratch(23);
    fs::remove_file(place.evidence.path()).unwrap();
    assert_eq!(place.walked().only().kind, DamageKind::Truncated);
    assert!(place.evidence.unresolved().is_err());
    assert!(place.try_add(run(3), close_intent(8)).is_err());
    assert!(place.evidence.check_writable(PATIENCE).is_err());
}

#[test]
fn segments_that_change_places_or_come_twice_are_found() {
    let place = scratch(23);
    let [one, two] = [0, 1].map(|at: usize| sealed(&place)[at].path.clone());
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&two).unwrap());
    fs::write(&one, &second).unwrap();
    fs::write(&two, &first).unwrap();
    assert!(place.walked().kinds().iter().all(|kind| *kind == DamageKind::Reordered));
    fs::write(&one, &first).unwrap();
    fs::write(&two, [&first[..], &second[..]].concat()).unwrap();
    assert_eq!(place.walked().kinds(), [DamageKind::Duplicate; 5]);
}

#[test]
fn every_damaged_byte_of_a_sealed_segment_is_found() {
    let sound = scratch(12);
    let path = &sealed(&sound)[0].path;
    let bytes = fs::read(path).unwrap();
    for at in 0..bytes.len() {
        let changes: [(&str, Vec<u8>); 4] = [
            ("flipped", [&bytes[..at], &[bytes[at] ^ 1], &bytes[at + 1..]].concat()),
            ("deleted", [&bytes[..at], &bytes[at + 1..]].concat()),
            ("doubled", [&bytes[..=at], &bytes[at..]].concat()),
            ("cut", bytes[..at].to_vec()),
        ];
        for (name, changed) in changes {
            // The lack of the last newline changes no record.
            let is_same = at + 1 == bytes.len() && matches!(name, "deleted" | "cut");
            fs::write(path, changed).unwrap();
            let walked = sound.walked();
            assert_eq!(walked.kinds().is_empty(), is_same, "{name} {at}: {walked:?}");
            // The next segment is read as it is.
            assert!(seqs(&walked).ends_with(&[6, 7, 8, 9, 10, 11, 12]), "{name} {at}");
        }
    }
}

#[test]
fn every_damaged_byte_of_a_compressed_segment_is_found() {
    let place = scratch(17);
    place.evidence.compress_old().unwrap();
    let path = sealed(&place)[0].path.with_extension("jsonl.gz");
    let bytes = fs::read(&path).unwrap();
    let sound = seqs(&place.walked());
    for at in 0..bytes.len() {
        for (name, changed) in [
            ("flipped", [&bytes[..at], &[bytes[at] ^ 1], &bytes[at + 1..]].concat()),
            ("cut", bytes[..at].to_vec()),
        ] {
            fs::write(&path, changed).unwrap();
            let walked = place.walked();
            // Time, flags and system in the header say nothing of the records.
            let is_header = name == "flipped" && (3..10).contains(&at);
            let is_found = !walked.kinds().is_empty();
            assert!(is_found || is_header && seqs(&walked) == sound, "{name} {at}");
        }
    }
}
