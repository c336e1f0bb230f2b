//! Where the logs are: the shared one with what it was rotated into, and beside it the runs' own.

use std::path::{Path, PathBuf};

use crate::logs::search::files::{self, Found, Unreadable};

/// The files, each list oldest first.
#[derive(Debug, Default)]
pub struct Places {
    /// The shared log's.
    pub shared: Vec<PathBuf>,
    /// The runs' own.
    pub own: Vec<PathBuf>,
    /// What could not be looked at.
    pub unreadable: Vec<Unreadable>,
}

impl Places {
    /// Those that were named.
    pub fn named(paths: &[PathBuf]) -> Self {
        let Found { files, unreadable } = files::find(paths);
        Self { shared: files, own: Vec::new(), unreadable }
    }

    /// The configured ones.
    pub fn configured(verify_log: &Path, log_dir: &Path) -> Self {
        let Found { files: shared, mut unreadable } = files::find(&files::family(verify_log));
        let mut own = match log_dir.is_dir() {
            true => {
                let found = files::find(&[log_dir]);
                unreadable.extend(found.unreadable);
                found.files
            }
            // Nothing was ever written there; whether anything was at all, the shared log says.
            false => Vec::new(),
        };
        own.retain(|path| !shared.contains(path));
        Self { shared, own, unreadable }
    }
}
