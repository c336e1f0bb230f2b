//! A command that something blocks is ended a little after its deadline, with the exit code that is true then.

use std::fs::{self, Permissions};
use std::io::{PipeReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::orders::{executed, quick};
use crate::support::{Machine, Sim, ended};

/// The deadline, the time for the command to end by itself, and a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// A pipe that holds all that it can, and whose reader reads nothing.
fn full_pipe() -> (PipeReader, Stdio) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    while writer.write(b"x").is_ok() {}
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    (reader, writer.into())
}

/// The point between an order's steps at which a canary is blocked, and the code of what is known there.
#[cfg(debug_assertions)]
#[test]
fn a_blocked_canary_ends_with_what_is_known() {
    use crate::orders::canary;
    let blocked = [
        ("before-intent", 3, "no-answer"),
        ("after-intent", 4, "outcome-unknown"),
        ("after-send", 4, "outcome-unknown"),
        ("before-outcome", 4, "outcome-unknown"),
        ("before-close", 8, "not-flat"),
        ("after-close", 8, "not-flat"),
    ]
    .map(|(point, code, word)| {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
        let run = canary(&machine, &sim, &["--yes", "--deadline=6s"]);
        let run = run.env("WAIT_AT_POINT", point).env("WAIT_IN", machine.path());
        (run.arg("--output=json").start(), Instant::now(), point, code, word, machine, sim)
    });
    for (child, begun, point, code, word, machine, _sim) in blocked {
        let ended = ended(child, point).exits(code).tells("was ended");
        assert!(machine.file("reached").exists(), "{point}");
        let document = ended.document();
        assert_eq!(document["error"]["code"], word, "{point}: {document}");
        assert_eq!(document["schema"], "mt5crs.canary/1");
        assert!(begun.elapsed() < LIMIT, "{point}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_reader_that_stops_reading_changes_no_exit_code() {
    // A person reads a page at any pace, and gets all of it.
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=2000"]));
    let (mut pager, stdout) = full_pipe();
    let run = machine.against(&sim, &["positions", "--all", "--deadline=2s"]);
    let paged = run.start_into(stdout, Stdio::piped());

    let cases: [(&[&str], &[&str], i32); 4] = [
        (&["positions", "--output=json"], &[], 0),
        (&["positions", "--output=json"], &["positions-empty-on-error"], 1),
        (&["link-test", "--output=nagios"], &["no-terminal"], 2),
        (&["sync", "--output=json"], &["foreign-ea-v4"], 6),
    ];
    let blocked = cases.map(|(arguments, faults, code)| {
        let (machine, sim) = (Machine::new(), Sim::with_faults(faults));
        let (reader, stdout) = full_pipe();
        let run = machine.against(&sim, arguments).arg("--deadline=3s");
        (
            run.start_into(stdout, Stdio::piped()),
            Instant::now(),
            arguments,
            code,
            machine,
            sim,
            reader,
        )
    });
    for (child, begun, arguments, code, ..) in blocked {
        ended(child, &format!("{arguments:?}")).exits(code);
        assert!(begun.elapsed() < LIMIT, "{arguments:?}: {:?}", begun.elapsed());
    }
    let reader = std::thread::spawn(move || {
        let mut page = String::new();
        pager.read_to_string(&mut page).map(|_| page)
    });
    ended(paged, "a page").exits(0);
    let page = reader.join().unwrap().unwrap();
    assert!(page.contains("PASS 2000 positions") && page.contains("100002000"), "{}", page.len());
}

/// A pager that was left open, or a terminal that was stopped.
#[test]
fn messages_that_nothing_reads_hold_up_no_closing() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let (_reader, stderr) = full_pipe();
    let begun = Instant::now();
    let run = quick(&machine, &sim, &["-vv", "emergency-close", "--yes", "--deadline=20s"]);
    ended(run.start_into(Stdio::piped(), stderr), "emergency-close").exits(0);
    assert_eq!(executed(&sim), ["CLOSE", "CLOSE", "CLOSE"]);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
}

#[test]
fn an_engine_that_does_not_stop_holds_up_no_closing() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let systemctl = machine.write("bin/systemctl", "#!/bin/sh\nexec sleep 600\n");
    fs::set_permissions(&systemctl, Permissions::from_mode(0o755)).unwrap();
    let begun = Instant::now();
    let path = format!("{}:{}", machine.file("bin").display(), std::env::var("PATH").unwrap());
    let run = quick(&machine, &sim, &["emergency-close", "--yes", "--stop-unit"]);
    let run = run.env("PATH", path).env("MT5CRS_ENGINE_UNIT", "engine.service");
    run.end().exits(0).tells("engine.service COULD NOT BE STOPPED");
    assert_eq!(executed(&sim), ["CLOSE", "CLOSE", "CLOSE"]);
    assert!(begun.elapsed() < LIMIT + Duration::from_secs(10), "{:?}", begun.elapsed());
}
