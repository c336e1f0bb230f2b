//! One log file: whole lines are appended, and at its limits it is renamed and replaced by a new one.
//!
//! As with logrotate, `.1` is the file that was renamed last, and the older ones move up by one. No file is ever removed.
//! Other processes may append to the same file, and rename it: a lock on the file keeps two of them from renaming at
//! once, and before each line the name is compared with the open file.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::os::fifo::open_nonblocking;
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
        let Some(file) = &mut open.file else { return renamed };
        // A full disk can take a part of a line. The next line then starts with a line end.
        let closed_off = open.is_torn.then(|| format!("\n{line}"));
        let bytes = closed_off.as_deref().unwrap_or(line).as_bytes();
        let count = loop {
            match file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        open.is_torn = count < bytes.len();
        if open.is_torn { Err(io::ErrorKind::WriteZero.into()) } else { renamed }
    }

    /// Opens the file that the path names, after renaming one at its limits.
    fn renew(&self, open: &mut Open, more: u64, now: Duration) -> io::Result<()> {
        let mut permissions = None;
        if let Some(file) = &open.file {
            let meta = file.metadata()?;
            if !meta.is_file() {
                return Ok(());
            }
            let is_current = || {
                let named = fs::metadata(&self.path);
                named.is_ok_and(|named| identity(&named) == identity(&meta))
            };
            if is_current() {
                let is_old = now.saturating_sub(open.opened_at) >= self.limits.age;
                let is_full = meta.len().saturating_add(more) > self.limits.bytes;
                if meta.len() == 0 || !(is_old || is_full) {
                    return Ok(());
                }
                match lock(file, Mode::Exclusive, Duration::ZERO) {
                    Ok(()) => {
                        // Another process may have renamed it before the lock was taken.
                        let renamed = if is_current() { rename(&self.path) } else { Ok(()) };
                        // Closing the file unlocks it too.
                        let _ = file.unlock();
                        renamed?;
                        permissions = Some(meta.permissions());
                    }
                    // Another process is renaming it.
                    Err(TryLockError::WouldBlock) => return Ok(()),
                    Err(TryLockError::Error(error)) => return Err(error),
                }
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
