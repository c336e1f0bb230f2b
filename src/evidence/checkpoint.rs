//! The checkpoint: what the records up to one of them leave open, so that a start reads it and the records after it.
//!
//! # Form
//!
//! `evidence.checkpoint` holds
//! - one line `{"v":1,"count":N,"hash":"…","segment":S,"end":E,"bytes":B}`: the last record that it covers, and where its
//!   line is: the B bytes, newline included, that end at byte E of the S-th file of records;
//! - the lines of those records, as they are, that leave something open, and of the owner's;
//! - one line `{"sha256":"…"}`: the hash of all bytes before it.
//!
//! # Trust
//!
//! A start trusts it only where its own hash is right, the head counts at least as far, the bytes at its place are the
//! record that it names, no segment is missing by its number, and the records after it follow without a damage up to the
//! head. Otherwise the start reads every record, as if there were no checkpoint; and there it is held against the chain as
//! an anchor. A forged checkpoint that names a true record is believed until `evidence verify` reads every record and
//! compares.
//!
//! It is replaced by appends, every 256 records and with each new segment, and by a `sync` or a `canary` that read every
//! record. Losing it costs one such reading.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::anchor::{Anchor, Anchors, Origin};
use super::chain::{Chain, Step};
use super::damage::{Damage, DamageKind, RemarkKind};
use super::head::{self, Head, Stored};
use super::left_open::LeftOpen;
use super::line::{MAX_LINE_BYTES, ParsedLine, parse};
use super::segments::{self, Opened, Sealed};
use super::source::Source;
use super::{Evidence, EvidenceError, Record, Sha256Hex};
use crate::os::durable::{Access, AtomicFile};
use crate::os::fifo::{open_regular, read_regular};

/// The form that is written.
const VERSION: u32 = 1;
/// Number of records between two checkpoints.
pub(super) const INTERVAL: u64 = 256;
/// Nothing larger is written or read: orders that are open at the same time are few.
const MAX_BYTES: usize = 16 << 20;
/// An append reads all records for the first checkpoint only while they are this few.
const FEW_BYTES: u64 = 4 << 20;

/// A checkpoint whose own hash is right.
#[derive(Debug)]
pub(super) struct Checkpoint {
    place: Place,
    /// The kept lines, each with its newline.
    lines: Vec<u8>,
}

/// The last record that it covers, and the place of its line.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Place {
    v: u32,
    count: u64,
    hash: Sha256Hex,
    segment: u32,
    end: u64,
    bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Seal {
    sha256: Sha256Hex,
}

/// The content of the checkpoint's file.
#[derive(Debug)]
pub(super) enum Read {
    Checkpoint(Box<Checkpoint>),
    /// There is none, or a newer version wrote it.
    None,
    /// It holds no checkpoint; says why.
    Unreadable(String),
}

impl Checkpoint {
    pub(super) fn load(path: &Path) -> Read {
        let bytes = match read_regular(path, MAX_BYTES as u64) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Read::None,
            Err(error) => return Read::Unreadable(error.to_string()),
        };
        Self::read(&bytes)
    }

    fn read(bytes: &[u8]) -> Read {
        let unreadable = |why: &str| Read::Unreadable(why.to_owned());
        let Some(whole) = bytes.strip_suffix(b"\n") else { return unreadable("it was cut off") };
        let Some(newline) = whole.iter().rposition(|byte| *byte == b'\n') else {
            return unreadable("it was cut off");
        };
        let (content, seal) = (&bytes[..=newline], &whole[newline + 1..]);
        match serde_json::from_slice::<Seal>(seal) {
            Ok(seal) if seal.sha256 == Sha256Hex::of(content) => {}
            _ => return unreadable("its bytes do not match its hash"),
        }
        let first = content.iter().position(|byte| *byte == b'\n').unwrap_or(newline);
        let Ok(place) = serde_json::from_slice::<Place>(&content[..first]) else {
            return Read::None;
        };
        if place.v != VERSION {
            return Read::None;
        }
        Read::Checkpoint(Box::new(Self { place, lines: content[first + 1..].to_owned() }))
    }

    pub(super) fn head(&self) -> Head {
        Head { count: self.place.count, hash: self.place.hash }
    }

    pub(super) fn anchor(&self) -> Anchor {
        Anchor { head: self.head(), origin: Origin::Checkpoint }
    }

    /// What it says is left open; `None` where a line is no record, or one of a later time than it covers.
    fn left_open(&self) -> Option<LeftOpen> {
        let mut left = LeftOpen::default();
        let mut last = 0;
        for line in self.lines.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n")?;
            let ParsedLine::Record(record) = parse(line) else { return None };
            if !(last + 1..=self.place.count).contains(&record.seq) {
                return None;
            }
            last = record.seq;
            left.restore(*record, line);
        }
        Some(left)
    }

    /// Whether it says of the records up to its count what they say.
    pub(super) fn is_true(&self, left: &LeftOpen) -> bool {
        self.lines.split_inclusive(|byte| *byte == b'\n').eq(left.lines().map(with_newline))
    }
}

