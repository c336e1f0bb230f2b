//! `sync -- COMMAND`: COMMAND starts only on a proved gateway, and replaces the process without leftovers.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::snapshot::Kept;
use crate::support::{Exited, Machine, Run, Sim, ended, signal, wait_until};

/// A command that creates a file when it starts.
const TRACE: [&str; 5] = ["sync", "--", "sh", "-c", "touch started"];

impl Machine {
    fn started(&self) -> bool {
        self.file("started").exists()
    }
}

/// Asserts this exit code, and that COMMAND did not start.
#[track_caller]
fn refused(machine: &Machine, run: Run, code: i32) -> Exited {
    let ended = run.end().exits(code);
    assert_eq!(ended.stdout(), "", "stdout is the command's");
    assert!(!machine.started(), "the command started");
    ended
}

#[test]
fn sync_becomes_the_command() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let script = "echo $$; echo talk >&2; exit 42";
    let child = machine.against(&sim, &["sync", "--", "sh", "-c", script]).start();
    let id = child.id();
    let ended = ended(child, "sync -- sh").exits(42);
    assert_eq!(ended.stdout(), format!("{id}\n"), "stdout is the command's alone");
    let talk = ended.stderr();
    assert!(talk.starts_with("PASS State synchronized: 3 positions recovered"), "{talk}");
    assert!(talk.ends_with("talk\n"), "the report comes first: {talk}");
    let log = machine.verify_log();
    assert!(log.lines().last().unwrap().contains("Run ended: exit code 0"), "{log}");
}

#[test]
fn the_report_goes_to_stderr_and_to_its_file() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let run = machine.against(&sim, &["sync", "--report=report.json", "--", "echo", "mine"]);
    let ended = run.json().exits(0);
    assert_eq!(ended.stdout(), "mine\n");
    let document: Value = serde_json::from_str(&ended.stderr()).unwrap();
    assert_eq!(document["report"]["recovered"], 3);
    let file = std::fs::read_to_string(machine.file("report.json")).unwrap();
    assert_eq!(file.trim_end(), ended.stderr().trim_end());
}

#[test]
fn the_command_inherits_no_more_than_from_a_shell() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    // The command inherits no socket, no log and no ignored signal.
    // The C library uses the signals above 31 itself.
    let script = "ls /proc/$$/fd; grep ^Sig[BI] /proc/$$/status | grep -o '.\\{7\\}$'";
    let plain = Command::new("sh").args(["-c", script]).output().unwrap();
    let gated = machine.against(&sim, &["sync", "--", "sh", "-c", script]).end().exits(0);
    assert_eq!(gated.stdout(), String::from_utf8(plain.stdout).unwrap());
}

#[test]
fn arguments_are_passed_on_unchanged() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let command = ["sync", "--", "printf", "%s|", "--output=json", "a b", "", "--", "-v"];
    let ended = machine.against(&sim, &command).end().exits(0);
    assert_eq!(ended.stdout(), "--output=json|a b||--|-v|");
}

#[test]
fn the_verified_gateway_is_in_the_commands_environment() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    machine.write(".env", "MAGIC_NUMBER=777\nBROKER_PASSWORD=secret\n");
    let (ip, port) = (sim.endpoint.ip(), sim.endpoint.port());
    let run = machine.against(&sim, &["sync", "--", "env"]).env("SYNC_TIMEOUT_S", "2.0");
    let ended = run.env("STRANGER", "kept").end().exits(0);
    let environment = ended.stdout();
    for variable in [
        format!("GATEWAY_HOST={ip}"),
        format!("GTW_HOST={ip}"),
        format!("GATEWAY_PORT={port}"),
        format!("GTW_PORT={port}"),
        format!("ZMQ_EXECUTION_URL=tcp://{ip}:{port}"),
        "MAGIC_NUMBER=777".to_owned(),
        "SYNC_RETRY_COUNT=3".to_owned(),
        "SYNC_RETRY_INTERVAL_S=0.05".to_owned(),
        // A variable with the same meaning keeps its value.
        "SYNC_TIMEOUT_S=2.0".to_owned(),
        "STRANGER=kept".to_owned(),
        // Wherever its path is set, the command looks at the switch that the gate looked at.
        format!("KILL_SWITCH_FILE={}", machine.file("kill_switch.lock").display()),
    ] {
        assert!(environment.lines().any(|line| line == variable), "{variable} in {environment}");
    }
    // Nothing from .env is exported.
    assert!(!environment.contains("BROKER_PASSWORD"), "{environment}");
}

