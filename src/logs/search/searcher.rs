//! The search through files, on the libraries that ripgrep is made of.
//!
//! Files are read in buffers and never mapped: a log may be truncated while it is searched, and what is resident stays
//! small. Lines that don't match are never looked at one by one; filters are asked about matching lines alone.

use std::cell::RefCell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use grep_searcher::{Searcher, SearcherBuilder};

use crate::logs::search::bounded_lines::{Pieces, Seen};
use crate::logs::search::files::{self, Unreadable};
use crate::logs::search::filter::Filter;
use crate::logs::search::match_filter::{Lines, Start};
use crate::logs::search::query::Query;
use crate::logs::search::read_ahead;

/// What is shown of what matches.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Lines that don't match are the ones looked for.
    pub invert: bool,
    /// Lines of context before a match.
    pub before: usize,
    /// Lines of context behind a match.
    pub after: usize,
    /// Stop with a file after that many of its lines.
    pub most: Option<u64>,
    /// Count lines.
    pub numbers: bool,
    /// Which of the matching lines are wanted.
    pub filter: Filter,
}

/// A line that is to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'a> {
    /// The file.
    pub path: &'a Path,
    /// The line's number from 1 on, where lines are counted.
    pub number: Option<u64>,
    /// The line without its end.
    pub line: &'a [u8],
    /// Whether it matches, or only stands near one that does.
    pub matches: bool,
}

/// Takes what a search finds, in the order of the files.
pub trait Listener {
    /// A line to be shown.
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()>;

    /// Lines were left out between the last hit and the next one; only where there is context.
    fn gap(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// A file was searched to its end, or as far as was asked for.
    fn file(&mut self, _path: &Path, _matches: u64) -> io::Result<()> {
        Ok(())
    }

    /// A file can't be read, or not to its end; the rest is still searched.
    fn unreadable(&mut self, unreadable: &Unreadable);

    /// All that is there was searched, and what comes is waited for.
    fn idle(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What there is to say of a file with lines too long to be searched whole.
pub fn too_long(path: &Path) -> String {
    format!("{} has lines of more than 4 MiB: they were searched in pieces", path.display())
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Totals {
    /// Lines that matched and were wanted.
    pub matches: u64,
    /// Lines that matched, and that the filter could not judge because they aren't ours.
    pub foreign: u64,
    /// Files with lines too long to be searched whole: a match across a seam of their pieces was not found.
    pub cut: Vec<PathBuf>,
    /// Files that could not be read, or not to their end.
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

/// A search that is ready to run.
pub struct Search<'a> {
    pub(super) query: &'a Query,
    pub(super) options: &'a Options,
    searcher: Searcher,
}

impl<'a> Search<'a> {
    /// Prepares the search.
    pub fn new(query: &'a Query, options: &'a Options) -> Self {
        Self { query, options, searcher: builder(options).build() }
    }

    /// Searches the files one after another. Fails only where the listener does.
    pub fn files(
        &mut self,
        paths: &[PathBuf],
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> io::Result<()> {
        for path in paths {
            match files::open_sized(path) {
                Ok((text, is_large)) => {
                    self.text(path, text, is_large, listener, totals)?;
                }
                Err(source) => totals.unreadable(listener, path, source),
            }
        }
        Ok(())
    }

    /// Searches one text from its start, and says where lines to come start.
    pub(super) fn text(
        &mut self,
        path: &Path,
        text: impl Read + Send,
        is_large: bool,
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> io::Result<Start> {
        let context = self.options.before > 0 || self.options.after > 0;
        let (mut end, seen) = if is_large && !context {
            self.ahead(path, text, listener, totals)?
        } else {
            self.alone(path, text, listener, totals)?
        };
        listener.file(path, end.matches)?;
        if seen.cut {
            totals.cut.push(path.to_owned());
        }
        if let Some(source) = seen.trouble {
            totals.unreadable(listener, path, source);
        }
        end.lines = seen.lines;
        Ok(end)
    }

    fn alone(
        &mut self,
        path: &Path,
        text: impl Read,
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> io::Result<(Start, Seen)> {
        let seen = RefCell::new(Seen::default());
        let mut lines = Lines::new(path, self.options, listener, Start::default(), Some(&seen));
        let pieces = Pieces::new(text, &seen, self.options.numbers);
        self.searcher.search_reader(&self.query.matcher, pieces, &mut lines)?;
        let end = lines.end(totals);
        Ok((end, seen.into_inner()))
    }

    /// Without context each line can be searched apart from the rest, while another thread reads on.
    fn ahead(
        &mut self,
        path: &Path,
        text: impl Read + Send,
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> io::Result<(Start, Seen)> {
        let mut state = Start::default();
        let seen = read_ahead::read(text, self.options.numbers, &mut |chunk| {
            let mut start = std::mem::take(&mut state);
            start.lines = chunk.before;
            let seams = RefCell::new(Seen { seams: chunk.seams.clone(), ..Seen::default() });
            let mut lines = Lines::new(path, self.options, listener, start, Some(&seams));
            self.searcher.search_slice(&self.query.matcher, chunk.lines(), &mut lines)?;
            state = lines.end(totals);
            Ok(self.options.most.is_none_or(|most| state.matches < most))
        })?;
        Ok((state, seen))
    }
}

fn builder(options: &Options) -> SearcherBuilder {
    let mut builder = SearcherBuilder::new();
    builder
        .invert_match(options.invert)
        .before_context(options.before)
        .after_context(options.after)
        .line_number(options.numbers);
    builder
}

impl Search<'_> {
    /// Makes ready for [`Search::more`]: context may lie before what one call sees, so all lines come by.
    pub(super) fn go_on(&mut self) {
        let context = self.options.before > 0 || self.options.after > 0;
        self.searcher = builder(self.options).passthru(context).build();
    }

    /// Searches lines that go on from others.
    pub(super) fn more(
        &mut self,
        path: &Path,
        lines: &[u8],
        start: Start,
        listener: &mut dyn Listener,
        totals: &mut Totals,
    ) -> io::Result<Start> {
        let mut sink = Lines::new(path, self.options, listener, start, None);
        self.searcher.search_slice(&self.query.matcher, lines, &mut sink)?;
        Ok(sink.end(totals))
    }
}

#[cfg(test)]
mod tests;
