//! Writes files that other programs read meanwhile.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use mt5crs::os::durable::{Access, AtomicFile};

/// Replaces the file atomically: a reader never sees half of it. A device or pipe (`/dev/stderr`) is written to instead; a
/// symbolic link stays one.
pub(super) fn replace(
    path: &Path,
    access: Access,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    try_replace(path, access, write).with_context(|| path.display().to_string())
}

fn try_replace(
    path: &Path,
    access: Access,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut writer = BufWriter::new(std::fs::File::options().write(true).open(path)?);
        write(&mut writer)?;
        return writer.flush();
    }
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut writer = BufWriter::new(AtomicFile::create(path, access)?);
    write(&mut writer)?;
    // The file stands even where its directory could not be flushed.
    writer.into_inner()?.replace().map(drop)
}
