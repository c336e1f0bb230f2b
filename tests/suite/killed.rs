//! Kills a canary with SIGKILL around its order. The next canary resolves the order before it opens anything, and the
//! evidence chain stays whole.

use mt5crs::evidence::Evidence;
use mt5crs::ops::evidence::verify;
use serde_json::Value;

use crate::orders::{canary, error, executed, opens, quick};
use crate::support::{Ended, Machine, Sim, named};

/// Kills a canary at that point, and runs the next one.
fn killed_at(point: &str) -> (Sim, Machine, Ended) {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", point).end().was_killed();
    let next = canary(&machine, &sim, &["--yes"]).json();
    sound(&next.document());
    (sim, machine, next)
}

/// Asserts that the evidence chain verifies.
#[track_caller]
fn sound(document: &Value) {
    let path = std::path::Path::new(document["report"]["evidence"].as_str().unwrap());
    let evidence = Evidence::at(path.parent().unwrap().to_owned());
    let outcome = verify::run(&verify::Options::of(evidence));
    let report = outcome.report.unwrap();
    assert_eq!(report.damage_count, 0, "{:?}", report.damages);
    assert!(report.records > 0);
}

#[test]
fn killed_before_the_intent_there_is_nothing_to_resolve() {
    let (sim, _machine, next) = killed_at("before-intent");
    let document = next.exits(0).document();
    assert_eq!(named(&document, "guards", "intents-resolved")["found"], "none");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn a_bug_between_intent_and_outcome_is_an_unknown_outcome() {
    let points = ["before-intent", "after-intent", "after-send", "before-outcome", "before-close"];
    for (point, code) in points.into_iter().zip([70, 4, 4, 4, 70]) {
        let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
        let ended = canary(&machine, &sim, &["--yes"]).env("PANIC_AT_POINT", point).end();
        ended.exits(code).tells("nothing above is a result");
        assert_eq!(opens(&sim), usize::from(!["before-intent", "after-intent"].contains(&point)));
    }
}

#[test]
fn an_unsent_intent_is_proved_not_executed() {
    let (sim, _machine, next) = killed_at("after-intent");
    let document = next.exits(0).document();
    assert_eq!(named(&document, "guards", "intents-resolved")["found"], "1 resolved just now");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn an_executed_order_is_found_and_forbids_another() {
    for point in ["after-send", "before-outcome", "before-close"] {
        let (sim, machine, next) = killed_at(point);
        let document = next.exits(5).document();
        let ticket = sim.ledger()[0]["ticket"].to_string();
        let guard = named(&document, "guards", "no-open-canary");
        assert_eq!((&guard["status"], &guard["found"]), (&"fail".into(), &ticket.as_str().into()));
        assert_eq!(executed(&sim), ["OPEN"], "{point}");

        // After anyone has closed it, the next canary may trade.
        let close = ["emergency-close", "--yes", "--ticket", &ticket, "--no-breaker"];
        machine.against(&sim, &close).json().exits(0);
        let again = canary(&machine, &sim, &["--yes"]).json().exits(0);
        sound(&again.document());
        assert_eq!(executed(&sim), ["OPEN", "CLOSE", "OPEN", "CLOSE"], "{point}");
    }
}

/// A position that was opened and closed in between is in no list, so an empty list doesn't prove that nothing executed.
#[test]
fn an_order_closed_before_the_next_list_stays_unknown() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-send").end().was_killed();
    quick(&machine, &sim, &["emergency-close", "--yes"]).json().exits(0);
    let document = quick(&machine, &sim, &["sync"]).json().exits(0).document();
    let looked = &document["report"]["intents"][0];
    assert_eq!(looked["outcome"], "unknown", "{document}");
    assert!(looked["why"].as_str().unwrap().contains("was closed since the order"), "{document}");

    // After a close by hand, only the balance shows the order.
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
fn an_unrecorded_close_is_found_done() {
    let (sim, _machine, next) = killed_at("after-close");
    next.exits(0);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE", "OPEN", "CLOSE"]);
}

#[test]
fn an_order_that_cannot_be_resolved_forbids_another() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-send").end().was_killed();
    for fault in ["positions-empty-on-error", "terminal-dead"] {
        sim.restart(&["--fault", fault]);
        let document =
            canary(&machine, &sim, &["--yes", "--deadline=8s"]).json().exits(5).document();
        assert!(error(&document).contains("intents-resolved"), "{document}");
        assert_eq!(opens(&sim), 1, "{fault}");
    }
    // Without a gateway there is no answer and no order.
    sim.kill();
    canary(&machine, &sim, &["--yes"]).json().exits(3);
}

#[test]
fn an_unresolved_order_forbids_a_dry_run_too() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-send").end().was_killed();
    canary(&machine, &sim, &["--dry-run"]).json().exits(5);
    assert_eq!(opens(&sim), 1);
}
