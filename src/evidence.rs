//! The evidence: a hash-chained, write-ahead record of intents and proved outcomes.
//!
//! An order's intent is on the disk before the order is sent, its outcome after. A process that is killed at any point
//! leaves an intent without an outcome, and the next start asks the gateway for that outcome before anything else is
//! opened.
//!
//! # Files
//!
//! One account's state directory holds
//! - `evidence.jsonl`, append-only, one record a line; once it is large it is sealed and gets a number (`segments`);
//! - `evidence.head`, one line `{"count":N,"hash":"…"}`: the number of records and the last one's hash. It is replaced
//!   after each append, so it may be one record behind, and never ahead;
//! - `evidence.checkpoint`: what the records up to one of them leave open, so that a start need not read all (`checkpoint`);
//! - `evidence.signed`, `evidence.cosigned` and `evidence.tree`, with a signing key: signed checkpoints ([`signing`]);
//! - `evidence.lock`, empty: a process holds `flock` on it, and on the records, while it adds a record.
//!
//! # A record
//!
//! ```text
//! {"seq":7,"time":"2026-01-17T03:54:22.961398Z","run":"…","kind":"open-intent","v":1,"body":{…},"prev":"…","hash":"…"}
//! ```
//!
//! `seq` counts from 1 without gaps. `prev` is the `hash` of the previous record, 64 zeros in the first. `hash` is the
//! SHA-256, in 64 lower-case hex digits, of the line's bytes before `,"hash":"`: the line without its last 75 bytes,
//! `,"hash":"`, the digits, `"}`, and without the newline. Nothing is normalised, so an auditor needs only common tools:
//!
//! ```text
//! all() { zcat -f evidence-*.jsonl* evidence.jsonl; }     # where nothing was sealed yet: cat evidence.jsonl
//! all | sed -n 7p | head -c -76 | sha256sum               # the own hash of record 7
//! all | sed -n 7p | jq -r .hash                           # must be the same
//! all | sed -n 8p | jq -r .prev                           # and so must this
//! ```
//!
//! (Line and sequence number are the same unless a line was torn.)
//!
//! # A torn tail
//!
//! A kill or a full disk may leave part of a line. The next append ends it with a newline and writes a `torn-tail` record
//! first, which holds number and SHA-256 of the bytes between the previous record and its own line, without the newline
//! that ends them. A record that lacks only its newline was written whole; it is ended and counts.
//!
//! # Limits
//!
//! A program that can write the files can rewrite all of them, head included. Only what was noted elsewhere shows that: an
//! anchor, which a [`Witness`] gets behind each record of consequence, or a signed checkpoint that a [`cosigner`] saw.
//!
//! # Modules
//!
//! [`body`] defines the content of records, [`outcome`] the outcomes in them and [`basis`] their proofs; `line` and `head` write and read the
//! forms; `segments` seals and compresses files, and `source` reads them as one
//! text, `parsed` their lines; `lock`, `tail` and `append` add a
//! record; [`chain`] walks along the records and names each [`damage`]; [`book`] matches intents with their outcomes;
//! `left_open` and `checkpoint` keep what they leave open.
//!
//! [`tree`] is the Merkle tree over the records, [`note`] the signed notes and their keys, [`tree_head`] the signed checkpoint;
//! [`signing`] signs, [`portable`] is the proof of one record for other machines, and [`cosigner`] a witness of checkpoints.

mod append;
pub mod basis;
pub mod body;
pub mod book;
pub mod chain;
mod checkpoint;
pub mod cosigner;
pub mod damage;
mod error;
mod hash;
mod head;
mod left_open;
mod line;
mod lock;
pub mod note;
pub mod outcome;
mod parsed;
pub mod portable;
mod segments;
pub mod signing;
mod source;
mod tail;
#[cfg(test)]
pub(crate) mod tests;
pub mod tree;
pub mod tree_head;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::clock::Clock;
use crate::os::failpoints;

use body::{Begin, Body};
use book::{Book, Intent, OpenCanary};
use chain::anchor::{Anchor, Anchors};
use chain::{Chain, Step};
use segments::SegmentLimit;
use source::Source;

