//! The error of a frame that breaks the protocol: the field, the byte and the fault.

use std::fmt;

use crate::escape::visible;

/// A frame that breaks the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    /// The field's path (`positions[3].volume`); empty for the frame as a whole.
    pub field: String,
    /// Offset in bytes from the frame's start, where known.
    pub offset: Option<usize>,
    /// The fault.
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

impl Malformed {
    /// The message for a file of the same format; `file` names it.
    pub(crate) fn in_file(&self, file: &str) -> String {
        if self.reason == Reason::Missing {
            // Its offset is the object's, which is the file's start.
            format!("{file}: field `{}` is missing", visible(&self.field))
        } else if self.field.is_empty() {
            self.to_string().replacen("the frame", file, 1)
        } else {
            format!("{file}: {self}")
        }
    }
}

/// A fault of a field or a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The frame is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The frame is not JSON; holds the reason.
    #[error("not JSON: {0}")]
    NotJson(&'static str),
    /// The frame is longer than any that the gateway sends.
    #[error("{bytes} bytes, past the limit of {limit}")]
    Oversized {
        /// The frame's length in bytes.
        bytes: usize,
        /// [`MAX_FRAME_BYTES`](super::wire::MAX_FRAME_BYTES).
        limit: usize,
    },
    /// A value is longer than any that the gateway sends.
    #[error("{bytes} bytes, past the limit of {limit} for a value")]
    ValueTooLong {
        /// The value's length in bytes.
        bytes: usize,
        /// The largest length accepted.
        limit: usize,
    },
    /// A required field is missing.
    #[error("missing")]
    Missing,
    /// An object with more members than any of the protocol.
    #[error("more than {limit} members")]
    TooManyMembers {
        /// The largest number accepted.
        limit: usize,
    },
    /// A key occurs twice in one object.
    #[error("given twice")]
    Duplicate,
    /// `NaN`, `Infinity`, or a number of 10^18 or more.
    #[error("not a finite number")]
    NotFinite,
    /// A number that no exact decimal holds.
    #[error("a number with too many digits")]
    TooManyDigits,
    /// The value has another type than the protocol's.
    #[error("expected {expected}, found {}", visible(.found))]
    WrongType {
        /// The protocol's type.
        expected: &'static str,
        /// The token, cut to its beginning.
        found: String,
    },
    /// A `status` that the protocol doesn't list for this action.
    #[error("unlisted status {0:?}")]
    UnlistedStatus(String),
    /// A list of another length than the gateway's second count of it.
    #[error("the list has {rows} rows, and the terminal counts {total}")]
    OtherTotal {
        /// The list's length.
        rows: usize,
        /// The gateway's count.
        total: i64,
    },
    /// The reply belongs to another request (hazard 14).
    #[error("a reply to another request: expected {expected}, found {found:?}")]
    ForeignUuid {
        /// The request's `uuid`.
        expected: String,
        /// The reply's `uuid`.
        found: String,
    },
}

/// The beginning of a text, which may be megabytes long.
pub(super) fn excerpt(raw: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = raw.chars().take(SHOWN).collect();
    if shown.len() < raw.len() {
        shown.push('…');
    }
    shown
}
