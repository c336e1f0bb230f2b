//! Evidence: the hash-chained, write-ahead record of what was intended and of what was proved.
//!
//! An order's intent is on the disk before the order is sent, its outcome after. A process that is killed at any point
//! leaves an intent without an outcome, and the next start finds out from the gateway what became of it before anything
//! else is opened.
//!
//! # Files
//!
//! One account's state directory holds
//! - `evidence.jsonl`, append-only, one record a line;
//! - `evidence.head`, one line `{"count":N,"hash":"…"}`: how far the records reach. It is replaced after each append, so
//!   it may be one record behind, and never ahead;
//! - `evidence.lock`, empty: whoever adds a record holds `flock` on it for that one append.
//!
//! # A record
//!
//! ```text
//! {"seq":7,"time":"2026-01-17T03:54:22.961398Z","run":"…","kind":"open-intent","v":1,"body":{…},"prev":"…","hash":"…"}
//! ```
//!
//! `seq` counts from 1 without gaps. `prev` is the `hash` of the record before, 64 zeros in the first. `hash` is the
//! SHA-256, in 64 lower-case hex digits, of the line's bytes before `,"hash":"`: the line without its last 75 bytes,
//! `,"hash":"`, the digits, `"}`, and without the newline. Nothing is normalised, so an auditor needs no program of ours:
//!
//! ```text
//! sed -n 7p evidence.jsonl | head -c -76 | sha256sum      # the own hash of record 7
//! sed -n 7p evidence.jsonl | jq -r .hash                  # must be the same
//! sed -n 8p evidence.jsonl | jq -r .prev                  # and so must this
//! ```
//!
//! (Line and sequence number are the same as long as nothing was torn.)
//!
//! # A torn tail
//!
//! A kill or a full disk may leave a piece of a line. The next append ends it with a newline and writes a `torn-tail`
//! record first, which holds number and SHA-256 of the bytes between the record before and its own line, without the
//! newline that ends them. A record that lacks only its newline was written whole; it is ended and counts.
//!
//! # What this can't show
//!
//! Whoever can write the files can rewrite all of them, head included. Against that helps only a head that was noted
//! elsewhere: an anchor.
//!
//! # Inside
//!
//! [`body`] holds what records say; `line` and `head` the forms; `lock`, `tail` and `append` how a record is added;
//! [`chain`] walks along the records and names each [`damage`]; [`book`] is where intents meet their outcomes.

mod append;
pub mod body;
pub mod book;
pub mod chain;
pub mod damage;
mod error;
mod hash;
mod head;
mod line;
mod lines;
mod lock;
mod tail;
#[cfg(test)]
pub(crate) mod tests;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use crate::clock::Clock;
use crate::os::fifo::open_regular;

use body::{Begin, Body};
use book::{Book, Intent, OpenCanary};
use chain::{Chain, Step};

pub use error::EvidenceError;
pub use hash::{NotAHash, Sha256Hex};
pub use head::{Head, NotAnAnchor};
pub use line::Record;

const RECORDS: &str = "evidence.jsonl";
const HEAD: &str = "evidence.head";
const LOCK: &str = "evidence.lock";

/// How long a look waits for an append to end; one takes some ms.
const LOOK_PATIENCE: Duration = Duration::from_secs(5);

/// The evidence in one account's state directory. It holds nothing open between calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    directory: PathBuf,
    records: PathBuf,
    head: PathBuf,
    lock: PathBuf,
}

/// A record that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its sequence number.
    pub seq: u64,
    /// Its hash.
    pub hash: Sha256Hex,
}

impl Evidence {
    /// In that directory, which is made with the first record.
    pub fn at(directory: PathBuf) -> Self {
        let [records, head, lock] = [RECORDS, HEAD, LOCK].map(|name| directory.join(name));
        Self { directory, records, head, lock }
    }

    /// The file of records.
    pub fn path(&self) -> &Path {
        &self.records
    }

    /// Whether a record could be added now: the directory can be written, the disk has room for an order's records, and
    /// the end of the file is what its head says. Adds none.
    pub fn writable(&self, patience: Duration) -> Result<(), EvidenceError> {
        self.lock(patience)?.writable()
    }

