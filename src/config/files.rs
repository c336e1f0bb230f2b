//! The few questions that settings ask the file system, behind a trait so that everything else is pure.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};
use schemars::JsonSchema;
use serde::Serialize;

use crate::os::fifo::read_with_timeout;

/// No settings file is longer; `--env-file /dev/zero` ends here.
const MAX_BYTES: u64 = 1 << 20;

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Content {
    /// All of it.
    pub bytes: Vec<u8>,
    /// The permission bits of a regular file; `None` for what is none (`/dev/null`, a pipe).
    pub mode: Option<u32>,
}

/// A file that settings were looked for in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileSeen {
    /// The whole path.
    pub path: PathBuf,
    /// What came of it.
    pub state: FileState,
}

/// What came of looking for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It was read.
    Read,
    /// It is not there.
    Absent,
    /// It is there, or somewhere, and can't be read.
    Unreadable,
}

/// Two users: the disk, and tests.
pub trait Files {
    /// Reads a whole file.
    fn read(&self, path: &Path) -> io::Result<Content>;

    /// Whether that is a directory that this process may create files in.
    fn is_writable_directory(&self, path: &Path) -> bool;
}

/// The file system.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Content> {
        let (bytes, metadata) = read_with_timeout(path, MAX_BYTES)?;
        let mode = metadata.is_file().then(|| metadata.permissions().mode() & 0o777);
        Ok(Content { bytes, mode })
    }

    fn is_writable_directory(&self, path: &Path) -> bool {
        path.is_dir() && access(path, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_gives_bytes_and_permissions() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        std::fs::write(&path, "A=1").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let content = Disk.read(&path).unwrap();
        assert_eq!((content.bytes.as_slice(), content.mode), (b"A=1".as_slice(), Some(0o640)));
        // What everybody may write to anyway is not warned about.
        assert_eq!(Disk.read(Path::new("/dev/null")).unwrap().mode, None);
    }

    #[test]
    fn the_disk_tells_absent_from_unreadable_and_ends_a_file_without_end() {
        let directory = tempfile::tempdir().unwrap();
        let absent = Disk.read(&directory.path().join("none")).unwrap_err();
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
        assert_ne!(Disk.read(directory.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
        let endless = Disk.read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(endless.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_file_is_no_directory_to_write_in() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Disk.is_writable_directory(directory.path()));
        assert!(!Disk.is_writable_directory(&directory.path().join("none")));
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(!Disk.is_writable_directory(&file));
    }
}
