//! The simulated gateway on a loopback socket: a thread with one poll loop.
//!
//! The socket is a ROUTER, so that REQ clients and pipelining DEALERs are both served; requests are handled strictly in
//! the order in which they came. Nothing is polled at an interval: with neither round trip nor execution time set, a
//! reply leaves as soon as it is made.

use std::io::{self, PipeReader, PipeWriter};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::Options;
use super::gateway::Gateway;
use super::journal::JournalError;
use super::line::{Delivery, Line, Now};
use super::requests::Requests;
use crate::clock::{Clock, Deadline, StopToken, Stopped};

/// Below a millisecond `poll` is too coarse; the rest of a wait is slept in pieces of this, between looks at the socket.
const FINE_WAIT: Duration = Duration::from_micros(100);

/// libzmq closes a listener within microseconds of being told to.
const REBIND_TIME: Duration = Duration::from_secs(5);

/// Why a simulated gateway can't be had, or ended.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// Its book can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its socket can't be had, or failed.
    #[error("failed to serve on 127.0.0.1:{port}")]
    Socket {
        /// The port; 0 where the system was to pick one.
        port: u16,
        /// What libzmq says.
        source: zmq::Error,
    },
    /// The record of its requests can't be written.
    #[error("failed to note the requests in {path}")]
    Requests {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gave no pipe or no thread.
    #[error("failed to start the simulated gateway")]
    System(#[source] io::Error),
    /// The server's thread panicked.
    #[error("the simulated gateway panicked")]
    Panicked,
}

/// What a `crash` fault does to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCrash {
    /// The process kills itself with SIGKILL: a simulator that is a process of its own.
    KillProcess,
    /// The server ends at once and nothing listens any more: one that shares its process.
    EndServer,
}

/// Why a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// A `crash` fault.
    Crashed,
}

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    endpoint: SocketAddr,
    /// Closed to end the thread: the other end of the pipe wakes its poll.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<Result<Ended, SimError>>>,
}

impl Server {
    /// Listens on 127.0.0.1 and returns once clients can connect.
    pub fn start(options: Options, clock: Arc<dyn Clock>) -> Result<Self, SimError> {
        let gateway = Gateway::new(&options, clock.now())?;
        let line = Line::new(gateway, options.link_rtt);
        let requests = options.requests.as_deref().map(Requests::open).transpose()?;
        let socket = Listening::bind(options.port)?;
        let endpoint = SocketAddr::from((Ipv4Addr::LOCALHOST, socket.port));
        let (wake, writer) = io::pipe().map_err(SimError::System)?;
        let Options { on_crash, stop, .. } = options;
        let serving = Serving { line, requests, socket, on_crash, clock, wake, stop };
        let thread = std::thread::Builder::new().name("sim-gateway".to_owned());
        let thread = thread.spawn(move || serving.run()).map_err(SimError::System)?;
        Ok(Self { endpoint, stop: Some(writer), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> SocketAddr {
        self.endpoint
    }

    /// Waits until it ends by itself: a crash, an error, or a stop that was asked for.
    pub fn join(mut self) -> Result<Ended, SimError> {
        self.ended()
    }

    /// Ends it now.
    pub fn stop(mut self) -> Result<Ended, SimError> {
        self.stop = None;
        self.ended()
    }

    fn ended(&mut self) -> Result<Ended, SimError> {
        match self.thread.take() {
            Some(thread) => thread.join().unwrap_or(Err(SimError::Panicked)),
            None => Ok(Ended::Stopped),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        // Whoever wants to know how it ended asks `join` or `stop`.
        let _ = self.ended();
    }
}

fn endpoint(port: u16) -> String {
    format!("tcp://127.0.0.1:{port}")
}

/// A socket with a context of its own, so that dropping both returns once every connection is closed.
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
        // Without a limit: what is pipelined is never dropped.
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

/// The frames before a request's body: whose it is, and the delimiter where there is one.
type Envelope = Vec<Vec<u8>>;

struct Serving {
    line: Line<Envelope>,
    requests: Option<Requests>,
    socket: Listening,
    on_crash: OnCrash,
    clock: Arc<dyn Clock>,
    wake: PipeReader,
    stop: StopToken,
}

impl Serving {
    fn run(mut self) -> Result<Ended, SimError> {
        loop {
            self.take_requests()?;
            let now = Now::of(&*self.clock);
            let busy = self.line.step(now)?;
            if self.line.crashed() {
                return Ok(self.crash());
            }
            self.deliver()?;
            // With requests left to handle there is no wait, but still a look for a wish to stop.
            let left = if busy {
                Some(Duration::ZERO)
            } else {
                let now = Now::of(&*self.clock);
                self.line.next_due(now).map(|due| due.saturating_sub(now.monotonic))
            };
            if let Err(Stopped { .. }) = self.wait(left)? {
                return Ok(Ended::Stopped);
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
                    if let Some(requests) = &mut self.requests {
                        // libzmq gives each connection a name of its own, and puts it first.
                        requests.note(frames.first().map_or(&[], Vec::as_slice), &body)?;
                    }
                    self.line.arrive(frames, body, self.clock.monotonic());
                }
                Err(zmq::Error::EAGAIN) => return Ok(()),
                Err(zmq::Error::EINTR) => {}
                Err(source) => return Err(self.error(source)),
            }
        }
    }

    fn deliver(&mut self) -> Result<(), SimError> {
        while let Some((envelope, delivery)) = self.line.deliver(Now::of(&*self.clock)) {
            match delivery {
                Delivery::Reply(reply) => {
                    let frames = envelope.into_iter().chain([reply]);
                    match self.socket.socket.send_multipart(frames, zmq::DONTWAIT) {
                        // Its client has gone.
                        Ok(()) | Err(zmq::Error::EHOSTUNREACH | zmq::Error::EAGAIN) => {}
                        Err(source) => return Err(self.error(source)),
                    }
                }
                Delivery::Hangup => self.hang_up()?,
            }
        }
        Ok(())
    }

    /// libzmq can't close one connection of many: all of them go, and the port is listened on anew. The listener is
    /// closed before its connections are, so whoever saw the end of one never gets through to the old listener.
    fn hang_up(&mut self) -> Result<(), SimError> {
        self.take_requests()?;
        self.line.forget_unseen();
        let endpoint = endpoint(self.socket.port);
        self.socket.socket.unbind(&endpoint).map_err(|source| self.error(source))?;
        let until = Deadline::after(&*self.clock, REBIND_TIME);
        loop {
            match self.socket.socket.bind(&endpoint) {
                Ok(()) => return Ok(()),
                // libzmq closes the listener in its own time.
                Err(zmq::Error::EADDRINUSE) if !until.is_past(&*self.clock) => {
                    std::thread::yield_now();
                }
                Err(source) => return Err(self.error(source)),
            }
        }
    }

    fn crash(&self) -> Ended {
        if self.on_crash == OnCrash::KillProcess {
            // Can't fail for one's own process, and nothing runs after it.
            let _ =
                nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::Signal::SIGKILL);
        }
        Ended::Crashed
    }

    /// Waits for a request, for that time, or for a wish to stop.
    fn wait(&self, left: Option<Duration>) -> Result<Result<(), Stopped>, SimError> {
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
        let asked = items[1..].iter().any(|item| item.is_readable() || item.is_error());
        if asked || self.stop.check().is_err() {
            let signal = self.stop.check().err().map_or(0, |stopped| stopped.signal);
            return Ok(Err(Stopped { signal }));
        }
        if !rest.is_zero() && !items[0].is_readable() {
            return Ok(self.clock.sleep(rest));
        }
        Ok(Ok(()))
    }
}
