//! Parsers of values. Each error completes "must be …, not `…`: ".

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use rust_decimal::Decimal;

use super::duration;
use crate::protocol::signed::is_key_name;
use crate::units::Exact;

/// Maximum of every wait: it also keeps timeouts within the range of a socket option.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What a stop does with a watched position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StopAction {
    /// It closes the position and proves that.
    #[default]
    Close,
    /// It leaves the position open, and recorded for the next watch.
    Keep,
}

/// MT5's number for a kind of account.
pub(super) fn trade_mode(text: &str) -> Result<i64, String> {
    match text.to_ascii_lowercase().as_str() {
        "0" | "demo" => Ok(0),
        "1" | "contest" => Ok(1),
        "2" | "real" => Ok(2),
        _ => Err("it is another word".to_owned()),
    }
}

/// A command of the shell, on one line.
pub(super) fn command(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty".to_owned()),
        text if text.contains(char::is_control) => Err("it holds a control character".to_owned()),
        text => Ok(text.to_owned()),
    }
}

pub(super) fn stop_action(text: &str) -> Result<StopAction, String> {
    match text {
        "close" => Ok(StopAction::Close),
        "keep" => Ok(StopAction::Keep),
        _ => Err("it is another word".to_owned()),
    }
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    above_zero(whole(text)?)
}

pub(super) fn count(text: &str) -> Result<u32, String> {
    above_zero(whole(text)?)
}

/// Megabytes of 1,000,000 bytes, as bytes.
pub(super) fn megabytes(text: &str) -> Result<u64, String> {
    let bytes = whole::<u64>(text)?.checked_mul(1_000_000);
    above_zero(bytes.ok_or_else(|| "it is too large".to_owned())?)
}

/// A log's maximum size in megabytes of 1,000,000 bytes, as bytes; zero is no limit.
pub(super) fn log_size(text: &str) -> Result<Option<NonZeroU64>, String> {
    match whole::<u64>(text)? {
        megabytes @ ..=1_000_000 => Ok(NonZeroU64::new(megabytes * 1_000_000)),
        _ => Err("it is above 1000000".to_owned()),
    }
}

/// Days, 1 to 36500; `None` for 0.
pub(super) fn days(text: &str) -> Result<Option<Duration>, String> {
    match whole::<u64>(text)? {
        0 => Ok(None),
        days @ ..=36_500 => Ok(Some(Duration::from_secs(days * 24 * 3600))),
        _ => Err("it is above 36500".to_owned()),
    }
}

/// A number of log files, 1 to 1000.
pub(super) fn parts(text: &str) -> Result<u32, String> {
    match count(text)? {
        parts @ ..=1000 => Ok(parts),
        _ => Err("it is above 1000".to_owned()),
    }
}

/// Seconds, or a duration with units; may be zero.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    wait("s", text)
}

/// Seconds, or a duration with units; above zero.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    above_zero(wait("s", text)?)
}

/// Milliseconds, or a duration with units; above zero.
pub(super) fn latency(text: &str) -> Result<Duration, String> {
    above_zero(wait("ms", text)?)
}

/// A duration with units; above zero.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    above_zero(duration::parse(text).map_err(|error| error.to_string())?)
}

fn wait(unit: &str, text: &str) -> Result<Duration, String> {
    match duration::parse_in(unit, text) {
        Ok(wait) if wait > LONGEST => Err("it is above 24h".to_owned()),
        wait => wait.map_err(|error| error.to_string()),
    }
}

fn above_zero<T: Default + PartialEq>(value: T) -> Result<T, String> {
    if value == T::default() { Err("it is zero".to_owned()) } else { Ok(value) }
}

/// A path, joined to the working directory in whichever layer it is set.
pub(super) fn path(cwd: &Path, text: &str) -> Result<PathBuf, String> {
    if text.starts_with('~') {
        return Err("`~` is not expanded here; write the directory out".to_owned());
    }
    Ok(cwd.join(word(text)?))
}

/// Any text without control characters.
pub(super) fn word(text: &str) -> Result<String, String> {
    accept(text, !text.chars().any(char::is_control), "it contains a control character")
}

/// An account number, as text because gateways report it as text.
pub(super) fn login(text: &str) -> Result<String, String> {
    digits(text).map(str::to_owned)
}

pub(super) fn currency(text: &str) -> Result<String, String> {
    let is_code = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    accept(text, is_code, "a code has only letters and digits")
}

/// A profile's name also names a directory, so it must not lead out of one.
pub(super) fn profile_name(text: &str) -> Result<String, String> {
    let is_plain = has_only(text, b"._-") && !text.is_empty() && !text.starts_with(['.', '-']);
    accept(text, is_plain, "it also names a directory")
}

/// The name of a key of the link.
pub(super) fn key_name(text: &str) -> Result<String, String> {
    let is_name = is_key_name(text);
    if is_name { Ok(text.to_owned()) } else { Err("it is no key's name".to_owned()) }
}

/// `1:3000` or `3000`.
pub(super) fn leverage(text: &str) -> Result<i64, String> {
    let leverage: u32 = above_zero(whole(text.strip_prefix("1:").unwrap_or(text))?)?;
    Ok(leverage.into())
}

