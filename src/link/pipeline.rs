//! Many CLOSE requests in flight on one proved connection, and a list behind them.
//!
//! Closing N positions then costs N executions and not N round trips. The gateway answers strictly in turn, so an answer
//! to a later request says that the earlier ones will never be answered; and a list that was asked for behind the
//! requests, on their own connection, shows what became of all of them (PROTOCOL.md, section 1). OPEN is never
//! pipelined, nor SYNC_ALL, which carries no `uuid`.

use std::collections::VecDeque;

use uuid::Uuid;

use super::order::{Claim, claim};
use super::permit::{ClosePermit, RequestFrame};
use super::session::{Answer, AskError, Session, answer};
use super::transport::{LinkError, Received};
use crate::clock::Deadline;
use crate::protocol::Request;
use crate::protocol::order::{Close, Closed};
use crate::protocol::positions::Positions;
use crate::protocol::reply::Read;
use crate::protocol::wire::parse_flat;
use crate::units::Ticket;

/// What came of one CLOSE.
#[derive(Debug)]
pub struct Event {
    /// The position that was to be closed.
    pub ticket: Ticket,
    /// What is claimed.
    pub claim: Claim<Closed>,
    /// The answer's very bytes, where one came.
    pub raw: Option<Received>,
}

/// Requests in flight on a session.
pub struct Pipeline<'s, 'c> {
    session: &'s mut Session<'c>,
    in_flight: VecDeque<(Uuid, Ticket)>,
}

impl<'s, 'c> Pipeline<'s, 'c> {
    /// On that session, with nothing in flight.
    pub fn new(session: &'s mut Session<'c>) -> Self {
        Self { session, in_flight: VecDeque::new() }
    }

    /// How many requests are unanswered.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Sends a CLOSE without waiting. After an error the request may have left all the same.
    pub fn send(
        &mut self,
        permit: &ClosePermit,
        order: Close,
        until: Deadline,
    ) -> Result<(), LinkError> {
        let ticket = order.ticket;
        let (uuid, frame) = RequestFrame::close(permit, order, self.session.clock.now());
        self.in_flight.push_back((uuid, ticket));
        self.session.connection.send(&frame, until).map(drop)
    }

    /// Waits for the next answer. Earlier requests that it leaves unanswered for ever come with it, as lost.
    pub fn next(&mut self, until: Deadline) -> Result<Vec<Event>, LinkError> {
        let raw = self.session.connection.receive(until)?;
        Ok(self.attribute(raw))
    }

    /// Asks for the list behind everything in flight, and waits until it is there. Answers that come before it, and
    /// requests that it shows to be lost, are told one by one as they come; `patience` is what each wait may take.
    pub fn list(
        &mut self,
        mut patience: impl FnMut() -> Deadline,
        tell: &mut dyn FnMut(Event),
    ) -> Result<Answer<Positions>, AskError> {
        let uuid = Uuid::new_v4();
        let sent_at = self.session.clock.now();
        let action = <Positions as Read>::action(());
        let frame = RequestFrame::read(&Request { uuid, timestamp: sent_at, action })?;
        let start = self.session.connection.send(&frame, patience())?;
        loop {
            let raw = self.session.connection.receive(patience())?;
            if uuid_of(&raw) != Some(uuid) && !self.in_flight.is_empty() {
                self.attribute(raw).into_iter().for_each(&mut *tell);
                continue;
            }
            self.give_up(&LinkError::TimedOut).into_iter().for_each(&mut *tell);
            let rtt = self.session.clock.monotonic().saturating_sub(start);
            return answer(raw, uuid, sent_at, rtt);
        }
    }

    /// Everything that is still in flight, as lost: the connection is dead.
    pub fn give_up(&mut self, error: &LinkError) -> Vec<Event> {
        self.in_flight.drain(..).map(|(_, ticket)| lost(ticket, error.clone())).collect()
    }

    /// Finds the request that an answer belongs to. One that belongs to none was meant for the first in turn, and can't
    /// be believed.
    fn attribute(&mut self, raw: Received) -> Vec<Event> {
        let uuid = uuid_of(&raw);
        let index = self.in_flight.iter().position(|(known, _)| Some(*known) == uuid).unwrap_or(0);
        let mut events: Vec<Event> = self
            .in_flight
            .drain(..index.min(self.in_flight.len()))
            .map(|(_, ticket)| lost(ticket, LinkError::TimedOut))
            .collect();
        if let Some((expected, ticket)) = self.in_flight.pop_front() {
            events.push(Event { ticket, claim: claim(&raw, expected), raw: Some(raw) });
        }
        events
    }
}

fn lost(ticket: Ticket, error: LinkError) -> Event {
    Event { ticket, claim: Claim::Lost(error), raw: None }
}

/// Whose an answer says that it is.
fn uuid_of(raw: &[u8]) -> Option<Uuid> {
    let root = parse_flat(raw).ok()?;
    let text = root.optional("uuid")?.string().ok()?;
    Uuid::try_parse(&text).ok()
}
