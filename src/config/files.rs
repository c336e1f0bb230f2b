//! The settings' access to the file system, behind a trait so that tests need no files.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access, geteuid};
use schemars::JsonSchema;
use serde::Serialize;

use crate::os::fifo::read_with_timeout;

/// Maximum size of a settings file.
const MAX_BYTES: u64 = 1 << 20;

/// A file's content.
#[derive(Debug, Clone)]
pub struct Content {
    /// All its bytes.
    pub bytes: Vec<u8>,
    /// The permission bits of a regular file; `None` for other files (`/dev/null`, a FIFO).
    pub mode: Option<u32>,
}

/// A file that was read or looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct FileSeen {
    /// The absolute path.
    pub path: PathBuf,
    /// Whether it was read.
    pub state: FileState,
}

/// Whether a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It was read.
    Read,
    /// It doesn't exist.
    Absent,
    /// It can't be read.
    Unreadable,
}

/// Access to files: [`Disk`], or files in a test.
pub trait Files {
    /// Reads a whole file.
    fn read(&self, path: &Path) -> io::Result<Content>;

    /// Whether something is there, or may be: where this process can't look, reading it says why.
    fn exists(&self, path: &Path) -> bool;

    /// Whether it is a directory in which this process may create files.
    fn is_writable_directory(&self, path: &Path) -> bool;

    /// The same, and the directory is meant for that: root may write everywhere, and a directory that one run of root
    /// created is nobody else's.
    fn is_operators_directory(&self, path: &Path) -> bool;
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

    fn exists(&self, path: &Path) -> bool {
        use io::ErrorKind::{NotADirectory, NotFound};
        !path.symlink_metadata().is_err_and(|it| matches!(it.kind(), NotFound | NotADirectory))
    }

    fn is_writable_directory(&self, path: &Path) -> bool {
        path.is_dir() && access(path, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
    }

    fn is_operators_directory(&self, path: &Path) -> bool {
        self.is_writable_directory(path) && (!geteuid().is_root() || is_shared_directory(path))
    }
}

/// Whether it is as the package creates it: its group may write, and owns what is made there.
pub fn is_shared_directory(path: &Path) -> bool {
    // The set-group-ID bit and the group's write permission.
    const SHARED: u32 = 0o2020;
    path.metadata().is_ok_and(|found| found.permissions().mode() & SHARED == SHARED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_returns_bytes_and_permissions() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        std::fs::write(&path, "A=1").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let content = Disk.read(&path).unwrap();
        assert_eq!((content.bytes.as_slice(), content.mode), (b"A=1".as_slice(), Some(0o640)));
        // Everybody may write to it, and needs no warning.
        assert_eq!(Disk.read(Path::new("/dev/null")).unwrap().mode, None);
    }

    #[test]
    fn the_disk_tells_absent_from_unreadable_and_refuses_an_endless_file() {
        let directory = tempfile::tempdir().unwrap();
        let absent = Disk.read(&directory.path().join("none")).unwrap_err();
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
        assert_ne!(Disk.read(directory.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
        let endless = Disk.read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(endless.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_link_to_nothing_exists() {
        let directory = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| directory.path().join(name));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink("gone", &link).unwrap();
        assert!(Disk.exists(&file) && Disk.exists(&link));
        assert!(!Disk.exists(&file.join("below")) && !Disk.exists(&directory.path().join("gone")));
    }

    #[test]
    fn a_file_is_not_a_writable_directory() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Disk.is_writable_directory(directory.path()));
        assert!(!Disk.is_writable_directory(&directory.path().join("none")));
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(!Disk.is_writable_directory(&file));
    }
}
