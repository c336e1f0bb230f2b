//! Faults of a hostile world: gateways that come and go, other accounts, orders that come late or twice, cached state.

use rust_decimal::Decimal;

use super::*;
use crate::sim::{AccountKind, ExecutionKind};

#[test]
fn a_gateway_comes_back_with_its_state() {
    for (moment, executed) in [("before", 0), ("after", 1)] {
        let mut client = TestClient::with_faults(&[&format!("restart:OPEN:{moment}:2s")]);
        let order = client.request(client.order("EURUSD", "BUY", "0.01")).encode();
        assert_eq!(client.raw(&order), Err(LinkError::Lost));
        assert_eq!(client.ledger().len(), executed);
        assert_eq!(client.gateway.open().err(), Some(LinkError::Refused));
        client.clock.advance(Duration::from_secs(2));
        client.link = client.gateway.open().unwrap();
        assert_eq!(client.positions().len(), 3 + executed);
    }
}

#[test]
fn another_gateway_takes_the_port() {
    let mut client = TestClient::with_faults(&["replaced:5000.00:#2"]);
    let ours = client.positions();
    let list = client.request(GetPositions).encode();
    assert_eq!(client.raw(&list), Err(LinkError::Lost));
    client.link = client.gateway.open().unwrap();
    let theirs = client.positions();
    assert_eq!(theirs.len(), 2);
    assert!(theirs.iter().all(|it| ours.iter().all(|known| known.ticket != it.ticket)));
    assert_eq!(client.account().balance.value(), Decimal::from(5000));
    let truth = client.gateway.truth().unwrap();
    assert_eq!((truth.open.len(), truth.other.unwrap().open.len()), (3, 2));
}

#[test]
fn orders_are_refused_for_a_time() {
    let mut client = TestClient::with_faults(&["orders-refused:10018:5s"]);
    let first = client.positions()[0].ticket;
    assert!(client.refused(close(first)).message.contains("retcode 10018"));
    assert_eq!(client.open("0.01").ticket, Ticket(0));
    client.clock.advance(Duration::from_secs(5));
    assert!(client.open("0.01").ticket.is_real());
    assert!(client.close(first).ticket.is_real());
}

#[test]
fn a_late_reply_follows_the_next_one() {
    let mut client = TestClient::with_faults(&["replies-swapped:#1"]);
    let [ping, account, ..] = client.reads();
    client.send(&ping);
    client.send(&account);
    let frames = [client.receive().unwrap(), client.receive().unwrap()];
    let is_account = |frame: &Vec<u8>| String::from_utf8_lossy(frame).contains("balance");
    assert_eq!(frames.each_ref().map(is_account), [true, false]);
}

#[test]
fn orders_that_come_late_or_twice() {
    let mut client = TestClient::with_faults(&["close-late:2s", "open-again:1s"]);
    let opened = client.open("0.01").ticket;
    client.clock.advance(Duration::from_secs(1));
    assert_eq!(client.positions().len(), 5);
    client.close(opened);
    assert_eq!(client.positions().len(), 5);
    client.clock.advance(Duration::from_secs(2));
    assert_eq!(client.positions().len(), 4);
    let kinds: Vec<ExecutionKind> = client.ledger().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [ExecutionKind::Open, ExecutionKind::Open, ExecutionKind::Close]);
}

#[test]
fn others_open_what_looks_the_same() {
    let mut client = TestClient::with_faults(&["engine-reopens", "alike-appears:1"]);
    let first = client.positions()[0].ticket;
    client.close(first);
    let now = client.positions();
    assert_eq!(now.len(), 4);
    assert!(now.iter().any(|it| it.symbol.as_str() == "AUDUSD"));
    assert!(now.iter().all(|it| it.ticket != first));
}

#[test]
fn state_that_is_shown_late_or_not_at_all() {
    let mut client = TestClient::with_faults(&["cached"]);
    let before = client.positions();
    client.open("0.01");
    assert_eq!(client.positions(), before);
    let mut client = TestClient::with_faults(&["list-lacks-new"]);
    let before = client.positions().len();
    client.open("0.01");
    assert_eq!(client.positions().len(), before);
    let margin = client.account().margin.value();
    assert!(margin > TestClient::with_faults(&[]).account().margin.value());
    let mut client = TestClient::with_faults(&["account-visits:GET_ACCOUNT:9000.00:#2"]);
    let balances = [client.account(), client.account(), client.account()].map(|it| it.balance);
    assert_eq!(balances[1].value(), Decimal::from(9000));
    assert_eq!(balances[0], balances[2]);
}

