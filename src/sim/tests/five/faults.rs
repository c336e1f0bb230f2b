//! The faults of protocol 5, each by its effect.

use rust_decimal::Decimal;

use super::*;
use crate::protocol::deals::GetDeals;
use crate::protocol::gateway::SwitchState;
use crate::protocol::switch::Engage;
use crate::protocol::symbol_info::GetSymbol;
use crate::protocol::terminal::GetTerminal;
use crate::sim::{ExecutionKind, FAULTS};

/// The reply to a PING, with the signature's verdict.
fn ping(client: &mut Signing5) -> (Vec<u8>, Option<bool>, Request<Ping>) {
    let request = client.client.request(Ping);
    let reply = client.client.raw(&client.sign(request.encode())).unwrap();
    let verdict = Signature::of(&reply).map(|it| it.is_by(&client.key, Direction::Reply));
    (reply, verdict, request)
}

#[test]
fn replies_that_are_not_the_gateways() {
    for (fault, verdict) in [
        ("mac-forged", Some(false)),
        ("reply-other-key", Some(false)),
        ("request-echoed", Some(false)),
        ("reply-unsigned", None),
    ] {
        assert_eq!(ping(&mut Signing5::with_faults(&[fault])).1, verdict, "{fault}");
    }
    let mut client = Signing5::with_faults(&["reply-replayed:2+"]);
    let first = ping(&mut client).0;
    let (second, verdict, _) = ping(&mut client);
    assert_eq!((second == first, verdict), (true, Some(true)), "signed, of an earlier request");
}

#[test]
fn an_echoed_order_does_not_execute_and_a_replayed_one_does() {
    for (fault, executed) in [("request-echoed:OPEN", 0), ("reply-replayed:OPEN", 1)] {
        let mut client = Signing5::with_faults(&[fault]);
        let open = client.open_order("0.01");
        let request = client.addressed(open);
        let frame = client.sign(request.encode());
        client.client.raw(&frame).unwrap();
        assert_eq!(client.client.ledger().len(), executed, "{fault}");
    }
}

#[test]
fn journals_that_are_lost_or_restored() {
    let mut lost = Signing5::with_faults(&["journal-lost:PING:#3"]);
    let (first, _, third) = (lost.about(), lost.about(), lost.about());
    assert_ne!(first.journal, third.journal);
    assert_eq!(lost.about().journal, third.journal, "it is lost once");
    let mut restored = Signing5::with_faults(&["journal-restored:GET_OUTCOME:2"]);
    let open = restored.open_order("0.01");
    let request = restored.addressed(open);
    restored.send(&request).unwrap();
    let before = restored.about();
    assert_eq!(restored.state(request.uuid), OrderState::NeverSeen, "its row and result are lost");
    let after = restored.about();
    assert_eq!((after.journal, after.journal_seq < before.journal_seq), (before.journal, true));
}

#[test]
fn a_voided_order_that_executes_all_the_same() {
    let mut client = Signing5::with_faults(&["void-not-kept:30s"]);
    let open = client.open_order("0.01");
    let request = client.addressed(open);
    client.lose(request.encode());
    assert_eq!(client.outcome(request.uuid, true).outcome, OrderState::Voided);
    assert!(client.client.ledger().is_empty());
    client.client.clock.advance(Duration::from_secs(31));
    assert_eq!(client.client.ledger().len(), 1);
}

#[test]
fn a_withheld_order_arrives_late_and_is_judged_then() {
    for (after, voided, executed) in [("2s", false, 1), ("2s", true, 0), ("30s", false, 0)] {
        let mut client = Signing5::with_faults(&[&format!("open-withheld:{after}")]);
        let open = client.open_order("0.01");
        let request = client.addressed(open);
        let frame = client.sign(request.encode());
        client.client.send(&frame);
        if voided {
            client.reconnect();
            assert_eq!(client.outcome(request.uuid, true).outcome, OrderState::Voided);
        }
        client.client.clock.advance(Duration::from_secs(31));
        assert_eq!(client.client.ledger().len(), executed, "{after}, voided: {voided}");
    }
}

