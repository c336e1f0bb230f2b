//! Time as an argument: wall clock, monotonic clock, sleeping, deadlines and the cancellation token.
//!
//! Nothing else in the library asks the system for the time, so a test runs a day's watch within a second. A sleep ends
//! early when the run is asked to stop ([`StopToken`]). A [`Deadline`] is a point on the monotonic clock, so a wall clock
//! that is set back never prolongs a wait.

#[cfg(debug_assertions)]
pub mod stepped;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::time::{ClockId, clock_gettime};

/// The run was asked to stop by a signal (1 SIGHUP, 2 SIGINT, 15 SIGTERM).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped by {}", signal_name(*.signal))]
pub struct Stopped {
    /// The signal's number.
    pub signal: usize,
}

fn signal_name(signal: usize) -> &'static str {
    match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        15 => "SIGTERM",
        _ => "a signal",
    }
}

/// Cancellation token shared by signal handlers and waits.
///
/// Each command decides how many requests it takes to stop it: a read stops at the first, an emergency at the second,
/// and a run whose order is on its way ignores all of them ([`StopToken::ignore_all`]).
#[derive(Debug, Clone, Default)]
pub struct StopToken(Arc<Requests>);

#[derive(Debug, Default)]
struct Requests {
    /// The last signal's number.
    signal: AtomicUsize,
    /// Number of requests so far.
    count: AtomicUsize,
    /// Number of requests that don't stop the run, counted from the first.
    ignored: AtomicUsize,
    /// Readable once a stop was requested, so that a wait in the kernel ends as well.
    wake: Option<OwnedFd>,
}

impl StopToken {
    /// A token that no signal handler holds.
    pub fn never() -> Self {
        Self::default()
    }

    /// A token whose `wake` becomes readable with each call of [`StopToken::request_stop`]; the caller sees to that.
    pub fn new(wake: OwnedFd) -> Self {
        Self(Arc::new(Requests { wake: Some(wake), ..Requests::default() }))
    }

    /// Fails once there were more requests than are ignored.
    pub fn check(&self) -> Result<(), Stopped> {
        let (count, signal) = self.requests();
        if count > self.0.ignored.load(Ordering::SeqCst) { Err(Stopped { signal }) } else { Ok(()) }
    }

    /// Requests a stop, as the signal with that number does. Returns the number of requests so far.
    pub fn request_stop(&self, signal: usize) -> usize {
        self.0.signal.store(signal, Ordering::SeqCst);
        self.0.count.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The number of requests so far, and the last signal's number.
    pub fn requests(&self) -> (usize, usize) {
        (self.0.count.load(Ordering::SeqCst), self.0.signal.load(Ordering::SeqCst))
    }

    /// Ignores the run's first `count` requests.
    pub fn ignore_first(&self, count: usize) {
        self.0.ignored.store(count, Ordering::SeqCst);
    }

    /// Ignores every request so far and the next `count`.
    pub fn ignore_next(&self, count: usize) {
        self.ignore_first(self.0.count.load(Ordering::SeqCst).saturating_add(count));
    }

    /// Ignores every further request: an order is about to be sent, and its outcome must be known first. Fails if the run
    /// was already stopped.
    pub fn ignore_all(&self) -> Result<(), Stopped> {
        self.check()?;
        self.ignore_first(usize::MAX);
        Ok(())
    }

    /// The longest single wait that still notices a request. Limited while the descriptor can't wake the waiter.
    pub fn longest_wait(&self) -> Duration {
        const LOOK_AGAIN: Duration = Duration::from_millis(50);
        if self.0.wake.is_some() && self.wake_fd().is_none() { LOOK_AGAIN } else { Duration::MAX }
    }

    /// A descriptor for `poll`, readable once a stop was requested. `None` after an ignored request, because the
    /// descriptor then stays readable.
    pub fn wake_fd(&self) -> Option<BorrowedFd<'_>> {
        let ignored = self.0.ignored.load(Ordering::SeqCst);
        let count = self.0.count.load(Ordering::SeqCst);
        let spent = count > 0 && count <= ignored;
        self.0.wake.as_ref().filter(|_| !spent).map(|fd| fd.as_fd())
    }
}

/// Source of time.
pub trait Clock: Send + Sync {
    /// The wall clock in UTC. May jump.
    fn now(&self) -> Timestamp;

    /// Monotonic time since an arbitrary moment, for measurements and deadlines.
    fn monotonic(&self) -> Duration;

    /// Sleeps for `duration`. Fails early when the run is stopped.
    fn sleep(&self, duration: Duration) -> Result<(), Stopped>;
}

/// A point on the monotonic clock at which a wait ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Duration);

impl Deadline {
    /// A deadline `duration` from now.
    pub fn after(clock: &dyn Clock, duration: Duration) -> Self {
        Self(clock.monotonic().saturating_add(duration))
    }

    /// Time left; zero once it is past.
    pub fn left(self, clock: &dyn Clock) -> Duration {
        self.0.saturating_sub(clock.monotonic())
    }

    /// Whether the deadline is past.
    pub fn is_past(self, clock: &dyn Clock) -> bool {
        self.left(clock).is_zero()
    }
}

/// Whole nanoseconds, rounded down.
pub fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Whole microseconds, rounded down: the unit of `…_us` in reports.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Whole microseconds of a difference between clocks, rounded towards zero.
pub fn signed_micros(difference: SignedDuration) -> i64 {
    i64::try_from(difference.as_micros()).unwrap_or(i64::MAX)
}

