//! Compresses the logs of finished runs.
//!
//! The copy is complete and on the disk before the original is removed. VERIFY_LOG.log is left alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::due::{is_due, renew};
use crate::os::gzip;

/// Time from a run's begin until its logs are compressed.
const OLD: Duration = Duration::from_secs(24 * 3600);
/// The file whose time tells when none was left to compress.
const STAMP: &str = ".compressed";
/// Maximum number of logs, and of bytes, that one run compresses. Those that are over are left to the next run.
const MAX_FILES: usize = 32;
const MAX_BYTES: u64 = 32 << 20;

/// Compresses the oldest logs of finished runs where it is due: a run that finds none left to compress spares the next ones
/// of an hour the look at every log. Stops at the first failure.
pub(super) fn compress_due(
    directory: &Path,
    now: Timestamp,
    is_alive: &dyn Fn(u32, Timestamp) -> bool,
) -> Result<(), (PathBuf, io::Error)> {
    let stamp = directory.join(STAMP);
    if !is_due(&stamp, now) || !compress_old(directory, now, is_alive)? {
        return Ok(());
    }
    renew(&stamp, now).map_err(|source| (stamp, source))
}

/// Compresses some. Returns whether none is left.
fn compress_old(
    directory: &Path,
    now: Timestamp,
    is_alive: &dyn Fn(u32, Timestamp) -> bool,
) -> Result<bool, (PathBuf, io::Error)> {
    let failed = |source| (directory.to_owned(), source);
    let mut old = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let Some((began, pid)) = name.to_str().and_then(run_of) else { continue };
        let since = Duration::try_from(now.duration_since(began)).unwrap_or_default();
        if since > OLD && !is_alive(pid, began) {
            old.push((began, directory.join(name)));
        }
    }
    old.sort();
    let (count, mut bytes) = (old.len(), 0);
    for (_, path) in old.into_iter().take(MAX_FILES) {
        if bytes >= MAX_BYTES {
            return Ok(false);
        }
        bytes += compress(&path).map_err(|source| (path, source))?;
    }
    Ok(count <= MAX_FILES)
}

/// Begin and process of a log's run, from a name such as `MT5CRS_20260117_035422_4711.log.2`.
pub(super) fn run_of(name: &str) -> Option<(Timestamp, u32)> {
    let (stem, rest) = name.strip_prefix("MT5CRS_")?.split_once(".log")?;
    let is_part = rest.strip_prefix('.').is_some_and(|number| number.parse::<u32>().is_ok());
    if !rest.is_empty() && !is_part {
        return None;
    }
    let (time, pid) = stem.rsplit_once('_')?;
    let began = DateTime::strptime("%Y%m%d_%H%M%S", time).ok()?;
    Some((began.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp(), pid.parse().ok()?))
}

/// Replaces a file by its gzip. Returns the file's length.
fn compress(path: &Path) -> io::Result<u64> {
    let (_, bytes) = gzip::write_beside(path, Compression::default())?;
    gzip::remove_original(path)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_old_logs_of_finished_runs_are_compressed() {
        let tree = tempfile::tempdir().unwrap();
        for name in [
            "MT5CRS_20260115_035422_1.log",
            "MT5CRS_20260115_035422_1.log.1",
            "MT5CRS_20260115_035422_2.log",
            "MT5CRS_20260117_035422_3.log",
            "MT5CRS_20260115_035422_4.log.gz",
            "MT5CRS_elsewhere.log",
            "VERIFY_LOG.log",
        ] {
            fs::write(tree.path().join(name), format!("{name}\n")).unwrap();
        }
        let now = "2026-01-17T04:00:00Z".parse().unwrap();
        compress_old(tree.path(), now, &|pid, _| pid == 2).unwrap();
        assert_eq!(
            names(tree.path()),
            [
                "MT5CRS_20260115_035422_1.log.1.gz",
                "MT5CRS_20260115_035422_1.log.gz",
                "MT5CRS_20260115_035422_2.log",
                "MT5CRS_20260115_035422_4.log.gz",
                "MT5CRS_20260117_035422_3.log",
                "MT5CRS_elsewhere.log",
                "VERIFY_LOG.log",
            ]
        );
        let path = tree.path().join("MT5CRS_20260115_035422_1.log.gz");
        let mut text = String::new();
        crate::logs::search::files::open(&path).unwrap().0.read_to_string(&mut text).unwrap();
        assert_eq!(text, "MT5CRS_20260115_035422_1.log\n");
    }

    #[test]
    fn one_run_an_hour_looks_where_none_is_left() {
        let tree = tempfile::tempdir().unwrap();
        let count = MAX_FILES + 3;
        for number in 1..=count {
            fs::write(tree.path().join(format!("MT5CRS_20260115_035422_{number}.log")), "")
                .unwrap();
        }
        let left_at = |time: &str| {
            compress_due(tree.path(), time.parse().unwrap(), &|_, _| false).unwrap();
            names(tree.path()).iter().filter(|name| name.ends_with(".log")).count()
        };
        assert_eq!(left_at("2026-01-17T04:00:00Z"), 3);
        assert_eq!(left_at("2026-01-17T04:00:01Z"), 0);
        fs::write(tree.path().join("MT5CRS_20260115_035422_99.log"), "").unwrap();
        assert_eq!(left_at("2026-01-17T04:00:02Z"), 1);
        assert_eq!(left_at("2026-01-17T05:00:02Z"), 0);
    }

    #[test]
    fn a_copy_by_another_run_is_kept() {
        let tree = tempfile::tempdir().unwrap();
        let log = tree.path().join("a.log");
        fs::write(&log, "text").unwrap();
        fs::write(tree.path().join("a.log.gz"), "made before").unwrap();
        compress(&log).unwrap();
        assert_eq!(names(tree.path()), ["a.log.gz"]);
        assert_eq!(fs::read_to_string(tree.path().join("a.log.gz")).unwrap(), "made before");
    }
}
