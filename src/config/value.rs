//! Values as they are written, read as what they mean. Each function takes one text and says why it won't do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rust_decimal::Decimal;

use schemars::JsonSchema;
use serde::Serialize;

use super::duration::{self, Unit};
use crate::units::{Exact, Magic, Symbol};

/// No wait that a setting asks for is longer. Also keeps every timeout within what a socket can count.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The kind of account that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TradeMode {
    /// 0 on the wire.
    Demo,
    /// 1 on the wire.
    Contest,
    /// 2 on the wire.
    Real,
}

impl TradeMode {
    /// MT5's number for it, which is what a gateway reports.
    pub fn code(self) -> i64 {
        match self {
            Self::Demo => 0,
            Self::Contest => 1,
            Self::Real => 2,
        }
    }
}

pub(super) fn trade_mode(text: &str) -> Result<TradeMode, String> {
    match text.to_ascii_lowercase().as_str() {
        "0" | "demo" => Ok(TradeMode::Demo),
        "1" | "contest" => Ok(TradeMode::Contest),
        "2" | "real" => Ok(TradeMode::Real),
        _ => Err("it is another word".to_owned()),
    }
}

/// A port that can be connected to. `u16` alone would take `+5555` and 0.
pub(super) fn port(text: &str) -> Result<u16, String> {
    match digits(text)?.parse() {
        Ok(0) => Err("nothing listens on port 0".to_owned()),
        Ok(port) => Ok(port),
        Err(_) => Err("it is too large".to_owned()),
    }
}

/// Attempts in all.
pub(super) fn count(text: &str) -> Result<u32, String> {
    match digits(text)?.parse() {
        Ok(0) => Err("one attempt is the least".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("it is too large".to_owned()),
    }
}

/// Megabytes of 1,000,000 bytes, as bytes.
pub(super) fn megabytes(text: &str) -> Result<u64, String> {
    match digits(text)?.parse::<u64>().ok().and_then(|count| count.checked_mul(1_000_000)) {
        Some(0) => Err("it is zero".to_owned()),
        Some(bytes) => Ok(bytes),
        None => Err("it is too large".to_owned()),
    }
}

pub(super) fn magic(text: &str) -> Result<Magic, String> {
    digits(text)?.parse().map(Magic).map_err(|_| "it is too large".to_owned())
}

/// A wait that may be zero; a plain number is seconds.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    bounded(duration::parse_in(Unit::Seconds, text).map_err(|why| why.to_string())?)
}

/// A time that something may take; a plain number is seconds.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    above_zero(interval(text)?)
}

/// A limit on a round trip; a plain number is milliseconds.
pub(super) fn latency(text: &str) -> Result<Duration, String> {
    let limit = duration::parse_in(Unit::Milliseconds, text).map_err(|why| why.to_string())?;
    above_zero(bounded(limit)?)
}

fn bounded(duration: Duration) -> Result<Duration, String> {
    if duration > LONGEST { Err("it is past 24h".to_owned()) } else { Ok(duration) }
}

fn above_zero(duration: Duration) -> Result<Duration, String> {
    if duration.is_zero() { Err("it is zero".to_owned()) } else { Ok(duration) }
}

/// A path; a relative one starts at the working directory, whichever layer it stands in.
pub(super) fn path(cwd: &Path, text: &str) -> Result<PathBuf, String> {
    if text.starts_with('~') {
        return Err("`~` is not expanded here; write the directory out".to_owned());
    }
    Ok(cwd.join(word(text)?))
}

/// Any text without control characters.
pub(super) fn word(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("it holds a control character".to_owned());
    }
    Ok(text.to_owned())
}

/// An account's number, kept as text because that is how gateways report it.
pub(super) fn login(text: &str) -> Result<String, String> {
    digits(text).map(str::to_owned)
}

pub(super) fn currency(text: &str) -> Result<String, String> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text.to_owned());
    }
    Err("a code has letters and digits alone".to_owned())
}

