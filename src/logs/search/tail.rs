//! A search that goes on with what is written.
//!
//! What is there is searched first, up to its last whole line; from just there on the files are followed. A directory is
//! looked at again and again for logs of new runs.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::clock::{Clock, Stopped};
use crate::logs::search::files::{self, Text};
use crate::logs::search::follow::{Follower, INTERVAL};
use crate::logs::search::match_filter::Start;
use crate::logs::search::searcher::{Listener, Search, Totals};

/// Why following ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// Somebody asked to stop: the usual end.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The listener failed.
    #[error(transparent)]
    Listener(#[from] io::Error),
}

struct Tail {
    follower: Follower,
    start: Start,
}

impl Search<'_> {
    /// Searches what is at those paths, then follows them until the clock's sleeper is stopped or the listener fails. A
    /// file that isn't there yet is waited for.
    pub fn follow(
        &mut self,
        paths: &[PathBuf],
        clock: &dyn Clock,
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> Ended {
        match self.try_follow(paths, clock, listener, totals) {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    fn try_follow(
        &mut self,
        paths: &[PathBuf],
        clock: &dyn Clock,
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> Result<std::convert::Infallible, Ended> {
        self.go_on();
        let mut known = BTreeSet::new();
        let mut tails = Vec::new();
        for path in files::find(paths).files {
            tails.extend(self.begin(&path, listener, totals)?);
            known.insert(path);
        }
        for path in paths.iter().filter(|path| !path.is_dir()) {
            if known.insert(path.clone()) {
                listener.unreadable(&files::Unreadable {
                    path: path.clone(),
                    source: io::ErrorKind::NotFound.into(),
                });
                tails.push(Tail { follower: Follower::new(path.clone()), start: Start::default() });
            }
        }
        listener.idle()?;
        loop {
            clock.sleep(INTERVAL)?;
            for path in new_logs(paths, &known) {
                tails.push(Tail { follower: Follower::new(path.clone()), start: Start::default() });
                known.insert(path);
            }
            for tail in &mut tails {
                self.poll(tail, clock, listener, totals)?;
            }
            listener.idle()?;
        }
    }

    /// Searches a file up to its last whole line, and follows it from there unless it is compressed: then it is done.
    fn begin(
        &mut self,
        path: &Path,
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> io::Result<Option<Tail>> {
        let opened = files::open(path).and_then(|text| match text {
            Text::Gzip(_) => Ok((text, None)),
            Text::Plain(_) => {
                let file = File::open(path)?;
                let end = whole_lines(&file)?;
                Ok((text, Some((file, end))))
            }
        });
        let (text, plain) = match opened {
            Ok(opened) => opened,
            Err(source) => {
                totals.unreadable(listener, path, source);
                return Ok(None);
            }
        };
        let Some((file, end)) = plain else {
            self.text(path, text, false, listener, totals)?;
            return Ok(None);
        };
        drop(text);
        let start = self.text(path, (&file).take(end), end >= files::LARGE, listener, totals)?;
        match Follower::resume(path.to_owned(), file, end, start.lines) {
            Ok(follower) => Ok(Some(Tail { follower, start })),
            // It was truncated meanwhile: what stands there now is new.
            Err(_) => Ok(Some(Tail { follower: Follower::new(path.to_owned()), start })),
        }
    }

    fn poll(
        &mut self,
        tail: &mut Tail,
        clock: &dyn Clock,
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> io::Result<()> {
        let Tail { follower, start } = tail;
        let path = follower.path().to_owned();
        follower.poll(clock.monotonic(), &mut |chunk| {
            start.lines = chunk.before;
            let before = std::mem::take(start);
            *start = self.more(&path, chunk.lines, before, listener, totals)?;
            Ok(())
        })?;
        if let Some(source) = follower.trouble() {
            totals.unreadable(listener, &path, source);
        }
        Ok(())
    }
}

/// Logs that have come up since. What a log is rotated into was read under its first name.
fn new_logs(paths: &[PathBuf], known: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let directories = paths.iter().filter(|path| path.is_dir());
    let logs = directories.filter_map(|directory| files::logs_in(directory).ok());
    let mut found: Vec<PathBuf> = logs.flatten().collect();
    found.retain(|path| {
        path.extension().is_some_and(|extension| extension == "log") && !known.contains(path)
    });
    found
}

/// The part of a file that is there, up to the end of its last line.
pub(super) fn whole_lines(file: &File) -> io::Result<u64> {
    use std::os::unix::fs::FileExt as _;
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
