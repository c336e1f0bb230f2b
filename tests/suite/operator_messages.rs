//! Messages to operators: the first line of the page names the result, stderr names cause and remedy, and neither names the
//! wrong cause.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::look_alikes::Stranger;
use crate::support::{Ended, Machine, Sim, ended, named, signal, wait_for_line};

#[track_caller]
fn begins(ended: &Ended, words: &str) {
    assert!(ended.stdout().starts_with(words), "{}\nstderr: {}", ended.stdout(), ended.stderr());
}

#[test]
fn a_stopped_sync_is_no_failure_unless_a_supervisor_stopped_it() {
    for (name, code, alarms) in [("INT", 130, false), ("HUP", 129, false), ("TERM", 143, true)] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&["hang:SYNC_ALL"]));
        let mut child = machine.against(&sim, &["-vv", "sync", "--timeout=10s"]).start();
        wait_for_line(&mut child, "asking action=\"SYNC_ALL\"");
        signal(child.id(), name);
        let page = ended(child, "sync").exits(code);
        begins(
            &page,
            &format!("UNKNOWN State synchronization stopped: stopped by SIG{name}; at tcp://"),
        );
        let log = machine.verify_log();
        assert_eq!(log.contains("State synchronization failed"), alarms, "{log}");
    }
}

#[test]
fn the_first_line_of_a_sync_names_the_cause() {
    let machine = Machine::new();
    let wrong = machine.run(["sync", "--host=10.0.0.1", "--port=abc"]).end().exits(2);
    begins(&wrong, "FAIL State synchronization failed: --port must be a port from 1 to 65535");

    let stranger = Stranger::http();
    let page = machine.at(stranger.endpoint, &["sync"]).end().exits(6);
    begins(
        &page,
        "FAIL State synchronization failed: the program that answered is not the gateway: ",
    );

    let sim = Sim::with_faults(&["hang:SYNC_ALL"]);
    let page = machine.against(&sim, &["sync", "--timeout=200ms", "--attempts=1"]).end().exits(3);
    begins(
        &page,
        "UNKNOWN State synchronization failed: no answer after 1 attempt of 200ms at most: ",
    );

    let sim = Sim::with_faults(&["clock-skew:3s"]);
    let page = machine.against(&sim, &["sync", "--", "true"]).end().exits(1);
    assert_eq!(page.stdout(), "", "stdout is the command's");
    let at = |words: &str| {
        let line = page.stderr().lines().position(|line| line.starts_with(words));
        line.unwrap_or_else(|| panic!("no {words:?} in {}", page.stderr()))
    };
    assert!(at("FAIL true was not started: clock-skew: ") < at("State synchronized: 3 "));
}

#[test]
fn a_failed_check_is_on_stderr_too() {
    for command in ["sync", "positions"] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&["positions-empty-on-error"]));
        let page = machine.against(&sim, &[command]).end().exits(1);
        page.tells("error: failed to ").tells("cause: empty-book: ").tells("help: ");
        let document = machine.against(&sim, &[command]).json().exits(1).document();
        assert_eq!(document["error"]["code"], "checks-failed", "{document}");
    }
}

#[test]
fn silence_after_an_answered_ping_blames_the_terminal_and_no_firewall() {
    for (command, action) in [
        ("sync", "SYNC_ALL"),
        ("sync", "GET_ACCOUNT"),
        ("positions", "GET_POSITIONS"),
        ("link-test", "GET_ACCOUNT"),
    ] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[&format!("hang:{action}")]));
        let arguments = [command, "--timeout=200ms", "--attempts=1"];
        let page = machine.against(&sim, &arguments).end().exits(3);
        page.tells(&format!("PING was answered, but {action} was not in time"))
            .tells("its terminal hangs")
            .never_says("netsh");
    }
}

#[test]
fn a_stalled_handshake_is_reported_as_such() {
    // A ZMTP 3.1 greeting has 64 bytes; this peer stops in the middle of it.
    const HALF: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL";
    for _ in 0..3 {
        let (machine, stranger) = (Machine::new(), Stranger::new(HALF, b""));
        let arguments = ["positions", "--timeout=300ms", "--attempts=1"];
        let page = machine.at(stranger.endpoint, &arguments).end().exits(3);
        page.tells("the ZMTP handshake was not completed").never_says("netsh");
        let document = machine
            .at(stranger.endpoint, &["link-test", "--timeout=300ms"])
            .json()
            .exits(3)
            .document();
        assert_eq!(document["report"]["failed_layer"], "zmtp", "{document}");
    }
}

