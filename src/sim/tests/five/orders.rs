//! Orders of protocol 5: their results, and the checks before them.

use super::*;
use crate::protocol::code::Executed;
use crate::protocol::deals::GetDeals;

#[test]
fn an_open_names_order_deal_and_position() {
    let mut client = Signing5::with_faults(&[]);
    let filled = client.open("0.01").unwrap();
    let result = filled.result.unwrap();
    assert_eq!((result.executed, result.retcode), (Executed::Yes, Some(10_009)));
    let position = result.position.unwrap();
    let held = client.positions().into_iter().find(|it| it.ticket == position).unwrap();
    assert_eq!(held.magic, Some(Magic(202_401)), "the magic number is kept");
    assert!(held.details.unwrap().comment.starts_with("m5"));
    let deals = client.done(GetDeals::OfPosition { position }).deals;
    assert_eq!((deals.len(), deals[0].entry.as_str()), (1, "IN"));
    assert_eq!((Some(deals[0].ticket), Some(deals[0].order)), (result.deal, result.order));
    let closed = client.close(position).unwrap().result.unwrap();
    let deals = client.done(GetDeals::OfPosition { position }).deals;
    assert_eq!((Some(deals[1].ticket), deals[1].entry.as_str()), (closed.deal, "OUT"));
    assert!(closed.remaining_volume.unwrap().value().is_zero());
}

#[test]
fn a_part_of_a_position_is_closed_where_the_order_is_signed() {
    let mut client = Signing5::with_faults(&[]);
    let ticket = client.positions()[0].ticket;
    let mut request = client.addressed(super::super::close(ticket)).encode();
    request.pop();
    request.extend_from_slice(b",\"close_volume\":0.004}");
    client.exchange(request);
    let position = client.positions().into_iter().find(|it| it.ticket == ticket).unwrap();
    assert_eq!(position.volume.to_string(), "0.006");
}

#[test]
fn an_order_that_the_rules_forbid_is_refused_by_name_and_executes_nothing() {
    let mut client = Signing5::with_faults(&[]);
    assert_eq!(code(client.open("0.0005")), "VOLUME_MIN");
    assert_eq!(code(client.open("0.0015")), "VOLUME_STEP");
    assert_eq!(code(client.open("101")), "LIMIT_LOTS");
    let wrong = Open { symbol: Symbol::new("NONE"), ..client.open_order("0.01") };
    assert_eq!(code(client.order(wrong)), "SYMBOL_NOT_FOUND");
    let price = Price(Exact::parse("1.0851234").unwrap());
    let wrong = Open { sl: price, ..client.open_order("0.01") };
    assert_eq!(code(client.order(wrong)), "PRICE_DIGITS");
    assert_eq!(code(client.close(Ticket(7))), "POSITION_NOT_FOUND");
    assert_eq!(code(client.cancel(Ticket(7))), "ORDER_NOT_FOUND");
    assert!(client.client.ledger().is_empty());
}

#[test]
fn an_order_past_its_end_is_refused() {
    let mut client = Signing5::with_faults(&[]);
    let open = client.open_order("0.01");
    let request = client.addressed(open);
    let mut frame = request.encode();
    frame.pop();
    frame.extend_from_slice(b",\"valid_until\":\"2026-01-17T03:54:22.000000Z\"}");
    let reply = client.exchange(frame);
    assert_eq!(code(decode::<Filled>(&reply, request.uuid).unwrap()), "EXPIRED");
    assert!(client.client.ledger().is_empty());
}

#[test]
fn a_cancelled_order_is_gone() {
    let mut client = Signing5::with_faults(&[]);
    let ticket = client.pending()[0].ticket;
    let cancelled = client.cancel(ticket).unwrap();
    assert_eq!((cancelled.ticket, cancelled.result.executed), (ticket, Executed::Yes));
    assert!(client.pending().iter().all(|order| order.ticket != ticket));
    assert_eq!(code(client.cancel(ticket)), "ORDER_NOT_FOUND");
}

#[test]
fn an_unsigned_client_gets_4_3s_statuses() {
    let mut options = five(&["partial-fill"]);
    options.signing = Signing::Off;
    let mut client = TestClient::with(&options);
    let order = client.order("EURUSD", "BUY", "0.02");
    let refusal = client.refused(order);
    assert_eq!(refusal.code.as_str(), "MT5_ORDER_FAILED", "a partial end is never FILLED");
    assert_eq!(client.ledger().len(), 1);
    let mut whole = TestClient::with(&Options { faults: vec![], ..options });
    assert!(whole.open("0.02").ticket.0 > 0);
    let ticket = whole.positions()[0].ticket;
    whole.close(ticket);
    let not_found = whole.refused(super::super::close(ticket));
    assert!(not_found.message.contains("not found"), "{not_found}");
}

#[test]
fn an_unsigned_open_still_needs_its_risk_signature() {
    let options = Options { signing: Signing::Off, ..five(&[]) };
    let mut client = TestClient::with(&options);
    let order = Open { risk_signature: String::new(), ..client.order("EURUSD", "BUY", "0.01") };
    assert_eq!(client.refused(order).code.as_str(), "RISK_SIGNATURE_INVALID");
    assert!(client.ledger().is_empty());
}

/// Requests that wait for their turn were fresh when they arrived: an emergency of many positions is not stale.
#[test]
fn closes_that_wait_for_their_turn_are_fresh_and_opens_expire() {
    let options = Options { exec_time: Duration::from_secs(3), ..five(&[]) };
    let mut client = Signing5::with(&options);
    let tickets: Vec<Ticket> = client.positions().iter().map(|position| position.ticket).collect();
    let mut requests: Vec<Vec<u8>> = vec![];
    for ticket in &tickets {
        let request = client.addressed(super::super::close(*ticket));
        requests.push(client.sign(request.encode()));
    }
    let open = client.open_order("0.01");
    let open = client.addressed(open);
    requests.push(client.sign(open.encode()));
    for frame in &requests {
        client.client.send(frame);
    }
    let replies: Vec<Vec<u8>> = requests.iter().map(|_| client.client.receive().unwrap()).collect();
    assert_eq!(client.client.ledger().len(), tickets.len());
    let expired = decode::<Filled>(&replies[tickets.len()], open.uuid).unwrap();
    assert_eq!(code(expired), "EXPIRED");
}
