//! `breaker`: its answers describe the sentinel file, and never claim that an engine stopped.

use serde_json::Value;

use crate::orders::canary;
use crate::support::{Machine, Sim};

#[test]
fn engage_writes_the_file_and_release_removes_it() {
    let machine = Machine::new();
    machine
        .run(["breaker", "status"])
        .end()
        .exits(0)
        .says("PASS kill switch RELEASED: ")
        .says("(no such file)");
    let engaged = machine.run(["breaker", "engage", "--reason=latency"]).end().exits(0);
    engaged
        .says("PASS kill switch ENGAGED: ")
        .says("(file written)")
        .says("until it is restarted")
        .says("PrivateTmp");
    let text = std::fs::read_to_string(machine.file("kill_switch.lock")).unwrap();
    let sentinel: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(sentinel["reason"], "latency");
    assert!(sentinel["metadata"]["by"].is_string(), "{text}");
    // The engine's own form has no UTC offset and six digits.
    let time = sentinel["timestamp"].as_str().unwrap();
    assert!(time.len() == 26 && !time.ends_with('Z'), "{time}");

    machine
        .run(["breaker", "status"])
        .end()
        .exits(1)
        .says("FAIL kill switch ENGAGED: ")
        .says("reason: latency");
    let document = machine.run(["breaker", "status"]).json().exits(1).document();
    assert_eq!(
        (&document["report"]["engaged"], &document["verdict"]),
        (&true.into(), &"fail".into())
    );

    let released = machine.run(["breaker", "release", "--yes"]).end().exits(0);
    released.says("PASS kill switch RELEASED: ").says("(file removed)").never_says("stopped");
    assert!(!machine.file("kill_switch.lock").exists());
    machine.run(["breaker", "release", "--yes"]).end().exits(0).says("no such file");
}

#[test]
fn a_state_directory_that_engaging_makes_is_no_reason_to_warn() {
    let machine = Machine::new();
    let file = machine.file("state/kill_switch.lock");
    let run = |arguments: &[&str]| machine.run(arguments).env("KILL_SWITCH_FILE", &file);
    run(&["breaker", "status"]).end().exits(0).never_says("CAN'T BE MADE");
    run(&["audit", "--only=files.kill-switch"]).end().exits(0).says("Audit: 1/1 passed");
    assert!(!machine.file("state").exists(), "a look made it");
    run(&["breaker", "engage", "--reason=drill"]).end().exits(0);
    assert!(file.exists());
    // Where engaging would fail, it is told.
    let nowhere = machine.file("nowhere/kill_switch.lock");
    let status = machine.run(["breaker", "status"]).env("KILL_SWITCH_FILE", nowhere);
    status.end().exits(0).tells("CAN'T BE MADE");
}

#[test]
fn a_practice_switch_need_not_last() {
    let machine = Machine::new();
    // A scratch tree is in a directory for temporary files.
    let practice = machine.run(["--sim", "breaker", "engage", "--reason=drill"]);
    practice.without("TRUST_PLACES").end().exits(0).says("PASS kill switch ENGAGED");
}

#[test]
fn a_second_engage_keeps_the_first_reason() {
    let machine = Machine::new();
    let path = machine.write("kill_switch.lock", "{\"reason\":\"the engine's own\"}");
    let document = machine.run(["breaker", "engage", "--reason=mine"]).json().exits(0).document();
    assert_eq!(document["report"]["done"], "already_there");
    assert_eq!(document["report"]["sentinel"]["reason"], "the engine's own");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"reason\":\"the engine's own\"}");
}

#[test]
fn a_file_of_any_content_engages_the_breaker() {
    let machine = Machine::new();
    for content in ["", "not JSON", "[1]", "{}"] {
        machine.write("kill_switch.lock", content);
        machine.run(["breaker", "status"]).end().exits(1).says("ENGAGED");
    }
    machine.write("kill_switch.lock", "{\"reason\":\"\\u001b[2J\"}");
    machine.run(["breaker", "status"]).end().exits(1).never_says("\u{1b}");
}

#[test]
fn a_link_to_nothing_is_neither_engaged_nor_released() {
    let machine = Machine::new();
    let path = machine.file("kill_switch.lock");
    std::os::unix::fs::symlink("nowhere", &path).unwrap();
    for arguments in [&["breaker", "status"][..], &["breaker", "engage", "--reason=x"]] {
        let ended = machine.run(arguments).end().exits(1).never_says("ENGAGED");
        ended.never_says("RELEASED").tells("a symbolic link to nothing").tells("remove the link");
    }
    // An order is refused all the same.
    let sim = Sim::with_faults(&[]);
    let gate = machine.against(&sim, &["sync", "--", "true"]).end().exits(5);
    gate.tells("a symbolic link to nothing");
    // The engine sees a file behind a link.
    machine.write("nowhere", "{}");
    machine.run(["breaker", "status"]).end().exits(1).says("FAIL kill switch ENGAGED");
    std::fs::remove_file(machine.file("nowhere")).unwrap();
    machine.run(["breaker", "release", "--yes"]).end().exits(0);
    machine.run(["breaker", "engage", "--reason=x"]).end().exits(0).says("file written");
}

