//! Deletes the oldest file of the shared log, and keeps the alerts that are open at its end in the state directory.
//!
//! Alerts are judged by reading the logs, so a deleted file would take its open alerts along. Before a file is deleted,
//! the rules read it, and what they know then is stored: the next judgement begins with it. A kill between the two
//! leaves a file that is known to be read, and is only deleted next time.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::logs::alerts::event::{Event, query};
use crate::logs::alerts::recent::Recent;
use crate::logs::alerts::rules::open::Open;
use crate::logs::alerts::rules::{Rules, Thresholds};
use crate::logs::search::files::{Unreadable, family};
use crate::logs::search::listener::{Hit, Listener, Options};
use crate::logs::search::searcher::Search;
use crate::logs::write::file::{hold, identity, rotated};
use crate::os::durable::{Access, AtomicFile, directory_of};
use crate::os::fifo::read_regular;

/// Maximum length of the stored state in bytes.
const MAX_BYTES: u64 = 64 << 20;
/// Days after which alerts and runs are forgotten, so that the stored state doesn't grow for ever.
const MAX_DAYS: i64 = 90;

/// What the rules knew at the end of the files that were deleted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Carried {
    /// The state of the rules.
    pub open: Open,
    /// Time of the newest line of the file that was deleted last. A run's own log holds copies up to it.
    pub through: Option<Timestamp>,
    /// Device and inode of that file.
    last: Option<(u64, u64)>,
}

/// A file that was deleted.
#[derive(Debug)]
pub struct Deleted {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Time of its newest event.
    pub through: Option<Timestamp>,
}

/// The place in the state directory of what was carried over from the shared log's deleted files. Several logs may share
/// a state directory.
pub fn path(state_dir: &Path, verify_log: &Path) -> PathBuf {
    let digest = Sha256::digest(verify_log.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    state_dir.join("open-alerts").join(name + ".json")
}

impl Carried {
    /// Reads the stored state; without one, no file was deleted yet.
    pub fn load(path: &Path) -> Result<Self, Unreadable> {
        let read = match read_regular(path, MAX_BYTES) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        };
        read.map_err(|source| Unreadable { path: path.to_owned(), source })
    }

    fn store(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(directory_of(path))?;
        let mut file = AtomicFile::create(path, Access::Umask)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        // Where a power cut could bring the old state back, the log must stay.
        file.replace()?.map_or(Ok(()), Err)
    }

    /// Applies the rules to a file's lines.
    fn take_over(&mut self, file: &Path, thresholds: Thresholds) -> io::Result<()> {
        let query = query().map_err(io::Error::other)?;
        let options = Options::default();
        let mut reader = Reader {
            rules: Rules::resume(thresholds, std::mem::take(&mut self.open)),
            recent: Recent::default(),
            through: None,
            error: None,
        };
        Search::new(&query, &options).files(&[file.to_owned()], &mut reader)?;
        if let Some(error) = reader.error {
            return Err(error);
        }
        let Reader { rules, through, .. } = reader;
        self.open = match through.map(|time| time.checked_sub(Span::new().hours(24 * MAX_DAYS))) {
            Some(Ok(oldest)) => rules.open().since(oldest),
            _ => rules.open(),
        };
        self.through = through.or(self.through);
        Ok(())
    }
}

/// Applies the rules to each line.
struct Reader {
    rules: Rules,
    recent: Recent,
    through: Option<Timestamp>,
    error: Option<io::Error>,
}

impl Listener for Reader {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        if let Some(event) = Event::parse(hit.line)
            && self.recent.is_new(&event)
        {
            self.rules.see(&event);
            self.through = self.through.max(Some(event.time));
        }
        Ok(())
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        let Unreadable { source, .. } = unreadable;
        self.error.get_or_insert_with(|| io::Error::new(source.kind(), source.to_string()));
    }
}

/// Deletes the oldest file of the shared log past the newest `keep` rotated ones, after storing its open alerts at
/// `carried`. A failure leaves the file in place. Each rotation leaves one file, so one per call keeps up. A file of 100 MB
/// takes seconds to read: call it when nothing urgent is left.
pub fn delete_oldest(
    log: &Path,
    keep: u32,
    carried: &Path,
    thresholds: Thresholds,
) -> Result<Option<Deleted>, Unreadable> {
    // Without a listing of the directory, which may hold thousands of logs.
    let is_one_too_many = |suffix: &&str| rotated(log, keep.saturating_add(1), suffix).exists();
    if !["", ".gz"].iter().any(is_one_too_many) {
        return Ok(None);
    }
    // Another process may be renaming the files, or deleting one.
    let Some(_held) = hold(log).map_err(unreadable(log))? else { return Ok(None) };
    let oldest = past(log, keep);
    oldest.map(|path| delete(path, carried, thresholds)).transpose()
}

/// The oldest rotated file past the newest `keep`. Rotation numbers them without a gap: other names are other programs'.
fn past(log: &Path, keep: u32) -> Option<PathBuf> {
    let all = family(log).into_iter();
    let numbered: BTreeMap<u32, PathBuf> =
        all.filter_map(|path| Some((number_of(log, &path)?, path))).collect();
    let in_a_row = (1..).zip(numbered).take_while(|(expected, (number, _))| expected == number);
    let (_, (number, path)) = in_a_row.last()?;
    (number > keep).then_some(path)
}

fn delete(path: PathBuf, carried: &Path, thresholds: Thresholds) -> Result<Deleted, Unreadable> {
    let mut state = Carried::load(carried)?;
    let meta = fs::metadata(&path).map_err(unreadable(&path))?;
    let last = Some(identity(&meta));
    if state.last != last {
        state.take_over(&path, thresholds).map_err(unreadable(&path))?;
        state.last = last;
        state.store(carried).map_err(unreadable(carried))?;
    }
    fs::remove_file(&path).map_err(unreadable(&path))?;
    Ok(Deleted { path, bytes: meta.len(), through: state.through })
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Unreadable {
    let path = path.to_owned();
    |source| Unreadable { path, source }
}

/// The number of a rotated file, from a name such as `VERIFY_LOG.log.2` or `VERIFY_LOG.log.2.gz`.
fn number_of(log: &Path, path: &Path) -> Option<u32> {
    let (log, name) = (log.file_name()?.to_str()?, path.file_name().and_then(OsStr::to_str)?);
    let number = name.strip_prefix(log)?.strip_prefix('.')?;
    number.strip_suffix(".gz").unwrap_or(number).parse().ok()
}

#[cfg(test)]
mod tests;
