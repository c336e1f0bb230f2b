//! Finds log files, sorts them by age and opens them.
//!
//! A log and its rotated files are one family: `VERIFY_LOG.log`, `VERIFY_LOG.log.1`, `VERIFY_LOG.log.2.gz`. Files are
//! sorted by the time of their first line, because rotation changes names and compression changes modification times.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use jiff::{SignedDuration, Timestamp};

use crate::logs::search::parse::Line;
use crate::os::durable::directory_of;
use crate::os::fifo::open_stream;

/// Number of bytes that are read to find a file's first line of ours.
const HEAD: u64 = 16 * 1024;
/// Allowance for a clock that was set back while a log was written.
const CLOCK_STEP: SignedDuration = SignedDuration::from_hours(1);
/// The first two bytes of a gzip stream (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file or directory that could not be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {}", .path.display())]
pub struct Unreadable {
    /// The file or directory.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

/// The files to be searched.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, oldest first.
    pub files: Vec<PathBuf>,
    /// Paths that could not be looked at.
    pub unreadable: Vec<Unreadable>,
}

/// Finds the logs at those paths: files, and all logs directly in directories.
pub fn find<P: AsRef<Path>>(paths: &[P]) -> Found {
    let (mut files, mut unreadable) = (BTreeSet::new(), Vec::new());
    for path in paths.iter().map(AsRef::as_ref) {
        let logs = fs::metadata(path).and_then(|meta| match meta.is_dir() {
            true => logs_in(path),
            false => Ok(vec![path.to_owned()]),
        });
        match logs {
            Ok(logs) => files.extend(logs),
            Err(source) => unreadable.push(Unreadable { path: path.to_owned(), source }),
        }
    }
    let mut files: Vec<PathBuf> = files.into_iter().collect();
    files.sort_by_cached_key(|path| begin_of(path));
    Found { files, unreadable }
}

/// A log and its rotated files, unsorted; the log alone where its directory can't be listed.
pub fn family(log: &Path) -> Vec<PathBuf> {
    let Some(name) = log.file_name() else { return vec![log.to_owned()] };
    let is_of = |other: &OsStr| {
        let rest = other.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
    };
    let mut all = listed(directory_of(log)).unwrap_or_default();
    all.retain(|path| path.file_name().is_some_and(is_of));
    remove_copies(&mut all);
    if all.is_empty() {
        // Opening it will fail, and name it.
        all.push(log.to_owned());
    }
    all
}

/// The logs in a directory, unsorted.
pub(super) fn logs_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut logs = listed(directory)?;
    logs.retain(|path| {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        name.ends_with(".log") || name.contains(".log.")
    });
    remove_copies(&mut logs);
    Ok(logs)
}

fn listed(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // Only a link costs another system call: there may be thousands of logs.
        let kind = entry.file_type()?;
        if kind.is_file() || kind.is_symlink() && entry.path().is_file() {
            paths.push(match directory.as_os_str().as_encoded_bytes() {
                b"." => PathBuf::from(entry.file_name()),
                _ => entry.path(),
            });
        }
    }
    Ok(paths)
}

/// Removes compressed copies whose originals still exist: they are being written.
fn remove_copies(paths: &mut Vec<PathBuf>) {
    let all: BTreeSet<PathBuf> = paths.iter().cloned().collect();
    paths.retain(|path| {
        path.extension() != Some(OsStr::new("gz")) || !all.contains(&path.with_extension(""))
    });
}

/// The time of a log's first line of ours, else its modification time.
fn begin_of(path: &Path) -> Timestamp {
    first_time(path).or_else(|| modified(path)).unwrap_or(Timestamp::MAX)
}

fn first_time(path: &Path) -> Option<Timestamp> {
    // Reading a FIFO would wait for a writer.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut head = Vec::new();
    // The first line may come before an error.
    let _ = open(path).ok()?.0.take(HEAD).read_to_end(&mut head);
    head.split(|&byte| byte == b'\n').find_map(Line::parse).map(|line| line.time)
}