fn with_newline(line: &[u8]) -> Vec<u8> {
    [line, b"\n"].concat()
}

/// What a walk found, and whether it read every record.
#[derive(Debug)]
pub struct Found {
    /// What the records leave open.
    pub left: LeftOpen,
    /// Whether every record was read, because no checkpoint could be trusted.
    pub is_whole: bool,
    /// The last record, where a checkpoint could cover it.
    place: Option<Place>,
}

impl Evidence {
    /// What the records leave open, from the checkpoint and the records after it, or from all records. Fails on damage.
    pub fn left_open(&self) -> Result<Found, EvidenceError> {
        let lock = self.lock_shared()?;
        let head = head::load(&self.head);
        let read = Checkpoint::load(&self.checkpoint);
        if let Read::Checkpoint(checkpoint) = &read
            && let Some(found) = self.resume(checkpoint, head.clone())?
        {
            return Ok(found);
        }
        let anchors = match &read {
            Read::Checkpoint(checkpoint) => Anchors::from_iter([checkpoint.anchor()]),
            // Damage to it alone loses nothing, and is named by `evidence verify`.
            Read::None | Read::Unreadable(_) => Anchors::default(),
        };
        let chain = self.walk_unlocked(anchors)?;
        drop(lock);
        match collect(chain, LeftOpen::default())? {
            Ok(found) => Ok(Found { is_whole: true, ..found }),
            Err(damage) => Err(self.damaged(damage)),
        }
    }

    /// The checkpoint, to be held against all records.
    pub fn try_checkpoint(&self) -> Trial {
        let read = Checkpoint::load(&self.checkpoint);
        Trial { read, left: LeftOpen::default(), truth: None }
    }

    /// Makes a checkpoint of what was found, unless there is one that was believed. Losing it costs only time, so a failure
    /// is no error.
    pub fn keep_checkpoint(&self, found: &Found) {
        if found.is_whole && found.left.book.records > 0 {
            let _ = self.store_checkpoint(found);
        }
    }

    /// Makes a new checkpoint behind an append, from the one before; from all records while they are few.
    pub(super) fn renew_checkpoint(&self) {
        let head = head::load(&self.head);
        let found = match Checkpoint::load(&self.checkpoint) {
            Read::Checkpoint(checkpoint) => self.resume(&checkpoint, head).ok().flatten(),
            Read::None | Read::Unreadable(_) => self.walk_few(),
        };
        if let Some(found) = found {
            let _ = self.store_checkpoint(&found);
        }
    }

    fn walk_few(&self) -> Option<Found> {
        let chain = self.walk_unlocked(Anchors::default()).ok()?;
        if chain.files().bytes > FEW_BYTES {
            None
        } else {
            collect(chain, LeftOpen::default()).ok()?.ok()
        }
    }

    /// Reads the records after the checkpoint; `None` where it can't be trusted.
    fn resume(
        &self,
        checkpoint: &Checkpoint,
        head: Stored,
    ) -> Result<Option<Found>, EvidenceError> {
        let Checkpoint { place, .. } = checkpoint;
        if !matches!(&head, Stored::Head(head) if head.count >= place.count) {
            return Ok(None);
        }
        let mut source = Source::open(&self.directory, &self.records)?;
        let Some(left) = checkpoint.left_open() else { return Ok(None) };
        let is_complete = source.is_complete();
        let Some(time) = place.time_of(self, source.active_number).filter(|_| is_complete) else {
            return Ok(None);
        };
        match source.skip_to(place.segment, place.end) {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(EvidenceError::io("read", &self.records)(error)),
            None => return Ok(None),
        }
        let anchors = Anchors::default();
        let chain = Chain::after(self, source, head, anchors, checkpoint.head(), Some(time));
        // Where something is wrong, reading every record names it.
        Ok(collect(chain, left)?
            .ok()
            .map(|found| Found { place: found.place.or(Some(*place)), ..found }))
    }

