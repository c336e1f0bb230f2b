//! What systemd is told, where it started this: that it is ready, how it stands, that it lives, that it is stopping.
//!
//! Without systemd (`NOTIFY_SOCKET` is not set) none of this does anything, and what can't be told stops nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// The service manager, or nobody.
#[derive(Default)]
pub(crate) struct Service {
    ready: bool,
}

impl Service {
    /// How long systemd waits for a sign of life before it kills, where it does.
    pub(crate) fn watchdog() -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    /// How it stands; ready from the first time on. A sign of life is given only where there is one.
    pub(crate) fn stands(&mut self, status: &str, alive: bool) {
        let mut told = vec![NotifyState::Status(status)];
        if !self.ready {
            self.ready = true;
            told.push(NotifyState::Ready);
        }
        if alive {
            told.push(NotifyState::Watchdog);
        }
        tell(&told);
    }

    /// It stops, and needs up to that long for it: no watchdog and no time limit of the unit may cut it short.
    pub(crate) fn stops(&self, status: &str, patience: Duration) {
        const MARGIN: Duration = Duration::from_secs(30);
        let micros = u32::try_from((patience + MARGIN).as_micros()).unwrap_or(u32::MAX);
        tell(&[
            NotifyState::Stopping,
            NotifyState::Status(status),
            NotifyState::ExtendTimeoutUsec(micros),
            NotifyState::WatchdogUsec(micros),
            NotifyState::Watchdog,
        ]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}
