//! `sync` with a healthy gateway: it recovers everything token for token, and compares it with the last snapshot.

use serde_json::Value;

use crate::snapshot;
use crate::stand_in::StandIn;
use crate::support::{Ended, Machine, Sim};

const CHECKS: [&str; 19] = [
    "sync-all",
    "positions-readable",
    "account-readable",
    "identity-expected",
    "ticket-set-stable",
    "tickets-real",
    "tickets-unique",
    "volumes-positive",
    "sides-known",
    "empty-book",
    "margin-level",
    "balance-steady",
    "clock-skew",
    "floating",
    "free-margin",
    "account-same",
    "results-booked",
    "orders-readable",
    "balance-explained",
];

fn first_line(ended: &Ended) -> String {
    ended.stdout().lines().next().unwrap_or_default().to_owned()
}

#[test]
fn sync_recovers_everything_and_keeps_a_snapshot() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let document = machine.against(&sim, &["sync"]).json().exits(0).document();
    assert_eq!(document["schema"], "mt5crs.sync/1");
    assert_eq!((&document["verdict"], &document["target"]), (&"pass".into(), &"simulated".into()));
    assert_eq!(document["endpoint"], format!("tcp://{}", sim.endpoint));
    let report = &document["report"];
    assert_eq!((&report["recovered"], &report["rounds"]), (&3.into(), &1.into()));
    assert_eq!(report["positions"].as_array().unwrap().len(), 3);
    assert_eq!(report["account"]["currency"], "USD");
    assert!(report["link"]["rtt_us"].as_u64().unwrap() > 0);
    let names: Vec<&Value> =
        report["checks"].as_array().unwrap().iter().map(|check| &check["name"]).collect();
    assert_eq!(names, CHECKS);
    for check in report["checks"].as_array().unwrap() {
        assert!(["pass", "info"].contains(&check["status"].as_str().unwrap()), "{check}");
    }
    assert_eq!(report["changes"], Value::Null);

    let file = machine.file(&snapshot::at(sim.endpoint));
    assert_eq!(report["snapshot"]["path"], file.to_str().unwrap());
    assert_eq!(report["snapshot"]["replaced"], true);
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept["schema"], "mt5crs.snapshot/1");
    assert_eq!(kept["positions"], report["positions"]);
    assert_eq!(kept["account"], report["account"]);

    let log = machine.verify_log();
    assert_eq!(log.matches("State synchronized: 3 positions recovered").count(), 1, "{log}");
    assert_eq!(log.matches("State synchronized").count(), 1, "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn the_first_line_has_the_result() {
    let machine = Machine::new();
    for (positions, words) in [
        ("--positions=0", "0 positions"),
        ("--positions=1", "1 position"),
        ("--positions=3", "3 positions"),
    ] {
        let sim = Sim::start(&[positions]);
        let ended = machine.against(&sim, &["sync"]).end().exits(0);
        let whom = format!("tcp://{} (SIMULATED)", sim.endpoint);
        assert_eq!(
            first_line(&ended),
            format!("PASS State synchronized: {words} recovered from {whom}")
        );
        ended.says("pending orders cannot be listed").says("as the gateway reports");
    }
}

#[test]
fn numbers_keep_the_received_tokens() {
    let machine = Machine::new();
    let gateway = StandIn::holding(
        r#"{"ticket":7,"symbol":"EURUSD.s","type":"BUY","volume":0.10,"open_price":1.08500,"current_price":1.0850000,"profit":-0.0}"#,
        r#""balance":10000.50,"equity":1.00005e4,"margin":100.0,"free_margin":9900.50,"margin_level":10000.50"#,
    );
    let document = machine.at(gateway.endpoint, &["sync"]).json().exits(0);
    assert_eq!(document.document()["target"], "loopback");
    let kept = std::fs::read_to_string(machine.file(&snapshot::at(gateway.endpoint))).unwrap();
    for text in [document.stdout(), kept] {
        for token in [
            r#""volume":0.10,"#,
            r#""open_price":1.08500,"#,
            r#""current_price":1.0850000,"#,
            r#""profit":-0.0"#,
            r#""balance":10000.50,"#,
            r#""equity":1.00005e4,"#,
            r#""margin":100.0,"#,
            r#""symbol":"EURUSD.s""#,
        ] {
            assert!(text.contains(token), "no {token} in {text}");
        }
    }
    let page = machine.at(gateway.endpoint, &["sync"]).end().exits(0);
    page.says("(LOOPBACK)").says(" 0.10  1.08500  1.0850000").never_says("SIMULATED");
}

