//! A TCP proxy between the tool and its gateway that can hold any message of their conversation.
//!
//! It forwards one request at a time and waits for its reply. The gateway handles one request after the other anyway, so
//! only the pace changes. While a message is held, everything before it has happened, nothing after it has, and the tool waits for
//! the reply: every run reaches the same point, which no timer can promise.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;

use super::zmtp;

/// A gateway on the same machine accepts a connection within this time or not at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A request, held before it reaches the gateway; or its reply, held before it reaches the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the tool to the gateway.
    Request,
    /// From the gateway to the tool.
    Reply,
}

/// One message of a conversation, named by its action and number instead of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// As PROTOCOL.md names it: `GET_POSITIONS`.
    pub action: &'static str,
    /// Counts requests of that action, from 1.
    pub nth: u32,
    /// Whether the request or its reply is meant.
    pub direction: Direction,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::Request => "request",
            Direction::Reply => "reply to",
        };
        write!(f, "{direction} {} {}", self.action, self.nth)
    }
}

/// A message that the proxy holds. Dropping it loses the message and ends its connection.
pub struct HeldMessage(Sender<Option<u32>>);

impl HeldMessage {
    /// Forwards it.
    pub fn forward(self) {
        self.release(None);
    }

    /// Forwards this many thousandths of it and ends the connection.
    pub fn cut(self, permille: u32) {
        self.release(Some(permille));
    }

    fn release(self, cut_permille: Option<u32>) {
        // A proxy that is gone has no connection left.
        let _ = self.0.send(cut_permille);
    }
}

/// Connections since the proxy was last routed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// Connections without a gateway to reach.
    pub refused: u32,
    /// Connections that reached a gateway.
    pub accepted: u32,
}

#[derive(Default)]
struct ProxyState {
    /// The gateway; without one, connections are closed at once.
    upstream: Option<SocketAddr>,
    /// Requests by action, since the trigger was set.
    requests: HashMap<String, u32>,
    /// The message to hold next; `None` for any.
    trigger: Option<(Option<Trigger>, Sender<HeldMessage>)>,
    /// Requests that are on their way to a gateway or being answered.
    unanswered: u32,
    connections: ConnectionCounts,
    /// Both ends of every connection.
    streams: Vec<TcpStream>,
    closing: bool,
}

/// Listens on a port of its own on 127.0.0.1 until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<ProxyState>>,
    acceptor: Option<JoinHandle<()>>,
}

fn lock(state: &Mutex<ProxyState>) -> MutexGuard<'_, ProxyState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Starts a proxy for that gateway, or for none yet.
    pub fn start(upstream: Option<SocketAddr>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(ProxyState { upstream, ..ProxyState::default() }));
        let shared = Arc::clone(&state);
        let acceptor = std::thread::Builder::new()
            .name("proxy".to_owned())
            .spawn(move || accept_all(&listener, &shared))?;
        Ok(Self { address, state, acceptor: Some(acceptor) })
    }

    /// Where the tool connects to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Routes new connections to that gateway, or to none. Existing connections stay.
    pub fn route_to(&self, upstream: Option<SocketAddr>) {
        let mut state = lock(&self.state);
        state.upstream = upstream;
        state.connections = ConnectionCounts::default();
    }

    /// Holds that message once it comes; requests are counted from now on. The receiver disconnects when the trigger is
    /// removed before that.
    pub fn hold_at(&self, trigger: Trigger) -> Receiver<HeldMessage> {
        lock(&self.state).requests.clear();
        self.hold(Some(trigger))
    }

    /// Holds the next message, whichever it is.
    pub fn hold_next(&self) -> Receiver<HeldMessage> {
        self.hold(None)
    }

    fn hold(&self, trigger: Option<Trigger>) -> Receiver<HeldMessage> {
        let (sender, receiver) = channel();
        lock(&self.state).trigger = Some((trigger, sender));
        receiver
    }

    /// Removes the trigger, if it has not been reached.
    pub fn remove_trigger(&self) {
        lock(&self.state).trigger = None;
    }

    /// Ends every connection.
    pub fn close_connections(&self) {
        let streams = std::mem::take(&mut lock(&self.state).streams);
        streams.iter().for_each(close);
    }

    /// Whether a gateway has yet to answer a request.
    pub fn has_unanswered(&self) -> bool {
        lock(&self.state).unanswered > 0
    }

    /// Connections since the last [`Self::route_to`].
    pub fn connections(&self) -> ConnectionCounts {
        lock(&self.state).connections
    }

    /// Requests of that action since the last [`Self::hold_at`], or since the start.
    pub fn requests(&self, action: &str) -> u32 {
        lock(&self.state).requests.get(action).copied().unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.state);
            state.closing = true;
            state.trigger = None;
        }
        self.close_connections();
        // A connection wakes the acceptor. If even that fails, its thread stays until the process ends.
        if TcpStream::connect_timeout(&self.address, CONNECT_LIMIT).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            let _ = acceptor.join();
        }
    }
}

fn close(stream: &TcpStream) {
    // It may be closed already.
    let _ = stream.shutdown(Shutdown::Both);
}

fn accept_all(listener: &TcpListener, state: &Arc<Mutex<ProxyState>>) {
    for tool in listener.incoming() {
        if lock(state).closing {
            return;
        }
        // An error ends that connection only.
        let _ = tool.and_then(|tool| connect(tool, state));
    }
}

