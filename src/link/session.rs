//! A connection on which a PING proved the gateway's identity.
//!
//! There is no [`Session`] without that proof. It holds for one connection: the next one, even to the same address, may
//! reach another program (hazard 11). Each reply must carry its request's `uuid`, so a late reply is never taken for the
//! next request's (hazard 14). After any error a session is dead.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::gateway_clock::ClockReading;
use super::look_alike::{LookAlike, classify};
use super::permit::RequestFrame;
use super::transport::{Connection, LinkError, Received};
use crate::clock::{Clock, Deadline, micros};
use crate::protocol::gateway::Gateway;
use crate::protocol::ping::{Ping, Pong};
use crate::protocol::request::Read;
use crate::protocol::{Action, Malformed, Refusal, Request, reply};

/// The identity that the session's PING proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whether the gateway says that it is simulated.
    pub simulated: bool,
    /// The gateway's wall clock when it answered.
    pub server_time: Timestamp,
    /// Our monotonic clock at the answer.
    pub answered: Duration,
    /// Monotonic round trip; holds no clock skew.
    pub rtt: Duration,
    /// See [`clock_skew`].
    pub skew: SignedDuration,
    /// What a gateway of protocol 5 says about itself; `None` for 4.3.
    pub gateway: Option<Gateway>,
    /// The name of the key that proved the gateway; `None` where nothing is signed.
    pub signed_by: Option<String>,
    _proved: Proved,
}

/// Keeps other files from making an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Proved;

/// The gateway's wall clock minus ours, from a PING sent at `sent_at` by our wall clock: taken at the middle of the round
/// trip (hazard 8).
pub fn clock_skew(pong: &Pong, sent_at: Timestamp, rtt: Duration) -> SignedDuration {
    let half = SignedDuration::try_from(rtt / 2).unwrap_or(SignedDuration::MAX);
    pong.server_time.duration_since(sent_at).saturating_sub(half)
}

impl Identity {
    /// The gateway's wall clock at the PING, with ours.
    pub fn clock_reading(&self) -> ClockReading {
        let Self { server_time, answered, rtt, .. } = *self;
        ClockReading { server_time, sent: answered.saturating_sub(rtt), answered }
    }

    /// The skew's error bound in either direction: the gateway may have answered at any moment of the round trip.
    pub fn skew_uncertainty(&self) -> Duration {
        self.rtt / 2
    }
}

/// The answer to one read.
#[derive(Debug)]
pub struct Answer<T> {
    /// The gateway's success reply or refusal.
    pub reply: Result<T, Refusal>,
    /// Monotonic time from the send to the reply.
    pub rtt: Duration,
    /// Our wall clock at the send.
    pub sent_at: Timestamp,
    /// Our monotonic clock at the reply.
    pub answered: Duration,
    /// The reply's bytes.
    pub raw: Received,
}

/// Why a request on a session brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The link failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The answer breaks the protocol.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Another program answered the PING that was to prove the identity.
    #[error("the program that answered is not the gateway: {0}")]
    NotTheGateway(LookAlike),
}

/// A connection that is proved to lead to the gateway.
pub struct Session<'c> {
    pub(super) connection: Box<dyn Connection>,
    pub(super) clock: &'c dyn Clock,
    identity: Identity,
}

impl<'c> Session<'c> {
    /// Proves the gateway's identity: sends a PING, and nothing else, on a fresh connection. Only `status ok` with the
    /// same `uuid` is proof.
    pub fn prove(
        mut connection: Box<dyn Connection>,
        clock: &'c dyn Clock,
        until: Deadline,
    ) -> Result<Self, AskError> {
        let Exchange { request, sent, received, answered, rtt } =
            Exchange::make(&mut *connection, clock, Ping, until)?;
        let complaint = match reply::decode::<Pong>(&received, request.uuid) {
            Ok(Ok(pong)) => {
                let identity = Identity {
                    simulated: pong.simulated,
                    server_time: pong.server_time,
                    answered,
                    rtt,
                    skew: clock_skew(&pong, request.timestamp, rtt),
                    gateway: pong.gateway,
                    signed_by: connection.key_name().map(str::to_owned),
                    _proved: Proved,
                };
                return Ok(Self { connection, clock, identity });
            }
            Ok(Err(_)) => None,
            Err(complaint) => Some(complaint),
        };
        Err(AskError::NotTheGateway(classify(sent.bytes(), &received, complaint)))
    }

    /// The identity that the PING proved.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Sends a read and waits for the answer.
    pub fn ask<A: Read>(
        &mut self,
        action: A,
        until: Deadline,
    ) -> Result<Answer<A::Reply>, AskError> {
        match Exchange::make(&mut *self.connection, self.clock, action, until) {
            Ok(Exchange { request, received, answered, rtt, .. }) => {
                answer(received, &request, answered, rtt)
            }
            // An unanswered PING says nothing about the terminal.
            Err(LinkError::TimedOut) if A::NAME != Ping::NAME => {
                Err(LinkError::Unanswered { action: A::NAME }.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Decodes the reply to a read.
pub(super) fn answer<A: Read>(
    raw: Received,
    request: &Request<A>,
    answered: Duration,
    rtt: Duration,
) -> Result<Answer<A::Reply>, AskError> {
    let reply = reply::decode(&raw, request.uuid)?;
    Ok(Answer { reply, rtt, sent_at: request.timestamp, answered, raw })
}

/// A read and its reply.
struct Exchange<A> {
    request: Request<A>,
    sent: RequestFrame,
    received: Received,
    answered: Duration,
    rtt: Duration,
}

impl<A: Read> Exchange<A> {
    fn make(
        connection: &mut dyn Connection,
        clock: &dyn Clock,
        action: A,
        until: Deadline,
    ) -> Result<Self, LinkError> {
        let request = Request::new(action, clock.now());
        let sent = RequestFrame::read(&request);
        tracing::debug!(action = A::NAME, "asking");
        let start = connection.send(&sent, until)?;
        let received = connection.receive(until)?;
        let answered = clock.monotonic();
        let rtt = answered.saturating_sub(start);
        tracing::debug!(action = A::NAME, rtt_us = micros(rtt), bytes = received.len(), "answered");
        Ok(Self { request, sent, received, answered, rtt })
    }
}
