//! Hazards 13 and 14: a frame that violates the protocol is an error with field, byte and reason.

use mt5crs::protocol::Malformed;
use mt5crs::protocol::account::Account;
use mt5crs::protocol::open::Filled;
use mt5crs::protocol::ping::Pong;
use mt5crs::protocol::positions::Positions;
use mt5crs::protocol::reply::{Reply, decode};
use mt5crs::protocol::sync_all::Synced;
use mt5crs::protocol::wire::MAX_FRAME_BYTES;
use uuid::Uuid;

const UUID: &str = "3f2a9c1b-0000-4000-8000-000000000001";

fn complaint<T: Reply>(frame: &[u8]) -> Malformed {
    match decode::<T>(frame, UUID.parse::<Uuid>().unwrap()) {
        Err(malformed) => malformed,
        Ok(_) => panic!("taken: {}", String::from_utf8_lossy(frame)),
    }
}

/// Asserts the complaint about a frame. `§` marks the byte that it names, and is removed from the frame; without `§` it
/// names none. `UUID` stands for the request's uuid.
#[track_caller]
fn refused<T: Reply>(marked: &str, field: &str, reason: &str) {
    let marked = marked.replace("UUID", UUID);
    let frame = marked.replace('§', "");
    let malformed = complaint::<T>(frame.as_bytes());
    let found = (malformed.field.as_str(), malformed.reason.to_string(), malformed.offset);
    assert_eq!(found, (field, reason.to_owned(), marked.find('§')), "{frame:.500}");
}

fn pong(latency_ms: &str) -> String {
    format!(
        r#"{{"uuid":"UUID","status":"ok","server_time":"2026-01-17T03:54:22Z","latency_ms":{latency_ms}}}"#
    )
}

fn positions(list: &str) -> String {
    format!(
        r#"{{"uuid":"UUID","status":"ok","positions":{list},"timestamp":"2026-01-17T03:54:22Z"}}"#
    )
}

const GOOD: &str = r#"{"ticket":1,"symbol":"EURUSD","type":"BUY","volume":0.01,"open_price":1.1,"current_price":1.1,"profit":0.0}"#;

