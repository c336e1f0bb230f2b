//! The damages of a chain of records, each kind by name.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// One damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Damage {
    /// The kind of damage.
    pub kind: DamageKind,
    /// Number of the line where it shows, from 1, in all files of records together, oldest first.
    pub line: Option<u64>,
    /// The sequence number of the record; the first of several.
    pub seq: Option<u64>,
    /// The damage in words.
    pub found: String,
}

/// A kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DamageKind {
    /// A record's bytes do not match its hash.
    Altered,
    /// A line is no record, and no torn-tail record accounts for it.
    Unreadable,
    /// A line is longer than 4 MiB.
    Oversized,
    /// A torn-tail record accounts for other bytes than those before it.
    TornMismatch,
    /// Sequence numbers are missing.
    Lost,
    /// A record stands after one that was written later.
    Reordered,
    /// An earlier record has the same sequence number.
    Duplicate,
    /// A record does not follow from the previous one: one of the two was rewritten, its hash recomputed.
    Restamped,
    /// The head counts more records than there are.
    Truncated,
    /// There are records without a head.
    HeadMissing,
    /// The head can't be read.
    HeadUnreadable,
    /// The head is of another chain: its hash is not that of the record at its count.
    HeadForeign,
    /// The head is more than one record behind.
    HeadBehind,
    /// The chain ends before the anchor.
    AnchorBeyond,
    /// The anchor is of another chain.
    AnchorForeign,
    /// A sealed segment can't be read to its end.
    SegmentUnreadable,
    /// The checkpoint can't be read.
    CheckpointUnreadable,
    /// The chain ends before the checkpoint: records were cut off, or older files put in their place.
    CheckpointBeyond,
    /// The checkpoint is of another chain.
    CheckpointForeign,
    /// The checkpoint does not hold what the records up to it leave open.
    CheckpointFalse,
    /// A signed checkpoint can't be read.
    SignedUnreadable,
    /// A signed checkpoint does not bear the key's signature.
    SignedForged,
    /// The chain ends before a signed checkpoint.
    SignedBeyond,
    /// A signed checkpoint is of other records.
    SignedForeign,
    /// Another copy of the evidence has another record at the same place.
    Fork,
}

impl DamageKind {
    /// Whether an anchor does not fit.
    pub fn is_of_anchors(self) -> bool {
        matches!(self, Self::AnchorBeyond | Self::AnchorForeign)
    }

    /// Whether the records are a sound chain all the same: only what was noted beside or elsewhere does not fit them.
    pub fn leaves_a_chain(self) -> bool {
        self.is_of_anchors() || matches!(self, Self::CheckpointBeyond | Self::CheckpointForeign)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.found),
            None => f.write_str(&self.found),
        }
    }
}

/// A peculiarity that is no damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remark {
    /// The kind of peculiarity.
    pub kind: RemarkKind,
    /// Number of the line where it shows, from 1, in all files of records together, oldest first.
    pub line: Option<u64>,
    /// The sequence number of the record.
    pub seq: Option<u64>,
    /// The peculiarity in words.
    pub found: String,
}

/// A kind of peculiarity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemarkKind {
    /// A record is older than the previous one: the machine's clock was set back.
    TimeWentBack,
    /// An unfinished line, closed off by a record that holds its hash.
    TornTail,
    /// The file ends in an unfinished line; the next append closes it off.
    UnfinishedLine,
    /// The head is one record behind: a kill came between record and head.
    HeadOneBehind,
}
