//! A run's log files: the greps of the operators' handbook, several writers at once, logs that can't be written.

mod alerts;
mod commands;
mod endings;
mod follow;
mod rotation;
mod written;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mt5crs::clock::{Clock, ManualClock};
use mt5crs::exit::Exit;
use mt5crs::logs::alerts::rules::{Rules, Thresholds};
use mt5crs::logs::alerts::{event, summary};
use mt5crs::logs::search::files::{self, Unreadable};
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::listener::{self, Hit, Listener};
use mt5crs::logs::search::preset::{PRESETS, Preset};
use mt5crs::logs::search::query::Query;
use mt5crs::logs::search::searcher::Search;
use mt5crs::logs::write::layer::layer;
use mt5crs::logs::write::record::Options;
use mt5crs::logs::write::{Format, Marker, Record};
use mt5crs::units::Money;
use rust_decimal::Decimal;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use uuid::Uuid;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-01-17T03:54:22.961398Z".parse().unwrap()))
}

fn record(tree: &Path, pid: u32, command: &str) -> Record {
    let (dir, verify_log) = (&tree.join("runs"), &tree.join("VERIFY_LOG.log"));
    let run = Uuid::from_u128(0x3f2a_9c1b_0000_4000_8000_0000_0000_0000 + u128::from(pid));
    Record::open(
        Options {
            dir,
            verify_log,
            verify_log_max_bytes: None,
            run,
            pid,
            command,
            endpoint: None,
            profile: None,
            format: Format::Text,
        },
        clock(),
    )
}

