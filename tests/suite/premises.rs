//! The hazards from 25 on: each takes away one premise of a proof, and the ledger shows that nothing false is claimed. For
//! each there is a sound gateway beside it that is not refused.

use serde_json::Value;

use crate::emergency_close::{close, honest as honest_close};
use crate::orders::{canary, error, executed, opens};
use crate::support::{Machine, Sim};

/// A gateway with these faults, positions and an account that names itself.
fn gateway(positions: &str, faults: &[&str]) -> Sim {
    let mut arguments = vec![positions];
    for fault in faults {
        arguments.extend(["--fault", fault]);
    }
    Sim::start(&arguments)
}

#[track_caller]
fn traded(faults: &[&str], code: i32) -> (Value, Sim) {
    let (machine, sim) = (Machine::new(), gateway("--positions=3", faults));
    let ended = canary(&machine, &sim, &["--yes", "--deadline=25s"]).json().exits(code);
    (ended.document(), sim)
}

#[track_caller]
fn closed(faults: &[&str], arguments: &[&str], code: i32) -> (Value, Sim) {
    let (machine, sim) = (Machine::new(), gateway("--positions=3", faults));
    let ended = close(&machine, &sim, arguments).json().exits(code);
    (ended.document(), sim)
}

fn warnings(document: &Value) -> String {
    document["warnings"].to_string()
}

const ACCOUNT: &str = "identity:111:Broker:0";

#[test]
fn hazard_25_a_canary_proves_nothing_once_the_terminal_is_in_another_account() {
    // The first CLOSE is the probe.
    for faults in
        [&[ACCOUNT, "account-switch:CLOSE:9500.00:#2"][..], &["account-switch:CLOSE:9000.00:#2"]]
    {
        let (document, sim) = traded(faults, 8);
        assert_eq!(executed(&sim), ["OPEN"], "{document}");
        assert_ne!(document["report"]["close"]["result"], "closed", "{document}");
        assert_eq!(document["report"]["cost"], Value::Null, "{document}");
    }
}

#[test]
fn hazard_25_emergency_close_certifies_no_other_account() {
    for faults in
        [&[ACCOUNT, "account-switch:CLOSE:500.00:1"][..], &["account-switch:CLOSE:500.00:1"]]
    {
        let (document, sim) = closed(faults, &[], 8);
        assert!(sim.ledger().is_empty(), "{document}");
        assert_eq!(document["report"]["closed"], 0, "{document}");
        assert_eq!(document["report"]["certificate"], Value::Null, "{document}");
    }
}

#[test]
fn an_account_that_is_not_the_expected_one_is_refused_before_any_close() {
    let (machine, sim) = (Machine::new(), gateway("--positions=3", &[ACCOUNT]));
    let run = || close(&machine, &sim, &[]);
    let document = run().env("MT5CRS_EXPECT_LOGIN", "222").json().exits(5).document();
    assert!(error(&document).contains("login was 222 and is 111"), "{document}");
    assert!(sim.requests().iter().all(|request| request.action() != "CLOSE"));
    honest_close(&run().env("MT5CRS_EXPECT_LOGIN", "111").json().exits(0), &sim);
}

#[test]
fn hazard_26_positions_whose_results_never_reach_the_balance_are_not_closed() {
    let faults =
        ["close-ticket-zero", "hides-positions:GET_POSITIONS:2+", "hides-positions:GET_ACCOUNT:2+"];
    let (machine, sim) = (Machine::new(), gateway("--positions=60", &faults));
    let document = close(&machine, &sim, &["--rounds=2"]).json().exits(8).document();
    assert!(error(&document).contains("the balance is still"), "{document}");
    assert!(sim.ledger().is_empty(), "{document}");
}

#[test]
fn hazard_27_an_order_that_blocks_past_its_signature_is_found() {
    let (document, sim) = traded(&["open-blocks:3s:200ms"], 8);
    assert_eq!(opens(&sim), 1, "{document}");
    assert_eq!(document["report"]["order"]["result"], "executed", "{document}");
    // Its lists may have any time.
    for offset in ["-3h", "3h"] {
        let offset = format!("list-time-offset:{offset}");
        let (document, sim) = traded(&["drop-reply:OPEN", "open-ticket-zero", &offset], 7);
        assert_eq!(opens(&sim), 0, "{document}");
        let (document, sim) = traded(&["open-late:100ms", "drop-reply:OPEN", &offset], 8);
        assert_eq!(opens(&sim), 1, "{document}");
    }
}

#[test]
fn hazard_28_another_position_than_the_order_s_is_never_nothing() {
    for fault in ["open-raised:0.01", "open-renamed:.s"] {
        let (document, sim) = traded(&[fault, "drop-reply:OPEN"], 4);
        assert_eq!(opens(&sim), 1, "{document}");
        assert!(error(&document).contains("is new since the order"), "{document}");
        // Where the gateway names its ticket, it is the order's, and is closed.
        let (document, sim) = traded(&[fault], 0);
        assert_eq!(executed(&sim), ["OPEN", "CLOSE"], "{document}");
        assert!(
            warnings(&document).contains("another position opened than was ordered"),
            "{document}"
        );
        assert_eq!(document["verdict"], "warn", "{document}");
    }
}

