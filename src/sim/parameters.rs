//! Reads the parameters of a fault's specification, one after the other.

use std::iter::Peekable;
use std::time::Duration;
use std::vec::IntoIter;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;

use super::fault::{Garbage, Moment};
use crate::units::Exact;

/// The parts of a specification after name and action.
pub(super) struct Parameters<'a> {
    parts: Peekable<IntoIter<&'a str>>,
}

/// The expected form of a parameter, for the error message.
pub(super) type Expected = &'static str;

impl<'a> Parameters<'a> {
    pub(super) fn new(parts: Peekable<IntoIter<&'a str>>) -> Self {
        Self { parts }
    }

    /// The next part, unread.
    pub(super) fn next_part(&mut self) -> Option<&'a str> {
        self.parts.next()
    }

    fn next(&mut self, expected: Expected) -> Result<&'a str, Expected> {
        self.parts.next().filter(|part| !part.is_empty()).ok_or(expected)
    }

    pub(super) fn word(&mut self, expected: Expected) -> Result<String, Expected> {
        self.next(expected).map(str::to_owned)
    }

    pub(super) fn signed(&mut self) -> Result<SignedDuration, Expected> {
        let expected = "a duration such as `250ms`, `3s` or `-3s`";
        self.next(expected)?.parse().map_err(|_| expected)
    }

    pub(super) fn duration(&mut self) -> Result<Duration, Expected> {
        let expected = "a duration such as `250ms` or `3s`";
        Duration::try_from(self.signed().map_err(|_| expected)?).map_err(|_| expected)
    }

    pub(super) fn count(&mut self) -> Result<u32, Expected> {
        let expected = "a count above 0";
        self.next(expected)?.parse().ok().filter(|count| *count > 0).ok_or(expected)
    }

    /// A count if one comes next; another part is left unread.
    pub(super) fn optional_count(&mut self) -> Option<u32> {
        let count = self.parts.peek()?.parse().ok().filter(|count| *count > 0)?;
        self.parts.next();
        Some(count)
    }

    pub(super) fn integer(&mut self, expected: Expected) -> Result<i64, Expected> {
        self.next(expected)?.parse().map_err(|_| expected)
    }

    pub(super) fn amount(&mut self) -> Result<Decimal, Expected> {
        let expected = "an amount such as `250.00` or `-3.5`";
        Exact::parse(self.next(expected)?).map(|amount| amount.value()).map_err(|_| expected)
    }

    pub(super) fn factor(&mut self) -> Result<Decimal, Expected> {
        let expected = "a factor above 0";
        let factor = Exact::parse(self.next(expected)?).map(|factor| factor.value());
        factor.ok().filter(|factor| *factor > Decimal::ZERO).ok_or(expected)
    }

    pub(super) fn volume(&mut self) -> Result<Decimal, Expected> {
        let expected = "a volume in lots";
        Exact::parse(self.next(expected)?).map(|volume| volume.value()).map_err(|_| expected)
    }

    pub(super) fn moment(&mut self) -> Result<Moment, Expected> {
        match self.parts.next() {
            Some("before") => Ok(Moment::Before),
            Some("after") => Ok(Moment::After),
            _ => Err("`before` or `after`"),
        }
    }

    pub(super) fn garbage(&mut self) -> Result<Garbage, Expected> {
        let expected = "not-json, nan, infinity, duplicate-key, bad-utf8, missing-field, wrong-type, huge, empty, \
                        truncated or trailing";
        let part: StrDeserializer<'_, serde::de::value::Error> =
            self.next(expected)?.into_deserializer();
        Garbage::deserialize(part).map_err(|_| expected)
    }
}
