//! The results of a search, and their receiver.

use std::io;
use std::path::{Path, PathBuf};

use crate::logs::search::files::Unreadable;
use crate::logs::search::filter::Filter;

/// Which lines are shown.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Finds the lines that don't match.
    pub invert: bool,
    /// Number of context lines before a match.
    pub before: usize,
    /// Number of context lines after a match.
    pub after: usize,
    /// Maximum number of matches per file.
    pub max_count: Option<u64>,
    /// Whether hits have line numbers.
    pub line_numbers: bool,
    /// Selects among the matching lines.
    pub filter: Filter,
    /// Whether a line of ours that several files hold is found in the first of them alone.
    pub once: bool,
}

impl Options {
    pub(super) fn has_context(&self) -> bool {
        self.before > 0 || self.after > 0
    }
}

/// A line to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'a> {
    /// The file.
    pub path: &'a Path,
    /// The line's number from 1, with [`Options::line_numbers`].
    pub number: Option<u64>,
    /// The line without its end.
    pub line: &'a [u8],
    /// Whether the line matches; false for context.
    pub matches: bool,
}

/// Receives the hits of a search, in the order of the files.
pub trait Listener {
    /// A line to be shown.
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()>;

    /// Lines were left out between the last hit and the next one; only with context.
    fn gap(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// A file was searched to its end, or to the maximum number of matches.
    fn file(&mut self, _path: &Path, _matches: u64) -> io::Result<()> {
        Ok(())
    }

    /// A file can't be read, or not to its end; the search goes on with the next one.
    fn unreadable(&mut self, unreadable: &Unreadable);

    /// Everything written so far was searched.
    fn idle(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Figures of a search.
#[derive(Debug, Default)]
pub struct Totals {
    /// Number of matching lines that the filter selected.
    pub matches: u64,
    /// Number of matching lines without a header of ours, which the filter can't judge.
    pub foreign: u64,
    /// Files with lines too long to be searched whole: a match across two pieces of one was missed.
    pub cut: Vec<PathBuf>,
    /// Number of files that could not be read, or not to their end.
    pub unreadable: u64,
}

impl Totals {
    pub(super) fn unreadable(
        &mut self,
        listener: &mut dyn Listener,
        path: &Path,
        source: io::Error,
    ) {
        self.unreadable += 1;
        listener.unreadable(&Unreadable { path: path.to_owned(), source });
    }
}

/// Warning about a file in [`Totals::cut`].
pub fn too_long(path: &Path) -> String {
    format!("{} has lines of more than 4 MiB: they were searched in pieces", path.display())
}
