//! Adds one record: first the line, flushed to the disk, then the head.
//!
//! After any failure the file can be appended to again: a line that was not written whole is cut off, and where even that
//! fails, or a kill came between, the next append closes it off.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::time::Duration;

use uuid::Uuid;

use super::body::Body;
use super::book::Book;
use super::chain::anchor::Anchors;
use super::head::{self, Head, Stored};
use super::line::{MAX_LINE_BYTES, compose};
use super::tail::{self, Tail};
use super::{Evidence, EvidenceError, checkpoint, lock, segments};
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
    records: Option<File>,
    patience: Duration,
}

impl Evidence {
    pub(crate) fn lock(&self, patience: Duration) -> Result<Locked<'_>, EvidenceError> {
        fs::create_dir_all(&self.directory).map_err(EvidenceError::io("make", &self.directory))?;
        let lock = lock::exclusive(&self.lock, patience)?;
        let mut locked = Locked { evidence: self, _lock: lock, records: None, patience };
        if self.records.exists() {
            locked.open()?;
        }
        Ok(locked)
    }
}

impl Locked<'_> {
    /// Adds a record, and returns the head that it leaves. Seals the file first where it is full.
    pub(crate) fn append(
        &mut self,
        run: Uuid,
        clock: &dyn Clock,
        body: &Body,
    ) -> Result<Head, EvidenceError> {
        let mut tail = self.sound_tail()?;
        if tail.last.count == 0 && !matches!(body, Body::Begin(_)) {
            return Err(EvidenceError::NotBegun { path: self.evidence.records.clone() });
        }
        if let Some(torn) = tail.torn.take() {
            tail.last = self.put(&tail, run, clock, &torn.into())?;
            tail.ended = true;
        }
        let is_sealed = tail.ended && self.seal_full(tail.last)?;
        let added = self.put(&tail, run, clock, body)?;
        if is_sealed || added.count.is_multiple_of(checkpoint::INTERVAL) {
            // Closing everything waits for nothing; the next run makes it.
            if !body.is_of_emergency() {
                self.evidence.renew_checkpoint();
            }
        }
        if let (Some(witness), true) = (&self.evidence.witness, body.is_of_consequence()) {
            witness.tell(added);
        }
        Ok(added)
    }

    /// The book of all records, past their damages.
    pub(crate) fn book(&self) -> Result<Book, EvidenceError> {
        Book::read(self.evidence.walk_unlocked(Anchors::default())?, 0)
    }

    /// Checks that a record could be added now, and has room.
    pub(super) fn check_writable(&mut self) -> Result<(), EvidenceError> {
        let Evidence { directory, .. } = self.evidence;
        let probe = || -> io::Result<()> {
            let mut file = tempfile::tempfile_in(directory)?;
            file.write_all(&[0; PROBE_BYTES])?;
            durable::sync_data(&file)
        };
        probe().map_err(EvidenceError::io("write to", directory))?;
        if self.evidence.has_records() { self.sound_tail().map(drop) } else { Ok(()) }
    }

    /// Number of records.
    pub(super) fn count(&mut self) -> Result<u64, EvidenceError> {
        if !self.evidence.has_records() {
            return Ok(0);
        }
        Ok(self.sound_tail()?.last.count)
    }

    fn open(&mut self) -> Result<&File, EvidenceError> {
        let path = &self.evidence.records;
        let file = match self.records.take() {
            Some(file) => file,
            None => {
                let mut options = File::options();
                let file = open_regular(options.read(true).append(true).create(true), path)
                    .map_err(EvidenceError::io("open", path))?;
                lock::records(file, path, self.patience)?
            }
        };
        Ok(self.records.insert(file))
    }

    /// Seals the file where it is full. Where that fails, it grows on, and the next append tries again.
    fn seal_full(&mut self, last: Head) -> Result<bool, EvidenceError> {
        let Evidence { directory, records, limit, .. } = self.evidence;
        let is_full = segments::is_full(self.open()?, last.count, *limit)
            .map_err(EvidenceError::io("read", records))?;
        let is_sealed = is_full && segments::seal(directory, records).is_ok();
        if is_sealed {
            self.records = None;
        }
        Ok(is_sealed)
    }

    /// The end of the file, where it agrees with the head. A head that is one record behind is replaced first: otherwise a
    /// kill in the next append would leave it two behind, as only damage does.
    fn sound_tail(&mut self) -> Result<Tail, EvidenceError> {
        let Evidence { directory, records, head, .. } = self.evidence;
        let damaged = |why: String| EvidenceError::Damaged { path: records.clone(), why };
        let mut tail = tail::read(self.open()?, records)?;
        if tail.last.count == 0 {
            // A kill came behind a seal; or the file is gone, and then the head tells.
            tail.last = segments::last_record(directory)?;
        }
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
        &mut self,
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
        let file = self.open()?;
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
