//! PROTOCOL.md's tables of codes, word by word: they decide whether an order may be called not executed.

use mt5crs::protocol::account::Account;
use mt5crs::protocol::close::Closed;
use mt5crs::protocol::open::Filled;
use mt5crs::protocol::positions::Positions;
use mt5crs::protocol::reply::{Reply, decode};
use mt5crs::protocol::retcode::{Class, LISTED, Retcode};
use mt5crs::protocol::sync_all::Synced;
use mt5crs::protocol::{ErrorCode, Executed};
use uuid::Uuid;

use crate::support::Machine;

/// Section 2: each code, and the outcome of an order with it.
const ERROR_CODES: [(&str, Executed); 16] = [
    ("INVALID_JSON", Executed::No),
    ("MISSING_ACTION", Executed::No),
    ("UNKNOWN_ACTION", Executed::No),
    // Any failure inside the gateway, even after it passed the order on.
    ("SERVER_ERROR", Executed::Unknown),
    ("MISSING_SYMBOL", Executed::No),
    ("MISSING_TYPE", Executed::No),
    ("INVALID_VOLUME", Executed::No),
    ("MISSING_TICKET", Executed::No),
    ("RISK_SIGNATURE_INVALID", Executed::No),
    ("MT5_NOT_CONNECTED", Executed::No),
    ("ACCOUNT_ERROR", Executed::No),
    ("ACCOUNT_EXCEPTION", Executed::No),
    ("POSITIONS_EXCEPTION", Executed::No),
    ("MT5_ORDER_FAILED", Executed::Unknown),
    ("MT5_CLOSE_FAILED", Executed::Unknown),
    ("MT5_EXCEPTION", Executed::Unknown),
];

/// The codes of protocol 5 that leave it open whether an order executed. All its others are refusals before the send.
const OPEN_CODES: [&str; 4] =
    ["UUID_CONFLICT", "OUTCOME_UNKNOWN", "TERMINAL_LOST", "MT5_CANCEL_FAILED"];

/// Codes that no table holds, and no code.
const STRANGE: [&str; 4] = ["NEW_CODE", "", "server_error", "none"];

/// Decodes a refusal of that action, and returns its code.
#[track_caller]
fn read<T: Reply + std::fmt::Debug>(code: Option<&str>, status: &str) -> ErrorCode {
    let code = code.map_or_else(String::new, |code| format!(r#""error_code":"{code}","#));
    let uuid = Uuid::from_u128(1);
    let frame = format!(r#"{{"uuid":"{uuid}","status":"{status}",{code}"error_msg":"why"}}"#);
    match decode::<T>(frame.as_bytes(), uuid) {
        Ok(Err(refusal)) => refusal.code,
        other => panic!("{other:?} from {frame}"),
    }
}

/// Asserts that a read, an OPEN and a CLOSE understand the refusal's code alike.
#[track_caller]
fn is_read_as(word: Option<&str>, code: &ErrorCode, executed: Executed) {
    for status in ["error", "ERROR", "REJECTED", "UNKNOWN"] {
        for read in [
            read::<Account>(word, status),
            read::<Positions>(word, status),
            read::<Synced>(word, status),
            read::<Filled>(word, status),
            read::<Closed>(word, status),
        ] {
            assert_eq!((&read, read.executed()), (code, executed), "{word:?}");
        }
    }
}

#[test]
fn every_error_code_determines_the_outcome_of_an_order() {
    let listed: Vec<&str> = ErrorCode::LISTED.iter().map(ErrorCode::as_str).collect();
    let (old, new) = listed.split_at(ERROR_CODES.len());
    assert_eq!(old, ERROR_CODES.map(|(word, _)| word));
    for word in new {
        let is_open = OPEN_CODES.contains(word);
        let executed = if is_open { Executed::Unknown } else { Executed::No };
        is_read_as(Some(word), &ErrorCode::from_wire(word), executed);
    }
    for (word, executed) in ERROR_CODES {
        let code = ErrorCode::from_wire(word);
        assert!(ErrorCode::LISTED.contains(&code), "{word}");
        is_read_as(Some(word), &code, executed);
    }
    for word in STRANGE {
        is_read_as(Some(word), &ErrorCode::Unlisted(word.to_owned()), Executed::Unknown);
    }
    is_read_as(None, &ErrorCode::Absent, Executed::Unknown);
}

/// Section 5, row by row.
const RETCODES: [(Class, &str); 9] = [
    (Class::Done, "10009 DONE"),
    (Class::AcceptedPoll, "10008 PLACED, 10010 DONE_PARTIAL"),
    (
        Class::UnknownReRead,
        "10011 ERROR, 10012 TIMEOUT, 10023 ORDER_CHANGED, 10028 LOCKED, 10031 CONNECTION, 10039 CLOSE_ORDER_EXIST",
    ),
    (Class::ProbablyClosed, "10036 POSITION_CLOSED"),
    (Class::FreshPrice, "10004 REQUOTE, 10020 PRICE_CHANGED, 10021 PRICE_OFF"),
    (Class::Later, "10018 MARKET_CLOSED, 10024 TOO_MANY_REQUESTS, 10029 FROZEN"),
    (Class::OnceMore, "10006 REJECT, 10007 CANCEL"),
    (
        Class::MendRequest,
        "10013 INVALID, 10014 INVALID_VOLUME, 10015 INVALID_PRICE, 10016 INVALID_STOPS, 10022 INVALID_EXPIRATION, \
         10025 NO_CHANGES, 10030 INVALID_FILL, 10035 INVALID_ORDER, 10038 INVALID_CLOSE_VOLUME",
    ),
    (
        Class::PersonMustAct,
        "10017 TRADE_DISABLED, 10019 NO_MONEY, 10026 SERVER_DISABLES_AT, 10027 CLIENT_DISABLES_AT, \
         10032 ONLY_REAL, 10033 LIMIT_ORDERS, 10034 LIMIT_VOLUME, 10040 LIMIT_POSITIONS, 10041 REJECT_CANCEL, \
         10042 LONG_ONLY, 10043 SHORT_ONLY, 10044 CLOSE_ONLY, 10045 FIFO_CLOSE, 10046 HEDGE_PROHIBITED",
    ),
];

#[test]
fn every_return_code_has_a_name_and_a_class() {
    let mut count = 0;
    for (class, row) in RETCODES {
        for entry in row.split(", ") {
            let (number, name) = entry.split_once(' ').unwrap();
            let code = Retcode::from_number(number.parse().unwrap());
            let code = code.unwrap_or_else(|| panic!("{entry} is not listed"));
            assert_eq!((code.name, code.class), (&*format!("TRADE_RETCODE_{name}"), class));
            count += 1;
        }
    }
    let others: Vec<u16> = LISTED.iter().map(|code| code.number).collect();
    assert_eq!(others.len(), count, "{others:?}");
}

/// `explain` begins with the code, its name and its source.
#[test]
fn explain_names_each_code_once() {
    let machine = Machine::new();
    let names = ERROR_CODES.map(|(word, _)| word);
    for code in names.into_iter().chain(["10018", "4"]) {
        let said = machine.run(["explain", code]).end().exits(0).stdout();
        let first = said.lines().next().unwrap();
        assert!(first.starts_with(&format!("{code} ")), "{first}");
        assert_eq!(first.matches(code).count(), 1, "{first}");
    }
}
