//! Durations as people write them: `500ms`, `3s`, `1m 30s`, `24h`.

use std::time::Duration;

use jiff::SignedDuration;

/// What a plain number counts, where a key's name says so (`…_S`, `…_MS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// The text is not a duration that can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADuration {
    /// A number, and nobody says of what.
    #[error("a duration takes a unit, such as 500ms, 3s or 24h")]
    NoUnit,
    /// Below zero.
    #[error("it is negative")]
    Negative,
    /// Anything else: not a number, not finite, an unknown unit.
    #[error("it is not a duration")]
    Unreadable,
}

/// Reads a number with its unit: hours, minutes, seconds or smaller, fractions allowed (`1.5s`).
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    if is_plain_number(text.strip_prefix('-').unwrap_or(text)) {
        return Err(NotADuration::NoUnit);
    }
    let signed: SignedDuration = text.parse().map_err(|_| NotADuration::Unreadable)?;
    Duration::try_from(signed).map_err(|_| NotADuration::Negative)
}

/// Reads a plain number as that many of the unit, and what [`parse`] reads.
pub fn parse_in(unit: Unit, text: &str) -> Result<Duration, NotADuration> {
    if !is_plain_number(text.strip_prefix('-').unwrap_or(text)) {
        return parse(text);
    }
    let unit = match unit {
        Unit::Seconds => "s",
        Unit::Milliseconds => "ms",
    };
    parse(&format!("{text}{unit}"))
}

/// Seconds in the plainest form that reads back: `3`, `0.5`. Whole ones stay whole for readers that take integers.
pub fn as_seconds(duration: Duration) -> String {
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
    fn a_plain_number_counts_only_where_the_key_says_of_what() {
        assert_eq!(parse("3"), Err(NotADuration::NoUnit));
        assert_eq!(parse_in(Unit::Seconds, "0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_in(Unit::Seconds, "250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_in(Unit::Milliseconds, "50"), Ok(Duration::from_millis(50)));
    }

    #[test]
    fn refuses_what_cannot_be_waited_for() {
        for text in ["", "NaN", "inf", "infinity", "1e3", "abc", "3 parsecs", "0x3", "s", ".", "3."]
        {
            assert_eq!(parse_in(Unit::Seconds, text), Err(NotADuration::Unreadable), "{text}");
        }
        for text in ["-1", "-0.5", "-3s", "3s ago"] {
            assert_eq!(parse_in(Unit::Seconds, text), Err(NotADuration::Negative), "{text}");
        }
    }

    #[test]
    fn seconds_read_back() {
        for (millis, text) in [(3000, "3"), (500, "0.5"), (1, "0.001"), (10_020, "10.02")] {
            assert_eq!(as_seconds(Duration::from_millis(millis)), text);
            assert_eq!(parse_in(Unit::Seconds, text), Ok(Duration::from_millis(millis)));
        }
    }
}
