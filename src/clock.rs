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

/// Somebody asked this run to stop; the signal's number says how (2 SIGINT, 15 SIGTERM).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped by {}", signal_name(*.signal))]
pub struct Stopped {
    /// The signal's number.
    pub signal: usize,
}

fn signal_name(signal: usize) -> &'static str {
    match signal {
        2 => "SIGINT",
        15 => "SIGTERM",
        _ => "a signal",
    }
}

/// A wish to stop, shared between whoever hears it (a signal handler) and whoever waits.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    signal: Arc<AtomicUsize>,
    /// Readable from the moment that stopping was asked for, so that a wait in the kernel ends as well.
    wake: Option<Arc<OwnedFd>>,
}

impl Stop {
    /// Nobody will ask.
    pub fn never() -> Self {
        Self::default()
    }

    /// Built by whoever installs the handlers: `signal` holds the number once one came, `wake` is readable then.
    pub fn new(signal: Arc<AtomicUsize>, wake: OwnedFd) -> Self {
        Self { signal, wake: Some(Arc::new(wake)) }
    }

    /// Fails once stopping was asked for.
    pub fn check(&self) -> Result<(), Stopped> {
        match self.signal.load(Ordering::SeqCst) {
            0 => Ok(()),
            signal => Err(Stopped { signal }),
        }
    }

    /// What a `poll` should watch beside its own descriptors.
    pub fn wake_fd(&self) -> Option<BorrowedFd<'_>> {
        self.wake.as_ref().map(|fd| fd.as_fd())
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
                None => std::thread::sleep(left),
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