/// As `sync -- $UNSET` in a script.
#[test]
fn an_empty_command_is_a_usage_error_and_no_passed_gate() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for arguments in [&["sync", "--"][..], &["sync", "--", ""]] {
        let ended = machine.against(&sim, arguments).end().exits(2);
        ended.tells("no command stands behind `--`");
    }
    assert!(sim.requests().is_empty());
}

#[test]
fn an_inherited_variable_of_another_gateway_is_refused() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let (ip, port) = (sim.endpoint.ip().to_string(), sim.endpoint.port().to_string());
    let flags = [format!("--host={ip}"), format!("--port={port}")];
    let flags: Vec<&str> = flags.iter().map(String::as_str).chain(TRACE).collect();
    for (name, value) in [
        ("GATEWAY_HOST", "10.0.0.9"),
        ("GTW_HOST", "10.0.0.9"),
        ("GATEWAY_PORT", "5555"),
        ("GTW_PORT", "5555"),
        ("ZMQ_EXECUTION_URL", "tcp://10.0.0.9:5555"),
    ] {
        let kept = Kept::before(&machine, sim.endpoint);
        let run = machine.run(&flags).arg("--allow-loopback").env(name, value);
        refused(&machine, run, 2).tells(name).tells(value);
        kept.is_intact();
    }
    let run = machine.against(&sim, &TRACE).arg("--timeout=5s").env("SYNC_TIMEOUT_S", "2");
    refused(&machine, run, 2).tells("SYNC_TIMEOUT_S");
}

#[test]
fn a_warning_closes_the_gate_unless_it_is_allowed_by_name() {
    let machine = Machine::new();
    let sim = Sim::with_faults(&["clock-skew:3s"]);
    let run = || machine.against(&sim, &TRACE);
    refused(&machine, run(), 1).tells("sh was not started").tells("--allow-warn clock-skew");
    let mut other = vec!["sync", "--allow-warn=margin-level"];
    other.extend(&TRACE[1..]);
    refused(&machine, machine.against(&sim, &other), 1).tells("clock-skew");

    let both = Sim::with_faults(&["clock-skew:3s", "balance-jump:GET_ACCOUNT"]);
    let mut one = vec!["sync", "--allow-warn=clock-skew"];
    one.extend(&TRACE[1..]);
    refused(&machine, machine.against(&both, &one), 1).tells("balance-steady");

    machine.against(&sim, &one).end().exits(0);
    assert!(machine.started());
}

#[test]
fn only_warnings_can_be_allowed() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for name in ["clock", "", "empty-book", "all"] {
        let flag = format!("--allow-warn={name}");
        let mut arguments = vec!["sync", &flag];
        arguments.extend(&TRACE[1..]);
        let ended = refused(&machine, machine.against(&sim, &arguments), 2);
        ended.tells("identity-expected, margin-level, balance-steady, clock-skew");
    }
}

#[test]
fn an_engaged_breaker_closes_the_gate() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for content in [r#"{"timestamp":"2026-01-17T03:54:22","reason":"latency"}"#, "", "not JSON"] {
        machine.write("kill_switch.lock", content);
        let ended = refused(&machine, machine.against(&sim, &TRACE), 5);
        ended.tells("kill_switch.lock").tells("was not started");
        assert_eq!(std::fs::read_to_string(machine.file("kill_switch.lock")).unwrap(), content);
    }
    // A sync without COMMAND ignores the breaker.
    machine.against(&sim, &["sync"]).end().exits(0);
}

