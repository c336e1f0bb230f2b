//! A connection over ZeroMQ: a DEALER socket that can neither queue, nor reconnect, nor outlive its deadline.
//!
//! The defaults of libzmq are wrong for orders. It queues a frame for a peer that isn't there and delivers it when
//! somebody takes the port; it reconnects by itself to whoever that is; it calls a send to an SSH server a success. So
//! `LINGER=0`, `IMMEDIATE=1` and `RECONNECT_IVL=-1` stand on every socket, and nothing is sent before the socket's
//! monitor saw the ZMTP handshake succeed (PROTOCOL.md, section 1).
//!
//! The far end is a REP socket. A DEALER speaks to it with an empty delimiter frame before the body; unlike a REQ
//! socket it may pipeline, and the PING that proves identity and the CLOSE requests behind it share the connection.

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

/// libzmq cuts a connection that sends more in one frame; what is past [`crate::protocol::wire::MAX_FRAME_BYTES`] and
/// below this arrives and is refused with a typed error.
const MAX_MESSAGE_BYTES: i64 = 64 << 20;

/// How long an answer is waited for on the socket alone.
const AT_ONCE: Duration = Duration::from_millis(5);

/// By how much libzmq's own limits lie behind ours, in ms.
const LIBZMQ_LATER_MS: i32 = 1_000;

/// What a peer is that speaks ZMTP, and not as a REP socket without keys does.
const OTHER_SOCKET: &str =
    "a ZeroMQ socket of another kind than the gateway's REP, or one that wants keys";

/// What a diagnosis may take past a deadline that went by without a handshake.
const DIAGNOSIS_TIME: Duration = Duration::from_millis(100);

/// Opens ZeroMQ connections to one address.
pub struct ZmqTransport {
    retired: Retired,
    context: Context,
    address: SocketAddr,
    clock: Arc<dyn Clock>,
    stop: StopToken,
}

impl ZmqTransport {
    /// To that address; waits end early when `stop` is asked for.
    pub fn new(address: SocketAddr, clock: Arc<dyn Clock>, stop: StopToken) -> Self {
        Self { retired: Retired::default(), context: Context::new(), address, clock, stop }
    }

    fn open(&self, until: Deadline) -> Result<ZmqConnection, zmq::Error> {
        static MONITORS: AtomicU64 = AtomicU64::new(0);
        let socket = self.context.socket(SocketType::DEALER)?;
        let patience = milliseconds(until.left(&*self.clock));
        socket.set_linger(0)?;
        socket.set_immediate(true)?;
        socket.set_reconnect_ivl(if is_broken(Rule::NeverReconnect) { 10 } else { -1 })?;
        socket.set_sndtimeo(patience)?;
        socket.set_rcvtimeo(patience)?;
        socket.set_maxmsgsize(MAX_MESSAGE_BYTES)?;
        // Later than this side gives up: a peer that libzmq hung up on would look as if it had gone away.
        let later = patience.saturating_add(LIBZMQ_LATER_MS);
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
        self.retired.let_go();
        let monitor = self.context.socket(SocketType::PAIR)?;
        monitor.set_linger(0)?;
        monitor.connect(&name)?;
        let monitor = Monitor { socket: Some(monitor), retired: self.retired.clone() };

        socket.connect(&format!("tcp://{}", self.address))?;
        Ok(ZmqConnection {
            socket,
            monitor,
            patience,
            clock: Arc::clone(&self.clock),
            stop: self.stop.clone(),
        })
    }
}

impl Transport for ZmqTransport {
    fn connect(&self, until: Deadline) -> Result<Box<dyn Connection>, LinkError> {
        let connection = self.open(until).map_err(system)?;
        let failure = match connection.wait(Wanted::Handshake, until) {
            Ok(()) => return Ok(Box::new(connection)),
            Err(LinkError::Stopped(stopped)) => return Err(stopped.into()),
            Err(error) => error,
        };
        drop(connection);
        // When the time is up there is still a moment to tell a silent server from a silent network.
        let moment = Deadline::after(&*self.clock, DIAGNOSIS_TIME);
        match diagnosis::no_handshake(self.address, &*self.clock, &self.stop, until.max(moment)) {
            // The port speaks ZMTP after all: that somebody hung up, as was seen first, stands.
            LinkError::Stalled if failure != LinkError::TimedOut => Err(failure),
            LinkError::TimedOut => Err(failure),
            error => Err(error),
        }
    }
}

struct ZmqConnection {
    // Before its monitor: what it still has to tell needs somebody to listen.
    socket: Socket,
    monitor: Monitor,
    /// What a receive on the socket alone may take, in ms, as the socket was told.
    patience: i32,
    clock: Arc<dyn Clock>,
    stop: StopToken,
}

