//! Portable proofs: written by the desk, checked by a reader who has nothing but a verifier key.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Desk;
use crate::support::{Ended, Machine};

/// A reader on another machine.
fn read(proof: &str, key: &str, more: &[&str]) -> Ended {
    let reader = Machine::new();
    let file = reader.write("proof.json", proof);
    let all = [&["verify-proof", file.to_str().unwrap(), "--key", key], more].concat();
    reader.run(all).json()
}

fn written(desk: &Desk, seq: &str) -> String {
    let file = desk.machine.file("proof.json");
    let arguments = ["evidence", "prove", seq, "--file", file.to_str().unwrap()];
    desk.run(&arguments).end().exits(0).says("the proof is in");
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn every_record_is_proved_and_no_other_in_its_place() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    desk.witnessed();
    let size = desk.checkpoint()["size"].as_u64().unwrap();
    let mut proofs = vec![];
    for seq in 1..=size {
        let proof = written(&desk, &seq.to_string());
        let with_witness = ["--witness", &desk.witness];
        let document = read(&proof, &desk.key, &with_witness).exits(0).document();
        let report = &document["report"];
        assert_eq!((&report["seq"], &report["size"]), (&seq.into(), &size.into()));
        assert_eq!(report["witnesses"][0]["name"], "witness.example", "{report}");
        proofs.push(serde_json::from_str::<Value>(&proof).unwrap());
    }
    // The record of one with the path of another.
    for (at, one) in proofs.iter().enumerate() {
        let mut other = proofs[(at + 1) % proofs.len()].clone();
        other["record"] = one["record"].clone();
        read(&other.to_string(), &desk.key, &[]).exits(1);
        other["index"] = one["index"].clone();
        read(&other.to_string(), &desk.key, &[]).exits(1);
    }
    desk.run(&["evidence", "prove", "999"]).end().exits(2).tells("there is no record 999");
    let document = desk.run(&["evidence", "prove", "1"]).json().exits(0).stdout();
    read(&document, &desk.key, &[]).exits(0);
}

#[test]
fn nothing_in_a_proof_can_be_changed() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    let proof: Value = serde_json::from_str(&written(&desk, "3")).unwrap();
    let changed = |name: &str, value: Value| {
        let mut changed = proof.clone();
        changed[name] = value;
        read(&changed.to_string(), &desk.key, &[]).exits(1).document()["error"].to_string()
    };
    let text = |name: &str| proof[name].as_str().unwrap().to_owned();
    let record = text("record");
    let altered = record.replacen("\"v\":1", "\"v\":2", 1);
    assert!(changed("record", altered.into()).contains("its record was altered"));
    assert!(changed("record", "{}".into()).contains("holds no record"));
    assert!(changed("index", 3.into()).contains("its index is 3"));
    assert!(changed("path", Value::Array(vec![])).contains("does not lead"));
    assert!(changed("form", "mt5crs-proof/9".into()).contains("reads mt5crs-proof/1"));
    let mut path = proof["path"].clone();
    path[0] = path[1].clone();
    assert!(changed("path", path).contains("does not lead"));
    let checkpoint = text("checkpoint");
    let (before, after) = checkpoint.split_once("\n").unwrap();
    for other in [
        format!("{before}x\n{after}"),
        checkpoint.replace("\u{2014} desk.example", "\u{2014} else.example"),
        "no note".to_owned(),
    ] {
        assert!(changed("checkpoint", other.into()).contains("checkpoint"));
    }
    assert!(changed("replies", serde_json::json!(["{}"])).contains("none that the record names"));
    // A witness that was not asked has not cosigned.
    let proof = proof.to_string();
    read(&proof, &desk.key, &["--witness", &desk.witness]).exits(1);
    // The key of somebody else.
    desk.machine.run(["key", "new", "other.key", "--signing=desk.example"]).end().exits(0);
    let other = desk.machine.run(["key", "show", "other.key"]).json().exits(0).document();
    let other = other["report"]["verifier_key"].as_str().unwrap();
    let ended = read(&proof, other, &[]).exits(1);
    assert!(ended.document()["error"].to_string().contains("no signature bears its name and ID"));
    read("{}", &desk.key, &[]).exits(2);
    read(&proof, &desk.key, &[]).exits(0);
}

#[test]
fn a_proof_needs_no_setting_and_says_what_it_trusts() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    let reader = Machine::new();
    let file = reader.write("proof.json", written(&desk, "2"));
    let arguments = ["verify-proof", file.to_str().unwrap(), "--key", &desk.key];
    let page = reader.run(arguments).without("MT5CRS_STATE_DIR").end().exits(0);
    let page = page.says("PASS record 2 ").says("THIS TRUSTS").says("no witness was asked for");
    assert_eq!(page.stderr(), "");
    let made: Vec<_> = std::fs::read_dir(reader.path()).unwrap().collect();
    assert_eq!(made.len(), 1, "nothing is written: {made:?}");
    reader.run(["verify-proof", file.to_str().unwrap()]).end().exits(2).tells("--key");
    let none = ["verify-proof", file.to_str().unwrap(), "--key", "desk.example"];
    reader.run(none).end().exits(2).tells("a verifier key is NAME+ID+BASE64");
}

fn closed(desk: &Desk, file: &Path) -> Ended {
    desk.run(&["emergency-close", "--yes", "--proof", file.to_str().unwrap()]).json()
}

