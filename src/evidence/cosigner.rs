//! A witness of other machines' checkpoints (c2sp.org/tlog-witness): it signs one only where it extends the one that it
//! signed before.
//!
//! A request is the body of tlog-witness's `add-checkpoint`: a line `old SIZE`, the hashes of the consistency proof, an empty
//! line, and the checkpoint. A checkpoint alone stands for `old 0`, which only the first one may be.

use serde::{Deserialize, Serialize};

use super::Sha256Hex;
use super::note::{Signature, SignerKey, VerifierKey, Vouched};
use super::tree::{self, Hash};
use super::tree_head::{NotACheckpoint, SignedHead, base64_of, hash_of};

/// Most hashes of a consistency proof.
const MAX_HASHES: usize = 63;

/// A checkpoint that is to be cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Number of records of the checkpoint that it extends.
    pub old: u64,
    /// The consistency proof.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: SignedHead,
}

/// Why a request is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no request.
    #[error(
        "it is no request: `old SIZE`, hashes in base64 and an empty line must stand before a checkpoint"
    )]
    Form,
    /// It holds no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] NotACheckpoint),
    /// The key of the evidence has not signed it.
    #[error("it is not signed by {0}")]
    NotSigned(String),
    /// It is the evidence of another origin than the one that was cosigned before.
    #[error(
        "it is of {found}, and this state is of {known}: each evidence needs a state of its own"
    )]
    OtherOrigin {
        /// The origin of the request.
        found: String,
        /// The origin of the state.
        known: String,
    },
    /// It extends another checkpoint than the last one.
    #[error(
        "it says that it extends {old} records, and the last checkpoint that was cosigned has {known}"
    )]
    Stale {
        /// The request's number.
        old: u64,
        /// The state's number.
        known: u64,
    },
    /// It has fewer records than the last one.
    #[error(
        "ROLLBACK: it has {found} records, and {known} were cosigned before: records were cut off, or put back from a copy"
    )]
    Rollback {
        /// The request's number.
        found: u64,
        /// The state's number.
        known: u64,
    },
    /// It does not extend the last one.
    #[error(
        "FORK: its records do not begin with the {known} that were cosigned before: they were rewritten, or two machines went on from the same records"
    )]
    Fork {
        /// The state's number.
        known: u64,
    },
    /// It has no record.
    #[error("it has no record")]
    Empty,
}

/// The last checkpoint that was cosigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The form, 1.
    pub v: u32,
    /// The name of the evidence.
    pub origin: String,
    /// Its number of records.
    pub size: u64,
    /// Their root.
    pub root: Sha256Hex,
    /// The checkpoint with the cosignature.
    pub checkpoint: String,
}

/// The form of the state.
pub const VERSION: u32 = 1;

