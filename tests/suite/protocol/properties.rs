//! Properties of all values and all byte strings.

use std::time::Duration;

use mt5crs::link::look_alike::classify;
use mt5crs::protocol::account::{Account, GetAccount};
use mt5crs::protocol::close::Closed;
use mt5crs::protocol::open::{Filled, Open};
use mt5crs::protocol::ping::{Ping, Pong};
use mt5crs::protocol::positions::{GetPositions, Positions};
use mt5crs::protocol::reply::{Reply, decode, encode_refusal};
use mt5crs::protocol::sync_all::Synced;
use mt5crs::protocol::wire::parse_flat;
use mt5crs::protocol::{Action, ErrorCode, Malformed, Refusal, Request, rfc3339, signature};
use mt5crs::units::{Exact, Symbol};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;

use super::arbitrary::*;

fn done<T: Reply + std::fmt::Debug>(frame: &[u8], uuid: Uuid) -> T {
    match decode(frame, uuid) {
        Ok(Ok(success)) => success,
        other => panic!("{other:?} from {}", String::from_utf8_lossy(frame)),
    }
}

/// The words for the success of a read.
fn ok() -> impl Strategy<Value = &'static str> {
    select(vec!["ok", "OK", "SUCCESS"])
}

/// The words for the success of an order.
fn any_done() -> impl Strategy<Value = &'static str> {
    select(vec!["FILLED", "ok", "OK", "SUCCESS"])
}

