//! Flushes files to the disk, and replaces files atomically.
//!
//! A missing flush shows in no test that only kills a process: the kernel keeps everything that was written. So a debug
//! build logs each flushed file with its length at that time ([`flush_log`]), and the simulated power cut of
//! [`crate::ops::phoenix`] takes away everything else. The log entry is made by the flush itself, so a forgotten flush
//! has no entry either.

use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::os::failpoints::{Rule, is_broken};

/// Returns once the file's content is on the disk.
pub(crate) fn sync_data(file: &File) -> io::Result<()> {
    flush(file, File::sync_data)
}

/// Returns once the file's content and metadata are on the disk.
pub(crate) fn sync_all(file: &File) -> io::Result<()> {
    flush(file, File::sync_all)
}

fn flush(file: &File, sync: fn(&File) -> io::Result<()>) -> io::Result<()> {
    if is_broken(Rule::FlushRecords) {
        return Ok(());
    }
    sync(file)?;
    #[cfg(debug_assertions)]
    flush_log::add(file);
    Ok(())
}

/// Who may use a file that is written through [`AtomicFile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The owner alone: mode 0600.
    Owner,
    /// Everyone whom the umask lets: mode 0666 without the umask's bits. For files that a group of operators shares.
    Umask,
    /// Everyone may read: mode 0644, whatever the umask. For a monitoring agent that runs as another user.
    Everyone,
}

/// A file that stands under a temporary name in its own directory until it is complete. Dropped before that, it is
/// removed. Writes are not buffered.
#[derive(Debug)]
pub struct AtomicFile {
    file: NamedTempFile,
    directory: PathBuf,
    path: PathBuf,
}

impl AtomicFile {
    /// Starts the new content of `path`, whose directory must exist. A symbolic link at `path` will be replaced itself.
    pub fn create(path: &Path, access: Access) -> io::Result<Self> {
        let directory = directory_of(path);
        let mut prefix = OsString::from(".");
        prefix.push(path.file_name().unwrap_or_default());
        prefix.push("-");
        let mode = if access == Access::Umask { 0o666 } else { 0o600 };
        let file = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".tmp")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(directory)?;
        if access == Access::Everyone {
            file.as_file().set_permissions(Permissions::from_mode(0o644))?;
        }
        Ok(Self { file, directory: directory.to_owned(), path: path.to_owned() })
    }

    /// Starts the new content of a file that a person named. Anything else that stands there, such as a device, a pipe or a
    /// symbolic link, is refused: it would be gone.
    pub fn over_file(path: &Path, access: Access) -> io::Result<Self> {
        match std::fs::symlink_metadata(path) {
            Ok(there) if !there.is_file() => Err(io::Error::other("it is no regular file")),
            _ => Self::create(path, access),
        }
    }

    /// The open file, for its metadata.
    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Flushes the content and renames it over `path`. An error means that the old file still stands. `Some` means that
    /// the new one stands, but that its directory could not be flushed: a power cut may bring the old one back.
    pub fn replace(self) -> io::Result<Option<io::Error>> {
        sync_all(self.file())?;
        self.file.persist(&self.path).map_err(|error| error.error)?;
        Ok(sync_directory(&self.directory).err())
    }

    /// Flushes the content and gives it its name. Fails with `AlreadyExists` where `path` exists, and leaves that file
    /// as it is.
    pub(crate) fn persist_new(self) -> io::Result<()> {
        sync_all(self.file())?;
        self.file.persist_noclobber(&self.path).map(drop).map_err(|error| error.error)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The directory that `path` is in: `.` where it is a bare name.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Puts a directory's names on the disk: a new file's name survives a power cut only with its directory.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// A debug build's log of flushes: one line per flush with the file's device, its inode and its length in bytes.
#[cfg(debug_assertions)]
pub mod flush_log {
    use std::collections::HashMap;
    use std::fs::{self, File};
    use std::io::{self, Write as _};
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;
    use std::sync::OnceLock;

    static LOG: OnceLock<File> = OnceLock::new();

    /// Appends every later flush of this process to that file. A second call has no effect.
    pub fn start(path: &Path) -> io::Result<()> {
        let file = File::options().append(true).create(true).open(path)?;
        let _ = LOG.set(file);
        Ok(())
    }

    pub(super) fn add(file: &File) {
        let Some(mut log) = LOG.get() else { return };
        let Ok(now) = file.metadata() else { return };
        // A lost entry makes the simulated power cut take too much: a violation that is seen, never one that is hidden.
        let _ = log.write_all(format!("{} {} {}\n", now.dev(), now.ino(), now.len()).as_bytes());
    }

    /// The length in bytes of each file at its last flush, by device and inode.
    pub(crate) fn read(path: &Path) -> io::Result<HashMap<(u64, u64), u64>> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
        let entry = |line: &str| {
            let mut words = line.split(' ');
            let (device, inode) = (number(words.next())?, number(words.next())?);
            Some(((device, inode), number(words.next())?))
        };
        Ok(text.lines().filter_map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(path: &Path, access: Access, text: &str) -> AtomicFile {
        let mut file = AtomicFile::create(path, access).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn the_old_content_stands_until_the_new_one_is_complete() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.json");
        write(&path, Access::Everyone, "old").replace().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);

        let unfinished = write(&path, Access::Owner, "new");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(unfinished);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

        assert!(write(&path, Access::Owner, "new").replace().unwrap().is_none());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_new_file_never_replaces_an_old_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("export.md");
        write(&path, Access::Umask, "first").persist_new().unwrap();
        let error = write(&path, Access::Umask, "second").persist_new().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
    }
}
