//! The few questions that settings ask the file system, behind a trait so that everything else is pure.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::unistd::{AccessFlags, access};

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
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let mode = metadata.is_file().then(|| metadata.permissions().mode() & 0o777);
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than 1 MiB"));
        }
        Ok(Content { bytes, mode })
    }

    fn is_writable_directory(&self, path: &Path) -> bool {
        path.is_dir() && access(path, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
    }
}