#[test]
fn an_engaged_switch_outlives_its_file_until_it_is_released() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let path = machine.file("kill_switch.lock");
    let vanish = || std::fs::remove_file(&path).unwrap();
    machine.run(["breaker", "engage", "--reason=latency"]).end().exits(0);
    let text = std::fs::read_to_string(&path).unwrap();
    for command in [&["breaker", "status"][..], &["audit", "--only=files.breaker"]] {
        vanish();
        let ended = machine.against(&sim, command).end();
        let printed = ended.stdout() + &ended.stderr();
        assert!(printed.contains("latency"), "{printed}");
        assert!(printed.contains("had vanished without a release"), "{printed}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{command:?}");
    }
    vanish();
    let gate = machine.against(&sim, &["sync", "--", "true"]).end().exits(5);
    gate.tells("latency").tells("had vanished without a release");
    vanish();
    canary(&machine, &sim, &["--yes"]).end().exits(5).says("had vanished without a release");
    assert!(path.exists() && sim.ledger().is_empty());
    vanish();
    let restored = machine.run(["breaker", "restore"]).end().exits(0);
    restored.says("kill switch ENGAGED").says("written again");
    machine.run(["breaker", "release", "--yes"]).end().exits(0);
    assert!(!path.exists());
    machine.run(["breaker", "restore"]).end().exits(0).says("kill switch RELEASED");
    machine.run(["breaker", "status"]).end().exits(0);
    machine.against(&sim, &["sync", "--", "true"]).end().exits(0);
}

#[test]
fn a_file_that_cannot_be_written_again_is_shouted() {
    let machine = Machine::new();
    let directory = machine.file("gone");
    std::fs::create_dir(&directory).unwrap();
    let run = |arguments: &[&str]| {
        machine.run(arguments).env("KILL_SWITCH_FILE", directory.join("kill.lock"))
    };
    run(&["breaker", "engage", "--reason=latency"]).end().exits(0);
    std::fs::remove_dir_all(&directory).unwrap();
    for subcommand in ["status", "restore"] {
        let ended = run(&["breaker", subcommand]).end().exits(1).says("kill switch ENGAGED");
        ended.tells("CAN'T BE WRITTEN").says("reason: latency");
    }
}

#[test]
fn a_removed_file_of_the_engine_itself_is_released() {
    let machine = Machine::new();
    let path = machine.write("kill_switch.lock", "{\"reason\":\"the engine's own\"}");
    machine.run(["breaker", "status"]).end().exits(1);
    std::fs::remove_file(&path).unwrap();
    machine.run(["breaker", "status"]).end().exits(0).says("RELEASED");
    assert!(!path.exists());
}

#[test]
fn a_relative_path_is_an_error_and_engaging_warns() {
    let machine = Machine::new();
    let run = |arguments: &[&str]| machine.run(arguments).env("KILL_SWITCH_FILE", "rel.lock");
    for subcommand in [&["status"][..], &["restore"], &["release", "--yes"]] {
        let ended = run(&[&["breaker"], subcommand].concat()).end().exits(2);
        ended.tells("relative path `rel.lock`").tells("write it out: ");
    }
    let ended = run(&["breaker", "engage", "--reason=x"]).end().exits(0);
    ended
        .says("ENGAGED")
        .tells("warning: KILL_SWITCH_FILE in the environment is the relative path");
    assert!(machine.file("rel.lock").exists());
    let sim = Sim::with_faults(&[]);
    let relative = |arguments| machine.against(&sim, arguments).env("KILL_SWITCH_FILE", "rel.lock");
    relative(&["sync"]).end().exits(2);
    relative(&["emergency-close", "--yes"]).end().exits(0).tells("relative path");
}

/// Tests keep everything in a temporary directory, and elsewhere that is warned of.
#[test]
fn a_place_where_files_get_lost_is_warned_of() {
    let directory = tempfile::Builder::new().prefix("mt5crs-place-").tempdir_in("/tmp").unwrap();
    let machine = Machine::new();
    let file = directory.path().join("kill.lock");
    let run = |arguments: &[&str]| {
        machine.run(arguments).without("TRUST_PLACES").env("KILL_SWITCH_FILE", &file)
    };
    run(&["breaker", "status"]).end().exits(0).tells("kill.lock is ");
    run(&["config", "check", "--host=gw"]).end().exits(0).says("kill.lock is ");
    let audit = run(&["audit", "--host=gw", "--only=files.kill-switch", "--all"]).end();
    assert!(audit.stdout().contains("kill.lock is "), "{}", audit.stdout());
    let gone = || run(&["breaker", "status"]).env("KILL_SWITCH_FILE", "/proc/kill.lock");
    gone().end().exits(0).tells("CAN'T BE MADE");
}

