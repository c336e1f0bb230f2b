//! `positions`: the gateway's present report, and the doubts about an empty list.

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
    assert_eq!(first_line(&page), format!("PASS 3 positions are reported by {whom}"));
    assert_eq!(rows(&page), 3);
    page.says("as the gateway reports them").says("pending orders: the gateway cannot list them");
    // It leaves nothing but its log.
    assert!(!machine.file(&snapshot::at(sim.endpoint)).exists());
    assert!(!machine.verify_log().contains("State synchroniz"), "{}", machine.verify_log());
}

#[test]
fn one_position_is_singular() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=1"]));
    machine.against(&sim, &["positions"]).end().exits(0).says("PASS 1 position is reported");
}

#[test]
fn the_page_shows_fifty_rows_unless_all_are_requested() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=60"]));
    let page = machine.against(&sim, &["positions"]).end().exits(0);
    assert_eq!(rows(&page), 50);
    page.says("PASS 60 positions").says("… 10 more of 60 (--all shows them)");
    let page = machine.against(&sim, &["positions", "--all"]).end().exits(0);
    assert_eq!(rows(&page), 60);
    page.never_says("more of");
    let fifty = Sim::start(&["--positions=50"]);
    machine.against(&fifty, &["positions"]).end().exits(0).never_says("more of");
    // A document holds all of them.
    let document = machine.against(&sim, &["positions"]).json().exits(0).document();
    assert_eq!(document["report"]["positions"].as_array().unwrap().len(), 60);
}

#[test]
fn a_symbol_in_the_wrong_case_names_the_listed_one() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let page = machine.against(&sim, &["positions", "--symbol=eurusd"]).end().exits(0);
    page.says("0 of 3 positions").says("no position in eurusd; did you mean EURUSD?");
    for symbols in
        [&["--symbol=EURUSD"][..], &["--symbol=XAUUSD"], &["--symbol=eurusd", "--symbol=EURUSD"]]
    {
        let page = machine.against(&sim, &[&["positions"], symbols].concat()).end().exits(0);
        match symbols.len() {
            1 => page.never_says("did you mean"),
            _ => page.says("did you mean EURUSD?"),
        };
    }
}

#[test]
fn a_symbol_filter_takes_the_brokers_spelling() {
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
            // The page doesn't look like an empty book.
            page.says("PASS 0 of 12 positions")
                .says("none of the symbol")
                .never_says("no open position");
        } else {
            let page = machine.against(&sim, &arguments).end().exits(0);
            page.says(&format!("PASS {count} of 12 positions reported by"));
        }
    }
}

#[test]
fn an_empty_list_with_a_consistent_account_is_believed() {
    let machine = Machine::new();
    let sim = Sim::start(&["--positions=0"]);
    let document = machine.against(&sim, &["positions"]).json().exits(0).document();
    assert_eq!(document["report"]["listed"], 0);
    assert_eq!(named(&document, "checks", "empty-book")["status"], "pass");
    machine.against(&sim, &["positions"]).end().exits(0).says("PASS no open position");
}

#[test]
fn one_empty_list_of_two_is_not_flat() {
    let machine = Machine::new();
    // Everything but the second list shows a flat account.
    let sim = Sim::start(&["--positions=0", "--fault=position-appears:1"]);
    let document = machine.against(&sim, &["positions"]).json().exits(1).document();
    assert_eq!(named(&document, "checks", "empty-book")["status"], "fail", "{document}");
    let sim = Sim::start(&["--positions=0", "--fault=position-appears:1"]);
    let page = machine.against(&sim, &["positions"]).end().exits(1);
    assert!(first_line(&page).starts_with("FAIL empty-book: the list is empty while "));
}

#[test]
fn a_configured_credit_is_subtracted() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["stub"]));
    machine
        .against(&sim, &["positions", "--credit=5.50"])
        .end()
        .exits(0)
        .says("PASS no open position");
    machine.against(&sim, &["positions", "--credit=5.40"]).end().exits(1).says("FAIL empty-book: ");
}
