//! One log file: whole lines are appended, and at its limits it is renamed and replaced by a new one.
//!
//! As with logrotate, `.1` is the file that was renamed last, and the older ones move up by one. No file is removed here.
//! Other processes may append to the same file, and rename it: a lock on the file keeps two of them from renaming at
//! once, and before each line the name is compared with the open file. A symbolic link is never renamed: its owner chose
//! the place of the text behind it.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::os::fifo::{open_nonblocking, open_regular};
use crate::os::file_lock::{Mode, lock};

/// Limits of one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Maximum size in bytes.
    pub(super) bytes: u64,
    /// Maximum time since this process opened it.
    pub(super) age: Duration,
}

/// A log file that is open for appending.
pub(super) struct LogFile {
    path: PathBuf,
    limits: Limits,
    open: Mutex<Open>,
}

struct Open {
    file: Option<File>,
    /// Monotonic time.
    opened_at: Duration,
    /// Whether this process wrote only a part of the last line.
    is_torn: bool,
}

impl Open {
    fn write(&mut self, line: &str) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        // A full disk can take a part of a line. The next line then starts with a line end.
        let closed_off = self.is_torn.then(|| format!("\n{line}"));
        let bytes = closed_off.as_deref().unwrap_or(line).as_bytes();
        let count = loop {
            match file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.is_torn = count < bytes.len();
        if self.is_torn { Err(io::ErrorKind::WriteZero.into()) } else { Ok(()) }
    }
}

