//! Priorities for systemd's journal: a line that begins with `<4>` is a warning there, and `journalctl -p warning` shows it.

use std::sync::OnceLock;

use nix::sys::stat::fstat;

use super::style::Ink;

/// The prefix of a message on stderr; empty where stderr is not the journal.
pub(super) fn prefix(ink: Ink) -> &'static str {
    static IS_JOURNAL: OnceLock<bool> = OnceLock::new();
    if !*IS_JOURNAL.get_or_init(is_journal) {
        return "";
    }
    match ink {
        // Causes and remedies belong to the error.
        Ink::Fail | Ink::Strong => "<3>",
        Ink::Warn => "<4>",
        _ => "<6>",
    }
}

/// Whether stderr is the stream that systemd names by its device and inode.
fn is_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    let stderr = std::io::stderr();
    fstat(&stderr).is_ok_and(|found| named == format!("{}:{}", found.st_dev, found.st_ino))
}
