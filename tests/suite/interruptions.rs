//! Interruptions in the middle of a read: the command ends within its deadline, with the right code. The matrix covers
//! gateways that die for good and other programs on their port.

use std::net::TcpListener;
use std::process::Child;

use crate::snapshot::Kept;
use crate::support::{Machine, Sim, accept, ended, signal, wait_for_line};

/// Each command that only reads, with each of its requests. `link-test` tries each layer once, to name the layer that fails
/// now; the other commands retry.
const READS: [(&str, &[&str]); 3] = [
    ("link-test", &["PING", "GET_ACCOUNT"]),
    ("positions", &["PING", "GET_POSITIONS", "GET_ACCOUNT"]),
    ("sync", &["PING", "SYNC_ALL", "GET_POSITIONS", "GET_ACCOUNT"]),
];

/// Calls `what` with each command and each of its requests.
fn each(what: impl Fn(&str, &str)) {
    for (command, actions) in READS {
        actions.iter().for_each(|action| what(command, action));
    }
}

/// Calls `what` for the commands that retry.
fn each_that_tries_again(what: impl Fn(&str, &str)) {
    for (command, actions) in &READS[1..] {
        actions.iter().for_each(|action| what(command, action));
    }
}

/// A command that retries for as long as another gateway needs to start on the port.
fn patient(machine: &Machine, sim: &Sim, command: &str) -> Child {
    machine
        .against(sim, &[command, "--attempts=10000", "--retry-interval=5ms", "--timeout=1s"])
        .arg("--output=json")
        .start()
}

#[test]
fn a_read_is_retried_after_a_gateway_restart() {
    each_that_tries_again(|command, action| {
        let (machine, mut sim) =
            (Machine::new(), Sim::with_faults(&[&format!("crash:{action}:before")]));
        let child = patient(&machine, &sim, command);
        sim.wait_for_its_end();
        sim.restart(&[]);
        let document = ended(child, command).exits(0).document();
        let count = if command == "sync" { "recovered" } else { "listed" };
        assert_eq!(document["report"][count], 3, "{document}");
    });
}

#[test]
fn a_new_connection_proves_the_identity_again() {
    each_that_tries_again(|command, action| {
        let (machine, sim) =
            (Machine::new(), Sim::with_faults(&[&format!("disconnect:{action}:#1")]));
        let ended = machine.against(&sim, &[command, "-vv"]).json().exits(0);
        let pings = ended.stderr().matches("asking action=\"PING\"").count();
        assert!(pings >= 2, "{command} {action}: {}", ended.stderr());
        let log = machine.verify_log();
        assert_eq!(log.matches("Connection failed").count(), 1, "{command} {action}: {log}");
    });
}

#[test]
fn a_command_on_a_hanging_gateway_ends_within_its_deadline() {
    each(|command, action| {
        for flags in [
            ["--timeout=100ms", "--attempts=2", "--deadline=20s"],
            ["--timeout=20s", "--attempts=3", "--deadline=400ms"],
        ] {
            let (machine, sim) = (Machine::new(), Sim::with_faults(&[&format!("hang:{action}")]));
            let kept = Kept::before(&machine, sim.endpoint);
            let arguments: Vec<&str> = [command].into_iter().chain(flags).collect();
            let document = machine.against(&sim, &arguments).json().exits(3).document();
            assert!(document["duration_ms"].as_u64().unwrap() < 3000, "{document}");
            assert!(!machine.verify_log().contains("State synchronized"));
            kept.is_intact();
        }
    });
}

#[test]
fn a_signal_during_a_read_ends_the_command_and_keeps_the_snapshot() {
    each(|command, action| {
        for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
            let (machine, sim) = (Machine::new(), Sim::with_faults(&[&format!("hang:{action}")]));
            let kept = Kept::before(&machine, sim.endpoint);
            let run = machine.against(&sim, &[command, "--timeout=14s", "-vv"]);
            let mut child = run.arg("--output=json").start();
            wait_for_line(&mut child, &format!("asking action=\"{action}\""));
            signal(child.id(), name);
            let ended = ended(child, command).exits(code);
            let document = ended.document();
            assert_eq!(document["error"]["code"], "interrupted");
            assert_eq!(document["verdict"], "unknown");
            let log = machine.verify_log();
            assert!(!log.contains("State synchronized"), "{log}");
            assert!(log.contains(&format!("Run ended: exit code {code}")), "{log}");
            kept.is_intact();
        }
    });
}

#[test]
fn a_signal_between_two_attempts_ends_the_command() {
    for command in ["positions", "sync"] {
        let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
        sim.kill();
        let run = machine.against(&sim, &[command, "--retry-interval=20s"]);
        let mut child = run.arg("--output=json").start();
        wait_for_line(&mut child, "attempt 1 of 3");
        signal(child.id(), "INT");
        let document = ended(child, command).exits(130).document();
        assert_eq!(document["error"]["code"], "interrupted");
        assert!(document["duration_ms"].as_u64().unwrap() < 10_000, "{document}");
    }
}

#[test]
fn a_signal_during_the_handshake_ends_the_command() {
    for (command, _) in READS {
        let machine = Machine::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let run = machine.at(listener.local_addr().unwrap(), &[command, "--timeout=14s"]);
        let child = run.arg("--output=json").start();
        // link-test opens a plain TCP connection before its ZMTP connection.
        let knocks = if command == "link-test" { 2 } else { 1 };
        let held: Vec<_> = (0..knocks).map(|_| accept(&listener)).collect();
        signal(child.id(), "TERM");
        let document = ended(child, command).exits(143).document();
        assert_eq!(document["error"]["code"], "interrupted", "{document}");
        drop(held);
    }
}

#[test]
fn a_killed_sync_leaves_the_last_snapshot() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["hang:GET_ACCOUNT"]));
    let kept = Kept::before(&machine, sim.endpoint);
    let mut child = machine.against(&sim, &["sync", "--timeout=30s", "-vv"]).start();
    wait_for_line(&mut child, "asking action=\"GET_ACCOUNT\"");
    signal(child.id(), "KILL");
    assert_eq!(ended(child, "sync").code(), None);
    kept.is_intact();
    let log = machine.verify_log();
    assert!(log.contains("Run began") && !log.contains("Run ended"), "{log}");
}