#[test]
fn changes_since_the_last_snapshot_are_shown() {
    let machine = Machine::new();
    let mut sim = Sim::with_faults(&["position-appears:1"]);
    let sync = |sim: &Sim| machine.against(sim, &["sync"]).json().exits(0).document();
    assert_eq!(sync(&sim)["report"]["changes"], Value::Null);
    let changes = |document: &Value| {
        let changes = &document["report"]["changes"];
        ["opened", "closed", "changed"].map(|list| changes[list].as_array().unwrap().clone())
    };

    let [opened, closed, changed] = changes(&sync(&sim));
    assert_eq!((opened.len(), closed.len(), changed.len()), (1, 0, 0));
    let ticket = opened[0]["ticket"].as_i64().unwrap();

    sim.restart(&["--fault=position-vanishes:2"]);
    // Moved prices are no change.
    assert_eq!(changes(&sync(&sim)), [const { Vec::<Value>::new() }; 3]);
    let [opened, closed, changed] = changes(&sync(&sim));
    assert_eq!((opened.len(), closed.len(), changed.len()), (0, 1, 0));
    assert_eq!(closed[0]["ticket"], ticket);

    let file = machine.file(&snapshot::at(sim.endpoint));
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, kept.replacen(r#""volume":0.01"#, r#""volume":0.02"#, 1)).unwrap();
    let page = machine.against(&sim, &["sync"]).end().exits(0);
    page.says("0 opened, 0 closed, 1 changed").says("changed: 100000001 was EURUSD BUY 0.02 at ");
}

#[test]
fn an_unreadable_snapshot_counts_as_absent() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for content in ["", "{", "[]", r#"{"schema":"mt5crs.snapshot/2"}"#] {
        machine.write(&snapshot::at(sim.endpoint), content);
        let ended = machine.against(&sim, &["sync"]).json().exits(0);
        let document = ended.document();
        assert_eq!(document["report"]["changes"], Value::Null);
        assert_eq!(document["report"]["snapshot"]["replaced"], true);
        assert_eq!(document["warnings"].as_array().unwrap().len(), 1, "{document}");
        ended.tells("taken for absent");
    }
}

#[test]
fn each_gateway_has_a_snapshot_of_its_own() {
    let machine = Machine::new();
    let (one, other) = (Sim::with_faults(&[]), Sim::start(&["--positions=5"]));
    machine.against(&one, &["sync"]).end().exits(0);
    let document = machine.against(&other, &["sync"]).json().exits(0).document();
    assert_eq!(document["report"]["changes"], Value::Null);
}

#[test]
fn credit_explains_an_equity_without_positions_only() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["stub"]));
    for (credit, code) in [("0", 1), ("5.50", 0), ("5.49", 0), ("5.48", 1), ("-5.50", 1)] {
        let flag = format!("--credit={credit}");
        let document = machine.against(&sim, &["sync", &flag]).json().exits(code).document();
        let recovered = if code == 0 { 0.into() } else { Value::Null };
        assert_eq!(document["report"]["recovered"], recovered, "{credit}");
    }
    // Credit doesn't explain margin in use.
    let lying = Sim::with_faults(&["positions-empty-on-error"]);
    machine.against(&lying, &["sync", "--credit=-0.15"]).end().exits(1);
}

#[test]
fn the_report_file_holds_the_same_document() {
    let machine = Machine::new();
    for (faults, code) in [(&[][..], 0), (&["no-terminal"][..], 1), (&["garbage:PING:nan"][..], 6)]
    {
        let sim = Sim::with_faults(faults);
        let ended = machine.against(&sim, &["sync", "--report=report.json"]).json().exits(code);
        let file = std::fs::read_to_string(machine.file("report.json")).unwrap();
        assert_eq!(file.trim_end(), ended.stdout().trim_end());
        // The file is a document even if stdout is a page.
        machine.against(&sim, &["sync", "--report=page.json"]).end().exits(code);
        let file = std::fs::read(machine.file("page.json")).unwrap();
        let document: Value = serde_json::from_slice(&file).unwrap();
        assert_eq!(document["exit_code"], code);
    }
}

#[test]
fn an_unwritable_report_file_leaves_the_answer_in_the_document() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let ended = machine.against(&sim, &["sync", "--report=nowhere/report.json"]).json().exits(1);
    assert_eq!(ended.document()["report"]["recovered"], 3);
    ended.tells("failed to write the report");
}

#[test]
fn ten_thousand_positions_are_recovered() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=10000"]));
    let document = machine.against(&sim, &["sync"]).json().exits(0).document();
    assert_eq!(document["report"]["recovered"], 10_000);
    let ended = machine.against(&sim, &["sync"]).end().exits(0);
    assert!(ended.stdout().lines().count() < 100, "{}", ended.stdout());
    ended.says("… 9950 more of 10000 (--all shows them)");
}
