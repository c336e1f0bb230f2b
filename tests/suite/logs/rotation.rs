//! Rotation of VERIFY_LOG.log by processes: no line is lost, the oldest files are deleted and named, and alerts outlive them.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use serde_json::Value;

use super::follow::Tail;
use crate::orders::{executed, quick};
use crate::support::{Machine, Run, Sim, ended};

/// Limits of 1 MB and of one rotated file.
fn limited(run: Run) -> Run {
    run.env("MT5CRS_VERIFY_LOG_MAX_MB", "1").env("MT5CRS_VERIFY_LOG_PARTS", "1")
}

/// Fills VERIFY_LOG.log up to that many bytes before its limit, with another program's lines.
fn fill(machine: &Machine, room: usize) {
    let log = machine.file("logs/VERIFY_LOG.log");
    let length = fs::metadata(&log).map_or(0, |meta| meta.len()) as usize;
    let text = "of another program, line after line, until the file is full\n".repeat(20_000);
    let text = &text.as_bytes()[..1_000_000 - room - length - 1];
    let mut file = OpenOptions::new().append(true).open(log).unwrap();
    file.write_all(&[text, b"\n"].concat()).unwrap();
}

fn remove_run_logs(machine: &Machine) {
    for entry in fs::read_dir(machine.file("logs")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("MT5CRS_") {
            fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn processes_that_append_while_the_log_is_rotated_lose_and_repeat_no_line() {
    const RUNS: usize = 12;
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    machine.write("logs/VERIFY_LOG.log", "");
    // The first of the runs' lines fit, and the others don't.
    fill(&machine, 600);
    let start = |_| limited(machine.against(&sim, &["link-test", "-c", "1"])).start();
    let children: Vec<_> = (0..RUNS).map(start).collect();
    let pids: Vec<u32> = children.iter().map(|child| child.id()).collect();
    for child in children {
        ended(child, "link-test").exits(0);
    }
    let part = |name: &str| fs::read_to_string(machine.file(&format!("logs/VERIFY_LOG.log{name}")));
    let (older, newest) = (part(".1").unwrap(), part("").unwrap());
    assert!(older.contains("Run began") && newest.len() < 100_000, "it was rotated among them");
    let all = older + &newest;
    for pid in pids {
        for words in ["Run began", "Run ended"] {
            let stamp = format!("[{pid}-");
            let of_run = |line: &&str| line.contains(&stamp) && line.contains(words);
            assert_eq!(all.lines().filter(of_run).count(), 1, "{words} of {pid}\n{newest}");
        }
    }
    assert!(!machine.file("logs/VERIFY_LOG.log.2").exists());
}

#[test]
fn without_a_limit_the_log_is_not_rotated() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    machine.write("logs/VERIFY_LOG.log", "");
    fill(&machine, 10);
    let test = machine.against(&sim, &["link-test", "-c", "1"]);
    test.env("MT5CRS_VERIFY_LOG_MAX_MB", "0").end().exits(0);
    assert!(machine.verify_log().contains("Run ended"));
    assert!(!machine.file("logs/VERIFY_LOG.log.1").exists());
    let test = || machine.against(&sim, &["link-test", "-c", "1"]);
    test().env("MT5CRS_VERIFY_LOG_MAX_MB", "1000001").end().exits(2).tells("0 for no limit");
    test().env("MT5CRS_VERIFY_LOG_PARTS", "0").end().exits(2).tells("from 1 to 1000");
}

#[test]
fn a_log_that_cannot_be_renamed_grows_on_and_stops_no_close() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    // With two more characters the name is longer than any file's.
    let log = machine.write(&format!("logs/{}.log", "x".repeat(250)), "y".repeat(999_990));
    let run = |arguments: &[&str]| {
        limited(quick(&machine, &sim, arguments)).env("MT5CRS_VERIFY_LOG", &log).end().exits(0)
    };
    let told = run(&["sync"]).stderr().matches("failed to write the log").count();
    assert_eq!(told, 1, "one warning for all lines");
    run(&["emergency-close", "--yes"]);
    assert_eq!(executed(&sim), ["CLOSE"; 3]);
    let text = fs::read_to_string(&log).unwrap();
    assert_eq!(text.matches("State synchronized").count(), 1);
    assert_eq!(text.matches("Run ended").count(), 2);
}

/// Two failed syncs, whose file is then deleted.
fn failing(machine: &Machine, sim: &mut Sim) {
    sim.kill();
    for _ in 0..2 {
        machine.against(sim, &["sync"]).end().exits(3);
    }
    sim.restart(&[]);
    for _ in 0..2 {
        fill(machine, 10);
        let test = limited(machine.against(sim, &["link-test", "-c", "1"])).end().exits(0);
        if machine.verify_log().contains("Log deleted") {
            test.tells("deleted ").tells("VERIFY_LOG.log.2: MT5CRS_VERIFY_LOG_PARTS keeps 1");
        }
    }
    assert!(machine.verify_log().contains("Log deleted: VERIFY_LOG.log.2 of "));
    assert!(!machine.verify_log().contains("State synchronization failed"));
    assert!(!machine.file("logs/VERIFY_LOG.log.2").exists());
}

#[test]
fn an_alert_outlives_the_file_that_raised_it() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    failing(&machine, &mut sim);
    // The runs' own logs hold copies, which don't count again.
    let two = "2 start-up syncs in a row failed";
    machine.run(["logs", "alerts"]).end().exits(1).says("sync-failing").says(two);
    remove_run_logs(&machine);
    machine.run(["logs", "alerts"]).end().exits(1).says("sync-failing").says(two);
    let audited = machine.run(["audit", "--only=alerts"]).json().document();
    assert!(audited.to_string().contains(two), "{audited}");
    // It is as old as its lines.
    machine.run(["logs", "alerts", "--window=1us"]).end().exits(0);
    machine.against(&sim, &["sync"]).end().exits(0);
    machine.run(["logs", "alerts"]).end().exits(0).says("OVER").says("sync-failing");
    // Without what was carried over, nothing is known of the deleted lines.
    let state = fs::read_dir(machine.file("state/open-alerts")).unwrap().next().unwrap().unwrap();
    fs::write(state.path(), "{").unwrap();
    machine.run(["logs", "alerts"]).end().exits(1).says("UNKNOWN").tells("open-alerts");
}

#[test]
fn followed_alerts_begin_with_the_rotated_and_the_deleted_files() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    failing(&machine, &mut sim);
    remove_run_logs(&machine);
    let first = || {
        let follow = Tail::of(&machine, &["-o", "json", "logs", "alerts", "--follow"]);
        let line = follow.reads(1).pop().expect("an alert");
        follow.stop();
        let alert: Value = serde_json::from_str(&line).unwrap();
        (alert["rule"].clone(), alert["message"].clone())
    };
    assert_eq!(first(), ("sync-failing".into(), "2 start-up syncs in a row failed".into()));
    // One more failure, which is in a rotated file when the watch starts.
    sim.kill();
    machine.against(&sim, &["sync"]).end().exits(3);
    sim.restart(&[]);
    fill(&machine, 10);
    let keep = limited(machine.against(&sim, &["link-test", "-c", "1"]));
    keep.env("MT5CRS_VERIFY_LOG_PARTS", "9").end().exits(0);
    assert!(!machine.verify_log().contains("State synchronization failed"));
    assert_eq!(first().1, "3 start-up syncs in a row failed");
}