pub use checkpoint::{CheckpointTruth, Found, Trial};
pub use error::EvidenceError;
pub use hash::Sha256Hex;
pub use head::{Head, NotAnAnchor};
pub use left_open::LeftOpen;
pub use line::Record;

const RECORDS: &str = "evidence.jsonl";
const HEAD: &str = "evidence.head";
const LOCK: &str = "evidence.lock";
const CHECKPOINT: &str = "evidence.checkpoint";

/// How long a reader waits for an append, which takes some ms.
const LOOK_PATIENCE: Duration = Duration::from_secs(5);

/// Another place that keeps heads as anchors: what stands there, whoever may write the records can't rewrite unseen.
pub trait Witness: std::fmt::Debug + Send + Sync {
    /// Takes the head behind a record of consequence. Must return at once, whatever becomes of it.
    fn tell(&self, head: Head);
}

/// The evidence in one account's state directory. It keeps no file open between calls.
#[derive(Debug, Clone)]
pub struct Evidence {
    directory: PathBuf,
    records: PathBuf,
    head: PathBuf,
    lock: PathBuf,
    checkpoint: PathBuf,
    limit: SegmentLimit,
    witness: Option<Arc<dyn Witness>>,
}

impl Evidence {
    /// The evidence in that directory, which the first record creates.
    pub fn at(directory: PathBuf) -> Self {
        let [records, head, lock, checkpoint] =
            [RECORDS, HEAD, LOCK, CHECKPOINT].map(|name| directory.join(name));
        let limit =
            SegmentLimit { records: failpoints::segment_records(), ..SegmentLimit::DEFAULT };
        Self { directory, records, head, lock, checkpoint, limit, witness: None }
    }

    /// The same, with segments of that many records: for trials in which many are sealed.
    pub fn with_segments_of(mut self, records: u64) -> Self {
        self.limit.records = Some(records);
        self
    }

    /// The same, with a witness of each record of consequence.
    pub fn with_witness(mut self, witness: Option<Arc<dyn Witness>>) -> Self {
        self.witness = witness;
        self
    }

    /// Whether there are records, or files that should hold some.
    pub fn has_records(&self) -> bool {
        self.records.exists()
            || segments::list(&self.directory).is_ok_and(|sealed| !sealed.is_empty())
    }

    /// The directory that holds all files.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file of records that is appended to.
    pub fn path(&self) -> &Path {
        &self.records
    }

    /// Checks that a record could be added now: the directory can be written, the disk has room for an order's records,
    /// and the end of the file agrees with its head. Adds no record.
    pub fn check_writable(&self, patience: Duration) -> Result<(), EvidenceError> {
        self.lock(patience)?.check_writable()
    }

    /// Records the owner, where none is recorded yet or only a part; fails where the evidence is another's.
    ///
    /// A run calls this before it adds anything else.
    pub fn begin(
        &self,
        run: Uuid,
        clock: &dyn Clock,
        begin: Begin,
        patience: Duration,
    ) -> Result<(), EvidenceError> {
        if let Some(owner) = self.owner(begin.currency.is_some())? {
            self.same_owner(&owner, &begin.endpoint, begin.currency.as_deref())?;
            if owner.currency.is_none() && begin.currency.is_some() {
                self.append(run, clock, &begin.into(), patience)?;
            }
            return Ok(());
        }
        let mut locked = self.lock(patience)?;
        if locked.count()? == 0 {
            return locked.append(run, clock, &begin.into()).map(drop);
        }
        // Another process was first, or the beginning is lost.
        drop(locked);
        self.check_owner(&begin.endpoint, begin.currency.as_deref())
    }

    /// Adds a record, and returns the head that it leaves. After an error it was not added.
    ///
    /// Waits up to `patience` for another process's append.
    pub fn append(
        &self,
        run: Uuid,
        clock: &dyn Clock,
        body: &Body,
        patience: Duration,
    ) -> Result<Head, EvidenceError> {
        self.lock(patience)?.append(run, clock, body)
    }

