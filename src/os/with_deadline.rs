//! Work that knows no deadline (name resolution, TCP's connect, a file of gigabytes, another program), given one.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::clock::{Clock, Deadline, StopToken, Stopped};

/// How often a wish to stop is looked for meanwhile.
const STOP_CHECK: Duration = Duration::from_millis(20);

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfinished {
    /// It took longer than it was given.
    #[error("timed out")]
    TimedOut,
    /// Somebody asked this run to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// There is no thread, or it ended without a result; holds the words.
    #[error("{0}")]
    Failed(String),
}

/// Runs `work` on a thread of its own and waits for it no longer than `until`. Past that the thread is left behind: it
/// holds nothing but its own arguments, and ends with the process.
pub(crate) fn bounded<T: Send + 'static>(
    clock: &dyn Clock,
    stop: &StopToken,
    until: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unfinished> {
    let (sender, receiver) = channel();
    std::thread::Builder::new()
        .spawn(move || {
            // Nobody waits any longer when this fails.
            let _ = sender.send(work());
        })
        .map_err(|error| Unfinished::Failed(error.to_string()))?;
    loop {
        stop.check()?;
        let left = until.left(clock);
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
