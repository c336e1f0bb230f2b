//! `emergency-close`: the ledger shows that each ticket called closed was closed once, and only a proved account is called
//! flat.

mod certificate;
mod obstacles;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::orders::{error, executed, quick};
use crate::support::{Ended, Machine, Run, Sim};

/// An emergency-close without a prompt.
pub fn close(machine: &Machine, sim: &Sim, arguments: &[&str]) -> Run {
    let all: Vec<&str> = ["emergency-close", "--yes"].iter().chain(arguments).copied().collect();
    quick(machine, sim, &all)
}

/// Asserts that every ticket was closed at most once, and every ticket that the report calls closed exactly once.
#[track_caller]
pub fn honest(ended: &Ended, sim: &Sim) -> Value {
    let document = ended.document();
    let mut closed: BTreeMap<i64, usize> = BTreeMap::new();
    for entry in sim.ledger() {
        assert_ne!(entry["kind"], "OPEN");
        assert_ne!(entry["kind"], "FOREIGN_TRADE");
        if entry["kind"] == "CLOSE" {
            *closed.entry(entry["ticket"].as_i64().unwrap()).or_default() += 1;
        }
    }
    assert!(closed.values().all(|count| *count == 1), "closed twice: {closed:?}");
    for ticket in document["report"]["tickets"].as_array().into_iter().flatten() {
        let really = closed.contains_key(&ticket["ticket"].as_i64().unwrap());
        match ticket["result"].as_str().unwrap() {
            "closed" => assert!(really, "{ticket}"),
            "not_tried" | "rejected" => assert!(!really, "{ticket}"),
            _ => {}
        }
    }
    document
}

fn engaged(machine: &Machine) -> bool {
    machine.file("kill_switch.lock").exists()
}

#[test]
fn a_filter_closes_the_named_tickets_only() {
    for (arguments, closed) in [
        (vec!["--ticket=100000001"], vec![100_000_001]),
        (vec!["--ticket=100000001", "--ticket=100000003"], vec![100_000_001, 100_000_003]),
        (vec!["--symbol=GBPUSD"], vec![100_000_002, 100_000_008]),
    ] {
        let (machine, sim) = (Machine::new(), Sim::start(&["--positions=8"]));
        let document = honest(&close(&machine, &sim, &arguments).json().exits(0), &sim);
        let tickets: Vec<i64> =
            sim.ledger().iter().map(|entry| entry["ticket"].as_i64().unwrap()).collect();
        assert_eq!(tickets, closed);
        assert_eq!(document["report"]["rounds"], 1, "{document}");
        assert_eq!(document["report"]["certificate"], Value::Null);
        assert!(engaged(&machine));
    }
}

#[test]
fn a_symbol_in_the_wrong_case_is_refused_and_the_right_one_named() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let document = close(&machine, &sim, &["--symbol=eurusd"]).json().exits(5).document();
    assert!(error(&document).contains("did you mean EURUSD?"), "{document}");
    assert!(executed(&sim).is_empty());
}

#[test]
fn an_unlisted_ticket_is_refused() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let arguments = ["--ticket=100000001", "--ticket=7"];
    let document = close(&machine, &sim, &arguments).json().exits(5).document();
    assert!(error(&document).contains("ticket 7 is not in the gateway's list"), "{document}");
    assert!(executed(&sim).is_empty());
}

#[test]
fn a_magic_number_closes_only_where_it_is_reported() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let document = close(&machine, &sim, &["--magic=202401"]).json().exits(5).document();
    assert_eq!(document["error"]["code"], "magic-not-reported");
    assert!(executed(&sim).is_empty());

    let sim = Sim::with_faults(&["reports-magic"]);
    // A magic number that no position has closes nothing, and is no success.
    close(&machine, &sim, &["--magic=7"]).json().exits(5);
    assert!(executed(&sim).is_empty());
    honest(&close(&machine, &sim, &["--magic=202401"]).json().exits(0), &sim);
    assert_eq!(executed(&sim).len(), 3);

    // An empty list may be a failed read, so it doesn't show that the request is done either.
    let sim = Sim::with_faults(&["reports-magic", "positions-empty-on-error"]);
    close(&machine, &sim, &["--magic=202401"]).json().exits(5);
}

