//! Scratch directories, which outlive no process.
//!
//! A process that is killed can't remove its scratch directory, so the next one that makes such a directory does. While a
//! process uses one, it holds a lock on a file in it. The kernel releases that lock with the process, so a directory whose
//! file can be locked has no owner any more. A directory without the file is kept for people.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use tempfile::{NamedTempFile, TempDir};

/// The locked file in a directory that is in use.
const IN_USE: &str = ".in-use";
/// Number of random characters behind a directory's prefix.
const RANDOM: usize = 10;

/// A directory that is removed when the value is dropped, or by the next process that makes such a directory.
#[derive(Debug)]
pub struct ScratchDirectory {
    directory: TempDir,
    _locked: File,
}

impl ScratchDirectory {
    /// Its path.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Leaves the directory to people: nothing removes it any more.
    pub fn keep(self) -> PathBuf {
        let path = self.directory.keep();
        // Where this fails, the next process removes the directory.
        let _ = fs::remove_file(path.join(IN_USE));
        path
    }
}

/// Creates a directory in `parent` that only this user can enter (mode 0700). First removes the directories with that
/// prefix that this user's killed processes left there.
pub fn scratch_directory(prefix: &str, parent: &Path) -> io::Result<ScratchDirectory> {
    remove_abandoned(prefix, parent);
    let mode = Permissions::from_mode(0o700);
    let directory = tempfile::Builder::new()
        .prefix(prefix)
        .rand_bytes(RANDOM)
        .permissions(mode)
        .tempdir_in(parent)?;
    // The file gets its name after its lock, so nobody takes the directory for an abandoned one in between.
    let file = NamedTempFile::new_in(directory.path())?;
    file.as_file().lock()?;
    let locked =
        file.persist_noclobber(directory.path().join(IN_USE)).map_err(|error| error.error)?;
    Ok(ScratchDirectory { directory, _locked: locked })
}

/// Removes what it can. An error leaves a directory to the next process.
fn remove_abandoned(prefix: &str, parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let random = name.to_str().and_then(|name| name.strip_prefix(prefix));
        let is_named = |random: &str| {
            random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if random.is_some_and(is_named) {
            let _ = remove_if_abandoned(&entry.path());
        }
    }
}

/// Removes a directory of this user whose process is gone. Never follows a symbolic link.
fn remove_if_abandoned(directory: &Path) -> io::Result<()> {
    let is_own = |found: fs::Metadata| found.uid() == nix::unistd::geteuid().as_raw();
    let found = fs::symlink_metadata(directory)?;
    if !found.is_dir() || !is_own(found) {
        return Ok(());
    }
    let path = directory.join(IN_USE);
    // A FIFO makes nobody wait, and a link is not opened.
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = File::options().read(true).custom_flags(flags).open(&path)?;
    if !file.metadata()?.is_file() || file.try_lock().is_err() {
        return Ok(());
    }
    // The file goes last: an interrupted removal is continued by the next process.
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            _ if entry.file_name() == IN_USE => {}
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    fs::remove_file(path)?;
    fs::remove_dir(directory)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const PREFIX: &str = "scratch-test-";

    /// Ends the use of a directory as SIGKILL does.
    fn abandon(scratch: ScratchDirectory) -> PathBuf {
        scratch.directory.keep()
    }

    #[test]
    fn an_abandoned_scratch_directory_is_removed_and_no_other() {
        let parent = tempfile::tempdir().unwrap();
        let make = |prefix| scratch_directory(prefix, parent.path()).unwrap();
        let outside = parent.path().join("outside");
        fs::write(&outside, "").unwrap();
        let abandoned = abandon(make(PREFIX));
        fs::create_dir(abandoned.join("round")).unwrap();
        symlink(parent.path(), abandoned.join("round/link")).unwrap();
        symlink(parent.path(), abandoned.join("link")).unwrap();
        let (used, kept) = (make("scratch-used-"), make("scratch-used-").keep());
        let others = abandon(make("others-"));
        let link = parent.path().join(format!("{PREFIX}0123456789"));
        symlink(&others, &link).unwrap();
        let without_mark = parent.path().join(format!("{PREFIX}abcdefghij"));
        fs::create_dir(&without_mark).unwrap();
        let fifo = parent.path().join(format!("{PREFIX}klmnopqrst"));
        fs::create_dir(&fifo).unwrap();
        nix::unistd::mkfifo(&fifo.join(IN_USE), nix::sys::stat::Mode::S_IRWXU).unwrap();

        let next = (make(PREFIX), make("scratch-used-"));
        assert!(!abandoned.exists());
        for left in [&outside, used.path(), &kept, &others, &link, &without_mark, &fifo] {
            assert!(fs::symlink_metadata(left).is_ok(), "{} was removed", left.display());
        }
        assert!(others.join(IN_USE).exists());
        let mode = fs::metadata(next.0.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let path = next.0.path().to_owned();
        drop(next);
        assert!(!path.exists());
    }
}
