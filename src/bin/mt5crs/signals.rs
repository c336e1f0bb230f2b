//! SIGINT and SIGTERM become a wish to stop that every wait notices.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use mt5crs::clock::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};

/// Installs the handlers. A system that can't leaves the default: the process is ended where it stands.
pub(crate) fn install() -> Stop {
    try_install().unwrap_or_else(|_| Stop::never())
}

fn try_install() -> std::io::Result<Stop> {
    let signal = Arc::new(AtomicUsize::new(0));
    let (wake, waker) = UnixStream::pair()?;
    for number in [SIGINT, SIGTERM] {
        let value = usize::try_from(number).unwrap_or(usize::MAX);
        // The number first: whoever wakes looks for it.
        signal_hook::flag::register_usize(number, Arc::clone(&signal), value)?;
        signal_hook::low_level::pipe::register(number, waker.try_clone()?)?;
    }
    Ok(Stop::new(signal, OwnedFd::from(wake)))
}