#[test]
fn figures_and_rows_that_are_odd_and_sound() {
    let mut client = TestClient::with_faults(&["list-shuffled", "float-noise"]);
    let [one, other] = [client.positions(), client.positions()];
    let tickets = |list: &[Position]| list.iter().map(|it| it.ticket).collect::<Vec<_>>();
    let mut reversed = tickets(&other);
    reversed.reverse();
    assert_eq!(tickets(&one), reversed);
    assert!(client.account().balance.to_string().ends_with("000000000001"));
}

#[test]
fn odd_accounts_are_consistent() {
    for (kind, currency, balance) in [
        (AccountKind::Yen, "JPY", "1500000"),
        (AccountKind::Bitcoin, "BTC", "0.16000000"),
        (AccountKind::Cents, "USC", "1000000.00"),
        (AccountKind::Credit, "USD", "10000.00"),
    ] {
        let mut client = TestClient::with(&Options { account: kind, ..faults(&[]) });
        let (account, list) = (client.account(), client.positions());
        assert_eq!(account.currency.as_deref(), Some(currency));
        assert_eq!(account.balance.to_string(), balance);
        let profit: Decimal = list.iter().map(|it| it.profit.value()).sum();
        let equity = account.balance.value() + profit + kind.credit();
        assert_eq!(account.equity.value(), equity, "{kind:?}");
    }
    let of = |kind| TestClient::with(&Options { account: kind, ..faults(&[]) }).positions();
    let symbols: Vec<String> =
        of(AccountKind::OddSymbols).iter().map(|it| it.symbol.to_string()).collect();
    assert_eq!(symbols, ["#AAPL", "EURUSD.s", "[SP500]"]);
    assert!(of(AccountKind::LargeTickets)[0].ticket.0 > 1 << 53);
}

#[test]
fn figures_and_lists_that_lag_show_the_past_for_a_time() {
    let mut client = TestClient::with_faults(&["account-lags:1s"]);
    let before = client.account().margin;
    client.open("0.01");
    assert_eq!((client.account().margin, client.positions().len()), (before.clone(), 4));
    client.clock.advance(Duration::from_secs(1));
    assert_ne!(client.account().margin, before);
    let mut client = TestClient::with_faults(&["list-lags:1s"]);
    let margin = client.account().margin;
    let first = client.positions()[0].ticket;
    client.close(first);
    assert_eq!((client.positions().len(), client.synced().positions.len()), (3, 3));
    assert_ne!(client.account().margin, margin);
    client.clock.advance(Duration::from_millis(999));
    assert_eq!(client.positions().len(), 3);
    client.clock.advance(Duration::from_millis(1));
    assert_eq!(client.positions().len(), 2);
}

#[test]
fn a_lag_shows_no_account_that_the_terminal_left() {
    let mut client = TestClient::with_faults(&["account-lags:1h", "account-switch:9000.00:#2"]);
    assert_eq!(client.account().balance.value(), Decimal::from(10_000));
    assert_eq!(client.account().balance.value(), Decimal::from(9000));
}

#[test]
fn a_broker_renames_its_symbols() {
    let mut client = TestClient::with_faults(&["symbols-renamed:.x:2+"]);
    let symbols = [client.positions(), client.positions()].map(|list| list[0].symbol.to_string());
    assert_eq!(symbols, ["EURUSD", "EURUSD.x"]);
}

#[test]
fn a_closed_position_returns_under_its_ticket() {
    let mut client = TestClient::with_faults(&["position-returns:GET_POSITIONS:#2"]);
    let before = client.positions();
    let equity = client.account().equity;
    client.close(before[1].ticket);
    let balance = client.account().balance;
    let after = client.positions();
    let tickets = |list: &[Position]| list.iter().map(|it| it.ticket).collect::<Vec<_>>();
    assert_eq!(tickets(&after), tickets(&before));
    let account = client.account();
    assert_eq!((account.balance, account.equity), (balance, equity));
    let kinds: Vec<ExecutionKind> = client.ledger().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [ExecutionKind::Close, ExecutionKind::OthersOpen]);
}