/// A profile's name also names a directory, so it may not lead out of one.
pub(super) fn profile_name(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !text.is_empty() && text.bytes().all(plain) && !text.starts_with(['.', '-']) {
        return Ok(text.to_owned());
    }
    Err("it also names a directory".to_owned())
}

/// A systemd unit's name, which is handed to `systemctl`: what it would take for a flag or a pattern is refused.
pub(super) fn unit_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.' | b'\\' | b'@')
    };
    if text.bytes().all(allowed) && !text.starts_with('-') {
        return Ok(text.to_owned());
    }
    Err("a unit's name has letters, digits and `:-_.\\@` alone".to_owned())
}

/// An instrument's name, case and all.
pub(super) fn symbol(text: &str) -> Result<Symbol, String> {
    word(text).map(|name| Symbol::new(&name))
}

/// A canary's volume in lots; what lies above the ceiling is refused here already.
pub(super) fn lot(text: &str) -> Result<Decimal, String> {
    above_zero_up_to(text, Decimal::new(1, 2))
}

/// A part of a whole.
pub(super) fn part(text: &str) -> Result<Decimal, String> {
    above_zero_up_to(text, Decimal::ONE)
}

/// A stability index.
pub(super) fn psi(text: &str) -> Result<Decimal, String> {
    above_zero_up_to(text, Decimal::ONE_HUNDRED)
}

/// Of one processor: past 100 on a machine that has several.
pub(super) fn percent(text: &str) -> Result<Decimal, String> {
    above_zero_up_to(text, Decimal::from(100_000))
}

fn above_zero_up_to(text: &str, most: Decimal) -> Result<Decimal, String> {
    let value = Exact::parse(text).map_err(|error| error.to_string())?.value();
    if value <= Decimal::ZERO {
        return Err("it is not above 0".to_owned());
    }
    if value > most {
        return Err(format!("it is above {most}"));
    }
    Ok(value)
}

/// The first 16 hex digits of a SHA-256.
pub(super) fn decision_hash(text: &str) -> Result<String, String> {
    if text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("it is not 16 hex digits".to_owned())
}

/// How old something may be; takes a unit.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    above_zero(duration::parse(text).map_err(|why| why.to_string())?)
}

fn digits(text: &str) -> Result<&str, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text);
    }
    Err(if text.starts_with('-') { "it is negative" } else { "it is not a whole number" }
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_counts_have_bounds() {
        assert_eq!(port("65535"), Ok(65535));
        for text in ["0", "70000", "65536", "abc", "+5555", "-1", " 5555", "5555\r"] {
            assert!(port(text).is_err(), "{text}");
        }
        assert_eq!(count("1"), Ok(1));
        assert!(count("0").is_err());
        assert!(count("1.5").is_err());
    }

    #[test]
    fn timeouts_are_above_zero_and_intervals_may_be_zero() {
        for text in ["0", "0.0", "-3", "NaN", "inf", "abc", "86400.1", "0ms"] {
            assert!(timeout(text).is_err(), "{text}");
        }
        assert_eq!(timeout("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(interval("0"), Ok(Duration::ZERO));
        assert_eq!(latency("50"), Ok(Duration::from_millis(50)));
    }

    #[test]
    fn relative_paths_start_at_the_working_directory() {
        let cwd = Path::new("/work dir");
        assert_eq!(path(cwd, "state"), Ok(PathBuf::from("/work dir/state")));
        assert_eq!(path(cwd, "/var/x"), Ok(PathBuf::from("/var/x")));
        assert!(path(cwd, "~/state").is_err());
    }

    #[test]
    fn names_that_become_directories_or_arguments_are_plain() {
        for name in ["..", ".hidden", "a/b", "-x", "a b"] {
            assert!(profile_name(name).is_err(), "{name}");
        }
        assert_eq!(profile_name("account1").as_deref(), Ok("account1"));
        for name in ["--now", "a b.service", "*.service"] {
            assert!(unit_name(name).is_err(), "{name}");
        }
        assert_eq!(unit_name("engine@eur.service").as_deref(), Ok("engine@eur.service"));
    }
}
