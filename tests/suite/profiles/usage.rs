//! Refusals of commands for several accounts, before any request.

use serde_json::Value;

use super::{accounts, all};
use crate::support::{Machine, Run, Sim};

#[track_caller]
fn refused(run: Run, words: &[&str]) -> Value {
    let ended = run.json().exits(2);
    let document = ended.document();
    for word in words {
        assert!(document["error"].to_string().contains(word), "no {word} in {document}");
    }
    ended.tells("error: ").tells("help: ");
    document
}

#[test]
fn orders_are_for_exactly_one_account() {
    let machine = Machine::new();
    // The gateway would die of any request.
    let sim = Sim::with_faults(&["crash:PING:before"]);
    accounts(&machine, &[&sim, &sim], &[]);
    for command in [
        &["canary", "--yes"][..],
        &["emergency-close", "--yes"],
        &["breaker", "release", "--yes"],
        &["evidence", "resolve", "abcd1234", "--not-executed", "--reason=x"],
        &["sync", "--report=x", "--allow-warn=clock-skew"],
        &["sync", "--credit=5"],
        &["link-test", "--watch=1s"],
        &["audit", "--credit=5"],
        &["logs", "grep", "x"],
        &["sync", "--", "true"],
    ] {
        let named = ["--profile=b", "--profile=a", "--allow-loopback"];
        let several = machine.run([&named, command].concat());
        refused(several, &["works on one profile", "mt5crs --profile b", command[0]]);
    }
    for command in [&["canary", "--yes"][..], &["breaker", "release", "--yes"]] {
        refused(all(&machine, command), &["works on one profile", "mt5crs --profile NAME"]);
    }
    for filter in ["--symbol=EURUSD", "--ticket=7", "--magic=7", "--credit=1"] {
        let run = all(&machine, &["emergency-close", "--yes", filter]);
        refused(run, &["works on one profile"]);
    }
    refused(all(&machine, &["explain"]), &["knows no accounts"]);
    assert!(!machine.file("kill_switch.lock").exists());
    assert!(!machine.file("state").exists());
}

#[test]
fn monitoring_formats_take_one_account() {
    let machine = Machine::new();
    let sim = Sim::with_faults(&[]);
    accounts(&machine, &[&sim, &sim], &[]);
    for (format, code, line) in [
        (
            "-o=nagios",
            3,
            "SYNC UNKNOWN: -o nagios and -o prometheus are about one account: nothing was done\n",
        ),
        ("-o=prometheus", 2, ""),
    ] {
        let ended = all(&machine, &["sync", format]).end().exits(code);
        assert_eq!(ended.stdout(), line);
        ended.tells("are about one account");
    }
}

#[test]
fn ambiguous_accounts_are_refused() {
    let machine = Machine::new();
    let run = |arguments: &[&str]| machine.run(arguments);
    refused(run(&["sync", "--all-profiles"]), &["there is no config.json", "--config"]);
    machine.write("config.json", r#"{"profiles":{}}"#);
    refused(run(&["sync", "--all-profiles"]), &["holds no profile"]);
    machine.write("config.json", "{\"profiles\":{\n\"a\":{}\n");
    refused(run(&["sync", "--all-profiles"]), &["config.json:3:0 is not JSON"]);
    let sim = Sim::with_faults(&[]);
    accounts(&machine, &[&sim, &sim], &[]);
    refused(run(&["sync", "--all-profiles", "--profile=a"]), &["which accounts are meant?"]);
    // Of a flag on both sides of the command, clap keeps only the last ones. That would leave out an account or trade on
    // another.
    for command in ["sync", "canary", "emergency-close"] {
        let torn = ["--profile=a", command, "--profile", "b"];
        refused(run(&torn), &["--profile a stands before the command"]);
    }
    run(&["--profile=a", "sync", "--profile=a", "--allow-loopback"]).end().exits(0);
    let ended = run(&["positions", "--profile=a", "--profile=zz", "--allow-loopback"]).json();
    ended.exits(2).tells("zz: error: config.json holds no profile zz");
}

#[test]
fn simulated_gateways_do_not_share_a_book() {
    let machine = Machine::new();
    machine.write("config.json", r#"{"profiles":{"a":{},"b":{}}}"#);
    let run = machine.run(["--sim", "--sim-book=book", "positions", "--all-profiles"]);
    refused(run, &["--sim-book"]);
}
