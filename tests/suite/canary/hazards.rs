//! Every way in which the gateway lies about an order: what is said of it is what the ledger holds.

use serde_json::Value;

use crate::orders::{canary, error, executed, honest};
use crate::support::{Machine, Run, Sim, Talk, ended, signal};
use crate::wire::Wire;

/// A canary on a gateway with that fault and three positions beside it.
fn with(machine: &Machine, sim: &Sim) -> Run {
    canary(machine, sim, &["--yes", "--deadline=20s"])
}

#[track_caller]
fn ends(fault: &str, code: i32, words: &[&str]) -> (Value, Sim) {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
    let ended = with(&machine, &sim).json().exits(code);
    let document = honest(&ended, &sim);
    for word in words {
        assert!(error(&document).contains(word), "{fault}: no {word:?} in {document}");
    }
    (document, sim)
}

/// It executed, was found by its likeness, and was left alone: somebody else's may look the same.
#[track_caller]
fn found_by_likeness(fault: &str) {
    let (document, sim) = ends(fault, 8, &["likeness", "emergency-close --ticket"]);
    assert_eq!(document["report"]["order"]["named"], false, "{document}");
    assert_eq!(executed(&sim), ["OPEN"], "{fault}");
    // What stays open may be what was asked for, and is no success all the same.
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
    let ended = canary(&machine, &sim, &["--yes", "--keep-open", "--deadline=20s"]).json().exits(8);
    honest(&ended, &sim);
}

#[test]
fn filled_with_ticket_zero_is_no_fill() {
    ends("open-ticket-zero", 7, &["not in the book after"]);
}

#[test]
fn a_volume_below_the_brokers_least_is_proved_not_to_execute() {
    ends("min-volume:0.01", 7, &["0.01", "MT5CRS_CANARY_COEFFICIENT=1", "filling mode"]);
}

#[test]
fn an_order_that_comes_late_is_found() {
    found_by_likeness("open-late:200ms");
}

#[test]
fn an_order_that_failed_is_looked_for() {
    ends("order-failed", 7, &["MT5_ORDER_FAILED", "not in the book after"]);
    ends("order-exception", 7, &["MT5_EXCEPTION", "not in the book after"]);
}

#[test]
fn an_order_that_failed_and_executed_is_found() {
    found_by_likeness("order-failed-executed");
    found_by_likeness("order-exception-executed");
}

/// PROTOCOL.md, section 2: of these codes none says what became of the order, be they known, new, or missing. It is sent on
/// all the same, and executes after the first list was read.
#[test]
fn a_code_that_proves_nothing_is_no_no() {
    let code = |code: &str| format!("error-code:OPEN:{code}:after");
    for fault in [
        code("SERVER_ERROR"),
        code("MT5_ORDER_FAILED"),
        code("MT5_EXCEPTION"),
        code("MT5_CLOSE_FAILED"),
        code("NEW_CODE"),
        // A refusal without a code.
        "status:OPEN:error".to_owned(),
    ] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[&fault, "open-late:150ms"]));
        let document = honest(&with(&machine, &sim).json().exits(8), &sim);
        assert!(error(&document).contains("likeness"), "{fault}: {document}");
        assert_eq!(executed(&sim), ["OPEN"], "{fault}");
    }
}

#[test]
fn a_failing_server_is_believed_neither_way() {
    found_by_likeness("error-code:OPEN:SERVER_ERROR:after");
    ends("error-code:OPEN:SERVER_ERROR:before", 7, &["SERVER_ERROR", "not in the book after"]);
    // Where nothing shows what became of it, nothing is said.
    for moment in ["before", "after"] {
        let fault = format!("error-code:OPEN:SERVER_ERROR:{moment}");
        let faults = [fault.as_str(), "positions-empty-on-error:GET_POSITIONS:3+"];
        let (machine, sim) = (Machine::new(), Sim::with_faults(&faults));
        let ended = canary(&machine, &sim, &["--yes", "--deadline=8s"]).json().exits(4);
        let document = honest(&ended, &sim);
        assert_eq!(document["report"]["order"]["result"], "unknown", "{document}");
    }
    // A CLOSE that failed so is looked for before it is sent again; the first one of a canary is its probe.
    for moment in ["before", "after"] {
        let fault = format!("error-code:CLOSE:SERVER_ERROR:{moment}:#2");
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[&fault]));
        honest(&with(&machine, &sim).json().exits(0), &sim);
        assert_eq!(executed(&sim), ["OPEN", "CLOSE"], "{fault}");
    }
}

