//! The machine's directory of settings: a command typed anywhere reads what the shipped units read.

use serde_json::Value;

use crate::profiles;
use crate::support::{Machine, Sim};

/// A machine whose files of settings are where the units read them, with account `a`.
fn deployed(sim: &Sim) -> Machine {
    let machine = Machine::new();
    profiles::accounts(&machine, &[sim], &[]);
    std::fs::create_dir(machine.file("etc")).unwrap();
    std::fs::rename(machine.file("config.json"), machine.file("etc/config.json")).unwrap();
    machine
}

fn setting<'d>(document: &'d Value, key: &str) -> &'d Value {
    let all = document["report"]["settings"].as_array().unwrap();
    all.iter().find(|it| it["key"] == key).unwrap()
}

#[test]
fn a_command_typed_anywhere_reads_what_the_unit_reads() {
    let sim = Sim::with_faults(&[]);
    let machine = deployed(&sim);
    let env_file = machine.write("etc/a.env", "MT5CRS_EXPECT_TRADE_MODE=pretend\n");
    let run =
        |arguments: &[&str]| machine.run(arguments).arg("--profile=a").arg("--allow-loopback");
    run(&["sync"]).end().exits(2).tells(&env_file.display().to_string());
    std::fs::write(&env_file, "MT5CRS_CANARY_SYMBOL=AUDUSD\n").unwrap();
    run(&["sync"]).end().exits(0);
    let document = run(&["config", "show"]).json().exits(0).document();
    let symbol = setting(&document, "MT5CRS_CANARY_SYMBOL");
    assert_eq!(symbol["value"], "AUDUSD");
    assert_eq!(symbol["origin"]["file"], env_file.to_str().unwrap());
    let config = setting(&document, "MT5CRS_CONFIG");
    assert_eq!(config["value"], machine.file("etc/config.json").to_str().unwrap());
    let page = run(&["config", "show"]).end().exits(0);
    let page = page.says(&format!("{}: read", env_file.display()));
    page.says(&format!("{}: not there", machine.file(".env").display()));
    machine.run(["config", "check"]).end().exits(0).says("1 profile");
    let all = profiles::all(&machine, &["positions"]).json().exits(0).document();
    assert_eq!(profiles::codes(&all), [0]);
    // Without a profile the names to choose from are told.
    machine.run(["sync"]).end().exits(2).tells("name a profile: --profile a");
}

#[test]
fn the_working_directory_comes_first_and_a_warning_names_the_units_file() {
    let sim = Sim::with_faults(&[]);
    let machine = deployed(&sim);
    machine.write("etc/a.env", "MT5CRS_EXPECT_SERVER=Other\n");
    machine.write(".env", "MAGIC_NUMBER=7\n");
    let ended = machine.run(["--profile=a", "--allow-loopback", "sync"]).end().exits(0);
    let units = machine.file("etc/a.env");
    ended.tells(".env of this directory is read, and ").tells(&units.display().to_string());
}

#[test]
fn a_machines_file_that_cannot_be_read_is_told() {
    let machine = Machine::new();
    // Root may read any file, but no directory as one.
    std::fs::create_dir_all(machine.file("etc/config.json")).unwrap();
    let unread = format!("{} can't be read", machine.file("etc/config.json").display());
    machine.run(["--profile=a", "sync"]).end().exits(2).tells(&unread);
    machine.run(["sync"]).end().exits(2).tells(&unread);
    for command in [&["breaker", "status"][..], &["breaker", "release", "--yes"]] {
        machine.run(command).end().exits(2).tells(&unread);
    }
    let engage = machine.run(["breaker", "engage", "--reason=latency"]).end().exits(0);
    engage.tells(&unread).tells("switches of its accounts are not engaged");
    std::fs::remove_dir(machine.file("etc/config.json")).unwrap();
    machine.write("etc/config.json", "{\"profiles\":");
    machine.run(["breaker", "status"]).end().exits(2).tells("is not JSON");
    machine.write("etc/config.json", r#"{"profiles":{"a":{"gateway_host":"127.0.0.1"}}}"#);
    std::fs::create_dir(machine.file("etc/a.env")).unwrap();
    let unread = format!("{} can't be read", machine.file("etc/a.env").display());
    machine.run(["--profile=a", "sync"]).end().exits(2).tells(&unread);
}
