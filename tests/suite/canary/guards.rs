//! Each guard alone forbids the order: code 5, the guard's name, and an empty ledger.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::orders::{FREE, approved, approved_at, canary, error, honest, quick};
use crate::support::{Machine, Run, Sim, named, signal, wait_for_line};

/// Asserts that this guard forbids and that nothing executed.
#[track_caller]
fn forbids(run: Run, sim: &Sim, guard: &str) -> Value {
    let document = honest(&run.json().exits(5), sim);
    assert_eq!(named(&document, "guards", guard)["status"], "fail", "{document}");
    let causes = document["error"]["causes"].as_array().unwrap();
    let named = format!("{guard}: ");
    let names_it = |cause: &Value| cause.as_str().unwrap().starts_with(&named);
    assert!(causes.iter().any(names_it), "{document}");
    document
}

fn book() -> Sim {
    Sim::start(&["--positions=3"])
}

#[test]
fn anything_but_an_approving_decision_forbids() {
    let (machine, sim) = (Machine::new(), book());
    let with = |field: &str, value: Value| {
        let mut decision = approved();
        decision[field] = value;
        decision.to_string()
    };
    let old = Timestamp::now() - jiff::SignedDuration::from_hours(24 * 8);
    for (text, guard) in [
        ("GO".to_owned(), "decision-readable"),
        (with("decision", json!("NO-GO")), "decision-go"),
        (with("approval_confidence", json!(0.79)), "decision-confidence"),
        (with("rejection_reasons", json!(["drift"])), "decision-reasons"),
        (with("decision_hash", json!("1ac7db5b277d4dd1")), "decision-hash"),
        (with("critical_errors", json!(1)), "decision-hash"),
        (with("drift_events_24h", json!(5)), "decision-drift"),
        (approved_at(old).to_string(), "decision-age"),
    ] {
        let path = machine.write("judged.json", text);
        let run = canary(&machine, &sim, &["--yes"]).env("MT5CRS_DECISION_FILE", path);
        forbids(run, &sim, guard);
    }
    let missing = machine.file("nowhere.json");
    let run = canary(&machine, &sim, &["--yes"]).env("MT5CRS_DECISION_FILE", missing);
    forbids(run, &sim, "decision-readable");
    // Only an embedded simulated gateway comes with an example decision.
    forbids(quick(&machine, &sim, &["canary", "--yes"]), &sim, "decision-readable");
}

#[test]
fn the_hash_must_be_expected_and_appear_in_the_report() {
    let (machine, sim) = (Machine::new(), book());
    let run = canary(&machine, &sim, &["--yes", "--decision-hash=1ac7db5b277d4dd1"]);
    forbids(run, &sim, "decision-expected");
    let report = machine.write("report.md", "# approved\n`1ac7db5b277d4dd1`\n");
    let argument = format!("--decision-report={}", report.display());
    forbids(canary(&machine, &sim, &["--yes", &argument]), &sim, "decision-report");
    let gone = canary(&machine, &sim, &["--yes", "--decision-report=nowhere.md"]);
    forbids(gone, &sim, "decision-report");
}

#[test]
fn an_engaged_breaker_forbids() {
    let (machine, sim) = (Machine::new(), book());
    machine.write("kill_switch.lock", "{\"reason\":\"latency\"}");
    let document = forbids(canary(&machine, &sim, &["--yes"]), &sim, "breaker");
    assert!(error(&document).contains("latency"), "{document}");
}

#[test]
fn an_open_symbol_forbids_without_beside_open() {
    let (machine, sim) = (Machine::new(), book());
    forbids(canary(&machine, &sim, &["--yes", "--symbol=EURUSD"]), &sim, "symbol-free");
    let ended = canary(&machine, &sim, &["--yes", "--symbol=EURUSD", "--beside-open"]).json();
    honest(&ended.exits(0), &sim);
}

#[test]
fn a_slow_link_forbids() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3", "--link-rtt=12ms"]));
    let run = canary(&machine, &sim, &["--yes"])
        .env("MT5CRS_LATENCY_CRITICAL_MS", "10")
        .env("MT5CRS_LATENCY_WARN_MS", "9");
    forbids(run, &sim, "latency");
    let sim = Sim::with_faults(&["drop-reply:PING:#20"]);
    let document = forbids(canary(&machine, &sim, &["--yes"]), &sim, "latency");
    assert!(error(&document).contains("a round trip was lost"), "{document}");
}

#[test]
fn a_clock_ahead_or_behind_by_more_than_the_ttl_forbids() {
    let machine = Machine::new();
    for fault in ["clock-skew:3s", "clock-skew:-3s"] {
        let sim = Sim::with_faults(&[fault]);
        forbids(canary(&machine, &sim, &["--yes"]), &sim, "clock-skew");
    }
}

