//! Sending orders: with a permit that only the guards hand out, and never twice by itself.
//!
//! What comes back is a claim, kept with its very bytes; what became of the order, only the position list tells. An
//! order that was handed over may have executed whatever else fails, so there is no error here, only claims.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::session::Session;
use super::transport::{LinkError, Received};
use crate::clock::Deadline;
use crate::protocol::order::{Close, Closed, Filled, Open};
use crate::protocol::reply::{self, Success};
use crate::protocol::{Action, Malformed, Refusal, Request};

/// Leave to send one OPEN. It is consumed by the send, so there is no second.
#[derive(Debug)]
pub struct OpenPermit(());

/// Leave to send CLOSE requests on proved connections. It reduces risk, so it isn't used up.
#[derive(Debug)]
pub struct ClosePermit(());

impl OpenPermit {
    /// For the guards alone, once every one of them passed.
    pub(crate) fn granted() -> Self {
        Self(())
    }
}

impl ClosePermit {
    /// For the guards alone, once target and identity are proved.
    pub(crate) fn granted() -> Self {
        Self(())
    }
}

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

/// A request for an order, made before it is sent so that its intent can be recorded first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    request: Request,
}

impl Prepared {
    /// An OPEN that is signed already.
    pub fn open(order: Open, now: Timestamp) -> Self {
        Self {
            request: Request { uuid: Uuid::new_v4(), timestamp: now, action: Action::Open(order) },
        }
    }

    fn close(order: Close, now: Timestamp) -> Self {
        Self {
            request: Request { uuid: Uuid::new_v4(), timestamp: now, action: Action::Close(order) },
        }
    }

    /// The request's.
    pub fn uuid(&self) -> Uuid {
        self.request.uuid
    }

    /// When it was made: the time in its signature.
    pub fn made_at(&self) -> Timestamp {
        self.request.timestamp
    }

    /// The frame that is sent.
    pub(super) fn frame(&self) -> Vec<u8> {
        self.request.encode()
    }
}

impl Session<'_> {
    /// Sends an OPEN, once, and waits for what is claimed of it.
    pub fn open(
        &mut self,
        _permit: OpenPermit,
        order: &Prepared,
        until: Deadline,
    ) -> Answered<Filled> {
        self.send_order(order, until)
    }

    /// Sends one CLOSE and waits for what is claimed of it.
    pub fn close(
        &mut self,
        _permit: &ClosePermit,
        order: Close,
        until: Deadline,
    ) -> Answered<Closed> {
        let prepared = Prepared::close(order, self.clock.now());
        self.send_order(&prepared, until)
    }

    fn send_order<T: Success>(&mut self, order: &Prepared, until: Deadline) -> Answered<T> {
        let start = self.clock.monotonic();
        let received = self
            .connection
            .send(&order.frame(), until)
            .and_then(|_| self.connection.receive(until));
        let took = self.clock.monotonic().saturating_sub(start);
        let uuid = order.uuid();
        match received {
            Ok(raw) => Answered { uuid, claim: claim(&raw, uuid), raw: Some(raw), took },
            Err(error) => Answered { uuid, claim: Claim::Lost(error), raw: None, took },
        }
    }
}

/// Prepares a CLOSE for a pipeline.
pub(super) fn prepare_close(order: Close, now: Timestamp) -> Prepared {
    Prepared::close(order, now)
}

/// Reads an answer to the order of that `uuid`.
pub(super) fn claim<T: Success>(raw: &[u8], uuid: Uuid) -> Claim<T> {
    match reply::decode(raw, uuid) {
        Ok(Ok(claimed)) => Claim::Done(claimed),
        Ok(Err(refusal)) => Claim::Refused(refusal),
        Err(malformed) => Claim::Garbled(malformed),
    }
}
