//! What serde_json sees: the members of an object, each value as its text, and numbers digit by digit.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, those with the same key included.
pub(crate) struct Members<'a>(pub(crate) Vec<(Name<'a>, &'a RawValue)>);

/// A key; `None` where it holds half a surrogate pair.
pub(crate) struct Name<'a>(pub(crate) Option<Cow<'a, str>>);

impl Name<'_> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.0.as_deref() == Some(name)
    }
}

/// A text, borrowed where it holds no escape.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(12);
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    let name = serde_json::from_str::<Text<'_>>(key.get()).ok();
                    members.push((Name(name.map(|text| text.0)), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The nesting of a JSON text: 0 for a text without list or object.
pub(crate) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
    }
    deepest
}

/// A number as ±0.DIGITS × 10^point, without a zero at either end of the digits; zero has no digits and no sign.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Number {
    is_negative: bool,
    digits: String,
    pub(crate) point: i64,
}

impl Number {
    /// Reads a number's JSON text. An exponent past ±10^9 counts as that.
    pub(crate) fn read(text: &str) -> Self {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let end = unsigned.find(['e', 'E']).unwrap_or(unsigned.len());
        let exponent = unsigned.get(end + 1..).map_or(0, |exponent| {
            let past = if exponent.starts_with('-') { -1_000_000_000 } else { 1_000_000_000 };
            exponent
                .parse::<i64>()
                .map_or(past, |exponent| exponent.clamp(-1_000_000_000, 1_000_000_000))
        });
        let (mut digits, mut point, mut seen_point) = (String::new(), exponent, false);
        for character in unsigned[..end].chars() {
            match character {
                '.' => seen_point = true,
                '0' if digits.is_empty() => point -= i64::from(seen_point),
                digit => {
                    digits.push(digit);
                    point += i64::from(!seen_point);
                }
            }
        }
        digits.truncate(digits.trim_end_matches('0').len());
        match digits.is_empty() {
            true => Self { is_negative: false, digits, point: 0 },
            false => Self { is_negative, digits, point },
        }
    }

    /// Number of decimal places.
    pub(crate) fn places(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap() - self.point
    }

    /// Whether the decimal is this number.
    pub(crate) fn equals(&self, value: Decimal) -> bool {
        *self == Self::read(&value.to_string())
    }

    /// Whether the decimal is this number rounded away from 0 at the 28th place.
    pub(crate) fn rounds_to(&self, value: Decimal) -> bool {
        let keep = usize::try_from(self.point + 28).unwrap_or(0);
        let kept = format!("0{}", self.digits.get(..keep).unwrap_or(&self.digits));
        let rounded = Decimal::from_i128_with_scale(kept.parse::<i128>().unwrap() + 1, 28);
        value == if self.is_negative { -rounded } else { rounded }
    }

    /// Whether a decimal has room for all digits: 28 places, and 96 bits.
    pub(crate) fn fits(&self) -> bool {
        let zeros = usize::try_from(-self.places()).unwrap_or(0);
        let whole = self.digits.clone() + &"0".repeat(zeros.min(40));
        self.places() <= 28
            && (whole.is_empty() || whole.parse::<u128>().is_ok_and(|it| it < 1 << 96))
    }
}
