//! What systemd sees of a unit: priorities of lines in its journal, and the moment at which the gate has passed.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use crate::support::{Machine, Sim};

/// Stderr of a failing command, with that value in `JOURNAL_STREAM`.
fn stderr_with(machine: &Machine, stream: impl Fn(&File) -> String) -> String {
    let path = machine.file("stderr");
    let file = File::create(&path).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_mt5crs"))
        .args(["breaker", "status"])
        .current_dir(machine.path())
        .env_clear()
        .env("HOME", machine.path())
        .env("KILL_SWITCH_FILE", "relative")
        .env("JOURNAL_STREAM", stream(&file))
        .stdout(Stdio::null())
        .stderr(file)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
    std::fs::read_to_string(&path).unwrap()
}

#[test]
fn lines_in_the_journal_have_a_priority_and_others_none() {
    let machine = Machine::new();
    let of = |file: &File| {
        let found = file.metadata().unwrap();
        format!("{}:{}", found.dev(), found.ino())
    };
    let journal = stderr_with(&machine, of);
    assert!(journal.starts_with("<3>error: ") && journal.contains("\n<3>help: "), "{journal}");
    // The variable is inherited by what a unit's shell redirects elsewhere.
    let elsewhere = stderr_with(&machine, |_| "1:1".to_owned());
    assert!(elsewhere.starts_with("error: "), "{elsewhere}");
}

#[test]
fn the_gate_is_ready_just_before_it_becomes_the_command() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let path = machine.file("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_nonblocking(true).unwrap();
    let told = || {
        let mut buffer = [0; 4096];
        let count = socket.recv(&mut buffer).unwrap_or(0);
        String::from_utf8(buffer[..count].to_vec()).unwrap()
    };
    let gate = || machine.against(&sim, &["sync", "--", "true"]).env("NOTIFY_SOCKET", &path);
    gate().end().exits(0);
    let ready = told();
    assert!(ready.contains("READY=1") && ready.contains("the gate has passed: true"), "{ready}");
    machine.write("kill_switch.lock", r#"{"reason":"latency"}"#);
    gate().end().exits(5);
    let refused = told();
    assert!(!refused.contains("READY") && refused.contains("latency"), "{refused}");
    assert_eq!(told(), "");
}
