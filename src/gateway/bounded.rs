//! System calls that know no deadline (name resolution, TCP's connect), given one.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::clock::{Clock, Deadline, Stop};

use super::transport::LinkError;

/// How often a wish to stop is looked for meanwhile.
const STOP_CHECK: Duration = Duration::from_millis(20);

/// Runs `work` on a thread of its own and waits for it no longer than `until`. Past that the thread is left behind: it
/// holds nothing but its own arguments, and ends with the process.
pub(super) fn bounded<T: Send + 'static>(
    clock: &dyn Clock,
    stop: &Stop,
    until: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, LinkError> {
    let (sender, receiver) = channel();
    std::thread::Builder::new()
        .spawn(move || {
            // Nobody waits any longer when this fails.
            let _ = sender.send(work());
        })
        .map_err(|error| LinkError::System(error.to_string()))?;
    loop {
        stop.check()?;
        let left = until.left(clock);
        match receiver.recv_timeout(left.min(STOP_CHECK)) {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(LinkError::TimedOut),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(LinkError::System("the thread ended without a result".to_owned()));
            }
        }
    }
}
