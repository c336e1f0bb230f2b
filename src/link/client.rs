//! Typed reads with retries.
//!
//! The timeout of an attempt covers connecting, proving the identity and reading. A failed attempt ends its connection;
//! the next one starts with a new connection and a PING. Waits are between attempts, so three attempts of 3 s with waits
//! of 1 s take 11 s at most. The command's deadline limits them all. Only silence is retried: a refusal, and a reply that
//! breaks the protocol, are answers.

use std::time::Duration;

use super::account_pin::{AccountChanged, AccountId, AccountPin};
use super::gateway_clock::{ClockReading, GatewayClock};
use super::look_alike::LookAlike;
use super::order::OrderAnswer;
use super::permit::OpenPermit;
use super::session::{Answer, AskError, Identity, Session};
use super::transport::{LinkError, Transport};
use crate::clock::{Clock, Deadline, Stopped, micros};
use crate::protocol::account::{Account, GetAccount};
use crate::protocol::deals::{Deals, GetDeals};
use crate::protocol::gateway::Gateway;
use crate::protocol::open::{Filled, Open};
use crate::protocol::pending::{GetOrders, PendingOrders};
use crate::protocol::ping::Ping;
use crate::protocol::positions::{GetPositions, GetReadableRows, Owner, Positions, ReadableRows};
use crate::protocol::request::Read;
use crate::protocol::sync_all::{SyncAll, Synced};
use crate::protocol::{Action, Malformed, Request};
use crate::units::Magic;

/// Retry policy of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadPolicy {
    /// Timeout per attempt.
    pub timeout: Duration,
    /// Number of attempts in total, at least 1.
    pub attempts: u32,
    /// Wait between two attempts.
    pub interval: Duration,
}

/// Why a read brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Every attempt ended without an answer.
    #[error(
        "no answer {}after {attempts} {} of {timeout:?} at most",
        if *.past_deadline { "before the deadline, " } else { "" },
        if *.attempts == 1 { "attempt" } else { "attempts" }
    )]
    NoAnswer {
        /// The timeout per attempt.
        timeout: Duration,
        /// Whether the deadline prevented another attempt, or cut the last one short.
        past_deadline: bool,
        /// The number of attempts.
        attempts: u32,
        /// Why the last attempt failed.
        #[source]
        last: LinkError,
    },
    /// Another program answers on the port.
    #[error("the program that answered is not the gateway: {0}")]
    NotTheGateway(LookAlike),
    /// The gateway broke its protocol.
    #[error("the reply to {action} breaks the protocol")]
    Malformed {
        /// The request's action.
        action: &'static str,
        /// The error.
        #[source]
        complaint: Malformed,
    },
    /// The terminal is in another account than before.
    #[error(transparent)]
    AccountChanged(#[from] AccountChanged),
    /// The run was stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Receives every failed attempt, whether or not a later one succeeds.
pub trait Listener {
    /// Attempt `number`, counted from 1, brought no answer.
    fn attempt_failed(&self, number: u32, error: &LinkError);
}

/// Ignores failed attempts.
impl Listener for () {
    fn attempt_failed(&self, _: u32, _: &LinkError) {}
}

/// A client of one gateway.
pub struct Client<'c> {
    transport: &'c dyn Transport,
    clock: &'c dyn Clock,
    policy: ReadPolicy,
    deadline: Deadline,
    listener: &'c dyn Listener,
    session: Option<Session<'c>>,
    /// Whether the gateway of the last proved session says that it is simulated.
    simulated: Option<bool>,
    /// What the gateway of the last proved session says about itself.
    gateway: Option<Gateway>,
    /// Whether two proved sessions differed in that.
    gateway_changed: bool,
    /// Number of proved sessions so far.
    sessions: u64,
    account: AccountPin,
    gateway_clock: GatewayClock,
}

impl<'c> Client<'c> {
    /// A client that connects with its first request. No wait ends after `deadline`.
    pub fn new(
        transport: &'c dyn Transport,
        clock: &'c dyn Clock,
        policy: ReadPolicy,
        deadline: Deadline,
        listener: &'c dyn Listener,
    ) -> Self {
        Self {
            transport,
            clock,
            policy,
            deadline,
            listener,
            session: None,
            simulated: None,
            gateway: None,
            gateway_changed: false,
            sessions: 0,
            account: AccountPin::default(),
            gateway_clock: GatewayClock::default(),
        }
    }

