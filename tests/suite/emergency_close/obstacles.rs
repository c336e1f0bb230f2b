//! Obstacles: emergency-close goes on, closes each ticket once, and names the positions that remain.

use super::{close, honest};
use crate::look_alikes::Stranger;
use crate::orders::{error, executed, quick};
use crate::support::{Machine, Sim, Talk, ended, signal};
use crate::wire::Wire;

fn tickets(document: &serde_json::Value, result: &str) -> usize {
    let all = document["report"]["tickets"].as_array().unwrap();
    all.iter().filter(|ticket| ticket["result"] == result).count()
}

#[test]
fn a_gateway_that_cannot_close_is_named_after_one_round() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["cannot-close"]));
    let document = honest(&close(&machine, &sim, &[]).json().exits(8), &sim);
    assert_eq!(document["report"]["rounds"], 1);
    assert_eq!(document["report"]["gateway_cannot_close"], true);
    let remedy = document["error"]["remedy"].as_str().unwrap();
    assert!(remedy.contains("CANNOT CLOSE"), "{remedy}");
    assert!(remedy.contains("100000001, 100000002, 100000003"), "{remedy}");
}

#[test]
fn a_close_that_closes_nothing_is_not_called_closed() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["close-ticket-zero"]));
    let document = honest(&close(&machine, &sim, &["--rounds=3"]).json().exits(8), &sim);
    assert_eq!((tickets(&document, "rejected"), &document["report"]["rounds"]), (3, &3.into()));
    assert!(error(&document).contains("100000002"), "{document}");
}

#[test]
fn useless_answers_never_cause_a_second_close() {
    for fault in [
        "drop-reply:CLOSE:5",
        "disconnect:CLOSE:#5",
        "garbage:CLOSE:not-json:5",
        "garbage:CLOSE:truncated:#3",
        "garbage:CLOSE:empty:2",
        "uuid-foreign:CLOSE:5",
        "uuid-absent:CLOSE:5",
        "close-failed:1",
        "close-ticket-zero:7",
        "garbage:GET_POSITIONS:not-json:#2",
        "drop-reply:GET_POSITIONS:#2",
        "fill-price-zero",
    ] {
        let (machine, sim) = (Machine::new(), Sim::start(&["--positions=20", "--fault", fault]));
        let document = honest(&close(&machine, &sim, &[]).json().exits(0), &sim);
        assert_eq!((executed(&sim).len(), tickets(&document, "closed")), (20, 20), "{fault}");
    }
}

#[test]
fn an_unusable_list_does_not_permit_another_close() {
    // Nothing closes, and no usable list shows it, so no CLOSE is repeated.
    let (machine, sim) = (
        Machine::new(),
        Sim::with_faults(&["close-ticket-zero", "positions-empty-on-error:GET_POSITIONS:2+"]),
    );
    let document = honest(&close(&machine, &sim, &[]).json().exits(8), &sim);
    assert_eq!((tickets(&document, "unknown"), &document["report"]["rounds"]), (3, &1.into()));
}

#[test]
fn closing_goes_on_after_a_gateway_restart() {
    for moment in ["before", "after"] {
        let fault = format!("crash:CLOSE:{moment}:#30");
        let (machine, mut sim) =
            (Machine::new(), Sim::start(&["--positions=60", "--fault", &fault]));
        let child = close(&machine, &sim, &["--window=20"]).arg("--output=json").start();
        sim.wait_for_its_end();
        sim.restart(&[]);
        let document = honest(&ended(child, &fault).exits(0), &sim);
        assert_eq!((executed(&sim).len(), tickets(&document, "closed")), (60, 60), "{moment}");
    }
}

#[test]
fn a_look_alike_on_the_port_receives_nothing_that_trades() {
    let (machine, mut sim) =
        (Machine::new(), Sim::start(&["--positions=6", "--fault=crash:CLOSE:after:#3"]));
    let arguments = ["--deadline=6s", "--window=1", "--timeout=1s"];
    let child = close(&machine, &sim, &arguments).arg("--output=json").start();
    sim.wait_for_its_end();
    sim.restart(&["--fault=foreign-ea-v5"]);
    let document = honest(&ended(child, "a look-alike").exits(8), &sim);
    assert_eq!(executed(&sim).len(), 3);
    assert!(error(&document).contains("not the gateway"), "{document}");
}

#[test]
fn settings_that_emergency_close_does_not_read_cannot_stop_it() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let run = close(&machine, &sim, &[])
        .env("MT5CRS_MISSPELT", "x")
        .env("SYNC_TIMEOUT_S", "soon")
        .env("MT5CRS_CANARY_MAX_LOT", "7")
        .env("MT5CRS_SETTLE_S", "-1");
    let ended = run.json().exits(0);
    let ended = ended.tells("MT5CRS_MISSPELT").tells("SYNC_TIMEOUT_S");
    honest(&ended, &sim);
    assert_eq!(executed(&sim).len(), 3);
}

