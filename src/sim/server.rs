//! The simulated gateway on a loopback socket: a thread with one poll loop.
//!
//! The socket is a ROUTER, which serves REQ clients and pipelining DEALERs; requests are handled strictly in order.
//! Nothing is polled at an interval: without a round trip and an execution time, a reply leaves at once.

use std::io::{self, PipeReader, PipeWriter};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;

use super::gateway::Gateway;
use super::journal::JournalError;
use super::options::{OnCrash, Options};
use super::request_log::{RequestLog, RequestLogError};
use super::request_queue::{Delivery, Now, RequestQueue};
use crate::clock::{Clock, Deadline, StopToken};

/// Sleep between two checks of the socket during the last millisecond of a wait, for which `poll` is too coarse.
const FINE_WAIT: Duration = Duration::from_micros(100);

/// Time for libzmq to close a listener, which takes it microseconds.
const REBIND_TIME: Duration = Duration::from_secs(5);

/// Why a simulated gateway could not be started, or failed.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The book file can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The request log can't be written.
    #[error(transparent)]
    Requests(#[from] RequestLogError),
    /// The socket can't be opened, or failed.
    #[error("failed to serve on 127.0.0.1:{port}")]
    Socket {
        /// The port; 0 where the system was to pick one.
        port: u16,
        /// libzmq's error.
        source: zmq::Error,
    },
    /// The system gave no pipe or no thread.
    #[error("failed to start the simulated gateway")]
    System(#[source] io::Error),
    /// The server's thread panicked.
    #[error("the simulated gateway panicked")]
    Panicked,
}

/// Why a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerExit {
    /// It was stopped.
    Stopped,
    /// A `crash` fault.
    Crashed,
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    endpoint: SocketAddr,
    /// Closing it wakes the thread's poll and stops it.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<Result<ServerExit, SimError>>>,
}

impl Server {
    /// Listens on 127.0.0.1. Returns once clients can connect.
    pub fn start(options: Options, clock: Arc<dyn Clock>) -> Result<Self, SimError> {
        let gateway = Gateway::new(&options, clock.now())?;
        let queue = RequestQueue::new(gateway, options.link_rtt);
        let log = options.requests.as_deref().map(RequestLog::open).transpose()?;
        let socket = Listening::bind(options.port)?;
        let endpoint = SocketAddr::from((Ipv4Addr::LOCALHOST, socket.port));
        let (wake, writer) = io::pipe().map_err(SimError::System)?;
        let Options { on_crash, stop, .. } = options;
        let serving = Serving { queue, log, socket, on_crash, clock, wake, stop };
        let thread = std::thread::Builder::new().name("sim-gateway".to_owned());
        let thread = thread.spawn(move || serving.run()).map_err(SimError::System)?;
        Ok(Self { endpoint, stop: Some(writer), thread: Some(thread) })
    }

    /// The address that it listens on.
    pub fn endpoint(&self) -> SocketAddr {
        self.endpoint
    }

    /// Waits until it ends: by a crash, an error or [`Options::stop`].
    pub fn join(mut self) -> Result<ServerExit, SimError> {
        self.join_thread()
    }

    /// Stops it now.
    pub fn stop(mut self) -> Result<ServerExit, SimError> {
        self.stop = None;
        self.join_thread()
    }

    fn join_thread(&mut self) -> Result<ServerExit, SimError> {
        match self.thread.take() {
            Some(thread) => thread.join().unwrap_or(Err(SimError::Panicked)),
            None => Ok(ServerExit::Stopped),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        // `join` and `stop` report how it ended.
        let _ = self.join_thread();
    }
}

fn endpoint(port: u16) -> String {
    format!("tcp://127.0.0.1:{port}")
}

/// A socket with its own context, so that dropping it returns once every connection is closed.
struct Listening {
    socket: zmq::Socket,
    port: u16,
    // After the socket: dropping a context waits for its sockets.
    _context: zmq::Context,
}

impl Listening {
    fn bind(port: u16) -> Result<Self, SimError> {
        Self::try_bind(port).map_err(|source| SimError::Socket { port, source })
    }

    fn try_bind(port: u16) -> Result<Self, zmq::Error> {
        let context = zmq::Context::new();
        let socket = context.socket(zmq::ROUTER)?;
        socket.set_linger(0)?;
        // No limit: libzmq must drop no pipelined request.
        socket.set_rcvhwm(0)?;
        socket.set_sndhwm(0)?;
        match port {
            0 => socket.bind("tcp://127.0.0.1:*")?,
            port => socket.bind(&endpoint(port))?,
        }
        let bound = socket.get_last_endpoint()?.unwrap_or_default();
        let port =
            bound.rsplit(':').next().and_then(|port| port.trim_end_matches('\0').parse().ok());
        Ok(Self { socket, port: port.ok_or(zmq::Error::EINVAL)?, _context: context })
    }
}

/// The frames before a request's body: the connection's name, and a delimiter where there is one.
type Envelope = Vec<Vec<u8>>;

struct Serving {
    queue: RequestQueue<Envelope>,
    log: Option<RequestLog>,
    socket: Listening,
    on_crash: OnCrash,
    clock: Arc<dyn Clock>,
    wake: PipeReader,
    stop: StopToken,
}

impl Serving {
    fn run(mut self) -> Result<ServerExit, SimError> {
        loop {
            self.take_requests()?;
            let now = Now::of(&*self.clock);
            let busy = self.queue.handle_next(now)?;
            if self.queue.has_crashed() {
                return Ok(self.crash());
            }
            self.deliver()?;
            // While requests are left, it doesn't wait, but still checks for a stop.
            let left = match busy {
                true => Some(Duration::ZERO),
                false => self.queue.time_to_next(Now::of(&*self.clock)),
            };
            if !self.wait(left)? {
                return Ok(ServerExit::Stopped);
            }
        }
    }

