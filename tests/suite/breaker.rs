//! `breaker`: its answers describe the sentinel file, and never claim that an engine stopped.

use serde_json::Value;

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
