//! Walks along the chain: every record, and every damage with its name.
//!
//! After a damage the walk goes on from the next trustworthy record, so each damage is named once and later records are
//! still read. Memory is bounded: one line, and a bounded number of gaps that a later record may fill. `end` judges the
//! end of the chain by its head and an anchor.

mod end;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Take};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::body::{Body, TornTail};
use super::damage::{Damage, DamageKind, Remark, RemarkKind};
use super::head::{Head, Stored};
use super::line::{Judged, Record, judge};
use super::lines::{Line, Lines};
use super::{Evidence, EvidenceError, Sha256Hex};

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
    lines: Lines<Take<File>>,
    line: u64,
    head: Stored,
    anchor: Option<Head>,
    /// The expected sequence number.
    next: u64,
    prev: Prev,
    last_time: Option<Timestamp>,
    /// Lines that are no records, until the next record accounts for them.
    torn: Option<Torn>,
    /// Gaps in the sequence numbers, with the line after each.
    missing: VecDeque<Missing>,
    /// The hashes of the records at the head's and the anchor's count.
    at_head: Option<Prev>,
    at_anchor: Option<Prev>,
    steps: VecDeque<Step>,
    ended: bool,
}

/// The hash by which the next record may name the previous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prev {
    /// Its hash.
    Is(Sha256Hex),
    /// Of an altered record: either its bytes or its hash were altered.
    Either(Sha256Hex, Sha256Hex),
    /// The record could not be read.
    NotKnown,
}

impl Prev {
    fn allows(self, hash: Sha256Hex) -> bool {
        match self {
            Self::Is(known) => hash == known,
            Self::Either(stated, actual) => hash == stated || hash == actual,
            Self::NotKnown => true,
        }
    }
}

struct Torn {
    line: u64,
    lines: u64,
    bytes: u64,
    hasher: Sha256,
    /// Whether its last line has its newline.
    ended: bool,
}

struct Missing {
    line: u64,
    from: u64,
    to: u64,
}

impl<'e> Chain<'e> {
    /// Starts on what `file` holds up to `length` now.
    pub(super) fn new(
        evidence: &'e Evidence,
        file: File,
        length: u64,
        head: Stored,
        anchor: Option<Head>,
    ) -> Self {
        let none = |at: Option<u64>| (at == Some(0)).then_some(Prev::Is(Sha256Hex::NONE));
        let counted = if let Stored::Head(head) = &head { Some(head.count) } else { None };
        Self {
            evidence,
            lines: Lines::new(file.take(length)),
            line: 0,
            at_head: none(counted),
            at_anchor: none(anchor.map(|anchor| anchor.count)),
            head,
            anchor,
            next: 1,
            prev: Prev::Is(Sha256Hex::NONE),
            last_time: None,
            torn: None,
            missing: VecDeque::new(),
            steps: VecDeque::new(),
            ended: false,
        }
    }

    /// The last record so far, as a head.
    pub fn reached(&self) -> Option<Head> {
        match self.prev {
            Prev::Is(hash) => Some(Head { count: self.next - 1, hash }),
            Prev::Either(..) | Prev::NotKnown => None,
        }
    }

    fn walk(&mut self) -> io::Result<()> {
        let Some(line) = self.lines.next()? else {
            self.end();
            self.ended = true;
            return Ok(());
        };
        self.line += 1;
        let (judged, ended) = match line {
            Line::Oversized { bytes } => {
                self.give_up_torn();
                let found = format!("{bytes} bytes without an end");
                self.damage(DamageKind::Oversized, Some(self.next), found);
                self.pass(self.next, Prev::NotKnown);
                return Ok(());
            }
            Line::Whole { bytes, ended } => match judge(bytes) {
                Judged::NotARecord => {
                    let torn = self.torn.get_or_insert_with(|| Torn {
                        line: self.line,
                        lines: 0,
                        bytes: 0,
                        hasher: Sha256::new(),
                        ended,
                    });
                    torn.add(bytes, ended);
                    return Ok(());
                }
                judged => (judged, ended),
            },
        };
        match judged {
            Judged::Record(record) => self.record(record, ended),
            Judged::Altered { seq, stated, actual } => {
                self.give_up_torn();
                let found = format!(
                    "the record numbered {seq} was altered: it states the hash {stated} and hashes to {actual}"
                );
                self.damage(DamageKind::Altered, Some(self.next), found);
                self.pass(self.next, Prev::Either(stated, actual));
            }
            Judged::NotARecord => {}
        }
        Ok(())
    }

    fn record(&mut self, record: Box<Record>, ended: bool) {
        self.close_torn(&record);
        let seq = record.seq;
        if seq < self.next {
            if !self.fill(seq) {
                let found = format!("an earlier record has the sequence number {seq}");
                return self.damage(DamageKind::Duplicate, Some(seq), found);
            }
            let found = format!("record {seq} stands after records that were written later");
            self.damage(DamageKind::Reordered, Some(seq), found);
            self.note(seq, Prev::Is(record.hash));
            return self.steps.push_back(Step::Record(record));
        }
        if seq > self.next {
            self.miss(Missing { line: self.line, from: self.next, to: seq - 1 });
        } else if !self.prev.allows(record.prev) {
            let found = format!(
                "record {seq} does not follow from the previous one: one of the two was rewritten"
            );
            self.damage(DamageKind::Restamped, Some(seq), found);
        }
        if let Some(last) = self.last_time.filter(|last| record.time < *last) {
            let found =
                format!("{} is before {last}, the time of the previous record", record.time);
            self.remark(RemarkKind::TimeWentBack, Some(seq), found);
        }
        if !ended {
            let found = "the last record has no newline; the next append adds it".to_owned();
            self.remark(RemarkKind::UnfinishedLine, Some(seq), found);
        }
        self.last_time = Some(record.time);
        self.pass(seq, Prev::Is(record.hash));
        self.steps.push_back(Step::Record(record));
    }

