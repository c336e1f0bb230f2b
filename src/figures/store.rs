//! The files of figures: appended by watches, read by an evaluation, deleted by age.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::minute::{Minute, VERSION};
use crate::os::durable::{sync_data, sync_directory};
use crate::os::fifo::{open_regular, read_regular};
use crate::os::file_lock::{Mode, lock};

/// The directory of the files, in the account's state directory.
const DIRECTORY: &str = "figures";
const PREFIX: &str = "figures-";
const SUFFIX: &str = ".jsonl";
/// How long an append waits for another watch's append.
const PATIENCE: Duration = Duration::from_secs(1);
/// A longer file is no day of figures: one look a second makes less than 1 MB.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Why figures can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FiguresError {
    /// A file can't be read or written.
    #[error("failed to {verb} {}", path.display())]
    Io {
        /// The verb.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A newer mt5crs wrote it.
    #[error("{}: line {line} has version {version} of the figures, and this mt5crs knows them up to {VERSION}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The version.
        version: u32,
    },
}

/// One account's files of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    directory: PathBuf,
    keep: Option<Duration>,
}

/// The figures of some time.
#[derive(Debug, Default)]
pub struct Read {
    /// The minutes, in the order in which they were written.
    pub minutes: Vec<Minute>,
    /// Number of lines that can't be read, of the files' days: torn by a kill, or damaged.
    pub unreadable: u64,
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl Store {
    /// The figures in an account's state directory. Days that ended longer than `keep` ago are deleted when a new day
    /// begins.
    pub fn at(state_directory: &Path, keep: Option<Duration>) -> Self {
        Self { directory: state_directory.join(DIRECTORY), keep }
    }

    /// The directory of the files.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Adds a minute to its day's file. A new file's day deletes the old ones.
    pub(super) fn append(&self, minute: &Minute) -> Result<(), FiguresError> {
        let path = self.directory.join(file_name(minute.from));
        let is_new = !path.exists();
        append_line(&path, minute).map_err(failed("write", &path))?;
        if !is_new {
            return Ok(());
        }
        // Without it, a power cut takes the day's file away.
        sync_directory(&self.directory).map_err(failed("write", &self.directory))?;
        self.prune(minute.to)
    }

    /// Deletes the days that are too old.
    fn prune(&self, now: Timestamp) -> Result<(), FiguresError> {
        let Some(keep) = self.keep else { return Ok(()) };
        let oldest = file_name(now.checked_sub(keep).unwrap_or(Timestamp::MIN));
        for path in
            self.files()?.into_iter().filter(|path| path.file_name() < Some(oldest.as_ref()))
        {
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed.map_err(failed("delete", &path))?,
            }
        }
        Ok(())
    }

    /// The files, oldest first.
    fn files(&self) -> Result<Vec<PathBuf>, FiguresError> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            entries => entries.map_err(failed("read", &self.directory))?,
        };
        let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.to_owned());
        let is_day = |path: &PathBuf| {
            name(path).is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
        };
        let mut files: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_day).collect();
        files.sort();
        Ok(files)
    }

    /// The minutes that end between two times.
    pub fn read(&self, since: Timestamp, until: Timestamp) -> Result<Read, FiguresError> {
        let day = SignedDuration::from_hours(24);
        // A clock that was set back leaves a time in another day's file.
        let [first, last] =
            [since.checked_sub(day), until.checked_add(day)].map(|time| time.ok().map(file_name));
        let mut read = Read::default();
        for path in self.files()? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_outside = first.as_deref().is_some_and(|first| name < first)
                || last.as_deref().is_some_and(|last| name > last);
            if !is_outside {
                read_file(&path, &mut read)?;
            }
        }
        read.minutes.retain(|minute| minute.to >= since && minute.from <= until);
        Ok(read)
    }
}

fn read_file(path: &Path, read: &mut Read) -> Result<(), FiguresError> {
    let bytes = read_regular(path, MAX_FILE_BYTES).map_err(failed("read", path))?;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice::<Version>(line) {
            Ok(Version { v }) if v > VERSION => {
                return Err(FiguresError::Newer {
                    path: path.to_owned(),
                    line: index + 1,
                    version: v,
                });
            }
            _ => {}
        }
        match serde_json::from_slice::<Minute>(line) {
            Ok(minute) if minute.is_sound() => read.minutes.push(minute),
            _ => read.unreadable += 1,
        }
    }
    Ok(())
}

/// Appends one line, and puts it on the disk. A torn line before it is ended first.
fn append_line(path: &Path, minute: &Minute) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = open_regular(File::options().create(true).read(true).append(true), path)?;
    lock(&file, Mode::Exclusive, PATIENCE)?;
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    let mut line = if last == *b"\n" { vec![] } else { vec![b'\n'] };
    serde_json::to_writer(&mut line, minute)?;
    line.push(b'\n');
    file.write_all(&line)?;
    sync_data(&file)
}

/// The file of a time's day. Names are in the order of days.
fn file_name(time: Timestamp) -> String {
    format!("{PREFIX}{}{SUFFIX}", time.strftime("%Y%m%d"))
}

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FiguresError {
    let path = path.to_owned();
    move |source| FiguresError::Io { verb, path, source }
}
