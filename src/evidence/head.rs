//! The head: how many records there are, and the last one's hash, in a file of its own.
//!
//! It is what shows that the end of the records was cut off. It is replaced after the record is on the disk, so it may
//! be one behind, and never ahead.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sha256Hex;

/// A head has some hundred bytes; a file past this is something else.
const MAX_BYTES: u64 = 4096;

/// How far the records reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// How many records there are: the last one's sequence number.
    pub count: u64,
    /// The last one's hash; that of no record where there is none.
    pub hash: Sha256Hex,
}

impl Head {
    /// Of an evidence that holds nothing.
    pub const EMPTY: Self = Self { count: 0, hash: Sha256Hex::NONE };
}

/// What stands in the head's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stored {
    /// A head.
    Head(Head),
    /// No file.
    Absent,
    /// Something that is no head; says why.
    Unreadable(String),
}

pub(super) fn load(path: &Path) -> Stored {
    let read = || -> io::Result<Head> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() || metadata.len() > MAX_BYTES {
            return Err(io::Error::new(ErrorKind::InvalidData, "it is no head"));
        }
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    };
    match read() {
        Ok(head) => Stored::Head(head),
        Err(error) if error.kind() == ErrorKind::NotFound => Stored::Absent,
        Err(error) => Stored::Unreadable(error.to_string()),
    }
}

/// Replaces the head. Once it is renamed it stands: an error says that the old one still does.
pub(super) fn store(directory: &Path, path: &Path, head: Head) -> io::Result<()> {
    let mut file =
        tempfile::Builder::new().prefix(".evidence-head-").suffix(".tmp").tempfile_in(directory)?;
    let mut line = serde_json::to_vec(&head)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.as_file().sync_all()?;
    // A temporary file is its owner's alone; the head may be read by whoever may read the records.
    match fs::metadata(super::records_beside(path)) {
        Ok(records) => file.as_file().set_permissions(records.permissions())?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.persist(path).map_err(|error| error.error)?;
    // A directory that can't be flushed is no reason to take the record back: the rename has happened.
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(())
}
