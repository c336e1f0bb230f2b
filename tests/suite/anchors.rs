//! Evidence that is sealed in many files, and heads of it that are kept elsewhere.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::orders::{canary, executed, quick};
use crate::support::{Machine, Run, Sim};

/// A canary that keeps heads in a file.
fn witnessed(machine: &Machine, sim: &Sim) -> Run {
    let command = format!("cat >> '{}'", kept(machine).display());
    canary(machine, sim, &["--yes"]).env("MT5CRS_ANCHOR_COMMAND", command)
}

fn kept(machine: &Machine) -> PathBuf {
    machine.file("anchors.txt")
}

fn verify(machine: &Machine, sim: &Sim, more: &[&str]) -> (i64, Value) {
    let all: Vec<&str> = ["evidence", "verify"].iter().chain(more).copied().collect();
    let document = quick(machine, sim, &all).json().document();
    (document["exit_code"].as_i64().unwrap(), document["report"].clone())
}

/// The kinds of damage.
fn damages(report: &Value) -> Vec<&str> {
    let damages = report["damages"].as_array().unwrap();
    damages.iter().map(|damage| damage["kind"].as_str().unwrap()).collect()
}

#[test]
fn commands_go_on_over_sealed_files() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    for _ in 0..4 {
        canary(&machine, &sim, &["--yes"]).env("SEAL_AT", "3").json().exits(0);
    }
    let directory = machine.evidence().parent().unwrap().to_owned();
    let names = || {
        let entries = std::fs::read_dir(&directory).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.contains(".jsonl")).collect();
        names.sort();
        names
    };
    assert_eq!(names()[0], "evidence-000001.jsonl.gz", "{:?}", names());
    assert!(names().iter().filter(|name| name.ends_with(".gz")).count() < names().len() - 2);
    let (code, report) = verify(&machine, &sim, &[]);
    assert_eq!((code, &report["checkpoint"]["is_true"]), (0, &true.into()), "{report}");
    let shown = quick(&machine, &sim, &["evidence", "show"]).json().exits(0).document();
    assert_eq!(shown["report"]["runs"].as_array().unwrap().len(), 4, "{shown}");

    // An auditor needs common tools alone.
    let all = "zcat -f evidence-*.jsonl* evidence.jsonl";
    let script = format!("{all} | sed -n 5p | head -c -76 | sha256sum; {all} | sed -n 5p");
    let output = Command::new("sh").args(["-c", &script]).current_dir(&directory).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let hash = text.split_whitespace().next().unwrap();
    assert!(text.contains(&format!(r#""hash":"{hash}""#)), "{text}");

    // A lost file forbids orders, and stops no closing.
    std::fs::remove_file(directory.join("evidence-000001.jsonl.gz")).unwrap();
    canary(&machine, &sim, &["--yes"]).json().exits(5);
    quick(&machine, &sim, &["emergency-close", "--yes"]).json().exits(0);
    let (code, report) = verify(&machine, &sim, &[]);
    assert_eq!((code, damages(&report)), (1, vec!["lost"]));
}

#[test]
fn kept_heads_find_rewritten_records_and_older_copies() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    witnessed(&machine, &sim).json().exits(0);
    let directory = machine.evidence().parent().unwrap().to_owned();
    let files = ["evidence.jsonl", "evidence.head"].map(|name| directory.join(name));
    let older = files.each_ref().map(|file| std::fs::read(file).unwrap());
    let put_back = |content: &[Vec<u8>; 2]| {
        let _ = std::fs::remove_file(directory.join("evidence.checkpoint"));
        files.iter().zip(content).for_each(|(file, bytes)| std::fs::write(file, bytes).unwrap());
    };
    witnessed(&machine, &sim).json().exits(0);
    let newer = files.each_ref().map(|file| std::fs::read(file).unwrap());
    let path = kept(&machine);
    let anchors = ["--anchors", path.to_str().unwrap()];
    let (code, report) = verify(&machine, &sim, &anchors);
    let lines = std::fs::read_to_string(&path).unwrap().lines().count();
    assert!(lines >= 2);
    assert_eq!((code, &report["anchors"]), (0, &lines.into()), "{report}");
    let arguments = ["evidence", "verify", anchors[0], anchors[1]];
    quick(&machine, &sim, &arguments).end().exits(0).says("kept elsewhere");

    // An older copy of everything is a sound chain; only the kept heads tell.
    put_back(&older);
    assert_eq!(verify(&machine, &sim, &[]).0, 0);
    let (code, report) = verify(&machine, &sim, &anchors);
    assert_eq!((code, damages(&report)), (1, vec!["anchor_beyond"]));

    // Two that went on from the same records: the first that differs is between two heads.
    canary(&machine, &sim, &["--yes"]).json().exits(0);
    assert_eq!(verify(&machine, &sim, &[]).0, 0);
    let (code, report) = verify(&machine, &sim, &anchors);
    assert_eq!((code, damages(&report)), (1, vec!["anchor_foreign"]));
    let found = report["damages"][0]["found"].as_str().unwrap();
    assert!(found.contains("they part between record 7 and"), "{found}");
    put_back(&newer);
    assert_eq!(verify(&machine, &sim, &anchors).0, 0);
}

#[test]
fn a_file_without_anchors_is_refused() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).json().exits(0);
    for (text, word) in
        [("", "it holds none"), ("# none\n", "it holds none"), ("\nnews\n", "line 2")]
    {
        let file = machine.write("bad.txt", text);
        let arguments = ["evidence", "verify", "--anchors", file.to_str().unwrap()];
        quick(&machine, &sim, &arguments).end().exits(2).tells(word);
    }
    quick(&machine, &sim, &["evidence", "verify", "--anchors=gone"]).end().exits(2);
}

#[test]
fn a_witness_that_fails_or_hangs_holds_nothing_back() {
    for (command, word) in [("exit 3", "exit status: 3"), ("sleep 600", "was killed")] {
        let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
        let close = quick(&machine, &sim, &["emergency-close", "--yes"]);
        let ended = close.env("MT5CRS_ANCHOR_COMMAND", command).json().exits(0);
        ended.tells("was not kept").tells(word);
        assert_eq!(executed(&sim), ["CLOSE"; 3]);
    }
}

#[test]
fn practice_keeps_no_head() {
    let machine = Machine::new();
    let command = format!("cat >> '{}'", kept(&machine).display());
    machine.run(["--sim", "canary", "--yes"]).env("MT5CRS_ANCHOR_COMMAND", command).end().exits(0);
    assert!(!kept(&machine).exists());
}
