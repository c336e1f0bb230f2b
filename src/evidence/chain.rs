//! Walks along the chain: every record, and every damage with its name.
//!
//! After a damage the walk goes on from the next trustworthy record, so each damage is named once and later records are
//! still read. Memory is bounded: one line, and a bounded number of gaps that a later record may fill. `end` judges the
//! end of the chain by its head, and [`anchor`] holds heads that were noted elsewhere against it.

pub mod anchor;
mod end;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::body::{Body, TornTail};
use super::damage::{Damage, DamageKind, Remark, RemarkKind};
use super::head::{Head, Stored};
use super::line::{ParsedLine, Record};
use super::parsed::{Line, ParsedLines};
use super::source::Source;
use super::{Evidence, EvidenceError, Sha256Hex};
use anchor::Anchors;

/// Number of gaps in the sequence numbers that are kept, to tell a reordered record from a duplicate.
const MAX_GAPS: usize = 4096;

/// One step of the walk.
#[derive(Debug)]
pub enum Step {
    /// A record whose own hash is right.
    Record(Box<Record>),
    /// A damage.
    Damage(Damage),
    /// A peculiarity that is no damage.
    Remark(Remark),
}

/// The walk along the chain.
pub struct Chain<'e> {
    evidence: &'e Evidence,
    lines: ParsedLines,
    files: Files,
    line: u64,
    head: Stored,
    anchors: Anchors,
    /// The expected sequence number.
    next: u64,
    prev: PrevHash,
    last_time: Option<Timestamp>,
    /// Lines that are no records, until the next record accounts for them.
    torn: Option<TornLines>,
    gaps: VecDeque<Gap>,
    /// The hash of the record at the head's count.
    at_head: Option<PrevHash>,
    steps: VecDeque<Step>,
    ended: bool,
}

/// The files of a walk.
pub(super) struct Files {
    /// Length of the file that is appended to, and the number that it has or gets.
    pub(super) active_bytes: u64,
    pub(super) active_number: u32,
    /// Length of all files, as they are on the disk.
    pub(super) bytes: u64,
    done: Arc<AtomicU64>,
}

impl Files {
    fn of(source: &Source) -> Self {
        let Source { active_bytes, active_number, bytes, .. } = *source;
        Self { active_bytes, active_number, bytes, done: Arc::clone(&source.done) }
    }
}

/// The hash by which the next record may name a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PrevHash {
    Known(Sha256Hex),
    /// Of an altered record, stated and actual: either its bytes or its hash were altered.
    Either(Sha256Hex, Sha256Hex),
    /// The record could not be read.
    Unknown,
}

impl PrevHash {
    fn allows(self, hash: Sha256Hex) -> bool {
        match self {
            Self::Known(known) => hash == known,
            Self::Either(stated, actual) => hash == stated || hash == actual,
            Self::Unknown => true,
        }
    }
}

struct TornLines {
    first_line: u64,
    lines: u64,
    bytes: u64,
    hasher: Sha256,
    /// Whether the last of them ends with a newline.
    ended: bool,
}

/// Missing sequence numbers, with the line after them.
struct Gap {
    line: u64,
    from: u64,
    to: u64,
}

impl<'e> Chain<'e> {
    /// Starts at the first record.
    pub(super) fn new(
        evidence: &'e Evidence,
        source: Source,
        head: Stored,
        anchors: Anchors,
    ) -> Self {
        Self::after(evidence, source, head, anchors, Head::EMPTY, None)
    }

    /// Starts after a record of that count, hash and time, where the source begins.
    pub(super) fn after(
        evidence: &'e Evidence,
        source: Source,
        head: Stored,
        anchors: Anchors,
        known: Head,
        time: Option<Timestamp>,
    ) -> Self {
        let mut chain = Self {
            evidence,
            files: Files::of(&source),
            lines: ParsedLines::here(source),
            line: 0,
            at_head: None,
            head,
            anchors,
            next: 1,
            prev: PrevHash::Known(known.hash),
            last_time: time,
            torn: None,
            gaps: VecDeque::new(),
            steps: VecDeque::new(),
            ended: false,
        };
        chain.advance(known.count, chain.prev);
        chain
    }

    /// The line of the record that was returned last, without its newline.
    pub fn line(&self) -> &[u8] {
        self.lines.line()
    }

    /// The files that it reads.
    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    /// Parses on all processors: for a walk over all records.
    #[must_use]
    pub fn on_threads(mut self) -> Self {
        self.lines.on_threads();
        self
    }

