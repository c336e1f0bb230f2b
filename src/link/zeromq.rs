//! A connection over ZeroMQ: a DEALER socket that never queues, reconnects or outlives its deadline.
//!
//! libzmq's defaults are wrong for orders. It queues a frame for an absent peer and delivers it to the next program on the
//! port; it reconnects to that program automatically; a send to an SSH server succeeds. So every socket has `LINGER=0`,
//! `IMMEDIATE=1` and `RECONNECT_IVL=-1`, and nothing is sent before the socket's monitor has seen the ZMTP handshake succeed
//! (PROTOCOL.md, section 1).
//!
//! The gateway's socket is a REP. A DEALER sends it an empty delimiter frame before the body. Unlike a REQ socket it can
//! pipeline, so the PING that proves the identity and the CLOSE requests after it share one connection.

use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zmq::{Context, Message, PollEvents, Socket, SocketEvent, SocketType};

use super::diagnosis;
use super::permit::RequestFrame;
use super::transport::{Connection, LinkError, Received, Transport};
use crate::clock::{Clock, Deadline, StopToken};
use crate::os::failpoints::{Rule, is_broken};

/// libzmq ends a connection that sends a longer frame. A frame between [`crate::protocol::wire::MAX_FRAME_BYTES`] and this
/// arrives and is refused with a typed error.
const MAX_MESSAGE_BYTES: i64 = 64 << 20;

/// Time for which an answer is first awaited on the socket alone.
const QUICK_WAIT: Duration = Duration::from_millis(5);

/// Margin of libzmq's timeouts over ours, in ms.
const LIBZMQ_LATER_MS: i32 = 1_000;

/// Description of a ZMTP peer that can't be the gateway.
const OTHER_SOCKET: &str =
    "a ZeroMQ socket of another type than the gateway's REP, or one that requires encryption";

/// Time for a diagnosis after a handshake's deadline has passed.
const DIAGNOSIS_TIME: Duration = Duration::from_millis(100);

/// A transport to one address.
pub struct ZmqTransport {
    retired: Retired,
    context: Context,
    address: SocketAddr,
    clock: Arc<dyn Clock>,
    stop: StopToken,
}

impl ZmqTransport {
    /// A transport to this address. Waits end early when the run is stopped.
    pub fn new(address: SocketAddr, clock: Arc<dyn Clock>, stop: StopToken) -> Self {
        Self { retired: Retired::default(), context: Context::new(), address, clock, stop }
    }

    fn open(&self, until: Deadline) -> Result<ZmqConnection, zmq::Error> {
        static MONITORS: AtomicU64 = AtomicU64::new(0);
        let socket = self.context.socket(SocketType::DEALER)?;
        let timeout_ms = milliseconds(until.left(&*self.clock));
        socket.set_linger(0)?;
        socket.set_immediate(true)?;
        socket.set_reconnect_ivl(if is_broken(Rule::NeverReconnect) { 10 } else { -1 })?;
        socket.set_sndtimeo(timeout_ms)?;
        socket.set_rcvtimeo(timeout_ms)?;
        socket.set_maxmsgsize(MAX_MESSAGE_BYTES)?;
        // libzmq must not give up before this side does: the peer would seem to have closed the connection.
        let later = timeout_ms.saturating_add(LIBZMQ_LATER_MS);
        socket.set_handshake_ivl(later)?;
        socket.set_connect_timeout(later)?;
        socket.set_ipv6(self.address.is_ipv6())?;

        let name = format!("inproc://monitor-{}", MONITORS.fetch_add(1, Ordering::Relaxed));
        let watched = SocketEvent::HANDSHAKE_SUCCEEDED.to_raw()
            | SocketEvent::HANDSHAKE_FAILED_NO_DETAIL.to_raw()
            | SocketEvent::HANDSHAKE_FAILED_PROTOCOL.to_raw()
            | SocketEvent::HANDSHAKE_FAILED_AUTH.to_raw()
            | SocketEvent::DISCONNECTED.to_raw()
            | SocketEvent::CLOSED.to_raw()
            | SocketEvent::MONITOR_STOPPED.to_raw();
        socket.monitor(&name, i32::from(watched))?;
        self.retired.drop_finished();
        let monitor = self.context.socket(SocketType::PAIR)?;
        monitor.set_linger(0)?;
        monitor.connect(&name)?;
        let monitor = Monitor { socket: Some(monitor), retired: self.retired.clone() };

        socket.connect(&format!("tcp://{}", self.address))?;
        Ok(ZmqConnection {
            socket,
            monitor,
            timeout_ms,
            clock: Arc::clone(&self.clock),
            stop: self.stop.clone(),
        })
    }
}

