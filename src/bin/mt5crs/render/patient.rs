//! Standard error for messages: one that nothing reads loses them, and holds nothing up.
//!
//! A pager that was left open, or a terminal that was stopped with Ctrl-S, takes no more text at some time. Positions are
//! closed all the same.

use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Bytes that a pipe takes at once where it takes any.
const PIECE: usize = 4096;

/// How long a message waits for its reader, in ms. The messages after one that was lost don't wait.
const PATIENCE_MS: u16 = 500;

/// Standard error, which drops unread text.
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        static LOST: AtomicBool = AtomicBool::new(false);
        let stderr = io::stderr();
        let patience = if LOST.load(Ordering::SeqCst) { 0 } else { PATIENCE_MS };
        let mut polled = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
        let is_lost = poll(&mut polled, PollTimeout::from(patience)) == Ok(0);
        LOST.store(is_lost, Ordering::SeqCst);
        if is_lost {
            return Ok(bytes.len());
        }
        stderr.lock().write(&bytes[..bytes.len().min(PIECE)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