#[test]
fn every_position_gets_another_ticket_and_no_money_moves() {
    let book = tempfile::tempdir().unwrap();
    let options = with_book(&book.path().join("book"), &["tickets-renumbered:GET_POSITIONS:#2"]);
    let mut client = TestClient::with(&options);
    let (before, account) = (client.positions(), client.account());
    let after = client.positions();
    assert_eq!(client.account().equity, account.equity);
    assert_eq!(client.account().balance, account.balance);
    assert_eq!(after.len(), before.len());
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(after.ticket, before.ticket);
        assert_eq!(*before, Position { ticket: before.ticket, ..after.clone() });
    }
    drop(client);
    let mut reopened = TestClient::with(&with_book(&book.path().join("book"), &[]));
    assert_eq!(reopened.positions(), after);
    assert_eq!(reopened.account().balance, account.balance);
}

#[test]
fn a_position_grows_under_its_ticket() {
    let book = tempfile::tempdir().unwrap();
    let options = with_book(&book.path().join("book"), &["position-grows:1"]);
    let mut client = TestClient::with(&options);
    let [before, after] = [client.positions(), client.positions()];
    assert_eq!((before.len(), after.len()), (3, 3));
    assert_eq!(after[2].ticket, before[2].ticket);
    assert_eq!(after[2].volume.value(), before[2].volume.value() * Decimal::TWO);
    let account = client.account();
    let profit: Decimal = after.iter().map(|it| it.profit.value()).sum();
    assert_eq!(account.equity.value(), account.balance.value() + profit);
    drop(client);
    let mut reopened = TestClient::with(&with_book(&book.path().join("book"), &[]));
    assert_eq!(reopened.positions()[2].volume, after[2].volume);
    assert_eq!(reopened.account().margin, account.margin);
}

#[test]
fn a_refused_close_executes_later() {
    let mut client = TestClient::with_faults(&["close-times-out:2s"]);
    let first = client.positions()[0].ticket;
    assert!(client.refused(close(first)).message.contains("retcode 10012"));
    assert_eq!(client.positions().len(), 3);
    client.clock.advance(Duration::from_secs(2));
    assert_eq!(client.positions().len(), 2);
    assert_eq!(client.ledger()[0].ticket, first);
}

#[test]
fn orders_that_are_about_another_position() {
    let mut client = TestClient::with_faults(&["close-other", "open-misnamed"]);
    let before = client.positions();
    let (first, second) = (before[0].ticket, before[1].ticket);
    assert!(client.close(first).ticket.is_real());
    assert_eq!(client.ledger()[0].ticket, second);
    assert_eq!(client.open("0.01").ticket, first);
    assert_ne!(client.ledger()[1].ticket, first);
    for ticket in [first, first] {
        client.close(ticket);
    }
    client.close(first);
    assert!(client.positions().is_empty());
}

#[test]
fn another_account_holds_a_copy_of_every_position() {
    let mut client = TestClient::with_faults(&["account-copied:10000.00:#3"]);
    let (before, account) = (client.positions(), client.account());
    let copy = client.positions();
    let shapes = |list: &[Position]| {
        let shape = |it: &Position| (it.symbol.clone(), it.volume.clone(), it.profit.clone());
        list.iter().map(shape).collect::<Vec<_>>()
    };
    assert_eq!(shapes(&copy), shapes(&before));
    assert!(copy.iter().all(|it| before.iter().all(|known| known.ticket != it.ticket)));
    let figures = client.account();
    assert_eq!((figures.margin, figures.equity), (account.margin, account.equity));
    let truth = client.gateway.truth().unwrap();
    assert_eq!((truth.open.len(), truth.other.unwrap().open.len()), (3, 3));
}

#[test]
fn a_terminal_that_loads_shows_half_of_its_account() {
    let mut client = TestClient::with_faults(&["half-loaded:2"]);
    let (half, account) = (client.positions(), client.account());
    assert_eq!(half.len(), 1);
    assert_eq!(account.equity.value(), account.balance.value() + half[0].profit.value());
    let whole = client.account();
    assert!(account.margin.value() < whole.margin.value());
    assert_eq!(account.balance, whole.balance);
    assert_eq!(client.positions()[0], half[0]);
}
