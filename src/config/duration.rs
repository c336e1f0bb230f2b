//! Parses durations such as `500ms`, `3s`, `1m 30s` and `24h`.

use std::time::Duration;

use jiff::SignedDuration;

/// A text that is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADuration {
    /// A number without a unit.
    #[error("a duration takes a unit, such as 500ms, 3s or 24h")]
    NoUnit,
    /// A negative duration.
    #[error("it is negative")]
    Negative,
    /// Not a number, not finite, or an unknown unit.
    #[error("it is not a duration")]
    Unreadable,
}

/// Parses numbers with units: hours, minutes, seconds or smaller, with fractions (`1.5s`).
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    if is_plain_number(text.strip_prefix('-').unwrap_or(text)) {
        return Err(NotADuration::NoUnit);
    }
    let signed: SignedDuration = text.parse().map_err(|_| NotADuration::Unreadable)?;
    Duration::try_from(signed).map_err(|_| NotADuration::Negative)
}

/// Like [`parse`], and reads a plain number as that many `unit`s: the unit in the key's name (`…_S`, `…_MS`).
pub(super) fn parse_in(unit: &str, text: &str) -> Result<Duration, NotADuration> {
    if !is_plain_number(text.strip_prefix('-').unwrap_or(text)) {
        return parse(text);
    }
    parse(&format!("{text}{unit}"))
}

/// Formats seconds, such as `3` or `0.5`. Whole seconds have no point, for programs that parse integers.
pub(super) fn as_seconds(duration: Duration) -> String {
    match duration.subsec_nanos() {
        0 => duration.as_secs().to_string(),
        nanos => {
            let fraction = format!("{nanos:09}");
            format!("{}.{}", duration.as_secs(), fraction.trim_end_matches('0'))
        }
    }
}

/// Digits with at most one point between them: no sign, no exponent, no `NaN`, no `inf`.
fn is_plain_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_and_fractions() {
        for (text, millis) in
            [("500ms", 500), ("3s", 3000), ("24h", 86_400_000), ("1.5s", 1500), ("1m 30s", 90_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn a_plain_number_is_read_only_in_the_keys_unit() {
        assert_eq!(parse("3"), Err(NotADuration::NoUnit));
        assert_eq!(parse_in("s", "0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_in("s", "250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_in("ms", "50"), Ok(Duration::from_millis(50)));
    }

    #[test]
    fn refuses_texts_that_are_no_durations() {
        for text in ["", "NaN", "inf", "infinity", "1e3", "abc", "3 parsecs", "0x3", "s", ".", "3."]
        {
            assert_eq!(parse_in("s", text), Err(NotADuration::Unreadable), "{text}");
        }
        for text in ["-1", "-0.5", "-3s", "3s ago"] {
            assert_eq!(parse_in("s", text), Err(NotADuration::Negative), "{text}");
        }
    }

    #[test]
    fn seconds_read_back() {
        for (millis, text) in [(3000, "3"), (500, "0.5"), (1, "0.001"), (10_020, "10.02")] {
            assert_eq!(as_seconds(Duration::from_millis(millis)), text);
            assert_eq!(parse_in("s", text), Ok(Duration::from_millis(millis)));
        }
    }
}
