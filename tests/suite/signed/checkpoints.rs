//! Checkpoints: signed on demand and behind a seal, cosigned, and refused where the records don't continue the last one.

use super::{Desk, restore};

#[test]
fn a_checkpoint_is_signed_on_demand_and_costs_nothing_twice() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    let first = desk.checkpoint();
    assert_eq!(first["verifier_key"], desk.key.as_str());
    let origin = first["origin"].as_str().unwrap();
    assert!(origin.starts_with("desk.example/"), "{origin}");
    assert_eq!(desk.checkpoint(), first, "no record was added");
    desk.canary().json().exits(0);
    let second = desk.checkpoint();
    assert!(second["size"].as_u64() > first["size"].as_u64());
    // The frontier that was kept gives the root that all records have.
    std::fs::remove_file(desk.directory().join("evidence.tree")).unwrap();
    std::fs::remove_file(desk.directory().join("evidence.signed")).unwrap();
    assert_eq!(desk.checkpoint()["root"], second["root"]);
    let page = desk.run(&["evidence", "checkpoint"]).end().exits(0);
    page.says("signed: ").says(origin).says("\u{2014} desk.example ");
    let verify = desk.run(&["evidence", "verify"]).end().exits(0);
    verify.says("1 signed checkpoint of these records; signed by the key");
}

#[test]
fn a_seal_is_followed_by_a_checkpoint_and_nothing_is_signed_without_a_key() {
    let desk = Desk::new();
    let unsigned = desk.canary().env("SEAL_AT", "4").without("MT5CRS_EVIDENCE_KEY_FILE");
    unsigned.json().exits(0);
    let signed = desk.directory().join("evidence.signed");
    assert!(!signed.exists());
    desk.run(&["evidence", "checkpoint"])
        .without("MT5CRS_EVIDENCE_KEY_FILE")
        .end()
        .exits(2)
        .tells("MT5CRS_EVIDENCE_KEY_FILE is not set");
    for _ in 0..3 {
        desk.canary().env("SEAL_AT", "4").json().exits(0);
    }
    assert!(signed.exists());
    assert!(desk.damages(&[]).is_empty());
    // Files that are compressed by now are read as well.
    let names: Vec<_> = std::fs::read_dir(desk.directory()).unwrap().collect();
    assert!(names.iter().any(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".jsonl.gz")
    }));
    desk.checkpoint();
}

#[test]
fn a_key_that_cant_be_used_holds_no_order_back() {
    let desk = Desk::new();
    desk.machine.write("bad.key", "nothing");
    let run = desk.canary().env("SEAL_AT", "4").env("MT5CRS_EVIDENCE_KEY_FILE", "bad.key");
    run.json().exits(0).tells("no checkpoint of the evidence was signed");
    // Who verifies need not be able to read the secret.
    let verify = || desk.run(&["evidence", "verify"]).env("MT5CRS_EVIDENCE_KEY_FILE", "bad.key");
    verify().end().exits(0).tells("signatures are not checked");
    desk.machine.write("bad.key.pub", &desk.key);
    verify().end().exits(0);
    let run = desk.run(&["evidence", "checkpoint"]).env("MT5CRS_EVIDENCE_KEY_FILE", "bad.key");
    run.end().exits(2).tells("bad.key can't be used");
    // A witness's key signs no evidence, and the other way round.
    let run = desk.run(&["evidence", "checkpoint"]);
    let run = run.env("MT5CRS_EVIDENCE_KEY_FILE", desk.machine.file("witness.key"));
    run.end().exits(2).tells("it is the key of a witness");
}

#[test]
fn records_that_do_not_continue_the_last_checkpoint_are_not_signed() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    let (directory, older) = (desk.directory(), desk.machine.file("older"));
    restore(&directory, &older);
    desk.canary().json().exits(0);
    desk.checkpoint();
    let signed = std::fs::read(directory.join("evidence.signed")).unwrap();
    restore(&older, &directory);
    std::fs::write(directory.join("evidence.signed"), &signed).unwrap();
    let refused = desk.run(&["evidence", "checkpoint"]).end().exits(1);
    refused.tells("the records are not those of the signed checkpoint").tells("there are fewer");
    // Two that went on from the same records.
    desk.canary().json().exits(0);
    desk.canary().json().exits(0);
    let refused = desk.run(&["evidence", "checkpoint"]).end().exits(1);
    refused.tells("their root is another");
    // Another key's.
    desk.machine.run(["key", "new", "other.key", "--signing=desk.example"]).end().exits(0);
    let other = desk.machine.file("other.key");
    let run = desk.run(&["evidence", "checkpoint"]).env("MT5CRS_EVIDENCE_KEY_FILE", other);
    run.end().exits(1).tells("it was forged, or the key was changed");
}

#[test]
fn a_witness_cosigns_one_history_and_names_a_rollback_and_a_fork() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    let (directory, older) = (desk.directory(), desk.machine.file("older"));
    desk.witnessed();
    restore(&directory, &older);
    let size = desk.checkpoint()["size"].as_u64().unwrap();
    // The same again, and then what was added.
    let again = desk.request(&[]);
    assert!(again.starts_with(&format!("old {size}\n\n")), "{again}");
    desk.cosign(&again).exits(0);
    desk.canary().json().exits(0);
    let stale = desk.request(&["--old", "0"]);
    desk.cosign(&stale)
        .exits(1)
        .tells(&format!("the last checkpoint that was cosigned has {size}"));
    desk.witnessed();
    let newest = desk.request(&[]);

    // A rollback, and a fork that went on from it, both signed with the key.
    restore(&older, &directory);
    desk.cosign(&desk.request(&[])).exits(1).tells("ROLLBACK");
    for _ in 0..2 {
        desk.canary().json().exits(0);
    }
    let old = newest.lines().next().unwrap().strip_prefix("old ").unwrap();
    desk.cosign(&desk.request(&["--old", old])).exits(1).tells("FORK");
    // What was refused changed nothing.
    desk.cosign(&newest).exits(0);
    // Nothing else is signed.
    for (request, word) in [
        ("", "not cosigned"),
        ("old 3\n", "it is no request"),
        (&newest.replace("desk.example/", "desk.example/x"), "it is not signed by desk.example"),
    ] {
        desk.cosign(request).exits(1).tells(word);
    }
    // A lost state would see no fork: it is not made anew over what can't be read.
    std::fs::write(desk.state(), "{").unwrap();
    desk.cosign(&newest).exits(2).tells("nothing was signed");
}

#[test]
fn a_cosignature_of_another_checkpoint_is_not_kept() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    let lines = desk.cosign(&desk.request(&[])).exits(0).stdout();
    desk.canary().json().exits(0);
    desk.checkpoint();
    let file = desk.machine.write("lines", lines);
    let arguments = [
        "evidence",
        "checkpoint",
        "--cosigned",
        file.to_str().unwrap(),
        "--witness",
        &desk.witness,
    ];
    desk.run(&arguments).end().exits(1).tells("no line is a cosignature of witness.example");
}
