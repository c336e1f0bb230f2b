//! Sends orders: each needs a permit, and none is sent twice.
//!
//! The answer is a claim, kept with its very bytes. Only a later position list shows the outcome. An order that was handed
//! over may have executed whatever else failed, so this module returns claims and no errors.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::permit::{ClosePermit, OpenPermit, RequestFrame};
use super::session::Session;
use super::transport::{LinkError, Received};
use crate::clock::Deadline;
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::order::{Close, Closed, Filled, Open};
use crate::protocol::reply::{self, Success};
use crate::protocol::{Action, Malformed, Refusal, Request};

/// What the gateway claims of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim<T> {
    /// Done, it says.
    Done(T),
    /// Refused, it says; the code tells whether it may have executed.
    Refused(Refusal),
    /// An answer that can't be read, or isn't ours.
    Garbled(Malformed),
    /// No answer.
    Lost(LinkError),
}

/// One order's answer.
#[derive(Debug)]
pub struct Answered<T> {
    /// The request's.
    pub uuid: Uuid,
    /// What is claimed.
    pub claim: Claim<T>,
    /// The answer's very bytes, where one came.
    pub raw: Option<Received>,
    /// Monotonic time from the send to the answer, or to giving up.
    pub took: Duration,
}

/// An OPEN that is ready to be sent: its request exists first, so that its intent can be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    request: Request,
}

impl Prepared {
    /// Gives a signed OPEN its request.
    pub fn open(order: Open, now: Timestamp) -> Self {
        Self {
            request: Request { uuid: Uuid::new_v4(), timestamp: now, action: Action::Open(order) },
        }
    }

    /// The request's `uuid`, which the answer has to carry.
    pub fn uuid(&self) -> Uuid {
        self.request.uuid
    }

    /// The request's time, which the signature carries as well.
    pub fn made_at(&self) -> Timestamp {
        self.request.timestamp
    }

    pub(super) fn request(&self) -> &Request {
        &self.request
    }
}

impl Session<'_> {
    /// Sends an OPEN, once, and waits for the gateway's claim.
    pub fn open(
        &mut self,
        permit: OpenPermit,
        order: &Prepared,
        until: Deadline,
    ) -> Answered<Filled> {
        let frame = RequestFrame::open(permit, order);
        let answered = self.send_order(order.uuid(), &frame, until);
        if is_broken(Rule::SendOpenOnce) {
            let _ = self.connection.send(&frame, until);
        }
        answered
    }

    /// Sends one CLOSE and waits for the gateway's claim.
    pub fn close(
        &mut self,
        permit: &ClosePermit,
        order: Close,
        until: Deadline,
    ) -> Answered<Closed> {
        let (uuid, frame) = RequestFrame::close(permit, order, self.clock.now());
        self.send_order(uuid, &frame, until)
    }

    fn send_order<T: Success>(
        &mut self,
        uuid: Uuid,
        frame: &RequestFrame,
        until: Deadline,
    ) -> Answered<T> {
        let start = self.clock.monotonic();
        let received =
            self.connection.send(frame, until).and_then(|_| self.connection.receive(until));
        let took = self.clock.monotonic().saturating_sub(start);
        match received {
            Ok(raw) => Answered { uuid, claim: claim(&raw, uuid), raw: Some(raw), took },
            Err(error) => Answered { uuid, claim: Claim::Lost(error), raw: None, took },
        }
    }
}

/// Reads an answer to the order of that `uuid`.
pub(super) fn claim<T: Success>(raw: &[u8], uuid: Uuid) -> Claim<T> {
    match reply::decode(raw, uuid) {
        Ok(Ok(claimed)) => Claim::Done(claimed),
        Ok(Err(refusal)) => Claim::Refused(refusal),
        Err(malformed) => Claim::Garbled(malformed),
    }
}
