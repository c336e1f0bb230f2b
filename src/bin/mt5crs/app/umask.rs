//! Sets the umask so that several operators can share one state directory.
//!
//! The package creates `/var/lib/mt5crs` and `/var/log/mt5crs` with the set-group-ID bit and writable for their group:
//! everything in them belongs to that group. With the usual umask of 022 the first operator's records would shut out all
//! others, the guardian included: no evidence, no OPEN. So while a command works in such a directory, its umask leaves the
//! group's permissions alone. The command that `sync` becomes gets the old umask back.

use std::path::Path;

use mt5crs::config::is_shared_directory;
use nix::sys::stat::{Mode, umask};

/// While it lives, new files and directories are open to their group, if a directory asks for it.
pub(crate) struct SharedUmask {
    before: Option<Mode>,
}

impl SharedUmask {
    /// Checks the directories that the command writes to.
    pub(super) fn for_directories(directories: &[&Path]) -> Self {
        if !directories.iter().any(|directory| is_shared_directory(directory)) {
            return Self { before: None };
        }
        // The umask can only be read by setting it; no other thread creates files yet.
        let before = umask(Mode::S_IRWXO);
        umask(before - Mode::S_IRWXG);
        Self { before: Some(before) }
    }
}

impl Drop for SharedUmask {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            umask(before);
        }
    }
}
