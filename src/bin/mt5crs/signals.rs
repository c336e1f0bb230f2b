//! SIGINT, SIGTERM and SIGHUP become a wish to stop that every wait notices.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;

use mt5crs::clock::StopToken;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::render::Screen;

/// Listens on a thread of its own. A system that can't leaves the default: the process is ended where it stands.
pub(crate) fn install() -> StopToken {
    try_install().unwrap_or_else(|_| StopToken::never())
}

fn try_install() -> std::io::Result<StopToken> {
    // A limit on the size of files (`ulimit -f`, LimitFSIZE) would kill the process in the middle of its orders, by the
    // default for this signal. Heard and left at that, it makes the write fail, which is dealt with where it is made.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    let (wake, mut waker) = UnixStream::pair()?;
    let mut heard = vec![SIGINT, SIGTERM];
    // What was started under nohup is to outlive its terminal.
    if !is_hangup_ignored() {
        heard.push(SIGHUP);
    }
    let mut signals = Signals::new(heard)?;
    let stop = StopToken::new(OwnedFd::from(wake));
    let asked = stop.clone();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut hung_up = false;
        for signal in signals.forever() {
            // A terminal that goes away says so more than once: the shell to its jobs, then the system to what was in front.
            // Nobody insists by it, so it counts once; a second wish to stop would leave orders in flight unknown.
            if signal == SIGHUP && std::mem::replace(&mut hung_up, true) {
                continue;
            }
            asked.request_stop(usize::try_from(signal).unwrap_or(usize::MAX));
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

/// Whether whoever started this process told it to ignore SIGHUP.
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

/// Where there is no /proc: what is ignored is inherited, so a child outlives the signal or doesn't.
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
    fn an_ignored_hangup_is_told_from_one_that_is_not() {
        for (mask, ignored) in
            [("0000000000000001", true), ("0000000000001001", true), ("0000000000001000", false)]
        {
            let status = format!("Name:\tmt5crs\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
            assert_eq!(ignores_hangup(&status), ignored, "{mask}");
        }
        assert!(!ignores_hangup("Name:\tmt5crs\n"));
        // This process was started by one runner, so both ways of asking have one answer.
        assert_eq!(is_hangup_ignored_by_a_child(), is_hangup_ignored());
    }
}
