//! Gzip copies of files that are never written again.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::durable::{Access, AtomicFile};
use super::fifo::open_regular;

/// Writes a file's gzip beside it as `NAME.gz`, with the file's mode and time. The copy is complete and on the disk before it
/// has that name. An existing copy is left: its maker was killed before it removed the original, or is at it. Returns the
/// copy's path, and the file's length in bytes.
pub(crate) fn write_beside(path: &Path, level: Compression) -> io::Result<(PathBuf, u64)> {
    let mut plain = open_regular(File::options().read(true), path)?;
    let meta = plain.metadata()?;
    let mut name = OsString::from(path);
    name.push(".gz");
    let name = PathBuf::from(name);
    let mut encoder = GzEncoder::new(AtomicFile::create(&name, Access::Owner)?, level);
    let bytes = io::copy(&mut plain, &mut encoder)?;
    let copy = encoder.finish()?;
    copy.file().set_permissions(meta.permissions())?;
    copy.file().set_modified(meta.modified()?)?;
    match copy.persist_new() {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok((name, bytes)),
    }
}

/// Removes the original of a copy; another process may have done so.
pub(crate) fn remove_original(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