    /// Says whose evidence this is, where that is not recorded yet or only in part; fails where it is another's.
    ///
    /// Comes before anything else that a run adds.
    pub fn begin(
        &self,
        run: Uuid,
        clock: &dyn Clock,
        begin: Begin,
        patience: Duration,
    ) -> Result<(), EvidenceError> {
        if let Some(owner) = self.owner(begin.currency.is_some())? {
            self.same_owner(&owner, &begin.endpoint, begin.currency.as_deref())?;
            let adds = owner.currency.is_none() && begin.currency.is_some();
            return match adds {
                true => self.append(run, clock, &begin.into(), patience).map(drop),
                false => Ok(()),
            };
        }
        let locked = self.lock(patience)?;
        if locked.count()? == 0 {
            return locked.append(run, clock, &begin.into()).map(drop);
        }
        // Another process was first, or the beginning is lost.
        drop(locked);
        self.belongs_to(&begin.endpoint, begin.currency.as_deref())
    }

    /// Adds a record. An error says that it was not added, but for one: a kill of the machine between record and head.
    ///
    /// Waits no longer than `patience` for another process's append.
    pub fn append(
        &self,
        run: Uuid,
        clock: &dyn Clock,
        body: &Body,
        patience: Duration,
    ) -> Result<Appended, EvidenceError> {
        self.lock(patience)?.append(run, clock, body)
    }

    /// Fails where the records are another endpoint's, or of an account in another currency. Nothing recorded belongs to
    /// everybody.
    pub fn belongs_to(&self, endpoint: &str, currency: Option<&str>) -> Result<(), EvidenceError> {
        match self.owner(currency.is_some())? {
            Some(owner) => self.same_owner(&owner, endpoint, currency),
            None => Ok(()),
        }
    }

    /// Every OPEN of which nothing is proved, oldest first. Fails on damage: an intent may be among what is lost.
    pub fn unresolved(&self) -> Result<Vec<Intent>, EvidenceError> {
        Ok(self.sound_book()?.unresolved().cloned().collect())
    }

    /// Every canary whose position is not proved closed, oldest first. Fails on damage.
    pub fn open_canaries(&self) -> Result<Vec<OpenCanary>, EvidenceError> {
        Ok(self.sound_book()?.open_canaries().cloned().collect())
    }

    /// The records one after the other, as they are now; a damage comes as an error. Memory is bounded.
    pub fn records(
        &self,
    ) -> Result<impl Iterator<Item = Result<Record, EvidenceError>>, EvidenceError> {
        Ok(self.walk(None)?.filter_map(|step| match step {
            Ok(Step::Record(record)) => Some(Ok(*record)),
            Ok(Step::Damage(damage)) => Some(Err(self.damaged(damage.to_string()))),
            Ok(Step::Remark(_)) => None,
            Err(error) => Some(Err(error)),
        }))
    }

    /// The walk along the records as they are now, damages included. `anchor` is a head that was noted earlier.
    pub fn walk(&self, anchor: Option<Head>) -> Result<Chain<'_>, EvidenceError> {
        let _lock = lock::shared(&self.lock, LOOK_PATIENCE)?;
        self.walk_unlocked(anchor)
    }

    /// The same for whoever has the lock, or can't have it. The head is read before the file's length, so that an
    /// append between the two leaves the head one behind and not ahead.
    fn walk_unlocked(&self, anchor: Option<Head>) -> Result<Chain<'_>, EvidenceError> {
        let head = head::load(&self.head);
        let file = match open_regular(File::options().read(true), &self.records) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // Nothing is an evidence of no records.
                let nothing =
                    File::open("/dev/null").map_err(EvidenceError::io("open", &self.records))?;
                return Ok(Chain::new(self, nothing, 0, head, anchor));
            }
            Err(error) => return Err(EvidenceError::io("open", &self.records)(error)),
        };
        let length = file.metadata().map_err(EvidenceError::io("read", &self.records))?.len();
        Ok(Chain::new(self, file, length, head, anchor))
    }

    fn sound_book(&self) -> Result<Book, EvidenceError> {
        let mut book = Book::new(0);
        for record in self.records()? {
            book.take(record?);
        }
        Ok(book)
    }

    /// Whose evidence this is. The currency may stand in any record, so it is only looked for where it is asked for.
    fn owner(&self, with_currency: bool) -> Result<Option<Begin>, EvidenceError> {
        let mut book = Book::new(0);
        for record in self.records()? {
            book.take(record?);
            if book.owner.as_ref().is_some_and(|owner| !with_currency || owner.currency.is_some()) {
                break;
            }
        }
        Ok(book.owner)
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
