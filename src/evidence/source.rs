//! Reads all files of records as one text, oldest first, as `zcat -f` does.
//!
//! Sealed segments are opened one after the other, and `evidence.jsonl` at once: it may be sealed while they are read.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Take};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::EvidenceError;
use super::segments::{self, Opened, Sealed};
use crate::os::fifo::open_regular;

/// Attempts to find the files unchanged while they are opened without a lock.
const ATTEMPTS: usize = 8;

/// A sealed segment that could not be read to its end.
#[derive(Debug)]
pub(super) struct BadSegment {
    pub(super) path: PathBuf,
    pub(super) why: io::Error,
}

/// A sealed segment that is being read.
struct Current {
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    /// Its length on the disk, where it is compressed: then only its end tells how much of it was read.
    gzip: Option<u64>,
}

/// All records as one text.
pub(super) struct Source {
    sealed: VecDeque<Sealed>,
    current: Option<Current>,
    active: Option<Take<File>>,
    /// Whether the last byte was a newline.
    ended: bool,
    bad: VecDeque<BadSegment>,
    /// Length of the file that is appended to, as it was opened.
    pub(super) active_bytes: u64,
    /// The number that it has or gets.
    pub(super) active_number: u32,
    /// Length of all files, as they are on the disk.
    pub(super) bytes: u64,
    /// Number of them that were read.
    pub(super) done: Arc<AtomicU64>,
}

impl Source {
    /// Opens the files as they are now. Without a lock an append may seal one at the same time; then it looks again.
    pub(super) fn open(directory: &Path, active: &Path) -> Result<Self, EvidenceError> {
        let list = || segments::list(directory).map_err(EvidenceError::io("list", directory));
        let mut sealed = list()?;
        for _ in 0..ATTEMPTS {
            let file = match open_regular(File::options().read(true), active) {
                Ok(file) => Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(EvidenceError::io("open", active)(error)),
            };
            let again = list()?;
            if again != sealed {
                sealed = again;
                continue;
            }
            let length = file.as_ref().map_or(Ok(0), |file| file.metadata().map(|meta| meta.len()));
            let length = length.map_err(EvidenceError::io("read", active))?;
            return Ok(Self {
                active_number: segments::next_number(&sealed),
                active_bytes: length,
                bytes: length + sealed.iter().map(Sealed::bytes).sum::<u64>(),
                sealed: sealed.into(),
                current: None,
                active: file.map(|file| file.take(length)),
                ended: true,
                bad: VecDeque::new(),
                done: Arc::default(),
            });
        }
        let why = io::Error::other("its files change all the time");
        Err(EvidenceError::io("list", directory)(why))
    }

    /// Without any record.
    pub(super) fn empty() -> Self {
        Self {
            sealed: VecDeque::new(),
            current: None,
            active: None,
            ended: true,
            bad: VecDeque::new(),
            active_bytes: 0,
            active_number: 1,
            bytes: 0,
            done: Arc::default(),
        }
    }

    /// Whether no sealed segment is missing by its number.
    pub(super) fn is_complete(&mut self) -> bool {
        segments::are_complete(self.sealed.make_contiguous())
    }

    /// Skips everything before that byte of the plain segment; `None` where it can't be there.
    pub(super) fn skip_to(&mut self, segment: u32, offset: u64) -> Option<io::Result<()>> {
        if segment == self.active_number {
            self.sealed.clear();
            let active = self.active.as_mut().filter(|_| offset <= self.active_bytes)?;
            active.set_limit(self.active_bytes - offset);
            return Some(active.get_mut().seek(SeekFrom::Start(offset)).map(drop));
        }
        let at = self.sealed.iter().position(|one| one.number == segment)?;
        self.sealed.drain(..at);
        let first = self.sealed.pop_front()?;
        let opened = match first.open() {
            Ok(Opened::Plain(file)) => file,
            Ok(Opened::Gzip(_)) => return None,
            Err(error) => return Some(Err(error)),
        };
        let mut file = opened;
        let sought = file.seek(SeekFrom::Start(offset)).map(drop);
        self.current = Some(Current { path: first.path, reader: Box::new(file), gzip: None });
        Some(sought)
    }

    /// The next sealed segment that could not be read.
    pub(super) fn take_bad(&mut self) -> Option<BadSegment> {
        self.bad.pop_front()
    }

    /// Opens the next sealed segment; `false` where there is none.
    fn advance(&mut self) -> io::Result<bool> {
        let Some(next) = self.sealed.pop_front() else { return Ok(false) };
        let (reader, gzip): (Box<dyn Read + Send>, _) = match next.open()? {
            Opened::Plain(file) => (Box::new(file), None),
            Opened::Gzip(text) => (text, Some(next.bytes())),
        };
        self.current = Some(Current { path: next.path, reader, gzip });
        Ok(true)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(Current { path, reader, gzip }) = &mut self.current {
                match reader.read(buffer) {
                    Ok(0) => {}
                    Ok(count) => {
                        self.ended = buffer[count - 1] == b'\n';
                        if gzip.is_none() {
                            self.done.fetch_add(count as u64, Ordering::Relaxed);
                        }
                        return Ok(count);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(why) => self.bad.push_back(BadSegment { path: path.clone(), why }),
                }
                self.done.fetch_add(gzip.unwrap_or(0), Ordering::Relaxed);
                self.current = None;
                // A segment that was cut off must not spoil the next one's first record.
                if !std::mem::replace(&mut self.ended, true) {
                    buffer[0] = b'\n';
                    return Ok(1);
                }
            }
            if !self.advance()? {
                let count = self.active.as_mut().map_or(Ok(0), |active| active.read(buffer))?;
                self.done.fetch_add(count as u64, Ordering::Relaxed);
                return Ok(count);
            }
        }
    }
}
