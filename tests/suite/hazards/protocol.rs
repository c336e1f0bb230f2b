//! Who answers, and whether his answer is one: hazards 7, 11, 13 and 14.

use serde_json::Value;

use super::row::{Row, fails, passes};
use super::{ALL, Command, each};
use Command::{LinkTest, Positions, Sync};

/// A reply that is no answer to what was asked: of a PING, that somebody else is there; of anything else, a broken
/// protocol.
pub fn breaks(command: Command, action: &str, fault: &str, why: &str) -> Row {
    let (layer, code) = match action {
        "PING" => ("identity", "not-the-gateway"),
        _ => ("terminal", "malformed-reply"),
    };
    let at = if command == LinkTest { layer } else { code };
    let row = fails(command, fault, 6, at, why).json("error/code", code);
    let row = match action {
        "PING" => row.help("nothing more was sent"),
        _ => row.cause(format!("the reply to {action} breaks the protocol")),
    };
    match (command, action) {
        (LinkTest, _) => row.json("report/account", Value::Null),
        (Positions, _) => row.json("report/positions", Value::Null),
        // Nothing was asked of whoever is no gateway.
        (Sync, "PING") => row.json("report/rounds", 0).json("report/link", Value::Null),
        (Sync, _) => row,
    }
}

/// Hazard 7.
#[test]
fn every_listed_status_is_read() {
    let words = ["ok", "OK", "SUCCESS"];
    let with = |command: Command, action: &'static str| {
        words.map(|word| passes(command, format!("status:{action}:{word}")))
    };
    each(&ALL, ALL.iter().flat_map(|c| c.asks().iter().flat_map(|action| with(*c, action))));
}

/// Hazard 7.
#[test]
fn an_unlisted_status_breaks_the_protocol() {
    // FILLED is an order's word, and no question's.
    let words = ["PARTIAL", "FILLED", "PONG"];
    let with = |command: Command, action: &'static str| {
        words.map(|word| {
            let why = format!("unlisted status \"{word}\"");
            breaks(command, action, &format!("status:{action}:{word}"), &why)
        })
    };
    each(&ALL, ALL.iter().flat_map(|c| c.asks().iter().flat_map(|action| with(*c, action))));
}

/// Hazard 7.
#[test]
fn a_failure_without_an_error_code_is_a_refusal() {
    let refused = |command: Command, action: &'static str| {
        ["error", "ERROR", "REJECTED"].map(|word| {
            let fault = format!("status:{action}:{word}");
            if action == "PING" {
                return breaks(command, action, &fault, "a gateway that refuses PING with none");
            }
            let at = command.asks_by(action);
            fails(command, fault, 1, at, "the gateway gave no error code")
        })
    };
    each(&ALL, ALL.iter().flat_map(|c| c.asks().iter().flat_map(|action| refused(*c, action))));
}

/// Hazard 11.
#[test]
fn another_program_on_the_port_is_named_and_told_nothing_more() {
    let programs = [("foreign-ea-v4", "Unknown Command"), ("foreign-ea-v5", "market order")];
    let rows = ALL.iter().flat_map(|c| programs.map(|(fault, who)| breaks(*c, "PING", fault, who)));
    each(&ALL, rows);
}

/// Hazard 13: each kind, with the words that say what is wrong and where.
const GARBAGE: [(&str, &str); 11] = [
    ("not-json", "the frame at byte 0: not JSON: expected a value"),
    ("nan", ": not a finite number"),
    ("infinity", ": not a finite number"),
    ("duplicate-key", "field `status` at byte "),
    ("bad-utf8", "the frame at byte 12: not UTF-8"),
    ("missing-field", "at byte 0: missing"),
    ("wrong-type", ": expected a number, found [\"n/a\"]"),
    ("huge", "past the limit of 8388608"),
    ("empty", "the frame at byte 0: not JSON: it ends before a value"),
    ("truncated", "not JSON: it ends within a"),
    ("trailing", ": not JSON: something follows its end"),
];

#[track_caller]
fn garbage_breaks(command: Command) {
    for (kind, why) in GARBAGE {
        for action in command.asks() {
            let why = match (*action, kind) {
                // What begins like nothing that the gateway says is told by its beginning.
                ("PING", "not-json") => "a program that answers \"Traceback",
                ("PING", "empty") => "a program that answers \"\"",
                // The figure that is missing from a list is nested.
                ("SYNC_ALL" | "GET_POSITIONS", "missing-field") => ": missing",
                _ => why,
            };
            breaks(command, action, &format!("garbage:{action}:{kind}"), why).holds();
        }
    }
}

#[test]
fn garbage_breaks_a_link_test() {
    garbage_breaks(LinkTest);
}

#[test]
fn garbage_breaks_positions() {
    garbage_breaks(Positions);
}

#[test]
fn garbage_breaks_a_sync() {
    garbage_breaks(Sync);
}

/// Hazard 13: what begins as the gateway's answer does is not told by its beginning.
#[test]
fn what_is_wrong_with_an_answer_that_is_nearly_the_gateways_is_said() {
    let nearly = |fault: &str, why: &str| {
        let why = format!("nearly the gateway's, and breaks the protocol: {why}");
        ALL.map(|command| breaks(command, "PING", fault, &why).never("a program that answers"))
    };
    let cases = [
        ("garbage:PING:nan", "field `latency_ms` at byte "),
        ("garbage:PING:infinity", "field `latency_ms` at byte "),
        ("garbage:PING:duplicate-key", "field `status` at byte "),
        ("garbage:PING:bad-utf8", "the frame at byte 12: not UTF-8"),
        ("garbage:PING:missing-field", "field `latency_ms` at byte 0: missing"),
        ("garbage:PING:wrong-type", "field `latency_ms` at byte "),
        ("garbage:PING:truncated", "the frame at byte "),
        ("garbage:PING:trailing", "the frame at byte "),
        ("uuid-foreign:PING", "field `uuid` at byte 8: a reply to another request"),
    ];
    each(&ALL, cases.into_iter().flat_map(|(fault, why)| nearly(fault, why)));
}

/// Hazard 14.
#[test]
fn a_reply_without_our_uuid_is_not_believed() {
    let cases =
        [("uuid-absent", "field `uuid` at byte 0: missing"), ("uuid-foreign", "another request")];
    // SYNC_ALL's answer carries none.
    let asked = |c: Command| c.asks().iter().filter(|action| **action != "SYNC_ALL");
    let rows = ALL.iter().flat_map(|c| {
        asked(*c).flat_map(|action| {
            cases.map(|(fault, why)| breaks(*c, action, &format!("{fault}:{action}"), why))
        })
    });
    each(&ALL, rows);
}
