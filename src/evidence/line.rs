//! Writes a record as one line, and reads it back.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Sha256Hex;
use super::body::Body;
use super::hash::HEX_DIGITS;

/// The longest line that is written or read, without its newline.
pub(super) const MAX_LINE_BYTES: usize = 4 << 20;

/// The text between the hashed bytes and the hash.
const HASH_MEMBER: &str = r#","hash":""#;
/// Length of the text after the hashed bytes: `,"hash":"…"}`.
const SUFFIX_BYTES: usize = HASH_MEMBER.len() + HEX_DIGITS + 2;

/// One record whose own hash is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Sequence number, from 1.
    pub seq: u64,
    /// Time of writing, by this machine's wall clock.
    pub time: Timestamp,
    /// The run that wrote it.
    pub run: Uuid,
    /// The kind of its body.
    pub kind: String,
    /// The version of its body's form.
    pub version: u32,
    /// The content; `None` where kind, version or form are not known here.
    pub body: Option<Body>,
    /// The previous record's hash.
    pub prev: Sha256Hex,
    /// The record's own hash.
    pub hash: Sha256Hex,
}

/// A line, read by itself.
#[derive(Debug)]
pub(super) enum ParsedLine {
    /// A record.
    Record(Box<Record>),
    /// A record whose bytes do not match its hash.
    Altered {
        /// The stated sequence number.
        seq: u64,
        /// The stated hash.
        stated: Sha256Hex,
        /// The hash of its bytes.
        actual: Sha256Hex,
    },
    /// Anything else.
    NotARecord,
}

#[derive(Deserialize)]
struct Members<'a> {
    seq: u64,
    time: Timestamp,
    run: Uuid,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    v: u32,
    #[serde(borrow)]
    body: &'a RawValue,
    prev: Sha256Hex,
    hash: Sha256Hex,
}

/// Reads a line, given without its newline.
pub(super) fn parse(line: &[u8]) -> ParsedLine {
    let Ok(read) = serde_json::from_slice::<Members<'_>>(line) else {
        return ParsedLine::NotARecord;
    };
    let (hashed, suffix) = line.split_at(line.len().saturating_sub(SUFFIX_BYTES));
    let actual = Sha256Hex::of(hashed);
    if suffix != self::suffix(actual).as_bytes() || read.hash != actual {
        return ParsedLine::Altered { seq: read.seq, stated: read.hash, actual };
    }
    ParsedLine::Record(Box::new(Record {
        body: Body::read(&read.kind, read.v, read.body),
        seq: read.seq,
        time: read.time,
        run: read.run,
        kind: read.kind.into_owned(),
        version: read.v,
        prev: read.prev,
        hash: actual,
    }))
}

/// Writes a record as a line with its newline, and returns its hash beside it.
pub(super) fn compose(
    seq: u64,
    time: Timestamp,
    run: Uuid,
    body: &Body,
    prev: Sha256Hex,
) -> serde_json::Result<(Vec<u8>, Sha256Hex)> {
    #[derive(Serialize)]
    struct Hashed<'a> {
        seq: u64,
        time: Timestamp,
        run: Uuid,
        kind: &'a str,
        v: u32,
        body: &'a Body,
        prev: Sha256Hex,
    }
    let (kind, v) = (body.kind(), body.version());
    let mut line = serde_json::to_vec(&Hashed { seq, time, run, kind, v, body, prev })?;
    // The object is closed behind the hash.
    line.pop();
    let hash = Sha256Hex::of(&line);
    line.extend_from_slice(suffix(hash).as_bytes());
    line.push(b'\n');
    Ok((line, hash))
}

fn suffix(hash: Sha256Hex) -> String {
    format!("{HASH_MEMBER}{hash}\"}}")
}