#[test]
fn a_failed_sync_starts_nothing() {
    for (fault, code) in [
        ("positions-empty-on-error", 1),
        ("stub", 1),
        ("hedged-empty", 1),
        ("terminal-dead", 1),
        ("no-terminal", 1),
        ("no-sync-all", 1),
        ("churn", 1),
        ("ticket-twice", 1),
        ("foreign-ea-v4", 6),
        ("foreign-ea-v5", 6),
        ("garbage:GET_ACCOUNT:nan", 6),
        ("uuid-foreign:GET_POSITIONS", 6),
        ("drop-reply:GET_ACCOUNT", 3),
        ("hang", 3),
    ] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
        let kept = Kept::before(&machine, sim.endpoint);
        let quick = |run: Run| run.env("SYNC_TIMEOUT_S", "0.2").env("SYNC_RETRY_COUNT", "2");
        refused(&machine, quick(machine.against(&sim, &TRACE)), code);
        kept.is_intact();
        let mut allowed = vec!["sync"];
        let all = ["identity-expected", "margin-level", "balance-steady", "clock-skew"]
            .map(|name| format!("--allow-warn={name}"));
        allowed.extend(all.iter().map(String::as_str));
        allowed.extend(&TRACE[1..]);
        refused(&machine, quick(machine.against(&sim, &allowed)), code);
    }
}

#[test]
fn without_a_gateway_nothing_starts() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    sim.kill();
    refused(&machine, machine.against(&sim, &TRACE), 3).tells("connection refused");
    let run = machine.run(TRACE);
    refused(&machine, run, 2).tells("GATEWAY_HOST");
    let run = machine.run(TRACE).env("GATEWAY_HOST", "127.0.0.1");
    refused(&machine, run, 5).tells("this machine");
}

#[test]
fn a_wrong_account_starts_nothing() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["identity:12345:Broker:2"]));
    let run = machine.against(&sim, &TRACE).env("MT5CRS_EXPECT_TRADE_MODE", "demo");
    refused(&machine, run, 5).tells("another account");
}

#[test]
fn a_simulated_gateway_starts_no_command() {
    let machine = Machine::new();
    let run = machine.run(TRACE).arg("--sim");
    refused(&machine, run, 2).tells("simulated gateway");
}

#[test]
fn a_report_file_is_written_even_for_an_early_failure() {
    let machine = Machine::new();
    let mut arguments = vec!["sync", "--report=report.json"];
    arguments.extend(&TRACE[1..]);
    // No gateway is named. A report of an earlier run must not look like this run's.
    machine.write("report.json", r#"{"exit_code":0}"#);
    refused(&machine, machine.run(&arguments), 2);
    let document: Value =
        serde_json::from_slice(&std::fs::read(machine.file("report.json")).unwrap()).unwrap();
    assert_eq!(document["exit_code"], 2);
}

#[test]
fn a_command_that_cannot_be_run_ends_as_in_a_shell() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let plain = machine.write("plain", "#!/bin/sh\n");
    std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o644)).unwrap();
    for (command, code) in
        [("./nowhere", 127), ("no-such-command", 127), ("./plain", 126), ("/", 126)]
    {
        let ended = machine.against(&sim, &["sync", "--", command]).end().exits(code);
        assert_eq!(ended.stdout(), "");
        ended.tells(&format!("failed to start {command}"));
    }
}

#[test]
fn a_signal_before_the_command_stops_the_gate() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=2000"]));
    let mut arguments = vec!["sync", "--all"];
    arguments.extend(&TRACE[1..]);
    let child = machine.against(&sim, &arguments).start();
    // Its stderr has no reader yet, so it waits in the middle of its report, after all checks.
    wait_until("the state is proved", || machine.verify_log().contains("State synchronized"));
    signal(child.id(), "TERM");
    ended(child, "sync -- sh").exits(143).tells("State synchronized: 2000");
    assert!(!machine.started(), "the command started");
}
