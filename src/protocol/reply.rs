//! The frame around every answer: whose it is, and whether the gateway says that it did what was asked.

use std::borrow::Cow;

use uuid::Uuid;

use super::code::ErrorCode;
use super::malformed::{Malformed, Reason, excerpt};
use super::positions::Position;
use super::request::Action;
use super::status::Status;
use super::wire::{self, Frame, Nesting, Object};

/// The `uuid` that the gateway sends when it could not read the request's.
pub const UNKNOWN_UUID: &str = "unknown";

/// What the gateway said instead of doing it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {}", .message.escape_debug())]
pub struct Refusal {
    /// Its error code.
    pub code: ErrorCode,
    /// Its words, as they came: escape them before a terminal sees them (hazard 16).
    pub message: String,
}

/// What an action answers when it succeeds.
pub trait Success: Sized {
    /// The status words that mean success here.
    const STATUS: &'static [Status];
    /// Whether the reply carries the request's `uuid`; SYNC_ALL's doesn't.
    const CARRIES_UUID: bool = true;
    /// What of the frame is nested.
    fn nesting() -> Nesting<Position> {
        Nesting { object: None, list: None, element: |_| Err(unreachable_element()) }
    }
    /// Reads the fields beyond the header.
    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed>;
}

/// A read: asking for it changes nothing, so it may be tried again.
pub trait Read: Success {
    /// What goes with the question.
    type Parameters: Copy;
    /// The question.
    fn action(parameters: Self::Parameters) -> Action;
}

/// No list, no elements: [`wire::parse`] never asks.
fn unreachable_element() -> Malformed {
    Malformed { field: String::new(), offset: None, reason: Reason::Missing }
}

/// Reads the reply to the request with that `uuid`: success with its fields, or the gateway's refusal. Success is the
/// gateway's claim; for an order it proves nothing.
pub fn decode<T: Success>(bytes: &[u8], uuid: Uuid) -> Result<Result<T, Refusal>, Malformed> {
    let frame = wire::parse(bytes, &T::nesting())?;
    let status_field = frame.root.required("status")?;
    let word = status_field.string()?;
    let unlisted = || status_field.complaint(Reason::UnlistedStatus(excerpt(&word)));
    let status = Status::from_wire(&word).ok_or_else(unlisted)?;
    check_uuid(&frame.root, uuid, T::CARRIES_UUID)?;
    if status.is_refusal() {
        return Ok(Err(refusal(&frame.root)?));
    }
    if !T::STATUS.contains(&status) {
        return Err(unlisted());
    }
    T::read(frame).map(Ok)
}

/// Hazard 14: a reply without our `uuid` is not ours, but for the two cases that PROTOCOL.md's section 2 lists.
fn check_uuid(root: &Object<'_>, expected: Uuid, required: bool) -> Result<(), Malformed> {
    let field = match root.optional("uuid") {
        Some(field) => field,
        None if required => return root.required("uuid").map(|_| ()),
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
        Some(field) => ErrorCode::from_wire(&field.string()?),
        None => ErrorCode::Absent,
    };
    let message = match root.optional("error_msg").or_else(|| root.optional("message")) {
        Some(field) => field.string()?,
        None => Cow::default(),
    };
    Ok(Refusal { code, message: message.into() })
}

/// Writes a value of ours as a frame. Nothing that the protocol's types hold can fail to be written as JSON.
pub(super) fn encode<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Writes an error reply as the gateway does.
pub fn encode_refusal(
    uuid: &str,
    status: &str,
    refusal: &Refusal,
    timestamp: &str,
    simulated: bool,
) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Wire<'a> {
        uuid: &'a str,
        status: &'a str,
        error_code: &'a str,
        error_msg: &'a str,
        timestamp: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        simulated: bool,
    }
    encode(&Wire {
        uuid,
        status,
        error_code: refusal.code.as_str(),
        error_msg: &refusal.message,
        timestamp,
        simulated,
    })
}
