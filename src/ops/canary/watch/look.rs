//! One look: PING, account, positions, the breaker's file, and drift when it is due.
//!
//! Each question gets one attempt, and no longer than the silence that is allowed. A failure is recorded and judged, and
//! the next look asks again on a new connection.

use std::slice::from_ref;
use std::time::Duration;

use jiff::SignedDuration;

use super::report::Tally;
use super::{Monitor, WatchedPosition};
use crate::check::Status;
use crate::clock::{Deadline, Stopped, micros};
use crate::guard::health::{Health, Limits, SILENCE};
use crate::link::session::{AskError, clock_skew};
use crate::link::transport::LinkError;
use crate::link::{Error, ReadPolicy};
use crate::ops::canary::{Canary, earlier};
use crate::ops::sync::checks;
use crate::proof::absence::{self, Known, TicketState};
use crate::proof::money::{self, Between, Statement};
use crate::protocol::Refusal;
use crate::protocol::account::Account;
use crate::protocol::ping::Ping;
use crate::protocol::positions::{self, Position};
use crate::units::{Money, Price};

/// A watch in progress.
pub(super) struct Watch<'w, 'r, 'c, 'm> {
    pub(super) canary: &'w mut Canary<'r, 'c, 'm>,
    pub(super) monitor: &'w Monitor,
    pub(super) watched: WatchedPosition,
    pub(super) health: Health,
    pub(super) seen: Seen,
    pub(super) tally: Tally,
}

/// The figures of one look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) rtt_us: Option<u64>,
    pub(super) account: Option<Account>,
    pub(super) skew: Option<SignedDuration>,
    pub(super) drift_is_new: bool,
    pub(super) current_price: Option<Price>,
    pub(super) profit: Option<Money>,
}

/// Why a look was broken off.
enum LookError {
    Stopped(Stopped),
    /// The failure was recorded.
    Recorded,
}

impl<'w, 'r, 'c, 'm> Watch<'w, 'r, 'c, 'm> {
    pub(super) fn new(
        canary: &'w mut Canary<'r, 'c, 'm>,
        monitor: &'w Monitor,
        watched: WatchedPosition,
    ) -> Self {
        let limits =
            Limits { warning: monitor.latency_warn, critical: canary.options.latency_limit };
        let (health, tally) = (Health::new(limits), Tally::new(monitor, &watched));
        Self { canary, monitor, watched, health, seen: Seen::default(), tally }
    }

    /// Looks once. Everything but a requested stop is recorded for the judgement of health.
    pub(super) fn look(&mut self) -> Result<(), Stopped> {
        self.health.record_breaker(self.canary.options.kill_switch.engaged());
        let now = self.canary.deps.clock.monotonic();
        let drift = self.watched.drift.as_mut();
        if let Some(reading) = drift.and_then(|drift| drift.read_if_due(now)) {
            self.health.record_drift(now, reading);
            self.tally.drift(reading);
            self.seen.drift_is_new = true;
        }
        match self.ask() {
            Ok(()) => self.health.record_answers(),
            Err(LookError::Recorded) => {}
            Err(LookError::Stopped(stopped)) => return Err(stopped),
        }
        Ok(())
    }

    fn ask(&mut self) -> Result<(), LookError> {
        self.ping()?;
        let listed = self.watched.listed.take();
        let asked = self.begin_question();
        let account = match self.canary.client.account() {
            Err(error) => return Err(self.record_failure(asked, &error)),
            Ok(answer) => self.account(answer.reply),
        };
        if let (Some(account), Some(listed)) = (&account, listed)
            && !money::is_mismatched(
                Statement { account, positions: &listed },
                &self.canary.options.expectations.credit,
            )
        {
            self.canary.keep_statement(account.clone(), listed);
        }
        let asked = self.begin_question();
        let list = match self.canary.client.positions() {
            Err(error) => return Err(self.record_failure(asked, &error)),
            Ok(answer) => answer.reply,
        };
        match list {
            Err(refusal) => self.record_error(&refusal.to_string()),
            Ok(list) => self.positions(&list.positions, account.as_ref())?,
        }
        Ok(())
    }

