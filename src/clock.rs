//! Time as an argument: the wall clock, the monotonic clock, waiting, deadlines and the wish to stop.
//!
//! Nothing else in the library asks the system for the time, so a day's watch runs in a test within a second. A wait
//! ends early when somebody asked to stop ([`Stop`]); a [`Deadline`] is a point on the monotonic clock, so that a clock
//! that is set back never makes a wait longer.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Somebody asked this run to stop; the signal's number says how (1 SIGHUP, 2 SIGINT, 15 SIGTERM).
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

/// A wish to stop, shared between whoever hears it (a signal handler) and whoever waits.
///
/// How often it takes to be heard is the command's: a question stops at the first, an emergency only at the second, and
/// an order that was sent can't be taken back at all ([`Stop::shield`]).
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Wish>);

#[derive(Debug, Default)]
struct Wish {
    /// The last signal's number.
    signal: AtomicUsize,
    /// How often it was asked.
    asked: AtomicUsize,
    /// Times that go unheard.
    unheard: AtomicUsize,
    /// Readable from the moment that stopping was asked for, so that a wait in the kernel ends as well.
    wake: Option<OwnedFd>,
}

impl Stop {
    /// Nobody will ask.
    pub fn never() -> Self {
        Self::default()
    }

    /// Built by whoever installs the handlers: `wake` becomes readable whenever [`Stop::ask`] is called.
    pub fn new(wake: OwnedFd) -> Self {
        Self(Arc::new(Wish { wake: Some(wake), ..Wish::default() }))
    }

    /// Fails once stopping was asked for often enough.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.is_heard() {
            return Err(Stopped { signal: self.0.signal.load(Ordering::SeqCst) });
        }
        Ok(())
    }

    fn is_heard(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst) > self.0.unheard.load(Ordering::SeqCst)
    }

    /// Asks to stop, as the signal of that number would; answers how often it was asked by now.
    pub fn ask(&self, signal: usize) -> usize {
        self.0.signal.store(signal, Ordering::SeqCst);
        self.0.asked.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// How often it was asked by now, and the last signal's number: for whoever passes it on.
    pub fn asked(&self) -> (usize, usize) {
        (self.0.asked.load(Ordering::SeqCst), self.0.signal.load(Ordering::SeqCst))
    }

    /// The first `times` go unheard.
    pub fn be_patient(&self, times: usize) {
        self.0.unheard.store(times, Ordering::SeqCst);
    }

    /// What was asked until now goes unheard, and so do the next `more` times: a wish that was granted is no new one.
    pub fn grant(&self, more: usize) {
        self.be_patient(self.0.asked.load(Ordering::SeqCst).saturating_add(more));
    }

    /// Nothing is heard any more: it must first be known what became of an order. Answers whether it came too late.
    pub fn shield(&self) -> Result<(), Stopped> {
        self.check()?;
        self.be_patient(usize::MAX);
        Ok(())
    }

    /// The longest single wait while a wish may come that nothing wakes for: the descriptor is spent then.
    pub fn longest_wait(&self) -> Duration {
        const LOOK_AGAIN: Duration = Duration::from_millis(50);
        if self.0.wake.is_some() && self.wake_fd().is_none() { LOOK_AGAIN } else { Duration::MAX }
    }

    /// What a `poll` should watch beside its own descriptors; nothing while a wish would go unheard.
    pub fn wake_fd(&self) -> Option<BorrowedFd<'_>> {
        let unheard = self.0.unheard.load(Ordering::SeqCst);
        let asked = self.0.asked.load(Ordering::SeqCst);
        // What was asked and goes unheard has left the descriptor readable for good.
        let silent = asked > 0 && asked <= unheard;
        self.0.wake.as_ref().filter(|_| !silent).map(|fd| fd.as_fd())
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The wall clock, UTC. May jump.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary moment, never going back: for every measurement and deadline.
    fn monotonic(&self) -> Duration;

    /// Waits, or ends early because somebody asked to stop.
    fn sleep(&self, duration: Duration) -> Result<(), Stopped>;
}

/// A point on the monotonic clock after which waiting is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Duration);

impl Deadline {
    /// That long from now.
    pub fn after(clock: &dyn Clock, duration: Duration) -> Self {
        Self(clock.monotonic().saturating_add(duration))
    }

    /// What is left, zero once it is past.
    pub fn left(self, clock: &dyn Clock) -> Duration {
        self.0.saturating_sub(clock.monotonic())
    }

    /// Whether nothing is left.
    pub fn is_past(self, clock: &dyn Clock) -> bool {
        self.left(clock).is_zero()
    }
}

/// Whole microseconds, as reports hold durations.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A span as people say it, its two largest units: `2h 13m`, `45s`, `350ms`.
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
    origin: Instant,
    stop: Stop,
}

impl SystemClock {
    /// Waits on it end early when `stop` is asked for.
    pub fn new(stop: Stop) -> Self {
        Self { origin: Instant::now(), stop }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
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
                // `poll` knows nothing finer than a millisecond, and a schedule should be kept better than that.
                Some(_) if left < Duration::from_millis(1) => std::thread::sleep(left),
                Some(fd) => {
                    let timeout =
                        PollTimeout::try_from(left.as_millis()).unwrap_or(PollTimeout::MAX);
                    // EINTR is a signal, and the loop's head looks for one.
                    let _ = poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], timeout);
                }
            }
        }
    }
}

/// A clock that moves only when told, or when somebody sleeps on it.
#[derive(Debug, Clone)]
pub struct ManualClock {
    state: Arc<Mutex<(Timestamp, Duration)>>,
}

impl ManualClock {
    /// Starts at that wall time, with the monotonic clock at zero.
    pub fn new(now: Timestamp) -> Self {
        Self { state: Arc::new(Mutex::new((now, Duration::ZERO))) }
    }

    /// Moves both clocks on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = state.0.checked_add(by).unwrap_or(Timestamp::MAX);
        state.1 = state.1.saturating_add(by);
    }

    /// Sets the wall clock alone: a clock that jumps.
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
    fn spans_are_said_in_two_units() {
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
    fn a_wish_that_was_granted_is_heard_anew_only_when_it_comes_again() {
        let stop = Stop::never();
        stop.ask(15);
        assert!(stop.check().is_err());
        stop.grant(0);
        assert!(stop.check().is_ok());
        stop.ask(2);
        assert_eq!(stop.check(), Err(Stopped { signal: 2 }));
        stop.grant(1);
        stop.ask(2);
        assert!(stop.check().is_ok());
        stop.ask(2);
        assert!(stop.check().is_err());
    }
}
