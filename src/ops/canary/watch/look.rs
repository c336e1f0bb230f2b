//! One look: PING, account, positions, the breaker's file, and drift when it is due.
//!
//! Each question gets one attempt, and no longer than the silence that is allowed; what fails is noted and judged, and
//! the next look asks again on a new connection.

use std::time::Duration;

use super::report::Tally;
use super::{Held, Monitor};
use crate::clock::{Deadline, Stopped, micros};
use crate::guard::breaker;
use crate::guard::health::{Health, Limits, SILENCE};
use crate::link::session::AskError;
use crate::link::transport::LinkError;
use crate::link::{Error, ReadPolicy};
use crate::ops::canary::close::CloseContext;
use crate::ops::sync::checks;
use crate::proof::{Judgement, absence};
use crate::protocol::Refusal;
use crate::protocol::account::Account;
use crate::protocol::ping::Ping;
use crate::protocol::positions::Position;
use crate::report::Status;
use crate::units::{Money, Price};

/// A watch as it goes on.
pub(super) struct Looker<'l, 'd, 'c, 'm> {
    pub(super) context: &'l mut CloseContext<'d, 'c, 'm>,
    pub(super) monitor: &'l Monitor,
    pub(super) held: Held,
    pub(super) health: Health,
    pub(super) seen: Seen,
    pub(super) tally: Tally,
}

/// What the last look saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) rtt_us: Option<u64>,
    pub(super) equity: Option<Money>,
    pub(super) current_price: Option<Price>,
    pub(super) profit: Option<Money>,
}

/// Why a round of questions was broken off.
enum Broken {
    Stopped(Stopped),
    /// Noted, and judged.
    Off,
}

impl<'l, 'd, 'c, 'm> Looker<'l, 'd, 'c, 'm> {
    pub(super) fn new(
        context: &'l mut CloseContext<'d, 'c, 'm>,
        monitor: &'l Monitor,
        held: Held,
    ) -> Self {
        let limits =
            Limits { warning: monitor.latency_warn, critical: context.options.latency_limit };
        let tally = Tally::new(monitor, &held);
        Self { context, monitor, held, health: Health::new(limits), seen: Seen::default(), tally }
    }

    /// Looks once. Everything but a wish to stop goes into the health.
    pub(super) fn look(&mut self) -> Result<(), Stopped> {
        self.health.record_breaker(breaker::engaged(&self.context.options.breaker));
        let now = self.context.deps.clock.monotonic();
        if let Some(look) = self.held.drift.as_mut().and_then(|drift| drift.read_if_due(now)) {
            self.health.record_drift(now, look);
            self.tally.drift(look);
        }
        match self.round() {
            Ok(()) => self.health.record_answers(),
            Err(Broken::Off) => {}
            Err(Broken::Stopped(stopped)) => return Err(stopped),
        }
        Ok(())
    }

    fn round(&mut self) -> Result<(), Broken> {
        self.ping()?;
        let asked = self.ask_for();
        let account = match self.context.client.account() {
            Err(error) => return Err(self.note(asked, &error)),
            Ok(answer) => self.account(answer.reply),
        };
        let asked = self.ask_for();
        let list = match self.context.client.positions() {
            Err(error) => return Err(self.note(asked, &error)),
            Ok(answer) => answer.reply,
        };
        match list {
            Err(refusal) => self.failed(&refusal.to_string()),
            Ok(list) => self.positions(&list.positions, account.as_ref())?,
        }
        Ok(())
    }

    fn ping(&mut self) -> Result<(), Broken> {
        let asked = self.ask_for();
        let clock = self.context.deps.clock;
        let until = Deadline::after(clock, self.context.options.reads.timeout)
            .min(Deadline::after(clock, self.patience(asked)));
        let answered = match self.context.client.session() {
            Err(error) => return Err(self.note(asked, &error)),
            Ok(session) => session.ask(Ping, until),
        };
        match answered {
            Ok(answer) => {
                self.health.record_round_trip(answer.rtt);
                self.tally.round_trip(answer.rtt, self.context.options.latency_limit);
                self.seen.rtt_us = Some(micros(answer.rtt));
                if let Err(refusal) = answer.reply {
                    self.health.record_stranger(&format!("a PING was refused: {refusal}"));
                    return Err(Broken::Off);
                }
                Ok(())
            }
            Err(error) => {
                self.context.client.hang_up();
                Err(match error {
                    AskError::Link(LinkError::Stopped(stopped)) => Broken::Stopped(stopped),
                    AskError::Link(error) => self.silent(asked, &error.to_string()),
                    error => {
                        self.failed(&error.to_string());
                        Broken::Off
                    }
                })
            }
        }
    }