    /// Pins the account before its first read: a read of another one fails.
    pub fn expect_account(&mut self, expected: AccountId) {
        self.account = AccountPin::expecting(expected);
    }

    /// Proves the gateway's identity on the connection of the next request. Does nothing on a proved session.
    pub fn identify(&mut self) -> Result<Identity, Error> {
        self.retry(Ping::NAME, |session, _| Ok(session.identity().clone()))
    }

    /// GET_ACCOUNT. The first account is pinned for the run: once another one answered, every later call fails (hazard
    /// 25).
    pub fn account(&mut self) -> Result<Answer<Account>, Error> {
        let answer = self.read(GetAccount)?;
        match &answer.reply {
            Ok(account) => self.account.observe(account)?,
            Err(_) => self.account.changed().map_or(Ok(()), |changed| Err(changed.clone()))?,
        }
        Ok(answer)
    }

    /// The account that was read first.
    pub fn account_id(&self) -> Option<&AccountId> {
        self.account.id()
    }

    /// The change of account, once one was read.
    pub fn account_changed(&self) -> Option<&AccountChanged> {
        self.account.changed()
    }

    /// PING on the current session, or on a new one, which begins with one. The reading narrows [`Client::gateway_clock`].
    pub fn ping(&mut self) -> Result<ClockReading, Error> {
        if self.session.is_none() {
            return Ok(self.identify()?.clock_reading());
        }
        let reading = self.retry(Ping::NAME, |session, until| match session.ask(Ping, until) {
            Ok(Answer { reply: Ok(pong), answered, rtt, .. }) => {
                let sent = answered.saturating_sub(rtt);
                Ok(ClockReading { server_time: pong.server_time, sent, answered })
            }
            // A gateway that refuses a PING is asked again on a new connection.
            Ok(Answer { reply: Err(_), .. }) => Err(LinkError::Lost.into()),
            Err(error) => Err(error),
        })?;
        self.gateway_clock.observe(reading);
        Ok(reading)
    }

    /// The gateway's wall clock, by every PING so far.
    pub fn gateway_clock(&self) -> &GatewayClock {
        &self.gateway_clock
    }

    /// GET_POSITIONS, unfiltered: only a whole list can be judged. Protocol 5 names the list's account: another one than the
    /// pinned one is an error (hazard 25).
    pub fn positions(&mut self) -> Result<Answer<Positions>, Error> {
        let answer = self.read(GetPositions)?;
        self.check_owner(answer.reply.as_ref().ok().and_then(|list| list.owner.as_ref()))?;
        Ok(answer)
    }

    /// GET_ORDERS: every pending order.
    pub fn pending_orders(&mut self) -> Result<Answer<PendingOrders>, Error> {
        let answer = self.read(GetOrders)?;
        self.check_owner(answer.reply.as_ref().ok().map(|list| &list.owner))?;
        Ok(answer)
    }

    /// GET_DEALS.
    pub fn deals(&mut self, which: GetDeals) -> Result<Answer<Deals>, Error> {
        let answer = self.read(which)?;
        self.check_owner(answer.reply.as_ref().ok().map(|list| &list.owner))?;
        Ok(answer)
    }

    fn check_owner(&mut self, owner: Option<&Owner>) -> Result<(), Error> {
        match owner {
            Some(owner) => Ok(self.account.observe_owner(owner)?),
            None => Ok(()),
        }
    }

    /// GET_POSITIONS of a gateway whose list has malformed rows.
    pub fn readable_rows(&mut self) -> Result<Answer<ReadableRows>, Error> {
        self.read(GetReadableRows)
    }

    /// SYNC_ALL; the gateway ignores the magic number.
    pub fn sync_all(&mut self, magic_number: Magic) -> Result<Answer<Synced>, Error> {
        self.read(SyncAll { magic_number })
    }

    /// The proved session of the next request.
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

    /// Sends an OPEN on the current session. Without one nothing is sent, because an identity holds for its own connection
    /// alone.
    pub fn open(
        &mut self,
        permit: OpenPermit,
        order: &Request<Open>,
        until: Deadline,
    ) -> OrderAnswer<Filled> {
        match &mut self.session {
            Some(session) => session.open(permit, order, until),
            None => OrderAnswer::lost(LinkError::Unsent),
        }
    }

