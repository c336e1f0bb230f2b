//! What holds for every value and every string of bytes.

use mt5crs::protocol::account::Account;
use mt5crs::protocol::order::{Closed, Filled};
use mt5crs::protocol::ping::Pong;
use mt5crs::protocol::positions::Positions;
use mt5crs::protocol::reply::{Success, decode, encode_refusal};
use mt5crs::protocol::sync_all::Synced;
use mt5crs::protocol::wire::parse_flat;
use mt5crs::protocol::{Malformed, Reply, Request};
use mt5crs::units::{Exact, Symbol};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;

use super::arbitrary::*;

fn done<T: Success + std::fmt::Debug>(frame: &[u8], uuid: Uuid) -> T {
    match decode(frame, uuid) {
        Ok(Reply::Done(success)) => success,
        other => panic!("{other:?} from {}", String::from_utf8_lossy(frame)),
    }
}

proptest! {
    #[test]
    fn requests_read_back_as_they_were_written(request in any_request()) {
        let frame = request.encode();
        let read = Request::decode(&frame).unwrap();
        prop_assert_eq!(&read, &request);
        // Equality is that of values; equal bytes show that the tokens are the very same.
        prop_assert_eq!(read.encode(), frame);
    }

    #[test]
    fn pongs_read_back(uuid in uuid(), pong in pong(), status in select(vec!["ok", "OK", "SUCCESS"])) {
        let id = uuid.to_string();
        let frame = pong.encode(&id, status);
        let read: Pong = done(&frame, uuid);
        prop_assert_eq!(&read, &pong);
        prop_assert_eq!(read.encode(&id, status), frame);
    }

    #[test]
    fn accounts_read_back(uuid in uuid(), account in account(), simulated in any::<bool>()) {
        let id = uuid.to_string();
        let frame = account.encode(&id, "ok", simulated);
        let read: Account = done(&frame, uuid);
        prop_assert_eq!(&read, &account);
        prop_assert_eq!(read.encode(&id, "ok", simulated), frame);
    }

    #[test]
    fn positions_read_back(uuid in uuid(), positions in positions(), simulated in any::<bool>()) {
        let id = uuid.to_string();
        let frame = positions.encode(&id, "ok", simulated);
        let read: Positions = done(&frame, uuid);
        prop_assert_eq!(&read, &positions);
        prop_assert_eq!(read.encode(&id, "ok", simulated), frame);
    }

    #[test]
    fn syncs_read_back(uuid in uuid(), synced in synced(), simulated in any::<bool>()) {
        let frame = synced.encode("OK", simulated);
        let read: Synced = done(&frame, uuid);
        prop_assert_eq!(&read, &synced);
        prop_assert_eq!(read.encode("OK", simulated), frame);
    }

    #[test]
    fn fills_and_closes_read_back(uuid in uuid(), filled in filled(), closed in closed()) {
        let (id, symbol) = (uuid.to_string(), Symbol::new("EURUSD.s"));
        let frame = filled.encode(&id, "FILLED", &symbol, false);
        let read: Filled = done(&frame, uuid);
        prop_assert_eq!(&read, &filled);
        prop_assert_eq!(read.encode(&id, "FILLED", &symbol, false), frame);
        let frame = closed.encode(&id, "FILLED", false);
        let read: Closed = done(&frame, uuid);
        prop_assert_eq!(&read, &closed);
        prop_assert_eq!(read.encode(&id, "FILLED", false), frame);
    }

    #[test]
    fn refusals_read_back_whatever_was_asked(
        uuid in uuid(),
        refusal in refusal(),
        status in select(vec!["error", "ERROR", "REJECTED"]),
        known in any::<bool>(),
    ) {
        let id = if known { uuid.to_string() } else { "unknown".to_owned() };
        let frame = encode_refusal(&id, status, &refusal, "2026-01-17T03:54:22.961398+00:00", false);
        prop_assert_eq!(decode::<Pong>(&frame, uuid), Ok(Reply::Refused(refusal.clone())));
        prop_assert_eq!(decode::<Synced>(&frame, uuid), Ok(Reply::Refused(refusal.clone())));
        prop_assert_eq!(decode::<Filled>(&frame, uuid), Ok(Reply::Refused(refusal)));
    }

    #[test]
    fn numbers_keep_their_token(token in token(), uuid in uuid(), mut pong in pong()) {
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

    /// Hazard 11: another program on the port trades on any of these.
    #[test]
    fn no_read_holds_what_an_impostor_trades_on(request in request(read())) {
        let frame = String::from_utf8(request.encode()).unwrap().to_ascii_uppercase();
        for word in ["VOLUME", "TRADE", "EXECUTION"] {
            prop_assert!(!frame.contains(word), "{word} in {frame}");
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

/// Every decoder on the same bytes; what a complaint says must be sayable, and point into the frame.
fn decode_as_everything(frame: &[u8], uuid: Uuid) {
    fn check<T>(frame: &[u8], result: Result<T, Malformed>) {
        let Err(complaint) = result else { return };
        let said = complaint.to_string();
        assert!(!said.chars().any(char::is_control), "{said:?}");
        assert!(complaint.offset.is_none_or(|offset| offset <= frame.len()), "{said}");
    }
    check(frame, Request::decode(frame));
    check(frame, decode::<Pong>(frame, uuid));
    check(frame, decode::<Account>(frame, uuid));
    check(frame, decode::<Positions>(frame, uuid));
    check(frame, decode::<Synced>(frame, uuid));
    check(frame, decode::<Filled>(frame, uuid));
    check(frame, decode::<Closed>(frame, uuid));
    check(frame, parse_flat(frame));
}

/// A valid frame of any kind, beside the uuid that will ask for it.
fn frame() -> impl Strategy<Value = (Uuid, Vec<u8>)> {
    uuid().prop_flat_map(|uuid| {
        let id = move || uuid.to_string();
        let frames = prop_oneof![
            any_request().prop_map(|it| it.encode()),
            pong().prop_map(move |it| it.encode(&id(), "ok")),
            account().prop_map(move |it| it.encode(&id(), "ok", true)),
            positions().prop_map(move |it| it.encode(&id(), "ok", true)),
            synced().prop_map(|it| it.encode("OK", true)),
            closed().prop_map(move |it| it.encode(&id(), "FILLED", false)),
            refusal().prop_map(move |it| encode_refusal(&id(), "error", &it, "", false)),
        ];
        (Just(uuid), frames)
    })
}

/// What a line, a bug or an enemy does to a frame.
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
