//! One state directory, several operators.
//!
//! A directory that has the set-group-ID bit and that its group may write to (as the package makes `/var/lib/mt5crs` and
//! `/var/log/mt5crs`) says that whatever lies in it belongs to that group. With the usual umask of 022 the first
//! operator's records would shut out everybody else, the guardian included: no evidence, no OPEN. So while a command works
//! in such a directory the umask takes nothing from the group. The command behind `sync --` gets the old one back.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::sys::stat::{Mode, umask};

/// The set-group-ID bit and the group's right to write.
const SHARED: u32 = 0o2020;

/// Until it is dropped, new files and directories are open to their group; nothing is changed unless that is asked for.
pub(crate) struct Sharing {
    before: Option<Mode>,
}

impl Sharing {
    /// Looks at the directories that the command writes to.
    pub(crate) fn of(directories: &[&Path]) -> Self {
        let shared = |directory: &&Path| {
            std::fs::metadata(directory).is_ok_and(|found| found.mode() & SHARED == SHARED)
        };
        if !directories.iter().any(shared) {
            return Self { before: None };
        }
        // It can only be read by setting it; no other thread runs yet.
        let before = umask(Mode::S_IRWXO);
        umask(before - Mode::S_IRWXG);
        Self { before: Some(before) }
    }
}

impl Drop for Sharing {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            umask(before);
        }
    }
}
