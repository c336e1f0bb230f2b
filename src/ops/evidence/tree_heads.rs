//! Holds signed checkpoints against the records, while `evidence verify` walks along them.

use crate::evidence::Record;
use crate::evidence::damage::{Damage, DamageKind};
use crate::evidence::note::{VerifierKey, Vouched};
use crate::evidence::tree::{self, Frontier};
use crate::evidence::tree_head::SignedHead;

/// A checkpoint with the words for where it was kept.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) kept: String,
    pub(super) checkpoint: SignedHead,
}

/// The checkpoints, and the tree of the records so far.
#[derive(Debug, Default)]
pub(super) struct TreeHeads {
    held: Vec<Held>,
    frontier: Frontier,
    damages: Vec<Damage>,
}

impl TreeHeads {
    /// Judges the signatures by the key, where there is one.
    pub(super) fn new(held: Vec<Held>, key: Option<&VerifierKey>) -> Self {
        let mut heads = Self::default();
        for held in held {
            let why = match key.map(|key| (key, held.checkpoint.note.vouched(key))) {
                None | Some((_, Vouched::Signed | Vouched::Cosigned(_))) => None,
                Some((key, Vouched::No)) => Some(format!("is not signed by {}", key.name())),
                Some((key, Vouched::Forged)) => {
                    Some(format!("bears a false signature of {}", key.name()))
                }
            };
            match why {
                None => heads.held.push(held),
                Some(why) => {
                    let found =
                        format!("{} {why}: it was forged, or the key was changed", held.kept);
                    heads.damages.push(damage(DamageKind::SignedForged, None, found));
                }
            }
        }
        heads
    }

    /// Adds the next record.
    pub(super) fn add(&mut self, record: &Record) {
        if self.held.is_empty() {
            return;
        }
        self.frontier.add(tree::leaf(record.hash));
        let size = self.frontier.size();
        for held in self.held.iter().filter(|held| held.checkpoint.head.size == size) {
            if held.checkpoint.head.root != self.frontier.root() {
                let found = format!(
                    "{} is of {size} other records: one of them was rewritten, or they were signed on another machine",
                    held.kept
                );
                self.damages.push(damage(DamageKind::SignedForeign, Some(size), found));
            }
        }
    }

    /// The damages, behind the last record. A tree of damaged records says nothing.
    pub(super) fn finish(mut self, is_chain: bool) -> Vec<Damage> {
        if !is_chain {
            self.damages.retain(|damage| damage.kind == DamageKind::SignedForged);
            return self.damages;
        }
        let last = self.frontier.size();
        for held in self.held.iter().filter(|held| held.checkpoint.head.size > last) {
            let size = held.checkpoint.head.size;
            let found = format!(
                "{} counts {size} records, and there are {last}: records were cut off, or older files put in their place",
                held.kept
            );
            self.damages.push(damage(DamageKind::SignedBeyond, Some(last + 1), found));
        }
        self.damages
    }
}

fn damage(kind: DamageKind, seq: Option<u64>, found: String) -> Damage {
    Damage { kind, line: None, seq, found }
}
