//! Spoils a reply's bytes, as a broken gateway would (hazard 13). Works on the text, because what comes out must not be
//! writable by any encoder.

use super::fault::Garbage;

/// Figures of the replies, the likeliest to be believed first.
const FIGURES: [&str; 7] =
    ["equity", "profit", "price", "close_price", "latency_ms", "timestamp", "message"];

const HUGE_BYTES: usize = 10_000_000;

/// The reply as that kind of garbage.
pub(super) fn spoil(mut reply: Vec<u8>, kind: Garbage) -> Vec<u8> {
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

/// The reply without that member.
pub(super) fn without(reply: Vec<u8>, name: &str) -> Vec<u8> {
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

/// Replaces the first member of that name, or takes it out. Its value is a number or a text without escapes, as all of
/// [`FIGURES`] and the uuid are.
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
    let mut spoilt = Vec::with_capacity(reply.len() + 16);
    match value {
        Some(value) => {
            spoilt.extend_from_slice(&reply[..value_start]);
            spoilt.extend_from_slice(value);
            spoilt.extend_from_slice(&reply[value_end..]);
        }
        None => {
            // One comma goes with the member: the one behind it, or, of the last member, the one before.
            let behind = reply.get(value_end) == Some(&b',');
            let from = if behind || start == 1 { start } else { start - 1 };
            spoilt.extend_from_slice(&reply[..from]);
            spoilt.extend_from_slice(&reply[value_end + usize::from(behind)..]);
        }
    }
    Some(spoilt)
}