/// Whole milliseconds, rounded down: the unit of `…_ms` in reports.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The time that a `poll` waits: whole milliseconds, rounded up, because 0 would not wait.
pub fn poll_timeout(left: Duration) -> PollTimeout {
    PollTimeout::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(PollTimeout::MAX)
}

/// Formats a duration for people, in its two largest units: `2h 13m`, `45s`, `350ms`.
pub fn humanize(span: Duration) -> String {
    let seconds = span.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, 0) => format!("{}ms", span.as_millis()),
        (0, 0, _) => format!("{rest}s"),
        (0, _, 0) => format!("{minutes}m"),
        (0, _, _) => format!("{minutes}m {rest}s"),
        (_, 0, _) => format!("{hours}h"),
        _ => format!("{hours}h {minutes}m"),
    }
}

/// The system's clocks.
#[derive(Debug, Clone)]
pub struct SystemClock {
    /// Time since boot.
    origin: Duration,
    stop: StopToken,
}

impl SystemClock {
    /// A clock whose sleeps end early when `stop` is requested.
    pub fn new(stop: StopToken) -> Self {
        Self { origin: since_boot(), stop }
    }
}

/// Time since the system's boot. On Linux it goes on while the machine is suspended, so a suspended command is past its
/// deadline afterwards, and a watch counts the gap.
fn since_boot() -> Duration {
    static LAST: Mutex<Duration> = Mutex::new(Duration::ZERO);
    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::CLOCK_BOOTTIME;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: ClockId = ClockId::CLOCK_MONOTONIC;
    read(CLOCK, &LAST)
}

/// Reads a clock; its last time where the system refuses, because no error of a clock may stop a command that reduces risk.
fn read(clock: ClockId, last: &Mutex<Duration>) -> Duration {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Ok(now) = clock_gettime(clock) {
        *last = now.into();
    }
    *last
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        static LAST: Mutex<Duration> = Mutex::new(Duration::ZERO);
        let since_epoch = SignedDuration::try_from(read(ClockId::CLOCK_REALTIME, &LAST));
        #[cfg(debug_assertions)]
        let since_epoch = since_epoch.map(|time| time.saturating_add(stepped::offset()));
        since_epoch.ok().and_then(|time| Timestamp::from_duration(time).ok()).unwrap_or_default()
    }

    fn monotonic(&self) -> Duration {
        since_boot().saturating_sub(self.origin)
    }

    fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
        let until = Deadline::after(self, duration);
        loop {
            self.stop.check()?;
            let left = until.left(self);
            if left.is_zero() {
                return Ok(());
            }
            match self.stop.wake_fd() {
                None => std::thread::sleep(left.min(self.stop.longest_wait())),
                // `poll` counts in milliseconds, which is too coarse for a schedule.
                Some(_) if left < Duration::from_millis(1) => std::thread::sleep(left),
                Some(fd) => {
                    let timeout =
                        PollTimeout::try_from(left.as_millis()).unwrap_or(PollTimeout::MAX);
                    // EINTR means a signal, and the loop checks the token next.
                    let _ = poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], timeout);
                }
            }
        }
    }
}

/// A clock for tests: only [`ManualClock::advance`] and sleeps move it.
#[derive(Debug, Clone)]
pub struct ManualClock {
    state: Arc<Mutex<(Timestamp, Duration)>>,
}

impl ManualClock {
    /// A clock at the wall time `now`, its monotonic clock at zero.
    pub fn new(now: Timestamp) -> Self {
        Self { state: Arc::new(Mutex::new((now, Duration::ZERO))) }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = state.0.checked_add(by).unwrap_or(Timestamp::MAX);
        state.1 = state.1.saturating_add(by);
    }

    /// Sets the wall clock alone, as an administrator or NTP does.
    pub fn set_wall(&self, now: Timestamp) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn monotonic(&self) -> Duration {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
        self.advance(duration);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_humanized_in_two_units() {
        for (millis, words) in [
            (0, "0ms"),
            (350, "350ms"),
            (45_900, "45s"),
            (120_000, "2m"),
            (785_000, "13m 5s"),
            (7_980_000, "2h 13m"),
            (86_400_000, "24h"),
        ] {
            assert_eq!(humanize(Duration::from_millis(millis)), words);
        }
    }

    #[test]
    fn ignored_requests_stop_nothing_and_the_next_one_does() {
        let stop = StopToken::never();
        stop.request_stop(15);
        assert!(stop.check().is_err());
        stop.ignore_next(0);
        assert!(stop.check().is_ok());
        stop.request_stop(2);
        assert_eq!(stop.check(), Err(Stopped { signal: 2 }));
        stop.ignore_next(1);
        stop.request_stop(2);
        assert!(stop.check().is_ok());
        stop.request_stop(2);
        assert!(stop.check().is_err());
    }

    #[test]
    fn a_wait_is_never_zero_and_never_forever() {
        for (left, ms) in [(1, 1), (1_000_000, 1), (1_000_001, 2)] {
            assert_eq!(poll_timeout(Duration::from_nanos(left)), PollTimeout::from(ms as u16));
        }
        assert_eq!(poll_timeout(Duration::MAX), PollTimeout::MAX);
    }
}
