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
        let family = files::family(verify_log);
        let logs = match log_dir.is_dir() {
            true => files::logs_in(log_dir),
            // Without the directory, no run of this configuration has written a log of its own.
            false => Ok(Vec::new()),
        };
        let (mut own, directory) = match logs {
            Ok(logs) => (logs, None),
            Err(source) => (Vec::new(), Some(Unreadable { path: log_dir.to_owned(), source })),
        };
        let of_family: BTreeSet<&PathBuf> = family.iter().collect();
        own.retain(|path| !of_family.contains(path) && files::may_hold(path, since));
        let own = files::find(&own);
        let newest = files::find(&[verify_log]);
        let mut places = Self::older(verify_log, family, since);
        places.shared.extend(newest.files);
        places.own = own.files;
        places.unreadable.extend(newest.unreadable.into_iter().chain(own.unreadable));
        places.unreadable.extend(directory);
        places
    }

    /// The shared log's rotated files that don't end before `since`.
    pub fn rotated(verify_log: &Path, since: Timestamp) -> Self {
        Self::older(verify_log, files::family(verify_log), since)
    }

    fn older(verify_log: &Path, mut family: Vec<PathBuf>, since: Timestamp) -> Self {
        family.retain(|path| path != verify_log && files::may_hold(path, since));
        Self::named(&family)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn logs_that_end_before_the_time_are_left_out_and_the_newest_never() {
        let tree = tempfile::tempdir().unwrap();
        let day = Duration::from_secs(24 * 3600);
        let now = SystemTime::UNIX_EPOCH + 20_000 * day;
        for (name, days) in
            [("v.log", 9), ("v.log.1", 0), ("v.log.2", 3), ("own/a.log", 0), ("own/b.log", 3)]
        {
            let path = tree.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x\n").unwrap();
            let file = File::options().append(true).open(path).unwrap();
            file.set_modified(now - days * day).unwrap();
        }
        let since = Timestamp::try_from(now - 2 * day).unwrap();
        let (log, own) = (tree.path().join("v.log"), tree.path().join("own"));
        let names = |paths: &[PathBuf]| -> Vec<String> {
            let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            paths.iter().map(name).collect()
        };
        let places = Places::configured(&log, &own, since);
        assert_eq!(names(&places.shared), ["v.log.1", "v.log"]);
        assert_eq!(names(&places.own), ["a.log"]);
        assert!(places.unreadable.is_empty());
        assert_eq!(names(&Places::rotated(&log, since).shared), ["v.log.1"]);
        // The clock may have been set back by less than an hour while a log was written.
        let earlier = Timestamp::try_from(now - 3 * day + day / 48).unwrap();
        assert_eq!(Places::configured(&log, &own, earlier).shared.len(), 3);
    }
}