#[test]
fn unwritable_records_and_logs_are_warnings_and_closing_goes_on() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let blocked = machine.write("blocked", "a file where a directory should be");
    for key in ["MT5CRS_STATE_DIR", "MT5CRS_LOG_DIR"] {
        let sim = Sim::start(&["--positions=3"]);
        let run = close(&machine, &sim, &[]).env(key, &blocked);
        let ended = run.json().exits(0);
        let document = honest(&ended, &sim);
        assert_eq!(executed(&sim).len(), 3, "{key}");
        assert!(!document["warnings"].as_array().unwrap().is_empty(), "{key}: {document}");
        ended.tells("warning");
    }
    drop(sim);
}

#[test]
fn one_signal_keeps_going_and_two_stop() {
    for (signals, code) in [
        (&["INT"][..], 0),
        (&["TERM"], 0),
        (&["HUP"], 0),
        // A closed terminal sends SIGHUP more than once, which doesn't count as insisting.
        (&["HUP", "HUP"], 0),
        (&["INT", "INT"], 8),
        (&["HUP", "TERM"], 8),
    ] {
        let (machine, sim) = (Machine::new(), Sim::start(&["--positions=60"]));
        let wire = Wire::holding(&sim, "CLOSE", 10);
        let run = close(&machine, &sim, &["--window=4"]).arg("--output=json");
        // The answers wait for the test, which takes less than this.
        let run = run.env("MT5CRS_ORDER_TIMEOUT_S", "20");
        let mut child = run.env("GATEWAY_PORT", wire.endpoint.port().to_string()).start();
        let talk = Talk::of(&mut child);
        wire.wait_for_the_hold();
        for name in signals {
            signal(child.id(), name);
            // Two equal signals at once may merge into one, so the second is sent after the first was handled.
            talk.wait_for("a second Ctrl-C", 1);
        }
        if code == 0 {
            wire.release();
        }
        let ended = ended(child, "signals").exits(code);
        let document = honest(&ended, &sim);
        if code == 0 {
            assert_eq!(tickets(&document, "closed"), 60, "{signals:?}");
        } else {
            assert!(tickets(&document, "not_tried") > 0, "{document}");
            assert!(tickets(&document, "unknown") > 0, "{document}");
            assert!(document["error"]["causes"].to_string().contains("stopped"), "{document}");
        }
    }
}

#[test]
fn a_gateway_that_hangs_ends_within_the_deadline() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["hang:CLOSE:#2"]));
    let arguments = ["--deadline=2s", "--timeout=300ms"];
    let document = honest(&close(&machine, &sim, &arguments).json().exits(8), &sim);
    // Leaves time for a busy machine. A test in virtual time shows that no wait goes past the deadline.
    assert!(document["duration_ms"].as_u64().unwrap() < 4000, "{document}");
    assert_eq!(tickets(&document, "unknown"), 3, "{document}");
}

#[test]
fn an_absent_gateway_or_terminal_is_named() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&["no-terminal"]));
    let document = close(&machine, &sim, &[]).json().exits(8).document();
    assert!(error(&document).contains("MT5_NOT_CONNECTED"), "{document}");
    sim.kill();
    quick(&machine, &sim, &["emergency-close", "--yes"]).json().exits(3);
    for fault in ["foreign-ea-v4", "foreign-ea-v5"] {
        let sim = Sim::with_faults(&[fault]);
        close(&machine, &sim, &[]).json().exits(6);
        assert!(sim.ledger().is_empty());
    }
}

#[test]
fn a_server_without_zeromq_on_the_port_is_named() {
    let (machine, mut sim) =
        (Machine::new(), Sim::start(&["--positions=6", "--fault=crash:CLOSE:before:#3"]));
    let arguments = ["--deadline=6s", "--timeout=1s"];
    let child = close(&machine, &sim, &arguments).arg("--output=json").start();
    sim.wait_for_its_end();
    let _stranger = Stranger::at(sim.endpoint, b"SSH-2.0-OpenSSH_9.2\r\n", b"");
    let document = honest(&ended(child, "a stranger").exits(8), &sim);
    assert!(error(&document).contains("an SSH server"), "{document}");
    assert_eq!(executed(&sim).len(), 2);
}

#[test]
fn a_stopped_gateway_is_no_answer() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    signal(sim.id(), "STOP");
    close(&machine, &sim, &["--deadline=3s", "--timeout=300ms"]).json().exits(3);
    signal(sim.id(), "CONT");
    assert!(executed(&sim).is_empty());
}

#[test]
fn without_a_gateway_it_is_wrong_usage() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let run = close(&machine, &sim, &[]).without("GATEWAY_HOST");
    assert!(error(&run.json().exits(2).document()).contains("GATEWAY_HOST"));
}