#[test]
fn flat_is_proved_again_from_the_raw_replies() {
    let desk = Desk::new();
    let file = desk.machine.file("flat.json");
    let document = closed(&desk, &file).exits(0).document();
    assert_eq!(document["report"]["proof"], file.to_str().unwrap(), "{document}");
    let proof = std::fs::read_to_string(&file).unwrap();
    let document = read(&proof, &desk.key, &[]).exits(0).document();
    let flat = &document["report"]["flat"];
    assert_eq!(flat["judged_again"], true, "{document}");
    assert!(
        document["report"]["proved"]
            .as_str()
            .unwrap()
            .starts_with("FLAT by its raw replies (SIMULATED): login ")
    );
    assert_eq!((&flat["simulated"], flat["account"].is_string()), (&true.into(), true));
    assert_eq!(flat["pending_looked_at"], true, "{document}");
    // Without a reply there is no judgement, with another's words there is none either.
    let proof: Value = serde_json::from_str(&proof).unwrap();
    let replies = proof["replies"].as_array().unwrap();
    assert!(replies.len() >= 3, "{proof}");
    for at in 0..replies.len() {
        let (mut cut, mut changed) = (proof.clone(), proof.clone());
        cut["replies"].as_array_mut().unwrap().remove(at);
        read(&cut.to_string(), &desk.key, &[]).exits(1);
        let text = replies[at].as_str().unwrap().replacen("\"ok\"", "\"OK\"", 1);
        changed["replies"][at] = text.into();
        read(&changed.to_string(), &desk.key, &[]).exits(1);
    }
    // Without all of them the record speaks for itself, and the answer says so.
    let mut bare = proof.clone();
    bare["replies"] = Value::Array(vec![]);
    let document = read(&bare.to_string(), &desk.key, &[]).exits(0).document();
    assert_eq!(document["report"]["flat"]["judged_again"], false);
    assert!(document["report"]["proved"].as_str().unwrap().starts_with("FLAT as recorded: "));
    assert!(document["report"]["trusts"].to_string().contains("this file does not say"));
}

#[test]
fn a_proof_says_that_nobody_looked_for_pending_orders() {
    let desk = Desk::new();
    let file = desk.machine.file("flat.json");
    let name = file.to_str().unwrap();
    let close = ["emergency-close", "--yes", "--positions-only", "--proof", name];
    desk.run(&close).json().exits(0);
    let proof = std::fs::read_to_string(&file).unwrap();
    let document = read(&proof, &desk.key, &[]).exits(0).document();
    assert_eq!(document["report"]["flat"]["pending_looked_at"], false, "{document}");
    let proved = document["report"]["proved"].as_str().unwrap();
    assert!(proved.contains("pending orders were not looked for"), "{document}");
    // A witness's key signs no evidence.
    read(&proof, &desk.witness, &[]).exits(1).tells("the key is a witness's");
    // Neither a device nor a pipe is replaced.
    let prove = desk.run(&["evidence", "prove", "1", "--file=/dev/null"]);
    prove.end().exits(2).tells("it is no regular file");
}

#[test]
fn a_proof_that_cant_be_written_keeps_nothing_open() {
    let desk = Desk::new();
    let unsigned = desk.run(&["emergency-close", "--yes", "--proof=flat.json"]);
    let ended = unsigned.without("MT5CRS_EVIDENCE_KEY_FILE").json().exits(0);
    ended.tells("NO PROOF WAS WRITTEN").tells("MT5CRS_EVIDENCE_KEY_FILE is not set");
    assert_eq!(crate::orders::executed(&desk.sim), ["CLOSE"; 3]);
    closed(&desk, Path::new("/nowhere/flat.json")).exits(0).tells("NO PROOF WAS WRITTEN");
    assert!(!desk.machine.file("flat.json").exists());
}

/// Proofs that another program wrote: the gateway's tests read them with a reader of their own.
#[test]
fn the_vectors_of_proofs_are_judged_as_they_say() {
    let vectors = include_str!("../../../protocol/vectors/proofs.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let (key, witness) = (vectors["key"].as_str().unwrap(), vectors["witness"].as_str().unwrap());
    for proof in vectors["accepted"].as_array().unwrap() {
        let document = read(&proof.to_string(), key, &["--witness", witness]).exits(0).document();
        assert_eq!(document["report"]["witnesses"][0]["time"], "2026-01-17T03:54:22Z", "{proof}");
    }
    for case in vectors["refused"].as_array().unwrap() {
        let ended = read(&case["proof"].to_string(), key, &[]);
        assert_eq!(ended.code(), Some(1), "{case}");
    }
}

/// The other implementation, from the public specifications.
#[test]
fn another_program_checks_the_same_proofs() {
    let desk = Desk::new();
    let flat = desk.machine.file("flat.json");
    closed(&desk, &flat).exits(0);
    desk.witnessed();
    let proof = desk.machine.write("proof.json", written(&desk, "1"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/protocol/verify_proof.py");
    let check = |file: &Path, keys: &[&str]| {
        let output = Command::new("python3").arg(script).arg(file).args(keys).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text + &String::from_utf8_lossy(&output.stderr))
    };
    let (code, text) = check(&proof, &[&desk.key, &desk.witness]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("record 1 is one of"), "{text}");
    let (code, text) = check(&flat, &[&desk.key]);
    assert_eq!(code, Some(0), "{text}");
    let (code, _) = check(&flat, &[&desk.key, &desk.witness]);
    assert_eq!(code, Some(1), "it was written before the witness was asked");
    let text = std::fs::read_to_string(&proof).unwrap().replacen("\\\"v\\\":1", "\\\"v\\\":2", 1);
    let changed = desk.machine.write("changed.json", text);
    assert_eq!(check(&changed, &[&desk.key]).0, Some(1));
}
