//! Reads the end of the file: the last record, and the remains of a killed append after it.
//!
//! It reads from the back, so an append costs the same on the first day and after years.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::body::TornTail;
use super::head::Head;
use super::line::{MAX_LINE_BYTES, ParsedLine, parse};
use super::{EvidenceError, Sha256Hex};

/// The first window; a record has a few KiB.
const FIRST_WINDOW: u64 = 64 << 10;
/// Two unfinished lines and a whole one fit in; a file without a record in it is something else.
const LAST_WINDOW: u64 = 4 * MAX_LINE_BYTES as u64;

/// The end of a file of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail {
    /// The last record.
    pub(super) last: Head,
    /// The bytes after it, which the next append closes off.
    pub(super) torn: Option<TornTail>,
    /// Whether the file ends with a newline; otherwise the next append adds it first.
    pub(super) ended: bool,
}

/// Reads the end of the file at `path`. Fails where nothing can be appended to it.
pub(super) fn read(file: &File, path: &Path) -> Result<Tail, EvidenceError> {
    let length = file.metadata().map_err(EvidenceError::io("read", path))?.len();
    let damaged = |why| EvidenceError::Damaged { path: path.to_owned(), why };
    let mut window = FIRST_WINDOW;
    loop {
        let start = length.saturating_sub(window);
        // At most the last window: 16 MiB.
        let mut bytes = vec![0; (length - start) as usize];
        file.read_exact_at(&mut bytes, start).map_err(EvidenceError::io("read", path))?;
        if let Some(tail) = find(&bytes, start == 0).map_err(damaged)? {
            return Ok(tail);
        }
        if window >= LAST_WINDOW {
            let why = format!("its last {window} bytes hold no record that can be read");
            return Err(damaged(why));
        }
        window = (window * 8).min(LAST_WINDOW);
    }
}

/// Looks for the last record in the file's last bytes; `None` where the window is too small for it. `whole` says that
/// the window is the whole file. An error names the damage.
fn find(bytes: &[u8], whole: bool) -> Result<Option<Tail>, String> {
    let ended = bytes.is_empty() || bytes.ends_with(b"\n");
    let content = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    // The current line is content[left..right].
    let mut right = content.len();
    loop {
        let newline = content[..right].iter().rposition(|byte| *byte == b'\n');
        let left = newline.map_or(0, |newline| newline + 1);
        if newline.is_none() && !whole {
            return Ok(None);
        }
        if right - left > MAX_LINE_BYTES {
            return Err(format!("it ends in a line of {} bytes", right - left));
        }
        match parse(&content[left..right]) {
            ParsedLine::Record(record) => {
                let last = Head { count: record.seq, hash: record.hash };
                // A record without its newline was written whole.
                let torn = (right < content.len()).then(|| torn(&content[right + 1..]));
                return Ok(Some(Tail { last, torn, ended }));
            }
            ParsedLine::Altered { seq, .. } => {
                return Err(format!("the record numbered {seq} was altered"));
            }
            ParsedLine::NotARecord => {}
        }
        match newline {
            Some(newline) => right = newline,
            None => {
                let torn = (!bytes.is_empty()).then(|| torn(content));
                return Ok(Some(Tail { last: Head::EMPTY, torn, ended }));
            }
        }
    }
}

fn torn(bytes: &[u8]) -> TornTail {
    TornTail { bytes: bytes.len() as u64, sha256: Sha256Hex::of(bytes) }
}
