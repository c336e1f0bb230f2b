//! Follows the lines that are written to a log, through rotation and truncation.
//!
//! A log may be renamed and replaced by a new one, truncated in place (`copytruncate`), or removed and created again. A
//! renamed file stays open until it has been quiet for a while, so that a slow writer's late lines are read. The last
//! bytes that were read are read again and compared, so a truncation is noticed even where the file has grown past its
//! old length. Lines that are truncated away between two polls are lost.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::logs::search::bounded_lines::LONGEST;
use crate::logs::write::file::{identity, rotated};

/// Time between two polls.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);
/// How long after its last line a renamed file stays open.
const QUIET: Duration = Duration::from_secs(60);
/// Polls in a row that may miss the open file among the rotated names: a rotation moves names while they are read.
const PATIENCE: u32 = 4;
/// Maximum number of rotated names that are opened.
const MAX_PARTS: u32 = 64;
/// Number of bytes that are compared to notice a truncation: lines that begin with a time differ within that.
const MARK: usize = 128;
/// Bytes per read.
const CHUNK: usize = 256 * 1024;

/// Receives whole lines of a file, and the number of the file's lines before them.
type Take<'t> = &'t mut dyn FnMut(&[u8], u64) -> io::Result<()>;

/// Follows one path.
pub(super) struct Follower {
    path: PathBuf,
    /// Open files that the path named before, oldest first.
    former: Vec<OpenFile>,
    current: Option<OpenFile>,
    /// Polls in a row that missed the open file.
    misses: u32,
    /// The first error since it was last asked for.
    error: Option<io::Error>,
}