    /// Changes policy and deadline, and keeps the session.
    pub fn set_policy(&mut self, policy: ReadPolicy, deadline: Deadline) {
        (self.policy, self.deadline) = (policy, deadline);
    }

    /// Reads with one attempt for each request.
    pub fn with_one_attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let policy = self.policy;
        self.policy.attempts = 1;
        let result = read(self);
        self.policy = policy;
        result
    }

    /// Ends the session: an answer was lost on it, and must not be taken for a later request's.
    pub fn hang_up(&mut self) {
        self.session = None;
    }

    /// Whether there is a session. Its connection may have ended since its last answer.
    pub fn is_connected(&self) -> bool {
        self.session.is_some()
    }

    /// Whether the last proved gateway says that it is simulated, even if its session has ended.
    pub fn is_simulated(&self) -> bool {
        self.simulated.unwrap_or_default()
    }

    /// What the last proved gateway says about itself, even if its session has ended; `None` for 4.3.
    pub fn gateway(&self) -> Option<&Gateway> {
        self.gateway.as_ref()
    }

    /// Whether the last proved gateway answers this action of protocol 5.
    pub fn answers<A: Action>(&self) -> bool {
        self.gateway.as_ref().is_some_and(|gateway| gateway.answers(A::NAME))
    }

    /// Number of proved sessions so far. Two reads with the same number came over one connection.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Whether a simulated gateway took the place of a real one in this run, or the reverse.
    pub fn gateway_changed(&self) -> bool {
        self.gateway_changed
    }

    /// Any read. A gateway of 4.3 refuses those of protocol 5: see [`Client::answers`].
    /// A refusal that may pass is asked again, as silence is.
    pub fn read<A: Read + Clone>(&mut self, action: A) -> Result<Answer<A::Reply>, Error> {
        let mut number = 1;
        loop {
            let answer =
                self.retry(A::NAME, |session, until| session.ask(action.clone(), until))?;
            let may_pass = matches!(&answer.reply, Err(refusal) if refusal.code.may_pass());
            let has_time = self.deadline.left(self.clock) > self.policy.interval;
            if !may_pass || number >= self.policy.attempts || !has_time {
                return Ok(answer);
            }
            self.clock.sleep(self.policy.interval)?;
            number += 1;
        }
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
                Err(error) => error.retryable(action)?,
            };
            self.listener.attempt_failed(number, &last);
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

    /// One attempt, on the current session or on a new one. A failure ends the session.
    fn attempt<T>(
        &mut self,
        ask: &mut impl FnMut(&mut Session<'c>, Deadline) -> Result<T, AskError>,
    ) -> Result<T, AskError> {
        let until = Deadline::after(self.clock, self.policy.timeout).min(self.deadline);
        let mut session = match self.session.take() {
            Some(session) => session,
            None => {
                let session = Session::prove(self.transport.connect(until)?, self.clock, until)?;
                let rtt_us = micros(session.identity().rtt);
                tracing::info!(rtt_us, "connected, and PING was answered");
                let simulated = session.identity().simulated;
                self.gateway_changed |= self.simulated.is_some_and(|before| before != simulated);
                self.simulated = Some(simulated);
                self.gateway.clone_from(&session.identity().gateway);
                self.sessions += 1;
                self.gateway_clock.observe(session.identity().clock_reading());
                session
            }
        };
        let answer = ask(&mut session, until)?;
        self.session = Some(session);
        Ok(answer)
    }
}

impl AskError {
    /// The link's error, where another attempt may succeed. An answer and a stop end the read with their own error.
    pub(crate) fn retryable(self, action: &'static str) -> Result<LinkError, Error> {
        match self {
            Self::Link(LinkError::Stopped(stopped)) => Err(stopped.into()),
            Self::Link(LinkError::NotZeroMq(found)) => {
                Err(Error::NotTheGateway(LookAlike::NotZeroMq(found)))
            }
            Self::Link(LinkError::Unauthentic(why)) => {
                Err(Error::NotTheGateway(LookAlike::Unauthentic(why)))
            }
            Self::Link(error) => Ok(error),
            Self::Malformed(complaint) => Err(Error::Malformed { action, complaint }),
            Self::NotTheGateway(look_alike) => Err(Error::NotTheGateway(look_alike)),
        }
    }
}
