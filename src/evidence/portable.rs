//! A portable proof: one record, its path to the root of a signed checkpoint, and where it has them the replies that the
//! record names by their hashes. It is one JSON file, and is checked without anything of the machine that wrote it.
//!
//! A proof carries no trust of its own. It shows that whoever holds the key had this record in the evidence when the
//! checkpoint was signed; a witness's cosignature, that the checkpoint extends every one that the witness saw before.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Sha256Hex;
use super::body::{Body, FlatCertificate};
use super::line::{ParsedLine, parse};
use super::note::{VerifierKey, Vouched};
use super::tree::{self, Hash};
use super::tree_head::{NotACheckpoint, SignedHead, base64_of, hash_of};

/// The form that is written.
pub const FORM: &str = "mt5crs-proof/1";

/// One record with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// `mt5crs-proof/1`.
    pub form: String,
    /// The record's line as it stands in the evidence, without its newline.
    pub record: String,
    /// The number of its leaf in the tree, from 0: the record's sequence number less one.
    pub index: u64,
    /// The hashes from the leaf's sibling up to the root's child (RFC 6962, 2.1.1), in base64.
    pub path: Vec<String>,
    /// The signed checkpoint: a note (c2sp.org/tlog-checkpoint).
    pub checkpoint: String,
    /// The raw replies of the gateway that the record names by their hashes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<String>,
}

impl Proof {
    /// From a record's line and the path of its leaf.
    pub fn new(line: String, index: u64, path: &[Hash], checkpoint: &SignedHead) -> Self {
        Self {
            form: FORM.to_owned(),
            record: line,
            index,
            path: path.iter().map(base64_of).collect(),
            checkpoint: checkpoint.note.to_string(),
            replies: vec![],
        }
    }
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Another form.
    #[error("its form is `{0}`, and this program reads mt5crs-proof/1")]
    Form(String),
    /// The checkpoint is none.
    #[error("its checkpoint can't be read: {0}")]
    Checkpoint(#[from] NotACheckpoint),
    /// The key has not signed the checkpoint.
    #[error("its checkpoint is not signed by {name}: {why}")]
    NotSigned {
        /// The key's name.
        name: String,
        /// What was found instead.
        why: &'static str,
    },
    /// The record was altered.
    #[error("its record was altered: its bytes do not have the hash that it states")]
    Altered,
    /// It holds no record.
    #[error("it holds no record")]
    NoRecord,
    /// The index is another record's.
    #[error("its index is {index}, and the record is number {seq}")]
    Index {
        /// The index.
        index: u64,
        /// The record's number.
        seq: u64,
    },
    /// The path is no path, or leads to another root.
    #[error(
        "its path does not lead from the record to the checkpoint's root: the record is not in that evidence"
    )]
    Path,
    /// A reply is none of those that the record names.
    #[error("a reply in it is none that the record names")]
    StrangeReply,
}

/// What a proof shows.
#[derive(Debug)]
pub struct Shown {
    /// The checkpoint.
    pub checkpoint: SignedHead,
    /// The record's number.
    pub seq: u64,
    /// Its time, by the clock of the machine that wrote it.
    pub time: Timestamp,
    /// The run that wrote it.
    pub run: Uuid,
    /// The kind of its body.
    pub kind: String,
    /// The record's own hash.
    pub hash: Sha256Hex,
    /// Its content; `None` where this program does not know its kind.
    pub body: Option<Body>,
}

impl Proof {
    /// Checks everything that needs no knowledge beyond the key.
    pub fn check(&self, key: &VerifierKey) -> Result<Shown, Rejected> {
        if self.form != FORM {
            return Err(Rejected::Form(self.form.chars().take(40).collect()));
        }
        let checkpoint = SignedHead::parse(&self.checkpoint)?;
        not_signed(&checkpoint, key)?;
        let record = match parse(self.record.as_bytes()) {
            ParsedLine::Record(record) => *record,
            ParsedLine::Altered { .. } => return Err(Rejected::Altered),
            ParsedLine::NotARecord => return Err(Rejected::NoRecord),
        };
        if record.seq.checked_sub(1) != Some(self.index) {
            return Err(Rejected::Index { index: self.index, seq: record.seq });
        }
        let path = self.path.iter().map(|hash| hash_of(hash)).collect::<Option<Vec<_>>>();
        let path = path.ok_or(Rejected::Path)?;
        let leaf = tree::leaf(record.hash);
        let root = tree::root_of_inclusion(self.index, checkpoint.head.size, leaf, &path);
        if root != Some(checkpoint.head.root) {
            return Err(Rejected::Path);
        }
        let shown = Shown {
            checkpoint,
            seq: record.seq,
            time: record.time,
            run: record.run,
            kind: record.kind,
            hash: record.hash,
            body: record.body,
        };
        let named = shown.flat().map(FlatCertificate::replies).unwrap_or_default();
        let is_named = |reply: &String| named.contains(&Sha256Hex::of(reply.as_bytes()));
        if self.replies.iter().all(is_named) { Ok(shown) } else { Err(Rejected::StrangeReply) }
    }

    /// The hashes of the replies that its record names.
    pub fn named_replies(&self) -> Vec<Sha256Hex> {
        match parse(self.record.as_bytes()) {
            ParsedLine::Record(record) => {
                flat_of(record.body.as_ref()).map(FlatCertificate::replies).unwrap_or_default()
            }
            ParsedLine::Altered { .. } | ParsedLine::NotARecord => vec![],
        }
    }

    /// The reply with this hash.
    pub fn reply(&self, hash: Sha256Hex) -> Option<&str> {
        let is_it = |reply: &&String| Sha256Hex::of(reply.as_bytes()) == hash;
        self.replies.iter().find(is_it).map(String::as_str)
    }
}

/// Fails where the key has not signed the checkpoint.
fn not_signed(checkpoint: &SignedHead, key: &VerifierKey) -> Result<(), Rejected> {
    let why = match checkpoint.note.vouched(key) {
        Vouched::Signed | Vouched::Cosigned(_) => return Ok(()),
        Vouched::No => "no signature bears its name and ID",
        Vouched::Forged => "the signature under its name is false",
    };
    Err(Rejected::NotSigned { name: key.name().to_owned(), why })
}

impl Shown {
    /// The certificate that nothing is open, where the record holds one.
    pub fn flat(&self) -> Option<&FlatCertificate> {
        flat_of(self.body.as_ref())
    }

    /// Checks a witness's cosignature; returns its time in seconds since 1970.
    pub fn cosigned(&self, witness: &VerifierKey) -> Result<u64, Rejected> {
        not_signed(&self.checkpoint, witness)?;
        match self.checkpoint.note.vouched(witness) {
            Vouched::Cosigned(seconds) => Ok(seconds),
            _ => Err(Rejected::NotSigned {
                name: witness.name().to_owned(),
                why: "it is the key of a log and not of a witness",
            }),
        }
    }
}

fn flat_of(body: Option<&Body>) -> Option<&FlatCertificate> {
    match body {
        Some(Body::EmergencyOutcome(outcome)) => outcome.flat.as_deref(),
        _ => None,
    }
}

impl FlatCertificate {
    /// The hashes of the replies that it rests on.
    pub fn replies(&self) -> Vec<Sha256Hex> {
        let orders = self.orders.iter().flatten();
        let lists = self.lists.iter().chain(orders).map(|list| list.sha256);
        lists.chain([self.account_reply.sha256]).collect()
    }
}
