//! A canary that is killed with SIGKILL around its order: the next one finds out what became of it before it opens
//! anything, and the records hold.

use mt5crs::evidence::Evidence;
use mt5crs::ops::evidence::verify;
use serde_json::Value;

use crate::orders::{canary, error, executed, opens, quick};
use crate::support::{Ended, Machine, Sim, named};

/// Kills a canary there, and runs the next.
fn killed_at(point: &str) -> (Sim, Machine, Ended) {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", point).end().was_killed();
    let next = canary(&machine, &sim, &["--yes"]).json();
    sound(&next.document());
    (sim, machine, next)
}

/// The records' chain holds.
#[track_caller]
fn sound(document: &Value) {
    let path = std::path::Path::new(document["report"]["evidence"].as_str().unwrap());
    let evidence = Evidence::at(path.parent().unwrap().to_owned());
    let outcome = verify::run(&verify::Options { evidence, anchor: None });
    let report = outcome.report.unwrap();
    assert_eq!(report.damage_count, 0, "{:?}", report.damages);
    assert!(report.records > 0);
}

#[test]
fn before_the_intent_nothing_happened() {
    let (sim, _machine, next) = killed_at("before-intent");
    let document = next.exits(0).document();
    assert_eq!(named(&document, "guards", "intents-resolved")["found"], "none");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn an_intent_that_was_never_sent_is_proved_not_to_have_executed() {
    let (sim, _machine, next) = killed_at("after-intent");
    let document = next.exits(0).document();
    assert_eq!(named(&document, "guards", "intents-resolved")["found"], "1 resolved just now");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn an_order_that_executed_is_found_and_forbids_another() {
    for point in ["after-send", "before-outcome", "before-close"] {
        let (sim, machine, next) = killed_at(point);
        let document = next.exits(5).document();
        let ticket = sim.ledger()[0]["ticket"].to_string();
        let guard = named(&document, "guards", "no-open-canary");
        assert_eq!((&guard["status"], &guard["found"]), (&"fail".into(), &ticket.as_str().into()));
        assert_eq!(executed(&sim), ["OPEN"], "{point}");

        // Once it is closed, whoever did it, the next may trade.
        let close = ["emergency-close", "--yes", "--ticket", &ticket, "--no-breaker"];
        machine.against(&sim, &close).json().exits(0);
        let again = canary(&machine, &sim, &["--yes"]).json().exits(0);
        sound(&again.document());
        assert_eq!(executed(&sim), ["OPEN", "CLOSE", "OPEN", "CLOSE"], "{point}");
    }
}

/// No list shows any more what was opened and closed in between: that is no proof that it never executed.
#[test]
fn an_order_that_was_closed_before_anybody_looked_stays_unknown() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-send").end().was_killed();
    quick(&machine, &sim, &["emergency-close", "--yes"]).json().exits(0);
    let document = quick(&machine, &sim, &["sync"]).json().exits(0).document();
    let looked = &document["report"]["intents"][0];
    assert_eq!(looked["outcome"], "unknown", "{document}");
    let ticket = sim.ledger()[0]["ticket"].to_string();
    assert!(looked["why"].as_str().unwrap().contains(&ticket), "{document}");

    // Closed by hand, only the balance tells.
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-send").end().was_killed();
    let ticket = sim.ledger()[0]["ticket"].to_string();
    let elsewhere = Machine::new();
    let close = ["emergency-close", "--yes", "--no-breaker", "--ticket", &ticket];
    elsewhere.against(&sim, &close).json().exits(0);
    let document = quick(&machine, &sim, &["sync"]).json().exits(0).document();
    let looked = &document["report"]["intents"][0];
    assert_eq!(looked["outcome"], "unknown", "{document}");
    assert!(looked["why"].as_str().unwrap().contains("balance"), "{document}");
}

#[test]
fn a_close_that_was_not_recorded_is_found_done() {
    let (sim, _machine, next) = killed_at("after-close");
    next.exits(0);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE", "OPEN", "CLOSE"]);
}

#[test]
fn an_order_that_cannot_be_looked_for_forbids() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-send").end().was_killed();
    for fault in ["positions-empty-on-error", "terminal-dead"] {
        sim.restart(&["--fault", fault]);
        let document =
            canary(&machine, &sim, &["--yes", "--deadline=4s"]).json().exits(5).document();
        assert!(error(&document).contains("intents-resolved"), "{document}");
        assert_eq!(opens(&sim), 1, "{fault}");
    }
    // With no gateway at all there is no answer, and no order.
    sim.kill();
    canary(&machine, &sim, &["--yes"]).json().exits(3);
}

#[test]
fn a_rehearsal_beside_an_open_order_forbids_as_well() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-send").end().was_killed();
    canary(&machine, &sim, &["--dry-run"]).json().exits(5);
    assert_eq!(opens(&sim), 1);
}
