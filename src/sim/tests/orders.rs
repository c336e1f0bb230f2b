//! Faults of orders, judged by the ledger, and the book file.

use std::io::Write as _;

use super::*;
use crate::protocol::ErrorCode;
use crate::sim::{ExecutionKind, JournalError, read_ledger};

/// The reply to an OPEN, and the number of executions at once and a minute later.
fn opened(fault: &str) -> (Value, usize, usize) {
    let mut client = TestClient::with_faults(&[fault]);
    let order = client.order("EURUSD", "BUY", "0.002");
    let reply = client.json(order);
    let at_once = client.ledger().len();
    client.clock.advance(Duration::from_secs(60));
    let listed = client.positions().len() - 3;
    assert_eq!(listed, client.ledger().len(), "{fault}");
    (reply, at_once, listed)
}

#[test]
fn hazard_1_filled_with_ticket_zero_executes_nothing() {
    for (fault, at_once, later) in
        [("open-ticket-zero", 0, 0), ("min-volume:0.01", 0, 0), ("open-late:6s", 0, 1)]
    {
        let (reply, executed_at_once, executed_later) = opened(fault);
        assert_eq!((executed_at_once, executed_later), (at_once, later), "{fault}");
        assert_eq!(reply["status"], "FILLED");
        assert_eq!(reply["ticket"], 0);
        assert_eq!((&reply["volume"], &reply["price"]), (&0.0.into(), &0.0.into()));
    }
}

#[test]
fn a_late_order_executes_at_its_time() {
    let mut client = TestClient::with_faults(&["open-late:6s"]);
    let sent = client.clock.now();
    client.open("0.01");
    client.clock.advance(Duration::from_millis(5999));
    assert_eq!(client.positions().len(), 3);
    client.clock.advance(Duration::from_millis(1));
    assert_eq!(client.positions().len(), 4);
    assert_eq!(client.ledger()[0].time, sent + Duration::from_secs(6));
}

#[test]
fn hazard_2_a_close_with_ticket_zero_closes_nothing() {
    let mut client = TestClient::with_faults(&["close-ticket-zero:1"]);
    let ticket = Ticket(100_000_001);
    assert_eq!(client.close(ticket).ticket, Ticket(0));
    assert_eq!((client.positions().len(), client.ledger().len()), (3, 0));
    assert!(client.close(ticket).ticket.is_real());
}

#[test]
fn hazard_3_a_gateway_that_cannot_close() {
    let mut client = TestClient::with_faults(&["cannot-close"]);
    for ticket in [Ticket(100_000_001), Ticket(5)] {
        let refusal = client.refused(close(ticket));
        assert_eq!(refusal.code, ErrorCode::Mt5CloseFailed);
        assert!(refusal.message.contains("has no attribute 'position_get'"));
    }
    assert!(client.ledger().is_empty());
}

#[test]
fn hazard_5_a_stub_invents_every_figure() {
    let mut client = TestClient::with_faults(&["stub"]);
    assert_eq!(client.open("0.01").ticket, Ticket(12_345));
    assert!(client.positions().is_empty());
    assert!(client.close(Ticket(12_345)).ticket.is_real());
    let account = client.account();
    assert_eq!((account.balance.0.token(), account.equity.0.token()), ("200.00", "205.50"));
    assert!(client.ledger().is_empty());
}

#[test]
fn hazard_15_an_order_with_a_lost_reply_executed() {
    let mut client = TestClient::with_faults(&["drop-reply:OPEN:1"]);
    let order = client.order("EURUSD", "BUY", "0.01");
    let request = client.request(order).encode();
    assert_eq!(client.raw(&request), Err(LinkError::TimedOut));
    assert_eq!(client.elapsed(), PATIENCE);
    assert_eq!(client.ledger().len(), 1);
    assert_eq!(client.receive(), Err(LinkError::Lost), "a connection that timed out is dead");
    assert_eq!(client.link.send_bytes(&request), Err(LinkError::Unsent));
}

#[test]
fn hazard_20_an_accepted_order_executes_late_and_its_reply_follows() {
    let mut client = TestClient::with_faults(&["late-execution:7s"]);
    let sent = client.clock.now();
    let filled = client.open("0.01");
    assert_eq!(client.elapsed(), Duration::from_secs(7));
    assert_eq!(client.ledger()[0].time, sent + Duration::from_secs(7));
    assert!(client.positions().iter().any(|position| position.ticket == filled.ticket));
}

