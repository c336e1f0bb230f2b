//! Adds one record: first the line, flushed to the disk, then the head.
//!
//! After any failure the file can be appended to again: a line that was not written whole is cut off, and where even that
//! fails, or a kill came between, the next append closes it off.

use std::cell::OnceCell;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::time::Duration;

use uuid::Uuid;

use super::body::Body;
use super::book::Book;
use super::head::{self, Head, Stored};
use super::line::{MAX_LINE_BYTES, compose};
use super::lock;
use super::tail::{self, Tail};
use super::{Evidence, EvidenceError};
use crate::clock::Clock;
use crate::os::durable;
use crate::os::fifo::open_regular;

/// Disk space that an order's records need.
const PROBE_BYTES: usize = 256 << 10;

/// The evidence under its lock.
pub(crate) struct Locked<'e> {
    evidence: &'e Evidence,
    _lock: File,
    /// Locked as well, once they exist.
    records: OnceCell<File>,
    patience: Duration,
}

impl Evidence {
    pub(crate) fn lock(&self, patience: Duration) -> Result<Locked<'_>, EvidenceError> {
        fs::create_dir_all(&self.directory).map_err(EvidenceError::io("make", &self.directory))?;
        let lock = lock::exclusive(&self.lock, patience)?;
        let locked = Locked { evidence: self, _lock: lock, records: OnceCell::new(), patience };
        if self.records.exists() {
            locked.open()?;
        }
        Ok(locked)
    }
}

impl Locked<'_> {
    /// Adds a record, and returns the head that it leaves.
    pub(crate) fn append(
        &self,
        run: Uuid,
        clock: &dyn Clock,
        body: &Body,
    ) -> Result<Head, EvidenceError> {
        let file = self.open()?;
        let mut tail = self.sound_tail(file)?;
        if tail.last.count == 0 && !matches!(body, Body::Begin(_)) {
            return Err(EvidenceError::NotBegun { path: self.evidence.records.clone() });
        }
        if let Some(torn) = tail.torn.take() {
            tail.last = self.put(file, &tail, run, clock, &torn.into())?;
            tail.ended = true;
        }
        self.put(file, &tail, run, clock, body)
    }

    /// The book of all records, past their damages.
    pub(crate) fn book(&self) -> Result<Book, EvidenceError> {
        Book::read(self.evidence.walk_unlocked(None)?, 0)
    }

    /// Checks that a record could be added now, and has room.
    pub(super) fn check_writable(&self) -> Result<(), EvidenceError> {
        let Evidence { directory, records, .. } = self.evidence;
        let probe = || -> io::Result<()> {
            let mut file = tempfile::tempfile_in(directory)?;
            file.write_all(&[0; PROBE_BYTES])?;
            durable::sync_data(&file)
        };
        probe().map_err(EvidenceError::io("write to", directory))?;
        if records.exists() { self.sound_tail(self.open()?).map(drop) } else { Ok(()) }
    }

    /// Number of records.
    pub(super) fn count(&self) -> Result<u64, EvidenceError> {
        if !self.evidence.records.exists() {
            return Ok(0);
        }
        Ok(self.sound_tail(self.open()?)?.last.count)
    }

    fn open(&self) -> Result<&File, EvidenceError> {
        if let Some(records) = self.records.get() {
            return Ok(records);
        }
        let path = &self.evidence.records;
        let file = open_regular(File::options().read(true).append(true).create(true), path)
            .map_err(EvidenceError::io("open", path))?;
        let locked = lock::records(file, path, self.patience)?;
        Ok(self.records.get_or_init(|| locked))
    }

    /// The end of the file, where it agrees with the head. A head that is one record behind is replaced first: otherwise a
    /// kill in the next append would leave it two behind, as only damage does.
    fn sound_tail(&self, file: &File) -> Result<Tail, EvidenceError> {
        let Evidence { records, head, .. } = self.evidence;
        let damaged = |why: String| EvidenceError::Damaged { path: records.clone(), why };
        let length = file.metadata().map_err(EvidenceError::io("read", records))?.len();
        let tail = tail::read(file, records, length)?;
        let known = match head::load(head) {
            Stored::Head(known) => known,
            Stored::Absent => Head::EMPTY,
            Stored::Unreadable(why) => return Err(damaged(format!("its head: {why}"))),
        };
        if known == tail.last {
            return Ok(tail);
        }
        if known.count.checked_add(1) != Some(tail.last.count) {
            return Err(damaged(format!(
                "its head counts {} records, and the last one that can be read is number {}",
                known.count, tail.last.count
            )));
        }
        head::store(head, tail.last).map_err(EvidenceError::io("write", head))?;
        Ok(tail)
    }

    /// Writes one line and the head.
    fn put(
        &self,
        file: &File,
        tail: &Tail,
        run: Uuid,
        clock: &dyn Clock,
        body: &Body,
    ) -> Result<Head, EvidenceError> {
        let Evidence { records, head, .. } = self.evidence;
        let seq = tail.last.count + 1;
        let (mut line, hash) = compose(seq, clock.now(), run, body, tail.last.hash)
            .map_err(|error| EvidenceError::io("write", records)(error.into()))?;
        if line.len() > MAX_LINE_BYTES {
            return Err(EvidenceError::TooLarge { bytes: line.len(), limit: MAX_LINE_BYTES });
        }
        if !tail.ended {
            line.insert(0, b'\n');
        }
        let added = Head { count: seq, hash };
        let length = file.metadata().map_err(EvidenceError::io("read", records))?.len();
        let written = write_whole(file, &line)
            .and_then(|()| durable::sync_data(file))
            .map_err(EvidenceError::io("write", records))
            .and_then(|()| head::store(head, added).map_err(EvidenceError::io("write", head)));
        if let Err(error) = written {
            // A record that failed must not stay. If this fails too, the next append closes it off.
            let _ = file.set_len(length).and_then(|()| durable::sync_data(file));
            return Err(error);
        }
        Ok(added)
    }
}

/// One `write(2)`, so that a kill leaves nothing or a part of this line; a full disk takes a part as well.
fn write_whole(mut file: &File, line: &[u8]) -> io::Result<()> {
    loop {
        match file.write(line) {
            Ok(count) if count == line.len() => return Ok(()),
            Ok(_) => return Err(io::ErrorKind::StorageFull.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
