//! Whether a file lasts at its place: some places are emptied at boot, in some old files are removed, and in some no file
//! can be made.

use std::io;
use std::path::Path;

use super::durable::directory_of;
use super::failpoints::trusts_places;

/// Directories in which systemd-tmpfiles removes files of that age in days, by its defaults.
const AGED: [(&str, u32); 2] = [("/tmp", 10), ("/var/tmp", 30)];

/// Why a file at the path may get lost by itself, in words that follow its name.
pub fn doubt(path: &Path) -> Option<String> {
    if trusts_places() {
        return None;
    }
    let directory = directory_of(path);
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    if is_in_memory(&directory) {
        return Some("is on a file system in memory, which is empty after a reboot".to_owned());
    }
    let (place, days) = AGED.into_iter().find(|(place, _)| directory.starts_with(place))?;
    Some(format!(
        "is in {place}, which may be emptied at boot, and where systemd-tmpfiles removes files of {days} days"
    ))
}

#[cfg(target_os = "linux")]
fn is_in_memory(directory: &Path) -> bool {
    use nix::sys::statfs::{FsType, TMPFS_MAGIC, statfs};
    // ramfs has no name in the library.
    const RAMFS_MAGIC: FsType = FsType(0x8584_58f6);
    let kind = statfs(directory).map(|found| found.filesystem_type());
    kind.is_ok_and(|kind| kind == TMPFS_MAGIC || kind == RAMFS_MAGIC)
}

#[cfg(not(target_os = "linux"))]
fn is_in_memory(_: &Path) -> bool {
    false
}

/// Makes a file beside the path and removes it: free space alone doesn't show that there is a free inode.
pub fn try_to_make_a_file(path: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".mt5crs-probe-").tempfile_in(directory_of(path)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_emptied_or_aged_are_doubted() {
        assert!(doubt(Path::new("/tmp/kill_switch.lock")).is_some());
        assert!(doubt(Path::new("/tmp/nowhere/kill_switch.lock")).is_some());
        assert!(doubt(Path::new("/var/tmp/kill_switch.lock")).is_some());
        assert_eq!(doubt(Path::new("/tmpfile/kill_switch.lock")), None);
        assert_eq!(doubt(Path::new("/var/lib/kill_switch.lock")), None);
    }

    #[test]
    fn where_no_file_can_be_made_an_error_says_why() {
        let directory = tempfile::tempdir().unwrap();
        assert!(try_to_make_a_file(&directory.path().join("switch")).is_ok());
        assert!(std::fs::read_dir(directory.path()).unwrap().next().is_none());
        assert!(try_to_make_a_file(&directory.path().join("gone/switch")).is_err());
    }
}
