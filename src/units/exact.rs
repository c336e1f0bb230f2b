//! A decimal number that remembers how it was written.

use std::fmt;
use std::str::FromStr;

use ecow::EcoString;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Digits that a [`Decimal`] can hold behind the point; what is smaller is a float's noise and reads as rounded.
const MAX_SCALE: u32 = 28;

/// Numbers from 10^18 on are refused: no account holds them, and below it no sum of a whole list can overflow.
const MAX_WHOLE_DIGITS: u32 = 18;

/// The text is not a JSON number that can be held: not a number at all, or too large.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a finite number below 10^18")]
pub struct NotANumber(
    /// The text that was to be read.
    pub String,
);

impl NotANumber {
    fn of(token: &str) -> Self {
        Self(token.chars().take(40).collect())
    }
}

/// A number with the token it had on the wire. Equality and order are those of the value: `1.0` equals `1.00`.
///
/// The value is worked out when it is asked for: of a list of thousands most numbers are only passed on.
#[derive(Debug, Clone)]
pub struct Exact {
    token: EcoString,
}

/// A plain number of no more characters than this is one that a decimal holds.
const SURELY_HELD: usize = MAX_WHOLE_DIGITS as usize;

impl Exact {
    /// Reads a JSON number token.
    pub fn parse(token: &str) -> Result<Self, NotANumber> {
        if is_json_number(token) { Self::of_json_number(token) } else { Err(NotANumber::of(token)) }
    }

    /// Reads a token that is known to be written as a JSON number; it may still be too large.
    pub(crate) fn of_json_number(token: &str) -> Result<Self, NotANumber> {
        if token.len() > SURELY_HELD || token.bytes().any(|byte| matches!(byte, b'e' | b'E')) {
            let value = parse_decimal(token).ok_or_else(|| NotANumber::of(token))?;
            if value.abs() >= Decimal::from(10_i64.pow(MAX_WHOLE_DIGITS)) {
                return Err(NotANumber::of(token));
            }
        }
        Ok(Self { token: token.into() })
    }

    /// The token as it stood on the wire.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The exact value.
    pub fn value(&self) -> Decimal {
        // What was taken as a token can be read as one.
        parse_decimal(&self.token).unwrap_or_default()
    }
}

impl From<Decimal> for Exact {
    /// Written just as a [`Decimal`] is shown, in a tenth of the time: a simulated gateway writes thousands.
    fn from(value: Decimal) -> Self {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(value.mantissa().unsigned_abs());
        let scale = value.scale() as usize;
        let mut token = EcoString::new();
        if value.is_sign_negative() {
            token.push('-');
        }
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
        token.push_str(if whole.is_empty() { "0" } else { whole });
        if scale > 0 {
            token.push('.');
            (fraction.len()..scale).for_each(|_| token.push('0'));
            token.push_str(fraction);
        }
        Self { token }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.token == other.token || self.value() == other.value()
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value().cmp(&other.value())
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.token)
    }
}

impl Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue =
            serde_json::from_str(&self.token).map_err(<S::Error as serde::ser::Error>::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let number = match raw.get().as_bytes() {
            [b'-' | b'0'..=b'9', ..] => Self::of_json_number(raw.get()),
            _ => Err(NotANumber::of(raw.get())),
        };
        number.map_err(serde::de::Error::custom)
    }
}

/// RFC 8259's grammar for a number: no leading `+`, no leading zeros, no bare point, no `NaN`.
fn is_json_number(token: &str) -> bool {
    fn digits(bytes: &[u8]) -> usize {
        bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }
    let mut rest = token.as_bytes();
    rest = rest.strip_prefix(b"-").unwrap_or(rest);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent =
            exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}

