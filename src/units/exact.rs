//! An exact decimal number that keeps the token it was read from.

use std::fmt;

use ecow::EcoString;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Decimal places of a [`Decimal`].
const MAX_SCALE: u32 = 28;

/// A smaller amount is a float's noise: the zeros behind its decimal point are more than this.
const NOISE_ZEROS: i64 = 10;

/// Numbers from 10^18 on are refused: no account holds them, and no sum of a list of smaller ones overflows.
const MAX_WHOLE_DIGITS: u32 = 18;

/// A text that can't be an [`Exact`]. The message follows one that shows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// It is no JSON number.
    #[error("it is not a number")]
    OtherText,
    /// It is 10^18 or more.
    #[error("it is too large")]
    TooLarge,
    /// It has more digits than a [`Decimal`] holds.
    #[error("it has too many digits")]
    TooManyDigits,
}

/// A number with its token from the wire. Equality and order are those of the value: `1.0` equals `1.00`.
///
/// The value is computed on demand, because most numbers of a long list are only passed on.
#[derive(Debug, Clone)]
pub struct Exact {
    token: EcoString,
}

/// A [`Decimal`] holds every number of at most this many characters without an exponent.
const ALWAYS_HELD_CHARS: usize = MAX_WHOLE_DIGITS as usize;

/// The name that `serde_json` gives to a struct whose one field is JSON text, as its `RawValue` serializes itself. Going
/// through a `RawValue` would parse each token once more.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl Exact {
    /// Reads a JSON number token.
    pub fn parse(token: &str) -> Result<Self, NotANumber> {
        match scan_number(token.as_bytes()) {
            Ok(length) if length == token.len() => Self::from_json_number(token),
            _ => Err(NotANumber::OtherText),
        }
    }

    /// Reads a token that is known to be a JSON number; it may still be too large or too long.
    pub(crate) fn from_json_number(token: &str) -> Result<Self, NotANumber> {
        if token.len() > ALWAYS_HELD_CHARS || token.bytes().any(|byte| matches!(byte, b'e' | b'E'))
        {
            parse_decimal(token)?;
        }
        Ok(Self { token: token.into() })
    }

    /// The token from the wire.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The exact value. Only a number below 10^-11 may be rounded, to 28 decimal places and never to zero: a float's noise has
    /// more.
    pub fn value(&self) -> Decimal {
        // `from_json_number` accepted the token.
        parse_decimal(&self.token).unwrap_or_default()
    }
}

impl From<Decimal> for Exact {
    /// The same text as [`Decimal`]'s `Display`, in a tenth of the time: a simulated gateway writes thousands.
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
        let mut raw = serializer.serialize_struct(RAW_VALUE, 1)?;
        raw.serialize_field(RAW_VALUE, self.token())?;
        raw.end()
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let number = match raw.get().as_bytes() {
            [b'-' | b'0'..=b'9', ..] => Self::from_json_number(raw.get()),
            _ => Err(NotANumber::OtherText),
        };
        number.map_err(serde::de::Error::custom)
    }
}

/// The length of the JSON number at the start of `text`, by RFC 8259's grammar: no leading `+`, no leading zeros, no bare
/// point, no `NaN`. An error is the offset of the wrong byte and the fault there.
pub(crate) fn scan_number(text: &[u8]) -> Result<usize, (usize, &'static str)> {
    let digits = |start: usize| {
        let count = text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        match text.get(start) {
            _ if count > 0 => Ok(start + count),
            None => Err((start, "it ends within a number")),
            Some(_) => Err((start, "a number without digits")),
        }
    };
    let whole = usize::from(text.first() == Some(&b'-'));
    let mut end = digits(whole)?;
    if text[whole] == b'0' && end > whole + 1 {
        return Err((whole + 1, "a number with a leading zero"));
    }
    if text.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Ok(end)
}

