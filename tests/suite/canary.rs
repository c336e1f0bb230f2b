//! `canary`: its report agrees with the simulator's ledger.

mod guards;
mod hazards;

use serde_json::Value;

use crate::orders::{canary, error, executed, honest};
use crate::support::{Machine, Sim, named};

#[test]
fn a_canary_opens_once_closes_and_proves_both() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let ended = canary(&machine, &sim, &["--yes"]).json().exits(0);
    let document = honest(&ended, &sim);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    let report = &document["report"];
    assert_eq!((&document["verdict"], &document["target"]), (&"pass".into(), &"simulated".into()));
    assert_eq!(report["order"]["result"], "executed");
    assert_eq!(report["order"]["named"], true);
    assert_eq!(report["close"]["result"], "closed");
    assert_eq!(report["plan"]["volume"].to_string(), "0.001");
    let guards = report["guards"].as_array().unwrap();
    assert!(
        guards.iter().all(|guard| guard["status"] == "pass" || guard["status"] == "info"),
        "{guards:?}"
    );
    assert!(report["not_exercised"].as_str().unwrap().contains("24 h"));
    let ledger = sim.ledger();
    assert_eq!(ledger[0]["ticket"], report["order"]["position"]["ticket"]);
    assert_eq!(ledger[1]["ticket"], ledger[0]["ticket"]);
    assert_eq!((&ledger[0]["symbol"], &ledger[0]["type"]), (&"AUDUSD".into(), &"BUY".into()));
    assert!(ended.stderr().is_empty(), "{}", ended.stderr());
}

#[test]
fn the_log_holds_the_operators_search_words() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let document = canary(&machine, &sim, &["--yes"]).json().exits(0).document();
    let log = machine.verify_log();
    let ticket = document["report"]["order"]["position"]["ticket"].to_string();
    let hash = document["report"]["decision"]["hash"].as_str().unwrap();
    for line in [
        "LAUNCH_APPROVED",
        &format!("DECISION_HASH {hash}"),
        "ORDER_FILLED",
        &format!("Ticket: {ticket}"),
        "Balance: ",
        "P99 ",
        "Latency",
    ] {
        assert_eq!(log.lines().filter(|l| l.contains(line)).count(), 1, "{line} in {log}");
    }
    assert!(!log.contains("ERROR"), "{log}");
    // No equity was read with that balance, so the line has none.
    assert!(!log.contains("equity"), "{log}");
}

#[test]
fn the_page_names_the_proofs() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let page = canary(&machine, &sim, &["--yes"]).end().exits(0);
    page.says("PASS").says("SIMULATED").says("proved by its list").says("24 h").says("Balance:");
}

#[test]
fn a_canary_runs_on_an_empty_account() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=0"]));
    let ended = canary(&machine, &sim, &["--yes"]).json().exits(0);
    honest(&ended, &sim);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn keep_open_leaves_the_position_open() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let ended = canary(&machine, &sim, &["--yes", "--keep-open"]).json().exits(0);
    let document = honest(&ended, &sim);
    assert_eq!(executed(&sim), ["OPEN"]);
    assert_eq!(document["report"]["close"]["result"], "kept_open");
    // A second canary is refused, whatever its symbol.
    let again = canary(&machine, &sim, &["--yes", "--symbol=EURUSD.s"]).json().exits(5);
    assert_eq!(named(&again.document(), "guards", "no-open-canary")["status"], "fail");
    assert_eq!(executed(&sim), ["OPEN"]);
}

#[test]
fn a_dry_run_sends_no_order_of_any_kind() {
    let machine = Machine::new();
    // The gateway would die of either request.
    let sim = Sim::with_faults(&["crash:OPEN:before", "crash:CLOSE:before"]);
    let ended = canary(&machine, &sim, &["--dry-run"]).json().exits(0);
    let document = honest(&ended, &sim);
    assert_eq!(named(&document, "guards", "can-close")["status"], "not_reached");
    assert_eq!(document["report"]["order"], Value::Null);
    machine.against(&sim, &["link-test"]).end().exits(0);
    assert!(!machine.verify_log().contains("LAUNCH_APPROVED"));
    canary(&machine, &sim, &["--dry-run"])
        .end()
        .exits(0)
        .says("PASS READY: ")
        .says("no order was sent")
        .never_says("proved by its lists");
}

#[test]
fn without_a_terminal_canary_does_not_prompt() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let ended = canary(&machine, &sim, &["--credit", "0.0"]).json().exits(5);
    let document = honest(&ended, &sim);
    assert_eq!(document["error"]["code"], "not-confirmed");
    assert!(error(&document).contains("canary --credit 0.0 --yes`"), "{}", error(&document));
    assert!(!machine.verify_log().contains("LAUNCH_APPROVED"));
}

#[test]
fn the_command_in_the_remedy_can_be_pasted() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let path = machine.write("the decision.json", crate::orders::approved().to_string());
    let argument = format!("--decision={}", path.display());
    let document = canary(&machine, &sim, &[&argument]).json().exits(5).document();
    assert!(error(&document).contains(&format!("'{argument}' --yes`")), "{}", error(&document));
}
