//! For each check, a gateway that makes this check alone fail or warn.

use serde_json::Value;

use crate::snapshot::Kept;
use crate::support::{Machine, Sim, named};

/// The checks of that status, by name.
fn with_status<'d>(document: &'d Value, status: &str) -> Vec<&'d str> {
    let checks = document["report"]["checks"].as_array().unwrap();
    let them = checks.iter().filter(|check| check["status"] == status);
    them.map(|check| check["name"].as_str().unwrap()).collect()
}

/// Asserts that exactly this check fails, with these words, and that nothing is recovered.
#[track_caller]
fn only_fails(faults: &[&str], name: &str, found: &str) {
    let (machine, sim) = (Machine::new(), Sim::with_faults(faults));
    let kept = Kept::before(&machine, sim.endpoint);
    let ended = machine.against(&sim, &["sync"]).json().exits(1);
    let document = ended.document();
    assert_eq!(with_status(&document, "fail"), [name], "{document}");
    let check = named(&document, "checks", name);
    assert!(check["found"].as_str().unwrap().contains(found), "{check}");
    assert!(check["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{check}");
    assert_eq!(document["report"]["recovered"], Value::Null);
    assert_eq!(document["report"]["snapshot"]["replaced"], false);
    kept.is_intact();
}

/// Asserts that exactly this check warns, and that the state is recovered.
#[track_caller]
fn only_warns(arguments: &[&str], name: &str) {
    let (machine, sim) = (Machine::new(), Sim::start(arguments));
    let ended = machine.against(&sim, &["sync"]).json().exits(0);
    let document = ended.document();
    assert_eq!(document["verdict"], "warn");
    assert_eq!(with_status(&document, "warn"), [name], "{document}");
    assert!(with_status(&document, "fail").is_empty(), "{document}");
    assert!(document["report"]["recovered"].is_u64(), "{document}");
    machine.against(&sim, &["sync"]).end().exits(0).says(&format!("warnings: {name}"));
}

#[test]
fn a_ticket_set_that_never_settles_fails_after_three_rounds() {
    only_fails(&["churn"], "ticket-set-stable", "never the same in 3 rounds");
    only_fails(
        &["positions-empty-on-error:SYNC_ALL"],
        "ticket-set-stable",
        "last: 0 by SYNC_ALL, 3 by GET_POSITIONS",
    );
}

#[test]
fn lists_that_differ_once_are_read_again() {
    let machine = Machine::new();
    for fault in ["positions-empty-on-error:SYNC_ALL:1", "churn:GET_POSITIONS:2"] {
        let sim = Sim::with_faults(&[fault]);
        let document = machine.against(&sim, &["sync"]).json().exits(0).document();
        assert_eq!(document["report"]["recovered"], 3);
        assert!(document["report"]["rounds"].as_u64().unwrap() > 1, "{document}");
    }
}

#[test]
fn unusable_lists_fail() {
    only_fails(&["ticket-zero-listed"], "tickets-real", "ticket 0");
    only_fails(&["ticket-twice"], "tickets-unique", "ticket 100000001 twice");
    only_fails(&["volume-zero"], "volumes-positive", "ticket 100000001: volume 0.00");
    only_fails(&["side-unknown"], "sides-known", "ticket 100000001: LONG");
}

#[test]
fn a_refused_read_fails() {
    only_fails(&["no-sync-all"], "sync-all", "UNKNOWN_ACTION");
    only_fails(&["no-terminal:GET_POSITIONS"], "positions-readable", "MT5_NOT_CONNECTED");
    only_fails(&["no-terminal:GET_ACCOUNT"], "account-readable", "MT5_NOT_CONNECTED");
}

#[test]
fn contradictory_figures_warn() {
    // With enough positions, 50 points are more than a hundredth of the level.
    only_warns(&["--positions=1000", "--fault=level-wrong:GET_ACCOUNT"], "margin-level");
    only_warns(&["--positions=3", "--fault=balance-jump:GET_ACCOUNT"], "balance-steady");
    only_warns(&["--positions=3", "--fault=clock-skew:3s"], "clock-skew");
    only_warns(&["--positions=3", "--fault=clock-skew:-3s"], "clock-skew");
}

#[test]
fn a_margin_level_of_zero_without_margin_is_healthy() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=0"]));
    let ended = machine.against(&sim, &["sync"]).json().exits(0).says(r#""margin_level":0.0,"#);
    let document = ended.document();
    assert_eq!(named(&document, "checks", "margin-level")["status"], "pass");
    assert_eq!(named(&document, "checks", "empty-book")["status"], "pass");
    assert_eq!(document["report"]["recovered"], 0);
}

#[test]
fn the_expected_account_passes_and_any_other_is_refused() {
    let expected = [
        ("MT5CRS_EXPECT_LOGIN", "12345", "54321"),
        ("MT5CRS_EXPECT_SERVER", "Broker-Demo", "Broker-Live"),
        ("MT5CRS_EXPECT_TRADE_MODE", "demo", "real"),
        ("MT5CRS_EXPECT_CURRENCY", "USD", "EUR"),
    ];
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["identity:12345:Broker-Demo:0"]));
    let mut run = machine.against(&sim, &["sync"]);
    for (key, right, _) in expected {
        run = run.env(key, right);
    }
    let document = run.json().exits(0).document();
    assert_eq!(named(&document, "checks", "identity-expected")["status"], "pass");
    let kept = Kept::before(&machine, sim.endpoint);
    for (key, _, wrong) in expected {
        let run = || machine.against(&sim, &["sync"]).env(key, wrong);
        let document = run().json().exits(5).document();
        assert_eq!(document["error"]["code"], "wrong-account", "{key}");
        assert_eq!(named(&document, "checks", "identity-expected")["status"], "fail");
        assert_eq!(document["report"]["recovered"], Value::Null);
        kept.is_intact();
        run().end().exits(5).tells("another account").never_says("positions recovered");
    }
}

#[test]
fn an_unreported_account_is_unknown() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for (key, value) in [
        ("MT5CRS_EXPECT_LOGIN", "12345"),
        ("MT5CRS_EXPECT_SERVER", "Broker-Demo"),
        ("MT5CRS_EXPECT_TRADE_MODE", "demo"),
    ] {
        let document = machine.against(&sim, &["sync"]).env(key, value).json().exits(0).document();
        let check = named(&document, "checks", "identity-expected");
        assert_eq!((&document["verdict"], &check["status"]), (&"warn".into(), &"warn".into()));
        assert!(check["found"].as_str().unwrap().contains("not reported by the gateway"));
    }
    // A difference outranks a missing field.
    let run = machine.against(&sim, &["sync"]).env("MT5CRS_EXPECT_LOGIN", "12345");
    run.env("MT5CRS_EXPECT_CURRENCY", "EUR").json().exits(5);
}
