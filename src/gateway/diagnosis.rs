//! Why there is no connection: libzmq tells that it failed, not why, so the port is tried once more by plain TCP.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::transport::LinkError;
use crate::bounded::bounded;
use crate::clock::{Clock, Deadline, Stop};

/// How long a server may take to introduce itself. ZMTP, SSH and SMTP speak at once.
const BANNER_WAIT: Duration = Duration::from_millis(300);

/// The signature that begins a ZMTP greeting, and an empty line, on which an HTTP server complains.
const KNOCK: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f\r\n\r\n";

/// Connects by plain TCP and hangs up.
pub fn tcp(
    address: SocketAddr,
    clock: &dyn Clock,
    stop: &Stop,
    until: Deadline,
) -> Result<TcpStream, LinkError> {
    let left = until.left(clock).max(Duration::from_millis(1));
    let connected =
        bounded(clock, stop, until, move || TcpStream::connect_timeout(&address, left))?;
    connected.map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => LinkError::Refused,
        ErrorKind::TimedOut => LinkError::TimedOut,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => LinkError::NoRoute,
        _ => LinkError::System(error.to_string()),
    })
}

/// Says why the ZMTP handshake with `address` did not come about.
pub(super) fn no_handshake(
    address: SocketAddr,
    clock: &dyn Clock,
    stop: &Stop,
    until: Deadline,
) -> LinkError {
    let mut stream = match tcp(address, clock, stop, until) {
        Ok(stream) => stream,
        Err(error) => return error,
    };
    let wait = until.left(clock).clamp(Duration::from_millis(1), BANNER_WAIT);
    let heard = listen(&mut stream, wait).or_else(|| {
        stream.write_all(KNOCK).ok()?;
        listen(&mut stream, wait)
    });
    match heard {
        Some(banner) if banner.first() == Some(&0xff) => LinkError::Stalled,
        Some(banner) => LinkError::NotZeroMq(looks_like(&banner)),
        None => LinkError::Silent,
    }
}

fn listen(stream: &mut TcpStream, wait: Duration) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(wait)).ok()?;
    let mut banner = vec![0; 120];
    let count = stream.read(&mut banner).ok()?;
    banner.truncate(count);
    (count > 0).then_some(banner)
}

fn looks_like(banner: &[u8]) -> String {
    let text = String::from_utf8_lossy(banner);
    let line: String = text.lines().next().unwrap_or_default().escape_debug().take(60).collect();
    let kind = if text.starts_with("HTTP/") {
        "an HTTP server"
    } else if text.starts_with("SSH-") {
        "an SSH server"
    } else if text.starts_with("220") {
        "an SMTP or FTP server"
    } else {
        "an unknown server"
    };
    format!("{kind} that says \"{line}\"")
}
