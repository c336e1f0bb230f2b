//! `logs alerts`: alerts from the logs and from the engine's systemd unit.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Machine, Run, Sim, signal};

/// A machine with a `systemctl` that runs this script.
fn with_systemctl(machine: &Machine, script: &str) -> std::ffi::OsString {
    let path = machine.write_program("bin/systemctl", format!("#!/bin/sh\n{script}\n"));
    let mut all = path.parent().unwrap().as_os_str().to_owned();
    all.push(":/usr/bin:/bin");
    all
}

fn alerts(machine: &Machine, arguments: &[&str]) -> Run {
    let all = [&["logs", "alerts"], arguments].concat();
    machine.run(all).env("MT5CRS_ENGINE_UNIT", "engine.service")
}

fn unit(result: &str, restarts: u32, memory: &str, cpu: &str) -> String {
    format!(
        "printf 'LoadState=loaded\\nActiveState=active\\nResult={result}\\nNRestarts={restarts}\\n\
         MemoryCurrent={memory}\\nCPUUsageNSec={cpu}\\nPrivateTmp=no\\n'"
    )
}

fn rules(document: &Value) -> Vec<&str> {
    let all = document["report"]["alerts"].as_array().unwrap();
    all.iter().map(|alert| alert["rule"].as_str().unwrap()).collect()
}

#[test]
fn failed_syncs_are_an_alert_until_one_succeeds() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    machine.against(&sim, &["sync"]).end().exits(0);
    machine.run(["logs", "alerts"]).end().exits(0).says("PASS no alert");
    sim.kill();
    for _ in 0..2 {
        machine.against(&sim, &["sync"]).end().exits(3);
    }
    // A line of another program in the file neither raises nor clears an alert.
    let log = machine.verify_log() + "StateReconciler State synchronized: 3 positions recovered\n";
    machine.write("logs/VERIFY_LOG.log", log);
    let document = machine.run(["logs", "alerts"]).json().exits(1).document();
    assert_eq!(rules(&document), ["sync-failing"]);
    let alert = &document["report"]["alerts"][0];
    assert_eq!(alert["lines"].as_array().unwrap().len(), 2);
    assert_eq!(alert["endpoint"], format!("tcp://{}", sim.endpoint));
    // The limit is a setting.
    machine.run(["logs", "alerts"]).env("MT5CRS_ALERT_FAILED_SYNCS", "3").end().exits(0);
    sim.restart(&[]);
    machine.against(&sim, &["sync"]).end().exits(0);
    machine.run(["logs", "alerts"]).end().exits(0).says("OVER").says("sync-failing");
}

#[test]
fn a_named_engine_unit_is_checked() {
    let machine = Machine::new();
    machine.write("logs/VERIFY_LOG.log", "");
    let quick = ["--cpu-over=0s"];
    let well = with_systemctl(&machine, &unit("success", 0, "12000000", "5000"));
    let document = alerts(&machine, &quick).env("PATH", &well).json().exits(0).document();
    assert_eq!(document["report"]["usage"][0]["memory_bytes"], 12_000_000);
    let looked = document["report"]["rules"].to_string();
    assert!(looked.contains("memory-high") && !looked.contains("cpu-high"), "{looked}");
    let path = with_systemctl(&machine, &unit("oom-kill", 1, "60000000", "[not set]"));
    let document = alerts(&machine, &[]).env("PATH", &path).json().exits(1).document();
    assert_eq!(rules(&document), ["engine-crashed", "memory-high"]);
    let limit = alerts(&machine, &quick).env("PATH", &path).env("MT5CRS_ALERT_MEMORY_MB", "60");
    assert_eq!(rules(&limit.json().exits(1).document()), ["engine-crashed"]);
}

