//! `logs grep` and `logs summary` as commands: output, exit codes, bad input.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::{Ended, Machine};

fn line(time: &str, level: &str, run: &str, text: &str) -> String {
    format!("2026-01-17T{time}.000000+00:00 {level} [{run}] {text}\n")
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A machine with the logs of two runs: the shared log in three parts, the oldest compressed.
fn machine() -> Machine {
    let machine = Machine::new();
    let (one, two) = ("1-aaaaaaaa", "2-bbbbbbbb");
    machine.write(
        "logs/VERIFY_LOG.log.2.gz",
        gzipped(
            &(line("01:00:00", "INFO", one, "Run Run began: mt5crs 0.1.0 sync of tcp://g:5555")
                + &line("01:00:01", "INFO", one, "Account Balance: 200.00 USD; equity 200.00")),
        ),
    );
    machine.write(
        "logs/VERIFY_LOG.log.1",
        line("01:00:02", "INFO", one, "StateReconciler State synchronized: 3 positions recovered")
            + &line("01:00:03", "INFO", one, "Run Run ended: exit code 0 after 3000 ms")
            + "reviewed by a program: State synchronized\n",
    );
    machine.write(
        "logs/VERIFY_LOG.log",
        line("05:00:00", "INFO", two, "Run Run began: mt5crs 0.1.0 sync of tcp://g:5555")
            + &line("05:00:01", "WARN", two, "Gateway Connection failed: tcp://g:5555: no reply")
            + &line(
                "05:00:02",
                "ERROR",
                two,
                "StateReconciler State synchronization failed: no reply",
            )
            + &line("05:00:03", "INFO", two, "Run Run ended: exit code 3 after 3000 ms"),
    );
    machine
}

fn grep(machine: &Machine, arguments: &[&str]) -> Ended {
    machine.run(["logs", "grep", "--no-filename"].iter().chain(arguments)).end()
}

/// The printed lines, each shortened to a distinctive word.
fn words(ended: &Ended) -> Vec<String> {
    let short = |line: &str| {
        let text = line.split("] ").nth(1).unwrap_or(line);
        text.split(' ').nth(1).unwrap_or(text).to_owned()
            + " "
            + text.split(' ').nth(2).unwrap_or("")
    };
    ended.stdout().lines().map(short).collect()
}

#[test]
fn rotated_and_compressed_parts_are_searched_oldest_first() {
    let machine = machine();
    let found = grep(&machine, &["Run (began|ended)"]).exits(0);
    assert_eq!(words(&found), ["Run began:", "Run ended:", "Run began:", "Run ended:"]);
    let named = machine.run(["logs", "grep", "Balance"]).end().exits(0).stdout();
    assert!(named.contains("VERIFY_LOG.log.2.gz:2026-01-17T01:00:01"), "{named}");
}

#[test]
fn lines_match_as_with_grep() {
    let machine = machine();
    let count = |arguments: &[&str]| grep(&machine, arguments).stdout().lines().count();
    assert_eq!(count(&["balance"]), 0);
    assert_eq!(count(&["-i", "balance"]), 1);
    assert_eq!(count(&["-F", "tcp://g:5555: no"]), 1);
    assert_eq!(count(&["-F", "t.p"]), 0);
    assert_eq!(count(&["-w", "synchronize"]), 0);
    assert_eq!(count(&["-v", "2026"]), 1);
    assert_eq!(count(&["-e", "Balance", "-e", "Connection"]), 2);
    assert_eq!(count(&["-e", "-bbbb", "-m1"]), 1);
    assert_eq!(count(&["Run", "--last", "1"]), 1);
    assert!(grep(&machine, &["Run", "--last", "1"]).stdout().contains("05:00:03"));
    assert_eq!(grep(&machine, &["-n", "Connection"]).stdout().split(':').next(), Some("2"));
    assert_eq!(count(&["-C1", "Connection"]), 3);
    assert_eq!(count(&["-A1", "Connection"]), 2);
    assert_eq!(count(&["-B1", "Connection"]), 2);
    let counts = machine.run(["logs", "grep", "-c", "Run"]).end().exits(0).stdout();
    let counts: Vec<&str> = counts.lines().map(|line| line.rsplit('/').next().unwrap()).collect();
    assert_eq!(counts, ["VERIFY_LOG.log.2.gz:1", "VERIFY_LOG.log.1:1", "VERIFY_LOG.log:2"]);
    let files = machine.run(["logs", "grep", "-l", "ended"]).end().exits(0).stdout();
    assert_eq!(files.lines().count(), 2, "{files}");
}

#[test]
fn lines_are_filtered_by_time_level_and_run() {
    let machine = machine();
    let found = |arguments: &[&str]| {
        let all = [&["."], arguments].concat();
        grep(&machine, &all).stdout().lines().count()
    };
    assert_eq!(found(&[]), 9);
    assert_eq!(found(&["--since=2026-01-17T05:00:01Z"]), 3);
    assert_eq!(found(&["--until=2026-01-17T01:00:02Z"]), 3);
    assert_eq!(found(&["--level=warn"]), 2);
    assert_eq!(found(&["--run=1-aaaaaaaa"]), 4);
    assert_eq!(found(&["--run=bbbbbbbb", "--level=error"]), 1);
    // The line of another program has none of them: it is left out with a warning.
    grep(&machine, &["State synchronized", "--level=info"])
        .exits(0)
        .tells("1 matching lines were left out");
    // Without an offset a time is local: in Singapore five o'clock UTC is one in the afternoon.
    let local = machine.run(["logs", "grep", ".", "--no-filename", "--since=2026-01-17T13:00:01"]);
    let local = local.env("TZ", "Asia/Singapore").end().exits(0).stdout();
    assert_eq!(local.lines().count(), 3, "{local}");
}

#[test]
fn json_output_is_one_object_per_line() {
    let machine = machine();
    let found = machine.run(["logs", "grep", "Connection", "-A1"]).json().exits(0).stdout();
    let objects: Vec<Value> =
        found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2);
    let first = &objects[0];
    assert_eq!((&first["matches"], &first["number"]), (&true.into(), &2.into()));
    assert_eq!((&first["level"], &first["run"]), (&"WARN".into(), &"2-bbbbbbbb".into()));
    assert_eq!(first["time"], "2026-01-17T05:00:01Z");
    assert_eq!(first["text"], "Connection failed: tcp://g:5555: no reply");
    let span = (first["spans"][0][0].as_u64().unwrap(), first["spans"][0][1].as_u64().unwrap());
    let line = first["line"].as_str().unwrap();
    assert_eq!(
        &line[usize::try_from(span.0).unwrap()..usize::try_from(span.1).unwrap()],
        "Connection"
    );
    assert_eq!(objects[1]["matches"], false);
    // Objects name the presets that find the line; counts are objects, too.
    let preset = machine.run(["logs", "grep", "--preset=connection"]).json().exits(0).stdout();
    assert!(preset.contains(r#""presets":["connection"]"#), "{preset}");
    let count = machine.run(["logs", "grep", "--preset=connection", "-c"]).json().exits(0).stdout();
    assert_eq!(count.trim(), r#"{"preset":"connection","count":1}"#);
}

#[test]
fn exit_codes_are_those_of_grep() {
    let machine = machine();
    grep(&machine, &["Balance"]).exits(0);
    grep(&machine, &["nowhere"]).exits(1);
    grep(&machine, &[]).exits(2).tells("no pattern is given");
    grep(&machine, &["(a"]).exits(2).tells("`(a` is not a pattern").tells("^ unclosed group");
    let chinese = grep(&machine, &["同步(a"]).exits(2);
    chinese.tells("cause: 同步(a\ncause:     ^ unclosed group");
    grep(&machine, &["x", "--since=1h", "--until=2h"]).exits(2).tells("before the beginning");
    grep(&machine, &["x", "--since=never"]).exits(2).tells("--since `never`");
    grep(&machine, &["--preset=nothing"]).exits(2).tells("one of: sync-ok");
    machine.run(["--sim", "logs", "grep", "x"]).end().exits(2).tells("--log-dir");
}

#[test]
fn an_unreadable_file_is_named_and_the_rest_is_searched() {
    let machine = machine();
    let log = machine.file("logs/VERIFY_LOG.log");
    let log = log.to_str().unwrap();
    grep(&machine, &["Connection", "gone.log", log])
        .exits(2)
        .says("Connection failed")
        .tells("failed to read gone.log")
        .tells("lines that match may be missing");
    // With -q there are no warnings, but the failure is still reported.
    let quiet = machine.run(["logs", "grep", "-q", "Connection", "gone.log", log]).end();
    quiet.exits(2).says("Connection failed").tells("lines that match may be missing");
    let cut = &gzipped(&line("02:00:00", "INFO", "3-cccccccc", "before the break").repeat(5000));
    machine.write("cut.log.gz", &cut[..cut.len() - 20]);
    let broken = grep(&machine, &["-c", "before the break", "cut.log.gz"]).exits(2);
    assert!(
        broken.tells("failed to read cut.log.gz").stdout().trim().parse::<u32>().unwrap() > 1000
    );
    std::fs::create_dir(machine.file("empty")).unwrap();
    grep(&machine, &["x", "empty"]).exits(1);
}

#[test]
fn binary_data_is_searched_and_a_pipe_gets_its_exact_bytes() {
    let machine = machine();
    machine.write("binary.log", b"\x00\xff\xfeneedle\x1b[31m\n\x80\n");
    let found = machine.run(["logs", "grep", "needle", "binary.log"]).start();
    let output = found.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"\x00\xff\xfeneedle\x1b[31m\n");
    let object = machine.run(["logs", "grep", "needle", "binary.log"]).json().exits(0).stdout();
    assert!(object.contains(r"\u001b[31m"), "{object}");
}

/// A line of 400 MB is searched in pieces: a process with less memory than that finds the line after it. The allocator
/// reserves 64 MB of address space for each thread, or twice as much for a moment.
#[cfg(target_os = "linux")]
#[test]
fn a_very_long_line_takes_bounded_memory() {
    let machine = machine();
    let path = machine.file("long.log");
    let mut file = std::fs::File::create(&path).unwrap();
    file.set_len(400 << 20).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
    file.write_all(b"\nneedle\n").unwrap();
    let script = format!(
        "ulimit -v 300000; exec {} logs grep -n needle {}",
        crate::support::binary().display(),
        path.display()
    );
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2:needle\n", "{error}");
    assert!(error.contains("searched in pieces"), "{error}");
}

#[test]
fn events_are_summed_up_by_day_and_by_run() {
    let machine = machine();
    let since = "--since=2026-01-01";
    let days = machine.run(["logs", "summary", since]).json().exits(0).document();
    let day = &days["report"]["rows"][0];
    assert_eq!(days["report"]["rows"].as_array().unwrap().len(), 1);
    for (name, value) in [
        ("runs", 2),
        ("syncs_ok", 1),
        ("syncs_failed", 1),
        ("positions_recovered", 3),
        ("connections_failed", 1),
        ("errors", 1),
    ] {
        assert_eq!(day[name], value, "{name} in {day}");
    }
    let runs = machine.run(["logs", "summary", "--by=run", since]).json().exits(0).document();
    let rows = runs["report"]["rows"].as_array().unwrap();
    let of: Vec<(&Value, &Value)> = rows.iter().map(|row| (&row["of"], &row["syncs_ok"])).collect();
    assert_eq!(of, [(&"1-aaaaaaaa".into(), &1.into()), (&"2-bbbbbbbb".into(), &0.into())]);
    machine.run(["logs", "summary", since]).end().exits(0).says("2026-01-17");
    machine.run(["logs", "summary", "--since=1h", "--until=2h"]).end().exits(2);
    machine.run(["logs", "summary", "gone.log"]).end().exits(1).tells("failed to read gone.log");
}

/// Its own log and the shared one hold the same marker; nothing is hidden that only one of them holds.
#[test]
fn a_line_of_two_logs_is_found_once() {
    let machine = Machine::new();
    let run = "7-cccccccc";
    let ok =
        line("06:00:01", "INFO", run, "StateReconciler State synchronized: 3 positions recovered");
    let json = r#"{"time":"2026-01-17T06:00:02.000000+00:00","level":"INFO","pid":7,"run":"cccccccc","component":"Run","text":"Run ended: exit code 0 after 5 ms"}"#;
    let ended = line("06:00:02", "INFO", run, "Run Run ended: exit code 0 after 5 ms");
    let only_own = line("06:00:01", "INFO", run, "link::client State of the link");
    let only_shared = line("06:00:03", "INFO", run, "Account Balance of a State that has no copy");
    let teed = "State synchronized: by another program\n";
    machine.write("logs/VERIFY_LOG.log", ok.clone() + teed + &ended + &only_shared);
    // A run that writes a line twice has said it twice.
    machine.write(
        "logs/MT5CRS_20260117_060000_7.log",
        [&ok, &only_own, &only_own].map(String::as_str).concat() + json + "\n" + teed,
    );
    let found = grep(&machine, &["State|ended"]).exits(0).stdout();
    assert_eq!(found.matches("State synchronized: 3").count(), 1, "{found}");
    assert_eq!(found.matches("Run ended").count(), 1, "{found}");
    assert_eq!(found.matches("no copy").count(), 1, "{found}");
    assert_eq!(found.matches("State of the link").count(), 2, "{found}");
    assert_eq!(found.matches("by another program").count(), 2, "{found}");
    let counts =
        machine.run(["logs", "grep", "-c", "State synchronized: 3"]).end().exits(0).stdout();
    let sum: u32 =
        counts.lines().map(|line| line.rsplit(':').next().unwrap().parse::<u32>().unwrap()).sum();
    assert_eq!(sum, 1, "{counts}");
    // Context is shown, whether it has a copy or not.
    let around = grep(&machine, &["State of the link", "-B1"]).exits(0).stdout();
    assert_eq!(around.matches("State synchronized: 3").count(), 1, "{around}");
}