    /// Fails where the records are another endpoint's, or of an account in another currency. Empty evidence is anybody's.
    pub fn check_owner(&self, endpoint: &str, currency: Option<&str>) -> Result<(), EvidenceError> {
        match self.owner(currency.is_some())? {
            Some(owner) => self.same_owner(&owner, endpoint, currency),
            None => Ok(()),
        }
    }

    /// Every OPEN without a proved outcome, oldest first. Fails on damage: an intent may be among the lost records.
    pub fn unresolved(&self) -> Result<Vec<Intent>, EvidenceError> {
        Ok(self.left_open()?.left.book.unresolved().cloned().collect())
    }

    /// Every canary whose position is not proved closed, oldest first. Fails on damage.
    pub fn open_canaries(&self) -> Result<Vec<OpenCanary>, EvidenceError> {
        Ok(self.left_open()?.left.book.open_canaries().cloned().collect())
    }

    /// The records as they are now, in order; a damage is an error. Memory is bounded.
    pub fn records(
        &self,
    ) -> Result<impl Iterator<Item = Result<Record, EvidenceError>>, EvidenceError> {
        Ok(self.walk([])?.filter_map(|step| match step {
            Ok(Step::Record(record)) => Some(Ok(*record)),
            Ok(Step::Damage(damage)) => Some(Err(self.damaged(damage.to_string()))),
            Ok(Step::Remark(_)) => None,
            Err(error) => Some(Err(error)),
        }))
    }

    /// Walks along the records as they are now, damages included. Anchors are heads that were noted elsewhere.
    pub fn walk(
        &self,
        anchors: impl IntoIterator<Item = Anchor>,
    ) -> Result<Chain<'_>, EvidenceError> {
        let _lock = self.lock_shared()?;
        self.walk_unlocked(Anchors::from_iter(anchors))
    }

    /// The same under a lock that the caller holds, or without one. The head is read before the file's length, so that an
    /// append between the two leaves the head one behind and not ahead.
    fn walk_unlocked(&self, anchors: Anchors) -> Result<Chain<'_>, EvidenceError> {
        let head = head::load(&self.head);
        let source = Source::open(&self.directory, &self.records)?;
        Ok(Chain::new(self, source, head, anchors))
    }

    fn lock_shared(&self) -> Result<Option<File>, EvidenceError> {
        lock::shared(&self.lock, LOOK_PATIENCE)
    }

    /// All runs with something open, and the last `limit` of the others. Fails on damage.
    pub fn sound_book(&self, limit: usize) -> Result<Book, EvidenceError> {
        let book = Book::read(self.walk([])?, limit)?;
        match &book.first_damage {
            Some(damage) => Err(self.damaged(damage.to_string())),
            None => Ok(book),
        }
    }

    /// The owner. The first record names it, and most often the currency; a later record may add that.
    fn owner(&self, with_currency: bool) -> Result<Option<Begin>, EvidenceError> {
        let Some(first) = self.records()?.next() else { return Ok(None) };
        match first?.body {
            Some(Body::Begin(begin)) if !with_currency || begin.currency.is_some() => {
                Ok(Some(begin))
            }
            _ => Ok(self.left_open()?.left.book.owner),
        }
    }

    fn same_owner(
        &self,
        owner: &Begin,
        endpoint: &str,
        currency: Option<&str>,
    ) -> Result<(), EvidenceError> {
        let another = |what, theirs: &str, ours: &str| {
            Err(EvidenceError::BelongsToAnother {
                path: self.records.clone(),
                what,
                theirs: theirs.to_owned(),
                ours: ours.to_owned(),
            })
        };
        if owner.endpoint != endpoint {
            return another("endpoint", &owner.endpoint, endpoint);
        }
        match (owner.currency.as_deref(), currency) {
            (Some(theirs), Some(ours)) if theirs != ours => another("currency", theirs, ours),
            _ => Ok(()),
        }
    }

    fn damaged(&self, why: String) -> EvidenceError {
        EvidenceError::Damaged { path: self.records.clone(), why }
    }
}