impl Transport for ZmqTransport {
    fn connect(&self, until: Deadline) -> Result<Box<dyn Connection>, LinkError> {
        let connection = self.open(until).map_err(system)?;
        let failure = match connection.wait(Awaited::Handshake, until) {
            Ok(()) => return Ok(Box::new(connection)),
            Err(LinkError::Stopped(stopped)) => return Err(stopped.into()),
            Err(error) => error,
        };
        drop(connection);
        // After the deadline there is still time to tell a silent server from a silent network.
        let extra = Deadline::after(&*self.clock, DIAGNOSIS_TIME);
        match diagnosis::no_handshake(self.address, &*self.clock, &self.stop, until.max(extra)) {
            // The port speaks ZMTP, so the first failure, a closed connection, stands.
            LinkError::Stalled if failure != LinkError::TimedOut => Err(failure),
            LinkError::TimedOut => Err(failure),
            error => Err(error),
        }
    }
}

struct ZmqConnection {
    // Dropped before its monitor, which must receive its last events.
    socket: Socket,
    monitor: Monitor,
    /// The socket's receive timeout, in ms.
    timeout_ms: i32,
    clock: Arc<dyn Clock>,
    stop: StopToken,
}

/// Receives the events of a socket: its handshake and its end.
struct Monitor {
    /// `None` once retired.
    socket: Option<Socket>,
    retired: Retired,
}

impl Monitor {
    fn socket(&self) -> Result<&Socket, zmq::Error> {
        self.socket.as_ref().ok_or(zmq::Error::ENOTSOCK)
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.retired.lock().extend(self.socket.take());
    }
}

/// Monitors of dropped connections that may still receive events.
///
/// libzmq closes a socket asynchronously, and sends its events with a blocking send. Without a receiver, an event can
/// block the thread that serves every connection of the context, and no later connection succeeds. So a monitor stays
/// open until it has received its socket's last event.
#[derive(Clone, Default)]
struct Retired(Arc<Mutex<Vec<Socket>>>);

impl Retired {
    fn lock(&self) -> MutexGuard<'_, Vec<Socket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the monitors that have received their last event.
    fn drop_finished(&self) {
        self.lock().retain(|monitor| {
            loop {
                match next_event(monitor) {
                    Ok(Some(SocketEvent::MONITOR_STOPPED)) => return false,
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => return true,
                }
            }
        });
    }
}

fn next_event(monitor: &Socket) -> Result<Option<SocketEvent>, zmq::Error> {
    let parts = match monitor.recv_multipart(zmq::DONTWAIT) {
        Ok(parts) => parts,
        Err(zmq::Error::EAGAIN) => return Ok(None),
        Err(error) => return Err(error),
    };
    let number = parts.first().and_then(|head| head.first_chunk::<2>());
    Ok(number.map(|bytes| SocketEvent::from_raw(u16::from_ne_bytes(*bytes))))
}

/// The event that a wait is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Handshake,
    Frame,
}

impl ZmqConnection {
    /// Waits for an event. A closed connection, the deadline and a stop end the wait.
    fn wait(&self, awaited: Awaited, until: Deadline) -> Result<(), LinkError> {
        loop {
            self.stop.check()?;
            let left = until.left(&*self.clock).min(self.stop.longest_wait());
            let timeout = i64::from(milliseconds(left));
            let wake = self.stop.wake_fd();
            let mut items = vec![
                self.monitor.socket().map_err(system)?.as_poll_item(PollEvents::POLLIN),
                self.socket.as_poll_item(PollEvents::POLLIN),
            ];
            items.extend(wake.map(|fd| zmq::PollItem::from_fd(fd.as_raw_fd(), PollEvents::POLLIN)));
            match zmq::poll(&mut items, timeout) {
                Ok(_) | Err(zmq::Error::EINTR) => {}
                Err(error) => return Err(system(error)),
            }
            let (has_event, readable) = (items[0].is_readable(), items[1].is_readable());
            // A frame that arrived before the connection's end is an answer, unless libzmq has dropped it with the
            // connection: then it is lost, and nothing is claimed about its order.
            if awaited == Awaited::Frame && readable {
                return Ok(());
            }
            if has_event {
                match self.next_event().map_err(system)? {
                    Some(SocketEvent::HANDSHAKE_SUCCEEDED) if awaited == Awaited::Handshake => {
                        return Ok(());
                    }
                    Some(SocketEvent::HANDSHAKE_SUCCEEDED) | None => {}
                    // The two sockets are incompatible; retrying would not help.
                    Some(
                        SocketEvent::HANDSHAKE_FAILED_PROTOCOL | SocketEvent::HANDSHAKE_FAILED_AUTH,
                    ) => return Err(LinkError::NotZeroMq(OTHER_SOCKET.to_owned())),
                    Some(_) if awaited == Awaited::Frame && is_broken(Rule::NeverReconnect) => {}
                    Some(_) if awaited == Awaited::Frame && self.has_frame()? => return Ok(()),
                    Some(_) => return Err(LinkError::Lost),
                }
            } else if until.is_past(&*self.clock) {
                return Err(LinkError::TimedOut);
            }
        }
    }

    fn has_frame(&self) -> Result<bool, LinkError> {
        self.socket.poll(PollEvents::POLLIN, 0).map(|ready| ready > 0).map_err(system)
    }

    fn next_event(&self) -> Result<Option<SocketEvent>, zmq::Error> {
        next_event(self.monitor.socket()?)
    }
}