#[test]
fn a_dry_run_engages_nothing_and_sends_no_order() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["crash:CLOSE:before"]));
    let run = quick(&machine, &sim, &["emergency-close", "--dry-run"]);
    let document = run.json().exits(0).document();
    assert_eq!(document["report"]["tickets"].as_array().unwrap().len(), 3);
    assert_eq!(document["report"]["tickets"][0]["result"], "not_tried");
    assert!(!engaged(&machine));
    machine.against(&sim, &["link-test"]).end().exits(0);
    let page = quick(&machine, &sim, &["emergency-close", "--dry-run"]).end().exits(0);
    page.says("PASS would close 3 positions").says("nothing was sent");
}

#[test]
fn the_page_names_no_other_ticket_beside_a_closed_one() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let page = close(&machine, &sim, &["--ticket=100000001"]).end().exits(0);
    page.says("PASS CLOSED: 1 of 1").never_says("100000002").never_says("100000003");
    let page = close(&machine, &sim, &[]).end().exits(0);
    assert_eq!(page.stdout().matches("two empty lists").count(), 1, "{}", page.stdout());
}

#[test]
fn without_a_terminal_emergency_close_does_not_prompt() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let document = quick(&machine, &sim, &["emergency-close"]).json().exits(5).document();
    assert!(error(&document).contains("emergency-close --yes`"), "{document}");
    assert!(!engaged(&machine) && executed(&sim).is_empty());
}

#[test]
fn the_breaker_is_engaged_first() {
    let machine = Machine::new();
    // The file is written even though no gateway answers.
    let mut sim = Sim::start(&[]);
    sim.kill();
    let document = close(&machine, &sim, &["--deadline=3s"]).json().exits(3).document();
    assert!(error(&document).contains("failed to list the positions of"), "{document}");
    assert!(engaged(&machine));
}

#[test]
fn an_unwritable_breaker_is_a_loud_warning_and_closing_goes_on() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let run = close(&machine, &sim, &[]).env("KILL_SWITCH_FILE", machine.file("no/such.lock"));
    let ended = run.json().exits(0);
    let ended = ended.tells("THE BREAKER COULD NOT BE WRITTEN");
    let document = honest(&ended, &sim);
    assert!(document["warnings"].to_string().contains("COULD NOT BE WRITTEN"), "{document}");
    assert_eq!(executed(&sim).len(), 3);
}

#[test]
fn no_breaker_works_with_named_tickets_only() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    close(&machine, &sim, &["--no-breaker"]).end().exits(2);
    assert!(executed(&sim).is_empty());
    let ended = close(&machine, &sim, &["--no-breaker", "--ticket=100000001"]).json().exits(0);
    honest(&ended, &sim);
    assert!(!engaged(&machine));
}

#[test]
fn the_end_of_every_ticket_is_in_the_logs() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["cannot-close"]));
    quick(&machine, &sim, &["emergency-close", "--yes"]).end().exits(8);
    let log = std::fs::read_to_string(machine.file("logs/VERIFY_LOG.log")).unwrap();
    let count = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    assert_eq!(count("NOT PROVED CLOSED: "), 3, "{log}");
    assert_eq!(
        (count("NOT FLAT: 0 closed, 3 not proved closed"), count("engaged: ")),
        (1, 1),
        "{log}"
    );
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    quick(&machine, &sim, &["emergency-close", "--yes"]).end().exits(0);
    machine.run(["logs", "grep", "closed: "]).end().exits(0).says("EmergencyClose");
    machine.run(["logs", "grep", "FLAT: 3 closed"]).end().exits(0);
    let mut gone = Sim::with_faults(&[]);
    gone.kill();
    quick(&machine, &gone, &["emergency-close", "--yes"]).end().exits(3);
    machine.run(["logs", "grep", "NOTHING WAS CLOSED"]).end().exits(0);
}