    fn error(&self, source: zmq::Error) -> SimError {
        SimError::Socket { port: self.socket.port, source }
    }

    fn take_requests(&mut self) -> Result<(), SimError> {
        loop {
            match self.socket.socket.recv_multipart(zmq::DONTWAIT) {
                Ok(mut frames) => {
                    let body = frames.pop().unwrap_or_default();
                    if let Some(log) = &mut self.log {
                        // The first frame is libzmq's name for the connection.
                        log.append(frames.first().map_or(&[], Vec::as_slice), &body)?;
                    }
                    self.queue.push(frames, body, self.clock.monotonic());
                }
                Err(zmq::Error::EAGAIN) => return Ok(()),
                Err(zmq::Error::EINTR) => {}
                Err(source) => return Err(self.error(source)),
            }
        }
    }

    fn deliver(&mut self) -> Result<(), SimError> {
        while let Some((envelope, delivery)) = self.queue.pop_delivery(Now::of(&*self.clock)) {
            match delivery {
                Delivery::Reply(reply) => {
                    let frames = envelope.into_iter().chain([reply]);
                    match self.socket.socket.send_multipart(frames, zmq::DONTWAIT) {
                        // The client has disconnected.
                        Ok(()) | Err(zmq::Error::EHOSTUNREACH | zmq::Error::EAGAIN) => {}
                        Err(source) => return Err(self.error(source)),
                    }
                }
                Delivery::Hangup => self.hang_up(Duration::ZERO)?,
                Delivery::Restart => self.hang_up(self.queue.down_until())?,
            }
        }
        Ok(())
    }

    /// libzmq can't close a single connection, so this closes all of them and binds the port again, at that monotonic time.
    /// The listener is closed before its connections, so a client that lost its connection never reaches the old listener.
    fn hang_up(&mut self, down_until: Duration) -> Result<(), SimError> {
        self.take_requests()?;
        self.queue.drop_requests();
        let endpoint = endpoint(self.socket.port);
        self.socket.socket.unbind(&endpoint).map_err(|source| self.error(source))?;
        loop {
            let left = down_until.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                break;
            }
            if !self.wait(Some(left))? {
                return Ok(());
            }
        }
        let until = Deadline::after(&*self.clock, REBIND_TIME);
        loop {
            match self.socket.socket.bind(&endpoint) {
                Ok(()) => return Ok(()),
                // libzmq closes the listener asynchronously.
                Err(zmq::Error::EADDRINUSE) if !until.is_past(&*self.clock) => {
                    std::thread::yield_now();
                }
                Err(source) => return Err(self.error(source)),
            }
        }
    }

    fn crash(&self) -> ServerExit {
        if self.on_crash == OnCrash::KillProcess {
            // Killing one's own process can't fail.
            let _ = kill(getpid(), Signal::SIGKILL);
        }
        ServerExit::Crashed
    }

    /// Waits for a request or a stop, at most for `left`. Returns false after a stop.
    fn wait(&self, left: Option<Duration>) -> Result<bool, SimError> {
        let (timeout_ms, rest) = match left {
            None => (-1, Duration::ZERO),
            Some(left) => {
                let whole = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
                (whole, if whole == 0 { left.min(FINE_WAIT) } else { Duration::ZERO })
            }
        };
        let mut items = Vec::with_capacity(3);
        items.push(self.socket.socket.as_poll_item(zmq::POLLIN));
        items.push(zmq::PollItem::from_fd(self.wake.as_fd().as_raw_fd(), zmq::POLLIN));
        if let Some(fd) = self.stop.wake_fd() {
            items.push(zmq::PollItem::from_fd(fd.as_raw_fd(), zmq::POLLIN));
        }
        match zmq::poll(&mut items, timeout_ms) {
            Ok(_) | Err(zmq::Error::EINTR) => {}
            Err(source) => return Err(self.error(source)),
        }
        let woken = items[1..].iter().any(|item| item.is_readable() || item.is_error());
        if woken || self.stop.check().is_err() {
            return Ok(false);
        }
        if !rest.is_zero() && !items[0].is_readable() {
            return Ok(self.clock.sleep(rest).is_ok());
        }
        Ok(true)
    }
}