#[test]
fn hazard_21_a_request_executes_after_its_client_disconnected() {
    let mut client = TestClient::with(&Options { link_rtt: Duration::from_secs(1), ..faults(&[]) });
    let order = client.order("EURUSD", "BUY", "0.01");
    let request = client.request(order).encode();
    client.send(&request);
    client.link = client.gateway.open().unwrap();
    assert!(client.ledger().is_empty());
    client.clock.advance(Duration::from_millis(500));
    assert_eq!(client.ledger().len(), 1);
}

#[test]
fn hazard_24_a_real_fill_has_price_zero() {
    let mut client = TestClient::with_faults(&["fill-price-zero"]);
    let filled = client.open("0.01");
    assert!(filled.ticket.is_real() && filled.price.value().is_zero());
    assert!(!client.positions()[3].open_price.value().is_zero());
    assert!(client.close(filled.ticket).close_price.value().is_zero());
}

#[test]
fn a_partial_fill_has_half_the_volume() {
    let mut client = TestClient::with_faults(&["partial-fill"]);
    assert_eq!(client.open("0.01").volume.0.token(), "0.005");
    assert_eq!(client.positions()[3].volume.0.token(), "0.005");
    assert_eq!(client.ledger()[0].volume.0.token(), "0.005");
}

#[test]
fn the_same_refusal_with_and_without_an_execution() {
    for (fault, code, executed) in [
        ("order-failed", "MT5_ORDER_FAILED", 0),
        ("order-failed-executed", "MT5_ORDER_FAILED", 1),
        ("order-exception", "MT5_EXCEPTION", 0),
        ("order-exception-executed", "MT5_EXCEPTION", 1),
    ] {
        let (reply, at_once, _) = opened(fault);
        assert_eq!((&reply["error_code"], at_once), (&code.into(), executed), "{fault}");
    }
}

#[test]
fn a_close_that_fails_at_first() {
    let mut client = TestClient::with_faults(&["close-failed:2"]);
    for ticket in [Ticket(100_000_001), Ticket(100_000_002)] {
        for _ in 0..2 {
            assert_eq!(client.refused(close(ticket)).code, ErrorCode::Mt5CloseFailed);
        }
        client.close(ticket);
    }
    let mut client = TestClient::with_faults(&["close-failed:#2"]);
    client.close(Ticket(100_000_001));
    client.refused(close(Ticket(100_000_002)));
    client.close(Ticket(100_000_002));
}

#[test]
fn signatures_are_unchecked_or_always_refused() {
    let mut client = TestClient::with_faults(&["signature-off"]);
    let mut order = client.order("EURUSD", "BUY", "0.01");
    order.risk_signature.clear();
    assert!(client.done(order).ticket.is_real());
    let mut client = TestClient::with_faults(&["old-python"]);
    let order = client.order("EURUSD", "BUY", "0.01");
    assert_eq!(client.refused(order).code, ErrorCode::RiskSignatureInvalid);
    assert!(client.ledger().is_empty());
}

#[test]
fn a_crash_before_and_after_the_execution() {
    for (fault, executed) in [("crash:OPEN:before", 0), ("crash:OPEN:after", 1)] {
        let dir = tempfile::tempdir().unwrap();
        let book = dir.path().join("book.jsonl");
        let mut client = TestClient::with(&with_book(&book, &[fault]));
        let order = client.order("EURUSD", "BUY", "0.01");
        let request = client.request(order).encode();
        assert_eq!(client.raw(&request), Err(LinkError::Lost), "{fault}");
        assert_eq!(client.gateway.open().err(), Some(LinkError::Refused));
        let ledger = client.ledger();
        assert_eq!(ledger.len(), executed, "{fault}");
        drop(client);
        let mut again = TestClient::with(&with_book(&book, &[]));
        assert_eq!(again.positions().len(), 3 + executed);
        assert_eq!(again.ledger(), ledger);
    }
}

#[test]
fn an_order_executes_although_its_connection_is_closed() {
    let mut client = TestClient::with_faults(&["disconnect:OPEN"]);
    let order = client.order("EURUSD", "BUY", "0.01");
    let request = client.request(order).encode();
    assert_eq!(client.raw(&request), Err(LinkError::Lost));
    client.link = client.gateway.open().unwrap();
    assert_eq!(client.positions().len(), 4);
}