fn connect(tool: TcpStream, state: &Arc<Mutex<ProxyState>>) -> io::Result<()> {
    let upstream = lock(state).upstream;
    let connected = upstream.map(|address| TcpStream::connect_timeout(&address, CONNECT_LIMIT));
    let Some(Ok(gateway)) = connected else {
        lock(state).connections.refused += 1;
        return Ok(());
    };
    tool.set_nodelay(true)?;
    gateway.set_nodelay(true)?;
    {
        let mut state = lock(state);
        state.connections.accepted += 1;
        state.streams.extend([tool.try_clone()?, gateway.try_clone()?]);
    }
    let connection = Connection {
        tool,
        gateway,
        state: Arc::clone(state),
        unanswered: None,
        greeting_left: [zmtp::GREETING; 2],
    };
    let thread = std::thread::Builder::new().name("proxy-connection".to_owned());
    thread.spawn(move || connection.run()).map(drop)
}

/// A request, as triggers name it.
#[derive(Clone)]
struct Request {
    action: String,
    nth: u32,
}

/// A connection of the tool, and the one behind it to the gateway.
struct Connection {
    tool: TcpStream,
    gateway: TcpStream,
    state: Arc<Mutex<ProxyState>>,
    /// The request that the gateway has yet to answer.
    unanswered: Option<Request>,
    /// Bytes left of the tool's and the gateway's greeting.
    greeting_left: [usize; 2],
}

impl Connection {
    /// Forwards everything until one side ends, and then closes both.
    fn run(mut self) {
        // It always ends with an error: the end of one side.
        while self.forward_next().is_ok() {}
        close(&self.tool);
        close(&self.gateway);
        if self.unanswered.is_some() {
            lock(&self.state).unanswered -= 1;
        }
    }

    /// Waits for the next piece of a greeting, command or message, and forwards it. Reads nothing from the tool while a
    /// request is unanswered.
    fn forward_next(&mut self) -> io::Result<()> {
        let mut polled = vec![PollFd::new(self.gateway.as_fd(), PollFlags::POLLIN)];
        if self.unanswered.is_none() {
            polled.push(PollFd::new(self.tool.as_fd(), PollFlags::POLLIN));
        }
        match poll(&mut polled, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(()),
            Err(errno) => return Err(errno.into()),
        }
        let [of_tool, of_gateway] = &mut self.greeting_left;
        let (direction, mut from, mut to, greeting_left) = match polled[0].any() {
            Some(false) => (Direction::Request, &self.tool, &self.gateway, of_tool),
            _ => (Direction::Reply, &self.gateway, &self.tool, of_gateway),
        };
        if *greeting_left > 0 {
            *greeting_left -= zmtp::forward_greeting(&mut from, &mut to, *greeting_left)?;
            return Ok(());
        }
        let message = zmtp::read_message(&mut from)?;
        let Some(body) = &message.body else { return to.write_all(&message.bytes) };
        if direction == Direction::Request {
            self.unanswered = Some(self.number(body));
            lock(&self.state).unanswered += 1;
        }
        let request = self.unanswered.clone().ok_or(io::ErrorKind::ConnectionAborted)?;
        self.forward(to, &message.bytes, &request, direction)?;
        if direction == Direction::Reply {
            self.unanswered = None;
            lock(&self.state).unanswered -= 1;
        }
        Ok(())
    }

    /// Counts a request, and names it by its action and number.
    fn number(&self, body: &[u8]) -> Request {
        #[derive(Deserialize)]
        struct Named {
            action: String,
        }
        let action = serde_json::from_slice::<Named>(body).map(|named| named.action);
        let action = action.unwrap_or_default();
        let mut state = lock(&self.state);
        let nth = state.requests.entry(action.clone()).or_default();
        *nth += 1;
        Request { action, nth: *nth }
    }

    /// Forwards a message, or holds it until it is released.
    fn forward(
        &self,
        mut to: &TcpStream,
        bytes: &[u8],
        request: &Request,
        direction: Direction,
    ) -> io::Result<()> {
        let cut_permille = match self.take_trigger(request, direction) {
            None => None,
            Some(triggered) => {
                let (sender, releases) = channel();
                let _ = triggered.send(HeldMessage(sender));
                releases.recv().unwrap_or(Some(0))
            }
        };
        match cut_permille {
            // The requests behind the reply were sent all the same, whether or not a killed tool has read the replies before.
            None if direction == Direction::Reply => {
                let _ = to.write_all(bytes);
                Ok(())
            }
            None => to.write_all(bytes),
            Some(permille) => {
                to.write_all(&bytes[..bytes.len() * permille as usize / 1000])?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    /// The trigger, if this message is its.
    fn take_trigger(&self, request: &Request, direction: Direction) -> Option<Sender<HeldMessage>> {
        let mut state = lock(&self.state);
        let is_meant = |(trigger, _): &mut (Option<Trigger>, Sender<HeldMessage>)| {
            trigger.is_none_or(|trigger| {
                trigger.action == request.action
                    && trigger.nth == request.nth
                    && trigger.direction == direction
            })
        };
        state.trigger.take_if(is_meant).map(|(_, triggered)| triggered)
    }
}
