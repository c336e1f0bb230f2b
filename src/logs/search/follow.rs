//! What is written to a log from now on, whatever becomes of its file.
//!
//! A log may be renamed with a new one in its place, truncated where it stands (`copytruncate`), or removed and made
//! again. Each file is held open until it has been quiet for a while after its name went to another, so that what a slow
//! writer still appends is read; a truncation is noticed even where the file has grown past its old length since,
//! because what stood right before the place that was read to is read again and compared. Nothing can bring back lines
//! that were truncated away before they were looked at.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::logs::search::bounded_lines::LONGEST;

/// From one look at the files to the next.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);
/// How long a file is still looked at after its last line, once its name is another's.
const QUIET: Duration = Duration::from_secs(60);
/// Looks at which the names of rotated files need not lead to the one that is held: a rotation may be under way, and
/// names then move while they are read.
const PATIENCE: u32 = 4;
/// How many rotated names are looked at.
const MOST_PARTS: usize = 64;
/// How much of what was read last is compared, in bytes: lines that begin with a time differ within that.
const MARK: usize = 128;
/// How much is read at a time, in bytes.
const CHUNK: usize = 256 * 1024;

/// Device and inode: the same for one file as long as it is held open.
type Identity = (u64, u64);

/// Follows one path.
pub(super) struct Follower {
    path: PathBuf,
    /// Files that the path named before, oldest first.
    former: Vec<Held>,
    current: Option<Held>,
    /// Looks in a row at which the held file was not found again.
    astray: u32,
    trouble: Option<io::Error>,
}

/// Whole lines of one file.
pub(super) struct Chunk<'a> {
    /// Each with its end.
    pub(super) lines: &'a [u8],
    /// How many lines the file holds before these.
    pub(super) before: u64,
}

