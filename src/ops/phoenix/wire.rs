//! The wire between the tool and its gateway: a bystander on loopback that can stop the conversation at any message.
//!
//! It passes one request at a time and waits for its reply; the gateway answers strictly in turn anyway, so nothing is
//! changed but the pace. While a message is held, everything before it has happened, nothing after it has, and the tool
//! waits for the reply: a moment that can be met again, which no moment on a clock can.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Deserialize;

use super::draw::{Edge, Moment};
use super::frames;

/// A gateway on the same machine takes a connection at once or not at all.
const CONNECT_TIME: Duration = Duration::from_secs(2);

/// What becomes of a message that was held.
pub(super) enum Order {
    /// It goes on its way.
    Pass,
    /// So many thousandths of it do, and the connection ends.
    Cut { permille: u32 },
}

/// A message that is held. One that is dropped without an order is lost with its connection.
pub(super) struct Held(Sender<Order>);

impl Held {
    pub(super) fn give(self, order: Order) {
        // Where the wire is gone already there is nothing left to do.
        let _ = self.0.send(order);
    }
}

#[derive(Default)]
struct State {
    /// Where connections lead; to nobody where there is none.
    upstream: Option<SocketAddr>,
    /// Requests since the wire was armed, by action.
    seen: HashMap<String, u32>,
    armed: Option<(Moment, Sender<Held>)>,
    /// Requests that are on their way to a gateway, or with it.
    unanswered: u32,
    turned_away: u32,
    connected: u32,
    /// Both ends of every connection, to be closed.
    streams: Vec<TcpStream>,
    closing: bool,
}

/// A wire that others connect to at [`Wire::address`].
pub(super) struct Wire {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    acceptor: Option<JoinHandle<()>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wire {
    /// Leads to that gateway, or to nobody yet.
    pub(super) fn to(upstream: Option<SocketAddr>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State { upstream, ..State::default() }));
        let shared = Arc::clone(&state);
        let acceptor = std::thread::Builder::new()
            .name("wire".to_owned())
            .spawn(move || accept(&listener, &shared))?;
        Ok(Self { address, state, acceptor: Some(acceptor) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on connections lead there, or nowhere. Those that stand are not touched.
    pub(super) fn lead_to(&self, upstream: Option<SocketAddr>) {
        let mut state = lock(&self.state);
        state.upstream = upstream;
        (state.turned_away, state.connected) = (0, 0);
    }

    /// Holds the message of that moment when it comes, counted from now.
    pub(super) fn hold_at(&self, moment: Moment) -> Receiver<Held> {
        let (sender, receiver) = channel();
        let mut state = lock(&self.state);
        state.seen.clear();
        state.armed = Some((moment, sender));
        receiver
    }

    /// A moment that has not come by now never does.
    pub(super) fn disarm(&self) {
        lock(&self.state).armed = None;
    }

    /// Ends every connection.
    pub(super) fn cut(&self) {
        let streams = std::mem::take(&mut lock(&self.state).streams);
        streams.iter().for_each(close);
    }

    /// Whether a request reached a gateway that has not answered it yet.
    pub(super) fn is_busy(&self) -> bool {
        lock(&self.state).unanswered > 0
    }

    /// How many connections found nobody, and how many somebody, since the wire was last led elsewhere.
    pub(super) fn visits(&self) -> (u32, u32) {
        let state = lock(&self.state);
        (state.turned_away, state.connected)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.state);
            state.closing = true;
            state.armed = None;
        }
        self.cut();
        // A connection wakes the acceptor; where even that fails, it is left behind until the process ends.
        if TcpStream::connect_timeout(&self.address, CONNECT_TIME).is_ok()
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

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for tool in listener.incoming() {
        if lock(state).closing {
            return;
        }
        // Whatever goes wrong with one connection ends that connection.
        let _ = tool.and_then(|tool| connect(tool, state));
    }
}

fn connect(tool: TcpStream, state: &Arc<Mutex<State>>) -> io::Result<()> {
    let upstream = lock(state).upstream;
    let reached = upstream.map(|address| TcpStream::connect_timeout(&address, CONNECT_TIME));
    let Some(Ok(gateway)) = reached else {
        lock(state).turned_away += 1;
        return Ok(());
    };
    tool.set_nodelay(true)?;
    gateway.set_nodelay(true)?;
    {
        let mut state = lock(state);
        state.connected += 1;
        state.streams.extend([tool.try_clone()?, gateway.try_clone()?]);
    }
    let (asked, questions) = channel();
    let (answered, answers) = channel();
    let there =
        Pump { from: tool.try_clone()?, to: gateway.try_clone()?, state: Arc::clone(state) };
    let back = Pump { from: gateway, to: tool, state: Arc::clone(state) };
    let spawn = |name: &str, pump: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new().name(name.to_owned()).spawn(pump).map(drop)
    };
    spawn("wire-there", Box::new(move || there.run(|pump| pump.requests(&asked, &answers))))?;
    spawn("wire-back", Box::new(move || back.run(|pump| pump.replies(&questions, &answered))))
}

