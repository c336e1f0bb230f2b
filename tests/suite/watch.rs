//! `canary --monitor` as a process: its output, signals, a gateway restart, SIGKILL, and systemd.

use std::os::unix::net::UnixDatagram;
use std::process::Child;
use std::time::Duration;

use serde_json::Value;

use crate::orders::{canary, executed};
use crate::support::{Lines, Machine, Run, Sim, signal, wait_until};

/// A running watch, whose looks are read one by one.
struct Watch {
    child: Child,
    lines: Lines,
}

impl Watch {
    fn start(run: Run) -> Self {
        let mut child = run.arg("--output=json").start();
        let lines = Lines::of(&mut child);
        // Reads all output, so that the watch never waits for a reader.
        let mut stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self { child, lines }
    }

    fn line(&mut self) -> Option<Value> {
        let line = self.lines.next()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}")))
    }

    /// Reads looks until one satisfies the condition.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.line().expect("the watch ended");
            assert_eq!(line["schema"], "mt5crs.canary-tick/1", "{line}");
            if wanted(&line) {
                return line;
            }
        }
    }

    fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Reads to the end, and returns the last line, the document.
    fn end(mut self, code: i32) -> Value {
        let mut last = Value::Null;
        while let Some(line) = self.line() {
            last = line;
        }
        let mut status = None;
        wait_until("the watch's end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let status = status.unwrap();
        assert_eq!(status.code(), Some(code), "{last}");
        assert_eq!(last["schema"], "mt5crs.canary/1", "{last}");
        assert_eq!(last["exit_code"], code);
        last
    }
}

fn watched(machine: &Machine, sim: &Sim, arguments: &[&str]) -> Run {
    let mut all = vec!["--yes", "--monitor-interval=100ms", "--without-drift"];
    all.extend(arguments);
    canary(machine, sim, &all)
}

fn book() -> Sim {
    Sim::start(&["--positions=3"])
}

const ANY: fn(&Value) -> bool = |_| true;

#[test]
fn each_look_is_one_line_and_the_document_is_the_last() {
    let (machine, sim) = (Machine::new(), book());
    let mut watch = Watch::start(watched(&machine, &sim, &["--monitor=500ms"]));
    let first = watch.until(ANY);
    assert_eq!((&first["state"], &first["drift"]), (&"HEALTHY".into(), &Value::Null));
    let document = watch.end(0);
    let report = &document["report"]["monitor"];
    assert_eq!(
        (&report["ended"], &report["drift"]["watched"]),
        (&"time_over".into(), &false.into())
    );
    assert_eq!(document["report"]["close"]["result"], "closed");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    let log = machine.verify_log();
    assert!(log.contains("Guardian HEALTHY") && !log.contains("ERROR"), "{log}");
}

#[test]
fn a_watchs_page_names_what_was_not_watched() {
    let (machine, sim) = (Machine::new(), book());
    let page = watched(&machine, &sim, &["--monitor=300ms"]).end().exits(0);
    page.says("PASS ").says("watched to the end").says("drift: not watched").tells("note: HEALTHY");
}

/// Otherwise an update would be refused exactly where there is a position to hand over.
#[test]
fn a_watched_position_is_no_finding_of_an_audit() {
    let (machine, sim) = (Machine::new(), book());
    let audit = || machine.against(&sim, &["audit", "--only=evidence.positions", "--all"]).end();
    let mut watch = Watch::start(watched(&machine, &sim, &["--monitor=24h"]));
    watch.until(ANY);
    audit().exits(0).says("a running canary watches");
    signal(watch.child.id(), "KILL");
    wait_until("the watch's end", || watch.child.try_wait().unwrap().is_some());
    audit().exits(1).says("emergency-close --ticket");
}

