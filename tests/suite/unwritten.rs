//! A report that was asked for and can't be written: a read has not answered, the gate stays shut, and a command that acted
//! says what it did.

use std::fs::File;
use std::process::Stdio;

use crate::emergency_close::close;
use crate::orders::canary;
use crate::support::{Exited, Machine, Run, Sim, ended};

const REASON: &str = "failed to write the report";

/// Runs the command with a full disk under stdout.
#[track_caller]
fn onto_a_full_disk(run: Run, code: i32) -> Exited {
    let full = Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    ended(run.start_into(full, Stdio::piped()), "onto a full disk").exits(code)
}

#[test]
fn a_read_that_cannot_print_its_answer_ends_with_1() {
    let machine = Machine::new();
    let good = Sim::with_faults(&[]);
    for format in ["human", "json", "nagios", "prometheus"] {
        for command in ["sync", "link-test", "audit"] {
            let run = machine.against(
                &good,
                &[command, "--only=link"][..if command == "audit" { 2 } else { 1 }],
            );
            onto_a_full_disk(run.arg(&format!("--output={format}")), 1).tells(REASON);
        }
    }
    for arguments in [&["positions"][..], &["config", "show"], &["explain"], &["breaker", "status"]]
    {
        onto_a_full_disk(machine.against(&good, arguments), 1).tells("failed to write");
    }
    for arguments in [&["--help"][..], &["--version"], &["schema", "sync"], &["completions", "zsh"]]
    {
        onto_a_full_disk(machine.run(arguments), 1).tells("failed to write");
    }
    // The first bad answer stands.
    let mut gone = Sim::with_faults(&[]);
    gone.kill();
    for (sim, code, plugin) in [
        (Sim::with_faults(&["no-terminal"]), 1, 2),
        (Sim::with_faults(&["foreign-ea-v4"]), 6, 2),
        (gone, 3, 2),
    ] {
        onto_a_full_disk(machine.against(&sim, &["sync"]), code).tells(REASON);
        onto_a_full_disk(machine.against(&sim, &["sync"]).arg("--output=nagios"), plugin)
            .tells(REASON);
    }
}

#[test]
fn a_read_whose_file_cannot_be_written_ends_with_1() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for file in ["/dev/full", "gone/report"] {
        let report = format!("--report={file}");
        let ended = machine.against(&sim, &["sync", &report]).json().exits(1);
        let document = ended.tells(REASON).tells(file).document();
        // The gateway's answer stays what it was.
        assert_eq!(document["verdict"], "pass");
        assert_eq!(document["error"]["code"], "not-written");
        assert_eq!(document["report"]["recovered"], 3);
        let page = machine.against(&sim, &["sync", &report]).end().exits(1);
        page.says("PASS State synchronized: 3 positions recovered");
        let plugin = machine.against(&sim, &["sync", &report, "--output=nagios"]).end().exits(1);
        plugin.says("SYNC WARNING: ");
        let outfile = format!("--outfile={file}");
        let arguments = ["sync", "--output=prometheus", &outfile];
        machine.against(&sim, &arguments).end().exits(1).tells(REASON).tells(file);
    }
}

#[test]
fn the_gate_stays_shut_without_its_report() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let command = ["--", "touch", "started"];
    for flags in [&["--report=/dev/full"][..], &["--output=prometheus", "--outfile=gone/sync.prom"]]
    {
        let arguments = [&["sync"], flags, &command].concat();
        let ended = machine.against(&sim, &arguments).end().exits(1);
        ended.tells("touch was not started").tells(REASON);
        assert!(!machine.file("started").exists(), "{flags:?}");
    }
    // Its stdout is COMMAND's.
    onto_a_full_disk(machine.against(&sim, &[&["sync"][..], &command].concat()), 0);
    assert!(machine.file("started").exists());
}

#[test]
fn a_command_that_acted_says_what_it_did() {
    let machine = Machine::new();
    let sim = Sim::with_faults(&[]);
    onto_a_full_disk(canary(&machine, &sim, &["--yes"]), 0).tells(REASON);
    onto_a_full_disk(close(&machine, &sim, &[]), 0).tells(REASON);
    assert_eq!(
        sim.ledger().iter().filter(|it| it["kind"] == "CLOSE").count(),
        4,
        "{:?}",
        sim.ledger()
    );
    onto_a_full_disk(machine.run(["breaker", "engage", "--reason=again"]), 0).tells(REASON);
    let refuses = Sim::with_faults(&["close-failed"]);
    onto_a_full_disk(close(&Machine::new(), &refuses, &["--rounds=1"]), 8).tells(REASON);
}

#[test]
fn a_watch_that_cannot_write_ends() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let watch =
        |flags: &[&str]| machine.against(&sim, &[&["link-test", "--watch=10ms"], flags].concat());
    let run = watch(&["--output=prometheus", "--outfile=gone/link.prom"]);
    run.end().exits(1).tells("failed to write");
    for format in ["human", "json"] {
        onto_a_full_disk(watch(&[&format!("--output={format}")]), 1).tells("failed to write");
    }
}
