//! Work that looks at every log is due once an hour: the time of an empty file tells when it was done last.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

/// Time from one look at all logs to the next.
pub(super) const INTERVAL: Duration = Duration::from_secs(3600);

/// Whether an hour has passed; a clock that was set back counts as that.
pub(super) fn is_due(stamp: &Path, now: Timestamp) -> bool {
    let last = fs::symlink_metadata(stamp).and_then(|meta| meta.modified());
    let last = last.ok().and_then(|time| Timestamp::try_from(time).ok());
    last.is_none_or(|last| !(last..last + INTERVAL).contains(&now))
}

/// Removes a file, where it is there.
pub(super) fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A new file, because only its owner may set another's time.
pub(super) fn renew(stamp: &Path, now: Timestamp) -> io::Result<()> {
    gone(stamp)?;
    match File::create_new(stamp) {
        Ok(file) => file.set_modified(now.try_into().map_err(io::Error::other)?),
        // Another run has done it at this moment.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
