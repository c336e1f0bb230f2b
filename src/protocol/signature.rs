//! The risk signature that an OPEN carries (PROTOCOL.md, section 3).
//!
//! `RISK_PASS:<checksum>:<timestamp>` has exactly three parts, so the timestamp is in ISO 8601's basic form, which has no
//! colon. The gateway computes the checksum in Python, so it covers the order's fields as Python writes them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::open::Open;

const PREFIX: &str = "RISK_PASS";
/// ISO 8601 basic form in UTC, microseconds.
const TIME_FORMAT: &str = "%Y%m%dT%H%M%S%.6fZ";

/// The signature of an order that is sent at `now`. It covers every field but signature, comment and magic.
pub fn sign(order: &Open, now: Timestamp) -> String {
    let time = now.to_zoned_datetime(TimeZone::UTC).strftime(TIME_FORMAT).to_string();
    format!("{PREFIX}:{}:{time}", checksum(order))
}

/// The gateway's reason to refuse a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not three parts, or another first part than `RISK_PASS`.
    #[error("Invalid signature format")]
    Format,
    /// The checksum is that of other fields.
    #[error("Checksum mismatch")]
    Checksum,
    /// Older than the gateway's TTL, or further in the future.
    #[error("Signature expired")]
    Expired,
}

/// The gateway's check, as the simulated one makes it: format, checksum, then age by its clock.
pub fn verify(order: &Open, now: Timestamp, ttl: std::time::Duration) -> Result<(), Refused> {
    let parts: Vec<&str> = order.risk_signature.split(':').collect();
    let [PREFIX, sum, time] = parts[..] else { return Err(Refused::Format) };
    if sum != checksum(order) {
        return Err(Refused::Checksum);
    }
    let signed: Timestamp = time.parse().map_err(|_| Refused::Format)?;
    if now.duration_since(signed).unsigned_abs() > ttl {
        return Err(Refused::Expired);
    }
    Ok(())
}

/// The first 8 hex digits of the SHA-256 over the order's fields as JSON: keys sorted, `", "` and `": "` between.
fn checksum(order: &Open) -> String {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let json = format!(
        r#"{{"price": {}, "sl": {}, "symbol": {}, "tp": {}, "type": {}, "volume": {}}}"#,
        python_float(order.price.value()),
        python_float(order.sl.value()),
        text(order.symbol.as_str()),
        python_float(order.tp.value()),
        text(order.side.as_str()),
        python_float(order.volume.value()),
    );
    let digest = Sha256::digest(json.as_bytes());
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// A float as Python's `repr` writes it: the shortest form that reads back, with at least one decimal, and with a
/// two-digit exponent below 0.0001 and from 10^16 on.
fn python_float(value: Decimal) -> String {
    use rust_decimal::prelude::ToPrimitive;
    let value = value.to_f64().unwrap_or_default();
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let scientific = format!("{value:e}");
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Lots, Magic, Price, Side, Symbol};
    use std::time::Duration;

    fn order(side: &str, volume: &str, sl: &str, tp: &str) -> Open {
        let price = |text: &str| Price(crate::units::Exact::parse(text).unwrap());
        Open {
            symbol: Symbol::new("EURUSD"),
            side: Side::from_wire(side),
            volume: Lots(crate::units::Exact::parse(volume).unwrap()),
            price: price("0.0"),
            sl: price(sl),
            tp: price(tp),
            comment: String::new(),
            magic: Magic(202_401),
            risk_signature: String::new(),
        }
    }

    #[test]
    fn the_protocols_two_vectors() {
        assert_eq!(checksum(&order("BUY", "0.001", "0.0", "0.0")), "176c04a4");
        assert_eq!(checksum(&order("SELL", "0.01", "1.095", "1.07")), "7eb92911");
    }

    #[test]
    fn holds_three_parts_and_a_time_without_colons() {
        let now: Timestamp = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        let signature = sign(&order("BUY", "0.001", "0.0", "0.0"), now);
        assert_eq!(signature, "RISK_PASS:176c04a4:20260117T035422.961398Z");
    }

    #[test]
    fn a_gateway_takes_it_within_the_ttl_alone() {
        let now: Timestamp = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        let ttl = Duration::from_secs(5);
        let mut order = order("BUY", "0.001", "0.0", "0.0");
        order.risk_signature = sign(&order, now);
        assert_eq!(verify(&order, now + ttl, ttl), Ok(()));
        assert_eq!(verify(&order, now + Duration::from_millis(5001), ttl), Err(Refused::Expired));
        assert_eq!(verify(&order, now - Duration::from_millis(5001), ttl), Err(Refused::Expired));
        order.risk_signature = "RISK_PASS:176c04a4:2026-01-17T03:54:22+00:00".into();
        assert_eq!(verify(&order, now, ttl), Err(Refused::Format));
        order.risk_signature = sign(&order, now);
        order.volume = Lots(crate::units::Exact::parse("0.002").unwrap());
        assert_eq!(verify(&order, now, ttl), Err(Refused::Checksum));
    }

    #[test]
    fn floats_read_as_python_writes_them() {
        for (decimal, float) in [
            ("0", "0.0"),
            ("100", "100.0"),
            ("0.10", "0.1"),
            ("1.08500", "1.085"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("0.000000025", "2.5e-08"),
            ("10000000000000000", "1e+16"),
        ] {
            assert_eq!(python_float(decimal.parse().unwrap()), float);
        }
    }
}