fn modified(path: &Path) -> Option<Timestamp> {
    fs::metadata(path).ok()?.modified().ok()?.try_into().ok()
}

/// Whether a log may hold lines of that time or later: it was written to at that time or later, by the system's clock. A
/// clock that is set back by more than an hour makes a log look older than its lines.
pub fn may_hold(path: &Path, since: Timestamp) -> bool {
    let late = modified(path).and_then(|time| time.checked_add(CLOCK_STEP).ok());
    late.is_none_or(|time| time >= since)
}

/// A log's text, decompressed where the file begins as gzip does, whatever its name.
pub(crate) type Text = Box<dyn Read>;

/// Opens a log. The flag says whether the file is compressed.
pub(crate) fn open(path: &Path) -> io::Result<(Text, bool)> {
    let mut file = open_stream(path)?;
    let mut head = Vec::with_capacity(GZIP.len());
    (&mut file).take(GZIP.len() as u64).read_to_end(&mut head)?;
    let is_gzip = head == GZIP;
    let whole = Cursor::new(head).chain(file);
    let text: Text = if is_gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, whole)))
    } else {
        Box::new(whole)
    };
    Ok((text, is_gzip))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn line(hour: u32) -> String {
        format!("2026-01-17T{hour:02}:00:00.000000+00:00 INFO [1-a] Run text\n")
    }

    fn gzipped(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect()
    }

    #[test]
    fn a_directorys_logs_are_sorted_by_their_first_lines() {
        let tree = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(tree.path().join(name), bytes).unwrap();
        put("VERIFY_LOG.log", line(9).as_bytes());
        put("VERIFY_LOG.log.1", format!("tee'd\n{}", line(5)).as_bytes());
        put("VERIFY_LOG.log.2.gz", &gzipped(&line(2)));
        put("MT5CRS_20260117_040000_1.log", line(4).as_bytes());
        put("notes.txt", b"no log");
        fs::create_dir(tree.path().join("old.log")).unwrap();
        let found = find(&[tree.path()]);
        assert_eq!(
            names(&found.files),
            [
                "VERIFY_LOG.log.2.gz",
                "MT5CRS_20260117_040000_1.log",
                "VERIFY_LOG.log.1",
                "VERIFY_LOG.log"
            ]
        );
        assert!(found.unreadable.is_empty());
        let mut family = family(&tree.path().join("VERIFY_LOG.log"));
        family.sort();
        assert_eq!(names(&family), ["VERIFY_LOG.log", "VERIFY_LOG.log.1", "VERIFY_LOG.log.2.gz"]);
    }

    #[test]
    fn a_log_that_is_being_compressed_is_not_read_twice() {
        let tree = tempfile::tempdir().unwrap();
        for name in ["a.log.1", "a.log.1.gz", "b.log.gz"] {
            fs::write(tree.path().join(name), "x\n").unwrap();
        }
        let mut files = find(&[tree.path()]).files;
        files.sort();
        assert_eq!(names(&files), ["a.log.1", "b.log.gz"]);
    }

    #[test]
    fn a_missing_file_is_named_and_the_rest_is_found() {
        let tree = tempfile::tempdir().unwrap();
        let (here, gone) = (tree.path().join("a.log"), tree.path().join("gone.log"));
        fs::write(&here, "x\n").unwrap();
        let found = find(&[&gone, &here, &here]);
        assert_eq!(found.files, [here]);
        assert_eq!(found.unreadable.len(), 1);
        assert_eq!(found.unreadable[0].path, gone);
    }

    #[test]
    fn gzip_is_detected_by_content_and_may_have_several_members() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("a.log");
        fs::write(&path, [gzipped("one\n"), gzipped("two\n")].concat()).unwrap();
        let mut text = String::new();
        open(&path).unwrap().0.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\ntwo\n");
        for short in ["", "x", "\u{1f}"] {
            fs::write(&path, short).unwrap();
            let mut text = String::new();
            open(&path).unwrap().0.read_to_string(&mut text).unwrap();
            assert_eq!(text, short);
        }
    }
}
