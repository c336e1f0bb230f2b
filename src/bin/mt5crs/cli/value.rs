//! Parsers for values of arguments, with their limits.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use mt5crs::config::duration;
use mt5crs::evidence::note::{InvalidKey, VerifierKey};
use mt5crs::units::{Exact, Money};

/// Parses whole numbers within a range; `what` names them in the refusal, as "a count".
pub(crate) fn number<T>(
    what: &'static str,
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("{what} is {}", words(range.start(), range.end()))),
    }
}

/// A range in words. The limits of a type are shown as powers, because nobody reads twenty digits.
fn words(start: &impl Display, end: &impl Display) -> String {
    let powers = [
        (u64::MAX.to_string(), "2^64 - 1"),
        (i64::MAX.to_string(), "2^63 - 1"),
        (i64::MIN.to_string(), "-2^63"),
    ];
    let power = |limit: &str| powers.iter().find(|(digits, _)| digits == limit).map(|it| it.1);
    let (start, end) = (start.to_string(), end.to_string());
    match power(&end) {
        Some(last) => format!("a whole number from {} to {last}", power(&start).unwrap_or(&start)),
        None => format!("{start} to {end}"),
    }
}

/// Parses a verifier key, or reads it from the file of that name.
pub(crate) fn verifier_key(text: &str) -> Result<VerifierKey, String> {
    if text.contains('+') {
        return text.parse().map_err(|error: InvalidKey| error.to_string());
    }
    let read = std::fs::read_to_string(text).map_err(|error| {
        format!("a verifier key is NAME+ID+BASE64, or a file that holds one: {error}")
    })?;
    read.parse().map_err(|error: InvalidKey| error.to_string())
}

/// Parses a ticket.
pub(crate) fn ticket(text: &str) -> Result<i64, String> {
    let ticket = text.parse().ok().filter(|ticket| *ticket > 0);
    ticket.ok_or_else(|| "a ticket is a whole number above 0".to_owned())
}

pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration::parse(text) {
        Ok(duration) if duration.is_zero() => Err("must be above 0".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// How long a position may be watched: a week at most; the plan needs 72 h.
pub(crate) fn watch_duration(text: &str) -> Result<Duration, String> {
    within(
        text,
        Duration::from_nanos(1),
        Duration::from_secs(7 * 24 * 3600),
        "above 0 and at most 168h",
    )
}

/// Interval of link tests: each test is two requests to a gateway that answers one at a time.
pub(crate) fn watch_interval(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(10), Duration::MAX, "at least 10ms")
}

/// Interval between two looks at a watched position.
pub(crate) fn look_interval(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(100), Duration::from_secs(60), "from 100ms to 60s")
}

/// How long the command of `--on-change` may take. A position that stays open is left within a minute, two of them included.
pub(crate) fn hook_duration(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(1), Duration::from_secs(25), "from 1ms to 25s")
}

fn within(text: &str, least: Duration, most: Duration, range: &str) -> Result<Duration, String> {
    match duration::parse(text) {
        Ok(duration) if (least..=most).contains(&duration) => Ok(duration),
        Ok(_) => Err(format!("must be {range}")),
        Err(error) => Err(format!("{error}; it must be {range}")),
    }
}

pub(crate) fn money(text: &str) -> Result<Money, String> {
    match Exact::parse(text) {
        Ok(exact) => Ok(Money(exact)),
        Err(error) => Err(error.to_string()),
    }
}