#[test]
fn an_unreachable_terminal_forbids() {
    let machine = Machine::new();
    for fault in ["terminal-dead", "no-terminal"] {
        let sim = Sim::with_faults(&[fault]);
        forbids(canary(&machine, &sim, &["--yes"]), &sim, "terminal");
    }
}

#[test]
fn a_contradictory_list_forbids() {
    let machine = Machine::new();
    for fault in ["positions-empty-on-error", "hedged-empty", "ticket-twice", "side-unknown"] {
        let sim = Sim::with_faults(&[fault]);
        forbids(canary(&machine, &sim, &["--yes"]), &sim, "state");
    }
}

#[test]
fn a_list_that_becomes_wrong_right_before_the_order_forbids() {
    // The guards' list is the first of these reads, and the last look is the second. If the second were empty, every
    // position would seem new afterwards.
    let machine = Machine::new();
    for fault in ["positions-empty-on-error:GET_POSITIONS:2+", "position-appears:1"] {
        let sim = Sim::with_faults(&[fault]);
        let arguments = ["--yes", "--symbol=EURUSD", "--beside-open"];
        let arguments = if fault.contains("empty") { &arguments[..] } else { &arguments[..1] };
        let run = canary(&machine, &sim, arguments);
        let run = match fault.contains("appears") {
            true => run.env("MT5CRS_CANARY_SYMBOL", "EURUSD"),
            false => run,
        };
        let document = honest(&run.json().exits(5), &sim);
        assert_eq!(document["error"]["code"], "guard", "{document}");
    }
}

#[test]
fn a_gateway_that_cannot_close_forbids_without_keep_open() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["cannot-close"]));
    let document = forbids(canary(&machine, &sim, &["--yes"]), &sim, "can-close");
    assert!(error(&document).contains("cannot close anything"), "{document}");
    let ended = canary(&machine, &sim, &["--yes", "--keep-open"]).json().exits(0);
    let document = honest(&ended, &sim);
    assert_eq!(named(&document, "guards", "can-close")["status"], "warn");
}

#[test]
fn an_unexpected_account_forbids() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["identity:1100212251:Demo2:0"]));
    for (key, value) in [
        ("MT5CRS_EXPECT_LOGIN", "7"),
        ("MT5CRS_EXPECT_SERVER", "Live"),
        ("MT5CRS_EXPECT_TRADE_MODE", "real"),
        ("MT5CRS_EXPECT_CURRENCY", "EUR"),
    ] {
        let run = canary(&machine, &sim, &["--yes"]).env(key, value);
        forbids(run, &sim, "account-expected");
    }
    let run = canary(&machine, &sim, &["--yes"]).env("MT5CRS_EXPECT_LOGIN", "1100212251");
    honest(&run.json().exits(0), &sim);
}

#[test]
fn a_stub_forbids_because_it_claims_to_close_anything() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--fault=stub"]));
    forbids(canary(&machine, &sim, &["--yes", "--credit=5.5"]), &sim, "can-close");
}

/// Runs a canary, and returns the path of its evidence.
fn evidence_of(machine: &Machine, sim: &Sim) -> std::path::PathBuf {
    let document = canary(machine, sim, &["--yes"]).json().exits(0).document();
    document["report"]["evidence"].as_str().unwrap().into()
}

#[test]
fn damaged_evidence_forbids() {
    let (machine, sim) = (Machine::new(), book());
    let path = evidence_of(&machine, &sim);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("canary", "cannry", 1)).unwrap();
    let document = canary(&machine, &sim, &["--yes"]).json().exits(5).document();
    assert!(error(&document).contains("damaged"), "{document}");
    assert_eq!(crate::orders::opens(&sim), 1);
}

#[test]
fn unwritable_evidence_forbids() {
    let (machine, sim) = (Machine::new(), book());
    let path = evidence_of(&machine, &sim);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let document = canary(&machine, &sim, &["--yes"]).json().exits(5).document();
    assert!(error(&document).contains("evidence-writable"), "{document}");
    assert_eq!(crate::orders::opens(&sim), 1);
}