#[test]
fn a_deadline_that_ends_the_attempts_is_named() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["hang:PING"]));
    let cut = ["positions", "--deadline=300ms", "--timeout=3s"];
    let page = machine.against(&sim, &cut).end().exits(3);
    page.tells("no answer before the deadline, after 1 attempt of 3s at most");
    let whole = ["positions", "--timeout=100ms", "--attempts=2", "--retry-interval=1ms"];
    machine.against(&sim, &whole).end().exits(3).tells("no answer after 2 attempts of 100ms");
}

#[test]
fn a_remedy_names_the_origin_of_the_host() {
    let machine = Machine::new();
    let own = |run: crate::support::Run| run.end().exits(5).stderr();
    let by_flag = || own(machine.run(["positions", "--host=127.0.0.1"]));
    let by_environment = || own(machine.run(["positions"]).env("GATEWAY_HOST", "127.0.0.1"));
    let by_profile = || own(machine.run(["positions", "--profile=a"]));
    machine.write("config.json", r#"{"profiles":{"a":{"gateway_host":"127.0.0.1"}}}"#);
    // A file that is not there, or sets no host, is not mentioned.
    for text in [None, Some("MAGIC_NUMBER=7\n")] {
        text.map(|text| machine.write(".env", text));
        for (talk, remedy) in [
            (by_flag(), "check --host: it must be"),
            (by_environment(), "check GATEWAY_HOST in the environment: it must be"),
            (by_profile(), "check gateway_host in profile a of config.json: it must be"),
        ] {
            let help = talk.lines().find(|line| line.starts_with("help: ")).unwrap();
            assert!(help.contains(remedy) && !help.contains(".env"), "{talk}");
        }
    }
    machine.write(".env", "\nGTW_HOST=127.0.0.1\n");
    let file = own(machine.run(["positions"]));
    assert!(file.contains("check GTW_HOST in .env: it must be"), "{file}");
    let (flag, environment) = (by_flag(), by_environment());
    assert!(flag.contains("check --host (it stands above GTW_HOST at .env:2): it"), "{flag}");
    assert!(environment.contains("(it stands above GTW_HOST at .env:2): it"), "{environment}");
    machine.write("prod.env", "GATEWAY_HOST=127.0.0.1\n");
    let named = own(machine.run(["positions", "--env-file=prod.env"]));
    assert!(named.contains("check GATEWAY_HOST in prod.env: it must be"), "{named}");
}

#[test]
fn a_contradictory_list_is_shown_as_unproved() {
    for (fault, check) in [
        ("ticket-twice", "tickets-unique"),
        ("ticket-zero-listed", "tickets-real"),
        ("volume-zero", "volumes-positive"),
        ("side-unknown", "sides-known"),
    ] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
        let page = machine.against(&sim, &["positions"]).end().exits(1);
        begins(&page, &format!("FAIL {check}: "));
        page.says("POSITIONS as the gateway reports them");
        let document = machine.against(&sim, &["positions"]).json().exits(1).document();
        assert_eq!(named(&document, "checks", check)["status"], "fail", "{document}");
    }
}

/// The gateway's own port for quotes is such a socket.
#[test]
fn a_zeromq_socket_of_another_kind_is_not_the_gateway() {
    let context = zmq::Context::new();
    let quotes = context.socket(zmq::PUB).unwrap();
    quotes.set_linger(0).unwrap();
    quotes.bind("tcp://127.0.0.1:*").unwrap();
    let endpoint = quotes.get_last_endpoint().unwrap().unwrap();
    let endpoint = endpoint.strip_prefix("tcp://").unwrap().parse().unwrap();
    for command in ["link-test", "positions", "sync"] {
        let machine = Machine::new();
        let page = machine.at(endpoint, &[command]).end().exits(6);
        page.tells("a ZeroMQ PUB socket").never_says("restart the Windows gateway");
    }
}

#[test]
fn a_watch_of_this_machine_is_refused() {
    let watch = ["link-test", "--watch=10ms", "--host=127.0.0.1"];
    let machine = Machine::new();
    machine.run(watch).end().exits(5).tells("it is this machine");
}

