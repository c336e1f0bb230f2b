//! Many CLOSE requests in flight on one proved connection, and a position list requested behind them.
//!
//! Closing N positions then costs N executions instead of N round trips. The gateway answers strictly in turn. So an answer
//! to a later request shows that the earlier ones will never be answered, and a list that is requested last, on the same
//! connection, shows the outcome of all of them (PROTOCOL.md, section 1). OPEN is never pipelined, nor is SYNC_ALL, whose
//! reply has no `uuid`.

use std::collections::VecDeque;
use std::time::Duration;

use uuid::Uuid;

use super::order::{Claim, expose};
use super::permit::{ClosePermit, RequestFrame};
use super::session::{Answer, AskError, Session, answer};
use super::transport::{LinkError, Received};
use crate::clock::Deadline;
use crate::protocol::Request;
use crate::protocol::close::{Close, Closed};
use crate::protocol::positions::{GetPositions, Positions};
use crate::protocol::reply::Unmatched;
use crate::units::Ticket;

/// The answer to one CLOSE.
#[derive(Debug)]
pub struct CloseAnswer {
    /// The position to be closed.
    pub ticket: Ticket,
    /// The gateway's claim.
    pub claim: Claim<Closed>,
    /// The answer's bytes, where one came.
    pub raw: Option<Received>,
}

/// CLOSE requests in flight on a session.
pub struct Pipeline<'s, 'c> {
    session: &'s mut Session<'c>,
    /// Requests that go out before the next answer is awaited: at once, so that a process that is killed has sent all of
    /// them or none.
    unsent: Vec<RequestFrame>,
    in_flight: VecDeque<(Uuid, Ticket)>,
}

impl<'s, 'c> Pipeline<'s, 'c> {
    /// A pipeline with nothing in flight.
    pub fn new(session: &'s mut Session<'c>) -> Self {
        Self { session, unsent: Vec::new(), in_flight: VecDeque::new() }
    }

    /// Number of unanswered requests.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Adds a CLOSE, which is sent before the next answer is awaited. From then on the gateway may get it, even after an
    /// error.
    pub fn add(&mut self, permit: &ClosePermit, order: Close) {
        let ticket = order.ticket;
        let request = self.session.address(&Request::new(order, self.session.clock.now()));
        self.in_flight.push_back((request.uuid, ticket));
        self.unsent.push(RequestFrame::reducing(permit, &request));
    }

    /// Sends what was added, and waits for the next answer. Returns earlier requests that will never be answered before it,
    /// as lost.
    pub fn next(&mut self, until: Deadline) -> Result<Vec<CloseAnswer>, LinkError> {
        if !self.unsent.is_empty() {
            self.send(until)?;
        }
        let raw = self.session.connection.receive(until)?;
        Ok(self.take(raw, None).0)
    }

    fn send(&mut self, until: Deadline) -> Result<Duration, LinkError> {
        if !self.in_flight.is_empty() {
            expose();
        }
        let frames = std::mem::take(&mut self.unsent);
        self.session.connection.send_all(&frames, until)
    }

    /// Requests the list after everything in flight and waits for it. Passes earlier answers and lost requests to
    /// `answered`; `deadline` gives the deadline of each wait.
    pub fn list(
        &mut self,
        mut deadline: impl FnMut() -> Deadline,
        answered: &mut dyn FnMut(CloseAnswer),
    ) -> Result<Answer<Positions>, AskError> {
        let request = Request::new(GetPositions, self.session.clock.now());
        self.unsent.push(RequestFrame::read(&request));
        let start = self.send(deadline())?;
        loop {
            let raw = self.session.connection.receive(deadline())?;
            let (closes, list) = self.take(raw, Some(request.uuid));
            closes.into_iter().for_each(&mut *answered);
            if let Some(raw) = list {
                let answered = self.session.clock.monotonic();
                return answer(raw, &request, answered, answered.saturating_sub(start));
            }
        }
    }

    /// Returns everything in flight as lost: the connection is dead.
    pub fn give_up(&mut self, error: &LinkError) -> Vec<CloseAnswer> {
        self.in_flight.drain(..).map(|(_, ticket)| lost(ticket, error.clone())).collect()
    }

    /// Matches a frame to the requests in flight. The list's frame is handed back. A frame that names no request is taken as
    /// the answer to the first one, and its `uuid` makes it garbled.
    fn take(&mut self, raw: Received, list: Option<Uuid>) -> (Vec<CloseAnswer>, Option<Received>) {
        if list.is_some() && self.in_flight.is_empty() {
            return (Vec::new(), Some(raw));
        }
        let reply = Unmatched::<Closed>::parse(&raw);
        let named = reply.as_ref().ok().and_then(Unmatched::uuid);
        if list.is_some() && named == list {
            drop(reply);
            return (self.give_up(&LinkError::TimedOut), Some(raw));
        }
        let index = self.in_flight.iter().position(|(uuid, _)| Some(*uuid) == named).unwrap_or(0);
        let mut answers: Vec<CloseAnswer> = self
            .in_flight
            .drain(..index.min(self.in_flight.len()))
            .map(|(_, ticket)| lost(ticket, LinkError::TimedOut))
            .collect();
        if let Some((expected, ticket)) = self.in_flight.pop_front() {
            let claim = reply.and_then(|reply| reply.decode(expected)).into();
            answers.push(CloseAnswer { ticket, claim, raw: Some(raw) });
        }
        (answers, None)
    }
}

fn lost(ticket: Ticket, error: LinkError) -> CloseAnswer {
    CloseAnswer { ticket, claim: Claim::Lost(error), raw: None }
}
