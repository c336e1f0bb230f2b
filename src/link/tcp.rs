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
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect as begin_connect, socket,
};

use super::transport::LinkError;
use crate::clock::{Clock, Deadline, StopToken, poll_timeout};

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
    connected(&stream)?;
    // Without it, small requests may be delayed.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Time for an address to accept a connection before the next one is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// The index of the address that accepts a connection first. Each is tried, in this order; `None` where none has accepted one
/// before the deadline.
pub(super) fn first_to_accept(
    addresses: &[SocketAddr],
    clock: &dyn Clock,
    stop: &StopToken,
    until: Deadline,
) -> Result<Option<usize>, LinkError> {
    let mut untried = addresses.iter().enumerate();
    let mut tried: Vec<(usize, TcpStream)> = vec![];
    let mut next_at = Deadline::after(clock, Duration::ZERO);
    loop {
        stop.check()?;
        if (tried.is_empty() || next_at.is_past(clock))
            && let Some((index, address)) = untried.next()
        {
            tried.extend(begin(*address).ok().map(|stream| (index, stream)));
            next_at = Deadline::after(clock, HEAD_START);
            continue;
        }
        let left = until.left(clock);
        if tried.is_empty() || left.is_zero() {
            return Ok(None);
        }
        let wait = if untried.len() > 0 { left.min(next_at.left(clock)) } else { left };
        let mut polled: Vec<PollFd<'_>> =
            tried.iter().map(|(_, it)| PollFd::new(it.as_fd(), PollFlags::POLLOUT)).collect();
        polled.extend(stop.wake_fd().map(|wake| PollFd::new(wake, PollFlags::POLLIN)));
        match poll(&mut polled, poll_timeout(wait.min(stop.longest_wait()))) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(LinkError::System(error.to_string())),
        }
        let ready: Vec<bool> = polled.iter().map(|it| it.any() != Some(false)).collect();
        let mut failed = vec![];
        for (place, (index, stream)) in tried.iter().enumerate().filter(|(place, _)| ready[*place])
        {
            match connected(stream) {
                Ok(()) => return Ok(Some(*index)),
                Err(_) => failed.push(place),
            }
        }
        for place in failed.into_iter().rev() {
            tried.remove(place);
            next_at = Deadline::after(clock, Duration::ZERO);
        }
    }
}

/// Checks the end of a stream's connecting.
fn connected(stream: &TcpStream) -> Result<(), LinkError> {
    if let Ok(Some(error)) | Err(error) = stream.take_error() {
        return Err(error_of(&error));
    }
    // Without a listener, the system may connect a port of this machine to itself.
    match (stream.local_addr(), stream.peer_addr()) {
        (Ok(own), Ok(peer)) if own == peer => Err(LinkError::Refused),
        _ => Ok(()),
    }
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
        match poll(&mut polled, poll_timeout(left.min(stop.longest_wait()))) {
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn each_address_is_tried_and_the_first_that_accepts_is_taken() {
        let clock = SystemClock::new(StopToken::never());
        let listener = TcpListener::bind("127.0.0.2:0").unwrap();
        let open = listener.local_addr().unwrap();
        let port = open.port();
        let refused = SocketAddr::from(([127, 0, 0, 3], port));
        // TEST-NET-1 has no answer; a machine without any route fails at once.
        let silent = SocketAddr::from(([192, 0, 2, 1], port));
        let first = |addresses: &[SocketAddr], ms| {
            let until = Deadline::after(&clock, Duration::from_millis(ms));
            first_to_accept(addresses, &clock, &StopToken::never(), until)
        };
        assert_eq!(first(&[refused, silent, open], 5_000), Ok(Some(2)));
        assert_eq!(first(&[open, refused], 5_000), Ok(Some(0)));
        assert_eq!(first(&[refused, silent], 300), Ok(None));
        assert_eq!(first(&[], 300), Ok(None));
        let stop = StopToken::never();
        stop.request_stop(2);
        let until = Deadline::after(&clock, Duration::from_secs(5));
        let stopped = first_to_accept(&[silent], &clock, &stop, until);
        assert!(matches!(stopped, Err(LinkError::Stopped(_))));
    }
}
