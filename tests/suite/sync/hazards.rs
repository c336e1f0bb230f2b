//! Every hazard of PROTOCOL.md's section 4 that a read can meet. Whatever the gateway does, a failed sync says so in
//! every form, recovers nothing, and leaves the last snapshot as it was.

use serde_json::Value;

use crate::snapshot::Kept;
use crate::support::{Machine, Sim, named};

/// Fails with this code in JSON and for people; these words are on the page, on stderr or in the document.
#[track_caller]
fn fails(faults: &[&str], code: i32, words: &[&str]) -> Value {
    let (machine, sim) = (Machine::new(), Sim::with_faults(faults));
    let kept = Kept::before(&machine, sim.endpoint);
    let ended = machine.against(&sim, &["sync"]).json().exits(code);
    let document = ended.document();
    assert_eq!(document["verdict"], if code == 3 { "unknown" } else { "fail" }, "{document}");
    assert_eq!(document["report"]["recovered"], Value::Null, "{document}");
    assert_eq!(document["report"]["snapshot"]["replaced"], false);
    assert!(document["report"]["checks"].as_array().unwrap().iter().all(|check| {
        let fails = check["status"] == "fail";
        !fails || check["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty())
    }));
    kept.is_intact();
    let log = machine.verify_log();
    assert_eq!(log.matches("State synchronization failed").count(), 1, "{log}");
    assert!(!log.contains("State synchronized"), "{log}");
    assert!(!log.contains("positions recovered"), "{log}");

    let page = machine.against(&sim, &["sync"]).end().exits(code).never_says("State synchronized");
    assert!(page.stdout().starts_with("State synchronization failed:"), "{}", page.stdout());
    let all = page.stdout() + &page.stderr() + &document.to_string();
    for word in words {
        assert!(all.contains(word), "no {word:?} in {all}");
    }
    kept.is_intact();
    document
}

#[track_caller]
fn fails_at(document: &Value, check: &str) {
    assert_eq!(named(document, "checks", check)["status"], "fail", "{document}");
}

#[test]
fn an_empty_list_while_margin_is_in_use_is_lying() {
    let document = fails(&["positions-empty-on-error"], 1, &["the list is lying"]);
    fails_at(&document, "empty-book");
    let document = fails(&["positions-empty-on-error:GET_POSITIONS"], 1, &["the list is lying"]);
    fails_at(&document, "empty-book");
    fails_at(&document, "ticket-set-stable");
}

#[test]
fn a_stub_is_not_called_flat() {
    let document = fails(&["stub"], 1, &["something may be open"]);
    fails_at(&document, "empty-book");
}

#[test]
fn what_the_gateway_does_not_report_is_not_claimed() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let ended = machine.against(&sim, &["sync"]).env("MAGIC_NUMBER", "777").json().exits(0);
    for never in ["leverage", "time_open", "\"magic\"", "777"] {
        assert!(!ended.stdout().contains(never), "{never} in {}", ended.stdout());
    }
    let page = machine.against(&sim, &["sync"]).env("MAGIC_NUMBER", "777").end().exits(0);
    page.says("magic number, comment and opening time are not reported by the gateway")
        .never_says("777");
    let sim = Sim::with_faults(&["reports-magic"]);
    machine.against(&sim, &["sync"]).end().exits(0).says("MAGIC").says("202401");
}

#[test]
fn every_listed_status_is_read_and_no_other() {
    let machine = Machine::new();
    for word in ["ok", "OK", "SUCCESS"] {
        for action in ["SYNC_ALL", "GET_POSITIONS", "GET_ACCOUNT"] {
            let sim = Sim::with_faults(&[&format!("status:{action}:{word}")]);
            let document = machine.against(&sim, &["sync"]).json().document();
            assert_eq!(document["report"]["recovered"], 3, "{action} {word}: {document}");
        }
    }
    for action in ["SYNC_ALL", "GET_POSITIONS", "GET_ACCOUNT"] {
        // FILLED is an order's word, and no read's.
        for word in ["PARTIAL", "FILLED"] {
            let fault = format!("status:{action}:{word}");
            let document = fails(&[&fault], 6, &["unlisted status"]);
            assert_eq!(document["error"]["code"], "malformed-reply");
        }
    }
}

#[test]
fn a_failure_without_an_error_code_is_a_refusal() {
    for word in ["error", "ERROR", "REJECTED"] {
        // A list that comes with the word for a failure is no list.
        let (machine, sim) =
            (Machine::new(), Sim::with_faults(&[&format!("status:GET_POSITIONS:{word}")]));
        let document = machine.against(&sim, &["sync"]).json().document();
        assert_eq!(document["report"]["recovered"], Value::Null, "{word}: {document}");
        assert_eq!(document["verdict"], "fail");
    }
}

#[test]
fn the_clocks_difference_is_no_round_trip() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["clock-skew:3s"]));
    let document = machine.against(&sim, &["sync"]).json().exits(0).document();
    assert_eq!(named(&document, "checks", "clock-skew")["status"], "warn");
    let link = &document["report"]["link"];
    assert!((2_500_000..3_500_000).contains(&link["skew_us"].as_i64().unwrap()), "{link}");
    assert!(link["rtt_us"].as_u64().unwrap() < 1_000_000, "{link}");
}

#[test]
fn a_ping_that_is_answered_proves_no_terminal() {
    let document = fails(&["no-terminal"], 1, &["MT5_NOT_CONNECTED", "tasklist | findstr MT5"]);
    fails_at(&document, "account-readable");
    assert!(document["report"]["link"]["rtt_us"].is_u64());
    assert_eq!(document["report"]["refusals"].as_array().unwrap().len(), 3);
}

