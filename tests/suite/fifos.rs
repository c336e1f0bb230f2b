//! FIFOs where files are expected. A plain `open` or `read` of one waits forever, before any deadline is looked at.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::orders::{canary, executed, quick};
use crate::support::{Ended, Machine, Run, Sim, ended};

/// A command with a FIFO in its way ends within this time, on a busy machine as well.
const SOON: Duration = Duration::from_secs(20);

fn fifo(path: &Path) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    mkfifo(path, Mode::S_IRWXU).unwrap();
    path.to_owned()
}

#[track_caller]
fn soon(run: Run) -> Ended {
    let begun = Instant::now();
    let ended = run.end();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    ended
}

#[test]
fn an_output_that_nothing_reads_is_no_answer() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let path = fifo(&machine.file("out"));
    let path = path.to_str().unwrap();
    let report = machine.against(&sim, &["sync", "--report", path]);
    soon(report).exits(1).tells("failed to write the report").tells("nothing reads");
    let metrics = machine.against(&sim, &["link-test", "-oprometheus", "--outfile", path]);
    soon(metrics).exits(1).tells("failed to write the report").tells("nothing reads");
}

#[test]
fn an_output_that_is_read_gets_the_report() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let path = fifo(&machine.file("out"));
    let reader = std::thread::spawn({
        let path = path.clone();
        move || fs::read_to_string(path).unwrap()
    });
    // The reader's open waits for a writer, and the command's fails without a reader. So this waits for the reader.
    let nonblocking = || {
        let mut options = fs::File::options();
        options.write(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&path)
    };
    let mut held = None;
    crate::support::wait_until("the reader", || {
        held = nonblocking().ok();
        held.is_some()
    });
    machine.against(&sim, &["sync", "--report", path.to_str().unwrap()]).end().exits(0);
    drop(held);
    assert!(reader.join().unwrap().contains("mt5crs.sync/1"));
    for device in ["/dev/null", "/dev/stdout", "/dev/stderr"] {
        let ended = machine.against(&sim, &["sync", "--report", device]).end().exits(0);
        assert!(!ended.stderr().contains("failed to write"), "{}", ended.stderr());
    }
    machine
        .against(&sim, &["sync", "--report", "/dev/stdout"])
        .end()
        .exits(0)
        .says("mt5crs.sync/1");
}

/// The files of an account's state, by their place below its directory.
#[test]
fn records_that_are_fifos_are_refused_for_orders_and_stop_no_closing() {
    for (name, canary_code) in [
        ("snapshot.json", 0),
        ("canary.lock", 5),
        ("evidence.lock", 5),
        ("evidence.head", 5),
        ("evidence.jsonl", 5),
    ] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
        let state = machine.file(&format!("state/{}", sim.endpoint.to_string().replace(':', "_")));
        let path = fifo(&state.join(name));
        soon(canary(&machine, &sim, &["--yes"])).exits(canary_code);
        soon(machine.against(&sim, &["sync"])).exits(0);
        let (_machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
        let state = machine.file(&format!("state/{}", sim.endpoint.to_string().replace(':', "_")));
        fifo(&state.join(name));
        soon(quick(&machine, &sim, &["emergency-close", "--yes"])).exits(0);
        assert_eq!(executed(&sim).len(), 3, "{name}");
        if canary_code != 0 {
            assert!(path.metadata().unwrap().file_type().is_fifo(), "{name} was replaced");
        }
    }
}

#[test]
fn a_log_that_is_a_fifo_stops_nothing() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    fifo(&machine.file("logs/VERIFY_LOG.log"));
    for arguments in [&["sync"][..], &["audit"], &["logs", "alerts"], &["logs", "summary"]] {
        let ended = soon(machine.against(&sim, arguments));
        assert!([Some(0), Some(1)].contains(&ended.code()), "{arguments:?}: {}", ended.stderr());
    }
    soon(quick(&machine, &sim, &["emergency-close", "--yes"])).exits(0);
    assert_eq!(executed(&sim).len(), 3);
}

/// Runs the command while a writer hands it one byte after the other.
fn dripped(path: &Path, run: Run) -> Ended {
    let child = run.start();
    let is_over = AtomicBool::new(false);
    let begun = Instant::now();
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Open for both ends: nothing waits, and the pipe never ends.
            let mut pipe = fs::File::options().read(true).write(true).open(path).unwrap();
            while !is_over.load(Ordering::SeqCst) {
                pipe.write_all(b"#").unwrap();
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        let ended = std::panic::catch_unwind(|| ended(child, "dripped"));
        is_over.store(true, Ordering::SeqCst);
        ended.unwrap()
    });
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    ended
}

#[test]
fn an_input_that_drips_is_given_up() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let settings = fifo(&machine.file("drip.env"));
    let run = machine.against(&sim, &["positions", "--env-file", settings.to_str().unwrap()]);
    dripped(&settings, run).exits(2).tells("drip.env").tells("took longer");
    let decision = fifo(&machine.file("drip.json"));
    let run = canary(&machine, &sim, &["--yes"]).env("MT5CRS_DECISION_FILE", &decision);
    dripped(&decision, run).exits(5).tells("took longer");
    assert!(executed(&sim).is_empty());
}

/// Another user may own the kill switch's directory.
#[test]
fn a_kill_switch_that_becomes_a_fifo_is_engaged_and_hangs_nothing() {
    let machine = Machine::new();
    let (switch, next) = (machine.file("kill_switch.lock"), machine.file("next"));
    let (file, pipe) = (machine.write("file", "{}"), fifo(&machine.file("pipe")));
    fs::hard_link(&file, &switch).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                for one in [&pipe, &file] {
                    fs::hard_link(one, &next).unwrap();
                    fs::rename(&next, &switch).unwrap();
                }
            }
        });
        let status = || soon(machine.run(["breaker", "status"])).code();
        let is_engaged = |_| matches!(std::panic::catch_unwind(status), Ok(Some(1)));
        let always = (0..200).all(is_engaged);
        is_over.store(true, Ordering::SeqCst);
        assert!(always);
    });
}

#[test]
fn a_search_reads_a_pipe_to_its_end() {
    let machine = Machine::new();
    let path = fifo(&machine.file("logs.fifo"));
    let pattern = ["logs", "grep", "two", path.to_str().unwrap()];
    soon(machine.run(pattern)).exits(2).tells("nothing was written to it");
    let child = machine.run(pattern).start();
    // This open waits for the command's.
    let mut writer = fs::File::options().write(true).open(&path).unwrap();
    writer.write_all(b"one\ntwo\n").unwrap();
    drop(writer);
    ended(child, "grep").exits(0).says("two");
}