    /// Number of bytes read so far, and of all, as they are on the disk.
    pub fn progress(&self) -> (u64, u64) {
        (self.files.done.load(Ordering::Relaxed), self.files.bytes)
    }

    /// The last record so far, as a head.
    pub fn reached(&self) -> Option<Head> {
        match self.prev {
            PrevHash::Known(hash) => Some(Head { count: self.next - 1, hash }),
            PrevHash::Either(..) | PrevHash::Unknown => None,
        }
    }

    /// Reads one line, or judges the end of the chain after the last.
    fn read_line(&mut self) -> io::Result<()> {
        let Some(line) = self.lines.next()? else {
            self.end();
            self.ended = true;
            return Ok(());
        };
        if let Line::Bad(bad) = &line {
            let found = format!("{} can't be read to its end: {}", bad.path.display(), bad.why);
            self.damage_at(DamageKind::SegmentUnreadable, None, Some(self.next), found);
            return Ok(());
        }
        self.line += 1;
        match line {
            Line::Bad(_) => {}
            Line::Oversized { bytes } => {
                self.report_torn();
                let found = format!("{bytes} bytes without an end");
                self.damage(DamageKind::Oversized, Some(self.next), found);
                self.advance(self.next, PrevHash::Unknown);
            }
            Line::Whole { parsed: ParsedLine::Record(record), ended } => {
                self.add_record(record, ended);
            }
            Line::Whole { parsed: ParsedLine::Altered { seq, stated, actual }, .. } => {
                self.report_torn();
                let found = format!(
                    "the record numbered {seq} was altered: it states the hash {stated} and hashes to {actual}"
                );
                self.damage(DamageKind::Altered, Some(self.next), found);
                self.advance(self.next, PrevHash::Either(stated, actual));
            }
            Line::Whole { parsed: ParsedLine::NotARecord, ended } => {
                let torn = self.torn.get_or_insert_with(|| TornLines {
                    first_line: self.line,
                    lines: 0,
                    bytes: 0,
                    hasher: Sha256::new(),
                    ended,
                });
                torn.add(self.lines.line(), ended);
            }
        }
        Ok(())
    }

    fn add_record(&mut self, record: Box<Record>, ended: bool) {
        self.account_for_torn(&record);
        let seq = record.seq;
        if seq < self.next {
            if !self.fill_gap(seq) {
                let found = format!("an earlier record has the sequence number {seq}");
                return self.damage(DamageKind::Duplicate, Some(seq), found);
            }
            let found = format!("record {seq} stands after records that were written later");
            self.damage(DamageKind::Reordered, Some(seq), found);
            self.keep_hash(seq, PrevHash::Known(record.hash));
            return self.steps.push_back(Step::Record(record));
        }
        if seq > self.next {
            self.gaps.push_back(Gap { line: self.line, from: self.next, to: seq - 1 });
            if self.gaps.len() > MAX_GAPS
                && let Some(oldest) = self.gaps.pop_front()
            {
                self.report_gap(&oldest);
            }
        } else if !self.prev.allows(record.prev) {
            let found = format!(
                "record {seq} does not follow from the previous one: one of the two was rewritten"
            );
            self.damage(DamageKind::Restamped, Some(seq), found);
        }
        if let Some(last) = self.last_time.filter(|last| record.time < *last) {
            let found =
                format!("{} is before {last}, the time of the previous record", record.time);
            self.remark(RemarkKind::TimeWentBack, Some(self.line), Some(seq), found);
        }
        if !ended {
            let found = "the last record has no newline; the next append adds it".to_owned();
            self.remark(RemarkKind::UnfinishedLine, Some(self.line), Some(seq), found);
        }
        self.last_time = Some(record.time);
        self.advance(seq, PrevHash::Known(record.hash));
        self.steps.push_back(Step::Record(record));
    }

