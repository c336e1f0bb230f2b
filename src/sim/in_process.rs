//! The simulated gateway in this process, as a transport. Operations reach it in virtual time, where a delay is a sleep on
//! a manual clock and a day passes at once.

use std::collections::{HashMap, VecDeque};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::fault_plan::RequestCounts;
use super::gateway::{Gateway, Truth};
use super::journal::JournalError;
use super::ledger::Execution;
use super::options::Options;
use super::request_queue::{Delivery, Now, RequestQueue};
use super::transcript::{Frame, Transcript};
use crate::clock::{Clock, Deadline};
use crate::link::permit::RequestFrame;
use crate::link::transport::{Connection, LinkError, Received, Transport};

/// A simulated gateway and a transport that connects to it. Clones share the gateway.
#[derive(Clone)]
pub struct InProcess {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<Inner>>,
}

/// The payload of the unwinding that ends a client which sent more requests than it may: it goes round in circles, and
/// virtual time need not pass.
pub struct TooManyRequests;

struct Inner {
    queue: RequestQueue<u64>,
    /// Number of requests that may still be sent.
    requests_left: u32,
    next_connection: u64,
    inboxes: HashMap<u64, Inbox>,
    transcript: Option<Transcript>,
}

/// The frames that reached one connection.
#[derive(Default)]
struct Inbox {
    replies: VecDeque<Vec<u8>>,
    hung_up: bool,
}

impl Inner {
    /// Handles all requests and deliveries that are due.
    fn catch_up(&mut self, now: Now) -> Result<(), LinkError> {
        while self.queue.handle_next(now).map_err(|error| LinkError::System(error.to_string()))? {}
        while let Some((connection, delivery)) = self.queue.pop_delivery(now) {
            let inbox = self.inboxes.get_mut(&connection);
            match (delivery, inbox) {
                (Delivery::Restart, _) => {
                    self.inboxes.values_mut().for_each(|inbox| inbox.hung_up = true);
                }
                (Delivery::Reply(reply), Some(inbox)) => {
                    inbox.replies.push_back(match &mut self.transcript {
                        Some(transcript) => transcript.add(reply, now.monotonic),
                        None => reply,
                    })
                }
                (Delivery::Hangup, Some(inbox)) => inbox.hung_up = true,
                (_, None) => {}
            }
        }
        Ok(())
    }

    fn is_lost(&self, connection: u64) -> bool {
        let hung_up = self.inboxes.get(&connection).is_some_and(|inbox| inbox.hung_up);
        hung_up || self.queue.has_crashed()
    }
}

impl InProcess {
    /// Starts a gateway on this clock.
    pub fn start(options: &Options, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let gateway = Gateway::new(options, clock.now())?;
        let state = Inner {
            queue: RequestQueue::new(gateway, options.link_rtt),
            requests_left: u32::MAX,
            next_connection: 0,
            inboxes: HashMap::new(),
            transcript: None,
        };
        Ok(Self { clock, state: Arc::new(Mutex::new(state)) })
    }

    /// The executions so far, whether a client waits for them or not.
    pub fn ledger(&self) -> Result<Vec<Execution>, LinkError> {
        Ok(self.catch_up()?.0.queue.gateway().ledger().to_vec())
    }

    /// The state of its accounts, in truth.
    pub fn truth(&self) -> Result<Truth, LinkError> {
        Ok(self.catch_up()?.0.queue.gateway().truth())
    }

    /// Unwinds a client with [`TooManyRequests`] after that many more requests.
    pub fn limit_requests(&self, most: u32) {
        self.lock().requests_left = most;
    }

    /// Records every byte that clients send and receive from now on.
    pub fn record_transcript(&self) {
        self.lock().transcript = Some(Transcript::default());
    }

    /// The frames that clients sent and received, each request numbered in the place of its `uuid`; empty unless they are
    /// recorded.
    pub fn transcript(&self) -> Vec<Frame> {
        self.lock().transcript.as_ref().map(|it| it.frames().to_vec()).unwrap_or_default()
    }

    /// The number of executions so far.
    pub fn executions(&self) -> Result<usize, LinkError> {
        Ok(self.catch_up()?.0.queue.gateway().ledger().len())
    }

    /// The requests so far.
    pub fn requests(&self) -> Result<RequestCounts, LinkError> {
        Ok(self.catch_up()?.0.queue.gateway().requests())
    }

    pub(super) fn open(&self) -> Result<InProcessConnection, LinkError> {
        let (mut state, now) = self.catch_up()?;
        if state.queue.has_crashed() || now.monotonic < state.queue.down_until() {
            return Err(LinkError::Refused);
        }
        let id = state.next_connection;
        state.next_connection += 1;
        state.inboxes.insert(id, Inbox::default());
        Ok(InProcessConnection { gateway: self.clone(), id, dead: false })
    }

    /// The state now, and the time.
    fn catch_up(&self) -> Result<(MutexGuard<'_, Inner>, Now), LinkError> {
        let now = Now::of(&*self.clock);
        let mut state = self.lock();
        state.catch_up(now)?;
        Ok((state, now))
    }

    /// Ignores poisoning: a test that panicked with the lock held leaves a valid state.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for InProcess {
    fn connect(&self, _: Deadline) -> Result<Box<dyn Connection>, LinkError> {
        Ok(Box::new(self.open()?))
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
        let (mut state, now) = self.gateway.catch_up()?;
        let inbox = state.inboxes.get_mut(&self.id);
        if let Some(reply) = inbox.and_then(|inbox| inbox.replies.pop_front()) {
            return Ok(Ok(reply));
        }
        if state.is_lost(self.id) {
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
        let (mut state, now) = self.gateway.catch_up()?;
        if self.dead || state.is_lost(self.id) {
            return Err(LinkError::Unsent);
        }
        match state.requests_left.checked_sub(1) {
            Some(left) => state.requests_left = left,
            None => {
                drop(state);
                resume_unwind(Box::new(TooManyRequests));
            }
        }
        let frame = match &mut state.transcript {
            Some(transcript) => transcript.number(frame.to_vec(), now.monotonic),
            None => frame.to_vec(),
        };
        state.queue.push(self.id, frame, now.monotonic);
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
        self.gateway.lock().inboxes.remove(&self.id);
    }
}
