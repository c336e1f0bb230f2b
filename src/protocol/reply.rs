//! The envelope of every reply: whose it is (`uuid`) and whether the gateway claims success (`status`).
//!
//! A success goes on with the action's own fields ([`Reply`]); a refusal holds an error code and a message ([`Refusal`]).

use std::borrow::Cow;
use std::ops::Not;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::code::ErrorCode;
use super::encode;
use super::malformed::{Malformed, Reason, excerpt};
use super::wire::{self, Frame, List, Object};
use crate::escape::bounded;
use crate::units::Symbol;

/// The `uuid` that the gateway sends when it could not read the request's.
pub const UNKNOWN_UUID: &str = "unknown";

/// The status words of a refusal.
const REFUSAL: [&str; 4] = ["REJECTED", "error", "ERROR", "UNKNOWN"];

/// The status words that claim an order's success. FILLED is also sent for orders that the broker rejected (hazard 1).
/// PARTIAL and PLACED are protocol 5's: a part is open, or a pending order is in the book.
pub(super) const ORDER_SUCCESS: &[&str] = &["FILLED", "ok", "OK", "SUCCESS", "PARTIAL", "PLACED"];

/// The gateway's refusal of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {}", .message.escape_debug())]
pub struct Refusal {
    /// The gateway's error code.
    pub code: ErrorCode,
    /// The gateway's message, [cut](bounded) where it is long: escape it before a terminal sees it (hazard 16).
    pub message: String,
}

impl Refusal {
    /// A refusal with this code and message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The success reply to one action.
pub trait Reply: Sized {
    /// The status words that mean success for this action (hazard 7).
    const SUCCESS: &'static [&'static str] = &["ok", "OK", "SUCCESS"];
    /// Whether the reply carries the request's `uuid`; SYNC_ALL's doesn't.
    const CARRIES_UUID: bool = true;
    /// An element of the reply's list; `()` where it has none.
    type Element;
    /// The name of the member that is an object.
    const OBJECT: Option<&'static str> = None;
    /// The member that is a list of objects.
    const LIST: Option<List<Self::Element>> = None;

    /// Reads the fields beyond the envelope.
    fn read(frame: Frame<'_, Self::Element>) -> Result<Self, Malformed>;
}

/// A reply whose JSON is read, but which was not matched to a request yet.
#[derive(Debug)]
pub struct Unmatched<'a, R: Reply> {
    frame: Frame<'a, R::Element>,
}

/// Decodes the reply to the request with this `uuid`: the action's success, or the gateway's refusal. Success is the
/// gateway's claim; for an order it proves nothing.
pub fn decode<R: Reply>(bytes: &[u8], uuid: Uuid) -> Result<Result<R, Refusal>, Malformed> {
    Unmatched::parse(bytes)?.decode(uuid)
}

impl<'a, R: Reply> Unmatched<'a, R> {
    /// Reads a frame's JSON.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Ok(Self { frame: wire::parse(bytes, R::OBJECT, R::LIST)? })
    }

    /// The `uuid` of the request that this claims to answer.
    pub fn uuid(&self) -> Option<Uuid> {
        Uuid::try_parse(&self.frame.root.optional("uuid")?.string().ok()?).ok()
    }

    /// See [`decode`].
    pub fn decode(self, uuid: Uuid) -> Result<Result<R, Refusal>, Malformed> {
        let root = &self.frame.root;
        let status_field = root.required("status")?;
        let status = status_field.string()?;
        let is_refusal = REFUSAL.contains(&&*status);
        if !is_refusal && !R::SUCCESS.contains(&&*status) {
            return Err(status_field.complaint(Reason::UnlistedStatus(excerpt(&status))));
        }
        check_uuid(root, uuid, R::CARRIES_UUID)?;
        if is_refusal { refusal(root).map(Err) } else { R::read(self.frame).map(Ok) }
    }
}

/// Hazard 14: a reply without our `uuid` is not ours. PROTOCOL.md, section 2, lists the two exceptions.
fn check_uuid(root: &Object<'_>, expected: Uuid, required: bool) -> Result<(), Malformed> {
    let field = match root.optional("uuid") {
        Some(field) => field,
        None if required => return Err(root.missing("uuid")),
        None => return Ok(()),
    };
    let found = field.string()?;
    if found == UNKNOWN_UUID && root.optional("error_code").is_some() {
        return Ok(());
    }
    if Uuid::try_parse(&found).is_ok_and(|found| found == expected) {
        return Ok(());
    }
    let expected = expected.to_string();
    Err(field.complaint(Reason::ForeignUuid { expected, found: excerpt(&found) }))
}

fn refusal(root: &Object<'_>) -> Result<Refusal, Malformed> {
    let code = match root.optional("error_code") {
        Some(field) => ErrorCode::from_wire(&bounded(&field.text()?)),
        None => ErrorCode::Absent,
    };
    let message = match root.optional("error_msg").or_else(|| root.optional("message")) {
        Some(field) => field.text()?,
        None => Cow::default(),
    };
    Ok(Refusal { code, message: bounded(&message).into_owned() })
}

/// The time at which an order executed. Other forms than RFC 3339 are ignored, because the field is information and
/// must not turn a claim into a protocol error.
pub(super) fn execution_time(root: &Object<'_>) -> Option<Timestamp> {
    root.optional("execution_time")?.timestamp().ok()
}

/// Writes a reply with these fields, as the simulated gateway does.
pub(super) fn encode(
    uuid: Option<&str>,
    status: &str,
    fields: &impl Serialize,
    simulated: bool,
) -> Vec<u8> {
    #[derive(Serialize)]
    struct Envelope<'a, F> {
        #[serde(skip_serializing_if = "Option::is_none")]
        uuid: Option<&'a str>,
        status: &'a str,
        #[serde(flatten)]
        fields: &'a F,
        #[serde(skip_serializing_if = "Not::not")]
        simulated: bool,
    }
    encode::frame(&Envelope { uuid, status, fields, simulated })
}

/// Writes the claim about an order, as the simulated gateway does. The reply to an OPEN names its symbol.
pub(super) fn encode_claim(
    uuid: &str,
    status: &str,
    claim: &impl Serialize,
    symbol: Option<&Symbol>,
    simulated: bool,
) -> Vec<u8> {
    #[derive(Serialize)]
    struct Fields<'a, C> {
        #[serde(flatten)]
        claim: &'a C,
        #[serde(skip_serializing_if = "Option::is_none")]
        symbol: Option<&'a Symbol>,
        latency_ms: f64,
    }
    encode(Some(uuid), status, &Fields { claim, symbol, latency_ms: 0.0 }, simulated)
}

/// Writes an error reply, as the simulated gateway does.
pub fn encode_refusal(
    uuid: &str,
    status: &str,
    refusal: &Refusal,
    timestamp: &str,
    simulated: bool,
) -> Vec<u8> {
    #[derive(Serialize)]
    struct Fields<'a> {
        error_code: &'a str,
        error_msg: &'a str,
        timestamp: &'a str,
    }
    let fields =
        Fields { error_code: refusal.code.as_str(), error_msg: &refusal.message, timestamp };
    encode(Some(uuid), status, &fields, simulated)
}
