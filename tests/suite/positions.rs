//! `positions`: what the gateway reports now, and what an empty list is worth.

use serde_json::Value;

use crate::snapshot;
use crate::support::{Ended, Machine, Sim, named};

fn first_line(ended: &Ended) -> String {
    ended.stdout().lines().next().unwrap_or_default().to_owned()
}

fn rows(ended: &Ended) -> usize {
    ended.stdout().lines().filter(|line| line.starts_with("1000000")).count()
}

#[test]
fn account_and_positions_are_shown_as_reported() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let document = machine.against(&sim, &["positions"]).json().exits(0).document();
    assert_eq!(document["schema"], "mt5crs.positions/1");
    assert_eq!((&document["verdict"], &document["target"]), (&"pass".into(), &"simulated".into()));
    assert_eq!(document["report"]["listed"], 3);
    assert_eq!(document["report"]["positions"].as_array().unwrap().len(), 3);
    assert_eq!(document["report"]["account"]["currency"], "USD");
    let page = machine.against(&sim, &["positions"]).end().exits(0);
    let whom = format!("tcp://{} (SIMULATED)", sim.endpoint);
    assert_eq!(first_line(&page), format!("OPEN 3 positions are reported by {whom}"));
    assert_eq!(rows(&page), 3);
    page.says("as the gateway reports them").says("pending orders: the gateway cannot list them");
    // It looks, and leaves nothing but its log.
    assert!(!machine.file(&snapshot::at(sim.endpoint)).exists());
    assert!(!machine.verify_log().contains("State synchroniz"), "{}", machine.verify_log());
}

#[test]
fn one_position_is_one() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=1"]));
    machine.against(&sim, &["positions"]).end().exits(0).says("OPEN 1 position is reported");
}

#[test]
fn fifty_rows_and_the_rest_on_demand() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=60"]));
    let page = machine.against(&sim, &["positions"]).end().exits(0);
    assert_eq!(rows(&page), 50);
    page.says("OPEN 60 positions").says("… 10 more of 60 (--all shows them)");
    let page = machine.against(&sim, &["positions", "--all"]).end().exits(0);
    assert_eq!(rows(&page), 60);
    page.never_says("more of");
    let fifty = Sim::start(&["--positions=50"]);
    machine.against(&fifty, &["positions"]).end().exits(0).never_says("more of");
    // A program gets them all.
    let document = machine.against(&sim, &["positions"]).json().exits(0).document();
    assert_eq!(document["report"]["positions"].as_array().unwrap().len(), 60);
}