#[test]
fn a_reopened_book_is_equal_to_the_cent() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book.jsonl");
    let mut client = TestClient::with(&with_book(&book, &["open-late:3s:#2"]));
    let bought = client.open("0.10").ticket;
    client.open("0.20");
    client.clock.advance(Duration::from_secs(400));
    let yen = client.order("USDJPY", "SELL", "0.07");
    client.done(yen);
    client.clock.advance(Duration::from_secs(400));
    for ticket in [bought, Ticket(100_000_003)] {
        client.close(ticket);
    }
    let (account, positions, ledger) = (client.account(), client.positions(), client.ledger());
    assert_eq!(ledger.len(), 5);
    assert_eq!(read_ledger(&book).unwrap(), ledger);
    let now = client.clock.now();
    drop(client);
    // The file's settings overrule other ones.
    let options = Options { seed: 99, positions: 50, ..with_book(&book, &[]) };
    let mut again = TestClient::with(&options);
    again.clock.set_wall(now);
    assert_eq!((again.account(), again.positions(), again.ledger()), (account, positions, ledger));
    let last_order = again.ledger().last().unwrap().order;
    let next = again.open("0.01");
    assert!(next.ticket > last_order, "a ticket is never given twice");
    assert_eq!(read_ledger(&book).unwrap().last().unwrap().ticket, next.ticket);
    assert_eq!(again.ledger().last().unwrap().sequence, 6);
}

#[test]
fn a_torn_last_line_is_dropped_and_any_other_broken_line_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book.jsonl");
    let mut client = TestClient::with(&with_book(&book, &[]));
    client.open("0.01");
    client.open("0.02");
    drop(client);
    let whole = std::fs::read(&book).unwrap();
    for cut in 1..whole.len() {
        std::fs::write(&book, &whole[..cut]).unwrap();
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(read_ledger(&book).unwrap().len(), lines.saturating_sub(1));
        if cut % 23 == 0 {
            let mut client = TestClient::with(&with_book(&book, &[]));
            assert_eq!(client.positions().len(), 3 + lines.saturating_sub(1));
            client.open("0.03");
            assert_eq!(read_ledger(&book).unwrap(), client.ledger());
        }
    }
    std::fs::write(&book, &whole).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&book).unwrap();
    file.write_all(b"{}\n").unwrap();
    let error = read_ledger(&book).unwrap_err();
    assert!(matches!(error, JournalError::Corrupt { line: 4, .. }), "{error}");
}

#[test]
fn a_replayed_close_has_its_recorded_price() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book.jsonl");
    let mut client = TestClient::with(&with_book(&book, &["frozen"]));
    client.clock.advance(Duration::from_secs(3600));
    client.close(Ticket(100_000_001));
    let balance = client.account().balance;
    drop(client);
    assert_eq!(TestClient::with(&with_book(&book, &[])).account().balance, balance);
}

#[test]
fn a_book_with_a_missing_line_is_corrupt() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book.jsonl");
    let mut client = TestClient::with(&with_book(&book, &[]));
    client.open("0.01");
    client.open("0.02");
    drop(client);
    let text = std::fs::read_to_string(&book).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&book, format!("{}\n{}\n", lines[0], lines[2])).unwrap();
    let error = read_ledger(&book).unwrap_err();
    assert!(matches!(error, JournalError::Corrupt { line: 2, .. }), "{error}");
}

#[test]
fn a_book_has_one_writer_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let options = with_book(&dir.path().join("book.jsonl"), &[]);
    let client = TestClient::with(&options);
    let clock = Arc::new(client.clock.clone());
    let error = InProcess::start(&options, clock).err().unwrap();
    assert!(matches!(error, JournalError::InUse(_)), "{error}");
}

#[test]
fn the_ledger_lists_executions_in_order() {
    let mut client = TestClient::with_faults(&[]);
    let filled = client.open("0.01");
    let closed = client.close(filled.ticket);
    let [open, close] = &client.ledger()[..] else { panic!() };
    assert_eq!((open.sequence, close.sequence), (1, 2));
    assert_eq!((open.kind, close.kind), (ExecutionKind::Open, ExecutionKind::Close));
    assert_eq!((open.ticket, open.order), (filled.ticket, filled.ticket));
    assert_eq!((close.ticket, close.order), (filled.ticket, closed.ticket));
    assert_eq!((&open.price, &close.price), (&filled.price, &closed.close_price));
}