/// These are given before anything reaches the broker: one list that can be believed is enough.
#[test]
fn a_code_from_before_the_dispatch_is_a_no_at_once() {
    for code in ["RISK_SIGNATURE_INVALID", "MT5_NOT_CONNECTED", "INVALID_VOLUME", "MISSING_SYMBOL"]
    {
        let fault = format!("error-code:OPEN:{code}:before");
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[&fault]));
        let document = honest(&with(&machine, &sim).json().exits(7), &sim);
        assert!(error(&document).contains(code), "{document}");
    }
}

#[test]
fn a_reply_that_is_lost_is_never_asked_for_again() {
    found_by_likeness("drop-reply:OPEN");
    found_by_likeness("disconnect:OPEN");
}

#[test]
fn an_order_that_outlives_its_client_is_found() {
    found_by_likeness("late-execution:1300ms");
}

#[test]
fn a_list_before_the_signatures_end_says_no_no() {
    // The reply is lost, and the order executes after the first lists were read.
    let (machine, sim) =
        (Machine::new(), Sim::with_faults(&["open-late:900ms", "drop-reply:OPEN"]));
    let run = with(&machine, &sim).env("MT5CRS_ORDER_TIMEOUT_S", "0.2");
    let document = honest(&run.json().exits(8), &sim);
    assert!(error(&document).contains("likeness"), "{document}");
}

#[test]
fn once_the_order_is_out_a_wish_to_stop_waits() {
    for name in ["INT", "TERM", "HUP"] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
        let wire = Wire::holding(&sim, "OPEN", 1);
        let run = with(&machine, &sim).env("GATEWAY_PORT", wire.endpoint.port().to_string());
        // Its reply waits for the test, and the test for nothing that takes a second.
        let run = run.env("MT5CRS_ORDER_TIMEOUT_S", "8");
        let mut child = run.arg("--output=json").start();
        wire.wait_for_the_hold();
        let talk = Talk::of(&mut child);
        signal(child.id(), name);
        talk.wait_for("not stopped: orders are on their way", 1);
        wire.release();
        let ended = ended(child, "canary").exits(0);
        honest(&ended, &sim);
        assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    }
}

#[test]
fn a_reply_that_is_anothers_says_nothing() {
    found_by_likeness("uuid-foreign:OPEN");
    found_by_likeness("uuid-absent:OPEN");
}

#[test]
fn a_reply_that_breaks_the_protocol_says_nothing() {
    for kind in [
        "not-json",
        "nan",
        "infinity",
        "duplicate-key",
        "bad-utf8",
        "missing-field",
        "wrong-type",
        "empty",
        "truncated",
        "trailing",
        "huge",
    ] {
        // Every kind is an answer, and a busy machine takes seconds for the longest.
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[&format!("garbage:OPEN:{kind}")]));
        let run = with(&machine, &sim).env("MT5CRS_ORDER_TIMEOUT_S", "10");
        let document = honest(&run.json().exits(8), &sim);
        assert!(error(&document).contains("likeness"), "{kind}: {document}");
        let said = document["report"]["order"]["said"].as_str().unwrap();
        assert!(said.contains("breaks the protocol"), "{kind}: {said}");
        assert_eq!(executed(&sim), ["OPEN"], "{kind}");
    }
}

#[test]
fn an_order_that_was_swallowed_is_unknown_while_nobody_answers() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["hang:OPEN"]));
    let ended = canary(&machine, &sim, &["--yes", "--deadline=8s"]).json().exits(4);
    let document = honest(&ended, &sim);
    assert!(error(&document).contains("do not retry"), "{document}");
    assert!(error(&document).contains("mt5crs sync"), "{document}");
    assert_eq!(document["verdict"], "unknown");
    // A failed attempt is reported once for each change of its cause.
    let stderr = ended.stderr();
    let causes: Vec<&str> =
        stderr.lines().filter_map(|line| line.split_once(" failed: ")).map(|it| it.1).collect();
    assert!(!causes.is_empty() && causes.windows(2).all(|two| two[0] != two[1]), "{stderr}");
}

/// Waits until the gateway died of its fault, and takes its book up again.
fn restart_once_dead(sim: &mut Sim) {
    sim.wait_for_its_end();
    sim.restart(&[]);
}

#[test]
fn a_gateway_that_dies_of_the_order_is_asked_when_it_is_back() {
    for (fault, code, word) in [
        ("crash:OPEN:before", 7, "assumed: the gateway refuses an expired signature"),
        ("crash:OPEN:after", 8, "likeness"),
    ] {
        let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[fault]));
        let child = with(&machine, &sim).arg("--output=json").start();
        restart_once_dead(&mut sim);
        let ended = ended(child, fault).exits(code);
        let document = honest(&ended, &sim);
        assert!(error(&document).contains(word), "{document}");
    }
}

