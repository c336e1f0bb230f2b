//! The logs that the binary writes: one file per start, the exact number of markers, no secrets.

use std::fs;
use std::time::{Duration, SystemTime};

use mt5crs::logs::search::parse::Line;
use mt5crs::logs::search::preset::PRESETS;

use super::shell;
use crate::orders::canary;
use crate::support::{Machine, Sim, ended};

/// The runs' own logs, oldest first.
fn own_logs(machine: &Machine) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(machine.file("logs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("MT5CRS_"))
        .collect();
    names.sort();
    names
}

fn log(machine: &Machine, name: &str) -> String {
    fs::read_to_string(machine.file("logs").join(name)).unwrap()
}

#[test]
fn each_start_has_its_own_file_with_round_trips_only_on_request() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    machine.against(&sim, &["sync"]).end().exits(0);
    machine.against(&sim, &["sync", "-vv", "--log-format=json"]).end().exits(0);
    let names = own_logs(&machine);
    assert_eq!(names.len(), 2, "{names:?}");
    let logs: Vec<String> = names.iter().map(|name| log(&machine, name)).collect();
    let is_json = |text: &&String| text.starts_with('{');
    let (json, text): (Vec<_>, Vec<_>) = logs.iter().partition(is_json);
    let (json, text) = (json[0], text[0]);
    assert!(!text.contains(" DEBUG "), "{text}");
    assert!(json.contains(r#""level":"DEBUG""#), "{json}");
    for line in text.lines().chain(json.lines()) {
        let parsed = Line::parse(line.as_bytes()).unwrap_or_else(|| panic!("not ours: {line}"));
        assert!(line.contains("+00:00") && parsed.pid > 0, "{line}");
    }
    // The shared file is always text, and has each sync once.
    let shared = machine.verify_log();
    assert!(!shared.contains('{'), "{shared}");
    assert_eq!(shared.lines().filter(|line| line.contains("State synchronized")).count(), 2);
}

/// The greps of the operators' handbook, and the presets, on logs that the tool wrote.
#[test]
fn the_handbooks_greps_and_the_presets_count_the_same_on_logs_of_real_runs() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    machine.against(&sim, &["sync"]).end().exits(0);
    machine.against(&sim, &["sync"]).end().exits(0);
    machine.against(&sim, &["link-test", "-c100", "--interval=0ms"]).end().exits(0);
    canary(&machine, &sim, &["--yes"]).end().exits(0);
    machine.against(&Sim::with_faults(&["no-terminal"]), &["sync"]).end().exits(1);
    sim.kill();
    machine.against(&sim, &["sync"]).end().exits(3);
    let dir = machine.file("logs");
    let all: Vec<String> =
        PRESETS.iter().map(|preset| format!("--preset={}", preset.name)).collect();
    let mut arguments = vec!["logs", "grep", "-c"];
    arguments.extend(all.iter().map(String::as_str));
    let counted = machine.run(&arguments).end().exits(0).stdout();
    let counts: Vec<(&str, usize)> = counted
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, count)| (name, count.trim().parse().unwrap()))
        .collect();
    assert_eq!(counts.len(), PRESETS.len());
    for (preset, (name, count)) in PRESETS.iter().zip(counts) {
        let grepped = shell(&dir, preset.replaces);
        assert_eq!((name, count), (preset.name, grepped.lines().count()), "{counted}\n{grepped}");
        if name == "init" {
            // An engine writes these lines, in a log of its own.
            continue;
        }
        assert!(count > 0, "{name} finds nothing here, which shows nothing");
        let lines = machine.run(["logs", "grep", "--preset", name, "--no-filename"]).end().exits(0);
        assert_eq!(lines.stdout(), grepped);
    }
    let number = |command| shell(&dir, command).trim().parse::<usize>().unwrap();
    assert_eq!(number(r#"grep "State synchronized" VERIFY_LOG.log | wc -l"#), 2);
    assert_eq!(number(r#"grep "State synchronization failed" VERIFY_LOG.log | wc -l"#), 2);
    // One for each attempt of the sync without a gateway.
    assert_eq!(number(r#"grep "Connection failed" VERIFY_LOG.log | wc -l"#), 3);
    let recovered = shell(&dir, r#"grep "positions recovered" VERIFY_LOG.log | tail -1"#);
    assert!(recovered.ends_with("StateReconciler State synchronized: 3 positions recovered\n"));
}

#[test]
fn several_processes_write_whole_lines_into_one_file() {
    const PROCESSES: usize = 6;
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let all: Vec<_> =
        (0..PROCESSES).map(|_| machine.against(&sim, &["link-test"]).start()).collect();
    for child in all {
        ended(child, "link-test").exits(0);
    }
    let shared = machine.verify_log();
    for line in shared.lines() {
        assert!(Line::parse(line.as_bytes()).is_some(), "torn: {line}");
    }
    let count = |words: &str| shared.lines().filter(|line| line.contains(words)).count();
    assert_eq!((count("Run began"), count("Run ended")), (PROCESSES, PROCESSES));
    assert_eq!(own_logs(&machine).len(), PROCESSES);
}

#[test]
fn no_secret_and_no_value_of_env_gets_into_a_log() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let secret = "hunter2-of-the-broker";
    machine.write(".env", format!("MT5_PASSWORD={secret}\nMAGIC_NUMBER=202401\nNOTE='{secret}'\n"));
    for command in [&["sync", "-vv"][..], &["link-test", "-vv"], &["positions", "-vv"]] {
        let run = machine.against(&sim, command).env("BROKER_API_KEY", secret);
        run.end().exits(0).never_says(secret);
    }
    let logs = own_logs(&machine);
    assert_eq!(logs.len(), 3);
    for name in logs.iter().map(String::as_str).chain(["VERIFY_LOG.log"]) {
        assert!(!log(&machine, name).contains(secret), "{name}");
    }
}

#[test]
fn old_logs_are_compressed_but_not_by_an_emergency_command() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=1"]));
    let old = "logs/MT5CRS_20200101_000000_1.log";
    machine.write(
        old,
        "2020-01-01T00:00:00.000000+00:00 INFO [1-aaaaaaaa] Run Run began: mt5crs 0.1.0 sync\n",
    );
    machine.against(&sim, &["emergency-close", "--yes"]).end().exits(0);
    assert!(machine.file(old).exists(), "an emergency waited for gzip");
    machine.against(&sim, &["link-test"]).end().exits(0);
    assert!(!machine.file(old).exists());
    let found = machine.run(["logs", "grep", "Run began: mt5crs 0.1.0 sync", "--until=2021-01-01"]);
    found.end().exits(0).says("MT5CRS_20200101_000000_1.log.gz:2020-01-01T");
}

/// A log of a run that ended that many days ago, with text that gzip can't make smaller.
fn ended_before(machine: &Machine, name: &str, days: u64, bytes: usize) {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    let noise: Vec<u8> = (0..bytes).map(|_| next()).collect();
    let path = machine.write(&format!("logs/{name}"), noise);
    let ended = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
    fs::File::options().write(true).open(path).unwrap().set_modified(ended).unwrap();
}

#[test]
fn logs_past_the_limits_are_deleted_but_not_by_an_emergency_command() {
    let sim = Sim::start(&["--positions=1"]);
    let [older, old, new] =
        ["20200101", "20200102", "20200103"].map(|day| format!("MT5CRS_{day}_000000_1.log"));
    for (limit, value, days, left) in [
        ("MT5CRS_RUN_LOG_DAYS", "30", [40, 31, 29], 1),
        // Of three logs of 0.9 MB, the newest fits beside the run's own.
        ("MT5CRS_RUN_LOG_MAX_MB", "1", [3, 2, 1], 1),
        ("MT5CRS_RUN_LOG_MAX_MB", "2", [3, 2, 1], 2),
    ] {
        let machine = Machine::new();
        for (name, days) in [&older, &old, &new].into_iter().zip(days) {
            ended_before(&machine, name, days, 900_000);
        }
        let run = |arguments: &[&str]| machine.against(&sim, arguments).env(limit, value);
        let ours = || {
            let mut names = own_logs(&machine);
            names.retain(|name| name.starts_with("MT5CRS_2020"));
            names.sort();
            names
        };
        run(&["emergency-close", "--yes"]).end().exits(0);
        run(&["breaker", "release", "--yes"]).end().exits(0);
        assert_eq!(ours().len(), 3, "an emergency waited for old logs");
        run(&["link-test"]).end().exits(0);
        let names = ours();
        assert_eq!(names.len(), left, "{limit}={value}: {names:?}");
        assert!(names.last().unwrap().starts_with(&new), "{names:?}");
    }
}
