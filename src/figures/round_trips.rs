//! Round trips as an HDR histogram in µs, of three digits, and its compact form: V2, in base64.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2Serializer};

use crate::clock::micros;

/// Number of round trips below which no 99th percentile is told: it would be the longest.
const FEWEST_FOR_P99: u64 = 100;

/// Round trips, in µs.
#[derive(Debug, Clone)]
pub struct RoundTrips(Histogram<u64>);

impl Default for RoundTrips {
    fn default() -> Self {
        // Three digits are always allowed.
        Self(Histogram::new(3).unwrap_or_else(|error| unreachable!("{error}")))
    }
}

impl RoundTrips {
    /// Adds one.
    pub fn record(&mut self, round_trip: Duration) {
        // It grows as needed.
        let _ = self.0.record(micros(round_trip));
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        // It grows as needed.
        let _ = self.0.add(&other.0);
    }

    /// Number of round trips.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// A percentile from 0 to 100, in µs; `None` without round trips. It is at most 0.1 % too long.
    pub fn percentile_us(&self, percent: f64) -> Option<u64> {
        (!self.0.is_empty()).then(|| self.0.value_at_quantile(percent / 100.0))
    }

    /// The 99th percentile in µs; `None` below 100 round trips.
    pub fn p99_us(&self) -> Option<u64> {
        self.percentile_us(99.0).filter(|_| self.count() >= FEWEST_FOR_P99)
    }

    /// The longest, in µs.
    pub fn max_us(&self) -> Option<u64> {
        (!self.0.is_empty()).then(|| self.0.max())
    }

    /// The compact form.
    pub(super) fn encode(&self) -> String {
        let mut bytes = vec![];
        // Writing to memory doesn't fail.
        let _ = V2Serializer::new().serialize(&self.0, &mut bytes);
        STANDARD_NO_PAD.encode(bytes)
    }

    /// Reads the compact form; `None` where it is none.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let bytes = STANDARD_NO_PAD.decode(text).ok()?;
        check_frame(&bytes)?;
        let mut histogram =
            Deserializer::new().deserialize::<u64, _>(&mut bytes.as_slice()).ok()?;
        histogram.auto(true);
        Some(Self(histogram))
    }
}

/// Whether the header tells of the bytes that are there: a reader reserves what it tells, before it reads on.
fn check_frame(bytes: &[u8]) -> Option<()> {
    const COOKIE: u32 = 0x1c84_9313;
    const HEADER: usize = 40;
    const DIGITS: u32 = 3;
    let number = |at: usize| {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(four))
    };
    let payload = usize::try_from(number(4)?).ok()?;
    let is_sound = number(0)? == COOKIE
        && number(12)? == DIGITS
        && bytes.len().checked_sub(HEADER) == Some(payload);
    is_sound.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_of_another_length_than_told_is_no_histogram() {
        let mut trips = RoundTrips::default();
        trips.record(Duration::from_millis(15));
        let sound = trips.encode();
        assert_eq!(RoundTrips::decode(&sound).unwrap().count(), 1);
        let bytes = STANDARD_NO_PAD.decode(&sound).unwrap();
        for (at, value) in [(4, 0xff), (7, 0), (15, 5), (0, 0)] {
            let mut bytes = bytes.clone();
            bytes[at] = value;
            assert!(RoundTrips::decode(&STANDARD_NO_PAD.encode(&bytes)).is_none(), "{at}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(RoundTrips::decode(&STANDARD_NO_PAD.encode(longer)).is_none());
    }
}
