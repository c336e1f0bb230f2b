//! A state directory shared by a group of operators, or by versions of the tool.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use mt5crs::evidence::Sha256Hex;

use crate::snapshot;
use crate::support::{Ended, Machine, Sim, binary, ended};

/// Every file and directory below that path, with its permission bits.
fn modes(below: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = vec![];
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        found.push((path.clone(), std::fs::metadata(&path).unwrap().mode() & 0o777));
        if path.is_dir() {
            found.extend(modes(&path));
        }
    }
    found
}

/// Runs a command as an operator whose umask excludes the group.
fn with_a_usual_umask(machine: &Machine, sim: &Sim, arguments: &[&str]) -> Ended {
    let child = Command::new("sh")
        .args(["-c", "umask 022; exec \"$0\" \"$@\""])
        .arg(binary())
        .args(["--allow-loopback", "--host=127.0.0.1"])
        .arg(format!("--port={}", sim.endpoint.port()))
        .args(arguments)
        .current_dir(machine.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", machine.path())
        .env("MT5CRS_STATE_DIR", machine.file("state"))
        .env("MT5CRS_LOG_DIR", machine.file("logs"))
        .env("KILL_SWITCH_FILE", machine.file("kill_switch.lock"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    ended(child, "sh")
}

#[test]
fn files_of_one_operator_are_writable_for_the_group() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for name in ["state", "logs"] {
        std::fs::create_dir(machine.file(name)).unwrap();
        let shared = std::fs::Permissions::from_mode(0o2770);
        std::fs::set_permissions(machine.file(name), shared).unwrap();
    }
    with_a_usual_umask(&machine, &sim, &["sync"]).exits(0);
    for (path, mode) in ["state", "logs"].iter().flat_map(|name| modes(&machine.file(name))) {
        let group = if path.is_dir() { 0o070 } else { 0o060 };
        assert_eq!(mode & 0o070, group, "{} is {mode:o}", path.display());
        assert_eq!(mode & 0o002, 0, "{} is {mode:o}", path.display());
    }
    // COMMAND gets the operator's own umask.
    let told = with_a_usual_umask(&machine, &sim, &["sync", "--", "sh", "-c", "umask"]);
    assert_eq!(told.exits(0).stdout().trim(), "0022");
}

#[test]
fn an_operators_own_directory_keeps_the_umasks_mode() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    with_a_usual_umask(&machine, &sim, &["sync"]).exits(0);
    for (path, mode) in modes(&machine.file("state")) {
        assert_eq!(mode & 0o022, 0, "{} is {mode:o}", path.display());
    }
}

#[test]
fn a_newer_versions_snapshot_is_reported_and_counts_as_absent() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let newer = r#"{"schema":"mt5crs.snapshot/2","accounts":[{"balance":"1"}],"taken":0}"#;
    machine.write(&snapshot::at(sim.endpoint), newer);
    let told = machine.against(&sim, &["sync"]).json().exits(0);
    let warnings = told.document()["warnings"].to_string();
    assert!(warnings.contains("taken for absent: another version wrote it"), "{warnings}");
    assert!(warnings.contains("mt5crs.snapshot/2"), "{warnings}");

    // Unknown members of the same form are ignored.
    let path = machine.file(&snapshot::at(sim.endpoint));
    let kept = std::fs::read_to_string(&path).unwrap();
    let added = r#"{"added_later":{"a":[1]},"schema""#;
    std::fs::write(&path, kept.replacen(r#"{"schema""#, added, 1)).unwrap();
    let document = machine.against(&sim, &["sync"]).json().exits(0).document();
    assert_eq!(document["warnings"].as_array().unwrap().len(), 0, "{document}");
    assert_eq!(document["report"]["changes"]["opened"].as_array().unwrap().len(), 0);
}

/// Runs a practice canary, and returns the directory of its records.
fn practised(machine: &Machine) -> PathBuf {
    let document = machine.run(["--sim", "--keep", "canary", "--yes"]).json().exits(0).document();
    let state = Path::new(document["scratch"].as_str().unwrap()).join("state");
    let account = std::fs::read_dir(state).unwrap().next().unwrap().unwrap();
    account.path()
}

#[test]
fn records_of_a_newer_version_are_links_in_the_chain() {
    let machine = Machine::new();
    let directory = practised(&machine);
    let (records, head) = (directory.join("evidence.jsonl"), directory.join("evidence.head"));
    let mut text = std::fs::read_to_string(&records).unwrap();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let seq = last["seq"].as_u64().unwrap() + 1;
    let mut hashed = serde_json::json!({
        "seq": seq, "time": last["time"], "run": last["run"], "kind": "guardian-dream", "v": 7,
        "body": {"of": ["a", "later", "version"]}, "prev": last["hash"],
    })
    .to_string();
    hashed.pop();
    let hash = Sha256Hex::of(hashed.as_bytes()).to_string();
    text.push_str(&format!("{hashed},\"hash\":\"{hash}\"}}\n"));
    std::fs::write(&records, &text).unwrap();
    std::fs::write(&head, format!("{{\"count\":{seq},\"hash\":\"{hash}\"}}\n")).unwrap();

    let place = format!("--evidence-dir={}", directory.display());
    let verified = machine.run(["evidence", "verify", &place]).json().exits(0).document();
    assert_eq!(verified["report"]["records"], seq, "{verified}");
    let shown = machine.run(["evidence", "show", &place]).json().exits(0);
    assert!(shown.stdout().contains(r#""unknown_kinds":["guardian-dream/7"]"#));
    // A changed byte in such a record is found too.
    std::fs::write(&records, text.replace("later", "sooner")).unwrap();
    machine.run(["evidence", "verify", &place]).end().exits(1);
}

#[test]
fn bytes_that_are_no_records_are_no_evidence() {
    let machine = Machine::new();
    let place = format!("--evidence-dir={}", machine.path().display());
    let verify = || machine.run(["evidence", "verify", &place]);
    verify().end().exits(0).says("WARN there is no evidence here");
    for junk in ["junk", "junk\n", "{\"seq\":1}\n{}\n", "\0\0\0"] {
        machine.write("evidence.jsonl", junk);
        let ended = verify().end().exits(1).says("FAIL there is no evidence here");
        ended.never_says("chain").never_says("anchor").tells("no record is in");
    }
}

#[test]
fn nobody_else_can_enter_a_scratch_tree() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::new();
    let document = machine.run(["--sim", "--keep", "breaker", "status"]).json().exits(0).document();
    let scratch = std::fs::metadata(document["scratch"].as_str().unwrap()).unwrap();
    assert_eq!(scratch.permissions().mode() & 0o777, 0o700);
}
