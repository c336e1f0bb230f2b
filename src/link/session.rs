//! A connection on which a PING proved who answers.
//!
//! A [`Session`] can't be had without that proof, and it is proof for this one connection alone: the next connection,
//! even to the same address, may reach another program (hazard 11). Each reply must carry its request's `uuid`, so a
//! late reply is never taken for the next request's (hazard 14). After any error a session is dead.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::look_alike::{LookAlike, classify};
use super::permit::RequestFrame;
use super::transport::{Connection, LinkError, Received};
use crate::clock::{Clock, Deadline, micros};
use crate::protocol::ping::Pong;
use crate::protocol::reply::{self, Read};
use crate::protocol::{Action, Malformed, Refusal, Request};

/// What the PING that opened a session proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whether the far end says of itself that it is simulated.
    pub simulated: bool,
    /// The gateway's wall clock when it answered.
    pub server_time: Timestamp,
    /// Monotonic round trip; holds no clock skew.
    pub rtt: Duration,
    /// Gateway's clock minus ours, taken at the middle of the round trip (hazard 8).
    pub skew: SignedDuration,
    _proved: Proved,
}

/// Keeps an identity from being built by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Proved;

impl Identity {
    /// The skew is known to within this, either way: the reply may have been made at any moment of the round trip.
    pub fn skew_uncertainty(&self) -> Duration {
        self.rtt / 2
    }
}

/// One answer, with what is known of the asking.
#[derive(Debug)]
pub struct Answer<T> {
    /// What the gateway said.
    pub reply: Result<T, Refusal>,
    /// Monotonic time from the send to the reply.
    pub rtt: Duration,
    /// Our wall clock at the send.
    pub sent_at: Timestamp,
    /// The reply's very bytes.
    pub raw: Received,
}

/// Why a question went unanswered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The link failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The answer breaks the protocol.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Why identity could not be proved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The link failed before an answer came.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Somebody else answered.
    #[error("whoever answered is not the gateway: {0}")]
    NotTheGateway(LookAlike),
}

/// A connection to the gateway, proved to be one.
pub struct Session<'c> {
    pub(super) connection: Box<dyn Connection>,
    pub(super) clock: &'c dyn Clock,
    identity: Identity,
}

impl<'c> Session<'c> {
    /// Sends a PING on a fresh connection, and nothing else: only `status ok` with the same `uuid` makes a session.
    pub fn prove(
        mut connection: Box<dyn Connection>,
        clock: &'c dyn Clock,
        until: Deadline,
    ) -> Result<Self, ProofError> {
        let exchange = exchange(&mut *connection, clock, Action::Ping, until)?;
        let stranger = |complaint| {
            let look_alike = classify(exchange.sent.bytes(), &exchange.received, complaint);
            Err(ProofError::NotTheGateway(look_alike))
        };
        match reply::decode::<Pong>(&exchange.received, exchange.uuid) {
            Ok(Ok(pong)) => {
                let Exchange { sent_at, rtt, .. } = exchange;
                let skew = clock_skew(&pong, sent_at, rtt);
                let Pong { simulated, server_time, .. } = pong;
                let identity = Identity { simulated, server_time, rtt, skew, _proved: Proved };
                Ok(Self { connection, clock, identity })
            }
            Ok(Err(_)) => stranger(None),
            Err(complaint) => stranger(Some(complaint)),
        }
    }

    /// What the PING proved.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Asks what changes nothing, and waits for the answer.
    pub fn ask<T: Read>(
        &mut self,
        parameters: T::Parameters,
        until: Deadline,
    ) -> Result<Answer<T>, AskError> {
        let action = T::action(parameters);
        let name = action.name();
        let exchange = match exchange(&mut *self.connection, self.clock, action, until) {
            // Another PING that stays unanswered says nothing of the terminal.
            Err(LinkError::TimedOut) if name != Action::Ping.name() => {
                return Err(LinkError::Unanswered { action: name }.into());
            }
            exchange => exchange?,
        };
        answer(exchange.received, exchange.uuid, exchange.sent_at, exchange.rtt)
    }
}

/// Reads a frame that answers the question of that `uuid`.
pub(super) fn answer<T: Read>(
    frame: Received,
    uuid: Uuid,
    sent_at: Timestamp,
    rtt: Duration,
) -> Result<Answer<T>, AskError> {
    let reply = reply::decode(&frame, uuid)?;
    Ok(Answer { reply, rtt, sent_at, raw: frame })
}

/// The gateway's clock minus ours, by an answered PING: taken at the middle of the round trip (hazard 8).
pub fn clock_skew(pong: &Pong, sent_at: Timestamp, rtt: Duration) -> SignedDuration {
    let half = SignedDuration::try_from(rtt / 2).unwrap_or(SignedDuration::MAX);
    pong.server_time.duration_since(sent_at).saturating_sub(half)
}

struct Exchange {
    uuid: Uuid,
    sent: RequestFrame,
    sent_at: Timestamp,
    received: Received,
    rtt: Duration,
}

fn exchange(
    connection: &mut dyn Connection,
    clock: &dyn Clock,
    action: Action,
    until: Deadline,
) -> Result<Exchange, LinkError> {
    let sent_at = clock.now();
    let uuid = Uuid::new_v4();
    let name = action.name();
    let sent = RequestFrame::read(&Request { uuid, timestamp: sent_at, action })?;
    tracing::debug!(action = name, "asking");
    let start = connection.send(&sent, until)?;
    let received = connection.receive(until)?;
    let rtt = clock.monotonic().saturating_sub(start);
    tracing::debug!(action = name, rtt_us = micros(rtt), bytes = received.len(), "answered");
    Ok(Exchange { uuid, sent, sent_at, received, rtt })
}
