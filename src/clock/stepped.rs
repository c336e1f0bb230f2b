//! A wall clock that is stepped, in a build for tests: `phoenix` shows that no wait depends on it.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use jiff::SignedDuration;

/// The file that holds the step in whole seconds.
static FILE: OnceLock<PathBuf> = OnceLock::new();

/// From now on this process's wall clock is off by the seconds in that file, which may change at any time.
pub fn step_by(file: PathBuf) {
    // A second call changes nothing.
    let _ = FILE.set(file);
}

/// The step at this moment; zero without a file.
pub(super) fn offset() -> SignedDuration {
    let text = FILE.get().and_then(|file| fs::read_to_string(file).ok());
    let seconds = text.and_then(|text| text.trim().parse().ok());
    SignedDuration::from_secs(seconds.unwrap_or(0))
}
