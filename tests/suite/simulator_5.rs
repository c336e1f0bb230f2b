//! The simulated gateway of protocol 5 as a process: what commands make of it, and its flags.

use serde_json::Value;

use crate::support::{Ended, Machine, Run, Sim};

/// The secret of a key.
pub const SECRET: &str = "8f3a5c19d27e4b60a1c8f05e9b7d3624c5e1a09f6b8d4732e0f9c1b2a3d4e5f6";

/// A machine with a key, and a gateway that knows it.
struct Pair {
    machine: Machine,
    sim: Sim,
    key: String,
}

impl Pair {
    fn new(arguments: &[&str]) -> Self {
        let machine = Machine::new();
        let key = key_file(&machine, "ops", SECRET);
        let flag = format!("--key={key}");
        let sim = Sim::start(&[&["--protocol=5", &flag], arguments].concat());
        Self { machine, sim, key }
    }

    fn with_faults(faults: &[&str]) -> Self {
        let flags: Vec<String> = faults.iter().map(|fault| format!("--fault={fault}")).collect();
        let flags = flags.iter().map(String::as_str);
        let all: Vec<&str> = ["--positions=2", "--pending=1"].into_iter().chain(flags).collect();
        Self::new(&all)
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.machine.against(&self.sim, arguments).json()
    }

    fn signed(&self, arguments: &[&str]) -> Ended {
        self.signing(arguments).json()
    }

    fn signing(&self, arguments: &[&str]) -> Run {
        let decision = self.machine.write("decision.json", crate::orders::approved().to_string());
        self.machine
            .against(&self.sim, arguments)
            .env("MT5CRS_DECISION_FILE", decision)
            .env("MT5CRS_LINK_KEY_FILE", &self.key)
            .env("MT5CRS_LINK_KEY_NAME", "ops")
    }
}

