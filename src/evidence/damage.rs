//! What can be wrong with a chain of records, each kind by name.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// One damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Damage {
    /// Its kind.
    pub kind: DamageKind,
    /// The line, from 1, where it shows.
    pub line: Option<u64>,
    /// The sequence number that it is about; the first of them where it is about several.
    pub seq: Option<u64>,
    /// In words.
    pub found: String,
}

/// A kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DamageKind {
    /// A record's bytes are not those that its hash is of.
    Altered,
    /// A line that is no record, and that no torn-tail record accounts for.
    Unreadable,
    /// A line past the limit of 4 MiB.
    Oversized,
    /// A torn-tail record that accounts for other bytes than stand before it.
    TornMismatch,
    /// Sequence numbers that are nowhere.
    Lost,
    /// A record behind one that was written after it.
    Reordered,
    /// A sequence number that an earlier record has.
    Duplicate,
    /// A record that does not follow from the one before it: one of the two was rewritten, its hash recomputed.
    Restamped,
    /// The head knows of records that are not there.
    Truncated,
    /// There are records, and no head.
    HeadMissing,
    /// The head can't be read.
    HeadUnreadable,
    /// The head is of another chain: its hash is not that of the record that it counts to.
    HeadForeign,
    /// The head is more than one record behind.
    HeadBehind,
    /// The chain ends before the anchor.
    AnchorBeyond,
    /// The anchor is of another chain.
    AnchorForeign,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.found),
            None => f.write_str(&self.found),
        }
    }
}

/// Something that wants a look, and that is no damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remark {
    /// Its kind.
    pub kind: RemarkKind,
    /// The line, from 1, where it shows.
    pub line: Option<u64>,
    /// The sequence number that it is about.
    pub seq: Option<u64>,
    /// In words.
    pub found: String,
}

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemarkKind {
    /// A record is older than the one before it: the machine's clock was set back.
    TimeWentBack,
    /// An unfinished line, closed off by a record that holds its hash.
    TornTail,
    /// The file ends in an unfinished line; the next append closes it off.
    UnfinishedLine,
    /// The head is one record behind: a kill between the record and the head.
    HeadOneBehind,
}