    /// Judges lines that were no records by the record after them.
    fn account_for_torn(&mut self, record: &Record) {
        let stated = match record.body {
            Some(Body::TornTail(stated)) => Some(stated),
            _ => None,
        };
        let (torn, stated) = match (self.torn.take(), stated) {
            (None, None) => return,
            (None, Some(_)) => {
                let found = "a torn-tail record without a torn line before it".to_owned();
                return self.damage(DamageKind::TornMismatch, Some(record.seq), found);
            }
            (Some(torn), None) => return self.report_unreadable(torn, Some(record.seq)),
            (Some(torn), Some(stated)) => (torn.measure(), stated),
        };
        if stated == torn {
            let found = format!("{} bytes of an unfinished line, closed off", stated.bytes);
            return self.remark(RemarkKind::TornTail, Some(self.line), Some(record.seq), found);
        }
        let found = format!(
            "a torn-tail record accounts for {} bytes with the hash {}, but {} bytes with {} stand before it",
            stated.bytes, stated.sha256, torn.bytes, torn.sha256
        );
        self.damage(DamageKind::TornMismatch, Some(record.seq), found);
    }

    /// Reports lines that were no records, without a record that accounts for them.
    fn report_torn(&mut self) {
        if let Some(torn) = self.torn.take() {
            self.report_unreadable(torn, None);
        }
    }

    /// `behind` is the sequence number of the record after the lines, which shows whether they were records.
    fn report_unreadable(&mut self, torn: TornLines, behind: Option<u64>) {
        let TornLines { first_line, lines, .. } = torn;
        let found = format!(
            "{} that can't be read as a record, {} bytes",
            if lines == 1 { "a line".to_owned() } else { format!("{lines} lines") },
            torn.bytes
        );
        let were_records = behind.is_none_or(|behind| behind > self.next);
        let seq = were_records.then_some(self.next);
        self.damage_at(DamageKind::Unreadable, Some(first_line), seq, found);
        if were_records {
            let at_most = behind.map_or(lines, |behind| behind - self.next).min(lines);
            self.advance(self.next + at_most - 1, PrevHash::Unknown);
        }
    }

    /// Goes on after the record of that number.
    fn advance(&mut self, seq: u64, hash: PrevHash) {
        self.keep_hash(seq, hash);
        self.prev = hash;
        self.next = seq.saturating_add(1);
    }

    /// Keeps the hash where the head or an anchor counts that record as its last.
    fn keep_hash(&mut self, seq: u64, hash: PrevHash) {
        if matches!(&self.head, Stored::Head(head) if head.count == seq) {
            self.at_head = Some(hash);
        }
        self.anchors.keep(seq, hash);
    }

    /// Fills a gap with a late record; `false` where there is no such gap.
    fn fill_gap(&mut self, seq: u64) -> bool {
        let at = self.gaps.iter().position(|gap| (gap.from..=gap.to).contains(&seq));
        let Some((at, gap)) = at.and_then(|at| Some((at, self.gaps.remove(at)?))) else {
            return false;
        };
        if seq < gap.to {
            self.gaps.insert(at, Gap { from: seq + 1, ..gap });
        }
        if gap.from < seq {
            self.gaps.insert(at, Gap { to: seq - 1, ..gap });
        }
        true
    }

    fn report_gap(&mut self, gap: &Gap) {
        let Gap { line, from, to } = *gap;
        let found = if from == to {
            format!("record {from} is missing before it")
        } else {
            format!("records {from} to {to} are missing before it")
        };
        self.damage_at(DamageKind::Lost, Some(line), Some(from), found);
    }

    /// A damage on the current line.
    fn damage(&mut self, kind: DamageKind, seq: Option<u64>, found: String) {
        self.damage_at(kind, Some(self.line), seq, found);
    }

    fn damage_at(&mut self, kind: DamageKind, line: Option<u64>, seq: Option<u64>, found: String) {
        self.steps.push_back(Step::Damage(Damage { kind, line, seq, found }));
    }

    fn remark(&mut self, kind: RemarkKind, line: Option<u64>, seq: Option<u64>, found: String) {
        self.steps.push_back(Step::Remark(Remark { kind, line, seq, found }));
    }
}

impl TornLines {
    fn add(&mut self, bytes: &[u8], ended: bool) {
        if self.lines > 0 {
            self.hasher.update(b"\n");
            self.bytes += 1;
        }
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.lines += 1;
        self.ended = ended;
    }

    fn measure(self) -> TornTail {
        let hash: [u8; 32] = self.hasher.finalize().into();
        TornTail { bytes: self.bytes, sha256: hash.into() }
    }
}

impl Iterator for Chain<'_> {
    type Item = Result<Step, EvidenceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Some(Ok(step));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.read_line() {
                self.ended = true;
                let directory = &self.evidence.directory;
                return Some(Err(EvidenceError::io("read the records in", directory)(error)));
            }
        }
    }
}
