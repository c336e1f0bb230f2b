//! A TCP proxy between the tool and its gateway that can hold any message of their conversation.
//!
//! It forwards one request at a time and waits for its reply. The gateway answers in turn anyway, so this changes nothing
//! but the pace. While a message is held, everything before it has happened, nothing after it has, and the tool waits for
//! the reply: every run reaches the same point, which no timer can promise.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

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

/// What happens to a held message.
enum Release {
    Forward,
    /// This many thousandths of it are forwarded, then the connection ends.
    Cut {
        permille: u32,
    },
}

/// A message that the proxy holds. Dropping it loses the message and ends its connection.
pub struct HeldMessage(Sender<Release>);

impl HeldMessage {
    /// Forwards it.
    pub fn forward(self) {
        self.release(Release::Forward);
    }

    /// Forwards this many thousandths of it and ends the connection.
    pub fn cut(self, permille: u32) {
        self.release(Release::Cut { permille });
    }

    fn release(self, release: Release) {
        // A proxy that is gone has no connection left.
        let _ = self.0.send(release);
    }
}

/// Connections since the proxy was last routed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// Those that found no gateway.
    pub refused: u32,
    /// Those that reached one.
    pub accepted: u32,
}

#[derive(Default)]
struct ProxyState {
    /// The gateway; without one, connections are closed at once.
    upstream: Option<SocketAddr>,
    /// Requests by action, since the trigger was set.
    requests: HashMap<String, u32>,
    trigger: Option<(Trigger, Sender<HeldMessage>)>,
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
        let (sender, receiver) = channel();
        let mut state = lock(&self.state);
        state.requests.clear();
        state.trigger = Some((trigger, sender));
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
    let (request_sender, requests) = channel();
    let (answer_sender, answers) = channel();
    let to_gateway =
        Pump { from: tool.try_clone()?, to: gateway.try_clone()?, state: Arc::clone(state) };
    let to_tool = Pump { from: gateway, to: tool, state: Arc::clone(state) };
    let spawn = |name: &str, pump: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new().name(name.to_owned()).spawn(pump).map(drop)
    };
    let forward = move || to_gateway.run(|pump| pump.forward_requests(&request_sender, &answers));
    spawn("proxy-requests", Box::new(forward))?;
    let forward = move || to_tool.run(|pump| pump.forward_replies(&requests, &answer_sender));
    spawn("proxy-replies", Box::new(forward))
}

/// A request, as triggers name it.
#[derive(Clone)]
struct Request {
    action: String,
    nth: u32,
}

/// One direction of a connection.
struct Pump {
    from: TcpStream,
    to: TcpStream,
    state: Arc<Mutex<ProxyState>>,
}

impl Pump {
    /// Forwards the greeting and everything behind it until one side ends, and then closes both.
    fn run(mut self, forward: impl FnOnce(&mut Self) -> io::Result<()>) {
        // Both end with an error: the end of the connection.
        let _ =
            zmtp::forward_greeting(&mut self.from, &mut self.to).and_then(|()| forward(&mut self));
        close(&self.from);
        close(&self.to);
    }

    fn forward_requests(
        &mut self,
        requests: &Sender<Request>,
        answers: &Receiver<()>,
    ) -> io::Result<()> {
        loop {
            let message = zmtp::read_message(&mut self.from)?;
            let Some(body) = &message.body else {
                self.to.write_all(&message.bytes)?;
                continue;
            };
            let request = self.number(body);
            let _ = requests.send(request.clone());
            lock(&self.state).unanswered += 1;
            let forwarded = self.forward(&message.bytes, &request, Direction::Request);
            // A connection that ends before the answer disconnects this channel.
            let answered = forwarded.is_ok() && answers.recv().is_ok();
            lock(&self.state).unanswered -= 1;
            if !answered {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
    }

    fn forward_replies(
        &mut self,
        requests: &Receiver<Request>,
        answers: &Sender<()>,
    ) -> io::Result<()> {
        loop {
            let message = zmtp::read_message(&mut self.from)?;
            if message.body.is_none() {
                self.to.write_all(&message.bytes)?;
                continue;
            }
            let request = requests.recv().map_err(|_| io::ErrorKind::ConnectionAborted)?;
            let forwarded = self.forward(&message.bytes, &request, Direction::Reply);
            let _ = answers.send(());
            forwarded?;
        }
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
    fn forward(&mut self, bytes: &[u8], request: &Request, direction: Direction) -> io::Result<()> {
        let release = match self.take_trigger(request, direction) {
            None => Release::Forward,
            Some(triggered) => {
                let (sender, releases) = channel();
                let _ = triggered.send(HeldMessage(sender));
                releases.recv().unwrap_or(Release::Cut { permille: 0 })
            }
        };
        match release {
            Release::Forward => self.to.write_all(bytes),
            Release::Cut { permille } => {
                let part = bytes.len() * permille as usize / 1000;
                self.to.write_all(&bytes[..part])?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    /// The trigger, if this message is its.
    fn take_trigger(&self, request: &Request, direction: Direction) -> Option<Sender<HeldMessage>> {
        let mut state = lock(&self.state);
        let is_meant = |(trigger, _): &mut (Trigger, Sender<HeldMessage>)| {
            trigger.action == request.action
                && trigger.nth == request.nth
                && trigger.direction == direction
        };
        state.trigger.take_if(is_meant).map(|(_, triggered)| triggered)
    }
}