#[test]
fn a_symbol_is_shown_alone_and_spelled_as_the_broker_does() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=12"]));
    for (symbols, count) in [
        (&["EURUSD"][..], 2),
        (&["EURUSD.s"][..], 2),
        (&["EURUSD", "XAUUSD"][..], 4),
        (&["eurusd"][..], 0),
        (&["EURUSD.S"][..], 0),
        (&["EUR"][..], 0),
    ] {
        let mut arguments = vec!["positions".to_owned()];
        arguments.extend(symbols.iter().map(|symbol| format!("--symbol={symbol}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let document = machine.against(&sim, &arguments).json().exits(0).document();
        let shown = document["report"]["positions"].as_array().unwrap();
        assert_eq!(shown.len(), count, "{symbols:?}");
        assert!(shown.iter().all(|p| symbols.iter().any(|symbol| p["symbol"] == *symbol)));
        assert_eq!(document["report"]["listed"], 12);
        if count == 0 {
            let page = machine.against(&sim, &arguments).end().exits(0);
            // Not to be read as an empty book.
            page.says("OPEN 12 positions").says("none of the 12").never_says("EMPTY");
        }
    }
}

#[test]
fn a_filter_leaves_the_whole_list_to_be_judged() {
    let machine = Machine::new();
    for fault in ["positions-empty-on-error", "hedged-empty", "terminal-dead", "stub"] {
        let sim = Sim::with_faults(&[fault]);
        let arguments = ["positions", "--symbol=USDJPY"];
        let document = machine.against(&sim, &arguments).json().exits(1).document();
        assert_eq!(named(&document, "checks", "empty-book")["status"], "fail", "{fault}");
    }
}

#[test]
fn an_empty_list_is_believed_only_beside_a_good_account() {
    let machine = Machine::new();
    let sim = Sim::start(&["--positions=0"]);
    let document = machine.against(&sim, &["positions"]).json().exits(0).document();
    assert_eq!(document["report"]["listed"], 0);
    assert_eq!(named(&document, "checks", "empty-book")["status"], "pass");
    machine.against(&sim, &["positions"]).end().exits(0).says("EMPTY no open position");

    for (faults, doubt) in [
        (&["positions-empty-on-error"][..], "the list is lying"),
        (&["stub"][..], "something may be open"),
        (&["terminal-dead"][..], "the account could not be read"),
        (&["hedged-empty"][..], "something may be open"),
        (&["no-terminal:GET_ACCOUNT", "hedged-empty"][..], "the account could not be read"),
    ] {
        let sim = Sim::with_faults(faults);
        let document = machine.against(&sim, &["positions"]).json().exits(1).document();
        assert_eq!(document["verdict"], "fail");
        let check = named(&document, "checks", "empty-book");
        assert_eq!(check["status"], "fail", "{document}");
        assert!(check["found"].as_str().unwrap().contains(doubt), "{check}");
        let page = machine.against(&sim, &["positions"]).end().exits(1);
        assert!(first_line(&page).starts_with("UNPROVED "), "{}", page.stdout());
        page.tells("help:").never_says("EMPTY").never_says("no open position");
    }
}

#[test]
fn a_list_that_is_empty_only_once_is_not_flat() {
    let machine = Machine::new();
    // Flat in everything but the second list.
    let sim = Sim::start(&["--positions=0", "--fault=position-appears:1"]);
    let document = machine.against(&sim, &["positions"]).json().exits(1).document();
    assert_eq!(named(&document, "checks", "empty-book")["status"], "fail", "{document}");
}

#[test]
fn credit_is_allowed_for() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["stub"]));
    machine.against(&sim, &["positions", "--credit=5.50"]).end().exits(0).says("EMPTY");
    machine.against(&sim, &["positions", "--credit=5.40"]).end().exits(1).says("UNPROVED");
}

#[test]
fn a_list_that_could_not_be_read_is_not_empty() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["no-terminal"]));
    let document = machine.against(&sim, &["positions"]).json().exits(1).document();
    assert_eq!(document["report"]["positions"], Value::Null);
    assert_eq!(document["report"]["listed"], Value::Null);
    let page = machine.against(&sim, &["positions"]).end().exits(1);
    page.says("MT5_NOT_CONNECTED").never_says("EMPTY").never_says("0 positions");
}

#[test]
fn no_answer_leaves_everything_unknown() {
    let machine = Machine::new();
    for fault in ["drop-reply:GET_POSITIONS", "drop-reply:GET_ACCOUNT"] {
        let sim = Sim::with_faults(&[fault]);
        let run = || machine.against(&sim, &["positions", "--timeout=200ms", "--attempts=2"]);
        let document = run().json().exits(3).document();
        assert_eq!(document["verdict"], "unknown");
        let page = run().end().exits(3);
        assert!(first_line(&page).starts_with("UNKNOWN nothing is known"), "{}", page.stdout());
    }
}

#[test]
fn garbage_is_a_broken_protocol() {
    let machine = Machine::new();
    for action in ["GET_POSITIONS", "GET_ACCOUNT"] {
        for kind in ["nan", "duplicate-key", "huge", "missing-field", "truncated"] {
            let sim = Sim::with_faults(&[&format!("garbage:{action}:{kind}")]);
            let document = machine.against(&sim, &["positions"]).json().exits(6).document();
            assert_eq!(document["error"]["code"], "malformed-reply", "{action} {kind}");
        }
    }
}

#[test]
fn a_strangers_escape_codes_reach_no_terminal() {
    let machine = Machine::new();
    for (faults, code) in [(&["escape-codes"][..], 0), (&["escape-codes", "no-terminal"][..], 1)] {
        let sim = Sim::with_faults(faults);
        let ended = machine.against(&sim, &["positions", "-vv"]).end().exits(code);
        for text in [ended.stdout(), ended.stderr(), machine.verify_log()] {
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
            assert!(!text.lines().any(|line| line.starts_with("State")), "{text}");
        }
        // The filter still knows the symbol by its very bytes.
        let json = machine.against(&sim, &["positions"]).json().exits(code).stdout();
        assert!(!json.contains('\u{1b}'), "{json:?}");
    }
}
