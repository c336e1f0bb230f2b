//! `mt5crs sim` as a process, and the `--sim-…` options of the embedded simulator.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Machine, ended, signal};

/// Starts a simulator, and returns it with its first line.
fn started(machine: &Machine, arguments: &[&str]) -> (Child, String) {
    let all = ["sim"].iter().chain(arguments);
    let mut child = machine.run(all).start();
    // Reads byte by byte to the end of the line, so that the rest stays in the pipe.
    let mut first = String::new();
    BufReader::with_capacity(1, child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    (child, first)
}

fn endpoint(line: &str) -> SocketAddr {
    line.trim_end().strip_prefix("tcp://").unwrap().parse().unwrap()
}

#[test]
fn the_first_line_names_the_endpoint() {
    let machine = Machine::new();
    let (child, first) = started(&machine, &[]);
    let address = endpoint(&first);
    machine.at(address, &["positions"]).end().exits(0).says("SIMULATED");
    signal(child.id(), "TERM");
    let ended = ended(child, "sim").exits(0);
    assert_eq!(ended.stdout(), "", "a script reads one line");
    ended.tells("link-test --allow-loopback --host 127.0.0.1 --port");
}

#[test]
fn a_drill_acts_in_its_own_directory_alone() {
    let machine = Machine::new();
    let (child, _) = started(&machine, &["--positions=2", "--practice=a drill"]);
    // What would be read and written without it.
    machine.write(".env", "KILL_SWITCH_FILE=relative\nMT5CRS_PROFILE=real\n");
    machine.write("config.json", r#"{"profiles":{"real":{"gateway_host":"10.0.0.5"}}}"#);
    let real = machine.file("real");
    let drill = |arguments: &[&str]| {
        let mut command = Command::new(machine.file("a drill/mt5crs"));
        command
            .args(arguments)
            .current_dir(machine.path())
            .env("GATEWAY_HOST", "10.0.0.5")
            .env("GTW_HOST", "10.0.0.5")
            .env("MT5CRS_ENGINE_UNIT", "engine.service")
            .env("MT5CRS_STATE_DIR", &real)
            .env("MT5CRS_LOG_DIR", &real)
            .env("KILL_SWITCH_FILE", &real)
            .env("HOME", &real)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        ended(command.spawn().unwrap(), "a drill")
    };
    let synced = drill(&["sync"]).exits(0).says("2 positions recovered").says("SIMULATED");
    assert!(!synced.stderr().contains("warning"), "{}", synced.stderr());
    drill(&["emergency-close", "--yes"]).exits(0).says("FLAT: 2 positions closed, ");
    // Commands that ask no gateway look at the same places.
    drill(&["breaker", "status"]).exits(1).says("a drill/kill_switch.lock");
    drill(&["evidence", "show"]).exits(0).says("a drill/state/127.0.0.1_");
    drill(&["logs", "grep", "--preset=recovered"]).exits(0).says("2 positions recovered");
    // Only a signed request releases the gateway's own switch.
    drill(&["breaker", "release", "--yes"]).exits(0).says("the gateway's own: RELEASED");
    drill(&["breaker", "engage", "--reason=drill"]).exits(0).says("a drill/kill_switch.lock");
    assert!(!real.exists());
    signal(child.id(), "TERM");
    ended(child, "sim").exits(0).tells("a drill/mt5crs link-test");
    // Another gateway may be at its port by now.
    assert!(!machine.file("a drill/mt5crs").exists() && machine.file("a drill/state").exists());
}

#[test]
fn a_practice_directory_that_cannot_be_made_starts_no_gateway() {
    let machine = Machine::new();
    machine.write("file", "");
    let ended = machine.run(["sim", "--practice=file/drill"]).end().exits(2);
    assert_eq!(ended.tells("failed to make the practice directory file/drill").stdout(), "");
}

#[test]
fn a_signal_ends_the_simulator_with_code_0_and_frees_its_port() {
    for name in ["INT", "TERM"] {
        let machine = Machine::new();
        let (child, first) = started(&machine, &[]);
        let address = endpoint(&first);
        assert!(TcpListener::bind(address).is_err(), "nobody listens on {address}");
        signal(child.id(), name);
        ended(child, "sim").exits(0);
        TcpListener::bind(address).unwrap_or_else(|error| panic!("SIG{name}: {error}"));
        // The next simulator can use the port at once.
        let port = format!("--listen-port={}", address.port());
        let (child, again) = started(&machine, &[&port]);
        assert_eq!(again, first);
        signal(child.id(), name);
        ended(child, "sim").exits(0);
    }
}

/// The local addresses that a process listens on, from /proc.
fn listens_on(process: u32) -> Vec<String> {
    let sockets: HashSet<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| {
            let name = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(name.to_owned())
        })
        .collect();
    assert!(!sockets.is_empty());
    let mut all = vec![];
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (local, state, inode) = (fields[1], fields[3], fields[9]);
            // State 0A is listening.
            if state == "0A" && sockets.contains(inode) {
                all.push(local.split(':').next().unwrap().to_owned());
            }
        }
    }
    all
}

