//! Which files hold the logs, which of them came first, and how each is read.
//!
//! A log and what it was rotated into are one family: `VERIFY_LOG.log`, `VERIFY_LOG.log.1`, `VERIFY_LOG.log.2.gz`. Files
//! are searched oldest first, by the time that stands in them: names and modification times change on the way.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use memchr::memchr_iter;

use crate::logs::search::parse::Line;
use crate::os::durable::directory_of;

/// How far into a file its first line of ours is looked for, in bytes.
const HEAD: u64 = 16 * 1024;
/// The first two bytes of a gzip stream (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file or a directory could not be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {}", .path.display())]
pub struct Unreadable {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What was found: the files to be searched, oldest first, and what could not be looked at.
#[derive(Debug, Default)]
pub struct Found {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The rest.
    pub unreadable: Vec<Unreadable>,
}

/// Finds the logs at those paths: a file is itself, a directory all logs in it (not below it).
pub fn find<P: AsRef<Path>>(paths: &[P]) -> Found {
    let mut found = Found::default();
    let mut files = BTreeSet::new();
    for path in paths {
        let path = path.as_ref();
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => match logs_in(path) {
                Ok(logs) => files.extend(logs),
                Err(source) => found.unreadable.push(Unreadable { path: path.to_owned(), source }),
            },
            Ok(_) => {
                files.insert(path.to_owned());
            }
            Err(source) => found.unreadable.push(Unreadable { path: path.to_owned(), source }),
        }
    }
    let mut files: Vec<_> = files.into_iter().map(|path| (began(&path), path)).collect();
    files.sort();
    found.files = files.into_iter().map(|(_, path)| path).collect();
    found
}

/// A log and what it was rotated into, in no order; itself alone where nothing else can be listed.
pub fn family(log: &Path) -> Vec<PathBuf> {
    let Some(name) = log.file_name() else { return vec![log.to_owned()] };
    let is_of = |other: &OsStr| {
        let rest = other.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
    };
    let mut all = listed(directory_of(log)).unwrap_or_default();
    all.retain(|path| path.file_name().is_some_and(is_of));
    without_doubles(&mut all);
    if all.is_empty() {
        // Whoever opens it says that it isn't there.
        all.push(log.to_owned());
    }
    all
}

/// The logs in a directory, in no order.
pub(super) fn logs_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut logs = listed(directory)?;
    logs.retain(|path| {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        name.ends_with(".log") || name.contains(".log.")
    });
    without_doubles(&mut logs);
    Ok(logs)
}

fn listed(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // A link's target is asked for only where there is a link: thousands of logs are listed at once.
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

/// A file that is being compressed stands beside its copy for a moment: the copy waits for its turn.
fn without_doubles(paths: &mut Vec<PathBuf>) {
    let all: BTreeSet<PathBuf> = paths.iter().cloned().collect();
    paths.retain(|path| {
        path.extension() != Some(OsStr::new("gz")) || !all.contains(&path.with_extension(""))
    });
}

/// When a log began: the time of its first line of ours, or else when it was last written to.
fn began(path: &Path) -> Timestamp {
    first_time(path).or_else(|| modified(path)).unwrap_or(Timestamp::MAX)
}

fn first_time(path: &Path) -> Option<Timestamp> {
    // Reading what is no file may wait for a writer.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut head = Vec::new();
    // An error further on may still leave a first line.
    let _ = open(path).ok()?.take(HEAD).read_to_end(&mut head);
    let mut start = 0;
    let ends = memchr_iter(b'\n', &head).chain([head.len()]);
    let mut lines = ends.map(|end| {
        let line = &head[start..end];
        start = (end + 1).min(head.len());
        line
    });
    lines.find_map(Line::parse).map(|line| line.time)
}

fn modified(path: &Path) -> Option<Timestamp> {
    fs::metadata(path).ok()?.modified().ok()?.try_into().ok()
}

/// A log's text, whether it is compressed or not: what counts is its first bytes, not its name.
pub(crate) enum Text {
    Plain(Headed),
    Gzip(Box<MultiGzDecoder<BufReader<Headed>>>),
}

type Headed = Chain<Cursor<Vec<u8>>, File>;

/// From how many bytes on a file is large: reading ahead takes a thread, and there may be thousands of files.
pub(super) const LARGE: u64 = 4 << 20;

/// As [`open`], and says whether the file is a large one.
pub(super) fn open_sized(path: &Path) -> io::Result<(Text, bool)> {
    let text = open(path)?;
    Ok((text, fs::metadata(path)?.len() >= LARGE))
}

/// Opens a log for reading from its start.
pub(crate) fn open(path: &Path) -> io::Result<Text> {
    let mut file = File::open(path)?;
    let mut head = Vec::with_capacity(GZIP.len());
    (&mut file).take(GZIP.len() as u64).read_to_end(&mut head)?;
    let zipped = head == GZIP;
    let whole = Cursor::new(head).chain(file);
    Ok(if zipped {
        Text::Gzip(Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, whole))))
    } else {
        Text::Plain(whole)
    })
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(text) => text.read(buffer),
            Self::Gzip(text) => text.read(buffer),
        }
    }
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
    fn a_directorys_logs_are_found_oldest_first_by_what_stands_in_them() {
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
    fn a_copy_that_is_still_being_made_is_not_read_twice() {
        let tree = tempfile::tempdir().unwrap();
        for name in ["a.log.1", "a.log.1.gz", "b.log.gz"] {
            fs::write(tree.path().join(name), "x\n").unwrap();
        }
        let mut files = find(&[tree.path()]).files;
        files.sort();
        assert_eq!(names(&files), ["a.log.1", "b.log.gz"]);
    }

    #[test]
    fn what_is_missing_is_named_and_the_rest_is_found() {
        let tree = tempfile::tempdir().unwrap();
        let (here, gone) = (tree.path().join("a.log"), tree.path().join("gone.log"));
        fs::write(&here, "x\n").unwrap();
        let found = find(&[&gone, &here, &here]);
        assert_eq!(found.files, [here]);
        assert_eq!(found.unreadable.len(), 1);
        assert_eq!(found.unreadable[0].path, gone);
    }

    #[test]
    fn gzip_is_told_by_its_bytes_and_may_have_several_members() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("a.log");
        fs::write(&path, [gzipped("one\n"), gzipped("two\n")].concat()).unwrap();
        let mut text = String::new();
        open(&path).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\ntwo\n");
        for short in ["", "x", "\u{1f}"] {
            fs::write(&path, short).unwrap();
            let mut text = String::new();
            open(&path).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, short);
        }
    }
}
