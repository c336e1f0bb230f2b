//! SIGINT, SIGTERM and SIGHUP cancel the run; every wait notices.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;

use mt5crs::clock::StopToken;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::render::Screen;

/// Handles signals on a thread of its own. Where that fails, a warning says that the default stays: a signal ends the
/// process at once.
pub(super) fn install(screen: &Screen) -> StopToken {
    try_install().unwrap_or_else(|error| {
        screen.warn(&format!(
            "signals can't be handled: {error}; one ends this command at once, whatever it is doing"
        ));
        StopToken::never()
    })
}

fn try_install() -> std::io::Result<StopToken> {
    // By default this signal, sent at a limit on the size of files (`ulimit -f`, LimitFSIZE), would kill the process in the
    // middle of its orders. With a handler the write fails instead, and its caller handles the error.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    let (wake, waker) = UnixStream::pair()?;
    let stop = StopToken::new(OwnedFd::from(wake));
    let asked = stop.clone();
    // The thread comes first: a handler without a thread would swallow its signal.
    let signals = Signals::new::<[i32; 0], _>([])?;
    let handle = signals.handle();
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || request_stops(signals, &asked, waker))?;
    // A command under nohup outlives its terminal.
    let hangup = (!is_hangup_ignored()).then_some(SIGHUP);
    for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
        handle.add_signal(signal)?;
    }
    Ok(stop)
}

/// Requests a stop with each signal, until the process ends.
fn request_stops(mut signals: Signals, stop: &StopToken, mut waker: UnixStream) {
    let mut hung_up = false;
    for signal in signals.forever() {
        // A closed terminal sends SIGHUP more than once: the shell to its jobs, then the system to the foreground job.
        // It counts once; a second request to stop would leave the outcome of orders in flight unknown.
        if signal == SIGHUP && std::mem::replace(&mut hung_up, true) {
            continue;
        }
        stop.request_stop(usize::try_from(signal).unwrap_or(usize::MAX));
        if stop.check().is_ok() {
            let screen = Screen { quiet: false };
            screen.warn("not stopped: orders are on their way; where positions are being closed a second Ctrl-C stops, and leaves requests in flight unknown");
        }
        // Wakes every wait. A failed write means that nothing waits any more.
        let _ = waker.write_all(b"!");
    }
}

/// Whether this process was started with SIGHUP ignored, as nohup does.
fn is_hangup_ignored() -> bool {
    match std::fs::read_to_string("/proc/self/status") {
        Ok(status) => ignores_hangup(&status),
        Err(_) => is_hangup_ignored_by_a_child(),
    }
}

/// Reads the mask of ignored signals: SIGHUP is number 1, the lowest bit.
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

/// Without /proc: a child inherits ignored signals, so it survives SIGHUP or doesn't.
fn is_hangup_ignored_by_a_child() -> bool {
    let mut child = Command::new("sh");
    child.args(["-c", "kill -HUP $$"]);
    child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    child.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_hangup_is_recognised() {
        for (mask, ignored) in
            [("0000000000000001", true), ("0000000000001001", true), ("0000000000001000", false)]
        {
            let status = format!("Name:\tmt5crs\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
            assert_eq!(ignores_hangup(&status), ignored, "{mask}");
        }
        assert!(!ignores_hangup("Name:\tmt5crs\n"));
        // Both ways of asking have the same answer for this process.
        assert_eq!(is_hangup_ignored_by_a_child(), is_hangup_ignored());
    }
}