/// Every program that reaches a simulator can trade on it, so it listens on 127.0.0.1 only.
#[test]
fn the_simulator_listens_on_this_machine_only() {
    let machine = Machine::new();
    let (child, _) = started(&machine, &[]);
    // The kernel writes 127.0.0.1 with the lowest byte first.
    assert_eq!(listens_on(child.id()), ["0100007F"]);
    signal(child.id(), "TERM");
    ended(child, "sim").exits(0);
    // Shows that the table includes sockets that listen on all addresses.
    let open = TcpListener::bind("0.0.0.0:0").unwrap();
    assert!(listens_on(std::process::id()).contains(&"00000000".to_owned()));
    drop(open);
}

fn embedded(machine: &Machine, arguments: &[&str]) -> Value {
    machine.run(arguments).arg("--sim").json().exits(0).document()
}

#[test]
fn an_embedded_simulator_keeps_its_book_between_runs() {
    let machine = Machine::new();
    let book = ["--sim-book=book.jsonl", "--sim-seed=7", "--sim-positions=2"];
    let with = |arguments: &[&'static str]| [arguments, &book].concat();
    embedded(&machine, &with(&["canary", "--yes", "--keep-open", "--symbol=AUDUSD"]));
    let head = std::fs::read_to_string(machine.file("book.jsonl")).unwrap();
    let head: Value = serde_json::from_str(head.lines().next().unwrap()).unwrap();
    // Prices depend on the seed and on the time, so the test compares the seed itself.
    assert_eq!((&head["book"]["seed"], &head["book"]["positions"]), (&7.into(), &2.into()));
    let held = embedded(&machine, &with(&["positions"]));
    assert_eq!(held["report"]["positions"].as_array().unwrap().len(), 3, "{held}");
    embedded(&machine, &with(&["emergency-close", "--yes"]));
    let ledger = machine.run(["sim", "--ledger", "--book=book.jsonl"]).json().exits(0).document();
    let executed = ledger["report"]["executions"].as_array().unwrap();
    let kinds: Vec<&str> = executed.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["OPEN", "CLOSE", "CLOSE", "CLOSE"]);
}

#[test]
fn link_rtt_and_exec_time_are_independent() {
    let machine = Machine::new();
    let at_least = |document: &Value, path: &str, least: f64| {
        let found = document.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| {
            panic!("no {path} in {document}");
        });
        assert!(found >= least, "{found} in {document}");
    };
    let link = ["link-test", "-c3", "--sim-link-rtt=30ms"];
    at_least(&embedded(&machine, &link), "/report/latency/rtt_p50_us", 30_000.0);
    // The execution time exceeds a read's timeout, which doesn't matter to reads.
    embedded(&machine, &["link-test", "-c3", "--sim-exec-time=3s"]);
    let closing = ["emergency-close", "--yes", "--sim-positions=4", "--sim-exec-time=50ms"];
    at_least(&embedded(&machine, &closing), "/duration_ms", 200.0);
    // `mt5crs sim` has the same options.
    let (child, first) = started(&machine, &["--link-rtt=30ms", "--exec-time=3s"]);
    let run = machine.at(endpoint(&first), &["link-test", "-c3"]);
    at_least(&run.json().exits(0).document(), "/report/latency/rtt_p50_us", 30_000.0);
    signal(child.id(), "TERM");
    ended(child, "sim").exits(0);
}

/// Each problem at the start has its own remedy.
#[test]
fn a_failed_start_is_reported_with_its_remedy() {
    let machine = Machine::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("--listen-port={}", other.local_addr().unwrap().port());
    machine.write("torn.jsonl", "no book\n");
    let (held, _) = started(&machine, &["--book=held.jsonl"]);
    for (arguments, words) in [
        (&["sim", &taken][..], &["another program", "--listen-port"][..]),
        (&["sim", "--book=/proc/none/book"], &["No such file", "with --book that this user"]),
        (&["sim", "--book=torn.jsonl"], &["not a line of", "remove this one"]),
        (&["sim", "--book=held.jsonl"], &["in use", "a book of its own"]),
        (&["sim", "--requests=/proc/none/requests"], &["No such file", "--requests"]),
        (&["sim", "--fault=open-late"], &["a duration", "--list-faults"]),
        (&["sim", "--fault=nothing"], &["no fault is called", "--list-faults"]),
        (&["--sim", "sync", "--sim-fault=nothing"], &["no fault is called", "--list-faults"]),
        (&["--sim", "sync", "--sim-book=held.jsonl"], &["in use", "--sim-book"]),
        // An unknown action.
        (&["sim", "--fault=delay:PONG:3s"], &["there is no action PONG", "PING"]),
        (&["sim", "--fault=drop-reply:PONG"], &["there is no action PONG"]),
        (&["sim", "--fault=crash:PONG:before:2"], &["there is no action PONG"]),
        (&["sim", "--fault=delay:PING:soon"], &["a duration"]),
        (&["sim", "--fault=drop-reply:OPEN:x"], &["takes no `x`"]),
        (&["sim", "--fault=error-code:OPEN:SERVER_ERROR"], &["`before` or `after`"]),
    ] {
        let ended = machine.run(arguments).end().exits(2);
        let told = ended.stderr();
        assert!(words.iter().all(|word| told.contains(word)), "{arguments:?}: {told}");
        let of_faults = arguments.iter().any(|argument| argument.contains("fault"));
        assert_eq!(told.contains("--list-faults"), of_faults, "{arguments:?}: {told}");
    }
    drop(other);
    signal(held.id(), "TERM");
    ended(held, "sim").exits(0);
}
