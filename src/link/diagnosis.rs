//! Finds out why a connection failed. libzmq gives no reason, so this tries the port again with plain TCP.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::transport::LinkError;
use crate::clock::{Clock, Deadline, StopToken};
use crate::os::with_deadline::with_deadline;

/// Wait for a server's banner. ZMTP, SSH and SMTP servers send theirs at once.
const BANNER_WAIT: Duration = Duration::from_millis(300);

/// Bytes of a ZMTP handshake to read: the socket type comes earlier.
const MAX_HANDSHAKE_BYTES: usize = 4096;

/// The start of a ZMTP greeting and an empty line, to which an HTTP server answers with an error.
const PROBE: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f\r\n\r\n";

/// Connects by plain TCP.
pub fn tcp(
    address: SocketAddr,
    clock: &dyn Clock,
    stop: &StopToken,
    until: Deadline,
) -> Result<TcpStream, LinkError> {
    let left = until.left(clock).max(Duration::from_millis(1));
    let connected =
        with_deadline(clock, stop, until, move || TcpStream::connect_timeout(&address, left))?;
    connected.map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => LinkError::Refused,
        ErrorKind::TimedOut => LinkError::TimedOut,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => LinkError::NoRoute,
        _ => LinkError::System(error.to_string()),
    })
}

/// Types of ZeroMQ sockets that can answer a DEALER.
const ANSWERING: [&str; 3] = ["REP", "ROUTER", "DEALER"];

/// Why the ZMTP handshake with `address` failed.
pub(super) fn no_handshake(
    address: SocketAddr,
    clock: &dyn Clock,
    stop: &StopToken,
    until: Deadline,
) -> LinkError {
    let mut stream = match tcp(address, clock, stop, until) {
        Ok(stream) => stream,
        Err(error) => return error,
    };
    let wait = until.left(clock).clamp(Duration::from_millis(1), BANNER_WAIT);
    let banner = read_banner(&mut stream, wait).or_else(|| {
        stream.write_all(PROBE).ok()?;
        read_banner(&mut stream, wait)
    });
    match banner {
        Some(banner) if banner.first() == Some(&0xff) => {
            match greet(&mut stream, banner, clock, until) {
                Some(Greeted::Mechanism(name)) => LinkError::NotZeroMq(format!(
                    "a ZeroMQ socket that asks for {} authentication, which the gateway does not have",
                    name.escape_debug()
                )),
                Some(Greeted::Socket(kind)) if !ANSWERING.contains(&&*kind) => {
                    LinkError::NotZeroMq(format!(
                        "a ZeroMQ {} socket; quotes come from a PUB, on port 5556",
                        kind.escape_debug()
                    ))
                }
                _ => LinkError::Stalled,
            }
        }
        Some(banner) => LinkError::NotZeroMq(describe(&banner)),
        None => LinkError::Silent,
    }
}

fn read_banner(stream: &mut TcpStream, wait: Duration) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(wait)).ok()?;
    let mut banner = vec![0; 120];
    let count = stream.read(&mut banner).ok()?;
    banner.truncate(count);
    (count > 0).then_some(banner)
}

/// A ZMTP 3 peer's answer to a greeting.
enum Greeted {
    /// Its security mechanism, other than NULL.
    Mechanism(String),
    /// The type of its socket.
    Socket(String),
}

/// Greets a ZMTP 3 peer, and reads its mechanism and its socket's type, if it sends them in time.
fn greet(
    stream: &mut TcpStream,
    mut received: Vec<u8>,
    clock: &dyn Clock,
    until: Deadline,
) -> Option<Greeted> {
    const NAME: &[u8] = b"Socket-Type";
    // A peer names its mechanism once it knows our version, and may close the connection once it knows our mechanism.
    let (version, mechanism) = (..12, 12..32);
    let greeting = greeting();
    stream.write_all(&greeting[version]).ok()?;
    while received.len() < mechanism.end {
        read_more(stream, &mut received, clock, until)?;
    }
    let name = String::from_utf8_lossy(&received[mechanism.clone()]);
    let name = name.trim_end_matches('\0');
    if name != "NULL" {
        return Some(Greeted::Mechanism(name.to_owned()));
    }
    stream.write_all(&greeting[mechanism.start..]).ok()?;
    // The rest of its greeting, then its READY command.
    loop {
        let value = received.windows(NAME.len()).position(|bytes| bytes == NAME).and_then(|at| {
            let (length, value) = received.get(at + NAME.len()..)?.split_first_chunk::<4>()?;
            value.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
        });
        if let Some(value) = value {
            return Some(Greeted::Socket(String::from_utf8_lossy(value).into_owned()));
        }
        read_more(stream, &mut received, clock, until)?;
    }
}

/// Reads the next bytes; `None` at the end, past the limit or past the deadline.
fn read_more(
    stream: &mut TcpStream,
    received: &mut Vec<u8>,
    clock: &dyn Clock,
    until: Deadline,
) -> Option<()> {
    if received.len() >= MAX_HANDSHAKE_BYTES || until.is_past(clock) {
        return None;
    }
    let mut more = [0; 256];
    let count = stream.read(&mut more).ok().filter(|count| *count > 0)?;
    received.extend_from_slice(&more[..count]);
    Some(())
}

/// The 64-byte greeting of ZMTP 3.0 with the mechanism NULL.
fn greeting() -> [u8; 64] {
    let mut greeting = [0; 64];
    (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
    greeting[12..16].copy_from_slice(b"NULL");
    greeting
}

/// Describes a server by its banner.
fn describe(banner: &[u8]) -> String {
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