/// The words for a refusal.
fn refused() -> impl Strategy<Value = &'static str> {
    select(vec!["error", "ERROR", "REJECTED"])
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The frame is the envelope and these fields, byte for byte.
#[track_caller]
fn is_written<A: Action>(request: &Request<A>, action: &str, fields: &str) {
    let Request { uuid, timestamp, .. } = request;
    let (time, comma) = (rfc3339(*timestamp), if fields.is_empty() { "" } else { "," });
    let expected =
        format!(r#"{{"uuid":"{uuid}","action":"{action}","timestamp":"{time}"{comma}{fields}}}"#);
    assert_eq!(String::from_utf8(request.encode()).unwrap(), expected);
    assert!(parse_flat(expected.as_bytes()).is_ok(), "{expected}");
}

proptest! {
    #[test]
    fn requests_without_fields_are_written_exactly(
        ping in request(Just(Ping)),
        account in request(Just(GetAccount)),
        positions in request(Just(GetPositions)),
    ) {
        is_written(&ping, "PING", r#""source":"mt5crs""#);
        is_written(&account, "GET_ACCOUNT", "");
        is_written(&positions, "GET_POSITIONS", "");
    }

    #[test]
    fn sync_all_is_written_exactly(request in request(sync_all())) {
        let fields = format!(r#""magic_number":{}"#, request.action.magic_number);
        is_written(&request, "SYNC_ALL", &fields);
    }

    #[test]
    fn orders_are_written_exactly_with_every_token(
        open_request in request(open()), close_request in request(close()),
    ) {
        let open = &open_request.action;
        let fields = [
            format!(r#""symbol":{}"#, json(open.symbol.as_str())),
            format!(r#""type":{}"#, json(open.side.as_str())),
            format!(r#""volume":{}"#, open.volume.0.token()),
            format!(r#""price":{}"#, open.price.0.token()),
            format!(r#""sl":{}"#, open.sl.0.token()),
            format!(r#""tp":{}"#, open.tp.0.token()),
            format!(r#""comment":{}"#, json(&open.comment)),
            format!(r#""magic":{}"#, open.magic),
            format!(r#""risk_signature":{}"#, json(&open.risk_signature)),
        ];
        is_written(&open_request, "OPEN", &fields.join(","));
        let close = &close_request.action;
        let fields = [
            format!(r#""ticket":{}"#, close.ticket),
            format!(r#""symbol":{}"#, json(close.symbol.as_str())),
            format!(r#""volume":{}"#, close.volume.0.token()),
        ];
        is_written(&close_request, "CLOSE", &fields.join(","));
    }

    #[test]
    fn pongs_survive_a_round_trip(uuid in uuid(), pong in pong(), status in ok()) {
        let id = uuid.to_string();
        let frame = pong.encode(&id, status);
        let read: Pong = done(&frame, uuid);
        prop_assert_eq!(&read, &pong);
        prop_assert_eq!(read.encode(&id, status), frame);
    }

    #[test]
    fn accounts_survive_a_round_trip(
        uuid in uuid(), account in account(), status in ok(), simulated in any::<bool>(),
    ) {
        let id = uuid.to_string();
        let frame = account.encode(&id, status, simulated);
        let read: Account = done(&frame, uuid);
        prop_assert_eq!(&read, &account);
        prop_assert_eq!(read.encode(&id, status, simulated), frame);
    }

    #[test]
    fn positions_survive_a_round_trip(
        uuid in uuid(), positions in positions(), status in ok(), simulated in any::<bool>(),
    ) {
        let id = uuid.to_string();
        let frame = positions.encode(&id, status, simulated);
        let read: Positions = done(&frame, uuid);
        prop_assert_eq!(&read, &positions);
        prop_assert_eq!(read.encode(&id, status, simulated), frame);
    }

    #[test]
    fn syncs_survive_a_round_trip(
        uuid in uuid(), synced in synced(), status in ok(), simulated in any::<bool>(),
    ) {
        let frame = synced.encode(status, simulated);
        let read: Synced = done(&frame, uuid);
        prop_assert_eq!(&read, &synced);
        prop_assert_eq!(read.encode(status, simulated), frame);
    }

    /// SYNC_ALL's failure has no uuid, no code, and an empty account.
    #[test]
    fn failed_syncs_survive_a_round_trip(
        uuid in uuid(), message in text(), status in refused(), simulated in any::<bool>(),
    ) {
        let frame = Synced::encode_failure(status, &message, simulated);
        let refusal = Refusal { code: ErrorCode::Absent, message };
        prop_assert_eq!(decode::<Synced>(&frame, uuid), Ok(Err(refusal)));
        // It is no answer to any other action.
        prop_assert!(decode::<Positions>(&frame, uuid).is_err());
        prop_assert!(decode::<Filled>(&frame, uuid).is_err());
    }

    #[test]
    fn fills_and_closes_survive_a_round_trip(
        uuid in uuid(), filled in filled(), closed in closed(),
        status in any_done(), symbol in text(), simulated in any::<bool>(),
    ) {
        let (id, symbol) = (uuid.to_string(), Symbol::new(&symbol));
        let frame = filled.encode(&id, status, &symbol, simulated);
        let read: Filled = done(&frame, uuid);
        prop_assert_eq!(&read, &filled);
        prop_assert_eq!(read.encode(&id, status, &symbol, simulated), frame);
        let frame = closed.encode(&id, status, simulated);
        let read: Closed = done(&frame, uuid);
        prop_assert_eq!(&read, &closed);
        prop_assert_eq!(read.encode(&id, status, simulated), frame);
    }

    #[test]
    fn refusals_of_any_action_survive_a_round_trip(
        uuid in uuid(),
        refusal in refusal(),
        status in refused(),
        known in any::<bool>(),
        simulated in any::<bool>(),
    ) {
        let id = if known { uuid.to_string() } else { "unknown".to_owned() };
        let time = "2026-01-17T03:54:22.961398+00:00";
        let frame = encode_refusal(&id, status, &refusal, time, simulated);
        let said = format!("{} {refusal}", classify(b"{}", &frame, None));
        prop_assert!(!said.chars().any(char::is_control), "{:?}", said);
        prop_assert_eq!(decode::<Pong>(&frame, uuid), Ok(Err(refusal.clone())));
        prop_assert_eq!(decode::<Synced>(&frame, uuid), Ok(Err(refusal.clone())));
        prop_assert_eq!(decode::<Filled>(&frame, uuid), Ok(Err(refusal)));
    }

    #[test]
    fn numbers_keep_their_tokens(token in token(), uuid in uuid(), mut pong in pong()) {
        pong.latency_ms = Exact::parse(&token).unwrap();
        let frame = pong.encode(&uuid.to_string(), "ok");
        let written = format!("\"latency_ms\":{token}");
        prop_assert!(String::from_utf8_lossy(&frame).contains(&written));
        let read: Pong = done(&frame, uuid);
        prop_assert_eq!(read.latency_ms.token(), &token);
        let report = serde_json::to_string(&read.latency_ms).unwrap();
        prop_assert_eq!(&report, &token);
        let read_again: Exact = serde_json::from_str(&report).unwrap();
        prop_assert_eq!(read_again.token(), &token);
    }

    #[test]
    fn no_text_makes_the_number_parser_panic(
        text in "-?[0-9.eE+-]{0,60}",
        digits in "[0-9]{1,60}",
        exponent in any::<i32>(),
    ) {
        let _ = Exact::parse(&text);
        let _ = Exact::parse(&format!("1.{digits}e{exponent}"));
        let _ = Exact::parse(&format!("{digits}e{}", exponent % 70));
        let _ = Exact::parse(&format!("0.{digits}e{}", exponent % 70));
    }

    /// Hazard 11: another program on the port trades on any of these keys.
    #[test]
    fn no_read_contains_a_key_that_an_impostor_trades_on(frame in read_frame()) {
        let frame = String::from_utf8(frame).unwrap().to_ascii_uppercase();
        for word in ["VOLUME", "TRADE", "EXECUTION"] {
            prop_assert!(!frame.contains(word), "{word} in {frame}");
        }
    }

    #[test]
    fn a_signature_fits_only_its_own_order(order in open(), now in timestamp()) {
        let ttl = Duration::from_secs(5);
        let order = Open { risk_signature: signature::sign(&order, now), ..order };
        prop_assert_eq!(signature::verify(&order, now, ttl), Ok(()));
    }

    #[test]
    fn no_text_makes_the_signature_check_panic(
        order in open(),
        time in "[0-9TZ:.+-]{0,30}",
        now in timestamp(),
        ttl in any::<u64>().prop_map(Duration::from_millis),
    ) {
        let _ = signature::verify(&order, now, ttl);
        let signed = signature::sign(&order, now);
        let (sum, _) = signed.rsplit_once(':').unwrap();
        for risk_signature in [format!("{sum}:{time}"), format!("{signed}:{time}"), time] {
            let _ = signature::verify(&Open { risk_signature, ..order.clone() }, now, ttl);
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(frame in vec(any::<u8>(), 0..200), uuid in uuid()) {
        decode_as_everything(&frame, uuid);
    }

    #[test]
    fn no_damage_makes_a_decoder_panic(
        (uuid, mut frame) in frame(),
        damages in vec(damage(), 1..6),
    ) {
        for damage in damages {
            damage.inflict(&mut frame);
        }
        decode_as_everything(&frame, uuid);
    }
}

/// Runs every decoder on the same bytes. A complaint has to be printable and to point into the frame.
fn decode_as_everything(frame: &[u8], uuid: Uuid) {
    fn check<T>(frame: &[u8], result: Result<T, Malformed>) {
        let Err(complaint) = result else { return };
        let said = complaint.to_string();
        assert!(!said.chars().any(char::is_control), "{said:?}");
        assert!(complaint.offset.is_none_or(|offset| offset <= frame.len()), "{said}");
    }
    check(frame, decode::<Pong>(frame, uuid));
    check(frame, decode::<Account>(frame, uuid));
    check(frame, decode::<Positions>(frame, uuid));
    check(frame, decode::<Synced>(frame, uuid));
    check(frame, decode::<Filled>(frame, uuid));
    check(frame, decode::<Closed>(frame, uuid));
    check(frame, parse_flat(frame));
    // A program that answers a PING with this is named in words without control characters.
    for complaint in [None, decode::<Pong>(frame, uuid).err()] {
        let said = classify(b"{}", frame, complaint).to_string();
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
}

/// A valid frame of any kind, and the uuid of its request.
fn frame() -> impl Strategy<Value = (Uuid, Vec<u8>)> {
    uuid().prop_flat_map(|uuid| {
        let id = move || uuid.to_string();
        let frames = prop_oneof![
            request_frame(),
            pong().prop_map(move |it| it.encode(&id(), "ok")),
            account().prop_map(move |it| it.encode(&id(), "ok", true)),
            positions().prop_map(move |it| it.encode(&id(), "ok", true)),
            synced().prop_map(|it| it.encode("OK", true)),
            filled().prop_map(move |it| it.encode(&id(), "FILLED", &Symbol::new("EURUSD"), false)),
            closed().prop_map(move |it| it.encode(&id(), "FILLED", false)),
            text().prop_map(|it| Synced::encode_failure("ERROR", &it, false)),
            refusal().prop_map(move |it| encode_refusal(&id(), "error", &it, "", false)),
        ];
        (Just(uuid), frames)
    })
}

/// Damage to a frame by the line, a bug or an attacker.
#[derive(Debug, Clone)]
enum Damage {
    Truncated(Index),
    Replaced(Index, u8),
    Removed(Index),
    Inserted(Index, &'static str),
    Repeated(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    let words =
        vec!["NaN", "null", "{", "}", "[", "]", ",", ":", "\"", "\n", "\u{9b}", "\\ud800", "1e999"];
    prop_oneof![
        at().prop_map(Damage::Truncated),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Replaced(at, byte)),
        at().prop_map(Damage::Removed),
        (at(), select(words)).prop_map(|(at, word)| Damage::Inserted(at, word)),
        (at(), at()).prop_map(|(from, to)| Damage::Repeated(from, to)),
    ]
}

impl Damage {
    fn inflict(&self, frame: &mut Vec<u8>) {
        if frame.is_empty() {
            return;
        }
        let place = |index: &Index| index.index(frame.len());
        match self {
            Self::Truncated(at) => frame.truncate(place(at)),
            Self::Replaced(at, byte) => {
                let at = place(at);
                frame[at] = *byte;
            }
            Self::Removed(at) => {
                frame.remove(place(at));
            }
            Self::Inserted(at, word) => {
                let at = place(at);
                frame.splice(at..at, word.bytes());
            }
            Self::Repeated(from, to) => {
                let (from, to) = (place(from).min(place(to)), place(from).max(place(to)));
                let piece = frame[from..to].to_vec();
                frame.splice(to..to, piece);
            }
        }
    }
}
