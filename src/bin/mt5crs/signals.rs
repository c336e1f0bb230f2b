//! SIGINT and SIGTERM become a wish to stop that every wait notices.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use mt5crs::clock::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::render::Screen;

/// Listens on a thread of its own. A system that can't leaves the default: the process is ended where it stands.
pub(crate) fn install() -> Stop {
    try_install().unwrap_or_else(|_| Stop::never())
}

fn try_install() -> std::io::Result<Stop> {
    let (wake, mut waker) = UnixStream::pair()?;
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let stop = Stop::new(OwnedFd::from(wake));
    let asked = stop.clone();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            asked.ask(usize::try_from(signal).unwrap_or(usize::MAX));
            if asked.check().is_ok() {
                let screen = Screen { quiet: false };
                screen.warn("not stopped: orders are on their way; where positions are being closed a second Ctrl-C stops, and leaves what is in flight unknown");
            }
            // Whoever waits is woken; with nobody left to wake there is nobody to stop.
            let _ = waker.write_all(b"!");
        }
    })?;
    Ok(stop)
}
