//! Typed reads, tried again where that is safe.
//!
//! An attempt has its own timeout, for connecting, proving identity and reading together; after a failed one the
//! connection is thrown away and the next begins anew with a PING. Attempts are counted in all, and waits stand between
//! them: three of 3 s with 1 s between are 11 s at worst. A whole command's deadline stands above all of them. What is
//! tried again is silence; an answer, be it a refusal or one that breaks the protocol, is an answer.

use std::time::Duration;

use super::look_alike::LookAlike;
use super::order::{Claim, OrderAnswer};
use super::permit::OpenPermit;
use super::session::{Answer, AskError, Identity, ProofError, Session};
use super::transport::{LinkError, Transport};
use crate::clock::{Clock, Deadline, Stopped, micros};
use crate::protocol::account::{Account, GetAccount};
use crate::protocol::open::{Filled, Open};
use crate::protocol::ping::Ping;
use crate::protocol::positions::{GetPositions, Positions};
use crate::protocol::request::Read;
use crate::protocol::sync_all::{SyncAll, Synced};
use crate::protocol::{Action, Malformed, Request};
use crate::units::Magic;

/// How reads are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadPolicy {
    /// For one attempt.
    pub timeout: Duration,
    /// Attempts in all, at least 1.
    pub attempts: u32,
    /// Wait between two attempts.
    pub interval: Duration,
}

/// Why a read brought no answer that could be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Every attempt ended without an answer.
    #[error(
        "no answer {}after {attempts} {} of {timeout:?} at most",
        if *.past_deadline { "before the deadline, " } else { "" },
        if *.attempts == 1 { "attempt" } else { "attempts" }
    )]
    NoAnswer {
        /// What one attempt could take.
        timeout: Duration,
        /// Whether there was no time for another attempt, or for the whole of the last.
        past_deadline: bool,
        /// How many were made.
        attempts: u32,
        /// Why the last of them failed.
        #[source]
        last: LinkError,
    },
    /// What listens there does not speak ZeroMQ.
    #[error("whoever answered is not the gateway: {0}")]
    NotZeroMq(String),
    /// Somebody else answered the PING.
    #[error("whoever answered is not the gateway: {0}")]
    NotTheGateway(LookAlike),
    /// The gateway broke its protocol.
    #[error("the reply to {action} breaks the protocol")]
    Malformed {
        /// What was asked.
        action: &'static str,
        /// How.
        #[source]
        complaint: Malformed,
    },
    /// Somebody asked this run to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Hears of every attempt that failed, also of those that a later one made good.
pub trait Listener {
    /// Attempt `number` (from 1 on) brought no answer.
    fn attempt_failed(&self, number: u32, error: &LinkError);
}

/// Asks one gateway.
pub struct Client<'c> {
    transport: &'c dyn Transport,
    clock: &'c dyn Clock,
    policy: ReadPolicy,
    deadline: Deadline,
    listener: &'c dyn Listener,
    session: Option<Session<'c>>,
    /// What the last PING that proved somebody said, whatever became of its connection.
    simulated: bool,
}

impl<'c> Client<'c> {
    /// Nothing is connected before the first question. No wait goes beyond `deadline`.
    pub fn new(
        transport: &'c dyn Transport,
        clock: &'c dyn Clock,
        policy: ReadPolicy,
        deadline: Deadline,
        listener: &'c dyn Listener,
    ) -> Self {
        Self { transport, clock, policy, deadline, listener, session: None, simulated: false }
    }

    /// Proves who answers, on the connection that the next question takes; already proved, it costs nothing.
    pub fn identify(&mut self) -> Result<Identity, Error> {
        self.retry(Ping::NAME, |session, _| Ok(session.identity().clone()))
    }

    /// GET_ACCOUNT.
    pub fn account(&mut self) -> Result<Answer<Account>, Error> {
        self.read(GetAccount)
    }

    /// GET_POSITIONS, always whole: a list that was filtered can't be judged.
    pub fn positions(&mut self) -> Result<Answer<Positions>, Error> {
        self.read(GetPositions)
    }

    /// SYNC_ALL; the gateway takes the magic number and ignores it.
    pub fn sync_all(&mut self, magic_number: Magic) -> Result<Answer<Synced>, Error> {
        self.read(SyncAll { magic_number })
    }