#[test]
fn without_a_profile_every_profiles_switch_is_meant() {
    let machine = Machine::new();
    let [a, b] = ["a", "b"].map(|name| machine.file(&format!("{name}.lock")));
    let profile = |host, file: &std::path::Path| {
        format!(r#"{{"gateway_host":"{host}","kill_switch_file":"{}"}}"#, file.display())
    };
    let text = format!(
        r#"{{"profiles":{{"a":{},"b":{}}}}}"#,
        profile("10.0.0.1", &a),
        profile("10.0.0.2", &b)
    );
    machine.write("config.json", &text);
    let run = |arguments: &[&str]| machine.run(arguments).without("KILL_SWITCH_FILE");
    run(&["breaker", "status"]).end().exits(0).says("a.lock").says("b.lock");
    // Neither a gateway above the profiles nor a name on the command line makes it another question.
    let run_above = run(&["breaker", "engage", "--reason=x"]).env("GATEWAY_HOST", "127.0.0.1");
    run_above.end().exits(0).says("a.lock").says("b.lock");
    assert!(a.exists() && b.exists());
    run(&["breaker", "status"]).end().exits(1);
    let refused = run(&["breaker", "release", "--yes"]).end().exits(2);
    refused.tells("--profile a, or --profile b");
    assert!(a.exists() && b.exists());
    run(&["--profile=a", "breaker", "release", "--yes"]).end().exits(0);
    assert!(!a.exists() && b.exists());
    run(&["breaker", "release", "--yes"]).env("MT5CRS_PROFILE", "b").end().exits(0);
    assert!(!b.exists());
    // A profile that is named is meant alone.
    run(&["--profile=a", "breaker", "engage", "--reason=x"]).end().exits(0);
    assert!(a.exists() && !b.exists());
}

#[test]
fn release_needs_a_confirmation() {
    let machine = Machine::new();
    machine.write("kill_switch.lock", "{}");
    let ended = machine.run(["breaker", "release"]).end().exits(5);
    ended.tells("breaker release --yes`");
    assert!(machine.file("kill_switch.lock").exists());
}

#[test]
fn a_file_that_cannot_be_written_or_removed_is_reported() {
    let machine = Machine::new();
    let run = |arguments: &[&str]| {
        machine.run(arguments).env("KILL_SWITCH_FILE", machine.file("no/such/switch.lock")).end()
    };
    run(&["breaker", "engage", "--reason=x"]).exits(1).tells("FAILED to write");
    std::fs::create_dir_all(machine.file("a-directory")).unwrap();
    machine
        .run(["breaker", "release", "--yes"])
        .env("KILL_SWITCH_FILE", machine.file("a-directory"))
        .end()
        .exits(1)
        .tells("FAILED to remove");
}

#[test]
fn invalid_settings_that_breaker_does_not_read_do_not_stop_it() {
    let machine = Machine::new();
    let run = |arguments: &[&str]| {
        machine.run(arguments).env("MT5CRS_MISSPELT", "x").env("SYNC_TIMEOUT_S", "soon")
    };
    run(&["breaker", "engage", "--reason=x"]).end().exits(0).tells("MT5CRS_MISSPELT");
    assert!(machine.file("kill_switch.lock").exists());
    run(&["breaker", "status"]).end().exits(1);
    run(&["breaker", "release", "--yes"]).end().exits(0);
}

#[test]
fn engaging_and_releasing_leave_a_trace_in_the_logs() {
    let machine = Machine::new();
    machine.run(["breaker", "engage", "--reason=spread of 9"]).env("USER", "op").end().exits(0);
    machine.run(["breaker", "status"]).end().exits(1);
    machine.run(["breaker", "release", "--yes"]).env("USER", "op").end().exits(0);
    machine.run(["breaker", "release", "--yes"]).end().exits(0);
    let log = std::fs::read_to_string(machine.file("logs/VERIFY_LOG.log")).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("KillSwitch")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("engaged: ") && lines[0].contains(": spread of 9, by op"), "{log}");
    assert!(lines[1].contains("released: ") && lines[1].contains(", by op"), "{log}");
    let failed =
        machine.run(["breaker", "engage", "--reason=x"]).env("KILL_SWITCH_FILE", "/proc/k");
    failed.end().exits(1);
    machine.run(["logs", "grep", "KillSwitch"]).end().exits(0).says("FAILED to write");
}
