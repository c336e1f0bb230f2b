//! Classifies a program other than the gateway that answered a PING.
//!
//! Other programs listen on the same port and answer over ZeroMQ. Two of them are known to take messages for orders
//! (hazard 11), so nothing more is sent after a wrong answer, and the operator learns which program it looks like.

use std::fmt;

use serde_json::{Map, Value};

use super::signed::Unauthentic;
use crate::escape::{bounded, visible};
use crate::protocol::{ErrorCode, Malformed};

/// A program that is not the gateway, by its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookAlike {
    /// The EA that answers `Unknown Command` and trades on any text with `TRADE` or `EXECUTION`.
    TextEa,
    /// The EA that takes every message with `action` or `magic` for a market order.
    OrderEa,
    /// An echo server: it sent the PING back.
    Echo,
    /// A program that speaks the protocol and refused the PING; holds its error code and its message.
    RefusingGateway(ErrorCode, String),
    /// A program whose answer the gateway's key does not vouch for.
    Unauthentic(Unauthentic),
    /// An answer like the gateway's, except for one error: another program, or a broken gateway.
    NearlyGateway(Malformed),
    /// JSON of another protocol; holds the first error.
    OtherJson(Malformed),
    /// No JSON; holds the beginning of the answer, escaped.
    NotJson(String),
    /// No ZeroMQ REP socket; holds its description.
    NotZeroMq(String),
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
            Self::RefusingGateway(code, message) => {
                write!(f, "a gateway that refuses PING with {code}")?;
                if message.is_empty() { Ok(()) } else { write!(f, ": {}", visible(message)) }
            }
            Self::Unauthentic(why) => write!(f, "{why}"),
            Self::NearlyGateway(complaint) => {
                write!(f, "its answer is nearly the gateway's, and breaks the protocol: {complaint}")
            }
            Self::OtherJson(complaint) => {
                write!(f, "a program that answers in JSON, but not as the gateway does: {complaint}")
            }
            Self::NotJson(said) => write!(f, "a program that answers \"{said}\""),
            Self::NotZeroMq(found) => f.write_str(found),
        }
    }
}

impl LookAlike {
    /// The operator's remedy, where the program is known well enough.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::RefusingGateway(code, _) => {
                ErrorCode::LISTED.contains(code).then(|| code.remedy())
            }
            Self::Unauthentic(why) => Some(why.remedy()),
            _ => None,
        }
    }
}

/// The keys that every answer of the gateway has, and few others have.
const PONG_KEYS: [&str; 2] = ["uuid", "status"];

/// A longer answer is not parsed: as values in memory it would take many times its length.
const MAX_PARSED_BYTES: usize = 1 << 20;

/// Whether an answer that is no valid JSON looks like an object with the keys of a pong. It searches for the keys as text,
/// because an answer that is cut off, is not UTF-8 or holds `NaN` can't be parsed; of a large one, at both ends.
fn resembles_a_pong(answer: &[u8]) -> bool {
    let part = answer.len().min(MAX_PARSED_BYTES);
    let ends = [&answer[..part], &answer[answer.len() - part..]];
    let holds = |key: &str| {
        let quoted = format!("\"{key}\"");
        let holds = |end: &[u8]| end.windows(quoted.len()).any(|it| it == quoted.as_bytes());
        ends.into_iter().any(holds)
    };
    answer.trim_ascii_start().starts_with(b"{") && PONG_KEYS.into_iter().all(holds)
}

/// Classifies an answer to a PING that was not the gateway's; `complaint` is the error of an unreadable one.
pub fn classify(sent: &[u8], answer: &[u8], complaint: Option<Malformed>) -> LookAlike {
    if sent == answer {
        return LookAlike::Echo;
    }
    let fields = match answer.len() <= MAX_PARSED_BYTES {
        true => serde_json::from_slice::<Map<String, Value>>(answer).ok(),
        false => None,
    };
    let Some(fields) = fields else {
        // Its beginning looks right, so quoting it would not help: the error does.
        if let Some(complaint) = complaint.filter(|_| resembles_a_pong(answer)) {
            return LookAlike::NearlyGateway(complaint);
        }
        let beginning = String::from_utf8_lossy(&answer[..answer.len().min(60)]);
        return LookAlike::NotJson(beginning.escape_debug().to_string());
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    if text("msg").is_some_and(|message| message.eq_ignore_ascii_case("unknown command")) {
        return LookAlike::TextEa;
    }
    if fields.contains_key("retcode") {
        return LookAlike::OrderEa;
    }
    match (text("error_code"), complaint) {
        (Some(code), _) => {
            let message = bounded(text("error_msg").unwrap_or_default()).into_owned();
            LookAlike::RefusingGateway(ErrorCode::from_wire(&bounded(code)), message)
        }
        (None, Some(complaint)) if PONG_KEYS.iter().all(|key| fields.contains_key(*key)) => {
            LookAlike::NearlyGateway(complaint)
        }
        (None, Some(complaint)) => LookAlike::OtherJson(complaint),
        (None, None) => LookAlike::RefusingGateway(ErrorCode::Absent, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::protocol::ping::Pong;
    use crate::protocol::reply::decode;

    fn words(answer: &[u8]) -> String {
        let complaint = decode::<Pong>(answer, Uuid::nil()).err();
        classify(b"{}", answer, complaint).to_string()
    }

    #[test]
    fn an_answer_like_the_gateways_is_described_by_its_error() {
        let nearly = "its answer is nearly the gateway's, and breaks the protocol: ";
        for (answer, wrong) in [
            (
                &br#"{"uuid":"a","status":"ok","latency_ms":NaN}"#[..],
                "field `latency_ms` at byte 39: not a finite number",
            ),
            (
                br#"{"uuid":"a","status":"ok","status":"ok"}"#,
                "field `status` at byte 35: given twice",
            ),
            (b"{\"uuid\":\"a\",\"status\":\"\xe9\"}", "the frame at byte 22: not UTF-8"),
            (
                br#" {"uuid":"a","status":"ok","ser"#,
                "the frame at byte 31: not JSON: it ends within a string",
            ),
        ] {
            assert_eq!(words(answer), format!("{nearly}{wrong}"));
        }
        // An answer without its keys is quoted.
        for (answer, told) in [
            (&b"{\"status\":NaN}"[..], r#"a program that answers "{\"status\":NaN}""#),
            (
                b"see \"uuid\" and \"status\"",
                r#"a program that answers "see \"uuid\" and \"status\"""#,
            ),
            (b"", r#"a program that answers """#),
        ] {
            assert_eq!(words(answer), told);
        }
        let known = [
            (r#"{"uuid":"a","status":"ERROR","msg":"Unknown Command"}"#, "Unknown Command"),
            (r#"{"uuid":"a","status":"ERROR","retcode":10014}"#, "market order"),
        ];
        for (answer, who) in known {
            assert!(words(answer.as_bytes()).contains(who), "{}", words(answer.as_bytes()));
        }
    }
}
