//! Runs blocking work that takes no deadline of its own (name resolution, TCP's connect, large files, other programs).

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::clock::{Clock, Deadline, StopToken, Stopped};

/// Interval between checks for a request to stop.
const STOP_CHECK: Duration = Duration::from_millis(20);

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfinished {
    /// The deadline passed.
    #[error("timed out")]
    TimedOut,
    /// This run was asked to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The thread could not be started, or ended without a result; holds the reason.
    #[error("{0}")]
    Failed(String),
}

/// Runs `work` on its own thread and waits for it until the deadline. Past that the thread is abandoned: it owns only
/// its arguments, and ends with the process.
pub(crate) fn with_deadline<T: Send + 'static>(
    clock: &dyn Clock,
    stop: &StopToken,
    deadline: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unfinished> {
    let (sender, receiver) = channel();
    std::thread::Builder::new()
        .spawn(move || {
            // Fails where the deadline has passed: the result is of no use then.
            let _ = sender.send(work());
        })
        .map_err(|error| Unfinished::Failed(error.to_string()))?;
    loop {
        stop.check()?;
        let left = deadline.left(clock);
        match receiver.recv_timeout(left.min(STOP_CHECK)) {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(Unfinished::TimedOut),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Unfinished::Failed("the thread ended without a result".to_owned()));
            }
        }
    }
}