#[test]
fn outcomes_that_lie() {
    let mut refused = Signing5::with_faults(&["outcome-refused"]);
    let open = refused.open_order("0.01");
    let request = refused.addressed(open);
    refused.send(&request).unwrap();
    assert_eq!(refused.state(request.uuid), OrderState::Refused);
    let mut done = Signing5::with_faults(&["outcome-done"]);
    assert_eq!(done.state(Uuid::new_v4()), OrderState::Done);
    assert_eq!((refused.client.ledger().len(), done.client.ledger().len()), (1, 0));
}

#[test]
fn deals_that_lag_or_lack_one() {
    let mut lagging = Signing5::with_faults(&["deals-lag:5s"]);
    let position = lagging.open("0.01").unwrap().ticket;
    let count = |client: &mut Signing5| client.done(GetDeals::OfPosition { position }).deals.len();
    assert_eq!(count(&mut lagging), 0);
    lagging.client.clock.advance(Duration::from_secs(6));
    assert_eq!(count(&mut lagging), 1);
    let mut lacking = Signing5::with_faults(&["deals-lack-newest"]);
    lacking.open("0.01").unwrap();
    assert_eq!(count(&mut lacking), 0);
    let list = lacking.done(GetDeals::Since { from: 1_000 });
    assert_eq!((list.deals.len(), list.total), (4, Some(4)), "the count fits");
}

#[test]
fn pending_orders_that_are_hidden_or_fill() {
    assert!(Signing5::with_faults(&["pending-hidden"]).pending().is_empty());
    assert_eq!(Signing5::with_faults(&["pending-cut:1"]).pending().len(), 1);
    let mut client = Signing5::with_faults(&["pending-fills:GET_ORDERS:#2"]);
    let before = client.pending();
    assert_eq!(client.pending(), before[1..]);
    assert!(client.positions().iter().any(|position| position.ticket == before[0].ticket));
    assert_eq!(client.client.ledger()[0].kind, ExecutionKind::OthersOpen);
}

#[test]
fn cancels_that_do_nothing_or_come_too_late() {
    let mut ignored = Signing5::with_faults(&["cancel-ignored"]);
    let ticket = ignored.pending()[0].ticket;
    assert!(ignored.cancel(ticket).is_ok());
    assert_eq!(ignored.pending().len(), 2);
    let mut late = Signing5::with_faults(&["cancel-late"]);
    assert_eq!(code(late.cancel(ticket)), "MT5_CANCEL_FAILED");
    assert_eq!((late.pending().len(), late.positions().len()), (1, 4));
}

#[test]
fn a_terminal_and_a_market_that_allow_nothing() {
    let mut off = Signing5::with_faults(&["autotrading-off"]);
    assert_eq!(off.done(GetTerminal).cannot_trade(), Some("AutoTrading is off in the terminal"));
    assert_eq!(code(off.open("0.01")), "AUTOTRADING_OFF");
    let ticket = off.positions()[0].ticket;
    let refusal = off.close(ticket).unwrap_err();
    assert!(refusal.message.contains("closing is impossible too"), "{refusal}");
    let mut closed = Signing5::with_faults(&["market-closed"]);
    let eurusd = || GetSymbol { symbol: Symbol::new("EURUSD") };
    assert!(closed.done(eurusd()).tick_age().unwrap().as_hours() >= 48);
    assert_eq!(code(closed.open("0.01")), "ORDER_CHECK_FAILED");
    assert_eq!(code(closed.close(ticket)), "MT5_CLOSE_FAILED");
    let mut minimum = Signing5::with_faults(&["symbol-minimum:0.1"]);
    assert_eq!(minimum.done(eurusd()).volume_min.value(), Decimal::new(1, 1));
    assert_eq!(code(minimum.open("0.01")), "VOLUME_MIN");
    for client in [off, closed, minimum] {
        assert!(client.client.ledger().is_empty());
    }
}

