//! Turns the lines that `grep_searcher` finds into hits: filter, context, limits.
//!
//! The library knows matches, not which of them the filter selects. So context is computed here: a match that the filter
//! leaves out is context like any other line.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::path::Path;

use grep_searcher::{Searcher, Sink, SinkContext, SinkMatch};

use crate::logs::search::bounded_lines::Seen;
use crate::logs::search::copies::Copies;
use crate::logs::search::filter::Judged;
use crate::logs::search::listener::{Hit, Listener, Options, Totals};

/// State of the search in one file, passed on where the file is followed.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Lines of the file that were searched, where they are counted.
    pub(super) lines: u64,
    /// Matches so far.
    pub(super) matches: u64,
    /// Whether a line was shown.
    has_shown: bool,
    /// Number of context lines still to be shown after the last match.
    after: usize,
    /// Number and text of lines that were not shown, and may be context of the next match.
    pending: VecDeque<(Option<u64>, Vec<u8>)>,
    /// Whether lines were left out since the last one that was shown.
    has_skipped: bool,
}

/// Receives the lines of one file.
pub(super) struct HitSink<'a> {
    pub(super) path: &'a Path,
    pub(super) options: &'a Options,
    pub(super) listener: &'a mut dyn Listener,
    pub(super) totals: &'a mut Totals,
    /// Recognizes lines that another file has shown, where each is to be found once.
    pub(super) copies: Option<&'a mut Copies>,
    pub(super) seen: &'a RefCell<Seen>,
    pub(super) progress: Progress,
}

impl HitSink<'_> {
    fn is_full(&self) -> bool {
        self.options.max_count.is_some_and(|max| self.progress.matches >= max)
    }

    fn wants_more(&self) -> bool {
        !self.is_full() || self.progress.after > 0
    }

    /// The line's number in the file. The library also counts the line ends that were put into long lines.
    fn number(&self, counted: Option<u64>, offset: u64) -> Option<u64> {
        let seen = self.seen.borrow();
        let seams = seen.seams.partition_point(|&seam| seam < offset) as u64;
        counted.map(|number| self.progress.lines + number - seams)
    }

    fn show(&mut self, number: Option<u64>, line: &[u8], matches: bool) -> io::Result<()> {
        let progress = &mut self.progress;
        if progress.has_skipped && progress.has_shown && self.options.has_context() {
            self.listener.gap()?;
        }
        (progress.has_shown, progress.has_skipped) = (true, false);
        self.listener.hit(Hit { path: self.path, number, line, matches })
    }

    fn show_match(&mut self, number: Option<u64>, line: &[u8]) -> io::Result<()> {
        self.totals.matches += 1;
        self.progress.matches += 1;
        for (number, before) in std::mem::take(&mut self.progress.pending) {
            self.show(number, &before, false)?;
        }
        self.progress.after = self.options.after;
        self.show(number, line, true)
    }

    fn show_if_context(&mut self, number: Option<u64>, line: &[u8]) -> io::Result<()> {
        if self.progress.after > 0 {
            self.progress.after -= 1;
            return self.show(number, line, false);
        }
        let (progress, before) = (&mut self.progress, self.options.before);
        if before > 0 {
            progress.pending.push_back((number, line.to_vec()));
        }
        if progress.pending.len() > before || before == 0 {
            progress.pending.pop_front();
            progress.has_skipped = true;
        }
        Ok(())
    }
}

fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

impl Sink for HitSink<'_> {
    type Error = io::Error;

    fn begin(&mut self, _: &Searcher) -> io::Result<bool> {
        Ok(self.wants_more())
    }

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        let line = without_end(found.bytes());
        let number = self.number(found.line_number(), found.absolute_byte_offset());
        let judged = self.options.filter.judge(line);
        let is_wanted = judged == Judged::Wanted && !self.is_full();
        let copies = self.copies.as_mut().filter(|_| is_wanted);
        if is_wanted && !copies.is_some_and(|copies| copies.is_copy(line)) {
            self.show_match(number, line)?;
        } else {
            self.totals.foreign += u64::from(judged == Judged::Foreign && !self.is_full());
            self.show_if_context(number, line)?;
        }
        Ok(self.wants_more())
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> io::Result<bool> {
        let number = self.number(context.line_number(), context.absolute_byte_offset());
        self.show_if_context(number, without_end(context.bytes()))?;
        Ok(self.wants_more())
    }

    fn context_break(&mut self, _: &Searcher) -> io::Result<bool> {
        self.progress.pending.clear();
        (self.progress.after, self.progress.has_skipped) = (0, true);
        Ok(true)
    }
}
