//! The times of the looks, and jumps of the wall clock.
//!
//! Looks have fixed times on the monotonic clock, start + n · interval, so a watch never drifts and a jump of the wall
//! clock changes nothing. Looks that a slow one overran are counted and left out, never bunched.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;

/// A difference between the clocks past which one of them jumped: far more than NTP's corrections.
const JUMP: SignedDuration = SignedDuration::from_secs(1);

/// The times of the looks.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) start: Duration,
    pub(super) end: Duration,
    interval: Duration,
    /// Number of the last look.
    number: u128,
    /// Number of looks that were left out.
    pub(super) missed: u64,
}

impl Schedule {
    pub(super) fn new(start: Duration, interval: Duration, length: Duration) -> Self {
        Self { start, end: start.saturating_add(length), interval, number: 0, missed: 0 }
    }

    /// Time of the next look after now; the last one is at the end.
    pub(super) fn next(&mut self, now: Duration) -> Duration {
        let interval = self.interval.as_nanos().max(1);
        let passed = now.saturating_sub(self.start).as_nanos() / interval;
        let next = (passed + 1).max(self.number + 1);
        self.missed += u64::try_from(next - self.number - 1).unwrap_or(u64::MAX);
        self.number = next;
        let offset = u64::try_from(next * interval).map_or(Duration::MAX, Duration::from_nanos);
        self.start.saturating_add(offset).min(self.end)
    }
}

/// Compares the wall clock with the monotonic one.
#[derive(Debug)]
pub(super) struct WallClock {
    wall: Timestamp,
    monotonic: Duration,
}

impl WallClock {
    pub(super) fn new(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }

    /// The jump since the last call, where there was one; forward is positive.
    pub(super) fn jump(&mut self, clock: &dyn Clock) -> Option<SignedDuration> {
        let now = Self::new(clock);
        let passed = now.monotonic.saturating_sub(self.monotonic);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        let jump = now.wall.duration_since(self.wall).saturating_sub(passed);
        *self = now;
        (jump.abs() > JUMP).then_some(jump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn looks_stand_on_fixed_moments_and_missed_ones_are_counted() {
        let mut schedule = Schedule::new(s(100), s(2), s(11));
        assert_eq!(schedule.next(s(100)), s(102));
        // A look that took 300 ms moves nothing.
        assert_eq!(schedule.next(Duration::from_millis(102_300)), s(104));
        assert_eq!(schedule.missed, 0);
        // One that took 3 s, from 104 on, left out 106.
        assert_eq!(schedule.next(s(107)), s(108));
        assert_eq!(schedule.missed, 1);
        // One that ends just when the next is due comes too late for it.
        assert_eq!(schedule.next(s(110)), s(111));
        assert_eq!(schedule.missed, 2);
    }

    #[test]
    fn a_jump_of_the_wall_clock_is_seen_and_a_correction_is_not() {
        let clock = ManualClock::new("2026-01-17T03:54:22Z".parse().unwrap());
        let mut wall = WallClock::new(&clock);
        clock.advance(s(3600));
        assert_eq!(wall.jump(&clock), None);
        clock.set_wall(clock.now() + SignedDuration::from_millis(900));
        assert_eq!(wall.jump(&clock), None);
        clock.set_wall(clock.now() - SignedDuration::from_hours(1));
        assert_eq!(wall.jump(&clock), Some(SignedDuration::from_hours(-1)));
        assert_eq!(wall.jump(&clock), None);
    }
}
