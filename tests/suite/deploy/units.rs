//! The systemd units, as systemd itself judges them. Where `systemd-analyze` is not installed there is nobody to ask.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Machine;

const UNITS: [&str; 6] = [
    "mt5crs-gate@account1.service",
    "mt5crs-guardian@account1.service",
    "mt5crs-kill-switch@account1.service",
    "mt5crs-link@account1.service",
    "mt5crs-notify@account1.service",
    "mt5-strategy-engine.service",
];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy/systemd")
}

fn texts() -> Vec<(String, String)> {
    let entries = fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().path());
    let services = entries.filter(|path| path.is_file());
    let mut all: Vec<PathBuf> = services.collect();
    all.push(examples().join("mt5-strategy-engine.service.d/mt5crs.conf"));
    let text = |path: &PathBuf| (path.display().to_string(), fs::read_to_string(path).unwrap());
    all.iter().map(text).collect()
}

/// A directory with the units, and a program in place of what they run: systemd looks for it under its own root alone, so
/// it is named by its path.
fn write(machine: &Machine, change: impl Fn(&str) -> String) {
    let program = machine.write_program("units/mt5crs", "#!/bin/sh\n");
    let runs = format!("ExecStart={} ", program.display());
    let operators = "ExecStart=/etc/mt5crs/notify ";
    for (path, text) in texts() {
        let name = path.split("examples/deploy/systemd/").nth(1).unwrap();
        machine.write(
            &format!("units/{name}"),
            change(&text).replace("ExecStart=mt5crs ", &runs).replace(operators, &runs),
        );
    }
    let engine = "[Service]\nExecStart=/bin/true\n";
    machine.write("units/mt5-strategy-engine.service", engine);
}

/// What systemd has to say; `None` where it isn't installed.
fn verified(machine: &Machine) -> Option<String> {
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--generators=no"])
        .args(UNITS)
        // The colon at the end stands for systemd's own directories, where the targets are.
        .env("SYSTEMD_UNIT_PATH", format!("{}:", machine.file("units").display()))
        .output()
        .ok()?;
    let all = String::from_utf8_lossy(&output.stderr).into_owned();
    // A machine's own units may have faults of their own.
    let ours: Vec<&str> = all.lines().filter(|line| line.contains("mt5")).collect();
    Some(ours.join("\n"))
}

#[test]
fn systemd_finds_no_fault_and_would_find_one() {
    let machine = Machine::new();
    write(&machine, str::to_owned);
    let Some(complaints) = verified(&machine) else { return };
    assert_eq!(complaints, "");
    for (right, wrong) in [
        ("WatchdogSec=60", "WatchdogSec=often"),
        ("ProtectSystem=strict", "ProtectSytem=strict"),
        ("ExecStart=mt5crs", "ExecStart=/nowhere/mt5crz"),
    ] {
        let machine = Machine::new();
        write(&machine, |text| text.replace(right, wrong));
        assert_ne!(verified(&machine).unwrap(), "", "{wrong}");
    }
}

/// What a unit may not say, with the reason that a reviewer would give.
#[test]
fn the_units_keep_the_rules_that_systemd_does_not_know() {
    for (name, text) in texts() {
        let directives: Vec<&str> =
            text.lines().filter(|line| !line.starts_with('#') && line.contains('=')).collect();
        let says = |directive: &str| directives.contains(&directive);
        assert!(!directives.iter().any(|line| line.starts_with("EnvironmentFile")), "{name}");
        // Who can't see /tmp can't see the kill switch there; a watch of the link doesn't look at it.
        assert!(!says("PrivateTmp=yes"), "{name}");
        assert!(says("PrivateTmp=no") || name.contains("mt5crs-link@"), "{name}");
        let runs = directives.iter().filter(|line| line.starts_with("ExecStart=mt5crs"));
        for line in runs.clone() {
            assert!(line.contains("--env-file /etc/mt5crs/"), "{name}");
            // Nothing that starts by itself opens a position.
            assert!(!line.contains("canary") || line.contains("canary --resume"), "{name}");
        }
        // The notification runs the operators' own program.
        let own = if name.contains("mt5crs-notify@") { 0 } else { 1 };
        assert_eq!(runs.count(), own, "{name}");
    }
    for (name, text) in texts() {
        // Who is stopped ends with 143. That is no failure of a watch; a gate that counted it as success would have passed.
        let may_be_stopped = name.contains("mt5crs-link@") || name.contains("mt5crs-guardian@");
        let is_success = text.lines().any(|line| line == "SuccessExitStatus=143");
        assert_eq!(is_success, may_be_stopped, "{name}");
    }
    // A stop closes and proves; it may not be killed in the middle.
    let guardian = fs::read_to_string(examples().join("mt5crs-guardian@.service")).unwrap();
    let seconds = |key: &str| -> u64 {
        let line = guardian.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim_start_matches('=').parse().unwrap()
    };
    assert!(seconds("TimeoutStopSec") > 300 && seconds("WatchdogSec") > 20);
}

/// A flag that mt5crs doesn't know would be found at the unit's start, in the night of an update.
#[test]
fn what_units_and_scripts_run_is_what_the_command_line_takes() {
    let machine = Machine::new();
    for unit in [
        "mt5crs-gate@.service",
        "mt5crs-guardian@.service",
        "mt5crs-kill-switch@.service",
        "mt5crs-link@.service",
    ] {
        let text = fs::read_to_string(examples().join(unit)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("ExecStart=mt5crs ")).unwrap();
        // With `--help` in it the line is read, and nothing is done.
        let line = line.split(" -- ").next().unwrap().replace("%i", "account1") + " --help";
        machine.run(line.split(' ')).end().exits(0).says("Usage: mt5crs");
    }
    // The scripts' own, which their tests run against a stand-in.
    for line in [
        "audit --skip=link --help",
        "link-test -c 100 --help",
        "canary --yes --keep-open --help",
        "link-test --watch 2s --help",
    ] {
        machine.run(line.split(' ')).end().exits(0).says("Usage: mt5crs");
    }
}

/// systemd-tmpfiles removes old files from /tmp, and an engine that reads the file would trade again.
#[test]
fn no_kill_switch_of_the_sample_configuration_grows_old() {
    let deploy = examples().parent().unwrap().to_owned();
    let fragment = fs::read_to_string(deploy.join("tmpfiles/mt5crs.conf")).unwrap();
    let kept = fragment.lines().find_map(|line| line.strip_prefix("x ")).unwrap();
    let (before, after) = kept.split_once('*').unwrap();
    let configuration = fs::read_to_string(deploy.join("configuration/config.json")).unwrap();
    let words = configuration.split('"').filter(|word| word.starts_with("/tmp/"));
    let switches: Vec<&str> = words.collect();
    assert_eq!(switches.len(), 2, "{switches:?}");
    for switch in switches {
        assert!(switch.starts_with(before) && switch.ends_with(after), "{switch}");
    }
}

#[test]
fn the_sample_configuration_has_an_account_for_each_file() {
    let machine = Machine::new();
    let samples = examples().parent().unwrap().join("configuration");
    for account in ["account1", "account2"] {
        let config = format!("--config={}", samples.join("config.json").display());
        let file = format!("--env-file={}", samples.join(format!("{account}.env")).display());
        let profile = format!("--profile={account}");
        let shown = machine.run(["config", "show", &config, &file, &profile]);
        shown
            .without("KILL_SWITCH_FILE")
            .end()
            .exits(0)
            .says("all settings are valid")
            .says(account);
    }
}
