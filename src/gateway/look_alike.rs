//! Who answered a PING, when it wasn't the gateway.
//!
//! Other programs listen on the same port and answer in ZeroMQ. Two of them are known to trade on messages that they
//! take for orders (hazard 11), so after a wrong answer nothing more is sent, and the operator is told which it looks
//! like.

use std::fmt;

use serde_json::{Map, Value};

use crate::protocol::{ErrorCode, Malformed};

/// What the far end looks like, judged by its answer to a PING.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookAlike {
    /// The EA that answers `Unknown Command`, and trades on any text that holds `TRADE` or `EXECUTION`.
    TextEa,
    /// The EA that takes every message with an `action` or a `magic` for a market order.
    OrderEa,
    /// Something that sends back what it was sent.
    Echo,
    /// It speaks the protocol and refused the PING; holds its code.
    RefusingGateway(ErrorCode),
    /// It speaks JSON, and not this protocol; holds the first complaint.
    OtherJson(Malformed),
    /// It doesn't speak JSON; holds what it said, shortened and escaped.
    NotJson(String),
}

impl fmt::Display for LookAlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TextEa => f.write_str(
                "an expert advisor that answers \"Unknown Command\" and trades on any text with TRADE or EXECUTION in it",
            ),
            Self::OrderEa => {
                f.write_str("an expert advisor that takes every message for a market order (retcode 10014)")
            }
            Self::Echo => f.write_str("an echo server: it sent the PING back"),
            Self::RefusingGateway(code) => write!(f, "a gateway that refuses PING with {code}"),
            Self::OtherJson(complaint) => {
                write!(f, "a program that answers in JSON, but not as the gateway does: {complaint}")
            }
            Self::NotJson(said) => write!(f, "a program that answers \"{said}\""),
        }
    }
}

/// Judges an answer to a PING that was not the gateway's.
pub(super) fn classify(sent: &[u8], answer: &[u8], complaint: Option<Malformed>) -> LookAlike {
    if sent == answer {
        return LookAlike::Echo;
    }
    let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(answer) else {
        let said = String::from_utf8_lossy(&answer[..answer.len().min(60)]);
        return LookAlike::NotJson(said.escape_debug().to_string());
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    if text("msg").is_some_and(|message| message.eq_ignore_ascii_case("unknown command")) {
        return LookAlike::TextEa;
    }
    if fields.contains_key("retcode") {
        return LookAlike::OrderEa;
    }
    match (text("error_code"), complaint) {
        (Some(code), _) => LookAlike::RefusingGateway(ErrorCode::from_wire(code)),
        (None, Some(complaint)) => LookAlike::OtherJson(complaint),
        (None, None) => LookAlike::RefusingGateway(ErrorCode::Absent),
    }
}