/// Tells of the handshake and of the connection's end.
struct Monitor {
    /// There until it is retired.
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

/// Monitors whose connection was dropped, and may still have something to tell.
///
/// libzmq closes a socket in its own time, and tells of events by a send that blocks. With nobody to listen any more, an
/// event at the wrong moment blocks the thread that serves every connection of the context: none ever comes about again.
/// So a monitor listens on until it heard that its socket is gone.
#[derive(Clone, Default)]
struct Retired(Arc<Mutex<Vec<Socket>>>);

impl Retired {
    fn lock(&self) -> MutexGuard<'_, Vec<Socket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops those that heard the last there is to hear.
    fn let_go(&self) {
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Handshake,
    Frame,
}

impl ZmqConnection {
    /// Waits until what is wanted is there; a closed connection, a passed deadline and a wish to stop each end the wait.
    fn wait(&self, wanted: Wanted, until: Deadline) -> Result<(), LinkError> {
        loop {
            self.stop.check()?;
            let patience = until.left(&*self.clock).min(self.stop.longest_wait());
            let timeout = i64::from(milliseconds(patience));
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
            let (told, readable) = (items[0].is_readable(), items[1].is_readable());
            // What arrived before the connection's end is still an answer, where libzmq hasn't dropped it with the
            // connection; then it counts as lost, and of an order nothing is claimed.
            if wanted == Wanted::Frame && readable {
                return Ok(());
            }
            if told {
                match self.next_event().map_err(system)? {
                    Some(SocketEvent::HANDSHAKE_SUCCEEDED) if wanted == Wanted::Handshake => {
                        return Ok(());
                    }
                    Some(SocketEvent::HANDSHAKE_SUCCEEDED) | None => {}
                    // Nobody hung up: the two sides don't fit each other, and never will.
                    Some(
                        SocketEvent::HANDSHAKE_FAILED_PROTOCOL | SocketEvent::HANDSHAKE_FAILED_AUTH,
                    ) => return Err(LinkError::NotZeroMq(OTHER_SOCKET.to_owned())),
                    Some(_) if wanted == Wanted::Frame && is_broken(Rule::NeverReconnect) => {}
                    Some(_) if wanted == Wanted::Frame && self.has_frame()? => return Ok(()),
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
        // A connection that ended since the last call takes nothing more: with nobody to deliver to, the send would
        // wait out its time.
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
        // Once the delimiter is taken, so is what belongs to it.
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
        // A near gateway answers sooner than a `poll` of three descriptors is set up, so that the first moment is waited
        // for on the socket alone; what it doesn't bring is waited for with an eye on the connection and on the stop.
        let quick = milliseconds(AT_ONCE.min(until.left(&*self.clock)));
        if quick != self.patience {
            self.socket.set_rcvtimeo(quick).map_err(system)?;
            self.patience = quick;
        }
        let delimiter = match self.socket.recv_msg(0) {
            Ok(part) => part,
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => {
                self.wait(Wanted::Frame, until)?;
                self.socket.recv_msg(zmq::DONTWAIT).map_err(system)?
            }
            Err(error) => return Err(system(error)),
        };
        // The parts of one reply arrive together, and each says whether another follows.
        let body = match delimiter.get_more() {
            true => Some(self.socket.recv_msg(zmq::DONTWAIT).map_err(system)?),
            false => None,
        };
        match body {
            Some(body) if delimiter.is_empty() && !body.get_more() => Ok(Received::new(body)),
            _ => Err(LinkError::System(
                "a reply that is not the two parts that a REP socket sends".to_owned(),
            )),
        }
    }
}

fn system(error: zmq::Error) -> LinkError {
    LinkError::System(error.message().to_owned())
}

/// Whole milliseconds, rounded up, because 0 would not wait and -1 would wait for ever.
fn milliseconds(duration: Duration) -> i32 {
    let rounded = duration.as_nanos().div_ceil(1_000_000);
    i32::try_from(rounded).unwrap_or(i32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// The rules that another of them hides: with no reconnecting and a handshake awaited, no peer can show that
    /// `IMMEDIATE` is missing. It stands for the day on which one of those two is changed.
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
        for patience in [socket.get_sndtimeo(), socket.get_rcvtimeo()] {
            assert!((1..=1000).contains(&patience.unwrap()));
        }
        // Who gives up first is this side, always: a peer that only stalls must not look as if it had hung up.
        for own in [socket.get_handshake_ivl(), socket.get_connect_timeout()] {
            assert!(own.unwrap() > 1000);
        }
    }

    #[test]
    fn a_monitor_listens_on_until_its_socket_is_gone() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let clock = Arc::new(SystemClock::new(StopToken::never()));
        let until = Deadline::after(&*clock, Duration::from_secs(1));
        let address = listener.local_addr().unwrap();
        let transport = ZmqTransport::new(address, clock, StopToken::never());
        drop(transport.open(until).unwrap());
        assert_eq!(transport.retired.lock().len(), 1);
        // And no longer: a watch that connects anew for a day would run out of sockets.
        while !transport.retired.lock().is_empty() {
            transport.retired.let_go();
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_wait_is_never_zero_and_never_for_ever() {
        assert_eq!(milliseconds(Duration::ZERO), 1);
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_micros(1001)), 2);
        assert_eq!(milliseconds(Duration::MAX), i32::MAX);
    }
}