impl Follower {
    /// Follows the path from the start of its present or future file.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, former: Vec::new(), current: None, misses: 0, error: None }
    }

    /// Follows the path from the end of the part of `file` that was already read.
    pub(super) fn resume(path: PathBuf, file: File, read: u64, lines: u64) -> io::Result<Self> {
        let mut file = OpenFile::new(file)?;
        let window = usize::try_from(read.min(MARK as u64)).unwrap_or(MARK);
        file.mark.resize(window, 0);
        file.file.read_exact_at(&mut file.mark, read - window as u64)?;
        (file.read, file.lines) = (read, lines);
        Ok(Self { current: Some(file), ..Self::new(path) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The first read error since the last call.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Passes on the lines written since the last poll. Fails only where `take` does.
    pub(super) fn poll(&mut self, now: Duration, take: Take<'_>) -> io::Result<()> {
        for file in self.former.iter_mut().chain(&mut self.current) {
            file.read_on(now, &mut self.error, take)?;
        }
        for index in (0..self.former.len()).rev() {
            if now.saturating_sub(self.former[index].last_read) >= QUIET {
                self.former.remove(index).close_line(take)?;
            }
        }
        if !self.has_moved() {
            return Ok(());
        }
        let successors = self.successors();
        // The former file may have grown between its last read and the rename, and that text comes first.
        if let Some(file) = &mut self.current {
            file.read_on(now, &mut self.error, take)?;
        }
        for mut file in successors {
            file.last_read = now;
            file.read_on(now, &mut self.error, take)?;
            self.former.extend(self.current.replace(file));
        }
        Ok(())
    }

    /// Whether the path names another file than the open one.
    fn has_moved(&self) -> bool {
        let Ok(meta) = fs::metadata(&self.path) else { return false };
        self.current.as_ref().is_none_or(|file| file.identity != identity(&meta))
    }

    /// The files that the path has named since the last poll, oldest first.
    fn successors(&mut self) -> Vec<OpenFile> {
        match self.scan() {
            Ok(Scan::Found(files)) => {
                self.misses = 0;
                return files;
            }
            Ok(Scan::Moving) => {}
            Ok(Scan::Missed(newest)) => {
                self.misses += 1;
                if self.misses >= PATIENCE {
                    self.misses = 0;
                    // Nothing tells which of the rotated files were read before.
                    return vec![newest];
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        Vec::new()
    }

    /// Goes from the path through its rotated names to the open file.
    fn scan(&self) -> io::Result<Scan> {
        let newest = OpenFile::new(File::open(&self.path)?)?;
        let Some(current) = &self.current else { return Ok(Scan::Found(vec![newest])) };
        if newest.identity == current.identity {
            return Ok(Scan::Found(Vec::new()));
        }
        let mut between: Vec<OpenFile> = Vec::new();
        let mut is_found = false;
        // `.1` was renamed last, `.2` before it.
        for number in 1..=MAX_PARTS {
            let Ok(file) = File::open(rotated(&self.path, number, "")).and_then(OpenFile::new)
            else {
                break;
            };
            is_found = file.identity == current.identity;
            if is_found {
                break;
            }
            // The same file again was renamed after its former name was opened.
            if between.iter().all(|seen| seen.identity != file.identity) {
                between.push(file);
            }
        }
        let meta = fs::metadata(&self.path)?;
        if newest.identity != identity(&meta) {
            return Ok(Scan::Moving);
        }
        if !is_found {
            return Ok(Scan::Missed(newest));
        }
        between.reverse();
        between.push(newest);
        Ok(Scan::Found(between))
    }
}

/// Result of a scan of the path and its rotated names.
enum Scan {
    /// The open file is among them: the files after it, oldest first.
    Found(Vec<OpenFile>),
    /// The open file is not among them: the path's file.
    Missed(OpenFile),
    /// A whole rotation happened during the scan, so the order of the files is unknown.
    Moving,
}

/// A file that is read as it grows.
struct OpenFile {
    file: File,
    /// See [`identity`].
    identity: (u64, u64),
    /// Number of bytes read.
    read: u64,
    /// The last bytes read, at most [`MARK`].
    mark: Vec<u8>,
    /// A line whose end was not written yet.
    unfinished: Vec<u8>,
    /// Number of lines passed on.
    lines: u64,
    /// When bytes were last read.
    last_read: Duration,
}

impl OpenFile {
    fn new(file: File) -> io::Result<Self> {
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self {
            file,
            identity: identity(&meta),
            read: 0,
            mark: Vec::new(),
            unfinished: Vec::new(),
            lines: 0,
            last_read: Duration::ZERO,
        })
    }

    fn read_on(
        &mut self,
        now: Duration,
        first_error: &mut Option<io::Error>,
        take: Take<'_>,
    ) -> io::Result<()> {
        let mut buffer = vec![0; MARK + CHUNK];
        loop {
            let marked = self.mark.len() as u64;
            // One read for mark and new bytes, so that no truncation comes between the two.
            let count = match self.file.read_at(&mut buffer, self.read - marked) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    first_error.get_or_insert(error);
                    return Ok(());
                }
            };
            let bytes = &buffer[..count];
            let Some(new) = bytes.strip_prefix(self.mark.as_slice()) else {
                self.restart(take)?;
                continue;
            };
            if new.is_empty() {
                return Ok(());
            }
            self.last_read = now;
            self.read += new.len() as u64;
            self.mark = bytes[count.saturating_sub(MARK)..].to_vec();
            self.pass_on(new, take)?;
        }
    }

    /// Goes back to the start of a truncated file.
    fn restart(&mut self, take: Take<'_>) -> io::Result<()> {
        self.close_line(take)?;
        (self.read, self.lines) = (0, 0);
        self.mark.clear();
        Ok(())
    }

    fn pass_on(&mut self, new: &[u8], take: Take<'_>) -> io::Result<()> {
        let end = memchr::memrchr(b'\n', new).map_or(0, |at| at + 1);
        let (whole, rest) = new.split_at(end);
        if self.unfinished.is_empty() && end > 0 {
            self.pass_on_lines(whole, take)?;
        } else if end > 0 {
            let mut first = std::mem::take(&mut self.unfinished);
            first.extend_from_slice(whole);
            self.pass_on_lines(&first, take)?;
        }
        self.unfinished.extend_from_slice(rest);
        if self.unfinished.len() >= LONGEST {
            self.close_line(take)?;
        }
        Ok(())
    }

    fn pass_on_lines(&mut self, lines: &[u8], take: Take<'_>) -> io::Result<()> {
        take(lines, self.lines)?;
        self.lines += memchr::memchr_iter(b'\n', lines).count() as u64;
        Ok(())
    }

    /// Passes on a line whose end will not be written.
    fn close_line(&mut self, take: Take<'_>) -> io::Result<()> {
        if self.unfinished.is_empty() {
            return Ok(());
        }
        let mut line = std::mem::take(&mut self.unfinished);
        line.push(b'\n');
        self.pass_on_lines(&line, take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::Write as _;

    struct Tail {
        tree: tempfile::TempDir,
        follower: Follower,
        now: Duration,
    }

    impl Tail {
        fn new() -> Self {
            let tree = tempfile::tempdir().unwrap();
            let follower = Follower::new(tree.path().join("a.log"));
            Self { tree, follower, now: Duration::ZERO }
        }

        fn at(&self, name: &str) -> PathBuf {
            self.tree.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            let mut file =
                OpenOptions::new().append(true).create(true).open(self.at(name)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn rename(&self, from: &str, to: &str) {
            fs::rename(self.at(from), self.at(to)).unwrap();
        }

        /// The lines of one poll, with the number of each chunk's first line.
        fn poll(&mut self) -> String {
            let mut text = String::new();
            self.now += INTERVAL;
            let mut take = |lines: &[u8], before| {
                text.push_str(&format!("{}:", before + 1));
                text.push_str(std::str::from_utf8(lines).unwrap());
                Ok(())
            };
            self.follower.poll(self.now, &mut take).unwrap();
            text
        }
    }

    impl Tail {
        /// The lines of as many polls as it takes to accept a new file.
        fn poll_patiently(&mut self) -> String {
            (0..PATIENCE).map(|_| self.poll()).collect()
        }
    }

    #[test]
    fn waits_for_the_file_and_for_the_end_of_each_line() {
        let mut tail = Tail::new();
        assert_eq!(tail.poll(), "");
        tail.write("a.log", "one\ntw");
        assert_eq!(tail.poll(), "1:one\n");
        assert_eq!(tail.poll(), "");
        tail.write("a.log", "o\n");
        assert_eq!(tail.poll(), "2:two\n");
    }

    #[test]
    fn a_renamed_file_is_read_to_its_end_and_its_late_lines_too() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\n");
        assert_eq!(tail.poll(), "1:one\n");
        tail.write("a.log", "two\n");
        tail.rename("a.log", "a.log.1");
        tail.write("a.log", "three\n");
        assert_eq!(tail.poll(), "2:two\n1:three\n");
        tail.write("a.log.1", "late\n");
        tail.write("a.log", "four\n");
        assert_eq!(tail.poll(), "3:late\n2:four\n");
    }

    #[test]
    fn files_between_two_polls_are_not_missed() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\n");
        assert_eq!(tail.poll(), "1:one\n");
        tail.rename("a.log", "a.log.3");
        tail.write("a.log.2", "two\n");
        tail.write("a.log.1", "three\n");
        tail.write("a.log", "four\n");
        assert_eq!(tail.poll(), "1:two\n1:three\n1:four\n");
        assert_eq!(tail.poll(), "");
    }

    #[test]
    fn earlier_rotated_files_are_not_read() {
        let mut tail = Tail::new();
        tail.write("a.log.1", "old\n");
        tail.write("a.log", "one\n");
        assert_eq!(tail.poll(), "1:one\n");
        fs::remove_file(tail.at("a.log")).unwrap();
        tail.write("a.log", "two\n");
        assert_eq!(tail.poll_patiently(), "1:two\n");
    }

    #[test]
    fn a_truncated_file_is_read_from_its_start_even_if_it_has_grown_past_its_old_length() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\ntwo\nhal");
        assert_eq!(tail.poll(), "1:one\ntwo\n");
        for text in ["a\n", "a rather long line, longer than all that stood there\n"] {
            File::create(tail.at("a.log")).unwrap();
            tail.write("a.log", text);
            let shown = tail.poll();
            assert!(shown.ends_with(&format!("1:{text}")), "{shown}");
        }
    }

    #[test]
    fn the_unfinished_line_of_a_truncated_file_is_not_lost() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\nhalf");
        assert_eq!(tail.poll(), "1:one\n");
        File::create(tail.at("a.log")).unwrap();
        tail.write("a.log", "two\n");
        assert_eq!(tail.poll(), "2:half\n1:two\n");
    }

    #[test]
    fn a_removed_file_is_followed_until_it_is_created_again() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\n");
        assert_eq!(tail.poll(), "1:one\n");
        fs::remove_file(tail.at("a.log")).unwrap();
        assert_eq!(tail.poll(), "");
        tail.write("a.log", "two\n");
        assert_eq!(tail.poll_patiently(), "1:two\n");
    }

    #[test]
    fn a_rotation_in_progress_is_waited_for() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\n");
        assert_eq!(tail.poll(), "1:one\n");
        tail.rename("a.log", "a.log.3");
        tail.write("a.log.1", "two\n");
        tail.write("a.log", "three\n");
        assert_eq!(tail.poll(), "");
        tail.rename("a.log.3", "a.log.2");
        assert_eq!(tail.poll(), "1:two\n1:three\n");
    }

    #[test]
    fn a_quiet_former_file_is_closed() {
        let mut tail = Tail::new();
        tail.write("a.log", "half");
        assert_eq!(tail.poll(), "");
        tail.rename("a.log", "a.log.1");
        tail.write("a.log", "one\n");
        assert_eq!(tail.poll(), "1:one\n");
        assert_eq!(tail.follower.former.len(), 1);
        tail.now += QUIET;
        assert_eq!(tail.poll(), "1:half\n");
        assert!(tail.follower.former.is_empty());
    }

    #[test]
    fn resumes_after_the_lines_that_were_read() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\ntwo\n");
        let file = File::open(tail.at("a.log")).unwrap();
        tail.follower = Follower::resume(tail.at("a.log"), file, 4, 1).unwrap();
        assert_eq!(tail.poll(), "2:two\n");
    }
}
