//! Replies that break the protocol, or come from another program: hazards 7, 11, 13 and 14.

use mt5crs::sim::faults;
use serde_json::Value;

use super::row::{Faults, Row, fails, passes};
use super::{ALL, Command, each};
use Command::{LinkTest, Positions, Sync};

/// A reply that is no answer to the request: to a PING, another program's; to any other action, a breach of the protocol.
pub fn breaks(command: Command, action: &str, faults: impl Into<Faults>, why: &str) -> Row {
    let (layer, code) = match action {
        "PING" => ("identity", "not-the-gateway"),
        _ => ("terminal", "malformed-reply"),
    };
    let at = if command == LinkTest { layer } else { code };
    // Some of this garbage is long, and a busy machine slow.
    let row = fails(command, faults, 6, at, why).env("SYNC_TIMEOUT_S", "20");
    let row = row.json("error/code", code);
    let row = match action {
        "PING" => row.help("nothing more was sent"),
        _ => row.cause(format!("the reply to {action} breaks the protocol")),
    };
    match (command, action) {
        (LinkTest, _) => row.json("report/account", Value::Null),
        (Positions, _) => row.json("report/positions", Value::Null),
        // Nothing more is requested from another program.
        (Sync, "PING") => row.json("report/rounds", 0).json("report/link", Value::Null),
        (Sync, _) => row,
    }
}

/// Rows for each command and each action that it sends.
fn for_each_action(rows: impl Fn(Command, &'static str) -> Vec<Row>) -> Vec<Row> {
    let mut all = vec![];
    for command in ALL {
        for action in command.asks() {
            all.extend(rows(command, action));
        }
    }
    all
}

/// Hazard 7.
pub fn listed_status() -> Vec<Row> {
    for_each_action(|command, action| {
        let words = ["ok", "OK", "SUCCESS"].iter();
        words.map(|word| passes(command, (faults::STATUS, format!("{action}:{word}")))).collect()
    })
}

#[test]
fn every_listed_status_is_read() {
    each(&ALL, listed_status());
}

/// Hazard 7.
pub fn unlisted_status() -> Vec<Row> {
    for_each_action(|command, action| {
        // FILLED is a status of orders alone.
        let words = ["PARTIAL", "FILLED", "PONG"].iter();
        let row = |word| {
            let why = format!("unlisted status \"{word}\"");
            breaks(command, action, (faults::STATUS, format!("{action}:{word}")), &why)
        };
        words.map(row).collect()
    })
}

#[test]
fn an_unlisted_status_breaks_the_protocol() {
    each(&ALL, unlisted_status());
}

/// Hazard 7.
pub fn failure_without_code() -> Vec<Row> {
    for_each_action(|command, action| {
        let row = |word| {
            let fault = (faults::STATUS, format!("{action}:{word}"));
            if action == "PING" {
                return breaks(command, action, fault, "a gateway that refuses PING with none");
            }
            fails(command, fault, 1, command.asks_by(action), "the gateway gave no error code")
        };
        ["error", "ERROR", "REJECTED"].iter().map(row).collect()
    })
}

#[test]
fn a_failure_without_an_error_code_is_a_refusal() {
    each(&ALL, failure_without_code());
}

/// Hazard 11.
pub fn foreign_program() -> Vec<Row> {
    let rows = |command| {
        [
            breaks(command, "PING", faults::FOREIGN_EA_V4, "Unknown Command"),
            breaks(command, "PING", faults::FOREIGN_EA_V5, "market order"),
        ]
    };
    ALL.into_iter().flat_map(rows).collect()
}

#[test]
fn another_program_on_the_port_is_named_and_sent_nothing_more() {
    each(&ALL, foreign_program());
}

/// Hazard 13: each kind of garbage and its error.
const GARBAGE: [(&str, &str); 11] = [
    ("not-json", "the frame at byte 0: not JSON: expected a value"),
    ("nan", ": not a finite number"),
    ("infinity", ": not a finite number"),
    ("duplicate-key", "field `status` at byte "),
    ("bad-utf8", "the frame at byte 12: not UTF-8"),
    ("missing-field", "at byte 0: missing"),
    ("wrong-type", ": expected a number, found [\"n/a\"]"),
    ("huge", "past the limit of 67108864"),
    ("empty", "the frame at byte 0: not JSON: it ends before a value"),
    ("truncated", "not JSON: it ends within a"),
    ("trailing", ": not JSON: something follows its end"),
];

/// Hazard 13.
pub fn garbage(command: Command) -> Vec<Row> {
    let row = |action: &'static str, kind, why| {
        let why = match (action, kind) {
            // An answer that doesn't begin like the gateway's is quoted.
            ("PING", "not-json") => "a program that answers \"Traceback",
            ("PING", "empty") => "a program that answers \"\"",
            // The figure that is missing from a list is nested.
            ("SYNC_ALL" | "GET_POSITIONS", "missing-field") => ": missing",
            _ => why,
        };
        breaks(command, action, (faults::GARBAGE, format!("{action}:{kind}")), why)
    };
    let actions = command.asks().iter();
    actions.flat_map(|action| GARBAGE.map(|(kind, why)| row(action, kind, why))).collect()
}

#[test]
fn garbage_fails_a_link_test() {
    each(&[LinkTest], garbage(LinkTest));
}

#[test]
fn garbage_fails_positions() {
    each(&[Positions], garbage(Positions));
}

#[test]
fn garbage_fails_a_sync() {
    each(&[Sync], garbage(Sync));
}

/// Hazard 13: an answer that begins like the gateway's is not quoted; its error is reported.
pub fn nearly_the_gateway() -> Vec<Row> {
    let rows = |faults: Faults, why: &str| {
        let why = format!("nearly the gateway's, and breaks the protocol: {why}");
        let row = |command| breaks(command, "PING", faults.clone(), &why);
        ALL.map(|command| row(command).never("a program that answers"))
    };
    let garbage = [
        ("PING:nan", "field `latency_ms` at byte "),
        ("PING:infinity", "field `latency_ms` at byte "),
        ("PING:duplicate-key", "field `status` at byte "),
        ("PING:bad-utf8", "the frame at byte 12: not UTF-8"),
        ("PING:missing-field", "field `latency_ms` at byte 0: missing"),
        ("PING:wrong-type", "field `latency_ms` at byte "),
        ("PING:truncated", "the frame at byte "),
        ("PING:trailing", "the frame at byte "),
    ];
    let foreign = "field `uuid` at byte 8: a reply to another request";
    let garbage = garbage.into_iter().map(|(kind, why)| rows((faults::GARBAGE, kind).into(), why));
    garbage.chain([rows((faults::UUID_FOREIGN, "PING").into(), foreign)]).flatten().collect()
}

#[test]
fn the_error_of_an_answer_that_is_nearly_the_gateways_is_reported() {
    each(&ALL, nearly_the_gateway());
}

/// Hazard 14.
pub fn foreign_uuid() -> Vec<Row> {
    for_each_action(|command, action| match action {
        // Its reply has none.
        "SYNC_ALL" => vec![],
        _ => vec![
            breaks(
                command,
                action,
                (faults::UUID_ABSENT, action),
                "field `uuid` at byte 0: missing",
            ),
            breaks(command, action, (faults::UUID_FOREIGN, action), "another request"),
        ],
    })
}

#[test]
fn a_reply_without_our_uuid_is_not_believed() {
    each(&ALL, foreign_uuid());
}
