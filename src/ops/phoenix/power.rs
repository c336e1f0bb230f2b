//! A power cut: what was written and not flushed is gone.
//!
//! A build for tests notes each flush ([`crate::os::durable`]). Here every file of the state is cut to the length that it had
//! when it was last flushed, to nothing where it never was; locks hold nothing. What a power cut may do besides, it
//! doesn't do here: take back a rename whose directory was not flushed, or write blocks out of order.

#[cfg(debug_assertions)]
use std::fs::{self, File};
use std::io;
use std::path::Path;

#[cfg(debug_assertions)]
use crate::os::durable::flush_log;

/// Whether this build can tell what a power cut takes.
pub(super) const SHOWN: bool = cfg!(debug_assertions);

/// Takes from the state whatever was not flushed; answers how many bytes that were.
#[cfg(debug_assertions)]
pub(super) fn cut(state: &Path, notes: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;

    let flushed = flush_log::read(notes)?;
    let mut lost = 0;
    let entries = match fs::read_dir(state) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
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
            lost += now.len() - kept;
        }
    }
    Ok(lost)
}

/// A released binary notes no flush: nothing is known, so nothing is taken.
#[cfg(not(debug_assertions))]
pub(super) fn cut(_: &Path, _: &Path) -> io::Result<u64> {
    Ok(0)
}
