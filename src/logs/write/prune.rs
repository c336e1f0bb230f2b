//! Deletes the oldest logs of finished runs: past an age, and past a size of all of them.
//!
//! One run an hour does it, because it looks at every log. `VERIFY_LOG.log` and its parts are left alone.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::compress::run_of;
use super::due::{gone, is_due, renew};

/// How much of the runs' own logs is kept; `None` is without a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Time since a log's last line.
    pub age: Option<Duration>,
    /// Bytes on the disk that all of them take.
    pub bytes: Option<u64>,
}

/// The file whose time tells when logs were last deleted.
const STAMP: &str = ".pruned";
/// Maximum number of logs that one run deletes. The next run goes on.
const MAX_FILES: usize = 5_000;

struct Log {
    last_line: Timestamp,
    path: PathBuf,
    bytes: u64,
    run: (u32, Timestamp),
}

/// Deletes the logs past the limits, oldest first, where it is due. Stops at the first failure.
pub(super) fn prune(
    directory: &Path,
    now: Timestamp,
    keep: Keep,
    is_alive: &dyn Fn(u32, Timestamp) -> bool,
) -> Result<(), (PathBuf, io::Error)> {
    let stamp = directory.join(STAMP);
    if keep == (Keep { age: None, bytes: None }) || !is_due(&stamp, now) {
        return Ok(());
    }
    let mut logs = logs_in(directory).map_err(|source| (directory.to_owned(), source))?;
    logs.sort_by_key(|log| log.last_line);
    let mut total: u64 = logs.iter().map(|log| log.bytes).sum();
    let mut deleted = 0;
    for Log { last_line, path, bytes, run: (pid, began) } in logs {
        let age = Duration::try_from(now.duration_since(last_line)).unwrap_or_default();
        let is_past =
            keep.age.is_some_and(|most| age > most) || keep.bytes.is_some_and(|most| total > most);
        if !is_past {
            break;
        }
        if is_alive(pid, began) {
            continue;
        }
        if deleted == MAX_FILES {
            return Ok(());
        }
        gone(&path).map_err(|source| (path, source))?;
        total -= bytes;
        deleted += 1;
    }
    renew(&stamp, now).map_err(|source| (stamp, source))
}

/// The runs' logs, compressed or not.
fn logs_in(directory: &Path) -> io::Result<Vec<Log>> {
    let mut logs = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let run = name.to_str().and_then(|name| run_of(name.strip_suffix(".gz").unwrap_or(name)));
        let Some((began, pid)) = run else { continue };
        // Another run may have compressed or deleted it meanwhile.
        let Ok(meta) = entry.metadata() else { continue };
        let Ok(last_line) = meta.modified().map(Timestamp::try_from) else { continue };
        if let (true, Ok(last_line)) = (meta.is_file(), last_line) {
            let bytes = meta.blocks() * 512;
            logs.push(Log { last_line, path: entry.path(), bytes, run: (pid, began) });
        }
    }
    Ok(logs)
}

#[cfg(test)]
mod tests {
    use super::super::due::INTERVAL;
    use super::*;
    use std::fs::File;

    const NOW: &str = "2026-03-01T00:00:00Z";
    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    /// A log of that name and size whose last line is that many days old.
    fn log(directory: &Path, name: &str, bytes: usize, days: u32) {
        let path = directory.join(name);
        fs::write(&path, "x".repeat(bytes)).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified((now() - DAY * days).try_into().unwrap()).unwrap();
    }

    fn left(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != STAMP);
        names.sort();
        names
    }

    fn prune_now(directory: &Path, age: Option<Duration>, bytes: Option<u64>) {
        prune(directory, now(), Keep { age, bytes }, &|pid, _| pid == 2).unwrap();
    }

    #[test]
    fn logs_past_the_age_go_and_others_stay() {
        let tree = tempfile::tempdir().unwrap();
        for (name, days) in [
            ("MT5CRS_20260101_000000_1.log.gz", 59),
            ("MT5CRS_20260101_000000_1.log.1.gz", 59),
            ("MT5CRS_20260101_000000_2.log.1", 59),
            // It began as early, and its last line is of yesterday.
            ("MT5CRS_20260101_000000_3.log", 1),
            ("MT5CRS_20260228_000000_4.log", 1),
            ("MT5CRS_elsewhere.log", 59),
            ("VERIFY_LOG.log", 59),
            ("VERIFY_LOG.log.1", 59),
        ] {
            log(tree.path(), name, 10, days);
        }
        prune_now(tree.path(), Some(30 * DAY), None);
        assert_eq!(
            left(tree.path()),
            [
                "MT5CRS_20260101_000000_2.log.1",
                "MT5CRS_20260101_000000_3.log",
                "MT5CRS_20260228_000000_4.log",
                "MT5CRS_elsewhere.log",
                "VERIFY_LOG.log",
                "VERIFY_LOG.log.1",
            ]
        );
    }

    #[test]
    fn the_oldest_go_until_the_rest_fits() {
        let tree = tempfile::tempdir().unwrap();
        for day in 1..=9 {
            let name = format!("MT5CRS_2026010{day}_000000_1.log");
            log(tree.path(), &name, 200_000, 60 - day);
        }
        prune_now(tree.path(), None, Some(700_000));
        let expected = [7, 8, 9].map(|day| format!("MT5CRS_2026010{day}_000000_1.log"));
        assert_eq!(left(tree.path()), expected);
    }

    #[test]
    fn one_run_an_hour_looks() {
        let tree = tempfile::tempdir().unwrap();
        let keep = Keep { age: Some(DAY), bytes: None };
        let at = |time: Timestamp| {
            log(tree.path(), "MT5CRS_20260101_000000_1.log", 1, 59);
            prune(tree.path(), time, keep, &|_, _| false).unwrap();
            left(tree.path()).is_empty()
        };
        assert!(at(now()) && !at(now() + INTERVAL / 2));
        assert!(at(now() + INTERVAL));
        // The clock was set back.
        assert!(at(now()));
        // Without limits, it looks at nothing.
        fs::remove_file(tree.path().join(STAMP)).unwrap();
        log(tree.path(), "MT5CRS_20260101_000000_1.log", 1, 59);
        prune_now(tree.path(), None, None);
        assert!(!tree.path().join(STAMP).exists());
    }

    /// A year of one run a minute, of which no log was deleted: each run deletes a part, and then they are gone.
    #[test]
    fn a_year_of_logs_is_deleted_by_several_runs() {
        let tree = tempfile::tempdir().unwrap();
        let count = MAX_FILES + 100;
        for number in 0..count {
            log(tree.path(), &format!("MT5CRS_20250101_000000_{}.log.gz", number + 10), 0, 400);
        }
        prune_now(tree.path(), Some(30 * DAY), None);
        assert_eq!(left(tree.path()).len(), count - MAX_FILES);
        prune_now(tree.path(), Some(30 * DAY), None);
        assert_eq!(left(tree.path()).len(), 0);
    }
}
