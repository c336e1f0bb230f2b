//! Heads that were noted elsewhere, held against the chain.

use std::collections::BTreeMap;

use super::PrevHash;
use crate::evidence::Head;
use crate::evidence::damage::{Damage, DamageKind};

/// The place where a head was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A person gave it.
    Given,
    /// It stands on that line of a file of anchors.
    Line(u64),
    /// The gateway's journal keeps it.
    Gateway,
    /// The checkpoint beside the records.
    Checkpoint,
}

impl Origin {
    /// Whether it is one of many that were kept one after the other.
    fn is_of_list(&self) -> bool {
        matches!(self, Self::Line(_) | Self::Gateway)
    }
}

/// A head that was noted elsewhere, and must be part of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The head.
    pub head: Head,
    /// Where it was noted.
    pub origin: Origin,
}

/// Anchors, with the hashes of the records at their counts.
#[derive(Debug, Default)]
pub struct Anchors {
    by_count: BTreeMap<u64, Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    anchors: Vec<Anchor>,
    found: Option<PrevHash>,
}

impl FromIterator<Anchor> for Anchors {
    fn from_iter<I: IntoIterator<Item = Anchor>>(anchors: I) -> Self {
        let mut all = Self::default();
        for anchor in anchors {
            all.add(anchor);
        }
        all
    }
}

impl Anchors {
    /// Adds one.
    pub fn add(&mut self, anchor: Anchor) {
        let noted = self.by_count.entry(anchor.head.count).or_default();
        // A line a record, and the same line many times, need no more memory than the records.
        if noted.anchors.iter().all(|other| other.head != anchor.head) {
            noted.anchors.push(anchor);
        }
    }

    /// Keeps the hash of that record, where it is an anchor's.
    pub(super) fn keep(&mut self, seq: u64, hash: PrevHash) {
        if let Some(noted) = self.by_count.get_mut(&seq) {
            noted.found = Some(hash);
        }
    }

    /// The anchors that don't fit a chain that ends with that record: of each origin the first, because every later one
    /// fails as well.
    pub(super) fn misfits(self, last: u64) -> Vec<Damage> {
        let mut fits_to = 0;
        let mut misfits: Vec<(Anchor, Damage)> = Vec::new();
        let mut of_lists = 0_u64;
        for (count, Noted { anchors, found }) in self.by_count {
            for anchor in anchors {
                let kind = if count > last {
                    DamageKind::AnchorBeyond
                } else if found.is_some_and(|hash| hash.allows(anchor.head.hash)) {
                    fits_to = count;
                    continue;
                } else {
                    DamageKind::AnchorForeign
                };
                if anchor.origin.is_of_list() {
                    of_lists += 1;
                    if of_lists > 1 {
                        continue;
                    }
                }
                let damage = describe(&anchor, kind, last, fits_to);
                misfits.push((anchor, damage));
            }
        }
        for (anchor, damage) in &mut misfits {
            if anchor.origin.is_of_list() && of_lists > 1 {
                damage.found.push_str(&format!("; {} later ones don't fit either", of_lists - 1));
            }
        }
        misfits.into_iter().map(|(_, damage)| damage).collect()
    }
}

fn describe(anchor: &Anchor, kind: DamageKind, last: u64, fits_to: u64) -> Damage {
    let count = anchor.head.count;
    let name = match &anchor.origin {
        Origin::Given => "the anchor".to_owned(),
        Origin::Line(line) => format!("the anchor on line {line} of the file"),
        Origin::Gateway => "the gateway's anchor".to_owned(),
        Origin::Checkpoint => "the checkpoint".to_owned(),
    };
    let kind = match (kind, &anchor.origin) {
        (DamageKind::AnchorBeyond, Origin::Checkpoint) => DamageKind::CheckpointBeyond,
        (DamageKind::AnchorForeign, Origin::Checkpoint) => DamageKind::CheckpointForeign,
        (kind, _) => kind,
    };
    let (seq, found) = match kind {
        DamageKind::AnchorBeyond | DamageKind::CheckpointBeyond => {
            let found = format!("{name} counts {count} records, and there are {last}");
            (last + 1, found)
        }
        _ => {
            let since = if anchor.origin.is_of_list() && fits_to > 0 {
                format!(
                    "; the one at {fits_to} fits, so they part between record {} and {count}",
                    fits_to + 1
                )
            } else {
                String::new()
            };
            (count, format!("{name} holds another hash than record {count}{since}"))
        }
    };
    Damage { kind, line: None, seq: Some(seq), found }
}

impl Anchor {
    /// One that a person gave.
    pub fn given(head: Head) -> Self {
        Self { head, origin: Origin::Given }
    }
}

/// A line of a file of anchors that holds none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no anchor: {text}")]
pub struct BadLine {
    /// Number of the line, from 1.
    pub line: u64,
    /// Its beginning.
    pub text: String,
}

/// Reads a file of anchors: one `COUNT:HASH` a line. Text before it on the line, as a log adds, is skipped; so are empty
/// lines and those that begin with `#`.
pub fn read_lines(text: &str) -> Result<Vec<Anchor>, BadLine> {
    let mut anchors = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let last = text.split_whitespace().next_back().unwrap_or_default();
        match last.parse() {
            Ok(head) => anchors.push(Anchor { head, origin: Origin::Line(line) }),
            Err(_) => {
                let text = text.chars().take(80).collect();
                return Err(BadLine { line, text });
            }
        }
    }
    Ok(anchors)
}