#[test]
fn evidence_of_another_endpoint_forbids_and_stays_unchanged() {
    let machine = Machine::new();
    // An unresolved order at another gateway.
    let sim = Sim::with_faults(&["hang:OPEN"]);
    let document = canary(&machine, &sim, &["--yes", "--deadline=8s"]).json().exits(4).document();
    let theirs = std::path::PathBuf::from(document["report"]["evidence"].as_str().unwrap());
    let here = book();
    let dry = canary(&machine, &here, &["--dry-run"]).json().exits(0).document();
    let ours = std::path::PathBuf::from(dry["report"]["evidence"].as_str().unwrap());
    std::fs::create_dir_all(ours.parent().unwrap()).unwrap();
    for entry in std::fs::read_dir(theirs.parent().unwrap()).unwrap() {
        let from = entry.unwrap().path();
        std::fs::copy(&from, ours.with_file_name(from.file_name().unwrap())).unwrap();
    }
    let before = std::fs::read(&ours).unwrap();
    forbids(canary(&machine, &here, &["--yes"]), &here, "evidence-owner");
    assert_eq!(std::fs::read(&ours).unwrap(), before, "it was resolved by another gateway's lists");
}

#[test]
fn an_unresolved_order_forbids() {
    let machine = Machine::new();
    let mut sim = Sim::start(&["--fault=stub"]);
    let arguments = ["--yes", "--keep-open", "--credit=5.5"];
    let document = honest(&canary(&machine, &sim, &arguments).json().exits(4), &sim);
    assert!(error(&document).contains("12345"), "{document}");
    // The gateway named a ticket, so a list without it doesn't prove that nothing executed.
    sim.restart(&[]);
    let document = forbids(canary(&machine, &sim, &["--yes"]), &sim, "intents-resolved");
    let guard = named(&document, "guards", "intents-resolved");
    assert!(guard["remedy"].as_str().unwrap().contains("mt5crs evidence resolve"), "{guard}");
}

#[test]
fn a_second_canary_is_refused_while_one_runs() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["delay:PING:1500ms:#1"]));
    let mut first = canary(&machine, &sim, &["--yes", "-vv"]).start();
    wait_for_line(&mut first, "PING");
    let document = canary(&machine, &sim, &["--yes"]).json().exits(5).document();
    assert_eq!(document["error"]["code"], "canary-lock", "{document}");
    signal(first.id(), "KILL");
    first.wait().unwrap();
    // The system releases the lock however its process ended.
    let ended = canary(&machine, &sim, &["--yes", "--timeout=5s"])
        .env("MT5CRS_SIGNATURE_TTL_S", "5")
        .json()
        .exits(0);
    honest(&ended, &sim);
}

#[test]
fn an_invalid_volume_is_wrong_usage() {
    let (machine, sim) = (Machine::new(), book());
    for (key, values) in [
        ("MT5CRS_CANARY_MAX_LOT", ["0", "-0.01", "0.011", "NaN", "1e9"]),
        ("MT5CRS_CANARY_COEFFICIENT", ["0", "-0.1", "1.01", "nan", "ten"]),
    ] {
        for value in values {
            let ended = canary(&machine, &sim, &["--yes"]).env(key, value).json();
            assert!(error(&ended.exits(2).document()).contains(key));
        }
    }
    assert_eq!(crate::orders::opens(&sim), 0);
}

#[test]
fn a_deadline_too_near_for_a_proof_forbids() {
    let (machine, sim) = (Machine::new(), book());
    let run = canary(&machine, &sim, &["--yes", "--deadline=2s"]);
    let document = honest(&run.json().exits(5), &sim);
    assert!(error(&document).contains("--deadline"), "{document}");
    assert_eq!(document["report"]["plan"]["symbol"], FREE);
    assert!(document["duration_ms"].as_u64().unwrap() < Duration::from_secs(3).as_millis() as u64);
}

#[test]
fn a_look_alike_and_silence_send_no_order() {
    let machine = Machine::new();
    for (fault, code) in
        [("foreign-ea-v4", 6), ("foreign-ea-v5", 6), ("garbage:GET_ACCOUNT:nan", 6)]
    {
        let sim = Sim::with_faults(&[fault]);
        canary(&machine, &sim, &["--yes"]).json().exits(code);
        assert!(sim.ledger().is_empty(), "{fault}: {:?}", sim.ledger());
    }
    let mut sim = book();
    sim.kill();
    let document = canary(&machine, &sim, &["--yes"]).json().exits(3).document();
    assert_eq!(named(&document, "guards", "identity")["status"], "fail");
    assert_eq!(named(&document, "guards", "latency")["status"], "not_reached");
}

#[test]
fn an_unknown_symbol_is_named_in_the_remedy_with_the_listed_ones() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=12"]));
    let run = canary(&machine, &sim, &["--yes", "--symbol=EURUSD.x", "--deadline=20s"]);
    let document = honest(&run.json().exits(7), &sim);
    let remedy = document["error"]["remedy"].as_str().unwrap();
    assert!(remedy.contains("does not know the symbol EURUSD.x"), "{remedy}");
    assert!(remedy.contains("--symbol") && remedy.contains("EURUSD.s"), "{remedy}");
}
