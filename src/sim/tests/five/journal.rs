//! The journal: the same order twice, outcomes, voiding, and what a crash leaves.

use super::*;
use crate::protocol::gateway::SwitchState;
use crate::protocol::switch::Engage;

#[test]
fn the_same_order_twice_executes_once() {
    let mut client = Signing5::with_faults(&[]);
    let open = client.open_order("0.01");
    let mut request = client.addressed(open);
    let first = client.send(&request).unwrap().result.unwrap();
    request.timestamp = request.timestamp.checked_add(Duration::from_millis(3)).unwrap();
    let again = client.send(&request).unwrap().result.unwrap();
    assert!(!first.replayed && again.replayed);
    assert_eq!(again.position, first.position);
    request.action.volume = Lots(Exact::parse("0.02").unwrap());
    assert_eq!(code(client.send(&request)), "UUID_CONFLICT");
    assert_eq!(client.client.ledger().len(), 1);
    assert_eq!(client.state(request.uuid), OrderState::Done);
}

#[test]
fn a_refusal_is_kept() {
    let mut client =
        Signing5::with_faults(&["autotrading-off:GET_ACCOUNT", "autotrading-off:OPEN:1"]);
    let open = client.open_order("0.01");
    let request = client.addressed(open);
    assert_eq!(code(client.send(&request)), "AUTOTRADING_OFF");
    assert_eq!(code(client.send(&request)), "AUTOTRADING_OFF", "what was refused stays refused");
    assert_eq!(client.state(request.uuid), OrderState::Refused);
    assert!(client.client.ledger().is_empty());
    assert!(client.open("0.01").is_ok());
}

#[test]
fn a_voided_order_never_executes() {
    let mut client = Signing5::with_faults(&[]);
    let open = client.open_order("0.01");
    let request = client.addressed(open);
    let before = client.about().journal_seq.unwrap();
    let voided = client.outcome(request.uuid, true);
    assert_eq!(voided.outcome, OrderState::Voided);
    assert_eq!((voided.journal_seq, Some(voided.journal)), (before + 1, client.about().journal));
    assert_eq!(code(client.send(&request)), "VOIDED");
    assert_eq!(client.state(request.uuid), OrderState::Voided);
    assert!(client.client.ledger().is_empty());
}

#[test]
fn a_lost_reply_is_found_in_the_journal() {
    let mut client = Signing5::with_faults(&["drop-reply:OPEN"]);
    let open = client.open_order("0.01");
    let request = client.addressed(open);
    client.lose(request.encode());
    let outcome = client.outcome(request.uuid, true);
    assert_eq!(outcome.outcome, OrderState::Done);
    assert_eq!(outcome.reply.unwrap()["executed"], "yes");
}

#[test]
fn what_a_crash_leaves_is_found_at_the_next_start() {
    for (fault, state, executed) in [
        ("crash:OPEN:before", OrderState::NeverSeen, 0),
        ("crash-sent:OPEN", OrderState::Sent, 0),
        ("crash:OPEN:after", OrderState::Done, 1),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { book: Some(directory.path().join("book")), ..five(&[fault]) };
        let mut client = Signing5::with(&options);
        let about = client.about();
        let open = client.open_order("0.01");
        let request = client.addressed(open);
        let frame = client.sign(request.encode());
        assert!(client.client.raw(&frame).is_err(), "{fault}");
        drop(client);
        let mut again = Signing5::with(&Options { faults: vec![], ..options });
        let now = again.about();
        assert_eq!(now.journal, about.journal);
        assert!(now.journal_seq > about.journal_seq && now.instance.len() == 36);
        assert_eq!(again.state(request.uuid), state, "{fault}");
        assert_eq!(again.client.ledger().len(), executed, "{fault}");
        assert_eq!(now.recovering, state == OrderState::Sent, "{fault}");
        if now.recovering {
            assert_eq!(code(again.open("0.01")), "EXPIRED", "OPEN waits for the recovery");
            let ticket = again.positions()[0].ticket;
            assert!(again.close(ticket).is_ok(), "closing doesn't wait");
            again.client.clock.advance(Duration::from_secs(16));
            assert_eq!(again.state(request.uuid), OrderState::Unknown, "absence proves nothing");
            assert!(again.open("0.01").is_ok());
        }
    }
}

#[test]
fn kill_switch_and_cancelled_orders_outlive_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { book: Some(directory.path().join("book")), ..five(&[]) };
    let mut client = Signing5::with(&options);
    client.order(Engage { reason: String::new(), who: String::new() }).unwrap();
    let pending = client.pending();
    client.cancel(pending[0].ticket).unwrap();
    drop(client);
    let mut again = Signing5::with(&options);
    assert_eq!(again.about().kill_switch, SwitchState::Engaged);
    assert_eq!(again.pending(), pending[1..]);
    let listed = crate::sim::read_pending(options.book.as_deref().unwrap()).unwrap();
    assert_eq!(listed, pending[1..]);
}

/// A run that is recorded has numbers in the place of its uuids: an order is found by its uuid all the same.
#[test]
fn a_recorded_run_finds_its_orders() {
    let mut client = TestClient::with(&Options { signing: Signing::Off, ..five(&[]) });
    client.gateway.record_transcript();
    let request = client.request(client.order("EURUSD", "BUY", "0.01"));
    client.raw(&request.encode()).unwrap();
    let outcome = client.done(GetOutcome { of: request.uuid, void: false });
    assert_eq!((outcome.outcome, outcome.of), (OrderState::Done, request.uuid));
    let random = request.uuid.to_string();
    let frames = client.gateway.transcript();
    assert!(frames.iter().all(|it| !String::from_utf8_lossy(&it.bytes).contains(&random)));
    let mut signed = Signing5::with_faults(&[]);
    signed.client.gateway.record_transcript();
    assert!(signed.open("0.01").is_ok());
}