    fn store_checkpoint(&self, found: &Found) -> io::Result<()> {
        let Some(place) = found.place else { return Ok(()) };
        let mut bytes = serde_json::to_vec(&place)?;
        bytes.push(b'\n');
        for line in found.left.lines() {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        let seal = serde_json::to_vec(&Seal { sha256: Sha256Hex::of(&bytes) })?;
        bytes.extend_from_slice(&seal);
        bytes.push(b'\n');
        if bytes.len() > MAX_BYTES {
            return Ok(());
        }
        let mut file = AtomicFile::create(&self.checkpoint, Access::Umask)?;
        file.write_all(&bytes)?;
        file.replace().map(drop)
    }
}

impl Place {
    /// The time of the record at this place; `None` where another or none is there, or its segment is compressed.
    fn time_of(&self, evidence: &Evidence, active_number: u32) -> Option<Timestamp> {
        let Self { count, hash, segment, end, bytes, .. } = *self;
        let file = if segment == active_number {
            open_regular(File::options().read(true), &evidence.records).ok()?
        } else {
            let path = segments::path_of(&evidence.directory, segment);
            match (Sealed { number: segment, path }).open().ok()? {
                Opened::Plain(file) => file,
                Opened::Gzip(_) => return None,
            }
        };
        if !(1..=MAX_LINE_BYTES as u64 + 1).contains(&bytes) {
            return None;
        }
        let mut line = vec![0; usize::try_from(bytes).ok()?];
        file.read_exact_at(&mut line, end.checked_sub(bytes)?).ok()?;
        match parse(line.strip_suffix(b"\n")?) {
            ParsedLine::Record(record) if record.seq == count && record.hash == hash => {
                Some(record.time)
            }
            _ => None,
        }
    }
}

/// What all records say of the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckpointTruth {
    /// Number of records that it covers.
    pub count: u64,
    /// Whether it holds what the records up to there leave open.
    pub is_true: bool,
}

/// Holds the checkpoint against all records.
#[derive(Debug)]
pub struct Trial {
    read: Read,
    left: LeftOpen,
    truth: Option<CheckpointTruth>,
}

impl Trial {
    /// The head that it states, as an anchor.
    pub fn anchor(&self) -> Option<Anchor> {
        match &self.read {
            Read::Checkpoint(checkpoint) => Some(checkpoint.anchor()),
            Read::None | Read::Unreadable(_) => None,
        }
    }

    /// Adds the next record of the chain, with its line.
    pub fn add(&mut self, record: Record, line: &[u8]) {
        let Read::Checkpoint(checkpoint) = &self.read else { return };
        let (seq, count) = (record.seq, checkpoint.place.count);
        if seq > count {
            return;
        }
        // One of another chain is no false word about this one: the anchor finds it.
        let is_end = seq == count && record.hash == checkpoint.place.hash;
        self.left.add(record, line);
        if is_end {
            let is_true = checkpoint.is_true(&self.left);
            self.truth = Some(CheckpointTruth { count, is_true });
        }
    }

    /// The judgement, and the damage where there is one that no anchor finds. Lost or altered records may be those that it
    /// holds, so only a sound chain calls it false.
    pub fn finish(self, is_sound: bool) -> (Option<CheckpointTruth>, Option<Damage>) {
        let damage = |kind, seq, found: String| Some(Damage { kind, line: None, seq, found });
        match (self.read, self.truth.filter(|_| is_sound)) {
            (Read::Unreadable(why), _) => {
                let found = format!("the checkpoint can't be read: {why}");
                (None, damage(DamageKind::CheckpointUnreadable, None, found))
            }
            (_, Some(truth)) if !truth.is_true => {
                let count = truth.count;
                let found = format!(
                    "the checkpoint does not hold what the records up to {count} leave open: it was written by something else"
                );
                (Some(truth), damage(DamageKind::CheckpointFalse, Some(count), found))
            }
            (_, truth) => (truth, None),
        }
    }
}

/// Reads a chain to its end. The inner error is the first damage.
fn collect(
    mut chain: Chain<'_>,
    mut left: LeftOpen,
) -> Result<Result<Found, String>, EvidenceError> {
    let mut last = None;
    let mut is_ended = true;
    while let Some(step) = chain.next() {
        match step? {
            Step::Record(record) => {
                last = Some((record.seq, record.hash, chain.line().len() as u64 + 1));
                left.add(*record, chain.line());
            }
            Step::Damage(damage) => return Ok(Err(damage.to_string())),
            Step::Remark(remark) => is_ended &= remark.kind != RemarkKind::UnfinishedLine,
        }
    }
    let (end, segment) = (chain.files().active_bytes, chain.files().active_number);
    let place = last
        .filter(|(_, _, bytes)| is_ended && *bytes <= end)
        .map(|(count, hash, bytes)| Place { v: VERSION, count, hash, segment, end, bytes });
    Ok(Ok(Found { left, is_whole: false, place }))
}