#[test]
fn sigterm_closes_the_position_and_is_no_success() {
    let (machine, sim) = (Machine::new(), book());
    let mut watch = Watch::start(watched(&machine, &sim, &["--monitor=24h"]));
    watch.until(ANY);
    watch.signal("TERM");
    let document = watch.end(1);
    assert_eq!(
        (&document["verdict"], &document["error"]["code"]),
        (&"unknown".into(), &"stopped".into())
    );
    assert_eq!(document["report"]["close"]["result"], "closed");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

/// As under the shipped unit: an upgrade or a reboot stops it.
#[test]
fn a_stop_that_keeps_leaves_the_position_open_and_says_so() {
    for (name, setting) in
        [("TERM", "MT5CRS_ON_STOP"), ("INT", "--on-stop"), ("HUP", "MT5CRS_ON_STOP")]
    {
        let (machine, sim) = (Machine::new(), book());
        let flags: &[&str] = match setting {
            "--on-stop" => &["--monitor=24h", "--on-stop=keep"],
            _ => &["--monitor=24h"],
        };
        let run = watched(&machine, &sim, flags);
        let run = if setting == "--on-stop" { run } else { run.env(setting, "keep") };
        let mut watch = Watch::start(run);
        let ticket = watch.until(ANY)["ticket"].clone();
        watch.signal(name);
        let document = watch.end(0);
        assert_eq!(document["report"]["close"]["result"], "kept_open", "{name}");
        assert_eq!(executed(&sim), ["OPEN"], "{name}");
        let log = std::fs::read_to_string(machine.file("logs/VERIFY_LOG.log")).unwrap();
        let left = format!("position {ticket} STAYS OPEN AND IS NOT WATCHED");
        assert!(log.contains(&left), "{log}");
        let mut watch = Watch::start(watched(&machine, &sim, &["--resume", "--monitor=300ms"]));
        assert_eq!(watch.until(ANY)["ticket"], ticket);
        watch.end(0);
        assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    }
}

/// The stop keeps, and nobody answers the last reads: it ends soon, and the position stays recorded.
#[test]
fn a_stop_that_keeps_ends_without_the_gateway() {
    let (machine, mut sim) = (Machine::new(), book());
    let mut watch = Watch::start(watched(&machine, &sim, &["--monitor=24h", "--on-stop=keep"]));
    watch.until(ANY);
    sim.kill();
    watch.signal("TERM");
    let document = watch.end(0);
    assert_eq!(document["report"]["close"]["result"], "kept_open");
    sim.restart(&[]);
    let mut watch = Watch::start(watched(&machine, &sim, &["--resume", "--monitor=300ms"]));
    watch.until(ANY);
    watch.end(0);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn a_watch_is_handed_over_and_resumed() {
    let (machine, sim) = (Machine::new(), book());
    let mut watch = Watch::start(watched(&machine, &sim, &["--monitor=24h"]));
    let ticket = watch.until(ANY)["ticket"].clone();
    watch.signal("USR1");
    let document = watch.end(0);
    assert_eq!(document["report"]["close"]["result"], "kept_open");
    assert_eq!(document["report"]["close"]["ticket"], ticket);
    assert_eq!(executed(&sim), ["OPEN"]);

    let mut watch = Watch::start(watched(&machine, &sim, &["--resume", "--monitor=300ms"]));
    assert_eq!(watch.until(ANY)["ticket"], ticket);
    let document = watch.end(0);
    assert_eq!(document["report"]["monitor"]["adopted"], true);
    assert_eq!(document["report"]["adopted"]["position"]["ticket"], ticket);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

/// A mistake in a setting closes nothing: the watch is refused, and a close without a watch is not.
#[test]
fn a_position_is_not_taken_up_by_a_watch_that_expects_another_account() {
    let (machine, sim) = (Machine::new(), book());
    let mut watch = Watch::start(watched(&machine, &sim, &["--monitor=24h"]));
    watch.until(ANY);
    watch.signal("USR1");
    watch.end(0);
    let resumed = watched(&machine, &sim, &["--resume", "--monitor=24h"]);
    let refused = resumed.env("MT5CRS_EXPECT_CURRENCY", "EUR").end().exits(5);
    assert!(refused.stdout().contains("not the expected one: currency USD"));
    assert_eq!(executed(&sim), ["OPEN"]);
    let closing = canary(&machine, &sim, &["--yes", "--resume"]);
    closing.env("MT5CRS_EXPECT_CURRENCY", "EUR").end().exits(0);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn after_sigkill_the_next_start_names_and_closes_the_position() {
    let (machine, sim) = (Machine::new(), book());
    let mut watch = Watch::start(watched(&machine, &sim, &["--monitor=24h"]));
    let ticket = watch.until(ANY)["ticket"].to_string();
    watch.signal("KILL");
    watch.child.wait().unwrap();
    canary(&machine, &sim, &["--yes"]).end().exits(5).tells(&ticket).says("canary --resume");
    canary(&machine, &sim, &["--yes", "--resume"])
        .end()
        .exits(0)
        .says("PASS CLOSED: ")
        .says(&ticket);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    canary(&machine, &sim, &["--yes", "--resume"]).end().exits(5).tells("no canary that is open");
}

#[test]
fn a_watch_survives_a_gateway_restart() {
    let (machine, mut sim) = (Machine::new(), book());
    let run = watched(&machine, &sim, &["--monitor=24h"]).env("SYNC_TIMEOUT_S", "0.5");
    let mut watch = Watch::start(run);
    watch.until(ANY);
    sim.kill();
    let silent = watch.until(|tick| tick["silent_ms"].is_u64());
    assert_eq!((&silent["state"], &silent["rtt_us"]), (&"WARNING".into(), &Value::Null));
    sim.restart(&[]);
    let back = watch.until(|tick| tick["silent_ms"].is_null());
    assert_eq!((&back["state"], &back["errors"]), (&"HEALTHY".into(), &1.into()));
    watch.signal("INT");
    let document = watch.end(1);
    assert_eq!(document["report"]["monitor"]["errors"], 1);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn an_engaged_breaker_halts_the_watch() {
    let (machine, sim) = (Machine::new(), book());
    let mut watch = Watch::start(watched(&machine, &sim, &["--monitor=24h"]));
    watch.until(ANY);
    machine.run(["breaker", "engage", "--reason=by hand"]).end().exits(0);
    let document = watch.end(1);
    assert_eq!(document["error"]["code"], "halted");
    assert_eq!(document["report"]["monitor"]["breaker"], "already_there");
    assert!(document["error"]["causes"][0].as_str().unwrap().contains("by hand"), "{document}");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    assert!(machine.verify_log().contains("Guardian CRITICAL"));
}

#[test]
fn contradictory_options_are_wrong_usage() {
    let (machine, sim) = (Machine::new(), book());
    for (arguments, words) in [
        (["--monitor=0s", "--without-drift"].as_slice(), "above 0 and at most 168h"),
        (&["--monitor=8760h", "--without-drift"], "above 0 and at most 168h"),
        (&["--monitor=24", "--without-drift"], "takes a unit"),
        (&["--monitor=24h"], "--without-drift"),
        (&["--monitor=24h", "--drift-reference=a"], "--drift-current"),
        (&["--monitor=24h", "--without-drift", "--monitor-interval=2h"], "from 100ms to 60s"),
        (&["--monitor-interval=1s"], "--monitor"),
        (&["--resume", "--keep-open"], "--monitor"),
        (&["--resume", "--symbol=EURUSD"], "--symbol"),
    ] {
        canary(&machine, &sim, &[&["--yes"], arguments].concat()).end().exits(2).tells(words);
    }
    assert!(executed(&sim).is_empty());
}

/// `systemctl status` shows it until the next start.
#[test]
fn a_guardian_that_keeps_its_position_says_so_in_its_status_line() {
    let (machine, sim) = (Machine::new(), book());
    let path = machine.file("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let run = watched(&machine, &sim, &["--monitor=24h", "--on-stop=keep"]);
    let mut watch = Watch::start(run.env("NOTIFY_SOCKET", &path));
    let ticket = watch.until(ANY)["ticket"].clone();
    watch.signal("TERM");
    watch.end(0);
    socket.set_nonblocking(true).unwrap();
    let (mut last, mut buffer) = (String::new(), [0; 4096]);
    while let Ok(count) = socket.recv(&mut buffer) {
        last = String::from_utf8(buffer[..count].to_vec()).unwrap();
    }
    let status = format!("STATUS=position {ticket} STAYS OPEN AND IS NOT WATCHED");
    assert!(last.contains("STOPPING=1") && last.contains(&status), "{last}");
}

#[test]
fn a_watch_notifies_systemd() {
    let (machine, sim) = (Machine::new(), book());
    let path = machine.file("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let run = watched(&machine, &sim, &["--monitor=300ms"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "5000000");
    run.end().exits(0).tells("WatchdogSec of 5s");
    socket.set_nonblocking(true).unwrap();
    let mut told = vec![];
    let mut buffer = [0; 4096];
    while let Ok(count) = socket.recv(&mut buffer) {
        told.push(String::from_utf8(buffer[..count].to_vec()).unwrap());
    }
    assert!(told.len() >= 3, "{told:?}");
    let (first, last) = (&told[0], &told[told.len() - 1]);
    assert!(first.contains("READY=1") && first.contains("WATCHDOG=1"), "{told:?}");
    assert!(first.contains("STATUS=HEALTHY"), "{told:?}");
    assert!(last.contains("STOPPING=1") && last.contains("EXTEND_TIMEOUT_USEC="), "{told:?}");
    assert_eq!(told.iter().filter(|message| message.contains("READY=1")).count(), 1);
}