type Take<'t> = &'t mut dyn FnMut(Chunk<'_>) -> io::Result<()>;

impl Follower {
    /// From the start of whatever is or will be at that path.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, former: Vec::new(), current: None, astray: 0, trouble: None }
    }

    /// From behind what was already read of that file.
    pub(super) fn resume(path: PathBuf, file: File, read: u64, lines: u64) -> io::Result<Self> {
        let mut held = Held::new(file)?;
        let window = usize::try_from(read.min(MARK as u64)).unwrap_or(MARK);
        held.mark.resize(window, 0);
        held.file.read_exact_at(&mut held.mark, read - window as u64)?;
        (held.read, held.lines) = (read, lines);
        Ok(Self { current: Some(held), ..Self::new(path) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What kept it from reading, once.
    pub(super) fn trouble(&mut self) -> Option<io::Error> {
        self.trouble.take()
    }

    /// Hands on what was written since. Fails only where `take` does.
    pub(super) fn poll(&mut self, now: Duration, take: Take<'_>) -> io::Result<()> {
        for held in self.former.iter_mut().chain(&mut self.current) {
            held.read_on(now, &mut self.trouble, take)?;
        }
        for index in (0..self.former.len()).rev() {
            if now.saturating_sub(self.former[index].heard) >= QUIET {
                self.former.remove(index).close_off(take)?;
            }
        }
        if !self.moved() {
            return Ok(());
        }
        let successors = self.successors();
        // The last look at the former file came before the rename may have; what lies between belongs before the rest.
        if let Some(held) = &mut self.current {
            held.read_on(now, &mut self.trouble, take)?;
        }
        for mut held in successors {
            held.heard = now;
            held.read_on(now, &mut self.trouble, take)?;
            self.former.extend(self.current.replace(held));
        }
        Ok(())
    }

    /// Whether the path names another file than the one that is held.
    fn moved(&self) -> bool {
        let Ok(meta) = fs::metadata(&self.path) else { return false };
        self.current.as_ref().is_none_or(|held| held.identity != (meta.dev(), meta.ino()))
    }

    /// The file that the path names now, and before it those that it named since the last look.
    fn successors(&mut self) -> Vec<Held> {
        let newest = match self.scan() {
            Ok(Scan::Found(all)) => {
                self.astray = 0;
                return all;
            }
            Ok(Scan::Moving) => return Vec::new(),
            Ok(Scan::Astray(newest)) => newest,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    self.trouble.get_or_insert(error);
                }
                return Vec::new();
            }
        };
        self.astray += 1;
        if self.astray < PATIENCE {
            return Vec::new();
        }
        self.astray = 0;
        // The held one isn't among the rotated: nothing says which of the others were read before.
        vec![newest]
    }

    /// Goes from the path through its rotated names down to the file that is held.
    fn scan(&self) -> io::Result<Scan> {
        let newest = Held::new(File::open(&self.path)?)?;
        let Some(current) = &self.current else { return Ok(Scan::Found(vec![newest])) };
        if newest.identity == current.identity {
            return Ok(Scan::Found(Vec::new()));
        }
        let mut between: Vec<Held> = Vec::new();
        let mut found = false;
        // `.1` is the last that was renamed, `.2` the one before it.
        for number in 1..=MOST_PARTS {
            let Ok(held) = File::open(rotated(&self.path, number)).and_then(Held::new) else {
                break;
            };
            if held.identity == current.identity {
                found = true;
                break;
            }
            // One that was seen under its former name has been moved on since.
            if between.iter().all(|seen| seen.identity != held.identity) {
                between.push(held);
            }
        }
        // A whole rotation since the first look: the order in which files were met is not theirs.
        let meta = fs::metadata(&self.path)?;
        if newest.identity != (meta.dev(), meta.ino()) {
            return Ok(Scan::Moving);
        }
        if !found {
            return Ok(Scan::Astray(newest));
        }
        between.reverse();
        between.push(newest);
        Ok(Scan::Found(between))
    }
}

/// Where the names of a log lead to.
enum Scan {
    /// To the file that is held; those that came after it, oldest first.
    Found(Vec<Held>),
    /// To the newest file, and never to the one that is held.
    Astray(Held),
    /// Elsewhere by now.
    Moving,
}

fn rotated(path: &Path, number: usize) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// A file that is held open.
struct Held {
    file: File,
    identity: Identity,
    /// Bytes that were read.
    read: u64,
    /// The last of them.
    mark: Vec<u8>,
    /// A line without its end yet.
    open: Vec<u8>,
    /// Lines that were handed on.
    lines: u64,
    /// When the last of it was read.
    heard: Duration,
}

impl Held {
    fn new(file: File) -> io::Result<Self> {
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self {
            file,
            identity: (meta.dev(), meta.ino()),
            read: 0,
            mark: Vec::new(),
            open: Vec::new(),
            lines: 0,
            heard: Duration::ZERO,
        })
    }

    fn read_on(
        &mut self,
        now: Duration,
        trouble: &mut Option<io::Error>,
        take: Take<'_>,
    ) -> io::Result<()> {
        let mut buffer = vec![0; MARK + CHUNK];
        loop {
            let marked = self.mark.len();
            // Mark and news in one read: the news is from the same file as what was read before it, or neither is.
            let count = match self.file.read_at(&mut buffer, self.read - marked as u64) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    trouble.get_or_insert(error);
                    return Ok(());
                }
            };
            let bytes = &buffer[..count];
            let Some(news) = bytes.strip_prefix(self.mark.as_slice()) else {
                self.truncated(take)?;
                continue;
            };
            if news.is_empty() {
                return Ok(());
            }
            self.heard = now;
            self.read += news.len() as u64;
            self.mark = bytes[count.saturating_sub(MARK)..].to_vec();
            self.hand_on(news, take)?;
        }
    }

    fn truncated(&mut self, take: Take<'_>) -> io::Result<()> {
        self.close_line(take)?;
        (self.read, self.lines) = (0, 0);
        self.mark.clear();
        Ok(())
    }

    fn hand_on(&mut self, news: &[u8], take: Take<'_>) -> io::Result<()> {
        let Some(end) = memchr::memrchr(b'\n', news) else {
            self.open.extend_from_slice(news);
            if self.open.len() >= LONGEST {
                self.close_line(take)?;
            }
            return Ok(());
        };
        let (whole, rest) = news.split_at(end + 1);
        if self.open.is_empty() {
            self.lines(whole, take)?;
        } else {
            let mut first = std::mem::take(&mut self.open);
            first.extend_from_slice(whole);
            self.lines(&first, take)?;
        }
        self.open.extend_from_slice(rest);
        Ok(())
    }

    fn lines(&mut self, lines: &[u8], take: Take<'_>) -> io::Result<()> {
        take(Chunk { lines, before: self.lines })?;
        self.lines += memchr::memchr_iter(b'\n', lines).count() as u64;
        Ok(())
    }

    /// Hands on a line whose end will not come.
    fn close_line(&mut self, take: Take<'_>) -> io::Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        let mut line = std::mem::take(&mut self.open);
        line.push(b'\n');
        self.lines(&line, take)
    }

    fn close_off(mut self, take: Take<'_>) -> io::Result<()> {
        self.close_line(take)
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

        /// What one look brings, with the number of each chunk's first line.
        fn look(&mut self) -> String {
            let mut text = String::new();
            self.now += INTERVAL;
            let mut take = |chunk: Chunk<'_>| {
                text.push_str(&format!("{}:", chunk.before + 1));
                text.push_str(std::str::from_utf8(chunk.lines).unwrap());
                Ok(())
            };
            self.follower.poll(self.now, &mut take).unwrap();
            text
        }
    }

    impl Tail {
        /// What as many looks bring as it takes to see that a file was made anew.
        fn look_patiently(&mut self) -> String {
            (0..PATIENCE).map(|_| self.look()).collect()
        }
    }

    #[test]
    fn waits_for_the_file_and_for_the_end_of_each_line() {
        let mut tail = Tail::new();
        assert_eq!(tail.look(), "");
        tail.write("a.log", "one\ntw");
        assert_eq!(tail.look(), "1:one\n");
        assert_eq!(tail.look(), "");
        tail.write("a.log", "o\n");
        assert_eq!(tail.look(), "2:two\n");
    }

    #[test]
    fn a_renamed_file_is_read_to_its_end_and_its_late_lines_too() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\n");
        assert_eq!(tail.look(), "1:one\n");
        tail.write("a.log", "two\n");
        tail.rename("a.log", "a.log.1");
        tail.write("a.log", "three\n");
        assert_eq!(tail.look(), "2:two\n1:three\n");
        tail.write("a.log.1", "late\n");
        tail.write("a.log", "four\n");
        assert_eq!(tail.look(), "3:late\n2:four\n");
    }

    #[test]
    fn files_between_two_looks_are_not_missed() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\n");
        assert_eq!(tail.look(), "1:one\n");
        tail.rename("a.log", "a.log.3");
        tail.write("a.log.2", "two\n");
        tail.write("a.log.1", "three\n");
        tail.write("a.log", "four\n");
        assert_eq!(tail.look(), "1:two\n1:three\n1:four\n");
        assert_eq!(tail.look(), "");
    }

    #[test]
    fn rotated_files_that_were_there_before_are_not_read() {
        let mut tail = Tail::new();
        tail.write("a.log.1", "old\n");
        tail.write("a.log", "one\n");
        assert_eq!(tail.look(), "1:one\n");
        fs::remove_file(tail.at("a.log")).unwrap();
        tail.write("a.log", "two\n");
        assert_eq!(tail.look_patiently(), "1:two\n");
    }

    #[test]
    fn a_truncated_file_is_read_from_its_start_even_if_it_has_grown_past_its_old_length() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\ntwo\nhal");
        assert_eq!(tail.look(), "1:one\ntwo\n");
        for text in ["a\n", "a rather long line, longer than all that stood there\n"] {
            File::create(tail.at("a.log")).unwrap();
            tail.write("a.log", text);
            let shown = tail.look();
            assert!(shown.ends_with(&format!("1:{text}")), "{shown}");
        }
    }

    #[test]
    fn the_piece_of_a_line_that_was_truncated_away_is_not_lost() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\nhalf");
        assert_eq!(tail.look(), "1:one\n");
        File::create(tail.at("a.log")).unwrap();
        tail.write("a.log", "two\n");
        assert_eq!(tail.look(), "2:half\n1:two\n");
    }

    #[test]
    fn a_removed_file_is_followed_until_it_is_made_again() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\n");
        assert_eq!(tail.look(), "1:one\n");
        fs::remove_file(tail.at("a.log")).unwrap();
        assert_eq!(tail.look(), "");
        tail.write("a.log", "two\n");
        assert_eq!(tail.look_patiently(), "1:two\n");
    }

    #[test]
    fn a_rotation_that_is_under_way_is_waited_for() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\n");
        assert_eq!(tail.look(), "1:one\n");
        tail.rename("a.log", "a.log.3");
        tail.write("a.log.1", "two\n");
        tail.write("a.log", "three\n");
        assert_eq!(tail.look(), "");
        tail.rename("a.log.3", "a.log.2");
        assert_eq!(tail.look(), "1:two\n1:three\n");
    }

    #[test]
    fn a_former_file_is_let_go_once_it_has_been_quiet() {
        let mut tail = Tail::new();
        tail.write("a.log", "half");
        assert_eq!(tail.look(), "");
        tail.rename("a.log", "a.log.1");
        tail.write("a.log", "one\n");
        assert_eq!(tail.look(), "1:one\n");
        assert_eq!(tail.follower.former.len(), 1);
        tail.now += QUIET;
        assert_eq!(tail.look(), "1:half\n");
        assert!(tail.follower.former.is_empty());
    }

    #[test]
    fn goes_on_from_what_was_read() {
        let mut tail = Tail::new();
        tail.write("a.log", "one\ntwo\n");
        let file = File::open(tail.at("a.log")).unwrap();
        tail.follower = Follower::resume(tail.at("a.log"), file, 4, 1).unwrap();
        assert_eq!(tail.look(), "2:two\n");
    }
}
