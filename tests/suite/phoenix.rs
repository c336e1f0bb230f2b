//! `phoenix` with real processes: every invariant holds, phoenix notices a broken rule, a seed replays, and nothing stays
//! behind.

use std::path::Path;

use mt5crs::ops::phoenix::KIND_COUNT;
use serde_json::Value;

use crate::support::{Exited, Machine, Run, Sim, ended, named, signal, wait_until};

fn phoenix(machine: &Machine, arguments: &[&str]) -> Run {
    let all: Vec<&str> = ["phoenix"].iter().chain(arguments).copied().collect();
    machine.run(all)
}

/// The number of processes whose working directory is below that one.
fn processes_in(directory: &Path) -> usize {
    let directory = std::fs::canonicalize(directory).unwrap();
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let works = all.filter_map(|process| std::fs::read_link(process.path().join("cwd")).ok());
    works.filter(|cwd| cwd.starts_with(&directory)).count()
}

fn scratch_trees(machine: &Machine) -> usize {
    let entries = std::fs::read_dir(machine.path()).unwrap().filter_map(Result::ok);
    entries.filter(|e| e.file_name().to_string_lossy().starts_with("mt5crs-phoenix-")).count()
}

fn list<'d>(document: &'d Value, name: &str) -> &'d Vec<Value> {
    document["report"][name].as_array().unwrap_or_else(|| panic!("no {name} in {document}"))
}

#[test]
fn all_invariants_hold_in_a_round_of_each_kind() {
    let machine = Machine::new();
    let document = phoenix(&machine, &["--seed=1"]).json().exits(0).document();
    let rounds = KIND_COUNT.into();
    assert_eq!((&document["verdict"], &document["report"]["rounds"]), (&"pass".into(), &rounds));
    assert_eq!(document["report"]["moments_missed"], 0, "{document}");
    assert_eq!(list(&document, "played").len() as u64, KIND_COUNT);
    for kind in list(&document, "disturbances") {
        let needs_tests_build = ["power-cut", "stepped-clock"].iter().any(|it| kind["name"] == *it);
        let is_playable = cfg!(debug_assertions) || !needs_tests_build;
        assert_eq!(kind["played"].as_u64() > Some(0), is_playable, "{kind}");
        assert_eq!(kind["why_not"] == serde_json::json!([]), kind["not_played"] == 0, "{kind}");
    }
    assert!(document["report"]["recovery"]["max_ms"].is_u64());
    for step in list(&document, "steps") {
        assert_eq!(step["status"], "pass", "{step}");
    }
    for tally in list(&document, "invariants") {
        assert!(tally["checked"].as_u64().unwrap() > 0, "{tally} was never looked at");
        assert_eq!(tally["violated"], 0, "{tally}");
    }
    assert_eq!(scratch_trees(&machine), 0);
}

#[test]
fn the_page_has_the_steps_a_table_and_the_verdict() {
    let machine = Machine::new();
    let ended = phoenix(&machine, &["--rounds=1", "--seed=3"]).end().exits(0);
    let page = ended.stdout();
    assert!(page.starts_with("PASS 1 round from seed 3"), "{page}");
    for step in 1..=5 {
        assert!(page.contains(&format!("\n[STEP {step}] ")), "{page}");
    }
    assert!(page.trim_end().ends_with("\nPhoenix Test PASSED"), "{page}");
}

/// The lock is held when the FIFO takes its place, and nothing looks at it again.
#[test]
fn a_disturbance_that_the_command_does_not_meet_is_not_played() {
    let machine = Machine::new();
    let run = || phoenix(&machine, &["--rounds=1", "--seed=121"]);
    let document = run().json().exits(0).document();
    let round = &list(&document, "played")[0];
    let what = "a FIFO in the place of canary.lock for canary, at reply to OPEN 1";
    assert_eq!((&document["verdict"], &round["what"]), (&"warn".into(), &what.into()));
    assert_eq!(round["not_played"], "the command met nothing of it");
    let fifo = named(&document, "disturbances", "fifo");
    assert_eq!((&fifo["played"], &fifo["not_played"]), (&0.into(), &1.into()), "{fifo}");
    run().end().exits(0).says("1 round from seed 121, 0 played");
}

/// Breaks each rule in the tool; phoenix notices it in a round of each kind.
#[cfg(debug_assertions)]
#[test]
fn phoenix_notices_a_broken_safety_rule_within_a_round_of_each_kind() {
    for (rule, invariant) in [
        ("send-open-once", "no-order-twice"),
        ("flush-records", "snapshot-whole"),
        ("doubt-filled", "records-are-true"),
        ("never-reconnect", "nothing-to-strangers"),
    ] {
        let machine = Machine::new();
        let broken = |arguments: &[&str]| -> Exited {
            phoenix(&machine, arguments).env("BREAK_RULE", rule).json().exits(1)
        };
        let document = broken(&["--seed=4711"]).document();
        assert_eq!(document["error"]["code"], "phoenix-failed", "{rule}");
        let tally = named(&document, "invariants", invariant);
        assert!(tally["violated"].as_u64().unwrap() > 0, "{rule}: {document}");

        // A failed round keeps its directory, also from the next run, and its seed replays it.
        let round = list(&document, "failed")
            .iter()
            .find(|round| {
                round["violations"].to_string().contains(tally["meaning"].as_str().unwrap())
            })
            .unwrap();
        let directory = Path::new(round["directory"].as_str().unwrap());
        assert!(directory.join("story.txt").is_file() && directory.join("book.jsonl").is_file());
        let seed = format!("--seed={}", round["seed"]);
        let again = broken(&["--rounds=1", &seed]).document();
        let replayed = &list(&again, "failed")[0];
        assert_eq!((&replayed["seed"], &replayed["what"]), (&round["seed"], &round["what"]));
        assert!(directory.join("story.txt").is_file());
        assert!(named(&again, "invariants", invariant)["violated"] == 1, "{again}");
    }
}

