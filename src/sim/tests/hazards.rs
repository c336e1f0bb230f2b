//! The hazards from 25 on: another account, hidden money, late brokers, other orders than those that were sent.

use super::*;
use crate::sim::ExecutionKind;

fn value(money: &crate::units::Money) -> String {
    money.value().to_string()
}

#[test]
fn hazard_25_the_terminal_moves_to_another_account() {
    let mut client =
        TestClient::with_faults(&["identity:111:Broker:0", "account-switch:CLOSE:500.00:1"]);
    assert_eq!(client.account().login.as_deref(), Some("111"));
    let refusal = client.refused(close(Ticket(100_000_001)));
    assert!(refusal.message.contains("not found"), "{refusal}");
    let account = client.account();
    assert_eq!(
        (account.login.as_deref(), value(&account.balance)),
        (Some("1119"), "500.00".into())
    );
    assert!(client.positions().is_empty() && client.ledger().is_empty());
}

#[test]
fn hazard_26_hidden_positions_leave_account_and_list_flat() {
    let mut client = TestClient::with_faults(&["hides-positions"]);
    let account = client.account();
    assert!(client.positions().is_empty());
    assert_eq!((account.equity, value(&account.margin)), (account.balance, "0.00".into()));
}

#[test]
fn hazard_27_a_blocked_order_is_answered_late_and_executes_later() {
    let mut client = TestClient::with_faults(&["open-blocks:9s:2s"]);
    let sent = client.clock.now();
    let filled = client.open("0.01");
    let took = client.clock.now().duration_since(sent).as_secs();
    assert_eq!((filled.ticket, took), (Ticket(0), 9));
    assert_eq!(client.positions().len(), 3);
    client.clock.advance(Duration::from_secs(2));
    assert_eq!(client.positions().len(), 4);
}

#[test]
fn hazard_27_a_list_s_time_is_off() {
    let mut client = TestClient::with_faults(&["list-time-offset:3h"]);
    let list = client.done(GetPositions);
    assert_eq!(list.reported_at.duration_since(client.clock.now()).as_hours(), 3);
}

#[test]
fn hazard_28_another_order_opens_than_was_sent() {
    let mut client = TestClient::with_faults(&["open-raised:0.01", "open-renamed:.s"]);
    let filled = client.open("0.002");
    let opened = client.positions().pop().unwrap();
    assert_eq!((opened.ticket, opened.symbol.as_str()), (filled.ticket, "EURUSD.s"));
    assert_eq!(opened.volume.value().to_string(), "0.01");
    assert_eq!(client.ledger()[0].symbol, opened.symbol);
}

#[test]
fn hazard_29_one_order_opens_two_positions() {
    for (fault, volumes) in [("open-split", ["0.006", "0.004"]), ("open-twice", ["0.01", "0.01"])] {
        let mut client = TestClient::with_faults(&[fault]);
        let filled = client.open("0.01");
        let opened = client.positions().split_off(3);
        let found: Vec<String> =
            opened.iter().map(|position| position.volume.value().to_string()).collect();
        assert_eq!((found, filled.ticket), (volumes.map(str::to_owned).to_vec(), opened[0].ticket));
        assert_eq!(client.ledger().len(), 2);
    }
}

#[test]
fn hazard_30_a_list_is_cut_or_repeats_its_first_row() {
    let tickets = |fault: &str| -> Vec<i64> {
        let list = TestClient::with_faults(&[fault]).positions();
        list.iter().map(|position| position.ticket.0 - 100_000_000).collect()
    };
    assert_eq!(tickets("list-cut:2"), [1, 2]);
    assert_eq!(tickets("list-repeats"), [1, 1, 1]);
}

#[test]
fn hazard_31_a_ticket_changes_or_loses_part_of_its_volume() {
    let mut client = TestClient::with_faults(&["ticket-changes:CLOSE:1"]);
    let refusal = client.refused(close(Ticket(100_000_001)));
    assert!(refusal.message.contains("not found"), "{refusal}");
    let list = client.positions();
    assert_eq!(list.len(), 3);
    assert!(list.iter().all(|position| position.ticket != Ticket(100_000_001)));

    let mut client = TestClient::with_faults(&["close-part:1"]);
    client.close(Ticket(100_000_001));
    assert_eq!(client.positions()[0].volume.value().to_string(), "0.005");
    client.close(Ticket(100_000_001));
    let account = client.account();
    assert_eq!(client.positions().len(), 2);
    let floating: rust_decimal::Decimal =
        client.positions().iter().map(|position| position.profit.value()).sum();
    assert_eq!(account.equity.value(), account.balance.value() + floating);
}

#[test]
fn hazard_33_a_close_opens_the_opposite() {
    let mut client = TestClient::with_faults(&["close-opens"]);
    let closed = client.close(Ticket(100_000_001));
    let list = client.positions();
    assert_eq!((list.len(), list[3].ticket, &list[3].side), (4, closed.ticket, &Side::Sell));
    assert_eq!(client.ledger()[0].kind, ExecutionKind::ForeignTrade);
}

#[test]
fn money_moves_by_others_and_costs() {
    let mut client = TestClient::with_faults(&[
        "deposit:GET_ACCOUNT:-250.00:1",
        "swap:GET_ACCOUNT:-3.00:1",
        "commission:0.07",
    ]);
    let before = client.account();
    assert_eq!(value(&before.balance), "9750.00");
    let floating: rust_decimal::Decimal =
        client.positions().iter().map(|position| position.profit.value()).sum();
    let swap = before.equity.value() - before.balance.value() - floating;
    assert_eq!(swap.to_string(), "-3.00");
    for ticket in 1..=3 {
        client.close(Ticket(100_000_000 + ticket));
    }
    let after = client.account();
    assert_eq!(after.equity, after.balance);
    let cost = after.balance.value() - before.balance.value() - floating;
    assert_eq!(cost.to_string(), "-3.21");
}

#[test]
fn a_stop_out_closes_everything_without_a_request() {
    let mut client = TestClient::with_faults(&["stop-out:GET_POSITIONS:#2"]);
    assert_eq!((client.positions().len(), client.positions().len()), (3, 0));
    assert!(client.ledger().iter().all(|entry| entry.kind == ExecutionKind::OthersClose));
}

#[test]
fn a_reply_arrives_twice() {
    let mut client = TestClient::with_faults(&["reply-repeated:PING:1"]);
    let frame = client.request(Ping).encode();
    let first = client.raw(&frame).unwrap();
    assert_eq!(client.receive().unwrap(), first);
}

#[test]
fn one_symbol_needs_another_margin() {
    let margin = |fault: &str| {
        let faults: &[&str] = if fault.is_empty() { &[] } else { &[fault] };
        TestClient::with_faults(faults).account().margin.value()
    };
    let (plain, raised) = (margin(""), margin("margin-rate:EURUSD:2"));
    let first = raised - plain;
    assert!(first > rust_decimal::Decimal::ZERO && first < plain, "{plain} {raised}");
    assert_eq!(margin("margin-rate:AUDUSD:2"), plain);
}
