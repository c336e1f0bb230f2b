//! A TCP connection whose every wait ends with a deadline or a stop.
//!
//! The stream never blocks. The one wait is the system's `poll`, which counts on the monotonic clock and is repeated until
//! our own deadline is past.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect as begin_connect, socket,
};

use super::transport::LinkError;
use crate::clock::{Clock, Deadline, StopToken};

/// Bytes that one call of [`Stream::read`] adds at most.
const READ_BYTES: u64 = 64 << 10;

/// The result of one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadEnd {
    /// Bytes were added.
    Added,
    /// Nothing is there yet.
    Nothing,
    /// The far end closed the connection.
    Closed,
}

/// A connected stream.
pub(super) struct Stream {
    stream: TcpStream,
    clock: Arc<dyn Clock>,
    stop: StopToken,
}

/// Connects to an address. The stream doesn't block.
pub fn connect(
    address: SocketAddr,
    clock: &dyn Clock,
    stop: &StopToken,
    until: Deadline,
) -> Result<TcpStream, LinkError> {
    stop.check()?;
    let stream = begin(address).map_err(|error| error_of(&error))?;
    wait(&stream, PollFlags::POLLOUT, clock, stop, until)?;
    if let Ok(Some(error)) | Err(error) = stream.take_error() {
        return Err(error_of(&error));
    }
    // Without a listener, the system may connect a port of this machine to itself.
    if matches!((stream.local_addr(), stream.peer_addr()), (Ok(own), Ok(peer)) if own == peer) {
        return Err(LinkError::Refused);
    }
    // Without it, small requests may be delayed.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

impl Stream {
    /// A stream that [`connect`] made.
    pub(super) fn new(stream: TcpStream, clock: Arc<dyn Clock>, stop: StopToken) -> Self {
        Self { stream, clock, stop }
    }

    /// Adds the bytes that are there to `buffer`, and waits for none.
    pub(super) fn read(&self, buffer: &mut Vec<u8>) -> Result<ReadEnd, LinkError> {
        let before = buffer.len();
        // The bytes before an error are kept.
        let read = (&self.stream).take(READ_BYTES).read_to_end(buffer);
        match read {
            // The next read finds the end or the error again.
            _ if buffer.len() > before => Ok(ReadEnd::Added),
            Ok(_) => Ok(ReadEnd::Closed),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(ReadEnd::Nothing),
            Err(error) => Err(error_of(&error)),
        }
    }

    /// Adds bytes to `buffer`, and waits for them until the deadline.
    pub(super) fn read_more(&self, buffer: &mut Vec<u8>, until: Deadline) -> Result<(), LinkError> {
        loop {
            match self.read(buffer)? {
                ReadEnd::Added => return Ok(()),
                ReadEnd::Nothing => self.wait(PollFlags::POLLIN, until)?,
                ReadEnd::Closed => return Err(LinkError::Lost),
            }
        }
    }

    /// Writes all bytes, or a beginning of them where it fails.
    pub(super) fn write(&self, mut bytes: &[u8], until: Deadline) -> Result<(), LinkError> {
        while !bytes.is_empty() {
            match (&self.stream).write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.wait(PollFlags::POLLOUT, until)?;
                }
                Err(error) => return Err(error_of(&error)),
            }
        }
        Ok(())
    }

    fn wait(&self, ready: PollFlags, until: Deadline) -> Result<(), LinkError> {
        wait(&self.stream, ready, &*self.clock, &self.stop, until)
    }
}

/// Waits until the stream is ready or has failed.
fn wait(
    stream: &TcpStream,
    ready: PollFlags,
    clock: &dyn Clock,
    stop: &StopToken,
    until: Deadline,
) -> Result<(), LinkError> {
    loop {
        stop.check()?;
        let left = until.left(clock);
        if left.is_zero() {
            return Err(LinkError::TimedOut);
        }
        let mut polled = vec![PollFd::new(stream.as_fd(), ready)];
        polled.extend(stop.wake_fd().map(|wake| PollFd::new(wake, PollFlags::POLLIN)));
        match poll(&mut polled, timeout(left.min(stop.longest_wait()))) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(LinkError::System(error.to_string())),
        }
        if polled[0].any() != Some(false) {
            return Ok(());
        }
    }
}

/// Begins to connect a stream that doesn't block.
fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    let family = if address.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let socket = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    fcntl(&socket, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(true)?;
    match begin_connect(stream.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) | Err(Errno::EINPROGRESS | Errno::EINTR) => Ok(stream),
        Err(error) => Err(error.into()),
    }
}

fn error_of(error: &io::Error) -> LinkError {
    match error.kind() {
        ErrorKind::ConnectionRefused => LinkError::Refused,
        ErrorKind::TimedOut => LinkError::TimedOut,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => LinkError::NoRoute,
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            LinkError::Lost
        }
        _ => LinkError::System(error.to_string()),
    }
}

/// Whole milliseconds, rounded up: 0 would not wait.
fn timeout(left: Duration) -> PollTimeout {
    PollTimeout::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(PollTimeout::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_zero_and_never_forever() {
        for (left, ms) in [(1, 1), (1_000_000, 1), (1_000_001, 2)] {
            assert_eq!(timeout(Duration::from_nanos(left)), PollTimeout::from(ms as u16));
        }
        assert_eq!(timeout(Duration::MAX), PollTimeout::MAX);
    }
}
