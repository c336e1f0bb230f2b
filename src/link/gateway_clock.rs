//! The gateway's wall clock, bounded by its answers to PING.
//!
//! A signature expires by the gateway's clock, and that clock may be stepped by hand or by a time service (hazard 27).
//! Each PING bounds the difference between the gateway's wall clock and our monotonic clock: the gateway read its clock
//! between our send and its answer. Bounds that no difference fits show a step.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Clocks drift apart, and a time service slews them; only more than this is a step.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(500);

/// The gateway's wall clock at a PING, with our monotonic clock at its send and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// The gateway's wall clock.
    pub server_time: Timestamp,
    /// Our monotonic clock at the send.
    pub sent: Duration,
    /// Our monotonic clock at the answer.
    pub answered: Duration,
}

/// Bounds of the gateway's wall clock minus our monotonic clock.
#[derive(Debug, Clone, Default)]
pub struct GatewayClock {
    bounds: Option<(SignedDuration, SignedDuration)>,
    stepped: bool,
}

impl GatewayClock {
    /// Narrows the bounds, or notices a step. After a step the bounds begin anew.
    pub fn observe(&mut self, reading: ClockReading) {
        let since_epoch = reading.server_time.duration_since(Timestamp::UNIX_EPOCH);
        let (low, high) =
            (since_epoch - signed(reading.answered), since_epoch - signed(reading.sent));
        self.bounds = Some(match self.bounds {
            Some((known_low, known_high))
                if low.max(known_low) <= high.min(known_high) + TOLERANCE =>
            {
                // Within the tolerance the bounds may cross; the later reading wins.
                (low.max(known_low.min(high)), high.min(known_high.max(low)))
            }
            known => {
                self.stepped |= known.is_some();
                (low, high)
            }
        });
    }

    /// Whether any reading showed a step.
    pub fn has_stepped(&self) -> bool {
        self.stepped
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings every second with a round trip in ms; the gateway's clock is off by that many ms.
    fn clock_of(offsets_and_trips: &[(i64, u64)]) -> GatewayClock {
        let start: Timestamp = "2026-01-17T03:54:22Z".parse().unwrap();
        let mut clock = GatewayClock::default();
        for (second, (offset, trip)) in (0..).zip(offsets_and_trips) {
            let sent = Duration::from_secs(1000 + second);
            let elapsed = i64::try_from(second).unwrap() * 1000;
            let server_time = start + SignedDuration::from_millis(elapsed + offset);
            clock.observe(ClockReading {
                server_time,
                sent,
                answered: sent + Duration::from_millis(*trip),
            });
        }
        clock
    }

    #[test]
    fn a_step_is_noticed_in_either_direction() {
        assert!(clock_of(&[(1, 2), (60_001, 2)]).has_stepped());
        assert!(clock_of(&[(1, 2), (-60_001, 2)]).has_stepped());
        // A step stays noticed, also when it is taken back.
        assert!(clock_of(&[(1, 2), (60_001, 2), (1, 2)]).has_stepped());
    }

    #[test]
    fn round_trips_of_any_length_and_a_slew_are_no_step() {
        assert!(!clock_of(&[(1, 2), (3_000, 5_000), (1, 2), (0, 700)]).has_stepped());
        let slewed: Vec<(i64, u64)> = (0..1000).map(|second| (second, 1)).collect();
        assert!(!clock_of(&slewed).has_stepped());
    }
}
