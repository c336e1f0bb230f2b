//! Commands beside a million records of evidence, and beside ten: cost must not grow with the years.
//!
//! Prints the CPU time of whole processes, and of `evidence verify` the wall time beside `sha256sum` of the same files.
//! `MT5CRS_BENCH_RECORDS` sets another number of records.

// A benchmark may panic and print, as tests may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod timing;

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mt5crs::clock::{Clock, StopToken, SystemClock};
use mt5crs::evidence::body::CloseIntent;
use mt5crs::evidence::{Evidence, Sha256Hex};
use mt5crs::sim::{Options, Server};
use mt5crs::units::{Exact, Lots, Symbol, Ticket};
use nix::sys::resource::{UsageWho, getrusage};
use timing::{cpu, median, wall};
use uuid::Uuid;

const SEGMENT_BYTES: usize = 16 << 20;
const TIMES: usize = 11;
/// Number of files that are never compressed.
const PLAIN: usize = 3;

fn main() {
    let many =
        std::env::var("MT5CRS_BENCH_RECORDS").map_or(1_000_000, |text| text.parse().unwrap());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(StopToken::never()));
    let server = Server::start(Options { positions: 3, ..Options::default() }, clock).unwrap();
    let places = [10, many].map(|records| Place::new(records, server.endpoint()));
    println!("{:<34} {:>12} {:>12} {:>7}", "", "10", many, "ratio");
    for place in &places {
        place
            .mt5crs(&["key", "new", "evidence.key", "--signing", "desk.example"])
            .status()
            .unwrap();
    }
    // First: a run compresses old files, and sha256sum reads what stands there.
    let [_, large] = &places;
    let verify = wall(large.mt5crs(&["evidence", "verify"]));
    let verify = verify.min(wall(large.mt5crs(&["evidence", "verify"])));
    let mut sum = Command::new("sha256sum");
    sum.args(large.files()).stdout(Stdio::null());
    let sum = wall(sum);
    println!(
        "evidence verify {:.2} s, sha256sum {:.2} s, {:.2} of its speed; {:.0} MB",
        verify.as_secs_f64(),
        sum.as_secs_f64(),
        sum.as_secs_f64() / verify.as_secs_f64(),
        large.files().iter().map(|file| fs::metadata(file).unwrap().len()).sum::<u64>() as f64
            / 1e6
    );
    // One whole reading makes the first checkpoint, and each run compresses one old file.
    for place in &places {
        for _ in 0..=place.files().len().saturating_sub(PLAIN) {
            place.mt5crs(&["sync"]).status().unwrap();
        }
    }
    compare("sync, CPU", &places, |place| cpu(place.mt5crs(&["-o", "json", "sync"])));
    compare("canary --dry-run, CPU", &places, |place| {
        cpu(place.mt5crs(&["-o", "json", "canary", "--dry-run"]))
    });
    let appended = |place: &Place| place.append();
    compare("append, wall", &places, appended);
    // Of all records, then of one that was added.
    compare_once("evidence checkpoint, first", &places, |place| {
        wall(place.mt5crs(&["evidence", "checkpoint"]))
    });
    compare("evidence checkpoint, after one, wall", &places, |place| {
        place.append();
        wall(place.mt5crs(&["evidence", "checkpoint"]))
    });
    compare_once("evidence prove, wall", &places, |place| {
        wall(place.mt5crs(&["evidence", "prove", "5"]))
    });
    let resident = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    println!("largest process {:.1} MB", resident as f64 / 1e3);
}

/// A home with evidence of a gateway.
struct Place {
    home: tempfile::TempDir,
    gateway: SocketAddr,
}

impl Place {
    fn new(records: u64, gateway: SocketAddr) -> Self {
        let place = Self { home: tempfile::tempdir().unwrap(), gateway };
        fs::create_dir_all(place.state()).unwrap();
        write_records(&place.state(), records, &format!("tcp://{gateway}"));
        place
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("state").join(format!("127.0.0.1_{}", self.gateway.port()))
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.state()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
        files.sort();
        files
    }