#[test]
fn kill_switches_that_do_not_hold() {
    let engage = || Engage { reason: String::new(), who: String::new() };
    let mut ignored = Signing5::with_faults(&["engage-ignored"]);
    assert_eq!(ignored.order(engage()).unwrap().kill_switch, SwitchState::Engaged);
    assert!(ignored.open("0.01").is_ok());
    let mut latched = Signing5::with_faults(&["engage-in-memory", "restart:GET_ACCOUNT:before:1s"]);
    assert!(!latched.order(engage()).unwrap().persisted);
    assert_eq!(code(latched.open("0.01")), "KILL_SWITCH_ENGAGED");
    let frame = latched.client.request(GetAccount).encode();
    let frame = latched.sign(frame);
    assert!(latched.client.raw(&frame).is_err());
    latched.client.clock.advance(Duration::from_secs(2));
    latched.reconnect();
    assert_eq!(latched.about().kill_switch, SwitchState::Released);
    let mut engaged = Signing5::with_faults(&["kill-switch-engaged"]);
    assert_eq!(engaged.about().kill_switch, SwitchState::Engaged);
    assert_eq!(code(engaged.open("0.01")), "KILL_SWITCH_ENGAGED");
}

#[test]
fn counts_that_disagree() {
    let mut unstable = Signing5::with_faults(&["list-unstable"]);
    assert_eq!(code(unstable.read(GetPositions)), "LIST_UNSTABLE");
    assert_eq!(code(unstable.read(GetOrders)), "LIST_UNSTABLE");
    let mut wrong = Signing5::with_faults(&["total-wrong"]);
    let request = wrong.client.request(GetPositions);
    let reply = wrong.exchange(request.encode());
    let complaint = decode::<<GetPositions as Action>::Reply>(&reply, request.uuid).unwrap_err();
    assert!(complaint.to_string().contains("counts 4"), "{complaint}");
}

#[test]
fn an_account_that_changes_takes_no_orders() {
    let mut client = Signing5::with_faults(&["account-switch:GET_ACCOUNT:500.00"]);
    let account = client.done(GetAccount);
    assert_eq!(account.login.as_deref(), Some("11002122519"));
    assert_eq!(client.about().login, Some(1_100_212_251), "the configured one");
    assert_eq!(code(client.open("0.01")), "ACCOUNT_MISMATCH");
}

/// The hazards stay as they are: each fault of protocol 4 has its effect in protocol 5 too.
#[test]
fn hazards_of_orders_keep_their_form() {
    let mut zero = Signing5::with_faults(&["open-ticket-zero"]);
    let filled = zero.open("0.01").unwrap();
    assert_eq!((filled.ticket, filled.result), (Ticket(0), None));
    let mut late = Signing5::with_faults(&["open-late:3s"]);
    let open = late.open_order("0.01");
    let request = late.addressed(open);
    late.send(&request).unwrap();
    assert_eq!(late.state(request.uuid), OrderState::Unknown, "it may still execute");
    late.client.clock.advance(Duration::from_secs(4));
    assert_eq!(late.state(request.uuid), OrderState::Done);
    let mut failed = Signing5::with_faults(&["order-failed-executed"]);
    let open = failed.open_order("0.01");
    let request = failed.addressed(open);
    assert_eq!(code(failed.send(&request)), "MT5_ORDER_FAILED");
    assert_eq!(failed.state(request.uuid), OrderState::Done);
    let mut never = Signing5::with_faults(&["cannot-close"]);
    let ticket = never.positions()[0].ticket;
    assert!(never.close(ticket).unwrap_err().message.contains("position_get"));
}

#[test]
fn every_fault_of_protocol_5_has_a_test_here() {
    let tests = concat!(include_str!("faults.rs"), include_str!("journal.rs"));
    for info in FAULTS.iter().filter(|info| info.protocol_5) {
        assert!(tests.contains(&format!("\"{}", info.name)), "{}", info.name);
    }
}
