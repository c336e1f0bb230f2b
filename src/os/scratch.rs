//! Scratch directories.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

/// Creates a directory in `parent` that only this user can enter (mode 0700), and that is removed when it is dropped.
pub fn scratch_directory(prefix: &str, parent: &Path) -> io::Result<TempDir> {
    let mode = Permissions::from_mode(0o700);
    tempfile::Builder::new().prefix(prefix).permissions(mode).tempdir_in(parent)
}
