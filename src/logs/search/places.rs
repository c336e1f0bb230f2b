//! The log files: the shared log with its rotated files, and the runs' own logs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

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

    /// The configured logs, without those that end before `since`.
    pub fn configured(verify_log: &Path, log_dir: &Path, since: Timestamp) -> Self {
        let Found { files: mut shared, mut unreadable } = files::find(&rotated(verify_log, since));
        let newest = files::find(&[verify_log]);
        shared.extend(newest.files);
        unreadable.extend(newest.unreadable);
        let logs = match log_dir.is_dir() {
            true => files::logs_in(log_dir),
            // Without the directory, no run of this configuration has written a log of its own.
            false => Ok(Vec::new()),
        };
        let mut own = logs.unwrap_or_else(|source| {
            unreadable.push(Unreadable { path: log_dir.to_owned(), source });
            Vec::new()
        });
        let family: BTreeSet<PathBuf> = files::family(verify_log).into_iter().collect();
        own.retain(|path| !family.contains(path) && files::may_hold(path, since));
        let own = files::find(&own);
        unreadable.extend(own.unreadable);
        Self { shared, own: own.files, unreadable }
    }

    /// The shared log's rotated files that don't end before `since`.
    pub fn rotated(verify_log: &Path, since: Timestamp) -> Self {
        Self::named(&rotated(verify_log, since))
    }
}

fn rotated(verify_log: &Path, since: Timestamp) -> Vec<PathBuf> {
    let mut parts = files::family(verify_log);
    parts.retain(|path| path != verify_log && files::may_hold(path, since));
    parts
}