    /// The account, where it can be accepted.
    fn account(&mut self, reply: Result<Account, Refusal>) -> Option<Account> {
        let account = match reply {
            Err(refusal) => {
                self.failed(&refusal.to_string());
                return None;
            }
            Ok(account) => account,
        };
        self.seen.equity = Some(account.equity.clone());
        let expected = &self.context.options.judging.expected;
        let check = checks::identity_expected(Some(&account), expected);
        if check.status == Status::Fail {
            self.failed(&format!("another account answers: {}", check.found));
        }
        Some(account)
    }

    fn positions(&mut self, list: &[Position], account: Option<&Account>) -> Result<(), Broken> {
        let ticket = self.held.position.ticket;
        let Some(position) = list.iter().find(|position| position.ticket == ticket) else {
            return self.absent(list);
        };
        let others = list.iter().map(|position| position.ticket).filter(|other| *other != ticket);
        self.held.others = others.collect();
        if let Some(change) = changed(&self.held.position, position) {
            self.health
                .record_lost_position(format!("position {ticket} changed unasked: {change}"));
        }
        let equity = account.map(|account| account.equity.to_string()).unwrap_or_default();
        let figures = format!("{} {} {equity}", position.current_price, position.profit);
        self.health.record_figures(self.context.deps.clock.monotonic(), figures);
        self.seen.current_price = Some(position.current_price.clone());
        self.seen.profit = Some(position.profit.clone());
        Ok(())
    }

    /// A list without it says that it is gone only where it can be believed; else the list is the error.
    fn absent(&mut self, list: &[Position]) -> Result<(), Broken> {
        let asked = self.ask_for();
        let credit = &self.context.options.judging.credit;
        match absence::judge(self.context.client, list, &self.held.others, credit) {
            Err(error) => return Err(self.note(asked, &error)),
            Ok(Judgement::Unproved { doubt }) => self.failed(&doubt),
            Ok(Judgement::Proved { witness }) => {
                let ticket = self.held.position.ticket;
                self.health.record_lost_position(format!(
                    "position {ticket} is gone, and nothing here closed it: {witness}"
                ));
                self.tally.gone = true;
            }
        }
        Ok(())
    }

    /// One attempt for the next question, and no longer than silence may last. Answers when it is asked.
    fn ask_for(&mut self) -> Duration {
        let clock = self.context.deps.clock;
        let now = clock.monotonic();
        let policy = ReadPolicy { attempts: 1, ..self.context.options.reads };
        self.context.client.set_policy(policy, Deadline::after(clock, self.patience(now)));
        now
    }

    fn patience(&self, now: Duration) -> Duration {
        SILENCE.saturating_sub(self.health.silence(now).unwrap_or_default())
    }

    fn failed(&mut self, why: &str) {
        self.health.record_error(self.context.deps.clock.monotonic(), why);
        self.tally.error(why, true);
    }

    fn silent(&mut self, asked: Duration, why: &str) -> Broken {
        if self.health.silence(asked).is_none() {
            self.tally.error(why, false);
        }
        self.health.record_silence(asked, why);
        Broken::Off
    }

    fn note(&mut self, asked: Duration, error: &Error) -> Broken {
        match error {
            Error::Stopped(stopped) => return Broken::Stopped(*stopped),
            Error::NoAnswer { last, .. } => return self.silent(asked, &last.to_string()),
            Error::Malformed { complaint, .. } => self.failed(&format!("{error}: {complaint}")),
            Error::NotZeroMq(_) | Error::NotTheGateway(_) => {
                self.health.record_stranger(&error.to_string());
            }
        }
        Broken::Off
    }
}

/// What nobody here asked for: a closing in part, another symbol, another side.
pub(super) fn changed(was: &Position, is: &Position) -> Option<String> {
    if was.volume != is.volume {
        return Some(format!("{} lots were {}", is.volume, was.volume));
    }
    if was.symbol != is.symbol || was.side != is.side {
        return Some(format!("{} {} was {} {}", is.side, is.symbol, was.side, was.symbol));
    }
    None
}