/// The value of a JSON number. Fails where it is too large, or has more digits than a [`Decimal`] holds.
fn parse_decimal(token: &str) -> Result<Decimal, NotANumber> {
    if token.len() <= MAX_SCALE as usize && !token.contains(['e', 'E']) {
        return match Decimal::from_str_exact(token) {
            // Zero has no sign.
            Ok(value) if value.is_zero() => Ok(value.abs()),
            Ok(value) if value.abs() < Decimal::from(10_i64.pow(MAX_WHOLE_DIGITS)) => Ok(value),
            _ => Err(NotANumber::TooLarge),
        };
    }
    let unsigned = token.strip_prefix('-');
    let sign = if unsigned.is_some() { -1 } else { 1 };
    let unsigned = unsigned.unwrap_or(token);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    let digits = all.trim_start_matches('0');
    // The value is 0.DIGITS × 10^point. An exponent past i64 is past every number.
    let past = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
    let count = |digits: usize| i64::try_from(digits).unwrap_or(i64::MAX);
    let before_the_point = count(whole.len()) - count(all.len() - digits.len());
    let point = exponent.parse().unwrap_or(past).saturating_add(before_the_point);
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Ok(Decimal::ZERO);
    }
    if point > i64::from(MAX_WHOLE_DIGITS) {
        return Err(NotANumber::TooLarge);
    }
    let held = usize::try_from(point.saturating_add(i64::from(MAX_SCALE))).unwrap_or_default();
    let (mantissa, scale) = match digits.get(..held) {
        // Rounded away from zero.
        Some(kept) if point < -NOISE_ZEROS && kept != digits => {
            (format!("0{kept}").parse::<i128>().map(|kept| kept + 1), i64::from(MAX_SCALE))
        }
        _ => (digits.parse(), count(digits.len()).saturating_sub(point)),
    };
    let zeros = 10_i128.pow(u32::try_from(-scale).unwrap_or_default());
    let value = mantissa.ok().and_then(|mantissa| {
        let scale = u32::try_from(scale.max(0)).ok()?;
        Decimal::try_from_i128_with_scale(sign * mantissa * zeros, scale).ok()
    });
    value.ok_or(NotANumber::TooManyDigits)
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
    use std::str::FromStr as _;

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
            ("7900000000000000000000000000000000000000e-40", "0.79"),
            ("0.00000000000000000000000000000000000079e36", "0.79"),
            ("1234.5e-4", "0.12345"),
            ("999999999999999999.9999999999", "999999999999999999.9999999999"),
            ("1.000000000000000000000000000000000000000", "1"),
            ("1.234567890123456e-11", "0.00000000001234567890123456"),
            // Noise keeps 28 decimal places, and is never zero.
            ("1.4210854715202004e-14", "0.0000000000000142108547152021"),
            ("-1.4210854715202004e-14", "-0.0000000000000142108547152021"),
            ("5e-324", "0.0000000000000000000000000001"),
            ("-1e-99999999999999999999", "-0.0000000000000000000000000001"),
            ("0e999999999999", "0"),
            ("0e-99999999999999999999", "0"),
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
        for token in
            ["", "-", "NaN", "Infinity", "+1", "01", ".5", "1.", "1e", "1e+", "0x1", "1_000", " 1"]
        {
            assert_eq!(Exact::parse(token), Err(NotANumber::OtherText), "{token}");
        }
    }

    #[test]
    fn refuses_a_number_that_it_cannot_hold_exactly() {
        for (token, why) in [
            ("1e400", NotANumber::TooLarge),
            ("-1e99999999999999999999", NotANumber::TooLarge),
            ("1000000000000000000", NotANumber::TooLarge),
            ("0.1e19", NotANumber::TooLarge),
            ("99999999999999999999999999999999999999999999999999", NotANumber::TooLarge),
            ("0.79000000000000000000000000000000000001", NotANumber::TooManyDigits),
            ("7900000000000000000000000000000000000001e-40", NotANumber::TooManyDigits),
            ("123456789012345678.123456789012", NotANumber::TooManyDigits),
        ] {
            assert_eq!(Exact::parse(token), Err(why), "{token}");
        }
    }

    proptest! {
        #[test]
        fn an_exponent_changes_no_number(
            mantissa in -(10_i128.pow(26))..10_i128.pow(26), scale in 8..=MAX_SCALE, zeros in 0..500_usize,
        ) {
            let value = Decimal::from_i128_with_scale(mantissa, scale);
            let sign = if mantissa < 0 { "-" } else { "" };
            let (digits, padding) = (mantissa.abs().to_string(), "0".repeat(zeros));
            let shift = zeros + digits.len();
            for token in [
                format!("{sign}{digits}{padding}e-{}", scale as usize + zeros),
                format!("{sign}0.{padding}{digits}E{}", shift as i64 - i64::from(scale)),
            ] {
                prop_assert_eq!(Exact::parse(&token).unwrap().value(), value, "{}", token);
            }
        }
    }
}