    /// Judges lines that were no records by the record after them.
    fn close_torn(&mut self, record: &Record) {
        let Some(torn) = self.torn.take() else {
            if matches!(record.body, Some(Body::TornTail(_))) {
                let found = "a torn-tail record without a torn line before it".to_owned();
                self.damage(DamageKind::TornMismatch, Some(record.seq), found);
            }
            return;
        };
        let (line, lines) = (torn.line, torn.lines);
        let measured = torn.measured();
        match record.body {
            Some(Body::TornTail(stated)) if stated == measured => {
                let bytes = stated.bytes;
                let found = format!("{bytes} bytes of an unfinished line, closed off");
                self.remark(RemarkKind::TornTail, Some(record.seq), found);
            }
            Some(Body::TornTail(stated)) => {
                let found = format!(
                    "a torn-tail record accounts for {} bytes with the hash {}, but {} bytes with {} stand before it",
                    stated.bytes, stated.sha256, measured.bytes, measured.sha256
                );
                self.damage(DamageKind::TornMismatch, Some(record.seq), found);
            }
            _ => self.unreadable(line, lines, measured, Some(record.seq)),
        }
    }

    /// Reports lines that were no records, without a record that accounts for them.
    fn give_up_torn(&mut self) {
        if let Some(torn) = self.torn.take() {
            let (line, lines) = (torn.line, torn.lines);
            self.unreadable(line, lines, torn.measured(), None);
        }
    }

    /// `behind` is the sequence number of the record after them, which shows whether they were records.
    fn unreadable(&mut self, line: u64, lines: u64, measured: TornTail, behind: Option<u64>) {
        let found = format!(
            "{} that can't be read as a record, {} bytes",
            if lines == 1 { "a line".to_owned() } else { format!("{lines} lines") },
            measured.bytes
        );
        let were_records = behind.is_none_or(|behind| behind > self.next);
        let seq = were_records.then_some(self.next);
        let damage = Damage { kind: DamageKind::Unreadable, line: Some(line), seq, found };
        self.steps.push_back(Step::Damage(damage));
        if were_records {
            let at_most = behind.map_or(lines, |behind| behind - self.next).min(lines);
            self.pass(self.next + at_most - 1, Prev::NotKnown);
        }
    }

    /// Goes on after the record of that number.
    fn pass(&mut self, seq: u64, hash: Prev) {
        self.note(seq, hash);
        self.prev = hash;
        self.next = seq.saturating_add(1);
    }

    fn note(&mut self, seq: u64, hash: Prev) {
        if matches!(&self.head, Stored::Head(head) if head.count == seq) {
            self.at_head = Some(hash);
        }
        if self.anchor.is_some_and(|anchor| anchor.count == seq) {
            self.at_anchor = Some(hash);
        }
    }

    fn miss(&mut self, missing: Missing) {
        self.missing.push_back(missing);
        if self.missing.len() > MAX_GAPS
            && let Some(oldest) = self.missing.pop_front()
        {
            self.lost(&oldest);
        }
    }

    /// Fills a gap with a late record; `false` where there is no such gap.
    fn fill(&mut self, seq: u64) -> bool {
        let missing = &mut self.missing;
        let Some(at) = missing.iter().position(|gap| (gap.from..=gap.to).contains(&seq)) else {
            return false;
        };
        let Some(gap) = missing.remove(at) else { return false };
        if seq < gap.to {
            missing.insert(at, Missing { line: gap.line, from: seq + 1, to: gap.to });
        }
        if gap.from < seq {
            missing.insert(at, Missing { line: gap.line, from: gap.from, to: seq - 1 });
        }
        true
    }

    fn lost(&mut self, missing: &Missing) {
        let Missing { line, from, to } = *missing;
        let found = if from == to {
            format!("record {from} is missing before it")
        } else {
            format!("records {from} to {to} are missing before it")
        };
        let kind = DamageKind::Lost;
        self.steps.push_back(Step::Damage(Damage {
            kind,
            line: Some(line),
            seq: Some(from),
            found,
        }));
    }

    fn damage(&mut self, kind: DamageKind, seq: Option<u64>, found: String) {
        let line = Some(self.line);
        self.steps.push_back(Step::Damage(Damage { kind, line, seq, found }));
    }

    fn damage_of_all(&mut self, kind: DamageKind, seq: Option<u64>, found: String) {
        self.steps.push_back(Step::Damage(Damage { kind, line: None, seq, found }));
    }

    fn remark(&mut self, kind: RemarkKind, seq: Option<u64>, found: String) {
        let line = Some(self.line);
        self.steps.push_back(Step::Remark(Remark { kind, line, seq, found }));
    }
}

impl Torn {
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

    fn measured(self) -> TornTail {
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
            if let Err(error) = self.walk() {
                self.ended = true;
                let records = &self.evidence.records;
                return Some(Err(EvidenceError::io("read", records)(error)));
            }
        }
    }
}