/// Writes a key's file, of its owner alone.
pub fn key_file(machine: &Machine, name: &str, secret: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = machine.write(name, secret);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn kinds(sim: &Sim) -> Vec<String> {
    sim.ledger().iter().map(|it| it["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn commands_that_sign_are_answered_and_others_are_not() {
    let pair = Pair::with_faults(&[]);
    for command in [["link-test", "--count=1"], ["sync", "--all"], ["positions", "--all"]] {
        pair.signed(&command).exits(0);
    }
    // Without the key nothing but a refusal is to be had.
    pair.run(&["positions"]).exits(6);
}

#[test]
fn a_canary_executes_twice_and_names_its_deals() {
    let pair = Pair::new(&["--fault=commission:0.03"]);
    let document = pair.signed(&["canary", "--yes", "--symbol=AUDUSD"]).exits(0).document();
    assert_eq!(kinds(&pair.sim), ["OPEN", "CLOSE"]);
    let deals = &document["report"]["deals"]["deals"];
    let entries: Vec<&str> =
        deals.as_array().unwrap().iter().map(|it| it["entry"].as_str().unwrap()).collect();
    assert_eq!(entries, ["IN", "OUT"]);
}

#[test]
fn an_emergency_cancels_what_may_still_open() {
    let pair = Pair::with_faults(&[]);
    pair.signed(&["emergency-close", "--yes"]).exits(0);
    assert_eq!(kinds(&pair.sim), ["CLOSE", "CLOSE"]);
    let after = pair.signed(&["positions"]).exits(0).document();
    assert_eq!(after["report"]["positions"], Value::Array(vec![]));
    // A cancel that claims success and does nothing is no proof.
    let liar = Pair::with_faults(&["cancel-ignored"]);
    liar.signed(&["emergency-close", "--yes", "--rounds=2"]).exits(8);
}

#[test]
fn an_order_that_is_to_stay_keeps_the_account_from_being_flat() {
    let pair = Pair::new(&["--positions=1", "--pending=2"]);
    let arguments = ["emergency-close", "--yes", "--symbol=EURUSD"];
    let document = pair.signed(&arguments).exits(0).document();
    assert_eq!(document["report"]["certificate"], Value::Null, "{document}");
    let document = pair.signed(&["emergency-close", "--yes"]).exits(0).document();
    assert_ne!(document["report"]["certificate"], Value::Null, "{document}");
    let another = Pair::new(&["--positions=1", "--pending=2"]);
    let page = another.signing(&arguments).end().exits(0);
    let page = page.says("CLOSED: 1 of 1 position");
    assert!(!page.stdout().contains("FLAT"), "{}", page.stdout());
}

#[test]
fn a_list_that_changes_while_it_is_read_is_read_again() {
    let pair = Pair::with_faults(&["list-unstable:GET_POSITIONS:1"]);
    pair.signed(&["positions"]).exits(0);
    let unstable = Pair::with_faults(&["list-unstable"]);
    unstable.signed(&["positions"]).exits(1);
}

#[test]
fn replies_of_others_are_not_the_gateways() {
    const OTHER_KEY: &str = "signed with another key, or was changed on the way";
    for (fault, told) in [
        ("mac-forged", OTHER_KEY),
        ("reply-unsigned", "its answer is not signed"),
        ("reply-other-key", OTHER_KEY),
        ("request-echoed", "a signed request, sent back"),
        ("reply-replayed:2+", "was given to another request"),
    ] {
        // Other rules refuse some of these replies as well, so the words tell which one did.
        Pair::with_faults(&[fault]).signed(&["sync"]).exits(6).says(told);
    }
}

#[test]
fn a_gateway_without_our_key_is_not_the_gateway() {
    let machine = Machine::new();
    let key = key_file(&machine, "ops", SECRET);
    let sim = Sim::start(&["--protocol=5", "--positions=2"]);
    for command in [&["link-test"][..], &["sync"], &["emergency-close", "--yes"]] {
        let run = machine.against(&sim, command);
        let run = run.env("MT5CRS_LINK_KEY_FILE", &key).env("MT5CRS_LINK_KEY_NAME", "ops");
        run.json().exits(6).says("BAD_SIGNATURE");
    }
    assert!(sim.ledger().is_empty());
    // It may accept unsigned orders of others: what it signs for us is proved all the same.
    Pair::new(&["--signing=off"]).signed(&["sync"]).exits(0);
}

#[test]
fn clocks_six_seconds_apart_refuse_and_execute_nothing() {
    let pair = Pair::with_faults(&["clock-skew:6s"]);
    let ended = pair.signed(&["canary", "--yes"]);
    assert!(matches!(ended.code(), Some(5 | 6)), "{:?}: {}", ended.code(), ended.stdout());
    assert!(pair.sim.ledger().is_empty());
}

#[test]
fn a_canary_that_may_not_trade_sends_nothing() {
    for fault in ["autotrading-off", "market-closed", "symbol-minimum:0.1", "kill-switch-engaged"] {
        let pair = Pair::with_faults(&[fault]);
        let ended = pair.signed(&["canary", "--yes", "--symbol=AUDUSD"]);
        assert!(
            matches!(ended.code(), Some(5 | 7)),
            "{fault}: {:?} {}",
            ended.code(),
            ended.stdout()
        );
        assert!(pair.sim.ledger().is_empty(), "{fault}");
    }
}

#[test]
fn a_killed_gateway_knows_its_orders_again() {
    let mut pair = Pair::new(&["--fault=crash:OPEN:after"]);
    let mut canary = pair.signing(&["canary", "--yes", "--symbol=AUDUSD"]).start();
    assert!(pair.sim.ends_before(&mut canary), "no order was sent");
    canary.kill().unwrap();
    canary.wait().unwrap();
    let key = format!("--key={}", pair.key);
    pair.sim.restart(&["--protocol=5", &key]);
    assert_eq!(kinds(&pair.sim)[0], "OPEN");
    // The order's intent is resolved by what the gateway shows.
    let gate = pair.signed(&["sync"]);
    assert!(matches!(gate.code(), Some(0 | 1)), "{:?} {}", gate.code(), gate.stdout());
    let open = pair.signed(&["positions"]).exits(0).document();
    assert_eq!(open["report"]["positions"].as_array().unwrap().len(), 1, "{open}");
}

#[test]
fn only_the_journal_that_the_order_named_voids_it() {
    let lost = |journal: &[&str]| {
        let pair = Pair::with_faults(&[&["open-withheld:600s"], journal].concat());
        let ended = pair
            .signing(&["canary", "--yes", "--symbol=AUDUSD"])
            .env("MT5CRS_ORDER_TIMEOUT_S", "1")
            .env("MT5CRS_SETTLE_S", "0.3")
            .env("MT5CRS_SIGNATURE_TTL_S", "1")
            .json();
        assert!(pair.sim.ledger().is_empty());
        ended
    };
    let rests_on_it = |ended: &Ended| ended.stdout().contains("journal-keeps-voids");
    let voided = lost(&[]);
    assert!(rests_on_it(&voided), "{}", voided.stdout());
    let _ = voided.exits(7);
    // A new journal, or an older copy of this one, never knew the order: its word proves nothing.
    for journal in ["journal-lost:GET_OUTCOME", "journal-restored:GET_OUTCOME:3"] {
        let ended = lost(&[journal]);
        assert!(matches!(ended.code(), Some(4 | 7)), "{journal}: {:?}", ended.code());
        assert!(!rests_on_it(&ended), "{journal}: {}", ended.stdout());
    }
}

#[test]
fn an_embedded_gateway_signs_as_well() {
    let machine = Machine::new();
    let key = format!("--sim-key={}", key_file(&machine, "ops", SECRET));
    let five = ["--sim", "--sim-protocol=5", &key, "--sim-pending=2", "--sim-positions=1"];
    let run = |command: &[&str]| machine.run([command, &five].concat());
    run(&["link-test", "--count=1"]).end().exits(0);
    run(&["canary", "--yes", "--symbol=AUDUSD"]).end().exits(0);
    run(&["emergency-close", "--yes"]).end().exits(0);
}

#[test]
fn a_gateway_speaks_5_unless_4_is_asked_for() {
    let machine = Machine::new();
    let protocol = |flags: &[&str]| {
        let all = [&["--sim", "link-test", "--count=1"], flags].concat();
        let document = machine.run(all).json().exits(0).document();
        document["report"]["gateway"]["protocol"].clone()
    };
    assert_eq!(protocol(&[]), 5);
    assert_eq!(protocol(&["--sim-protocol=4"]), Value::Null);
    let mut sim = Sim::start(&["--protocol=4", "--positions=2"]);
    let positions = |sim: &Sim| machine.against(sim, &["positions"]).json().exits(0).document();
    assert_eq!(positions(&sim)["report"]["pending_orders"], Value::Null);
    // A book goes on under the newer protocol.
    sim.restart(&["--protocol=5"]);
    let newer = positions(&sim);
    assert_eq!(newer["report"]["positions"].as_array().unwrap().len(), 2, "{newer}");
    assert_eq!(newer["report"]["pending_orders"], Value::Array(vec![]), "{newer}");
}

#[test]
fn flags_of_protocol_5_need_protocol_5() {
    let machine = Machine::new();
    let key = key_file(&machine, "ops", SECRET);
    for flag in [
        "--pending=2",
        &format!("--key={key}"),
        "--role=read",
        "--signing=off",
        "--fault=deals-lag:3s",
    ] {
        let ended = machine.run(["sim", "--protocol=4", flag]).end().exits(2);
        ended.tells("speaks 4").tells("leave out --protocol");
        let embedded = flag.replacen("--", "--sim-", 1);
        let four = machine.run(["--sim", "--sim-protocol=4", "positions", &embedded]);
        four.end().exits(2).tells("leave out --sim-protocol");
    }
    let short = key_file(&machine, "short", "00");
    let flag = format!("--key={short}");
    machine.run(["sim", "--protocol=5", &flag]).end().exits(2).tells("64");
}