    fn mt5crs(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mt5crs"));
        let home = self.home.path();
        command.env_clear().env("HOME", home).env("TMPDIR", home).current_dir(home);
        command.env("MT5CRS_STATE_DIR", home.join("state"));
        command.env("MT5CRS_LOG_DIR", home.join("logs"));
        command.env("KILL_SWITCH_FILE", home.join("kill_switch.lock"));
        command.env("MT5CRS_EVIDENCE_KEY_FILE", home.join("evidence.key"));
        let port = self.gateway.port().to_string();
        command.args(["--allow-loopback", "--host", "127.0.0.1", "--port", &port]);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn append(&self) -> Duration {
        let evidence = Evidence::at(self.state());
        let clock = SystemClock::new(StopToken::never());
        let body = CloseIntent {
            ticket: Ticket(7),
            symbol: Symbol::new("EURUSD"),
            volume: Lots(Exact::parse("0.01").unwrap()),
        };
        let start = Instant::now();
        evidence.append(Uuid::from_u128(1), &clock, &body.into(), Duration::from_secs(5)).unwrap();
        start.elapsed()
    }
}

/// Writes a chain as a busy account leaves it, in sealed files.
fn write_records(directory: &Path, records: u64, endpoint: &str) {
    let (mut text, mut prev, mut number) = (String::new(), Sha256Hex::NONE, 1);
    let padding = "x".repeat(700);
    for seq in 1..=records {
        if text.len() >= SEGMENT_BYTES {
            fs::write(directory.join(format!("evidence-{number:06}.jsonl")), &text).unwrap();
            text.clear();
            number += 1;
        }
        let start = text.len();
        let (kind, body) = match seq {
            1 => (
                "begin",
                format!(
                    r#"{{"endpoint":"{endpoint}","profile":null,"currency":"USD","login":null,"server":null,"version":"0.1.0"}}"#
                ),
            ),
            _ => (
                "close-outcome",
                format!(
                    r#"{{"ticket":{seq},"result":"closed","why":"{padding}","reply":null,"readings":[],"balance_after":200.00}}"#
                ),
            ),
        };
        write!(
            text,
            r#"{{"seq":{seq},"time":"2026-01-17T03:54:22.961398Z","run":"00000000-0000-0000-0000-000000000001","kind":"{kind}","v":1,"body":{body},"prev":"{prev}""#
        )
        .unwrap();
        prev = Sha256Hex::of(&text.as_bytes()[start..]);
        writeln!(text, r#","hash":"{prev}"}}"#).unwrap();
    }
    fs::write(directory.join("evidence.jsonl"), &text).unwrap();
    let head = format!("{{\"count\":{records},\"hash\":\"{prev}\"}}\n");
    fs::write(directory.join("evidence.head"), head).unwrap();
}

/// Alternates the two, so that other load on the machine affects both.
fn compare(name: &str, places: &[Place; 2], sample: impl Fn(&Place) -> Duration) {
    compare_times(TIMES, name, places, sample);
}

/// Of a command that takes long, or that is quicker the second time.
fn compare_once(name: &str, places: &[Place; 2], sample: impl Fn(&Place) -> Duration) {
    compare_times(1, name, places, sample);
}

fn compare_times(
    times: usize,
    name: &str,
    places: &[Place; 2],
    sample: impl Fn(&Place) -> Duration,
) {
    let mut samples = [vec![], vec![]];
    for _ in 0..times {
        for (place, samples) in places.iter().zip(&mut samples) {
            samples.push(sample(place));
        }
    }
    let [few, many] = samples.map(|samples| median(samples).as_secs_f64() * 1e3);
    println!("{name:<34} {few:>9.2} ms {many:>9.2} ms {:>7.2}", many / few);
}
