//! A search that goes on with the lines that are written later.
//!
//! Each file is searched up to its last whole line, and followed from there. Directories are listed again at each poll,
//! because new runs start new logs.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::clock::{Clock, Stopped};
use crate::logs::search::files::{self, Unreadable};
use crate::logs::search::follow::{Follower, INTERVAL};
use crate::logs::search::listener::Listener;
use crate::logs::search::match_filter::Progress;
use crate::logs::search::searcher::Search;

/// Why following ended.
#[derive(Debug, thiserror::Error)]
pub enum TailEnd {
    /// On request: the usual end.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The listener failed.
    #[error(transparent)]
    Listener(#[from] io::Error),
}

struct Tail {
    follower: Follower,
    progress: Progress,
}

impl Tail {
    fn new(path: PathBuf) -> Self {
        Self { follower: Follower::new(path), progress: Progress::default() }
    }
}

impl Search<'_> {
    /// Searches the files and directories, then follows them until a request to stop or the listener's failure. A missing
    /// file is waited for.
    pub fn follow(
        &mut self,
        paths: &[PathBuf],
        clock: &dyn Clock,
        listener: &mut dyn Listener,
    ) -> Result<Infallible, TailEnd> {
        self.start_following();
        let mut known = BTreeSet::new();
        let mut tails = Vec::new();
        for path in files::find(paths).files {
            tails.extend(self.begin(&path, listener)?);
            known.insert(path);
        }
        for path in paths.iter().filter(|path| !path.is_dir()) {
            if known.insert(path.clone()) {
                let source = io::ErrorKind::NotFound.into();
                listener.unreadable(&Unreadable { path: path.clone(), source });
                tails.push(Tail::new(path.clone()));
            }
        }
        listener.idle()?;
        loop {
            clock.sleep(INTERVAL)?;
            for path in new_logs(paths, &known) {
                tails.push(Tail::new(path.clone()));
                known.insert(path);
            }
            for tail in &mut tails {
                self.poll(tail, clock, listener)?;
            }
            listener.idle()?;
        }
    }

    /// Searches a file up to its last whole line, to be followed from there. A compressed file is only searched.
    fn begin(&mut self, path: &Path, listener: &mut dyn Listener) -> io::Result<Option<Tail>> {
        let opened = files::open(path).and_then(|(text, is_gzip)| match is_gzip {
            true => Ok((text, None)),
            false => {
                let file = File::open(path)?;
                let end = whole_lines(&file)?;
                Ok((text, Some((file, end))))
            }
        });
        let (file, end) = match opened {
            Ok((_, Some(plain))) => plain,
            Ok((text, None)) => {
                self.text(path, text, listener)?;
                return Ok(None);
            }
            Err(source) => {
                self.totals.unreadable(listener, path, source);
                return Ok(None);
            }
        };
        let progress = self.text(path, (&file).take(end), listener)?;
        let follower = Follower::resume(path.to_owned(), file, end, progress.lines)
            // It was truncated meanwhile, so its present text is new.
            .unwrap_or_else(|_| Follower::new(path.to_owned()));
        Ok(Some(Tail { follower, progress }))
    }

    fn poll(
        &mut self,
        tail: &mut Tail,
        clock: &dyn Clock,
        listener: &mut dyn Listener,
    ) -> io::Result<()> {
        let Tail { follower, progress } = tail;
        let path = follower.path().to_owned();
        follower.poll(clock.monotonic(), &mut |lines, before| {
            progress.lines = before;
            *progress = self.more(&path, lines, std::mem::take(progress), listener)?;
            Ok(())
        })?;
        if let Some(source) = follower.take_error() {
            self.totals.unreadable(listener, &path, source);
        }
        Ok(())
    }
}

/// Logs that were created since. Rotated logs are left out: they were read under their first names.
fn new_logs(paths: &[PathBuf], known: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let directories = paths.iter().filter(|path| path.is_dir());
    let logs = directories.filter_map(|directory| files::logs_in(directory).ok()).flatten();
    let is_log = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "log");
    logs.filter(|path| is_log(path) && !known.contains(path)).collect()
}

/// The file's length up to the end of its last whole line.
fn whole_lines(file: &File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut buffer = [0; 8192];
    while end > 0 {
        let start = end.saturating_sub(buffer.len() as u64);
        let window = usize::try_from(end - start).unwrap_or(buffer.len());
        let count = file.read_at(&mut buffer[..window], start)?;
        if let Some(at) = memchr::memrchr(b'\n', &buffer[..count]) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
