//! Writes files that other programs read meanwhile.

use std::fs::Permissions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;

/// Who may read the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Its owner.
    Owner,
    /// Everybody: Prometheus's collector runs as another user.
    All,
}

/// Replaces the file atomically: a reader never sees half of it. A device or pipe (`/dev/stderr`) is written to instead; a
/// symbolic link stays one.
pub(super) fn replace(
    path: &Path,
    readers: Readers,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    try_replace(path, readers, write).with_context(|| path.display().to_string())
}

fn try_replace(
    path: &Path,
    readers: Readers,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut writer = BufWriter::new(std::fs::File::options().write(true).open(path)?);
        write(&mut writer)?;
        return writer.flush();
    }
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    write(&mut file)?;
    if readers == Readers::All {
        file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    }
    file.persist(path).map(drop).map_err(|error| error.error)
}