impl Connection for ZmqConnection {
    fn send(&mut self, frame: &RequestFrame, until: Deadline) -> Result<Duration, LinkError> {
        self.stop.check()?;
        // A connection may have ended since the last call. Without a peer, the send would wait until its timeout.
        while let Some(event) = self.next_event().map_err(system)? {
            if event != SocketEvent::HANDSHAKE_SUCCEEDED && !is_broken(Rule::NeverReconnect) {
                return Err(LinkError::Lost);
            }
        }
        let frame = Message::from(frame.bytes());
        let start = self.clock.monotonic();
        let mut sent = self.socket.send(Message::new(), zmq::SNDMORE | zmq::DONTWAIT);
        if sent == Err(zmq::Error::EAGAIN) {
            self.socket.set_sndtimeo(milliseconds(until.left(&*self.clock))).map_err(system)?;
            sent = self.socket.send(Message::new(), zmq::SNDMORE);
        }
        // A socket that accepted the delimiter accepts the body.
        let sent = sent.and_then(|()| self.socket.send(frame, 0));
        match sent {
            Ok(()) => Ok(start),
            Err(zmq::Error::EAGAIN) => Err(LinkError::TimedOut),
            Err(zmq::Error::EINTR) => {
                self.stop.check()?;
                Err(LinkError::System("interrupted".to_owned()))
            }
            Err(error) => Err(system(error)),
        }
    }

    fn receive(&mut self, until: Deadline) -> Result<Received, LinkError> {
        self.stop.check()?;
        // A near gateway answers sooner than a `poll` of three descriptors is set up, so this first waits on the socket
        // alone, and then also for the connection's end and a stop.
        let quick = milliseconds(QUICK_WAIT.min(until.left(&*self.clock)));
        if quick != self.timeout_ms {
            self.socket.set_rcvtimeo(quick).map_err(system)?;
            self.timeout_ms = quick;
        }
        let delimiter = match self.socket.recv_msg(0) {
            Ok(part) => part,
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => {
                self.wait(Awaited::Frame, until)?;
                self.socket.recv_msg(zmq::DONTWAIT).map_err(system)?
            }
            Err(error) => return Err(system(error)),
        };
        // The parts of a reply arrive together, and each says whether another follows.
        let body = match delimiter.get_more() {
            true => Some(self.socket.recv_msg(zmq::DONTWAIT).map_err(system)?),
            false => None,
        };
        match body {
            Some(body) if delimiter.is_empty() && !body.get_more() => Ok(Received::new(body)),
            _ => Err(LinkError::NotZeroMq(
                "a ZeroMQ socket whose reply has not the one part that a REP socket sends"
                    .to_owned(),
            )),
        }
    }
}

fn system(error: zmq::Error) -> LinkError {
    LinkError::System(error.message().to_owned())
}

/// Whole milliseconds, rounded up and at least 1, because 0 would not wait and -1 would wait forever.
fn milliseconds(duration: Duration) -> i32 {
    let rounded = duration.as_nanos().div_ceil(1_000_000);
    i32::try_from(rounded).unwrap_or(i32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// Options that others make redundant: while nothing reconnects and a handshake is awaited, no peer can show that
    /// `IMMEDIATE` is missing. They matter once one of those two changes.
    #[test]
    fn a_socket_can_neither_queue_nor_reconnect_nor_linger() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let clock = Arc::new(SystemClock::new(StopToken::never()));
        let until = Deadline::after(&*clock, Duration::from_secs(1));
        let address = listener.local_addr().unwrap();
        let connection = ZmqTransport::new(address, clock, StopToken::never()).open(until).unwrap();
        let socket = &connection.socket;
        assert_eq!(socket.is_immediate(), Ok(true));
        assert_eq!(socket.get_reconnect_ivl(), Ok(-1));
        assert_eq!(socket.get_linger(), Ok(0));
        assert_eq!(socket.get_maxmsgsize(), Ok(64 << 20));
        for timeout in [socket.get_sndtimeo(), socket.get_rcvtimeo()] {
            assert!((1..=1000).contains(&timeout.unwrap()));
        }
        // This side gives up first: a peer that stalls must not seem to have closed the connection.
        for own in [socket.get_handshake_ivl(), socket.get_connect_timeout()] {
            assert!(own.unwrap() > 1000);
        }
    }

    #[test]
    fn a_monitor_stays_open_until_its_socket_is_closed() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let clock = Arc::new(SystemClock::new(StopToken::never()));
        let until = Deadline::after(&*clock, Duration::from_secs(1));
        let address = listener.local_addr().unwrap();
        let transport = ZmqTransport::new(address, clock, StopToken::never());
        drop(transport.open(until).unwrap());
        assert_eq!(transport.retired.lock().len(), 1);
        // And no longer: a watch that reconnects for a day would run out of sockets.
        while !transport.retired.lock().is_empty() {
            transport.retired.drop_finished();
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_wait_is_never_zero_and_never_forever() {
        assert_eq!(milliseconds(Duration::ZERO), 1);
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_micros(1001)), 2);
        assert_eq!(milliseconds(Duration::MAX), i32::MAX);
    }
}