/// The token's value; what lies below 10^-28 is rounded, what is too large is `None`.
fn parse_decimal(token: &str) -> Option<Decimal> {
    let Some((mantissa, exponent)) = token.split_once(['e', 'E']) else {
        return Decimal::from_str(token).ok();
    };
    let mantissa = Decimal::from_str(mantissa).ok()?;
    if mantissa.is_zero() {
        return Some(mantissa);
    }
    // An exponent beyond i32 is beyond every decimal as well.
    let exponent: i32 = match exponent.parse() {
        Ok(exponent) => exponent,
        Err(_) if exponent.starts_with('-') => return Some(Decimal::ZERO),
        Err(_) => return None,
    };
    if exponent >= 0 {
        let factor = 10_i128.checked_pow(exponent.unsigned_abs())?;
        return mantissa.checked_mul(Decimal::try_from_i128_with_scale(factor, 0).ok()?);
    }
    let shift = exponent.unsigned_abs();
    if shift > 2 * MAX_SCALE {
        return Some(Decimal::ZERO);
    }
    let mut value = mantissa;
    if value.scale() + shift > MAX_SCALE {
        value = value.round_dp(MAX_SCALE.saturating_sub(shift));
    }
    if value.scale() + shift > MAX_SCALE {
        return Some(Decimal::ZERO);
    }
    value.set_scale(value.scale() + shift).ok()?;
    Some(value)
}

macro_rules! exact_unit {
    ($(#[$doc:meta])* $name:ident, $schema:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Exact);

        impl $name {
            /// The exact value.
            pub fn value(&self) -> Decimal {
                self.0.value()
            }
        }

        impl From<Decimal> for $name {
            fn from(value: Decimal) -> Self {
                Self(Exact::from(value))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "number", "description": $schema })
            }
        }
    };
}

exact_unit!(
    /// An amount in the account's currency.
    Money, "Amount in the account's currency, with the token received."
);
exact_unit!(
    /// A price in the symbol's quote currency.
    Price, "Price in the symbol's quote currency, with the token received."
);
exact_unit!(
    /// A volume in lots.
    Lots, "Volume in lots, with the token received."
);
exact_unit!(
    /// A margin level in per cent: 100 × equity / margin; 0 where no margin is in use.
    Level, "Margin level in per cent, with the token received; 0 where no margin is in use."
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_the_token_and_reads_the_value() {
        let number = Exact::parse("1.08500").unwrap();
        assert_eq!(number.token(), "1.08500");
        assert_eq!(number, Exact::parse("1.085").unwrap());
        assert_eq!(serde_json::to_string(&number).unwrap(), "1.08500");
    }

    proptest! {
        #[test]
        fn a_decimal_is_written_as_it_is_shown(
            mantissa in prop_oneof![-200_i128..200, -(1_i128 << 96) + 1..1 << 96],
            scale in 0..=MAX_SCALE,
            negative: bool,
        ) {
            let mut value = Decimal::from_i128_with_scale(mantissa, scale);
            // A zero has a sign as well.
            value.set_sign_negative(negative);
            let written = Exact::from(value);
            prop_assert_eq!(written.token(), value.to_string());
        }
    }

    #[test]
    fn reads_exponents_and_a_floats_noise() {
        for (token, value) in [
            ("1e2", "100"),
            ("2.5E-3", "0.0025"),
            ("1.4210854715202004e-14", "0.0000000000000142108547152020"),
            ("5e-324", "0"),
            ("0e999999999999", "0"),
            ("-0.0", "0"),
            ("200.00000000000003", "200.00000000000003"),
        ] {
            assert_eq!(
                Exact::parse(token).unwrap().value(),
                Decimal::from_str(value).unwrap(),
                "{token}"
            );
        }
    }

    #[test]
    fn refuses_what_json_does_not_call_a_number() {
        for token in [
            "", "-", "NaN", "Infinity", "+1", "01", ".5", "1.", "1e", "1e+", "0x1", "1e999",
            "1_000", " 1",
        ] {
            assert!(Exact::parse(token).is_err(), "{token}");
        }
    }
}
