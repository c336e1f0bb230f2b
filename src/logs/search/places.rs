//! The log files: the shared log with its rotated files, and the runs' own logs.

use std::path::{Path, PathBuf};

use crate::logs::search::files::{self, Found, Unreadable};

/// The log files, each list oldest first.
#[derive(Debug, Default)]
pub struct Places {
    /// The shared log and its rotated files; or the files named on the command line.
    pub shared: Vec<PathBuf>,
    /// The runs' own logs.
    pub own: Vec<PathBuf>,
    /// Paths that could not be looked at.
    pub unreadable: Vec<Unreadable>,
}

impl Places {
    /// The logs at these paths.
    pub fn named(paths: &[PathBuf]) -> Self {
        let Found { files, unreadable } = files::find(paths);
        Self { shared: files, own: Vec::new(), unreadable }
    }

    /// The configured logs.
    pub fn configured(verify_log: &Path, log_dir: &Path) -> Self {
        let Found { files: shared, mut unreadable } = files::find(&files::family(verify_log));
        let mut own = match log_dir.is_dir() {
            true => {
                let found = files::find(&[log_dir]);
                unreadable.extend(found.unreadable);
                found.files
            }
            // Without the directory, no run of this configuration has written a log of its own.
            false => Vec::new(),
        };
        own.retain(|path| !shared.contains(path));
        Self { shared, own, unreadable }
    }
}
