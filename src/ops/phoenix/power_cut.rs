//! A simulated power cut: everything that was written and not flushed is lost.
//!
//! A test build notes each flush ([`crate::os::durable`]). The power cut truncates every file of the state directory to its
//! length at its last flush, or to nothing; it leaves lock files alone. A real power cut can do two more things: undo a
//! rename in a directory that was not flushed, and write blocks out of order.

#[cfg(debug_assertions)]
use std::fs::{self, File};
use std::io;
use std::path::Path;

#[cfg(debug_assertions)]
use crate::os::durable::flush_log;

/// Whether this build notes its flushes.
pub(super) const IS_SIMULATED: bool = cfg!(debug_assertions);

/// Removes everything from the state directory that was not flushed.
#[cfg(debug_assertions)]
pub(super) fn discard_unflushed(state: &Path, notes: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    let flushed = flush_log::read(notes)?;
    let entries = match fs::read_dir(state) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let now = fs::metadata(&path)?;
        if !now.is_file() || path.extension().is_some_and(|ending| ending == "lock") {
            continue;
        }
        let kept = flushed.get(&(now.dev(), now.ino())).copied().unwrap_or(0);
        if now.len() > kept {
            File::options().write(true).open(&path)?.set_len(kept)?;
        }
    }
    Ok(())
}

/// Without notes nothing is known about flushes, so nothing is removed.
#[cfg(not(debug_assertions))]
pub(super) fn discard_unflushed(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