#[test]
fn another_program_on_the_port_is_named_and_told_nothing_more() {
    for (fault, word) in [("foreign-ea-v4", "Unknown Command"), ("foreign-ea-v5", "market order")] {
        let document = fails(&[fault], 6, &[word, "nothing more was sent"]);
        assert_eq!(document["error"]["code"], "not-the-gateway");
        assert_eq!(document["report"]["rounds"], 0);
        assert_eq!(document["report"]["link"], Value::Null);
    }
}

#[test]
fn whom_the_report_speaks_of_is_in_it() {
    let machine = Machine::new();
    for (faults, target, word) in
        [(&[][..], "simulated", "(SIMULATED)"), (&["claims-live"][..], "loopback", "(LOOPBACK)")]
    {
        let sim = Sim::with_faults(faults);
        let document = machine.against(&sim, &["sync"]).json().exits(0).document();
        assert_eq!(document["target"], target);
        machine.against(&sim, &["sync"]).end().exits(0).says(word);
    }
}

#[test]
fn garbage_is_a_broken_protocol_on_every_read() {
    // Each kind, with the words that say where it lies.
    let kinds = [
        ("not-json", "not JSON"),
        ("nan", "not a finite number"),
        ("infinity", "not a finite number"),
        ("duplicate-key", "given twice"),
        ("bad-utf8", "not UTF-8"),
        ("missing-field", "missing"),
        ("wrong-type", "expected a number"),
        ("huge", "past the limit of 8388608"),
        ("empty", "not JSON"),
        ("truncated", "not JSON"),
        ("trailing", "something follows its end"),
    ];
    for (kind, words) in kinds {
        for action in ["SYNC_ALL", "GET_POSITIONS", "GET_ACCOUNT"] {
            let document = fails(
                &[&format!("garbage:{action}:{kind}")],
                6,
                &[words, &format!("the reply to {action} breaks the protocol")],
            );
            assert_eq!(document["error"]["code"], "malformed-reply", "{action} {kind}");
            let cause = document["error"]["causes"][1].as_str().unwrap();
            assert!(cause.starts_with("field `") || cause.starts_with("the frame"), "{cause}");
        }
        let document = fails(&[&format!("garbage:PING:{kind}")], 6, &["nothing more was sent"]);
        assert_eq!(document["error"]["code"], "not-the-gateway", "{kind}");
    }
}

#[test]
fn a_reply_without_our_uuid_is_not_believed() {
    for fault in ["uuid-absent", "uuid-foreign"] {
        for action in ["GET_POSITIONS", "GET_ACCOUNT"] {
            let document = fails(&[&format!("{fault}:{action}")], 6, &["field `uuid`"]);
            assert_eq!(document["error"]["code"], "malformed-reply");
        }
        let document = fails(&[&format!("{fault}:PING")], 6, &["nothing more was sent"]);
        assert_eq!(document["error"]["code"], "not-the-gateway");
    }
}

#[test]
fn a_strangers_escape_codes_reach_no_terminal_and_no_log() {
    let machine = Machine::new();
    for (faults, code) in [
        (&["escape-codes"][..], 0),
        (&["escape-codes", "no-terminal"][..], 1),
        (&["escape-codes", "terminal-dead"][..], 1),
        (&["escape-codes", "churn"][..], 1),
        (&["escape-codes", "status:GET_ACCOUNT:\u{1b}[2J"][..], 6),
    ] {
        let sim = Sim::with_faults(faults);
        for flags in [&["sync"][..], &["sync", "-vv"][..]] {
            let ended = machine.against(&sim, flags).end().exits(code);
            for text in [ended.stdout(), ended.stderr()] {
                let acts = |c: char| c.is_control() && c != '\n';
                assert!(!text.contains(acts), "{faults:?}: {text:?}");
                // The forged line is not a line.
                let forged = |line: &str| line.starts_with("State synchronized: 0");
                assert!(!text.lines().any(forged), "{text}");
            }
        }
        let json = machine.against(&sim, &["sync"]).json().exits(code).stdout();
        assert!(!json.contains('\u{1b}'), "{json:?}");
        let log = machine.verify_log();
        assert!(!log.contains(|c: char| c.is_control() && c != '\n'), "{log:?}");
        assert!(!log.contains("0 positions recovered"), "{log}");
    }
    let log = machine.verify_log();
    assert_eq!(log.matches("State synchronized").count(), 3, "{log}");
}

#[test]
fn pending_orders_are_said_to_be_unknown() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=0"]));
    machine.against(&sim, &["sync"]).end().exits(0).says("pending orders cannot be listed");
}

#[test]
fn a_terminal_that_died_is_not_flat() {
    let document = fails(&["terminal-dead"], 1, &["ACCOUNT_ERROR"]);
    fails_at(&document, "account-readable");
    fails_at(&document, "empty-book");
}

#[test]
fn a_frozen_terminal_is_told_as_what_the_gateway_reports() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["frozen"]));
    machine.against(&sim, &["sync"]).end().exits(0).says("as the gateway reports");
}

#[test]
fn a_hedged_book_that_reads_empty_is_not_flat() {
    let document = fails(&["hedged-empty"], 1, &["something may be open"]);
    assert_eq!(document["report"]["account"]["margin"].as_f64(), Some(0.0));
    fails_at(&document, "empty-book");
}

#[test]
fn an_older_gateway_is_told_to_be_updated() {
    let document = fails(&["no-sync-all"], 1, &["UNKNOWN_ACTION"]);
    let remedy = named(&document, "checks", "sync-all")["remedy"].as_str().unwrap();
    assert!(remedy.contains("update the gateway") && remedy.contains("SYNC_ALL"), "{remedy}");
}
