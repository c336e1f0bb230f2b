//! What the records leave open: the book of it, and the very lines that say so.
//!
//! An order without a proved outcome and a position that is not proved closed rest on a few records each. Those lines,
//! replayed alone, give the same open orders and positions as all records do; that is what a [checkpoint] keeps.
//!
//! [checkpoint]: super::checkpoint

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Record;
use super::body::Body;
use super::book::Book;
use super::line::{ParsedLine, parse};

/// What the records leave open.
#[derive(Debug, Default)]
pub struct LeftOpen {
    /// Its runs are those with something open.
    pub book: Book,
    /// By sequence number.
    kept: BTreeMap<u64, Kept>,
}

/// One line, and why it is kept.
#[derive(Debug)]
struct Kept {
    line: Box<[u8]>,
    /// It says whose the evidence is.
    names_owner: bool,
    /// It closed positions, and one of them may have been that of an earlier order that is not resolved.
    is_round: bool,
    /// The run that wrote it, and the one whose order it is about.
    run: Uuid,
    subject: Uuid,
}

impl LeftOpen {
    /// Adds the next record of the chain, with its line, and drops the lines that are no longer needed.
    pub(super) fn add(&mut self, record: Record, line: &[u8]) {
        let may_close = matches!(
            record.body,
            Some(
                Body::OpenOutcome(_)
                    | Body::Resolution(_)
                    | Body::CloseOutcome(_)
                    | Body::EmergencyOutcome(_)
            )
        );
        let seq = self.restore(record, line);
        let book = &self.book;
        if may_close {
            self.kept.retain(|seq, kept| kept.is_needed(*seq, book));
        } else if self.kept.get(&seq).is_some_and(|kept| !kept.is_needed(seq, book)) {
            self.kept.remove(&seq);
        }
    }

    /// Adds a kept line, with its record. A later one may be the reason for it.
    pub(super) fn restore(&mut self, record: Record, line: &[u8]) -> u64 {
        let (seq, run, subject) = (record.seq, record.run, self.book.subject(&record));
        let owner = matches!(record.body, Some(Body::Begin(_))).then(|| self.book.owner.clone());
        let is_round = matches!(record.body, Some(Body::EmergencyOutcome(_)));
        self.book.add(record);
        let names_owner = owner.is_some_and(|before| before != self.book.owner);
        self.kept.insert(seq, Kept { line: line.into(), names_owner, is_round, run, subject });
        seq
    }

    /// The records that say so, in order.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.lines().filter_map(|line| match parse(line) {
            ParsedLine::Record(record) => Some(*record),
            // A line is kept of a record alone.
            _ => None,
        })
    }

    /// Their lines, without newlines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.kept.values().map(|kept| &*kept.line)
    }
}

impl Kept {
    fn is_needed(&self, seq: u64, book: &Book) -> bool {
        self.names_owner
            || book.is_open(self.subject)
            || book.is_open(self.run)
            || self.is_round && book.unresolved().any(|intent| intent.seq < seq)
    }
}
