//! `--sim`: practice changes nothing in the configured places, whatever the command and its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use crate::orders::{canary, opens};
use crate::support::{Ended, Machine, Run, Sim};

/// Everything below a directory: its content and modification time.
type Tree = BTreeMap<PathBuf, (Option<Vec<u8>>, SystemTime)>;

fn tree(root: &Path) -> Tree {
    let mut all = Tree::new();
    let mut unseen = vec![root.to_owned()];
    while let Some(path) = unseen.pop() {
        // The machine-wide places may be absent, and must stay absent.
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
        let bytes = metadata.is_file().then(|| std::fs::read(&path).unwrap());
        if metadata.is_dir() {
            unseen.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        all.insert(path, (bytes, metadata.modified().unwrap()));
    }
    all
}

/// The machine-wide default places, which no test can move.
const DEFAULT_PLACES: [&str; 3] =
    ["/var/lib/mt5crs", "/var/log/mt5crs", "/tmp/mt5_crs_kill_switch.lock"];

/// Everything that practice must not change.
fn everything(machine: &Machine) -> Tree {
    let mut all = tree(machine.path());
    all.extend(DEFAULT_PLACES.iter().flat_map(|place| tree(Path::new(place))));
    all
}

/// A machine in use: with state, evidence, logs, an engaged breaker and a profile.
fn used() -> Machine {
    let machine = Machine::new();
    for directory in ["10.0.0.5_5555", "127.0.0.1_5555", "account1", "account2"] {
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
    let profiles =
        r#"{"account1":{"gateway_host":"10.0.0.5"},"account2":{"gateway_host":"10.0.0.6"}}"#;
    machine.write("config.json", format!("{{\"profiles\":{profiles}}}"));
    machine.write("sample.txt", (1..=300).map(|n| format!("{n}\n")).collect::<String>());
    machine
}

/// What a command's document says about the scratch tree.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    /// It uses the simulated gateway, and names its scratch tree and logs.
    Site,
    /// It uses records or the kill switch, but no gateway.
    Place,
    /// It runs one process per account, each with its own tree.
    Accounts,
    /// It uses none of them, or refuses.
    Nothing,
    /// It prints no document.
    Text,
}
use Says::{Accounts, Nothing, Place, Site, Text};

/// Any verifier key.
const KEY: &str = "--log=example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const KEY_OF_PROOF: &str =
    "--key=example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

/// Every command, with its exit code on a machine in use.
const COMMANDS: [(Says, i32, &[&str]); 58] = [
    (Site, 0, &["link-test", "-c", "3"]),
    (Site, 0, &["positions"]),
    (Site, 0, &["sync"]),
    (Site, 0, &["audit"]),
    (Site, 0, &["canary", "--yes"]),
    (Site, 0, &["canary", "--yes", "--keep-open"]),
    (
        Site,
        0,
        &["canary", "--yes", "--monitor=200ms", "--monitor-interval=100ms", "--without-drift"],
    ),
    (Site, 0, &["canary", "--dry-run"]),
    (Site, 5, &["canary", "--yes", "--resume"]),
    (Site, 0, &["emergency-close", "--yes", "--sim-positions=2"]),
    (Site, 0, &["emergency-close", "--dry-run", "--sim-positions=2"]),
    (Site, 0, &["phoenix", "--gateway", "--seed=1"]),
    (Place, 0, &["breaker", "status"]),
    (Place, 0, &["breaker", "engage", "--reason=practice"]),
    (Place, 0, &["breaker", "restore"]),
    (Place, 0, &["breaker", "release", "--yes"]),
    (Place, 0, &["evidence", "show"]),
    (Place, 0, &["evidence", "verify"]),
    (Place, 2, &["evidence", "resolve", "abcd1234", "--not-executed", "--reason=practice"]),
    (Place, 2, &["evidence", "export", "--run=abcd1234", "--dir=exported"]),
    (Place, 2, &["evidence", "checkpoint"]),
    (Place, 2, &["evidence", "prove", "1"]),
    (Nothing, 2, &["evidence", "witness", "--key=none", "--state=none", KEY]),
    (Nothing, 2, &["verify-proof", "none.json", KEY_OF_PROOF]),
    (Nothing, 2, &["key", "show", "none.key"]),
    (Place, 1, &["evaluate"]),
    (Place, 1, &["figures", "export", "--csv=/nowhere/figures.csv"]),
    (Accounts, 0, &["emergency-close", "--yes", "--sim-positions=2", "--all-profiles"]),
    (Accounts, 0, &["sync", "--all-profiles"]),
    (Accounts, 0, &["breaker", "status", "--all-profiles"]),
    (Accounts, 0, &["breaker", "engage", "--reason=practice", "--all-profiles"]),
    (Accounts, 0, &["evidence", "show", "--all-profiles"]),
    (Nothing, 2, &["breaker", "release", "--yes", "--all-profiles"]),
    (Nothing, 2, &["evidence", "show", "--evidence-dir=state/account1"]),
    (Nothing, 0, &["audit", "checks"]),
    (Nothing, 0, &["drift", "--drift-reference=sample.txt", "--drift-current=sample.txt"]),
    (Nothing, 0, &["phoenix", "--rounds=2", "--seed=1"]),
    (Site, 4, &["outcome", "7d0b3b0c-6c0e-4f0e-9d5e-3d1f6a2b4c5d"]),
    (Nothing, 2, &["key", "new", "/nowhere/practice.key"]),
    (Nothing, 2, &["state", "show"]),
    (Nothing, 2, &["state", "adopt", "state/account1"]),
    (Nothing, 2, &["logs", "grep", "x"]),
    (Nothing, 2, &["logs", "presets"]),
    (Nothing, 2, &["logs", "alerts"]),
    (Nothing, 2, &["logs", "ack", "1-aaaaaaaa"]),
    (Nothing, 2, &["logs", "summary"]),
    (Nothing, 0, &["config", "show"]),
    (Nothing, 0, &["config", "check"]),
    (Nothing, 0, &["explain", "10018"]),
    (Nothing, 0, &["sim", "--list-faults"]),
    (Text, 0, &["sim", "--end-with-stdin"]),
    (Text, 0, &["schema", "sync"]),
    (Text, 0, &["completions", "bash"]),
    (Text, 0, &["man", "sync"]),
    // Any end.
    (Site, 1, &["link-test", "--sim-fault=no-terminal"]),
    (Site, 1, &["positions", "--sim-fault=positions-empty-on-error", "--sim-positions=3"]),
    (Site, 6, &["sync", "--sim-fault=garbage:SYNC_ALL:nan"]),
    (
        Site,
        3,
        &["sync", "--sim-fault=crash:SYNC_ALL:before", "--attempts=2", "--retry-interval=1ms"],
    ),
];

/// The last line that is a document; a watch prints a line for each look before it.
fn document(ended: &Ended) -> Value {
    let text = ended.stdout();
    let last = || serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap_or_else(|_| last());
    assert_eq!(document["exit_code"].as_i64(), ended.code().map(i64::from), "{document}");
    document
}

/// Asserts that the document's tree is below `scratch`, and its logs below the tree.
#[track_caller]
fn stands_apart(document: &Value, says: Says, scratch: &Path) {
    assert_ne!(document["target"], "live", "{document}");
    if says == Nothing {
        assert_eq!(document["scratch"], Value::Null, "{document}");
        return;
    }
    let place = PathBuf::from(document["scratch"].as_str().unwrap());
    assert!(place.starts_with(scratch) && place.is_dir(), "{document}");
    for log in ["run_log", "verify_log"] {
        match document[log].as_str().map(Path::new) {
            Some(log) => assert!(log.starts_with(&place) && log.is_file(), "{document}"),
            None => assert!(says == Place, "{document}"),
        }
    }
}

/// Runs a command with a scratch directory beside the machine, and asserts that nothing on the machine changes.
#[track_caller]
fn leaves_no_trace(
    machine: &Machine,
    change: impl Fn(Run) -> Run,
    (says, code, arguments): (Says, i32, &[&str]),
    more: &[&str],
) {
    let scratch = Machine::new();
    let before = everything(machine);
    let typed = || arguments.iter().chain(more);
    let run =
        || change(machine.run(typed()).arg("--keep").arg("--sim").env("TMPDIR", scratch.path()));
    let json = run().json().exits(code);
    match says {
        Text => {}
        Accounts => {
            let document = document(&json);
            let parts = document["report"]["accounts"].as_array().unwrap();
            assert_eq!(parts.len(), 2, "{document}");
            for part in parts {
                let own = &part["document"];
                let says = if own["run_log"].is_null() { Place } else { Site };
                stands_apart(own, says, scratch.path());
            }
        }
        _ => stands_apart(&document(&json), says, scratch.path()),
    }
    let page = run().end().exits(code);
    let named = page.stderr().contains(scratch.path().to_str().unwrap());
    // Operators need the tree's path to look into it.
    assert!(named || [Nothing, Text].contains(&says), "{arguments:?}: {}", page.stderr());
    let changed: Vec<_> = {
        let after = everything(machine);
        let paths: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
        paths.into_iter().filter(|path| before.get(path) != after.get(path)).collect()
    };
    assert_eq!(changed, [""; 0].map(PathBuf::from), "{arguments:?} {more:?}");
}

/// FailureContext of the commands below one, as its help lists them; and whether it is a command itself.
fn below(machine: &Machine, path: &[String]) -> (Vec<String>, bool) {
    let help = machine.run(path.iter().map(String::as_str).chain(["--help"])).end().exits(0);
    let help = help.stdout();
    let usage = help.lines().skip_while(|line| !line.starts_with("Usage:"));
    let alone = usage.take_while(|line| !line.is_empty()).any(|line| !line.contains("<COMMAND>"));
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ").filter(|it| !it.starts_with(' ')));
    (names.map(|line| line.split(' ').next().unwrap().to_owned()).collect(), alone)
}

#[test]
fn the_list_of_commands_is_complete() {
    let machine = Machine::new();
    let (mut unseen, mut all) = (vec![vec![]], BTreeSet::new());
    while let Some(path) = unseen.pop() {
        let (names, alone) = below(&machine, &path);
        if alone {
            all.insert(path.join(" "));
        }
        unseen.extend(names.into_iter().map(|name| [path.clone(), vec![name]].concat()));
    }
    assert!(all.contains("evidence resolve") && all.contains("audit checks"), "{all:?}");
    for name in &all {
        // `audit` and `audit checks` are two commands.
        let own = |arguments: &[&str]| {
            let typed = arguments.join(" ");
            all.iter().filter(|it| typed == **it || typed.starts_with(&format!("{it} "))).max()
                == Some(name)
        };
        let rows = COMMANDS.iter().filter(|(.., arguments)| own(arguments)).count();
        assert!(rows > 0, "no row runs `mt5crs {name}` in practice");
    }
}

#[test]
fn configured_places_stay_unchanged() {
    let machine = used();
    for row in COMMANDS {
        leaves_no_trace(&machine, |run| run, row, &[]);
    }
}

#[test]
fn neither_flags_nor_a_profile_lead_back_to_configured_places() {
    let machine = used();
    let verify_log = machine.file("elsewhere/verify.log");
    for row in COMMANDS.into_iter().filter(|(says, ..)| [Site, Place].contains(says)) {
        for flags in [&["--state-dir=state", "--log-dir=logs"][..], &["--profile=account1"]] {
            leaves_no_trace(&machine, |run| run, row, flags);
        }
        leaves_no_trace(&machine, |run| run.env("MT5CRS_VERIFY_LOG", &verify_log), row, &[]);
    }
}

#[test]
fn default_places_stay_unchanged() {
    let machine = Machine::new();
    for row in COMMANDS.into_iter().filter(|(says, ..)| [Site, Place].contains(says)) {
        let bare = |run: Run| {
            run.without("MT5CRS_STATE_DIR").without("MT5CRS_LOG_DIR").without("KILL_SWITCH_FILE")
        };
        leaves_no_trace(&machine, bare, row, &[]);
    }
    assert_eq!(tree(machine.path()).len(), 1);
}

#[test]
fn the_scratch_tree_goes_at_the_end_unless_it_is_to_be_kept() {
    let (machine, scratch) = (Machine::new(), Machine::new());
    for arguments in
        [&["sync"][..], &["canary", "--yes"], &["breaker", "status"], &["sync", "--all-profiles"]]
    {
        machine.write("config.json", r#"{"profiles":{"a":{"gateway_host":"10.0.0.1"}}}"#);
        let run = || machine.run(arguments).arg("--sim").env("TMPDIR", scratch.path());
        run().end().exits(0);
        assert_eq!(tree(scratch.path()).len(), 1, "{arguments:?}");
        run().arg("--keep").end().exits(0);
        assert!(tree(scratch.path()).len() > 1, "{arguments:?}");
        for entry in std::fs::read_dir(scratch.path()).unwrap() {
            std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
    }
    machine.run(["sync", "--keep"]).end().exits(2).tells("without --sim there is none");
}

#[test]
fn an_engaged_breaker_does_not_stop_practice() {
    let (machine, scratch) = (used(), Machine::new());
    let run = machine.run(["sync", "--sim"]).without("MT5CRS_EXPECT_LOGIN");
    let document = run.env("TMPDIR", scratch.path()).json().exits(0).document();
    assert_eq!(document["report"]["recovered"], 0);
}

/// The guard against a second order depends on its records.
#[test]
fn resolving_in_practice_resolves_no_real_order() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--fault=stub"]));
    let order = || canary(&machine, &sim, &["--yes", "--keep-open", "--credit=5.5"]).json();
    order().exits(4);
    let records = std::fs::read_to_string(machine.evidence()).unwrap();
    let first: Value = serde_json::from_str(records.lines().next().unwrap()).unwrap();
    let run = first["run"].as_str().unwrap();
    let said = ["evidence", "resolve", run, "--not-executed", "--reason=practice"];
    let practice = machine.at(sim.endpoint, &said).arg("--sim");
    practice.end().exits(2);
    assert_eq!(std::fs::read_to_string(machine.evidence()).unwrap(), records);
    let again = order().exits(5).document();
    assert!(again["error"].to_string().contains("intents-resolved"), "{again}");
    assert_eq!(opens(&sim), 0);
    // Without --sim the same command resolves the order, so --sim made the difference.
    machine.against(&sim, &said).end().exits(0);
}

/// With practice flags but without --sim, the command would be real.
#[test]
fn practice_flags_need_sim() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=2"]));
    for flag in [
        "--sim-positions=2",
        "--sim-seed=1",
        "--sim-fault=no-terminal",
        "--sim-book=book",
        "--sim-link-rtt=1ms",
        "--sim-exec-time=1ms",
    ] {
        let name = flag.split('=').next().unwrap();
        for (arguments, before) in [
            (&["emergency-close", "--yes"][..], true),
            (&["emergency-close", "--yes", flag], false),
            (&["breaker", "engage", "--reason=x"], true),
            (&["sim", "--list-faults", flag], false),
        ] {
            let run = machine.against(&sim, arguments);
            let run = if before { run.arg(flag) } else { run };
            let ended = run.json().exits(2);
            let error = ended.document()["error"].to_string();
            assert!(error.contains("--sim,") && error.contains(name), "{arguments:?} {error}");
        }
        // --sim may stand on either side of the command.
        let run = |arguments: &[&str]| machine.run(arguments);
        for arguments in [["--sim", flag, "positions"], ["--sim", "positions", flag]] {
            let ended = run(&arguments).end();
            assert_ne!(ended.code(), Some(2), "{arguments:?} {}", ended.stderr());
        }
        // A command that doesn't use the embedded gateway refuses the flags.
        for arguments in [
            &["breaker", "status"][..],
            &["evidence", "show"],
            &["explain", "0"],
            &["config", "show"],
            &["sim", "--list-faults"],
            &["phoenix", "--rounds=1"],
        ] {
            run(arguments).arg("--sim").arg(flag).end().exits(2).tells(name);
        }
    }
    assert!(sim.ledger().is_empty(), "{:?}", sim.ledger());
    assert!(!machine.file("kill_switch.lock").exists());
}

#[test]
fn practice_and_a_named_gateway_are_a_contradiction() {
    let machine = used();
    for flag in ["--host=10.0.0.5", "--port=5556"] {
        for command in [&["sync"][..], &["emergency-close", "--yes"], &["breaker", "status"]] {
            let run = machine.run(command).arg("--sim");
            run.arg(flag).end().exits(2).tells(flag.split('=').next().unwrap()).tells("--sim");
            let behind = machine.run(command.iter().chain([&flag])).arg("--sim");
            behind.end().exits(2).tells("nothing was done");
        }
    }
    // A gateway in the environment or in .env is the everyday one, and no contradiction.
    let run = machine.run(["--sim", "sync"]).env("GATEWAY_HOST", "10.0.0.5");
    run.env("GATEWAY_PORT", "5556").end().exits(0);
}