/// An amount of money that may be missed by a tolerance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedAmount {
    /// The amount, in the account's currency.
    pub amount: Decimal,
    /// The largest difference that is accepted, in the same currency.
    pub tolerance: Decimal,
}

impl ExpectedAmount {
    /// Whether another amount is accepted.
    pub fn accepts(&self, found: Decimal) -> bool {
        (found - self.amount).abs() <= self.tolerance
    }
}

impl std::fmt::Display for ExpectedAmount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.amount)?;
        if self.tolerance.is_zero() {
            Ok(())
        } else {
            write!(f, " ± {}", self.tolerance.normalize())
        }
    }
}

/// `200`, `200+-5`, `200±5` or `200+-2%`.
pub(super) fn amount(text: &str) -> Result<ExpectedAmount, String> {
    let number = |text: &str| match Exact::parse(text.trim()) {
        Ok(number) if number.value() >= Decimal::ZERO => Ok(number.value()),
        _ => Err("an amount or its tolerance is no number from 0 on".to_owned()),
    };
    let (amount, tolerance) = match text.split_once("+-").or_else(|| text.split_once('±')) {
        Some((amount, tolerance)) => (number(amount)?, tolerance),
        None => return Ok(ExpectedAmount { amount: number(text)?, tolerance: Decimal::ZERO }),
    };
    let tolerance = match tolerance.trim().strip_suffix('%') {
        Some(percent) => {
            amount.checked_mul(number(percent)?).unwrap_or_default() / Decimal::ONE_HUNDRED
        }
        None => number(tolerance)?,
    };
    Ok(ExpectedAmount { amount, tolerance })
}

/// A systemd unit's name: `systemctl` must not take it for a flag or a pattern.
pub(super) fn unit_name(text: &str) -> Result<String, String> {
    let is_plain = has_only(text, b":-_.\\@") && !text.starts_with('-');
    accept(text, is_plain, "a unit's name has only letters, digits and `:-_.\\@`")
}

/// The first 16 hex digits of a SHA-256, in lower case.
pub(super) fn decision_hash(text: &str) -> Result<String, String> {
    let is_hash = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    accept(&text.to_ascii_lowercase(), is_hash, "it is not 16 hex digits")
}

fn accept(text: &str, is_valid: bool, reason: &str) -> Result<String, String> {
    if is_valid { Ok(text.to_owned()) } else { Err(reason.to_owned()) }
}

/// Whether a text has only ASCII letters, digits and the `others`.
fn has_only(text: &str, others: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

/// A canary's maximum volume in lots; 0.01 is the ceiling.
pub(super) fn lot(text: &str) -> Result<Decimal, String> {
    above_zero_up_to(text, Decimal::new(1, 2))
}

pub(super) fn fraction(text: &str) -> Result<Decimal, String> {
    above_zero_up_to(text, Decimal::ONE)
}

pub(super) fn psi(text: &str) -> Result<Decimal, String> {
    above_zero_up_to(text, Decimal::ONE_HUNDRED)
}

/// A share of one CPU in percent: above 100 on a machine with several.
pub(super) fn percent(text: &str) -> Result<Decimal, String> {
    above_zero_up_to(text, Decimal::from(100_000))
}

fn above_zero_up_to(text: &str, max: Decimal) -> Result<Decimal, String> {
    let value = Exact::parse(text).map_err(|error| error.to_string())?.value();
    if value <= Decimal::ZERO {
        return Err("it is not above 0".to_owned());
    }
    if value > max { Err(format!("it is above {max}")) } else { Ok(value) }
}

/// A whole number from 0. `FromStr` alone would accept `+1`.
pub(super) fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    digits(text)?.parse().map_err(|_| "it is too large".to_owned())
}

fn digits(text: &str) -> Result<&str, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text);
    }
    let is_negative = text.starts_with('-');
    Err(if is_negative { "it is negative" } else { "it is not a whole number" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_counts_have_limits() {
        assert_eq!(port("65535"), Ok(65535));
        for text in ["0", "70000", "65536", "abc", "+5555", "-1", " 5555", "5555\r"] {
            assert!(port(text).is_err(), "{text}");
        }
        assert_eq!(count("1"), Ok(1));
        assert!(count("0").is_err());
        assert!(count("1.5").is_err());
    }

    #[test]
    fn a_log_has_a_size_or_none_and_a_number_of_parts() {
        assert_eq!(log_size("0"), Ok(None));
        assert_eq!(log_size("100"), Ok(NonZeroU64::new(100_000_000)));
        assert_eq!(log_size("1000000"), Ok(NonZeroU64::new(1_000_000_000_000)));
        for text in ["1000001", "-1", "1.5", "100MB", "18446744073709551615"] {
            assert!(log_size(text).is_err(), "{text}");
        }
        assert_eq!((days("0"), days("2")), (Ok(None), Ok(Some(Duration::from_secs(172_800)))));
        assert!(days("36501").is_err() && days("-1").is_err());
        assert_eq!((parts("1"), parts("1000")), (Ok(1), Ok(1000)));
        assert!(parts("0").is_err() && parts("1001").is_err());
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
    fn names_of_directories_and_units_are_plain() {
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
