//! From the searcher's lines to the hits that are shown: filter, context, limits.
//!
//! The searcher knows matches; what is *wanted* is decided here, so context is kept here as well: a line that matches
//! and isn't wanted is context like any other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::path::Path;

use grep_searcher::{Searcher, Sink, SinkContext, SinkMatch};

use crate::logs::search::bounded_lines::Seen;
use crate::logs::search::filter::Judged;
use crate::logs::search::searcher::{Hit, Listener, Options, Totals};

/// Where a text begins that goes on from another.
#[derive(Debug, Clone, Default)]
pub(super) struct Start {
    /// Lines before it.
    pub(super) lines: u64,
    /// Matches before it.
    pub(super) matches: u64,
    /// Whether anything was shown.
    shown: bool,
    /// Lines behind a match that are still to be shown.
    after: usize,
    /// Lines that were not shown, and may be context of the next match.
    pending: VecDeque<Pending>,
    /// Whether lines were left out since the last one that was shown.
    skipped: bool,
}

#[derive(Debug, Clone)]
struct Pending {
    number: Option<u64>,
    line: Vec<u8>,
}

/// Takes the lines of one text.
pub(super) struct Lines<'a> {
    path: &'a Path,
    options: &'a Options,
    listener: &'a mut dyn Listener,
    seen: Option<&'a RefCell<Seen>>,
    state: Start,
    foreign: u64,
    matches_before: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(
        path: &'a Path,
        options: &'a Options,
        listener: &'a mut dyn Listener,
        start: Start,
        seen: Option<&'a RefCell<Seen>>,
    ) -> Self {
        let matches_before = start.matches;
        Self { path, options, listener, seen, state: start, foreign: 0, matches_before }
    }

    /// Adds to the totals, and says where the text that goes on from here begins.
    pub(super) fn end(self, totals: &mut Totals) -> Start {
        totals.matches += self.state.matches - self.matches_before;
        totals.foreign += self.foreign;
        self.state
    }

    fn has_context(&self) -> bool {
        self.options.before > 0 || self.options.after > 0
    }

    fn is_full(&self) -> bool {
        self.options.most.is_some_and(|most| self.state.matches >= most)
    }

    /// The line's number in the file: seams that were put into long lines don't count.
    fn number(&self, counted: Option<u64>, offset: u64) -> Option<u64> {
        let seams = self.seen.map_or(0, |seen| {
            let seams = &seen.borrow().seams;
            seams.partition_point(|&seam| seam < offset) as u64
        });
        counted.map(|number| self.state.lines + number - seams)
    }

    fn show(&mut self, number: Option<u64>, line: &[u8], matches: bool) -> io::Result<()> {
        if self.state.skipped && self.state.shown && self.has_context() {
            self.listener.gap()?;
        }
        (self.state.shown, self.state.skipped) = (true, false);
        self.listener.hit(Hit { path: self.path, number, line, matches })
    }

    fn wanted(&mut self, number: Option<u64>, line: &[u8]) -> io::Result<()> {
        self.state.matches += 1;
        // What is shown from among the pending lines stands right before this one.
        for before in std::mem::take(&mut self.state.pending) {
            self.show(before.number, &before.line, false)?;
        }
        self.state.after = self.options.after;
        self.show(number, line, true)
    }

    fn beside(&mut self, number: Option<u64>, line: &[u8]) -> io::Result<()> {
        if self.state.after > 0 {
            self.state.after -= 1;
            return self.show(number, line, false);
        }
        if self.options.before > 0 {
            self.state.pending.push_back(Pending { number, line: line.to_vec() });
        }
        if self.state.pending.len() > self.options.before || self.options.before == 0 {
            self.state.pending.pop_front();
            self.state.skipped = true;
        }
        Ok(())
    }
}

fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

impl Sink for Lines<'_> {
    type Error = io::Error;

    fn begin(&mut self, _: &Searcher) -> io::Result<bool> {
        Ok(!self.is_full() || self.state.after > 0)
    }

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        let line = without_end(found.bytes());
        let number = self.number(found.line_number(), found.absolute_byte_offset());
        let judged = match self.options.filter.judge(line) {
            _ if self.is_full() => Judged::Unwanted,
            judged => judged,
        };
        match judged {
            Judged::Wanted => self.wanted(number, line)?,
            Judged::Unwanted => self.beside(number, line)?,
            Judged::Foreign => {
                self.foreign += 1;
                self.beside(number, line)?;
            }
        }
        Ok(!self.is_full() || self.state.after > 0)
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> io::Result<bool> {
        let number = self.number(context.line_number(), context.absolute_byte_offset());
        self.beside(number, without_end(context.bytes()))?;
        Ok(!self.is_full() || self.state.after > 0)
    }

    fn context_break(&mut self, _: &Searcher) -> io::Result<bool> {
        self.state.pending.clear();
        (self.state.after, self.state.skipped) = (0, true);
        Ok(true)
    }
}
