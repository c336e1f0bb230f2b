//! The gateway's behaviour without faults.

use rust_decimal::Decimal;

use super::*;
use crate::protocol::ping::Pong;
use crate::protocol::{ErrorCode, signature};

#[test]
fn the_starting_book_is_consistent() {
    for count in [0, 1, 3, 12, 40, 777] {
        let mut client = TestClient::with(&Options { positions: count, ..Options::default() });
        for _ in 0..3 {
            let (account, positions) = (client.account(), client.positions());
            assert_eq!(positions.len(), count);
            assert!(positions.iter().all(|position| position.ticket.is_real()
                && !position.volume.value().is_zero()
                && matches!(position.side, Side::Buy | Side::Sell)));
            let floating: Decimal = positions.iter().map(|position| position.profit.value()).sum();
            assert_eq!(account.equity.value(), account.balance.value() + floating);
            assert_eq!(account.margin.value().is_zero(), count == 0);
            let level = if count == 0 {
                Decimal::ZERO
            } else {
                (Decimal::ONE_HUNDRED * account.equity.value() / account.margin.value()).round_dp(2)
            };
            assert!((account.margin_level.value() - level).abs() <= Decimal::new(1, 2));
            assert_eq!(
                account.free_margin.value(),
                account.equity.value() - account.margin.value()
            );
            client.clock.advance(Duration::from_secs(7));
        }
    }
}

#[test]
fn equal_seeds_give_equal_figures() {
    let watch = |seed| {
        let mut client = TestClient::with(&Options { positions: 3, seed, ..Options::default() });
        let mut seen = Vec::new();
        for _ in 0..30 {
            client.clock.advance(Duration::from_secs(10));
            seen.push(client.account().equity);
        }
        seen
    };
    assert_eq!(watch(1), watch(1));
    assert_ne!(watch(1), watch(2));
    let moving = watch(1);
    assert!(moving.windows(2).filter(|pair| pair[0] != pair[1]).count() > 20, "{moving:?}");
}

#[test]
fn statuses_are_those_of_the_real_gateway_and_replies_have_the_simulated_mark() {
    let mut client = TestClient::with_faults(&[]);
    let order = client.order("EURUSD", "BUY", "0.001");
    let mut stale = client.order("EURUSD", "BUY", "0.001");
    stale.risk_signature = "RISK_PASS".to_owned();
    for (reply, status) in [
        (client.json(Ping), "ok"),
        (client.json(GetAccount), "ok"),
        (client.json(GetPositions), "ok"),
        (client.json(sync_all()), "OK"),
        (client.json(order), "FILLED"),
        (client.json(close(Ticket(100_000_001))), "FILLED"),
        (client.json(stale), "REJECTED"),
        (client.json(close(Ticket(7))), "error"),
    ] {
        assert_eq!(reply["status"], status, "{reply}");
        assert_eq!(reply["simulated"], true, "{reply}");
    }
}

#[test]
fn sync_all_has_no_uuid_no_leverage_and_no_opening_time() {
    let mut client = TestClient::with_faults(&[]);
    let reply = client.json(sync_all());
    assert!(reply.get("uuid").is_none());
    assert_eq!(reply["account"]["leverage"], 1);
    assert_eq!(reply["positions"][0]["time_open"], 0);
    assert_eq!(reply["positions"].as_array().unwrap().len(), 3);
}

#[test]
fn latency_of_ping_is_the_gateways_clock_minus_the_requests_time() {
    let mut client = TestClient::with_faults(&[]);
    let mut request = client.request(Ping);
    request.timestamp -= Duration::from_micros(1_234_567);
    let reply = client.raw(&request.encode()).unwrap();
    let Ok(pong) = decode::<Pong>(&reply, request.uuid).unwrap() else { panic!() };
    assert_eq!(pong.latency_ms.token(), "1234.567");
}

#[test]
fn an_open_of_either_side_fills_at_the_ask_without_magic_and_comment() {
    let mut client = TestClient::with_faults(&["reports-magic"]);
    let sell = client.order("EURUSD", "SELL", "0.02");
    let (bought, sold) = (client.open("0.01"), client.done(sell));
    assert_eq!(bought.price, sold.price);
    let positions = client.positions();
    let held = positions.iter().find(|position| position.ticket == sold.ticket).unwrap();
    assert_eq!((held.side.as_str(), held.volume.0.token()), ("SELL", "0.02"));
    assert_eq!(
        (held.current_price.value(), held.profit.value()),
        (sold.price.value(), Decimal::ZERO)
    );
    assert_eq!(held.magic, Some(Magic(0)));
    assert_eq!(positions[0].magic, Some(Magic(202_401)));
}

#[test]
fn an_open_sent_twice_opens_twice() {
    let mut client = TestClient::with_faults(&[]);
    let order = client.order("EURUSD", "BUY", "0.01");
    let request = client.request(order).encode();
    client.raw(&request).unwrap();
    client.raw(&request).unwrap();
    let ledger = client.ledger();
    assert_eq!(ledger.len(), 2);
    assert_eq!(ledger[0].request_uuid, ledger[1].request_uuid);
    assert_eq!(client.positions().len(), 5);
}

