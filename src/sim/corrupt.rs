//! Corrupts a reply's bytes, as a broken gateway would (hazard 13). It edits the text, because no encoder writes such
//! replies.

use super::fault::Garbage;
use crate::protocol::wire::MAX_FRAME_BYTES;

/// Members of the replies to replace, the most consequential first.
const FIGURES: [&str; 7] =
    ["equity", "profit", "price", "close_price", "latency_ms", "timestamp", "message"];

const HUGE_BYTES: usize = MAX_FRAME_BYTES;

/// Corrupts the reply in this way.
pub(super) fn corrupt(mut reply: Vec<u8>, kind: Garbage) -> Vec<u8> {
    match kind {
        Garbage::NotJson => {
            b"Traceback (most recent call last):\n  File \"mt5_zmq_server.py\", line 1".to_vec()
        }
        Garbage::Nan => replace_figure(reply, Some(b"NaN")),
        Garbage::Infinity => replace_figure(reply, Some(b"Infinity")),
        Garbage::WrongType => replace_figure(reply, Some(b"[\"n/a\"]")),
        Garbage::MissingField => replace_figure(reply, None),
        Garbage::DuplicateKey => insert_first(reply, b"\"status\":\"ok\","),
        Garbage::BadUtf8 => insert_first(reply, b"\"note\":\"caf\xe9\","),
        Garbage::Huge => {
            let mut padding = b"\"padding\":\"".to_vec();
            padding.resize(HUGE_BYTES, b'x');
            padding.extend_from_slice(b"\",");
            insert_first(reply, &padding)
        }
        Garbage::Empty => Vec::new(),
        Garbage::Truncated => {
            reply.truncate(reply.len() / 2);
            reply
        }
        Garbage::Trailing => {
            reply.extend_from_slice(b"{}");
            reply
        }
    }
}

/// The reply without this member.
pub(super) fn without_member(reply: Vec<u8>, name: &str) -> Vec<u8> {
    replace_member(&reply, name, None).unwrap_or(reply)
}

fn replace_figure(reply: Vec<u8>, value: Option<&[u8]>) -> Vec<u8> {
    FIGURES.iter().find_map(|name| replace_member(&reply, name, value)).unwrap_or(reply)
}

fn insert_first(mut reply: Vec<u8>, members: &[u8]) -> Vec<u8> {
    if reply.first() == Some(&b'{') {
        reply.splice(1..1, members.iter().copied());
    }
    reply
}

/// Replaces the first member of this name, or removes it. Its value must be a number or a string without escapes, as
/// those of [`FIGURES`] and the uuid are.
fn replace_member(reply: &[u8], name: &str, value: Option<&[u8]>) -> Option<Vec<u8>> {
    let key = format!("\"{name}\":");
    let start = reply.windows(key.len()).position(|window| window == key.as_bytes())?;
    let value_start = start + key.len();
    let rest = &reply[value_start..];
    let length = match rest.strip_prefix(b"\"") {
        Some(text) => text.iter().position(|byte| *byte == b'"')? + 2,
        None => rest.iter().position(|byte| matches!(byte, b',' | b'}'))?,
    };
    let value_end = value_start + length;
    let mut corrupted = Vec::with_capacity(reply.len() + 16);
    match value {
        Some(value) => {
            corrupted.extend_from_slice(&reply[..value_start]);
            corrupted.extend_from_slice(value);
            corrupted.extend_from_slice(&reply[value_end..]);
        }
        None => {
            // One comma is removed too: the one after the member, or the one before the last member.
            let behind = reply.get(value_end) == Some(&b',');
            let from = if behind || start == 1 { start } else { start - 1 };
            corrupted.extend_from_slice(&reply[..from]);
            corrupted.extend_from_slice(&reply[value_end + usize::from(behind)..]);
        }
    }
    Some(corrupted)
}
