//! The book file: the starting book, then each execution and each event of protocol 5, one JSON line each, on the disk
//! before the reply leaves.
//!
//! A process that is killed leaves at worst a torn last line. Its reply was never sent, so the line is dropped, and the
//! execution with it. A whole line that can't be read is an error; no line is skipped.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::book::{Book, Start};
use super::event::{Event, Row};
use super::ledger::Execution;
use crate::os::durable::{directory_of, sync_directory};
use crate::os::file_lock::{Mode, lock};
use crate::protocol::pending::PendingOrder;
use crate::protocol::positions::Position;

/// The format that the first line names.
const FORMAT: &str = "mt5crs.sim-book/1";

/// Why a book file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file can't be opened, read or written.
    #[error("failed to use the simulator's book {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another simulator has the file open.
    #[error("the simulator's book {0} is in use by another process")]
    InUse(PathBuf),
    /// The file is no book file, or its lines contradict each other.
    #[error("{path}, line {line}: not a line of a simulator's book")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    #[serde(rename = "book")]
    start: Start,
}

/// A line after the first.
#[derive(Debug)]
pub(super) enum Line {
    Execution(Execution),
    Event(Event),
}

/// The form of an event's line.
#[derive(Serialize, Deserialize)]
struct EventLine<E> {
    gateway: E,
}

/// The beginning of an event's line.
const EVENT: &[u8] = b"{\"gateway\":";

/// An open book file.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens a book file, whose start overrules `start`. A new file begins with `start`.
    pub(super) fn open(
        path: &Path,
        start: Start,
    ) -> Result<(Self, Start, Vec<Line>), JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
        lock(&file, Mode::Exclusive, Duration::ZERO).map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::InUse(path.to_owned()),
            TryLockError::Error(error) => io(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let whole = whole_lines(&bytes);
        if whole < bytes.len() {
            file.set_len(u64::try_from(whole).unwrap_or_default()).map_err(io)?;
            file.seek(io::SeekFrom::End(0)).map_err(io)?;
        }
        let mut journal = Self { path: path.to_owned(), file };
        match parse(path, &bytes[..whole])? {
            Some((start, lines)) => Ok((journal, start, lines)),
            None => {
                journal.append(&Head { format: FORMAT.to_owned(), start: start.clone() })?;
                sync_directory(directory_of(path)).map_err(io)?;
                Ok((journal, start, Vec::new()))
            }
        }
    }

    /// Appends an event. Returns once it is on the disk.
    pub(super) fn append_event(&mut self, event: &Event) -> Result<(), JournalError> {
        self.append(&EventLine { gateway: event })
    }

    /// Appends a line. Returns once it is on the disk.
    pub(super) fn append(&mut self, line: &impl Serialize) -> Result<(), JournalError> {
        let written = serde_json::to_vec(line).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)?;
            self.file.sync_data()
        });
        written.map_err(|source| JournalError::Io { path: self.path.clone(), source })
    }
}

fn whole_lines(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Option<(Start, Vec<Line>)>, JournalError> {
    let corrupt = |line| JournalError::Corrupt { path: path.to_owned(), line };
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let Some(head) = lines.next() else { return Ok(None) };
    let head: Head = serde_json::from_slice(head).map_err(|_| corrupt(1))?;
    if head.format != FORMAT {
        return Err(corrupt(1));
    }
    let mut parsed = Vec::new();
    let mut executions = 0;
    for (place, line) in lines.enumerate() {
        let corrupt = || corrupt(place + 2);
        parsed.push(if line.starts_with(EVENT) {
            let line: EventLine<Event> = serde_json::from_slice(line).map_err(|_| corrupt())?;
            Line::Event(line.gateway)
        } else {
            let execution: Execution = serde_json::from_slice(line).map_err(|_| corrupt())?;
            executions += 1;
            if execution.sequence != executions {
                return Err(corrupt());
            }
            Line::Execution(execution)
        });
    }
    Ok(Some((head.start, parsed)))
}

/// Replays the lines on the starting book; `tells_details` as for [`Book::new`].
pub(super) fn rebuild(
    path: &Path,
    start: &Start,
    lines: &[Line],
    tells_details: bool,
) -> Result<Book, JournalError> {
    let mut book = Book::new(start, tells_details);
    let mut rows: Vec<&Row> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        match line {
            Line::Execution(execution) => {
                let uuid = execution.request_uuid.map(|uuid| uuid.to_string());
                let row = rows.iter().rfind(|row| Some(&row.uuid) == uuid.as_ref());
                if !book.replay(execution, row.map(|row| &row.tag)) {
                    return Err(JournalError::Corrupt { path: path.to_owned(), line: place + 2 });
                }
            }
            Line::Event(Event::Row(row)) => rows.push(row),
            Line::Event(Event::Removed(ticket)) => {
                book.cancel(*ticket);
            }
            Line::Event(_) => {}
        }
    }
    Ok(book)
}

/// The executions among the lines.
pub(super) fn executions(lines: Vec<Line>) -> Vec<Execution> {
    let execution = |line| match line {
        Line::Execution(execution) => Some(execution),
        Line::Event(_) => None,
    };
    lines.into_iter().filter_map(execution).collect()
}

/// Reads the executions from a book file, without a torn last line. A simulator may be using the file.
pub fn read_ledger(path: &Path) -> Result<Vec<Execution>, JournalError> {
    Ok(read(path)?.map(|(_, lines)| executions(lines)).unwrap_or_default())
}

/// Reads the executions and the open positions from a book file.
pub fn read_book(path: &Path) -> Result<(Vec<Execution>, Vec<Position>), JournalError> {
    let Some((start, lines)) = read(path)? else { return Ok((Vec::new(), Vec::new())) };
    let open = rebuild(path, &start, &lines, false)?.positions();
    Ok((executions(lines), open))
}

/// Reads the pending orders from a book file.
pub fn read_pending(path: &Path) -> Result<Vec<PendingOrder>, JournalError> {
    let Some((start, lines)) = read(path)? else { return Ok(Vec::new()) };
    Ok(rebuild(path, &start, &lines, false)?.pending_orders())
}

fn read(path: &Path) -> Result<Option<(Start, Vec<Line>)>, JournalError> {
    let io = |source| JournalError::Io { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(io)?;
    parse(path, &bytes[..whole_lines(&bytes)])
}
