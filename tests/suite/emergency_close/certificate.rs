//! An account is certified flat by two empty lists and a consistent account, and by nothing less.

use mt5crs::evidence::Evidence;
use mt5crs::ops::evidence::verify;
use serde_json::Value;

use super::{close, honest};
use crate::orders::{error, executed};
use crate::support::{Machine, Sim};

/// Asserts code 8, no certificate, and a page that doesn't say flat.
#[track_caller]
fn not_flat(fault: &str) -> Value {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
    let ended = close(&machine, &sim, &["--deadline=8s"]).json().exits(8);
    let document = honest(&ended, &sim);
    assert_eq!(document["report"]["certificate"], Value::Null, "{fault}: {document}");
    assert!(document["report"]["doubt"].is_string(), "{fault}: {document}");
    let sim = Sim::with_faults(&[fault]);
    let page = close(&machine, &sim, &["--deadline=8s"]).end().exits(8);
    assert!(page.stdout().starts_with("FAIL NOT FLAT: "), "{fault}: {}", page.stdout());
    document
}

#[test]
fn three_hundred_positions_are_closed_and_certified() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=300"]));
    let document = honest(&close(&machine, &sim, &[]).json().exits(0), &sim);
    let report = &document["report"];
    assert_eq!(executed(&sim).len(), 300);
    assert_eq!((&report["closed"], &report["not_closed"]), (&300.into(), &0.into()));
    assert_eq!((&report["rounds"], &report["listed"]), (&1.into(), &0.into()));
    let certificate = &report["certificate"];
    for list in certificate["lists"].as_array().unwrap() {
        assert_eq!(list["sha256"].as_str().unwrap().len(), 64);
        assert!(list["reported_at"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(certificate["lists"].as_array().unwrap().len(), 2);
    assert_eq!(certificate["account_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(certificate["balance"], certificate["equity"]);
    assert!(certificate["witness"].as_str().unwrap().contains("two empty lists, margin 0"));
    assert!(report["cannot_see"].as_str().unwrap().contains("pending orders"));

    // The printed head is the records' head, and the records count each ticket once.
    let head = report["evidence_head"].as_str().unwrap();
    let evidence = machine.evidence();
    let text = std::fs::read_to_string(&evidence).unwrap();
    assert_eq!(text.matches("\"ticket\":100000001").count(), 1, "{text}");
    let evidence = Evidence::at(evidence.parent().unwrap().to_owned());
    let outcome = verify::run(&verify::Options::of(evidence)).report.unwrap();
    assert_eq!(outcome.damage_count, 0);
    let last = outcome.head.unwrap();
    assert!(head.ends_with(&last.hash.to_string()), "{head}");
}

#[test]
fn an_account_that_is_already_flat_is_certified() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=0"]));
    let page = close(&machine, &sim, &[]).end().exits(0);
    page.says("PASS FLAT: ").says("FLAT CERTIFICATE").says("evidence head").says("pending orders");
    assert!(executed(&sim).is_empty());
}

#[test]
fn an_empty_list_beside_margin_in_use_is_not_flat() {
    let document = not_flat("positions-empty-on-error");
    assert!(error(&document).contains("the list is lying"), "{document}");
}

#[test]
fn a_hedged_book_with_an_empty_list_is_not_flat() {
    not_flat("hedged-empty");
}

#[test]
fn a_dead_terminal_does_not_show_a_flat_account() {
    not_flat("terminal-dead");
    not_flat("terminal-dead:GET_ACCOUNT");
}

#[test]
fn a_stub_is_not_flat() {
    not_flat("stub");
}

#[test]
fn one_failed_list_does_not_end_the_closing() {
    // The plan's list is empty although three positions are open; the certificate's own list shows them.
    let (machine, sim) =
        (Machine::new(), Sim::with_faults(&["positions-empty-on-error:GET_POSITIONS:#1"]));
    honest(&close(&machine, &sim, &[]).json().exits(0), &sim);
    assert_eq!(executed(&sim).len(), 3);
}

#[test]
fn positions_opened_meanwhile_are_closed_and_named() {
    // One appears after the plan's list, one after the list behind the first round.
    for reads in ["1", "2", "3"] {
        let fault = format!("position-appears:{reads}");
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[&fault]));
        let ended = close(&machine, &sim, &[]).json();
        if reads == "3" {
            // One appears between the certificate's two lists.
            assert!(matches!(ended.code(), Some(0)), "{}", ended.stdout());
        }
        let document = honest(&ended.exits(0), &sim);
        let tickets = document["report"]["tickets"].as_array().unwrap();
        let appeared: Vec<_> = tickets.iter().filter(|t| t["appeared"] == true).collect();
        assert_eq!(appeared.len(), 1, "{document}");
        assert_eq!(appeared[0]["result"], "closed");
    }
}

#[test]
fn a_configured_credit_does_not_look_like_a_position() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--fault=stub"]));
    close(&machine, &sim, &["--credit=5.5"]).json().exits(0);
    close(&machine, &sim, &["--credit=5.4"]).json().exits(8);
}