impl Request {
    /// Reads a request.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let Some(rest) = text.strip_prefix("old ") else {
            return Ok(Self { old: 0, proof: vec![], checkpoint: SignedHead::parse(text)? });
        };
        let (head, checkpoint) = rest.split_once("\n\n").ok_or(Refused::Form)?;
        let mut lines = head.split('\n');
        let digits = lines.next().unwrap_or_default();
        let old: u64 = digits.parse().map_err(|_| Refused::Form)?;
        let proof = lines.map(hash_of).collect::<Option<Vec<_>>>().ok_or(Refused::Form)?;
        if old.to_string() != digits || proof.len() > MAX_HASHES {
            return Err(Refused::Form);
        }
        Ok(Self { old, proof, checkpoint: SignedHead::parse(checkpoint)? })
    }

    /// The text that [`Request::parse`] reads.
    pub fn text(&self) -> String {
        let hashes: String = self.proof.iter().map(|hash| base64_of(hash) + "\n").collect();
        format!("old {}\n{hashes}\n{}", self.old, self.checkpoint.note)
    }

    /// Whether it may be cosigned after `state`, by a witness that knows the evidence by `log`.
    pub fn judge(&self, state: Option<&State>, log: &VerifierKey) -> Result<(), Refused> {
        let head = &self.checkpoint.head;
        if self.checkpoint.note.vouched(log) != Vouched::Signed {
            return Err(Refused::NotSigned(log.name().to_owned()));
        }
        if head.size == 0 {
            return Err(Refused::Empty);
        }
        let (known, root) = state.map_or((0, [0; 32]), |state| (state.size, *state.root.bytes()));
        if let Some(state) = state.filter(|state| state.origin != head.origin) {
            let (found, known) = (head.origin.clone(), state.origin.clone());
            return Err(Refused::OtherOrigin { found, known });
        }
        if head.size < known {
            return Err(Refused::Rollback { found: head.size, known });
        }
        if head.size == known {
            // Nothing is to be proved, whatever it extends.
            return if head.root == root { Ok(()) } else { Err(Refused::Fork { known }) };
        }
        if self.old != known {
            return Err(Refused::Stale { old: self.old, known });
        }
        match tree::is_consistent((known, root), (head.size, head.root), &self.proof) {
            true => Ok(()),
            false => Err(Refused::Fork { known }),
        }
    }

    /// The cosignature, and the state behind it. Call it only for what was judged.
    pub fn cosign(&self, key: &SignerKey, at: jiff::Timestamp) -> (Signature, State) {
        let mut checkpoint = self.checkpoint.clone();
        let signature = key.cosign(checkpoint.note.text(), at);
        checkpoint.note.add(signature.clone());
        let head = &checkpoint.head;
        let state = State {
            v: VERSION,
            origin: head.origin.clone(),
            size: head.size,
            root: Sha256Hex::from(head.root),
            checkpoint: checkpoint.note.to_string(),
        };
        (signature, state)
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::{KeyKind, Note};
    use super::super::tree::{Frontier, Subtrees, consistency};
    use super::super::tree_head::TreeHead;
    use super::*;

    fn log() -> SignerKey {
        SignerKey::new("desk.example", KeyKind::Log, &[1; 32]).unwrap()
    }

    fn witness() -> SignerKey {
        SignerKey::new("witness.example", KeyKind::Witness, &[2; 32]).unwrap()
    }

    /// A request for the first `size` records, in which those from `fork` on are another machine's.
    fn request(old: u64, size: u64, fork: u64) -> Request {
        let mut frontier = Frontier::default();
        let mut subtrees = Subtrees::new(&consistency(old, size));
        for index in 0..size {
            let machine: &[u8] = if index >= fork { b"other" } else { b"one" };
            let leaf = tree::leaf(Sha256Hex::of(&[machine, &index.to_be_bytes()].concat()));
            frontier.add(leaf);
            subtrees.add(index, leaf);
        }
        let head = TreeHead { origin: "desk.example/a1".to_owned(), size, root: frontier.root() };
        let mut note = Note::new(head.to_string());
        note.add(log().sign(note.text()));
        let checkpoint = SignedHead { head, note };
        let request = Request { old, proof: subtrees.finish().unwrap(), checkpoint };
        assert_eq!(Request::parse(&request.text()).as_ref(), Ok(&request));
        request
    }

    #[test]
    fn a_witness_follows_one_history() {
        let (log, at) = (log(), "2026-01-17T03:54:22Z".parse().unwrap());
        let none = u64::MAX;
        let log = log.verifier();
        let first = request(0, 5, none);
        assert_eq!(first.judge(None, log), Ok(()));
        let (_, state) = first.cosign(&witness(), at);
        let judge = |request: &Request| request.judge(Some(&state), log);
        assert_eq!(judge(&first), Ok(()), "the same again");
        assert_eq!(judge(&request(5, 9, none)), Ok(()));
        assert_eq!(judge(&request(5, 9, 5)), Ok(()), "what comes later was never seen");
        assert_eq!(judge(&request(5, 9, 4)), Err(Refused::Fork { known: 5 }));
        assert_eq!(judge(&request(0, 5, 0)), Err(Refused::Fork { known: 5 }));
        assert_eq!(judge(&request(0, 4, none)), Err(Refused::Rollback { found: 4, known: 5 }));
        assert_eq!(judge(&request(4, 9, none)), Err(Refused::Stale { old: 4, known: 5 }));
        assert_eq!(judge(&request(0, 9, none)), Err(Refused::Stale { old: 0, known: 5 }));
        let other = State { origin: "desk.example/b1".to_owned(), ..state.clone() };
        assert!(matches!(
            request(5, 9, none).judge(Some(&other), log),
            Err(Refused::OtherOrigin { .. })
        ));
        let mut unsigned = request(5, 9, none);
        unsigned.checkpoint.note = Note::new(unsigned.checkpoint.note.text().to_owned());
        assert_eq!(judge(&unsigned), Err(Refused::NotSigned("desk.example".to_owned())));
    }

    #[test]
    fn a_checkpoint_alone_is_the_first() {
        let request = request(0, 5, 9);
        assert_eq!(Request::parse(&request.checkpoint.note.to_string()), Ok(request));
        for text in ["old 5\n", "old x\n\n", "old 05\n\na", "old 5\nno hash\n\na", ""] {
            assert!(Request::parse(text).is_err(), "{text:?}");
        }
    }
}