fn synced(account: &str) -> String {
    format!(r#"{{"status":"OK","account":{account},"positions":[],"message":""}}"#)
}

#[test]
fn invalid_numbers() {
    for token in ["§NaN", "§Infinity", "§-Infinity", "§1e999", "§-1e999"] {
        refused::<Pong>(&pong(token), "latency_ms", "not a finite number");
        let element = GOOD.replace(r#""profit":0.0"#, &format!(r#""profit":{token}"#));
        let list = positions(&format!("[{GOOD},{element}]"));
        refused::<Positions>(&list, "positions[1].profit", "not a finite number");
        let account = synced(&format!(r#"{{"balance":{token}}}"#));
        refused::<Synced>(&account, "account.balance", "not a finite number");
    }
    // In a frame of several lines the byte is still counted from the start.
    refused::<Pong>(
        "{\n\"uuid\":\n\n\"UUID\", \"latency_ms\":\n §NaN}",
        "latency_ms",
        "not a finite number",
    );
}

#[test]
fn missing_fields() {
    refused::<Pong>(r#"§{"uuid":"UUID"}"#, "status", "missing");
    refused::<Pong>(r#"§{"uuid":"UUID","status":"ok"}"#, "server_time", "missing");
    refused::<Pong>(&format!("§{}", pong("null")), "latency_ms", "missing");
    let list = positions(&format!(r#"[{GOOD},§{{"ticket":2,"type":"BUY"}}]"#));
    refused::<Positions>(&list, "positions[1].symbol", "missing");
    refused::<Positions>(&positions("[§{}]"), "positions[0].ticket", "missing");
    refused::<Synced>(&synced(r#"§{"equity":1.0}"#), "account.balance", "missing");
    refused::<Synced>(&synced("§{}"), "account.balance", "missing");
    refused::<Synced>(r#"§{"status":"OK","positions":[]}"#, "account", "missing");
    refused::<Positions>(
        r#"§{"uuid":"UUID","status":"ok","timestamp":"2026-01-17T03:54:22Z"}"#,
        "positions",
        "missing",
    );
}

#[test]
fn values_of_the_wrong_type() {
    refused::<Pong>(&pong(r#"§"1.0""#), "latency_ms", r#"expected a number, found "1.0""#);
    refused::<Pong>(&pong("§[1]"), "latency_ms", "expected a number, found [1]");
    refused::<Pong>(
        &pong("1").replace(r#""2026-01-17T03:54:22Z""#, r#"§"2026-01-17T03:54:22""#),
        "server_time",
        r#"expected an RFC 3339 time with offset, found "2026-01-17T03:54:22""#,
    );
    refused::<Pong>(r#"{"uuid":"UUID","status":§200}"#, "status", "expected a string, found 200");
    let fill = r#"{"uuid":"UUID","status":"FILLED","ticket":§12.0,"volume":0.0,"price":0.0}"#;
    refused::<Filled>(fill, "ticket", "expected a whole number, found 12.0");
    refused::<Positions>(&positions("§5"), "positions", "expected a list, found 5");
    refused::<Positions>(&positions("§null"), "positions", "expected a list, found null");
    refused::<Positions>(&positions("[§7]"), "positions[0]", "expected an object, found 7");
    refused::<Synced>(&synced("§[]"), "account", "expected an object, found []");
    refused::<Pong>("§[]", "", "expected an object, found []");
    refused::<Account>(
        r#"{"uuid":"UUID","status":"ok","balance":1,"equity":1,"margin":1,"free_margin":1,"margin_level":1,"login":§true,"currency":"USD","timestamp":"2026-01-17T03:54:22Z"}"#,
        "login",
        "expected a string or a whole number, found true",
    );
}

#[test]
fn duplicate_keys() {
    refused::<Pong>(r#"{"uuid":"UUID","status":"ok","status":§"error"}"#, "status", "given twice");
    // An escape in a key is the same key.
    refused::<Pong>(r#"{"status":"ok","st\u0061tus":§"error"}"#, "status", "given twice");
    refused::<Synced>(&synced(r#"{"balance":1,"balance":§2}"#), "account.balance", "given twice");
    let list = positions(&format!(r#"[{GOOD},{{"ticket":1,"ticket":§2}}]"#));
    refused::<Positions>(&list, "positions[1].ticket", "given twice");
    refused::<Positions>(r#"{"positions":[],"positions":§[]}"#, "positions", "given twice");
    refused::<Synced>(r#"{"account":{},"account":§{}}"#, "account", "given twice");
}

/// The elements of a list are decoded into the same place, and share nothing.
#[test]
fn an_element_takes_nothing_from_the_previous_one() {
    let after_good = |element: &str| positions(&format!("[{GOOD},{element}]"));
    let short = r#"§{"ticket":2,"symbol":"EURUSD","type":"BUY"}"#;
    refused::<Positions>(&after_good(short), "positions[1].volume", "missing");
    let again = GOOD.replace(r#""profit":0.0"#, r#""ticket":§1"#);
    refused::<Positions>(&after_good(&again), "positions[1].ticket", "given twice");
    let more = GOOD.replace("0.0}", r#"0.0,"symbol":§"X"}"#);
    refused::<Positions>(&after_good(&more), "positions[1].symbol", "given twice");
    let swapped = r#"{"symbol":"A","symbol":§"B"}"#;
    refused::<Positions>(&after_good(swapped), "positions[1].symbol", "given twice");
    let broken = GOOD.replace("0.01", "§x");
    refused::<Positions>(&after_good(&broken), "positions[1].volume", "not JSON: expected a value");
}

#[test]
fn replies_with_another_uuid() {
    let other = "3f2a9c1b-0000-4000-8000-000000000002";
    let foreign = format!(r#"{{"uuid":§"{other}","status":"ok"}}"#);
    let reason = format!("a reply to another request: expected {UUID}, found {other:?}");
    refused::<Pong>(&foreign, "uuid", &reason);
    refused::<Synced>(&foreign, "uuid", &reason);
    refused::<Pong>(r#"§{"status":"ok"}"#, "uuid", "missing");
    refused::<Pong>(r#"§{"status":"error","error_code":"SERVER_ERROR"}"#, "uuid", "missing");
    let reason = format!(r#"a reply to another request: expected {UUID}, found "unknown""#);
    refused::<Pong>(r#"{"uuid":§"unknown","status":"ok"}"#, "uuid", &reason);
}

#[test]
fn unknown_words() {
    refused::<Pong>(r#"{"uuid":"UUID","status":§"Ok"}"#, "status", r#"unlisted status "Ok""#);
    // A listed word, but not for this action.
    refused::<Pong>(
        r#"{"uuid":"UUID","status":§"FILLED"}"#,
        "status",
        r#"unlisted status "FILLED""#,
    );
}

#[test]
fn frames_that_are_not_json() {
    refused::<Pong>("§", "", "not JSON: it ends before a value");
    refused::<Pong>("§hello", "", "not JSON: expected a value");
    refused::<Pong>(
        "{\"uuid\":\"UUID\",\"status\":\"o§",
        "status",
        "not JSON: it ends within a string",
    );
    refused::<Pong>("{\"uuid\":\"UUID\",\"sta§", "", "not JSON: it ends within a string");
    refused::<Pong>("{\"uuid\":\"UUID\"§", "", "not JSON: it ends within an object");
    refused::<Pong>(&format!("{}§x", pong("1")), "", "not JSON: something follows its end");
    refused::<Pong>(&format!("{0}§{0}", pong("1")), "", "not JSON: something follows its end");
    refused::<Pong>(r#"{"uuid":"UUID",§}"#, "", "not JSON: a comma before the end");
    refused::<Positions>(
        &positions(&format!("[{GOOD} §{GOOD}]")),
        "positions[1]",
        "not JSON: expected `,` or `]`",
    );
    let list = positions(&format!(r#"[{GOOD},{{"ticket":0§1}}]"#));
    refused::<Positions>(&list, "positions[1].ticket", "not JSON: a number with a leading zero");
}

#[test]
fn invalid_utf8() {
    let mut frame = pong("1").replace("UUID", UUID).into_bytes();
    frame[60] = 0xff;
    assert_eq!(complaint::<Pong>(&frame).to_string(), "the frame at byte 60: not UTF-8");
    // Half a character at the end.
    let frame = &"{\"a\":\"é".as_bytes()[..7];
    assert_eq!(complaint::<Pong>(frame).to_string(), "the frame at byte 6: not UTF-8");
}

#[test]
fn oversized_frames_are_refused_unread() {
    let mut frame = pong("1").replace("UUID", UUID).into_bytes();
    frame.resize(MAX_FRAME_BYTES, b' ');
    assert!(decode::<Pong>(&frame, UUID.parse().unwrap()).is_ok(), "the limit itself is taken");
    frame.push(b' ');
    assert_eq!(
        complaint::<Pong>(&frame).to_string(),
        "the frame: 67108865 bytes, past the limit of 67108864"
    );
}

#[test]
fn an_object_with_too_many_members_is_refused() {
    // `§` stands before the value of the 257th member.
    let object = |count| {
        let member = |number| format!(r#""{number}":{}1"#, if number == 256 { "§" } else { "" });
        format!("{{{}}}", (0..count).map(member).collect::<Vec<_>>().join(","))
    };
    refused::<Pong>(&object(600_000), "", "more than 256 members");
    refused::<Synced>(&synced(&object(300)), "account", "more than 256 members");
    refused::<Pong>(&format!("§{}", object(256)), "status", "missing");
}

/// Hazard 16: control characters of a frame are shown as escapes.
#[test]
fn complaints_show_control_characters_as_escapes() {
    let said = |frame: &str| complaint::<Pong>(frame.as_bytes()).to_string();
    assert_eq!(
        said("{\"status\":[\"\u{9b}31m\"]}"),
        "field `status` at byte 10: expected a string, found [\"\\u{9b}31m\"]"
    );
    assert_eq!(
        said("{\"\\u001b[31m\":1,\"\\u001b[31m\":2}"),
        "field `\\u{1b}[31m` at byte 29: given twice"
    );
    let long = format!(r#"{{"{0}":1,"{0}":2}}"#, "k".repeat(5000));
    assert!(said(&long).len() < 100, "{}", said(&long));
}

#[test]
fn a_complaint_reads_as_a_sentence() {
    let frame =
        positions(&format!("[{GOOD},{}]", GOOD.replace("0.01", "NaN"))).replace("UUID", UUID);
    assert_eq!(
        complaint::<Positions>(frame.as_bytes()).to_string(),
        "field `positions[1].volume` at byte 234: not a finite number"
    );
}
