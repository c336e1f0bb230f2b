//! `logs grep` and ripgrep as whole processes, alternately, with the same patterns on the same file of 1 GB.
//!
//! Prints the fastest round of each, and the peak resident memory of mt5crs. Without `rg` its column is empty.
//! `MT5CRS_BENCH_LOG_MB` sets another file size.

// A benchmark may panic and print, as tests may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mt5crs::logs::search::preset::PRESETS;
use nix::sys::resource::{UsageWho, getrusage};

const ROUNDS: usize = 10;

fn main() {
    let megabytes = std::env::var("MT5CRS_BENCH_LOG_MB").map_or(1000, |text| text.parse().unwrap());
    let tree = tempfile::tempdir().unwrap();
    let log = tree.path().join("VERIFY_LOG.log");
    write_log(&log, megabytes * 1_000_000);
    let rg = Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok();

    let orders = "LAUNCH_APPROVED|DECISION_HASH|ORDER_FILLED|Ticket:|State synchronized";
    let searches = [
        ("literal", vec!["State synchronization failed"]),
        ("alternation", vec![orders]),
        ("case-insensitive regex", vec!["-i", "connection failed.*reply"]),
        ("with line numbers", vec!["-n", "Connection failed"]),
    ];
    let mut presets: Vec<&str> =
        PRESETS.iter().flat_map(|preset| ["--preset", preset.name]).collect();
    presets.push("--count");

    // Before the first rg: the system reports the peak of all children together.
    for (_, arguments) in &searches {
        run(&mut grep(&log, arguments));
    }
    run(&mut grep(&log, &presets));
    let resident = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    println!("mt5crs: peak resident memory {:.1} MB", resident as f64 / 1e3);

    println!("{:<28} {:>12} {:>12} {:>7}", "", "mt5crs", "rg", "ratio");
    for (name, arguments) in &searches {
        let theirs = rg.then(|| {
            let mut command = Command::new("rg");
            command.args(["--color", "never"]).args(arguments).arg(&log);
            command
        });
        compare(name, &mut grep(&log, arguments), &mut Vec::from_iter(theirs));
    }
    let mut one_by_one: Vec<Command> = PRESETS
        .iter()
        .filter(|_| rg)
        .map(|preset| {
            let mut command = Command::new("rg");
            command.args(["-c", &preset.words.join("|")]).arg(&log);
            command
        })
        .collect();
    compare("all presets, rg one by one", &mut grep(&log, &presets), &mut one_by_one);
}

fn grep(log: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mt5crs"));
    command.args(["logs", "grep"]).args(arguments).arg(log);
    command
}

/// Alternates the two, so that other load on the machine affects both.
fn compare(name: &str, ours: &mut Command, theirs: &mut [Command]) {
    let (mut best, mut other) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        best = best.min(run(ours));
        other = other.min(theirs.iter_mut().map(run).sum());
    }
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let (other, ratio) = match theirs {
        [] => ("-".to_owned(), "-".to_owned()),
        _ => (ms(other), format!("{:.3}", best.as_secs_f64() / other.as_secs_f64())),
    };
    println!("{name:<28} {:>12} {other:>12} {ratio:>7}", ms(best));
}

/// Runs the command to its end and reads all of its output.
fn run(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
    child.wait().unwrap();
    begin.elapsed()
}

/// Writes a log of ticks, with five lines in 10,000 that the patterns match.
fn write_log(path: &Path, size: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let (mut written, mut number) = (0_u64, 0_u64);
    let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    while written < size {
        number += 1;
        let time = start + Duration::from_millis(20 * number);
        let time = time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00");
        let (level, text) = match number % 10_000 {
            1 => ("INFO", "StateReconciler State synchronized: 3 positions recovered".to_owned()),
            2 => ("WARN", "Gateway Connection failed: tcp://10.0.0.5:5555: no reply".to_owned()),
            3 => ("ERROR", "StateReconciler State synchronization failed: no reply".to_owned()),
            4 => ("INFO", "LinkTest Latency: P50 0.420 ms, P90 1.005 ms, max 12.345 ms".to_owned()),
            5 => ("INFO", "Account Balance: 200.00 USD; equity 205.50".to_owned()),
            rest => {
                ("DEBUG", format!("Link tick EURUSD bid 1.08{rest:04} ask 1.08{:04}", rest + 12))
            }
        };
        let line = format!("{time} {level} [{}-3f2a9c1b] {text}\n", 4000 + number / 10_000);
        written += line.len() as u64;
        file.write_all(line.as_bytes()).unwrap();
    }
    file.flush().unwrap();
}
