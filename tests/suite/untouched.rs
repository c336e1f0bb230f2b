//! `--sim`: practice leaves no trace in what is configured, whatever the command and however it ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::support::{Machine, Run};

/// Everything below a directory: what it holds, and when it last changed.
type Tree = BTreeMap<PathBuf, (Option<Vec<u8>>, SystemTime)>;

fn tree(root: &Path) -> Tree {
    let mut all = Tree::new();
    let mut unseen = vec![root.to_owned()];
    while let Some(path) = unseen.pop() {
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        let bytes = metadata.is_file().then(|| std::fs::read(&path).unwrap());
        if metadata.is_dir() {
            unseen.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        all.insert(path, (bytes, metadata.modified().unwrap()));
    }
    all
}

/// A machine that was in use: state, evidence, logs, an engaged breaker, a profile.
fn used() -> Machine {
    let machine = Machine::new();
    for directory in ["10.0.0.5_5555", "127.0.0.1_5555", "account1"] {
        for file in ["snapshot.json", "evidence.jsonl", "evidence.head"] {
            machine.write(&format!("state/{directory}/{file}"), format!("{directory} {file}"));
        }
    }
    for file in ["logs/VERIFY_LOG.log", "logs/MT5CRS_20260117_035422_1.log", "elsewhere/verify.log"]
    {
        machine.write(file, "known bytes\n");
    }
    machine.write("kill_switch.lock", r#"{"timestamp":"2026-01-17T03:54:22","reason":"drill"}"#);
    machine.write(".env", "GATEWAY_HOST=10.0.0.5\nMT5CRS_EXPECT_LOGIN=12345\n");
    machine.write("config.json", r#"{"profiles":{"account1":{"gateway_host":"10.0.0.5"}}}"#);
    machine
}

/// Runs it with a place for scratch beside the machine; nothing on the machine may change by it.
#[track_caller]
fn leaves_no_trace(machine: &Machine, change: impl Fn(Run) -> Run, arguments: &[&str]) {
    let scratch = Machine::new();
    let before = tree(machine.path());
    let run = || change(machine.run(arguments).arg("--sim").env("TMPDIR", scratch.path()));
    let json = run().json();
    let document = json.document();
    assert_ne!(document["target"], "live", "{document}");
    let place = PathBuf::from(document["scratch"].as_str().unwrap());
    assert!(place.starts_with(scratch.path()) && place.is_dir(), "{document}");
    for log in ["run_log", "verify_log"] {
        let log = Path::new(document[log].as_str().unwrap());
        assert!(log.starts_with(&place) && log.is_file(), "{document}");
    }
    let page = run().end();
    assert_eq!(page.code(), json.code());
    page.tells("a simulated gateway; state and logs are in");
    assert_eq!(tree(machine.path()), before, "{arguments:?}");
}

const COMMANDS: [&[&str]; 10] = [
    &["link-test", "-c", "3"],
    &["positions"],
    &["sync"],
    &["audit"],
    &["link-test", "--sim-fault=no-terminal"],
    &["positions", "--sim-fault=positions-empty-on-error", "--sim-positions=3"],
    &["sync", "--sim-fault=churn", "--sim-positions=3"],
    &["sync", "--sim-fault=garbage:SYNC_ALL:nan"],
    &["sync", "--sim-fault=foreign-ea-v5"],
    &["sync", "--sim-fault=crash:SYNC_ALL:before", "--attempts=2", "--retry-interval=1ms"],
];

#[test]
fn what_is_configured_is_untouched() {
    let machine = used();
    for arguments in COMMANDS {
        leaves_no_trace(&machine, |run| run, arguments);
    }
}

#[test]
fn neither_flags_nor_a_profile_lead_back_to_it() {
    let machine = used();
    for arguments in &COMMANDS[..4] {
        for flags in [
            &["--state-dir=state", "--log-dir=logs"][..],
            &["--profile=account1"][..],
            &["--host=127.0.0.1", "--port=5555"][..],
        ] {
            let all: Vec<&str> = arguments.iter().chain(flags).copied().collect();
            leaves_no_trace(&machine, |run| run, &all);
        }
        let verify_log = machine.file("elsewhere/verify.log");
        leaves_no_trace(&machine, |run| run.env("MT5CRS_VERIFY_LOG", &verify_log), arguments);
    }
}

#[test]
fn the_default_places_are_untouched_as_well() {
    let machine = Machine::new();
    for arguments in &COMMANDS[..4] {
        let bare = |run: Run| {
            run.without("MT5CRS_STATE_DIR").without("MT5CRS_LOG_DIR").without("KILL_SWITCH_FILE")
        };
        leaves_no_trace(&machine, bare, arguments);
    }
    assert_eq!(tree(machine.path()).len(), 1);
}

#[test]
fn an_engaged_breaker_stops_no_practice() {
    let (machine, scratch) = (used(), Machine::new());
    let run = machine.run(["sync", "--sim"]).without("MT5CRS_EXPECT_LOGIN");
    let document = run.env("TMPDIR", scratch.path()).json().exits(0).document();
    assert_eq!(document["report"]["recovered"], 0);
}
