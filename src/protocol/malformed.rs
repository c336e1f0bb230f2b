//! How a frame breaks the protocol, told as an operator needs it: which field, which byte, what is wrong.

use std::fmt;

use crate::escape::visible;

/// A frame that breaks the protocol: which field, at which byte, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    /// The field's path (`positions[3].volume`); empty where the whole frame is meant.
    pub field: String,
    /// Offset in bytes from the frame's start, where it is known.
    pub offset: Option<usize>,
    /// What is wrong with it.
    pub reason: Reason,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str("the frame")?;
        } else {
            write!(f, "field `{}`", visible(&self.field))?;
        }
        if let Some(offset) = self.offset {
            write!(f, " at byte {offset}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// How a field breaks the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The frame is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The frame is not JSON; says how.
    #[error("not JSON: {0}")]
    NotJson(&'static str),
    /// The frame is longer than anything that the gateway sends.
    #[error("{bytes} bytes, past the limit of {limit}")]
    Oversized {
        /// The frame's length.
        bytes: usize,
        /// [`MAX_FRAME_BYTES`](super::wire::MAX_FRAME_BYTES).
        limit: usize,
    },
    /// A field that must be there is not.
    #[error("missing")]
    Missing,
    /// More members than an object of the protocol could ever have.
    #[error("more than {limit} members")]
    TooManyMembers {
        /// The largest number that is read.
        limit: usize,
    },
    /// The same key twice in one object.
    #[error("given twice")]
    Duplicate,
    /// `NaN`, `Infinity`, or a number that no account can hold.
    #[error("not a finite number")]
    NotFinite,
    /// Another type than the protocol's.
    #[error("expected {expected}, found {}", visible(.found))]
    WrongType {
        /// What the protocol says.
        expected: &'static str,
        /// The token, shortened.
        found: String,
    },
    /// A `status` that the protocol doesn't list, or not for this action.
    #[error("unlisted status {0:?}")]
    UnlistedStatus(String),
    /// An `action` that the protocol doesn't list.
    #[error("unlisted action {0:?}")]
    UnlistedAction(String),
    /// The reply belongs to another request (hazard 14).
    #[error("a reply to another request: expected {expected}, found {found:?}")]
    ForeignUuid {
        /// The request's.
        expected: String,
        /// The reply's.
        found: String,
    },
}

/// The beginning of a text: a frame may hold one of megabytes.
pub(super) fn excerpt(raw: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = raw.chars().take(SHOWN).collect();
    if shown.len() < raw.len() {
        shown.push('…');
    }
    shown
}
