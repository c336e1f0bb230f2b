//! `logs grep -f` and `logs alerts --follow` as processes: no line is lost or repeated while the file is rotated,
//! truncated and created again.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::Child;
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{Machine, signal};

/// Timeout for a line, after which the test fails.
const HANG: Duration = Duration::from_secs(20);

/// A command that follows a log, and its output.
pub(super) struct Tail {
    child: Child,
    lines: mpsc::Receiver<String>,
    log: PathBuf,
}

impl Tail {
    pub(super) fn of(machine: &Machine, arguments: &[&str]) -> Self {
        let log = machine.file("logs/VERIFY_LOG.log");
        let mut child = machine.run(arguments).start();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines, log }
    }

    /// Appends lines in one go, as a writer does that was handed the file's name anew.
    fn write(&self, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.log).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// The next lines that it prints; fewer where no more come.
    pub(super) fn reads(&self, count: usize) -> Vec<String> {
        (0..count).map_while(|_| self.lines.recv_timeout(HANG).ok()).collect()
    }

    /// Asks it to stop; its end is the one that was asked for.
    pub(super) fn stop(mut self) {
        signal(self.child.id(), "INT");
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        // Where the test failed it still follows; one that has ended is past being killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn numbered(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("x {number}\n")).collect()
}

#[test]
fn each_line_is_printed_once_and_in_order_through_rotation_truncation_and_a_new_file() {
    const STEP: usize = 2_000;
    let machine = Machine::new();
    machine.write("logs/VERIFY_LOG.log", "x 0\n");
    let tail = Tail::of(&machine, &["logs", "grep", "-f", "^x"]);
    assert_eq!(tail.reads(1), ["x 0"]);
    let (log, rotated) = (tail.log.clone(), tail.log.with_extension("log.1"));
    let mut next = 1;
    let mut expect = |tail: &Tail, count: usize| {
        let expected: Vec<String> = (next..next + count).map(|n| format!("x {n}")).collect();
        assert_eq!(tail.reads(count), expected);
        next += count;
    };
    tail.write(&numbered(1, STEP));
    // Renamed while a slow writer still has the old file open.
    fs::rename(&log, &rotated).unwrap();
    tail.write(&numbered(STEP, 2 * STEP));
    expect(&tail, 2 * STEP - 1);
    OpenOptions::new().append(true).open(&rotated).unwrap().write_all(b"x 4000\n").unwrap();
    expect(&tail, 1);
    // Truncated in place, and grown past its old length.
    File::create(&log).unwrap();
    tail.write(&numbered(4_001, 7_000));
    expect(&tail, 2_999);
    // Removed, and created again.
    fs::remove_file(&log).unwrap();
    tail.write(&numbered(7_000, 10_001));
    expect(&tail, 3_001);
    // Two halves of one line are one line.
    tail.write("x 100");
    tail.write("01\n");
    expect(&tail, 1);
    tail.stop();
}

#[test]
fn a_missing_file_is_waited_for() {
    let machine = Machine::new();
    let mut tail = Tail::of(&machine, &["logs", "grep", "-f", "x", "--last=1"]);
    let mut told = String::new();
    BufReader::new(tail.child.stderr.as_mut().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("failed to read"), "{told}");
    fs::create_dir_all(tail.log.parent().unwrap()).unwrap();
    tail.write("x 1\n");
    assert_eq!(tail.reads(1), ["x 1"]);
    tail.stop();
}

#[test]
fn alerts_are_printed_as_they_are_raised_and_cleared() {
    let machine = Machine::new();
    let line = |second: u32, text: &str| {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M").to_string();
        format!("{now}:{second:02}.000000+00:00 INFO [{second}-aaaaaaaa] StateReconciler {text}\n")
    };
    machine.write("logs/VERIFY_LOG.log", line(1, "State synchronization failed: x"));
    let tail = Tail::of(&machine, &["-o", "json", "logs", "alerts", "--follow"]);
    tail.write("State synchronization failed, says another program\n");
    tail.write(&line(2, "State synchronization failed: y"));
    let raised: serde_json::Value = serde_json::from_str(&tail.reads(1)[0]).unwrap();
    assert_eq!((&raised["rule"], &raised["cleared_at"]), (&"sync-failing".into(), &().into()));
    assert_eq!(raised["lines"].as_array().unwrap().len(), 2, "{raised}");
    tail.write(&line(3, "State synchronized: 3 positions recovered"));
    let cleared: serde_json::Value = serde_json::from_str(&tail.reads(1)[0]).unwrap();
    assert!(cleared["cleared_at"].is_string(), "{cleared}");
    tail.stop();
}