    /// The proved session that the next question takes, for an order that this identity vouches for.
    pub fn session(&mut self) -> Result<&mut Session<'c>, Error> {
        self.identify()?;
        // `identify` leaves a session behind, or an error.
        self.session.as_mut().ok_or(Error::NoAnswer {
            timeout: self.policy.timeout,
            past_deadline: false,
            attempts: 0,
            last: LinkError::Lost,
        })
    }

    /// Sends an OPEN on the session that is there. There is no other: an identity vouches for its own connection alone,
    /// so without one nothing is sent.
    pub fn open(
        &mut self,
        permit: OpenPermit,
        order: &Request<Open>,
        until: Deadline,
    ) -> OrderAnswer<Filled> {
        match &mut self.session {
            Some(session) => session.open(permit, order, until),
            None => OrderAnswer {
                uuid: order.uuid,
                claim: Claim::Lost(LinkError::Lost),
                raw: None,
                took: Duration::ZERO,
            },
        }
    }

    /// Asks by another policy and until another deadline from here on, on the session that is there.
    pub fn go_on(&mut self, policy: ReadPolicy, deadline: Deadline) {
        (self.policy, self.deadline) = (policy, deadline);
    }

    /// Drops the session: an order's answer was lost on it, and what comes late must not be taken for another's.
    pub fn hang_up(&mut self) {
        self.session = None;
    }

    /// Whether a session is there. Its identity was proved; that it still lives, only the next answer tells.
    pub fn is_connected(&self) -> bool {
        self.session.is_some()
    }

    /// Whether the last gateway that was proved says of itself that it is simulated: a report speaks of that one, also where
    /// it went away meanwhile.
    pub fn is_simulated(&self) -> bool {
        self.simulated
    }

    fn read<A: Read + Copy>(&mut self, action: A) -> Result<Answer<A::Reply>, Error> {
        self.retry(A::NAME, |session, until| session.ask(action, until))
    }

    fn retry<T>(
        &mut self,
        action: &'static str,
        mut ask: impl FnMut(&mut Session<'c>, Deadline) -> Result<T, AskError>,
    ) -> Result<T, Error> {
        let mut number = 1;
        loop {
            let last = match self.attempt(&mut ask) {
                Ok(answer) => return Ok(answer),
                Err(Attempt::Failed(error)) => error,
                Err(Attempt::Malformed(complaint)) => {
                    return Err(Error::Malformed { action, complaint });
                }
                Err(Attempt::Stranger(look_alike)) => return Err(Error::NotTheGateway(look_alike)),
            };
            match last {
                LinkError::Stopped(stopped) => return Err(stopped.into()),
                LinkError::NotZeroMq(what) => return Err(Error::NotZeroMq(what)),
                _ => self.listener.attempt_failed(number, &last),
            }
            let left = self.deadline.left(self.clock);
            let past_deadline =
                left.is_zero() || (number < self.policy.attempts && left <= self.policy.interval);
            if past_deadline || number >= self.policy.attempts {
                let timeout = self.policy.timeout;
                return Err(Error::NoAnswer { timeout, past_deadline, attempts: number, last });
            }
            self.clock.sleep(self.policy.interval)?;
            number += 1;
        }
    }

    /// One attempt on the session that is there, or on a new one; a failure ends the session.
    fn attempt<T>(
        &mut self,
        ask: &mut impl FnMut(&mut Session<'c>, Deadline) -> Result<T, AskError>,
    ) -> Result<T, Attempt> {
        let until = Deadline::after(self.clock, self.policy.timeout).min(self.deadline);
        let mut session = match self.session.take() {
            Some(session) => session,
            None => {
                let session = Session::prove(self.transport.connect(until)?, self.clock, until)?;
                let rtt_us = micros(session.identity().rtt);
                tracing::info!(rtt_us, "connected, and PING was answered");
                self.simulated = session.identity().simulated;
                session
            }
        };
        let answer = ask(&mut session, until)?;
        self.session = Some(session);
        Ok(answer)
    }
}

enum Attempt {
    Failed(LinkError),
    Malformed(Malformed),
    Stranger(LookAlike),
}

impl From<LinkError> for Attempt {
    fn from(error: LinkError) -> Self {
        Self::Failed(error)
    }
}

impl From<AskError> for Attempt {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Link(error) => Self::Failed(error),
            AskError::Malformed(complaint) => Self::Malformed(complaint),
        }
    }
}

impl From<ProofError> for Attempt {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Link(error) => Self::Failed(error),
            ProofError::NotTheGateway(look_alike) => Self::Stranger(look_alike),
        }
    }
}
