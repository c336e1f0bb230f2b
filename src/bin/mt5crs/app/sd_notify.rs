//! Notifies systemd, where it started this process: ready, status, watchdog, stopping.
//!
//! Without systemd (`NOTIFY_SOCKET` is not set) nothing happens, and a failed notification stops nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// Notifications to the service manager.
#[derive(Default)]
pub(crate) struct SdNotify {
    is_ready: bool,
}

impl SdNotify {
    /// The interval of systemd's watchdog, where the unit has one.
    pub(crate) fn watchdog() -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    /// Sends the status, READY with the first one, and a watchdog keep-alive if `alive`.
    pub(crate) fn status(&mut self, status: &str, alive: bool) {
        let mut states = vec![NotifyState::Status(status)];
        if !self.is_ready {
            self.is_ready = true;
            states.push(NotifyState::Ready);
        }
        if alive {
            states.push(NotifyState::Watchdog);
        }
        send(&states);
    }

    /// Sends the status alone: the reason why this process ends before it was ready.
    pub(crate) fn failed(status: &str) {
        send(&[NotifyState::Status(status)]);
    }

    /// Sends STOPPING, and extends the watchdog and the unit's stop timeout to `needed` and a margin.
    pub(crate) fn stopping(&self, status: &str, needed: Duration) {
        const MARGIN: Duration = Duration::from_secs(30);
        let micros = u32::try_from((needed + MARGIN).as_micros()).unwrap_or(u32::MAX);
        send(&[
            NotifyState::Stopping,
            NotifyState::Status(status),
            NotifyState::ExtendTimeoutUsec(micros),
            NotifyState::WatchdogUsec(micros),
            NotifyState::Watchdog,
        ]);
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "failed to notify systemd");
    }
}
