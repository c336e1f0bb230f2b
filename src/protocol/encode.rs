//! Writing frames.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// A frame with this value as JSON. The protocol's types hold nothing that JSON can't express.
pub(super) fn frame(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// RFC 3339 in UTC with microseconds and a numeric offset: Python's `fromisoformat` reads `Z` only from 3.11 on.
pub fn rfc3339(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// [`rfc3339`] as the serializer of a field, which may be an `Option`.
pub(super) fn serialize_time<S: Serializer>(
    time: &(impl Into<Option<Timestamp>> + Copy),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    (*time).into().map(rfc3339).serialize(serializer)
}
