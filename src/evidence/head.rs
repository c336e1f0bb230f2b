//! Reads and writes the head: the number of records and the last one's hash, in a file of its own.
//!
//! It shows whether the end of the records was cut off. It is replaced after the record is on the disk, so it may be one
//! behind, and never ahead.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sha256Hex;
use crate::os::durable::{Access, AtomicFile};
use crate::os::fifo::read_regular;

/// A head has some hundred bytes; a longer file is no head.
const MAX_BYTES: u64 = 4096;

/// The end of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// Number of records, which is the last one's sequence number.
    pub count: u64,
    /// The last record's hash; 64 zeros where there is none.
    pub hash: Sha256Hex,
}

impl Head {
    /// The head of empty evidence.
    pub const EMPTY: Self = Self { count: 0, hash: Sha256Hex::NONE };
}

/// `COUNT:HASH`, the form in which a head is noted elsewhere as an anchor.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.count, self.hash)
    }
}

/// The text is not `COUNT:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an anchor is COUNT:HASH, a number and 64 lower-case hex digits, as `mt5crs evidence verify` shows it"
)]
pub struct NotAnAnchor;

impl FromStr for Head {
    type Err = NotAnAnchor;

    fn from_str(text: &str) -> Result<Self, NotAnAnchor> {
        let (count, hash) = text.split_once(':').ok_or(NotAnAnchor)?;
        let count = count.parse().map_err(|_| NotAnAnchor)?;
        Ok(Self { count, hash: Sha256Hex::from_hex(hash).ok_or(NotAnAnchor)? })
    }
}

/// The content of the head's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stored {
    /// A head.
    Head(Head),
    /// There is no file.
    Absent,
    /// The file holds no head; says why.
    Unreadable(String),
}

pub(super) fn load(path: &Path) -> Stored {
    let read =
        || -> io::Result<Head> { Ok(serde_json::from_slice(&read_regular(path, MAX_BYTES)?)?) };
    match read() {
        Ok(head) => Stored::Head(head),
        Err(error) if error.kind() == ErrorKind::NotFound => Stored::Absent,
        Err(error) => Stored::Unreadable(error.to_string()),
    }
}

/// Replaces the head. After an error the old one still stands.
pub(super) fn store(path: &Path, head: Head) -> io::Result<()> {
    let mut line = serde_json::to_vec(&head)?;
    line.push(b'\n');
    let mut file = AtomicFile::create(path, Access::Umask)?;
    file.write_all(&line)?;
    // A directory that can't be flushed changes nothing: the rename has happened.
    file.replace().map(drop)
}
