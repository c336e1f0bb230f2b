//! Sends orders: each needs a permit, and nothing here sends an OPEN twice.
//!
//! The answer is a claim, kept with its bytes; only the position list shows the outcome. An order that was handed over
//! may have executed whatever fails afterwards, so sending returns claims and no errors.

use std::time::Duration;

use uuid::Uuid;

use super::session::Session;
use super::transport::{LinkError, Received};
use crate::clock::Deadline;
use crate::protocol::close::{Close, Closed};
use crate::protocol::open::{Filled, Open};
use crate::protocol::reply;
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

/// The gateway's claim about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim<T> {
    /// It claims success.
    Done(T),
    /// It claims a refusal; the code says whether the order may have executed.
    Refused(Refusal),
    /// An answer that breaks the protocol, or answers another request.
    Garbled(Malformed),
    /// No answer.
    Lost(LinkError),
}

impl<T> From<Result<Result<T, Refusal>, Malformed>> for Claim<T> {
    fn from(decoded: Result<Result<T, Refusal>, Malformed>) -> Self {
        match decoded {
            Ok(Ok(claimed)) => Self::Done(claimed),
            Ok(Err(refusal)) => Self::Refused(refusal),
            Err(malformed) => Self::Garbled(malformed),
        }
    }
}

/// The answer to one order.
#[derive(Debug)]
pub struct OrderAnswer<T> {
    /// The request's `uuid`.
    pub uuid: Uuid,
    /// The gateway's claim.
    pub claim: Claim<T>,
    /// The answer's bytes, where one came.
    pub raw: Option<Received>,
    /// Monotonic time from the send to the answer, or until the wait was given up.
    pub took: Duration,
}

impl Session<'_> {
    /// Sends an OPEN once and waits for the claim about it.
    pub fn open(
        &mut self,
        _permit: OpenPermit,
        order: &Request<Open>,
        until: Deadline,
    ) -> OrderAnswer<Filled> {
        self.send_order(order, until)
    }

    /// Sends one CLOSE and waits for the claim about it.
    pub fn close(
        &mut self,
        _permit: &ClosePermit,
        order: Close,
        until: Deadline,
    ) -> OrderAnswer<Closed> {
        self.send_order(&Request::new(order, self.clock.now()), until)
    }

    fn send_order<A: Action>(
        &mut self,
        order: &Request<A>,
        until: Deadline,
    ) -> OrderAnswer<A::Reply> {
        let start = self.clock.monotonic();
        let received = self
            .connection
            .send(&order.encode(), until)
            .and_then(|_| self.connection.receive(until));
        let took = self.clock.monotonic().saturating_sub(start);
        let uuid = order.uuid;
        match received {
            Ok(raw) => {
                let claim = reply::decode(&raw, uuid).into();
                OrderAnswer { uuid, claim, raw: Some(raw), took }
            }
            Err(error) => OrderAnswer { uuid, claim: Claim::Lost(error), raw: None, took },
        }
    }
}