/// A released binary ignores the switch.
#[cfg(not(debug_assertions))]
#[test]
fn a_released_binary_has_no_rule_to_break() {
    for rule in ["send-open-once", "flush-records", "doubt-filled", "never-reconnect"] {
        let machine = Machine::new();
        phoenix(&machine, &["--seed=4711"]).env("BREAK_RULE", rule).json().exits(0);
    }
}

#[test]
fn a_seed_replays() {
    let machine = Machine::new();
    for (seed, kind) in [("--seed=123", "kill-tool"), ("--seed=143", "power-cut")] {
        let kills = || -> Vec<_> {
            let document = phoenix(&machine, &[seed, "--rounds=3"]).json().exits(0).document();
            let kept = list(&document, "played").iter().map(|round| {
                assert_eq!(round["disturbance"], kind);
                (round["what"].clone(), round["executed"].clone())
            });
            kept.collect()
        };
        assert_eq!(kills(), kills());
    }
}

#[test]
fn a_signal_ends_all_processes_and_removes_the_scratch_tree() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let machine = Machine::new();
        let child = phoenix(&machine, &["--rounds=100000"]).arg("--output=json").start();
        wait_until("processes of a round", || processes_in(machine.path()) >= 3);
        signal(child.id(), name);
        let ended = ended(child, "phoenix").exits(code);
        assert_eq!(ended.document()["error"]["code"], "interrupted");
        assert_eq!((processes_in(machine.path()), scratch_trees(&machine)), (0, 0));
    }
}

#[test]
fn after_sigkill_no_process_and_no_file_stays_behind() {
    let machine = Machine::new();
    let child = phoenix(&machine, &["--rounds=100000"]).start();
    wait_until("processes of a round", || processes_in(machine.path()) >= 4);
    signal(child.id(), "KILL");
    assert_eq!(ended(child, "phoenix").code(), None);
    // Each process ends by itself once phoenix is gone, and the next run removes the files.
    wait_until("its processes' end", || processes_in(machine.path()) == 0);
    assert_eq!(scratch_trees(&machine), 1);
    phoenix(&machine, &["--rounds=1", "--seed=3"]).end().exits(0);
    assert_eq!(scratch_trees(&machine), 0);
}

#[test]
fn numbers_out_of_range_are_usage_errors() {
    let machine = Machine::new();
    for arguments in [
        &["--rounds=0"][..],
        &["--rounds=100001"],
        &["--rounds=-1"],
        &["--seed=-1"],
        &["--seed=18446744073709551616"],
        &["--seed=one"],
        &["--gateway", "--rounds=5"],
    ] {
        phoenix(&machine, arguments).end().exits(2).tells("error: ");
    }
    phoenix(&machine, &["--gateway"]).end().exits(2).tells("GATEWAY_HOST is not set");
}

#[test]
fn an_unwritable_scratch_directory_is_reported() {
    let machine = Machine::new();
    let run = phoenix(&machine, &["--rounds=1"]).env("TMPDIR", machine.file("missing"));
    run.end().exits(2).tells("set TMPDIR");
}

#[test]
fn on_a_live_gateway_phoenix_only_reads() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=4"]));
    let document = machine.against(&sim, &["phoenix", "--gateway"]).json().exits(0).document();
    assert_eq!((&document["verdict"], &document["target"]), (&"pass".into(), &"simulated".into()));
    for name in ["first-read", "killed-midway", "snapshot-stands", "second-read", "reads-agree"] {
        assert_eq!(named(&document, "gateway", name)["status"], "pass", "{document}");
    }
    assert!(sim.ledger().is_empty());
    assert_eq!(scratch_trees(&machine), 0);
    // The configured state and logs hold only the run itself.
    assert!(!machine.verify_log().contains("State synchronized"), "{}", machine.verify_log());
}

#[test]
fn a_trade_between_the_reads_is_a_warning() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["position-appears:2"]));
    let run = machine.against(&sim, &["phoenix", "--gateway", "--seed=2"]);
    let document = run.json().exits(0).document();
    assert_eq!(named(&document, "gateway", "reads-agree")["status"], "warn", "{document}");
}

#[test]
fn an_unavailable_gateway_gives_its_own_exit_code() {
    let machine = Machine::new();
    let mut sim = Sim::with_faults(&[]);
    machine.run(["phoenix", "--gateway", "--host=127.0.0.1"]).json().exits(5);
    sim.restart(&["--fault=hang:GET_POSITIONS:2+"]);
    let quick = ["phoenix", "--gateway", "--timeout=200ms"];
    let document = machine.against(&sim, &quick).json().exits(3).document();
    assert_eq!(document["error"]["code"], "phoenix-sync", "{document}");
    sim.restart(&["--fault=foreign-ea-v5"]);
    machine.against(&sim, &quick).json().exits(6);
    sim.kill();
    machine.against(&sim, &quick).end().exits(3).says("Phoenix Test FAILED");
    assert_eq!(scratch_trees(&machine), 0);
}