/// Output of a command line of the handbook, run by a shell in the directory of VERIFY_LOG.log.
fn shell(dir: &Path, command_line: &str) -> String {
    let output = Command::new("sh").args(["-c", command_line]).current_dir(dir).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn count(dir: &Path, command_line: &str) -> usize {
    shell(dir, command_line).lines().count()
}

fn a_good_sync(tree: &Path, pid: u32, positions: usize) {
    let record = record(tree, pid, "sync");
    let money = Money::from(Decimal::new(20_000, 2));
    record.line(Level::INFO, "Gateway", r#"{"status":"OK","message":"State synchronized"}"#);
    record.marker(&Marker::Balance {
        balance: &money,
        equity: Some(&money),
        currency: Some("USD"),
    });
    record.marker(&Marker::Synchronized { positions });
    record.end(Exit::Ok);
}

/// Three attempts, and a failure whose cause quotes them, as a chain of errors does.
fn a_failed_sync(tree: &Path, pid: u32) {
    let record = record(tree, pid, "sync");
    for cause in
        ["timed out", "timed out", "Connection failed\nState synchronized: 9 positions recovered"]
    {
        record.marker(&Marker::ConnectionFailed { endpoint: "tcp://10.0.0.5:5555", cause });
    }
    record.marker(&Marker::SyncFailed {
        cause: "no reply within 3 s: Connection failed, Balance: 5, ERROR_CODE, P99",
    });
    record.end(Exit::NoAnswer);
}

/// Two successful syncs around a failed one, and a link-test whose gateway refuses with this message.
fn a_mixed_day(dir: &Path, refused_with: &str) {
    a_good_sync(dir, 11, 3);
    a_failed_sync(dir, 12);
    a_good_sync(dir, 13, 0);
    let link_test = record(dir, 14, "link-test");
    let (p50_us, p90_us, p99_us, max_us) = (420, 800, Some(1100), 1200);
    link_test.marker(&Marker::Latency { samples: 100, p50_us, p90_us, p99_us, max_us });
    link_test.marker(&Marker::ErrorCode { code: "SERVER_ERROR", message: refused_with });
    link_test.end(Exit::No);
}

#[test]
fn the_handbooks_greps_count_each_event_once() {
    let tree = tempfile::tempdir().unwrap();
    let dir = tree.path();
    a_mixed_day(dir, "State synchronized");

    let number = |command_line| shell(dir, command_line).trim().parse::<usize>().unwrap();
    assert_eq!(number(r#"grep "State synchronized" VERIFY_LOG.log | wc -l"#), 2);
    assert_eq!(number(r#"grep "State synchronization failed" VERIFY_LOG.log | wc -l"#), 1);
    assert_eq!(number(r#"grep "Connection failed" VERIFY_LOG.log | wc -l"#), 3);
    assert_eq!(
        shell(dir, r#"grep "positions recovered" VERIFY_LOG.log | tail -1"#),
        "2026-01-17T03:54:22.961398+00:00 INFO [13-3f2a9c1b] \
         StateReconciler State synchronized: 0 positions recovered\n"
    );
    assert_eq!(count(dir, r#"grep "Balance:" VERIFY_LOG.log"#), 2);
    assert_eq!(count(dir, r#"grep "P99\|Latency" VERIFY_LOG.log"#), 1);
    assert_eq!(count(dir, r#"grep "ERROR_CODE" VERIFY_LOG.log"#), 1);
    // The refusal, and the run that failed.
    assert_eq!(count(dir, r#"grep "ERROR\|ERROR_CODE" VERIFY_LOG.log"#), 2);
    let orders = r#"grep -E "LAUNCH_APPROVED|DECISION_HASH|ORDER_FILLED|Ticket:" VERIFY_LOG.log"#;
    assert_eq!(count(dir, orders), 0);
    assert_eq!(count(dir, r#"grep "Ticket:" VERIFY_LOG.log"#), 0);
    assert_eq!(count(dir, "grep StateReconciler VERIFY_LOG.log"), 3);
}

/// The lines that a search finds.
#[derive(Default)]
struct Lines(Vec<Vec<u8>>);

impl Listener for Lines {
    fn hit(&mut self, hit: Hit<'_>) -> std::io::Result<()> {
        self.0.push(hit.line.to_vec());
        Ok(())
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        panic!("{unreadable}");
    }
}

fn search(query: &Query, log: &Path) -> Vec<Vec<u8>> {
    let (options, mut lines) = (listener::Options::default(), Lines::default());
    let files = [log.to_owned()];
    Search::new(query, &options).files(&files, &mut lines).unwrap();
    lines.0
}

#[test]
fn each_preset_finds_the_lines_of_the_grep_that_it_replaces() {
    let tree = tempfile::tempdir().unwrap();
    let dir = tree.path();
    a_mixed_day(dir, "Ticket: 5");
    // Both find the lines of other programs.
    let teed = "LAUNCH_APPROVED\nDECISION_HASH 1ac7\nORDER_FILLED\nTicket: 12345\nERROR: review\n[INIT] engine 2.1\n";
    let log = dir.join("VERIFY_LOG.log");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text + teed).unwrap();

    let all: Vec<&'static Preset> = PRESETS.iter().collect();
    let at_once = search(&Query::presets(&all).unwrap(), &log);
    for preset in PRESETS {
        let grepped = shell(dir, preset.replaces);
        let grepped: Vec<&[u8]> = grepped.lines().map(str::as_bytes).collect();
        assert!(!grepped.is_empty(), "{} shows nothing here", preset.replaces);
        assert_eq!(search(&Query::presets(&[preset]).unwrap(), &log), grepped, "{}", preset.name);
        let among_all: Vec<_> = at_once.iter().filter(|line| preset.finds(line)).collect();
        assert_eq!(among_all, grepped.iter().collect::<Vec<_>>(), "{} among all", preset.name);
    }
}

#[test]
fn written_runs_are_summed_up_and_judged() {
    let tree = tempfile::tempdir().unwrap();
    let dir = tree.path();
    a_good_sync(dir, 11, 3);
    a_failed_sync(dir, 12);
    a_failed_sync(dir, 13);
    drop(record(dir, 14, "canary"));
    let own = files::find(&[dir.join("runs")]).files;
    let shared = files::family(&dir.join("VERIFY_LOG.log"));
    let read = event::read(&shared, &own, &Filter::default(), None).unwrap();
    assert_eq!(read.events.len(), 4 + 3 + 2 * 3 + 2, "each event once, from either file");
    let days = summary::sum(&read.events, summary::By::Day);
    assert_eq!(days.len(), 1);
    assert_eq!((days[0].syncs_ok, days[0].syncs_failed, days[0].runs), (1, 2, 4));
    let seconds = Duration::from_secs;
    let thresholds = Thresholds {
        failed_syncs: 2,
        silence: seconds(10),
        sync: seconds(3),
        retry: seconds(9),
        memory_bytes: 50_000_000,
        cpu_percent: 5.0,
    };
    let mut rules = Rules::new(thresholds);
    for event in &read.events {
        rules.see(event);
    }
    rules.look_for_crashes(&|_, _| false);
    let rules: Vec<&str> = rules.alerts().iter().map(|alert| alert.rule.name()).collect();
    assert_eq!(rules, ["sync-failing", "run-crashed"]);
}

#[test]
fn the_check_for_a_mismatch_exists() {
    let checks = include_str!("../../src/ops/sync/checks.rs");
    assert!(checks.contains(&format!("\"{}\"", event::MISMATCH)));
}

#[test]
fn a_healthy_run_holds_no_error_in_either_file() {
    let tree = tempfile::tempdir().unwrap();
    a_good_sync(tree.path(), 11, 3);
    let healthy = record(tree.path(), 12, "sync");
    healthy.line(Level::INFO, "Config", "the gateway's last word was ERROR_CODE=SERVER_ERROR");
    assert_eq!(count(tree.path(), "grep -rh ERROR ."), 0);
}

#[test]
fn a_start_has_its_own_log_with_its_markers() {
    let tree = tempfile::tempdir().unwrap();
    a_good_sync(tree.path(), 11, 3);
    let own = tree.path().join("runs/MT5CRS_20260117_035422_11.log");
    let own = fs::read_to_string(own).unwrap();
    assert_eq!(own.lines().filter(|line| line.contains("State synchronized")).count(), 1);
    let shared = fs::read_to_string(tree.path().join("VERIFY_LOG.log")).unwrap();
    let beside: Vec<&str> = own.lines().filter(|line| !shared.contains(line)).collect();
    assert_eq!(beside.len(), 1, "the quoted reply is in the run's own log alone");
    assert!(beside[0].contains(r"State synchronize\u{64}"), "{}", beside[0]);
}

#[test]
fn a_run_that_never_ended_is_recognized_by_its_stamp() {
    let tree = tempfile::tempdir().unwrap();
    let clock = clock();
    let run = |pid| {
        let (dir, verify_log) = (tree.path(), &tree.path().join("VERIFY_LOG.log"));
        let run = Uuid::from_u128(0x3f2a_9c1b << 96);
        let options = Options {
            dir,
            verify_log,
            verify_log_max_bytes: None,
            run,
            pid,
            command: "canary",
            endpoint: None,
            profile: None,
            format: Format::Text,
        };
        Record::open(options, Arc::clone(&clock) as Arc<dyn Clock>)
    };
    let (whole, killed) = (run(21), run(22));
    clock.advance(Duration::from_millis(1500));
    whole.end(Exit::Ok);
    drop(killed);
    let log = fs::read_to_string(tree.path().join("VERIFY_LOG.log")).unwrap();
    let stamps = |event: &str| -> Vec<&str> {
        let lines = log.lines().filter(|line| line.contains(event));
        lines.map(|line| line.split_whitespace().nth(2).unwrap()).collect()
    };
    assert_eq!(stamps("Run Run began: mt5crs"), ["[21-3f2a9c1b]", "[22-3f2a9c1b]"]);
    assert_eq!(stamps("Run Run ended: exit code 0 after 1500 ms"), ["[21-3f2a9c1b]"]);
}

#[test]
fn writers_at_once_never_tear_each_others_lines() {
    const LINES: usize = 10_000;
    const WRITERS: u32 = 2;
    let tree = tempfile::tempdir().unwrap();
    // Each has its own descriptors, like a process.
    let records: Vec<Record> =
        (0..WRITERS).map(|writer| record(tree.path(), 100 + writer, "sync")).collect();
    let barrier = std::sync::Barrier::new(records.len());
    std::thread::scope(|scope| {
        for record in &records {
            scope.spawn(|| {
                barrier.wait();
                for number in 0..LINES {
                    let cause = &"x".repeat(number % 700);
                    record.marker(&Marker::ConnectionFailed { endpoint: "<", cause });
                }
            });
        }
    });
    let log = fs::read_to_string(tree.path().join("VERIFY_LOG.log")).unwrap();
    for writer in 0..WRITERS {
        let head = format!(
            "2026-01-17T03:54:22.961398+00:00 WARN [{}-3f2a9c1b] Gateway Connection failed: <: ",
            100 + writer
        );
        let tails: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix(&head)).collect();
        assert_eq!(tails.len(), LINES);
        for (number, tail) in tails.iter().enumerate() {
            assert_eq!(*tail, "x".repeat(number % 700), "line {number} of writer {writer}");
        }
    }
    assert_eq!(log.lines().count(), WRITERS as usize * (LINES + 1), "no line beside them");
    assert!(records.iter().all(|record| record.trouble().is_none()));
}

#[test]
fn a_log_that_cannot_be_opened_is_reported_and_stops_nothing() {
    let tree = tempfile::tempdir().unwrap();
    // A file in the directory's place: not even root can write below it.
    fs::write(tree.path().join("runs"), "").unwrap();
    let record = record(tree.path(), 11, "emergency-close");
    let trouble = record.trouble().expect("the failure is kept");
    assert_eq!(trouble.path, record.run_log());
    assert!(trouble.to_string().starts_with("failed to write the log "), "{trouble}");
    record.line(Level::INFO, "Close", "goes nowhere");
    record.end(Exit::Ok);
    let log = fs::read_to_string(record.verify_log()).unwrap();
    assert_eq!(log.lines().count(), 2, "the other file is still written");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_and_stops_nothing() {
    let tree = tempfile::tempdir().unwrap();
    let options = Options {
        dir: tree.path(),
        verify_log: Path::new("/dev/full"),
        verify_log_max_bytes: None,
        run: Uuid::nil(),
        pid: 11,
        command: "sync",
        endpoint: None,
        profile: None,
        format: Format::Text,
    };
    let record = Record::open(options, clock());
    record.marker(&Marker::Synchronized { positions: 1 });
    let trouble = record.trouble().expect("the failure is kept");
    assert_eq!(trouble.path, Path::new("/dev/full"));
    assert_eq!(trouble.source.kind(), std::io::ErrorKind::StorageFull);
    let log = fs::read_to_string(record.run_log()).unwrap();
    assert_eq!(log.lines().count(), 2, "the other file is still written");
}

#[test]
fn a_fifo_without_a_reader_does_not_block_a_run() {
    let tree = tempfile::tempdir().unwrap();
    let pipe = tree.path().join("VERIFY_LOG.log");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let record = record(tree.path(), 11, "emergency-close");
    assert_eq!(record.trouble().map(|trouble| trouble.path.as_path()), Some(pipe.as_path()));
}

#[test]
fn the_librarys_own_events_reach_the_runs_log_up_to_the_level() {
    let tree = tempfile::tempdir().unwrap();
    let record = Arc::new(record(tree.path(), 11, "sync"));
    let info = layer(Arc::clone(&record), LevelFilter::INFO);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(info), || {
        tracing::info!(target: "mt5crs::link::client", attempt = 2, cause = "a\nb", "read again");
        tracing::debug!("a round trip");
    });
    let log = fs::read_to_string(record.run_log()).unwrap();
    let lines: Vec<&str> = log.lines().skip(1).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(
        lines[0].ends_with(r#" INFO [11-3f2a9c1b] link::client read again attempt=2 cause="a\nb""#),
        "{}",
        lines[0]
    );
    let shared = fs::read_to_string(record.verify_log()).unwrap();
    assert_eq!(shared.lines().count(), 1, "only markers are shared");
}

/// A pipe that is nearly full takes a part of a long line, as a full disk does.
#[test]
fn after_a_torn_line_the_next_one_starts_on_its_own() {
    use std::io::Read as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let tree = tempfile::tempdir().unwrap();
    let pipe = tree.path().join("VERIFY_LOG.log");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let nonblocking = nix::fcntl::OFlag::O_NONBLOCK.bits();
    let mut reader =
        fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(&pipe).unwrap();
    let mut drain = || {
        let mut bytes = vec![0; 1 << 20];
        let count = reader.read(&mut bytes).unwrap();
        String::from_utf8(bytes[..count].to_vec()).unwrap()
    };
    let record = record(tree.path(), 11, "sync");
    record.marker(&Marker::SyncFailed { cause: &"x".repeat(1 << 20) });
    let trouble = record.trouble().expect("the failure is kept");
    assert_eq!(trouble.path, pipe);
    assert!(drain().ends_with("xxx"), "torn");
    record.end(Exit::No);
    let next = drain();
    assert!(next.starts_with("\n2026-01-17T") && next.ends_with(" ms\n"), "{next}");
}
