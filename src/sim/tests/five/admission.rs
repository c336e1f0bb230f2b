//! Who is heard: signatures, roles, freshness, addressees. A request whose signature is broken changes nothing.

use proptest::prelude::*;

use super::*;
use crate::protocol::switch::{Engage, Release};

fn said(reply: &[u8]) -> Value {
    serde_json::from_slice(reply).unwrap_or_default()
}

#[track_caller]
fn assert_unsigned_code(reply: &[u8], code: &str) {
    assert_eq!(said(reply)["error_code"], code, "{}", String::from_utf8_lossy(reply));
    assert!(Signature::of(reply).is_none(), "nobody's key signs this reply");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_of_a_signed_order_changes_nothing(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut client = Signing5::with(&Options { signing: Signing::Off, ..five(&[]) });
        let before = client.positions();
        let open = client.open_order("0.01");
        let request = client.addressed(open);
        let mut frame = client.sign(request.encode());
        let place = place.index(frame.len());
        frame[place] ^= 1 << bit;
        let reply = client.client.raw(&frame).unwrap();
        prop_assert!(client.client.ledger().is_empty());
        prop_assert_eq!(client.positions(), before);
        prop_assert!(Signature::of(&reply).is_none());
        prop_assert_eq!(client.state(request.uuid), OrderState::NeverSeen);
    }
}

#[test]
fn a_foreign_key_a_moved_signature_and_a_reply_are_refused() {
    let mut client = Signing5::with_faults(&[]);
    let frame = client.client.request(Ping).encode();
    let other = LinkKey::new("ops", &SECRET.replace("8f", "9f")).unwrap();
    let foreign = signed::sign(Direction::Request, &other, frame.clone()).0;
    assert_unsigned_code(&client.client.raw(&foreign).unwrap(), "BAD_SIGNATURE");
    let as_reply = signed::sign(Direction::Reply, &key(), frame.clone()).0;
    assert_unsigned_code(&client.client.raw(&as_reply).unwrap(), "BAD_SIGNATURE");
    let mut moved = client.sign(frame);
    moved.pop();
    moved.extend_from_slice(b",\"more\":1}");
    assert_unsigned_code(&client.client.raw(&moved).unwrap(), "BAD_SIGNATURE");
}

#[test]
fn json_is_read_strictly_and_large_requests_not_at_all() {
    let mut client = Signing5::with_faults(&[]);
    let with = |client: &Signing5, member: &str| {
        let mut frame = client.client.request(Ping).encode();
        frame.pop();
        frame.extend_from_slice(member.as_bytes());
        frame.push(b'}');
        frame
    };
    let nested = format!(",\"deep\":{}{}", "[".repeat(20), "]".repeat(20));
    for member in [",\"action\":\"OPEN\"", ",\"a\":NaN", ",\"a\":1e999", &nested] {
        let frame = with(&client, member);
        assert_eq!(said(&client.exchange(frame))["error_code"], "INVALID_JSON", "{member}");
    }
    let large = format!(",\"pad\":\"{}\"", "x".repeat(64 * 1024));
    let frame = client.sign(with(&client, &large));
    assert_unsigned_code(&client.client.raw(&frame).unwrap(), "TOO_LARGE");
}

#[test]
fn a_stale_request_is_told_the_gateways_time() {
    for skew in ["6s", "-6s"] {
        let mut client = Signing5::with_faults(&[&format!("clock-skew:{skew}")]);
        let frame = client.client.request(Ping).encode();
        let reply = said(&client.exchange(frame));
        assert_eq!(reply["error_code"], "STALE");
        assert!(
            reply["server_time"].as_str().is_some_and(|time| time.contains("T03:54:")),
            "{reply}"
        );
    }
    let mut client = Signing5::with_faults(&["clock-skew:4s"]);
    assert!(client.read(Ping).is_ok());
    // Made before the gateway started.
    let mut early = Signing5::with_faults(&[]);
    let mut request = early.client.request(Ping);
    request.timestamp = request.timestamp.checked_sub(Duration::from_secs(1)).unwrap();
    assert_eq!(code(early.send(&request)), "STALE");
}

#[test]
fn a_read_is_answered_once() {
    let mut client = Signing5::with_faults(&[]);
    let request = client.client.request(GetAccount);
    assert!(client.send(&request).is_ok());
    assert_eq!(code(client.send(&request)), "REPLAYED");
}

#[test]
fn an_order_for_another_gateway_is_refused() {
    let mut first = Signing5::with_faults(&[]);
    let mut second = Signing5::with(&Options { seed: 2, ..five(&[]) });
    let open = first.open_order("0.01");
    let captured = first.addressed(open);
    // The second gateway shares the key, and has another journal.
    assert_eq!(code(second.send(&captured)), "WRONG_GATEWAY");
    let mut request = captured;
    request.addressee = None;
    assert_eq!(code(first.send(&request)), "MISSING_FIELD");
    assert!(first.client.ledger().is_empty() && second.client.ledger().is_empty());
}

#[test]
fn each_role_has_its_actions() {
    let engage = || Engage { reason: String::new(), who: String::new() };
    let mut read = Signing5::with(&with_role(Role::Read));
    assert_eq!(code(read.open("0.01")), "FORBIDDEN");
    assert_eq!(code(read.read(GetOutcome { of: Uuid::new_v4(), void: true })), "FORBIDDEN");
    assert_eq!(read.state(Uuid::new_v4()), OrderState::NeverSeen);
    assert!(read.order(engage()).is_ok(), "whoever watches may stop");
    let mut trade = Signing5::with(&with_role(Role::Trade));
    assert_eq!(code(trade.order(Release { who: String::new() })), "FORBIDDEN");
    assert!(trade.open("0.01").is_ok());
    assert_eq!(read.client.ledger().len(), 0);
}

#[test]
fn unsigned_requests_end_where_signing_begins() {
    let refused = |signing, frame: fn(&TestClient) -> Vec<u8>| {
        let mut client = TestClient::with(&Options { signing, ..five(&[]) });
        let frame = frame(&client);
        client.json_of(&frame)["error_code"] == "SIGNATURE_REQUIRED"
    };
    let open = |client: &TestClient| client.request(client.order("EURUSD", "BUY", "0.01")).encode();
    let ping = |client: &TestClient| client.request(Ping).encode();
    let release = |client: &TestClient| client.request(Release { who: String::new() }).encode();
    let refusals = [Signing::Off, Signing::Orders, Signing::All]
        .map(|signing| [refused(signing, ping), refused(signing, open), refused(signing, release)]);
    assert_eq!(refusals, [[false, false, true], [false, true, true], [true, true, true]]);
}
