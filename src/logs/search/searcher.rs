//! Searches files with the libraries that ripgrep is made of.
//!
//! Files are read through a buffer and never memory-mapped: a log may be truncated during the search, and resident memory
//! stays small. Lines that don't match are not looked at one by one.

use std::cell::RefCell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use grep_searcher::{Searcher, SearcherBuilder};

use crate::logs::search::bounded_lines::Pieces;
use crate::logs::search::copies::Copies;
use crate::logs::search::files;
use crate::logs::search::listener::{Listener, Options, Totals};
use crate::logs::search::match_filter::{HitSink, Progress};
use crate::logs::search::query::Query;

/// A search that is ready to run.
pub struct Search<'a> {
    query: &'a Query,
    options: &'a Options,
    searcher: Searcher,
    /// Figures so far.
    pub totals: Totals,
    /// Whether lines that are written later follow.
    is_following: bool,
    /// Recognizes lines that another file has shown, where each is to be found once.
    copies: Option<Copies>,
}

impl<'a> Search<'a> {
    /// Prepares the search.
    pub fn new(query: &'a Query, options: &'a Options) -> Self {
        let (searcher, totals) = (builder(options).build(), Totals::default());
        Self { query, options, searcher, totals, is_following: false, copies: None }
    }

    /// Searches the files one after another. Fails only where the listener does.
    pub fn files(&mut self, paths: &[PathBuf], listener: &mut dyn Listener) -> io::Result<()> {
        // One file has no copies.
        self.copies = (self.options.once && paths.len() > 1).then(Copies::default);
        for path in paths {
            match files::open(path) {
                Ok((text, _)) => {
                    self.text(path, text, listener)?;
                }
                Err(source) => self.totals.unreadable(listener, path, source),
            }
            self.copies.iter_mut().for_each(Copies::next_file);
        }
        self.copies = None;
        Ok(())
    }

    /// Searches a file's text.
    pub(super) fn text(
        &mut self,
        path: &Path,
        text: impl Read,
        listener: &mut dyn Listener,
    ) -> io::Result<Progress> {
        let seen = RefCell::default();
        // The library counts lines only up to the last match, and following needs all of them.
        let counts_lines = self.is_following && self.options.line_numbers;
        let pieces = Pieces::new(text, &seen, counts_lines);
        let (options, totals, progress) = (self.options, &mut self.totals, Progress::default());
        let copies = self.copies.as_mut();
        let mut sink = HitSink { path, options, listener, totals, copies, seen: &seen, progress };
        self.searcher.search_reader(&self.query.matcher, pieces, &mut sink)?;
        let mut progress = sink.progress;
        let seen = seen.into_inner();
        listener.file(path, progress.matches)?;
        if !seen.seams.is_empty() {
            self.totals.cut.push(path.to_owned());
        }
        if let Some(source) = seen.error {
            self.totals.unreadable(listener, path, source);
        }
        progress.lines = seen.lines;
        Ok(progress)
    }

    /// Prepares for [`Search::more`]. A match's context may lie in an earlier call's lines, so the sink needs every line.
    pub(super) fn start_following(&mut self) {
        self.is_following = true;
        self.searcher = builder(self.options).passthru(self.options.has_context()).build();
    }

    /// Searches further lines of a file.
    pub(super) fn more(
        &mut self,
        path: &Path,
        lines: &[u8],
        progress: Progress,
        listener: &mut dyn Listener,
    ) -> io::Result<Progress> {
        let (options, totals, seen) = (self.options, &mut self.totals, RefCell::default());
        let copies = None;
        let mut sink = HitSink { path, options, listener, totals, copies, seen: &seen, progress };
        self.searcher.search_slice(&self.query.matcher, lines, &mut sink)?;
        Ok(sink.progress)
    }
}

fn builder(options: &Options) -> SearcherBuilder {
    let mut builder = SearcherBuilder::new();
    builder
        .invert_match(options.invert)
        .before_context(options.before)
        .after_context(options.after)
        .line_number(options.line_numbers);
    builder
}

#[cfg(test)]
mod tests;