#[test]
fn a_close_closes_the_whole_position_and_returns_its_own_order() {
    let mut client = TestClient::with_faults(&[]);
    let ticket = client.open("0.50").ticket;
    let before = client.account();
    let profit = client.positions().last().unwrap().profit.value();
    let closed = client.close(ticket);
    assert!(closed.ticket > ticket);
    assert!(client.positions().iter().all(|position| position.ticket != ticket));
    assert_eq!(client.account().balance.value(), before.balance.value() + profit);
    assert_eq!(client.ledger()[1].volume.0.token(), "0.50");
    let refusal = client.refused(close(ticket));
    assert_eq!(refusal.code, ErrorCode::Mt5CloseFailed);
    assert_eq!(refusal.message, format!("Position {ticket} not found"));
}

#[test]
fn a_flat_book_has_the_balance_as_equity_and_no_margin() {
    let mut client = TestClient::with_faults(&[]);
    for position in client.positions() {
        client.clock.advance(Duration::from_secs(60));
        client.close(position.ticket);
    }
    let account = client.account();
    assert_eq!(account.equity, account.balance);
    assert!(account.margin.value().is_zero() && account.margin_level.value().is_zero());
}

#[test]
fn a_fully_hedged_symbol_uses_no_margin() {
    let mut client = TestClient::with(&Options::default());
    client.open("0.30");
    assert!(!client.account().margin.value().is_zero());
    let sell = client.order("EURUSD", "SELL", "0.30");
    client.done(sell);
    let account = client.account();
    assert!(account.margin.value().is_zero() && account.margin_level.value().is_zero());
    assert_eq!(client.positions().len(), 2);
}

#[test]
fn a_signature_is_valid_for_its_ttl_and_its_own_order() {
    let mut client = TestClient::with_faults(&[]);
    let order = client.order("EURUSD", "BUY", "0.01");
    client.clock.advance(Duration::from_millis(5001));
    assert_eq!(client.refused(order).code, ErrorCode::RiskSignatureInvalid);
    let mut other = client.order("EURUSD", "BUY", "0.01");
    other.volume = Lots(Exact::parse("1.0").unwrap());
    let refusal = client.refused(other);
    assert!(refusal.message.contains(&signature::Refused::Checksum.to_string()));
    assert!(client.ledger().is_empty());
}

#[test]
fn unreadable_requests_get_the_codes_of_the_table() {
    let mut client = TestClient::with_faults(&[]);
    let uuid = "00000000-0000-4000-8000-000000000001";
    for (body, code) in [
        ("{", "INVALID_JSON"),
        ("[]", "INVALID_JSON"),
        (r#"{"uuid":"U"}"#, "MISSING_ACTION"),
        (r#"{"uuid":"U","action":"BUY"}"#, "UNKNOWN_ACTION"),
        (r#"{"uuid":"U","action":"OPEN","type":"BUY","volume":1}"#, "MISSING_SYMBOL"),
        (r#"{"uuid":"U","action":"OPEN","symbol":"EURUSD","volume":1}"#, "MISSING_TYPE"),
        (r#"{"uuid":"U","action":"OPEN","symbol":"EURUSD","type":"BUY"}"#, "INVALID_VOLUME"),
        (
            r#"{"uuid":"U","action":"OPEN","symbol":"EURUSD","type":"BUY","volume":-1}"#,
            "INVALID_VOLUME",
        ),
        (
            r#"{"uuid":"U","action":"OPEN","symbol":"EURUSD","type":"BUY","volume":1}"#,
            "RISK_SIGNATURE_INVALID",
        ),
        (r#"{"uuid":"U","action":"CLOSE"}"#, "MISSING_TICKET"),
    ] {
        let reply = client.raw(body.replace("\"U\"", &format!("\"{uuid}\"")).as_bytes()).unwrap();
        let reply: Value = serde_json::from_slice(&reply).unwrap();
        assert_eq!(reply["error_code"], code, "{body}");
        assert_eq!(reply["uuid"], if body.contains("uuid") { uuid } else { "unknown" });
    }
    assert!(client.ledger().is_empty());
}

#[test]
fn an_unknown_symbol_is_refused() {
    let mut client = TestClient::with_faults(&[]);
    let order = client.order("eurusd", "BUY", "0.01");
    assert_eq!(client.refused(order).code, ErrorCode::Mt5OrderFailed);
    assert!(client.ledger().is_empty());
}

#[test]
fn a_volume_above_the_brokers_maximum_is_filled_with_ticket_zero() {
    let mut client = TestClient::with_faults(&[]);
    assert_eq!(client.open("99999999999999999").ticket, Ticket(0));
    assert!(client.ledger().is_empty());
}