#[test]
fn the_engines_cpu_share_is_measured_over_a_window() {
    let machine = Machine::new();
    machine.write("logs/VERIFY_LOG.log", "");
    // Each query shows another second of CPU time.
    let script =
        "cat asked >/dev/null 2>&1 || echo 0 > asked\nn=$(cat asked); echo $((n + 1)) > asked\n"
            .to_owned()
            + &unit("success", 0, "1", "'\"$n\"'000000000");
    let path = with_systemctl(&machine, &script);
    let busy = alerts(&machine, &["--cpu-over=100ms"]).env("PATH", &path).json().exits(1);
    assert_eq!(rules(&busy.document()), ["cpu-high"], "{}", busy.stdout());
    busy.tells("measuring the CPU share of engine.service");
}

#[test]
fn without_an_answer_from_systemd_the_verdict_is_unknown() {
    let machine = Machine::new();
    machine.write("logs/VERIFY_LOG.log", "");
    for (script, told) in [
        ("exec sleep 60", "no answer from systemctl within 2s"),
        ("echo 'no bus' >&2; exit 1", "systemctl failed: no bus"),
        ("printf 'LoadState=not-found\\nActiveState=inactive\\n'", "systemd knows no unit"),
    ] {
        let path = with_systemctl(&machine, script);
        let ended = alerts(&machine, &[]).env("PATH", path).end().exits(1);
        ended.says("UNKNOWN").tells(told);
    }
    let absent = alerts(&machine, &[]).env("PATH", machine.file("nowhere")).end().exits(1);
    absent.says("UNKNOWN").tells("this machine has no systemctl");
}

#[test]
fn a_long_run_is_measured_where_no_unit_is_named() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let mut watch = machine.against(&sim, &["link-test", "--watch=50ms"]).start();
    let mut first = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(watch.stdout.as_mut().unwrap()),
        &mut first,
    )
    .unwrap();
    let document = machine.run(["logs", "alerts", "--cpu-over=50ms"]).json().document();
    let usage = &document["report"]["usage"][0];
    assert!(usage["of"].as_str().unwrap().starts_with(&format!("{}-", watch.id())), "{document}");
    assert!(usage["memory_bytes"].as_u64().unwrap() > 1 << 20, "{usage}");
    assert!(usage["cpu_percent"].is_number(), "{usage}");
    watch.kill().unwrap();
    watch.wait().unwrap();
    let document = machine.run(["logs", "alerts"]).json().exits(1).document();
    assert_eq!(rules(&document), ["run-crashed"]);
}

#[test]
fn with_a_missing_or_unreadable_log_the_verdict_is_unknown() {
    let machine = Machine::new();
    machine.run(["logs", "alerts"]).end().exits(1).says("UNKNOWN").tells("failed to read");
    machine.write("logs/VERIFY_LOG.log", "");
    machine.run(["logs", "alerts"]).end().exits(0).says("PASS no alert");
    machine.run(["logs", "alerts"]).env("MT5CRS_ALERT_SYNC_S", "soon").end().exits(2);
}

/// An answer clears the alert about silence, so a watch writes each answer after a silence.
#[test]
fn a_watch_logs_the_gateways_silence_and_its_next_answer() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    let mut watch = machine.against(&sim, &["-o", "json", "link-test", "--watch=20ms"]).start();
    let (sender, events) = std::sync::mpsc::channel();
    let stdout = BufReader::new(watch.stdout.take().unwrap());
    std::thread::spawn(move || {
        stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let until = |state: &str| {
        let state = format!(r#""state":"{state}""#);
        while !events.recv_timeout(Duration::from_secs(20)).unwrap().contains(&state) {}
    };
    until("up");
    sim.kill();
    until("down");
    sim.restart(&[]);
    until("up");
    // It ends before its log is read.
    signal(watch.id(), "INT");
    assert_eq!(watch.wait().unwrap().code(), Some(130));
    let log = machine.verify_log();
    let told = log.lines().filter_map(|line| {
        ["Run began", "Latency: ", "Connection failed", "Run ended"]
            .into_iter()
            .find(|words| line.contains(words))
    });
    let mut told: Vec<&str> = told.collect();
    // One silence may have two causes.
    told.dedup();
    assert_eq!(
        told,
        ["Run began", "Latency: ", "Connection failed", "Latency: ", "Run ended"],
        "{log}"
    );
}