    fn ping(&mut self) -> Result<(), LookError> {
        let asked = self.begin_question();
        let clock = self.canary.deps.clock;
        let until = Deadline::after(clock, self.canary.options.reads.timeout)
            .min(Deadline::after(clock, self.patience(asked)));
        let answer = match self.canary.client.session() {
            Err(error) => return Err(self.record_failure(asked, &error)),
            Ok(session) => session.ask(Ping, until),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.canary.client.hang_up();
                return Err(match error {
                    AskError::Link(LinkError::Stopped(stopped)) => LookError::Stopped(stopped),
                    AskError::Link(error) => self.record_silence(asked, &error.to_string()),
                    error => {
                        self.record_error(&error.to_string());
                        LookError::Recorded
                    }
                });
            }
        };
        self.health.record_round_trip(answer.rtt);
        self.tally.round_trip(answer.rtt, self.canary.options.latency_limit);
        self.seen.rtt_us = Some(micros(answer.rtt));
        match answer.reply {
            Err(refusal) => {
                self.health.record_stranger(&format!("a PING was refused: {refusal}"));
                Err(LookError::Recorded)
            }
            Ok(pong) => {
                self.seen.skew = Some(clock_skew(&pong, answer.sent_at, answer.rtt));
                Ok(())
            }
        }
    }

    /// The account, where the gateway reported it.
    fn account(&mut self, reply: Result<Account, Refusal>) -> Option<Account> {
        let account = match reply {
            Err(refusal) => {
                self.record_error(&refusal.to_string());
                return None;
            }
            Ok(account) => account,
        };
        self.seen.account = Some(account.clone());
        let expected = &self.canary.options.expectations.expected;
        let check = checks::identity_expected(Some(&account), expected);
        if check.status == Status::Fail {
            self.record_error(&format!("another account answers: {}", check.found));
        }
        Some(account)
    }

    /// Judges a list. One that lacks the position shows that it is gone only where it can be believed; otherwise the list
    /// is the error.
    fn positions(&mut self, list: &[Position], account: Option<&Account>) -> Result<(), LookError> {
        let ticket = self.watched.position.ticket;
        let asked = self.begin_question();
        let credit = &self.canary.options.expectations.credit;
        let before = earlier(&self.canary.statements, asked);
        let opened = from_ref(&self.watched.position);
        let between = Between { opened, ..Between::default() };
        let staying = &self.watched.others;
        let known = Known { before: &before, between, staying, ..Known::new(staying, credit) };
        let state = absence::look_up(self.canary.client, list, ticket, known);
        let position = match state {
            Err(error) => return Err(self.record_failure(asked, &error)),
            Ok(TicketState::Unproved(missing)) => {
                self.record_error(&missing.doubt);
                return Ok(());
            }
            Ok(TicketState::Gone(absent)) => {
                self.health.record_lost_position(format!(
                    "position {ticket} is gone, and nothing here closed it: {absent}"
                ));
                self.tally.is_gone = true;
                return Ok(());
            }
            Ok(TicketState::Open(position)) => position,
        };
        // Without an account, the earlier statement is left to compare with.
        if let Some(account) = account {
            self.canary.keep_statement(account.clone(), list.to_vec());
        }
        self.watched.others = positions::tickets(list);
        self.watched.others.remove(&ticket);
        if let Some(change) = describe_change(&self.watched.position, position) {
            let words = format!("position {ticket} changed unasked: {change}");
            self.health.record_lost_position(words);
        }
        let equity = account.map(|account| account.equity.to_string()).unwrap_or_default();
        let figures = format!("{} {} {equity}", position.current_price, position.profit);
        self.health.record_figures(self.canary.deps.clock.monotonic(), figures);
        self.seen.current_price = Some(position.current_price.clone());
        self.seen.profit = Some(position.profit.clone());
        Ok(())
    }

    /// Allows the next question one attempt, and no longer than silence may last. Returns the time.
    fn begin_question(&mut self) -> Duration {
        let clock = self.canary.deps.clock;
        let now = clock.monotonic();
        let policy = ReadPolicy { attempts: 1, ..self.canary.options.reads };
        self.canary.client.set_policy(policy, Deadline::after(clock, self.patience(now)));
        now
    }

    fn patience(&self, now: Duration) -> Duration {
        SILENCE.saturating_sub(self.health.silence(now).unwrap_or_default())
    }

    fn record_error(&mut self, why: &str) {
        self.health.record_error(self.canary.deps.clock.monotonic(), why);
        self.tally.error(why, true);
    }

    fn record_silence(&mut self, asked: Duration, why: &str) -> LookError {
        if self.health.silence(asked).is_none() {
            self.tally.error(why, false);
        }
        self.health.record_silence(asked, why);
        LookError::Recorded
    }

    fn record_failure(&mut self, asked: Duration, error: &Error) -> LookError {
        match error {
            Error::Stopped(stopped) => return LookError::Stopped(*stopped),
            Error::NoAnswer { last, .. } => return self.record_silence(asked, &last.to_string()),
            Error::Malformed { complaint, .. } => {
                self.record_error(&format!("{error}: {complaint}"));
            }
            Error::NotTheGateway(_) | Error::AccountChanged(_) => {
                self.health.record_stranger(&error.to_string());
            }
        }
        LookError::Recorded
    }
}

/// A change that nothing here made: a partial close, another symbol, another side.
pub(super) fn describe_change(was: &Position, is: &Position) -> Option<String> {
    if was.volume != is.volume {
        return Some(format!("{} lots were {}", is.volume, was.volume));
    }
    if was.symbol != is.symbol || was.side != is.side {
        return Some(format!("{} {} was {} {}", is.side, is.symbol, was.side, was.symbol));
    }
    None
}
