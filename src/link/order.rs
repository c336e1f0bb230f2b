//! Sends orders: each needs a permit, and nothing here sends an OPEN twice.
//!
//! The answer is a claim, kept with its bytes; only the position list shows the outcome. An order that was handed over
//! may have executed whatever fails afterwards, so sending returns claims and no errors.

use std::sync::atomic::{AtomicBool, Ordering};

use super::permit::{ClosePermit, OpenPermit, ReducesRisk, ReleasePermit, RequestFrame};
use super::session::Session;
use super::transport::{LinkError, Received};
use crate::clock::Deadline;
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::open::{Filled, Open};
use crate::protocol::reply;
use crate::protocol::request::Addressee;
use crate::protocol::switch::{Release, Released};
use crate::protocol::{Action, Malformed, Refusal, Request};

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

/// Held from the record of an OPEN's intent to that of its proved outcome. A process that ends in between, by a panic or by
/// its time limit, leaves the outcome unknown.
#[derive(Debug)]
pub struct UnresolvedOpen(());

/// Whether an OPEN of this process has no proved outcome.
static UNRESOLVED: AtomicBool = AtomicBool::new(false);

/// Whether this process sent an order that opens or closes a position.
static EXPOSED: AtomicBool = AtomicBool::new(false);

impl UnresolvedOpen {
    /// To be called before the intent is recorded.
    pub fn begin() -> Self {
        UNRESOLVED.store(true, Ordering::SeqCst);
        Self(())
    }

    /// Whether there is one in this process, or a panic dropped one.
    pub fn is_left() -> bool {
        UNRESOLVED.load(Ordering::SeqCst)
    }
}

impl Drop for UnresolvedOpen {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            UNRESOLVED.store(false, Ordering::SeqCst);
        }
    }
}

/// Whether positions may be open that this process opened or was closing: it sent an OPEN, or pipelined a CLOSE. The CLOSE
/// that probes whether a gateway can close is neither.
pub fn is_exposed() -> bool {
    EXPOSED.load(Ordering::SeqCst)
}

pub(super) fn expose() {
    EXPOSED.store(true, Ordering::SeqCst);
}

/// The answer to one order.
#[derive(Debug)]
pub struct OrderAnswer<T> {
    /// The gateway's claim.
    pub claim: Claim<T>,
    /// The answer's bytes, where one came.
    pub raw: Option<Received>,
}

impl<T> OrderAnswer<T> {
    pub(super) fn lost(error: LinkError) -> Self {
        Self { claim: Claim::Lost(error), raw: None }
    }
}

impl Session<'_> {
    /// Sends an OPEN once and waits for the claim about it.
    pub fn open(
        &mut self,
        permit: OpenPermit,
        request: &Request<Open>,
        until: Deadline,
    ) -> OrderAnswer<Filled> {
        let request = &self.address(request);
        let frame = RequestFrame::open(permit, request);
        expose();
        let answer = self.send_order(request, &frame, until);
        if is_broken(Rule::SendOpenOnce) {
            let _ = self.connection.send(&frame, until);
        }
        answer
    }

    /// Sends one action that takes risk away (CLOSE, CANCEL, ENGAGE), and waits for the claim about it.
    pub fn reduce<A: ReducesRisk + Clone>(
        &mut self,
        permit: &ClosePermit,
        action: A,
        until: Deadline,
    ) -> OrderAnswer<A::Reply> {
        let request = self.address(&Request::new(action, self.clock.now()));
        self.send_order(&request, &RequestFrame::reducing(permit, &request), until)
    }

    /// Sends a RELEASE and waits for the claim about it.
    pub fn release(
        &mut self,
        permit: ReleasePermit,
        action: Release,
        until: Deadline,
    ) -> OrderAnswer<Released> {
        let request = self.address(&Request::new(action, self.clock.now()));
        self.send_order(&request, &RequestFrame::release(permit, &request), until)
    }

    /// Names the gateway that is meant, on a signed connection.
    pub(super) fn address<A: Clone>(&self, request: &Request<A>) -> Request<A> {
        let gateway =
            self.identity().gateway.as_ref().filter(|_| self.connection.key_name().is_some());
        let addressee = gateway
            .map(|gateway| Addressee { journal: gateway.journal.clone(), login: gateway.login });
        Request { addressee, ..request.clone() }
    }

    fn send_order<A: Action>(
        &mut self,
        request: &Request<A>,
        frame: &RequestFrame,
        until: Deadline,
    ) -> OrderAnswer<A::Reply> {
        match self.connection.send(frame, until).and_then(|_| self.connection.receive(until)) {
            Ok(raw) => {
                let claim = reply::decode(&raw, request.uuid).into();
                OrderAnswer { claim, raw: Some(raw) }
            }
            Err(error) => OrderAnswer::lost(error),
        }
    }
}
