//! The simulated gateway in this process, as a transport. Operations reach it in virtual time, where a delay is a sleep on
//! a manual clock and a day passes at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::gateway::Gateway;
use super::journal::JournalError;
use super::ledger::Execution;
use super::options::Options;
use super::request_queue::{Delivery, Now, RequestQueue};
use crate::clock::{Clock, Deadline};
use crate::link::permit::RequestFrame;
use crate::link::transport::{Connection, LinkError, Received, Transport};

/// A simulated gateway and a transport that connects to it. Clones share the gateway.
#[derive(Clone)]
pub struct InProcess {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

struct State {
    queue: RequestQueue<u64>,
    next_connection: u64,
    delivered: HashMap<u64, VecDeque<Vec<u8>>>,
    hung_up: HashSet<u64>,
}

impl State {
    /// Handles all requests and deliveries that are due.
    fn catch_up(&mut self, now: Now) -> Result<(), LinkError> {
        while self.queue.handle_next(now).map_err(|error| LinkError::System(error.to_string()))? {}
        while let Some((connection, delivery)) = self.queue.pop_delivery(now) {
            match delivery {
                Delivery::Reply(reply) => {
                    if let Some(replies) = self.delivered.get_mut(&connection) {
                        replies.push_back(reply);
                    }
                }
                Delivery::Hangup => {
                    self.hung_up.insert(connection);
                }
            }
        }
        Ok(())
    }
}

impl InProcess {
    /// Starts a gateway on this clock.
    pub fn start(options: &Options, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let gateway = Gateway::new(options, clock.now())?;
        let state = State {
            queue: RequestQueue::new(gateway, options.link_rtt),
            next_connection: 0,
            delivered: HashMap::new(),
            hung_up: HashSet::new(),
        };
        Ok(Self { clock, state: Arc::new(Mutex::new(state)) })
    }

    /// The executions so far, whether a client waits for them or not.
    pub fn ledger(&self) -> Result<Vec<Execution>, LinkError> {
        let mut state = lock(&self.state);
        state.catch_up(Now::of(&*self.clock))?;
        Ok(state.queue.gateway().ledger().to_vec())
    }
}

/// Ignores poisoning: a test that panicked with the lock held leaves a valid state.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transport for InProcess {
    fn connect(&self, _: Deadline) -> Result<Box<dyn Connection>, LinkError> {
        Ok(Box::new(self.open()?))
    }
}

impl InProcess {
    pub(super) fn open(&self) -> Result<InProcessConnection, LinkError> {
        let mut state = lock(&self.state);
        state.catch_up(Now::of(&*self.clock))?;
        if state.queue.has_crashed() {
            return Err(LinkError::Refused);
        }
        let id = state.next_connection;
        state.next_connection += 1;
        state.delivered.insert(id, VecDeque::new());
        Ok(InProcessConnection { gateway: self.clone(), id, dead: false })
    }
}

/// A connection to the gateway in this process. It takes any bytes, as a socket does.
pub(super) struct InProcessConnection {
    gateway: InProcess,
    id: u64,
    dead: bool,
}

impl InProcessConnection {
    /// The next reply, or else the time until the next event.
    fn poll(&self) -> Result<Result<Vec<u8>, Option<Duration>>, LinkError> {
        let mut state = lock(&self.gateway.state);
        let now = Now::of(&*self.gateway.clock);
        state.catch_up(now)?;
        if let Some(reply) = state.delivered.get_mut(&self.id).and_then(VecDeque::pop_front) {
            return Ok(Ok(reply));
        }
        if state.queue.has_crashed() || state.hung_up.contains(&self.id) {
            return Err(LinkError::Lost);
        }
        Ok(Err(state.queue.time_to_next(now)))
    }

    fn wait(&self, until: Deadline) -> Result<Vec<u8>, LinkError> {
        let clock = &*self.gateway.clock;
        loop {
            let next = match self.poll()? {
                Ok(reply) => return Ok(reply),
                Err(next) => next,
            };
            let left = until.left(clock);
            if left.is_zero() {
                return Err(LinkError::TimedOut);
            }
            clock.sleep(next.map_or(left, |next| next.min(left)))?;
        }
    }

    pub(super) fn send_bytes(&mut self, frame: &[u8]) -> Result<Duration, LinkError> {
        let mut state = lock(&self.gateway.state);
        let now = Now::of(&*self.gateway.clock);
        state.catch_up(now)?;
        if self.dead || state.queue.has_crashed() || state.hung_up.contains(&self.id) {
            return Err(LinkError::Lost);
        }
        state.queue.push(self.id, frame.to_vec(), now.monotonic);
        Ok(now.monotonic)
    }
}

impl Connection for InProcessConnection {
    fn send(&mut self, frame: &RequestFrame, _: Deadline) -> Result<Duration, LinkError> {
        self.send_bytes(frame.bytes())
    }

    fn receive(&mut self, until: Deadline) -> Result<Received, LinkError> {
        if self.dead {
            return Err(LinkError::Lost);
        }
        let received = self.wait(until);
        self.dead = received.is_err();
        received.map(Received::new)
    }
}

impl Drop for InProcessConnection {
    /// Requests that were sent execute nevertheless (hazard 21).
    fn drop(&mut self) {
        let mut state = lock(&self.gateway.state);
        state.delivered.remove(&self.id);
        state.hung_up.remove(&self.id);
    }
}