#[test]
fn another_gateway_behind_the_order_proves_nothing() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&["crash:OPEN:before"]));
    let run = canary(&machine, &sim, &["--yes", "--deadline=8s"]);
    let child = run.arg("--output=json").start();
    sim.wait_for_its_end();
    sim.restart(&["--fault", "claims-live"]);
    let ended = ended(child, "another gateway").exits(4);
    let document = honest(&ended, &sim);
    let missing = &document["report"]["order"]["basis"]["missing"];
    assert_eq!(missing["premise"], "same-gateway", "{document}");
}

#[test]
fn a_signature_that_is_refused_names_both_causes() {
    for fault in ["old-python", "clock-skew:OPEN:-1h", "clock-skew:OPEN:1h"] {
        ends(fault, 7, &["RISK_SIGNATURE_INVALID", "clocks", "Python 3.11"]);
    }
}

#[test]
fn a_partial_fill_is_closed_and_warned_of() {
    let (document, sim) = ends("partial-fill", 0, &[]);
    assert_eq!(
        (&document["verdict"], executed(&sim)),
        (&"warn".into(), vec!["OPEN".into(), "CLOSE".into()])
    );
    assert!(document["warnings"].to_string().contains("partial fill"), "{document}");
    assert_eq!(document["report"]["order"]["partial"], true);
}

#[test]
fn a_fill_without_a_price_is_proved_by_the_list() {
    let (_, sim) = ends("fill-price-zero", 0, &[]);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn a_ticket_that_no_list_holds_is_unknown_and_never_a_no() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--fault=stub"]));
    let ended = canary(&machine, &sim, &["--yes", "--keep-open", "--credit=5.5"]).json().exits(4);
    let document = honest(&ended, &sim);
    assert!(error(&document).contains("12345"), "{document}");
    assert!(error(&document).contains("a mock, a stub, a netting account"), "{document}");
}

#[test]
fn somebody_elses_order_that_looks_the_same_is_neither_a_success_nor_closed() {
    // Reads: the guards' list, the last look, the first after the order.
    for more in ["--deadline=20s", "--keep-open"] {
        let (machine, sim) =
            (Machine::new(), Sim::with_faults(&["open-ticket-zero", "position-appears:3"]));
        canary(&machine, &sim, &["--yes", "--beside-open", more])
            .env("MT5CRS_CANARY_SYMBOL", "EURUSD")
            .env("MT5CRS_CANARY_COEFFICIENT", "1")
            .env("MT5CRS_SETTLE_S", "1")
            .json()
            .exits(8);
        assert_eq!(executed(&sim), ["OTHERS_OPEN"], "{more}");
    }
}

#[test]
fn lists_that_fail_after_the_order_prove_nothing() {
    for fault in ["positions-empty-on-error:GET_POSITIONS:3+", "terminal-dead:GET_POSITIONS:3+"] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
        let ended = canary(&machine, &sim, &["--yes", "--deadline=8s"]).json().exits(4);
        honest(&ended, &sim);
        assert_eq!(executed(&sim), ["OPEN"]);
    }
    // Once it is seen: its end is not.
    let fault = "positions-empty-on-error:GET_POSITIONS:4+";
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3", "--fault", fault]));
    let ended = canary(&machine, &sim, &["--yes", "--deadline=8s"]).json().exits(8);
    honest(&ended, &sim);
}

// The probe of the guards is the first CLOSE.

#[test]
fn a_close_that_closes_nothing_leaves_it_open() {
    let (document, sim) = ends("close-ticket-zero:2+", 8, &["NOT PROVED CLOSED", "ticket 0"]);
    assert_eq!(executed(&sim), ["OPEN"]);
    assert_eq!(document["error"]["code"], "canary-open");
}

#[test]
fn a_close_that_fails_once_is_sent_again() {
    let (_, sim) = ends("close-failed:#2", 0, &[]);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    let (_, sim) = ends("close-failed:2+", 8, &["MT5_CLOSE_FAILED"]);
    assert_eq!(executed(&sim), ["OPEN"]);
}

#[test]
fn a_close_whose_answer_is_lost_is_proved_by_the_list() {
    for fault in [
        "drop-reply:CLOSE:#2",
        "disconnect:CLOSE:#2",
        "garbage:CLOSE:not-json:#2",
        "uuid-foreign:CLOSE:#2",
        "uuid-absent:CLOSE:#2",
    ] {
        let (document, sim) = ends(fault, 0, &[]);
        assert_eq!(document["report"]["close"]["result"], "closed", "{fault}");
        assert_eq!(executed(&sim), ["OPEN", "CLOSE"], "{fault}");
    }
}

#[test]
fn escape_codes_never_reach_the_terminal() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["order-failed", "escape-codes:OPEN"]));
    let ended = with(&machine, &sim).end().exits(7);
    ended.never_says("\u{1b}");
}