#[test]
fn hazard_29_every_new_ticket_is_accounted_for() {
    for fault in ["open-split", "open-twice"] {
        let (document, sim) = traded(&[fault], 8);
        assert_eq!(executed(&sim), ["OPEN", "OPEN", "CLOSE"], "{document}");
        let other = sim.ledger()[1]["ticket"].to_string();
        assert!(error(&document).contains("MORE THAN ONE POSITION"), "{document}");
        assert!(error(&document).contains(&other), "{document}");
    }
    // Somebody else's trade in another symbol is named, and no failure.
    let (document, sim) = traded(&["position-appears:3"], 0);
    assert_eq!(executed(&sim).iter().filter(|kind| *kind == "CLOSE").count(), 1, "{document}");
    assert!(warnings(&document).contains("opened by somebody else meanwhile"), "{document}");
}

#[test]
fn hazard_30_a_cut_list_closes_nothing() {
    let faults = ["close-ticket-zero", "list-cut:GET_POSITIONS:1:2+"];
    let (machine, sim) = (Machine::new(), gateway("--positions=8", &faults));
    let symbols = ["--symbol=GBPUSD", "--symbol=USDJPY", "--rounds=2"];
    let document = close(&machine, &sim, &symbols).json().exits(8).document();
    assert_eq!(document["report"]["closed"], 0, "{document}");
    assert!(sim.ledger().is_empty(), "{document}");
    // One list that is cut, once, delays the proof.
    let (document, sim) = traded(&["list-cut:GET_POSITIONS:1:#4"], 0);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"], "{document}");
}

#[test]
fn hazard_30_a_repeated_row_is_no_new_position() {
    let (machine, sim) = (Machine::new(), gateway("--positions=3", &["list-repeats"]));
    let page = close(&machine, &sim, &["--rounds=2"]).end();
    let page = page.stdout();
    assert!(
        !page.contains("opened") && !page.contains("FLAT:") || page.contains("NOT FLAT:"),
        "{page}"
    );
}

#[test]
fn hazard_31_a_position_under_another_ticket_is_not_closed() {
    let (document, sim) = closed(&["ticket-changes:CLOSE:1"], &["--ticket=100000001"], 8);
    let kinds = executed(&sim);
    assert!(!kinds.contains(&"CLOSE".to_owned()), "{document}");
    assert!(error(&document).contains("100000001"), "{document}");
    // Where everything is to be closed, the new ticket is closed as well.
    let (document, sim) = closed(&["ticket-changes:CLOSE:1"], &[], 0);
    assert_eq!(executed(&sim).iter().filter(|kind| *kind == "CLOSE").count(), 3, "{document}");
    // A part that remains is closed in the next round, with its own volume.
    let (document, sim) = closed(&["close-part:1"], &[], 0);
    assert_eq!(executed(&sim).len(), 4, "{document}");
    let volumes: Vec<String> = sim
        .requests()
        .iter()
        .filter(|it| it.action() == "CLOSE")
        .map(|it| it.body["volume"].to_string())
        .collect();
    assert_eq!(volumes.last().map(String::as_str), Some("0.005"), "{volumes:?}");
}

#[test]
fn hazard_32_a_malformed_row_prevents_no_close() {
    let (document, sim) = closed(&["garbage:GET_POSITIONS:wrong-type"], &["--rounds=1"], 8);
    assert_eq!(executed(&sim), ["CLOSE", "CLOSE", "CLOSE"], "{document}");
    assert!(
        error(&document).contains("a row could not be read: field `positions[0].profit`"),
        "{document}"
    );
}

#[test]
fn hazard_33_a_close_that_opens_is_sent_once() {
    let (document, sim) = closed(&["close-opens"], &[], 8);
    let sent = sim.requests().iter().filter(|request| request.action() == "CLOSE").count();
    assert_eq!(sent, 3, "{document}");
    assert_eq!(document["report"]["close_opens"], true, "{document}");
    assert!(error(&document).contains("DO NOT RUN IT AGAIN"), "{document}");
}

#[test]
fn hazard_34_requotes_for_a_second_end_in_flat() {
    let (document, sim) = closed(&["close-failed:3"], &[], 0);
    assert_eq!(executed(&sim), ["CLOSE", "CLOSE", "CLOSE"], "{document}");
}

#[test]
fn sound_accounts_are_not_refused() {
    let sound = [
        &["deposit:CLOSE:250.00:#2"][..],
        &["swap:GET_ACCOUNT:-12.00:1"],
        &["commission:0.07"],
        &["swap:GET_ACCOUNT:3.50:1", "commission:0.02", "deposit:CLOSE:-100.00:#2"],
    ];
    for faults in sound {
        let (document, sim) = traded(faults, 0);
        assert_eq!(executed(&sim), ["OPEN", "CLOSE"], "{faults:?}: {document}");
        let (document, sim) = closed(faults, &[], 0);
        assert_eq!(executed(&sim).len(), 3, "{faults:?}: {document}");
        let (document, _) = closed(faults, &["--symbol=EURUSD"], 0);
        assert_eq!(document["report"]["closed"], 1, "{faults:?}: {document}");
    }
}