#[test]
fn a_gate_shows_the_checks_remedy_and_logs_that_its_command_did_not_start() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["no-sync-all"]));
    let help = |arguments: &[&str]| {
        let told = machine.against(&sim, arguments).end().exits(1).stderr();
        told.lines().find(|line| line.starts_with("help: ")).unwrap().to_owned()
    };
    assert_eq!(help(&["sync", "--", "true"]), help(&["sync"]));

    // The log names every failed check.
    let (machine, sim) =
        (Machine::new(), Sim::with_faults(&["positions-empty-on-error:GET_POSITIONS"]));
    machine.against(&sim, &["sync"]).end().exits(1);
    let log = machine.verify_log();
    assert!(log.contains("failed: ticket-set-stable, empty-book\n"), "{log}");

    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    machine.against(&sim, &["sync", "--", "no-such-program"]).end().exits(127);
    let log = machine.verify_log();
    assert!(log.contains("Run ended: exit code 127"), "{log}");
}

#[test]
fn a_near_miss_of_a_missing_setting_is_named() {
    let machine = Machine::new();
    let run = machine.run(["positions"]).env("GATEWAY_HOSTS", "10.0.0.5");
    run.end().exits(2).tells("did you mean GATEWAY_HOST?");
}

/// Only the account could show that the list is wrong.
#[test]
fn positions_without_an_account_are_unknown() {
    for count in ["--positions=0", "--positions=3"] {
        let (machine, sim) = (Machine::new(), Sim::start(&[count, "--fault=hang:GET_ACCOUNT"]));
        let arguments = ["positions", "--timeout=200ms", "--attempts=1"];
        let page = machine.against(&sim, &arguments).end().exits(3);
        begins(&page, "UNKNOWN the positions at tcp://");
        page.says("GET_ACCOUNT was not in time").never_says("no open position").never_says("PASS");
    }
}

#[test]
fn a_balance_change_between_two_syncs_is_shown() {
    let machine = Machine::new();
    let mut sim = Sim::with_faults(&[]);
    machine.against(&sim, &["sync"]).end().exits(0);
    sim.kill();
    sim.restart(&["--fault=balance-jump"]);
    let document = machine.against(&sim, &["sync"]).json().exits(0).document();
    let changes = &document["report"]["changes"];
    assert_eq!(changes["opened"].as_array().unwrap().len(), 0, "{changes}");
    assert_ne!(changes["balance"]["before"], changes["balance"]["now"], "{changes}");
    sim.kill();
    sim.restart(&[]);
    let page = machine.against(&sim, &["sync"]).end().exits(0);
    page.says("with the same tickets").never_says("none since");
}

/// Creates a named pipe. A plain `open` of it waits forever for a writer.
fn pipe(machine: &Machine, name: &str) -> String {
    let path = machine.file(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path.to_str().unwrap().to_owned()
}

#[test]
fn settings_are_read_from_a_pipe_unless_it_has_no_writer() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let path = pipe(&machine, "secrets.env");
    let nobody = machine.run(["positions", "--env-file", &path]).end().exits(2);
    nobody.tells(&path).tells("nothing was written to it");

    let child = machine.run(["positions", "--allow-loopback", "--env-file", &path]).start();
    let (host, port) = (sim.endpoint.ip(), sim.endpoint.port());
    // This open waits for a reader.
    let mut writer = File::options().write(true).open(Path::new(&path)).unwrap();
    write!(writer, "GTW_HOST={host}\nGTW_PORT={port}\n").unwrap();
    drop(writer);
    ended(child, "positions").exits(0).says("PASS 3 positions");
}

#[test]
fn one_v_logs_the_steps_and_two_log_every_request() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let run = |more: &str| machine.against(&sim, &["sync", more]).end().exits(0).stderr();
    let story = run("-v");
    assert!(story.contains("connected, and PING was answered"), "{story}");
    assert!(story.contains("State synchronized: 3 positions recovered"), "{story}");
    assert!(!story.contains("asking"), "{story}");
    assert!(run("-vv").contains("asking action=\"SYNC_ALL\""));
    assert_eq!(run("--all"), "", "without being asked, nothing");
    // The log holds each line once.
    let log = machine.verify_log();
    assert_eq!(log.matches("State synchronized: 3").count(), 3, "{log}");
}