impl LogFile {
    /// A log file that the first line opens.
    pub(super) fn new(path: PathBuf, limits: Limits, now: Duration) -> Self {
        Self { path, limits, open: Mutex::new(Open { file: None, opened_at: now, is_torn: false }) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line with its end.
    pub(super) fn append(&self, line: &str, now: Duration) -> io::Result<()> {
        let open = &mut *self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Where renaming fails, the file grows on.
        let renamed = self.renew(open, line.len() as u64, now);
        if open.file.is_none() {
            return renamed;
        }
        open.write(line)?;
        self.repeat_if_deleted(open, line, now)?;
        renamed
    }

    /// Writes a line again whose file was deleted before it was written: this process can be stopped for any time between
    /// the comparison of the names and the line, while others rename the file and delete it as the oldest.
    fn repeat_if_deleted(&self, open: &mut Open, line: &str, now: Duration) -> io::Result<()> {
        let Some(file) = &open.file else { return Ok(()) };
        let meta = file.metadata()?;
        if !meta.is_file() || meta.nlink() > 0 {
            return Ok(());
        }
        self.renew(open, line.len() as u64, now)?;
        open.write(line)
    }

    /// Opens the file that the path names, after renaming one at its limits.
    fn renew(&self, open: &mut Open, more: u64, now: Duration) -> io::Result<()> {
        let mut permissions = None;
        if let Some(file) = &open.file {
            let meta = file.metadata()?;
            if !meta.is_file() {
                return Ok(());
            }
            if is_named(&meta, &self.path) {
                let is_old = now.saturating_sub(open.opened_at) >= self.limits.age;
                let is_full = meta.len().saturating_add(more) > self.limits.bytes;
                if meta.len() == 0 || !(is_old || is_full) || self.path.is_symlink() {
                    return Ok(());
                }
                if !rename_if_named(file, &meta, &self.path)? {
                    return Ok(());
                }
                permissions = Some(meta.permissions());
            }
        }
        if let Some(parent) = self.path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = open_nonblocking(File::options().append(true).create(true), &self.path)?;
        // Other users may append to it as to the old one. Only the owner, who has just created it, can set them.
        let _ = permissions.map(|permissions| file.set_permissions(permissions));
        *open = Open { file: Some(file), opened_at: now, is_torn: false };
        Ok(())
    }
}

/// Whether the path names the file.
fn is_named(file: &Metadata, path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|named| identity(&named) == identity(file))
}

/// Renames the log under the file's lock. `false` where another process is renaming it; where another has renamed it
/// before the lock was taken, nothing is left to do.
fn rename_if_named(file: &File, meta: &Metadata, log: &Path) -> io::Result<bool> {
    match lock(file, Mode::Exclusive, Duration::ZERO) {
        Ok(()) => {
            let renamed = if is_named(meta, log) { rename(log) } else { Ok(()) };
            // Closing the file unlocks it too.
            let _ = file.unlock();
            renamed.map(|()| true)
        }
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Keeps other processes from renaming the log and its rotated files until it is closed. `None` where another process
/// renames it at this moment.
pub(in crate::logs) fn hold(log: &Path) -> io::Result<Option<File>> {
    // As a writer opens it: over NFS, a lock takes a file that is open for writing.
    let file = open_regular(File::options().append(true), log)?;
    match lock(&file, Mode::Exclusive, Duration::ZERO) {
        Ok(()) => Ok(is_named(&file.metadata()?, log).then_some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Renames a log to `.1`, after moving its older parts up by one.
fn rename(log: &Path) -> io::Result<()> {
    let mut free = 1;
    while rotated(log, free, "").exists() || rotated(log, free, ".gz").exists() {
        free += 1;
    }
    for number in (1..free).rev() {
        for suffix in ["", ".gz"] {
            let from = rotated(log, number, suffix);
            if from.exists() {
                fs::rename(from, rotated(log, number + 1, suffix))?;
            }
        }
    }
    fs::rename(log, rotated(log, 1, ""))
}

/// Device and inode, which identify a file while it is open.
pub(in crate::logs) fn identity(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

/// A rotated log's name; `suffix` is `.gz` for a compressed one.
pub(in crate::logs) fn rotated(log: &Path, number: u32, suffix: &str) -> PathBuf {
    let mut name = OsString::from(log);
    name.push(format!(".{number}{suffix}"));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn parts_move_up_by_one_compressed_or_not() {
        let tree = tempfile::tempdir().unwrap();
        let log = tree.path().join("a.log");
        for (name, text) in [("a.log", "new"), ("a.log.1", "one"), ("a.log.2.gz", "two")] {
            fs::write(tree.path().join(name), text).unwrap();
        }
        rename(&log).unwrap();
        for (name, text) in [("a.log.1", "new"), ("a.log.2", "one"), ("a.log.3.gz", "two")] {
            assert_eq!(fs::read_to_string(tree.path().join(name)).unwrap(), text);
        }
        assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_log_grows_on_while_another_process_renames_it_and_the_next_has_its_permissions() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("a.log");
        let log =
            LogFile::new(path.clone(), Limits { bytes: 3, age: Duration::MAX }, Duration::ZERO);
        log.append("one\n", Duration::ZERO).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o662)).unwrap();
        let held = File::open(&path).unwrap();
        held.lock().unwrap();
        log.append("two\n", Duration::ZERO).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        held.unlock().unwrap();
        log.append("three\n", Duration::ZERO).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o662);
        assert_eq!(fs::read_to_string(rotated(&path, 1, "")).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_log_that_another_process_has_renamed_is_not_renamed_again() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("a.log");
        fs::write(&path, "old").unwrap();
        let file = File::open(&path).unwrap();
        let meta = file.metadata().unwrap();
        rename(&path).unwrap();
        fs::write(&path, "new").unwrap();
        assert!(rename_if_named(&file, &meta, &path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        let file = File::open(&path).unwrap();
        assert!(rename_if_named(&file, &file.metadata().unwrap(), &path).unwrap());
        assert_eq!(fs::read_to_string(rotated(&path, 1, "")).unwrap(), "new");
    }

    #[test]
    fn a_line_is_written_again_where_its_file_was_deleted_before_it_was_written() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("a.log");
        let limits = Limits { bytes: u64::MAX, age: Duration::MAX };
        let log = LogFile::new(path.clone(), limits, Duration::ZERO);
        log.append("one\n", Duration::ZERO).unwrap();
        let open = &mut *log.open.lock().unwrap();
        fs::remove_file(&path).unwrap();
        open.write("two\n").unwrap();
        log.repeat_if_deleted(open, "two\n", Duration::ZERO).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
    }

    #[test]
    fn a_symbolic_link_is_not_renamed() {
        let tree = tempfile::tempdir().unwrap();
        let (path, far) = (tree.path().join("a.log"), tree.path().join("far"));
        std::os::unix::fs::symlink(&far, &path).unwrap();
        let log =
            LogFile::new(path.clone(), Limits { bytes: 3, age: Duration::MAX }, Duration::ZERO);
        log.append("one\n", Duration::ZERO).unwrap();
        log.append("two\n", Duration::ZERO).unwrap();
        assert_eq!(fs::read_to_string(&far).unwrap(), "one\ntwo\n");
        assert!(path.is_symlink() && !rotated(&path, 1, "").exists());
    }

    #[test]
    fn a_held_log_is_not_renamed_and_one_that_was_replaced_is_not_held() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("a.log");
        let log =
            LogFile::new(path.clone(), Limits { bytes: 3, age: Duration::MAX }, Duration::ZERO);
        assert!(hold(&path).is_err());
        log.append("one\n", Duration::ZERO).unwrap();
        let held = hold(&path).unwrap();
        assert!(held.is_some() && hold(&path).unwrap().is_none());
        log.append("two\n", Duration::ZERO).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        drop(held);
        log.append("three\n", Duration::ZERO).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
    }

    #[test]
    fn several_writers_lose_and_repeat_no_line_while_the_log_is_renamed() {
        const LINES: usize = 5_000;
        let tree = tempfile::tempdir().unwrap();
        let limits = Limits { bytes: 20_000, age: Duration::MAX };
        std::thread::scope(|scope| {
            for writer in 0..3 {
                // Each has its own descriptor, like a process.
                let log = LogFile::new(tree.path().join("a.log"), limits, Duration::ZERO);
                scope.spawn(move || {
                    for number in 0..LINES {
                        log.append(&format!("{writer} {number}\n"), Duration::ZERO).unwrap();
                    }
                });
            }
        });
        let parts = fs::read_dir(tree.path()).unwrap().map(|entry| entry.unwrap().path());
        let parts: Vec<String> = parts.map(|path| fs::read_to_string(path).unwrap()).collect();
        assert!(parts.len() > 1, "never renamed");
        let mut lines: Vec<&str> = parts.iter().flat_map(|text| text.lines()).collect();
        lines.sort_unstable();
        let numbers = |writer| (0..LINES).map(move |number| format!("{writer} {number}"));
        let mut expected: Vec<String> = (0..3).flat_map(numbers).collect();
        expected.sort_unstable();
        assert_eq!(lines, expected);
    }
}
