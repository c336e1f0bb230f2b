//! The files of records: sealed segments and the one that is appended to.
//!
//! `evidence.jsonl` takes every append. Once it is large, the next append first seals it: it gets the name
//! `evidence-000001.jsonl`, the next one `evidence-000002.jsonl`, and is never written again. So an old single file is
//! simply the first segment. Sealed segments older than the newest two are compressed (`evidence-000001.jsonl.gz`), by
//! a run that has nothing urgent left. Names sort by age, so all records are `zcat -f evidence-*.jsonl* evidence.jsonl`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use super::head::Head;
use super::line::{ParsedLine, parse};
use super::{Evidence, EvidenceError, tail};
use crate::os::fifo::open_regular;
use crate::os::{durable, gzip};

/// Number of the newest sealed segments that stay plain, so that the last weeks are read without tools.
const PLAIN: usize = 2;
/// Bytes that are read to find the first record's number; a longer first line counts as none.
const FIRST_LINE: usize = 256 << 10;

/// The size past which the next append seals the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentLimit {
    pub(super) bytes: u64,
    /// Number of records, for trials with many seals.
    pub(super) records: Option<u64>,
}

impl SegmentLimit {
    /// 16 MiB: some ten thousand records, which compress in a tenth of a second.
    pub(super) const DEFAULT: Self = Self { bytes: 16 << 20, records: None };
}

/// A sealed segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sealed {
    /// From 1, by age.
    pub(super) number: u32,
    /// Its plain name, whether it is compressed or not.
    pub(super) path: PathBuf,
}

impl Sealed {
    fn gzip(&self) -> PathBuf {
        self.path.with_extension("jsonl.gz")
    }

    /// Its length on the disk.
    pub(super) fn bytes(&self) -> u64 {
        let found = self.path.metadata().or_else(|_| self.gzip().metadata());
        found.map_or(0, |meta| meta.len())
    }

    /// Opens it. Another process may compress it at any time.
    pub(super) fn open(&self) -> io::Result<Opened> {
        match open_regular(File::options().read(true), &self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => return opened.map(Opened::Plain),
        }
        let file = open_regular(File::options().read(true), &self.gzip())?;
        let text = MultiGzDecoder::new(BufReader::with_capacity(64 << 10, file));
        Ok(Opened::Gzip(Box::new(text)))
    }
}

/// A sealed segment, open for reading.
pub(super) enum Opened {
    Plain(File),
    Gzip(Box<MultiGzDecoder<BufReader<File>>>),
}

/// The name of the sealed segment of that number.
pub(super) fn path_of(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("evidence-{number:06}.jsonl"))
}

/// The number in a sealed segment's name.
fn number_of(name: &OsStr) -> Option<u32> {
    let name = name.to_str()?;
    let digits = name.strip_suffix(".gz").unwrap_or(name);
    let digits = digits.strip_prefix("evidence-")?.strip_suffix(".jsonl")?;
    (digits.len() >= 6 && digits.bytes().all(|digit| digit.is_ascii_digit()))
        .then(|| digits.parse().ok())?
        .filter(|number| *number > 0)
}

/// The sealed segments, oldest first; none where there is no directory.
pub(super) fn list(directory: &Path) -> io::Result<Vec<Sealed>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let mut sealed = Vec::new();
    for entry in entries {
        if let Some(number) = number_of(&entry?.file_name()) {
            sealed.push(Sealed { number, path: path_of(directory, number) });
        }
    }
    sealed.sort();
    // A segment that is being compressed has both names.
    sealed.dedup();
    Ok(sealed)
}

/// Whether no number is missing. A missing one is found by a whole walk as lost records.
pub(super) fn are_complete(sealed: &[Sealed]) -> bool {
    sealed.last().is_none_or(|last| last.number as usize == sealed.len())
}

/// The number that the file which is appended to has or gets.
pub(super) fn next_number(sealed: &[Sealed]) -> u32 {
    sealed.last().map_or(1, |last| last.number + 1)
}

/// Whether the file is to be sealed: it is past the limit. `last` is the number of its last record.
pub(super) fn is_full(file: &File, last: u64, limit: SegmentLimit) -> io::Result<bool> {
    if file.metadata()?.len() >= limit.bytes {
        return Ok(true);
    }
    let Some(records) = limit.records else { return Ok(false) };
    let mut bytes = vec![0; FIRST_LINE];
    let count = file.read_at(&mut bytes, 0)?;
    let line = bytes[..count].split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(match parse(line) {
        ParsedLine::Record(first) => last >= first.seq + records - 1,
        _ => false,
    })
}

/// Seals the file that is appended to. An error means that it still has its name.
pub(super) fn seal(directory: &Path, active: &Path) -> io::Result<()> {
    let target = path_of(directory, next_number(&list(directory)?));
    fs::rename(active, &target)?;
    // Before a new file gets the old name: a power cut must not leave the new one alone.
    let _ = durable::sync_directory(directory);
    Ok(())
}

/// The last record of the newest sealed segment; that of empty evidence where there is none.
pub(super) fn last_record(directory: &Path) -> Result<Head, EvidenceError> {
    let sealed = list(directory).map_err(EvidenceError::io("list", directory))?;
    let Some(newest) = sealed.last() else { return Ok(Head::EMPTY) };
    let path = &newest.path;
    match newest.open().map_err(EvidenceError::io("open", path))? {
        Opened::Plain(file) => Ok(tail::read(&file, path)?.last),
        // The newest two stay plain, so somebody else compressed it.
        Opened::Gzip(mut text) => {
            let mut plain = tempfile::tempfile().map_err(EvidenceError::io("unpack", path))?;
            io::copy(&mut text, &mut plain).map_err(EvidenceError::io("unpack", path))?;
            Ok(tail::read(&plain, path)?.last)
        }
    }
}

impl Evidence {
    /// Compresses one sealed segment, where one is old enough. Takes a while: call it when nothing urgent is left.
    ///
    /// The copy is read back before the original is removed.
    pub fn compress_old(&self) -> Result<(), EvidenceError> {
        let sealed = list(&self.directory).map_err(EvidenceError::io("list", &self.directory))?;
        let old = &sealed[..sealed.len().saturating_sub(PLAIN)];
        let Some(oldest) = old.iter().find(|segment| segment.path.exists()) else { return Ok(()) };
        compress(oldest).map_err(EvidenceError::io("compress", &oldest.path))
    }
}

fn compress(segment: &Sealed) -> io::Result<()> {
    let (gzip, _) = gzip::write_beside(&segment.path, Compression::fast())?;
    let open = |path| open_regular(File::options().read(true), path);
    let original = digest(open(&segment.path)?)?;
    if digest(MultiGzDecoder::new(BufReader::new(open(&gzip)?)))? != original {
        return Err(io::Error::other(format!("{} holds something else", gzip.display())));
    }
    // The copy's name must outlive a power cut that the original's doesn't.
    durable::sync_directory(durable::directory_of(&gzip))?;
    gzip::remove_original(&segment.path)
}

fn digest(mut text: impl Read) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match text.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            count => hasher.update(&buffer[..count]),
        }
    }
}