/// A request, as moments name it.
#[derive(Clone)]
struct Request {
    action: String,
    nth: u32,
}

/// One direction of a connection.
struct Pump {
    from: TcpStream,
    to: TcpStream,
    state: Arc<Mutex<State>>,
}

impl Pump {
    /// Passes everything on until one end has enough, and then closes both.
    fn run(mut self, pass: impl FnOnce(&mut Self) -> io::Result<()>) {
        // The end of a connection is how each of them ends.
        let _ = frames::pass_greeting(&mut self.from, &mut self.to).and_then(|()| pass(&mut self));
        close(&self.from);
        close(&self.to);
    }

    fn requests(&mut self, asked: &Sender<Request>, answers: &Receiver<()>) -> io::Result<()> {
        loop {
            let unit = frames::read(&mut self.from)?;
            let Some(body) = &unit.body else {
                self.to.write_all(&unit.bytes)?;
                continue;
            };
            let request = self.count(body);
            let _ = asked.send(request.clone());
            lock(&self.state).unanswered += 1;
            let passed = self.pass(&unit.bytes, &request, Edge::Request);
            // Without an answer there is no connection either.
            let answered = passed.is_ok() && answers.recv().is_ok();
            lock(&self.state).unanswered -= 1;
            if !answered {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
    }

    fn replies(&mut self, questions: &Receiver<Request>, answered: &Sender<()>) -> io::Result<()> {
        loop {
            let unit = frames::read(&mut self.from)?;
            if unit.body.is_none() {
                self.to.write_all(&unit.bytes)?;
                continue;
            }
            let request = questions.recv().map_err(|_| io::ErrorKind::ConnectionAborted)?;
            let passed = self.pass(&unit.bytes, &request, Edge::Reply);
            let _ = answered.send(());
            passed?;
        }
    }

    fn count(&self, body: &[u8]) -> Request {
        #[derive(Deserialize)]
        struct Named {
            action: String,
        }
        let action = serde_json::from_slice::<Named>(body).map(|named| named.action);
        let action = action.unwrap_or_default();
        let mut state = lock(&self.state);
        let nth = state.seen.entry(action.clone()).or_default();
        *nth += 1;
        Request { action, nth: *nth }
    }

    /// Passes a message on, or holds it and does what is ordered.
    fn pass(&mut self, bytes: &[u8], request: &Request, edge: Edge) -> io::Result<()> {
        let order = match self.tripped(request, edge) {
            None => Order::Pass,
            Some(holds) => {
                let (give, orders) = channel();
                let _ = holds.send(Held(give));
                orders.recv().unwrap_or(Order::Cut { permille: 0 })
            }
        };
        match order {
            Order::Pass => self.to.write_all(bytes),
            Order::Cut { permille } => {
                let part = bytes.len() * permille as usize / 1000;
                self.to.write_all(&bytes[..part])?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    fn tripped(&self, request: &Request, edge: Edge) -> Option<Sender<Held>> {
        let mut state = lock(&self.state);
        let is_it = |(moment, _): &mut (Moment, Sender<Held>)| {
            moment.action == request.action && moment.nth == request.nth && moment.edge == edge
        };
        state.armed.take_if(is_it).map(|(_, holds)| holds)
    }
}
