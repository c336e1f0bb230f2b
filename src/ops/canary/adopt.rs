//! Resumes the open canary of an earlier run, and watches or closes it. Nothing is ever opened here.
//!
//! The evidence holds the position as open, and the gateway itself, or a person, named its ticket: a position that was found
//! by its likeness alone may be somebody else's (hazard 10). The gateway must list it. Decision, latency and breaker are
//! not checked, because resuming increases no risk; with an engaged breaker, the watch closes the position at once. A watch
//! is refused where the account is not the expected one.

use std::collections::BTreeSet;

use super::close::{ClosingState, found_closed, not_closed};
use super::watch::{HourlyDrift, WatchedPosition};
use super::{Adopted, Canary};
use crate::check::{Check, Status, Verdict};
use crate::clock::Deadline;
use crate::evidence::EvidenceError;
use crate::evidence::book::OpenCanary;
use crate::evidence::outcome::CloseOutcome;
use crate::failure::{Code, Failure, cause_of};
use crate::ops::sync::checks;
use crate::proof::absence::{self, Known, TicketState};
use crate::proof::close;
use crate::proof::intents::{self, ResolveError};
use crate::proof::money::{self, Statement};
use crate::protocol::account::Account;
use crate::protocol::positions::{self, Position};
use crate::units::Ticket;
use uuid::Uuid;

impl Canary<'_, '_, '_> {
    /// Finds the open canary, asks for confirmation, and watches or closes it.
    pub(super) fn adopt(&mut self) -> Result<Verdict, Failure> {
        let (run, position, others) = self.find_open()?;
        if self.options.dry_run {
            return Ok(Verdict::Pass);
        }
        (self.deps.confirm)(&self.report)?;
        let ended = match &self.options.monitor {
            Some(monitor) => {
                let drift = monitor.drift.as_ref().map(HourlyDrift::new);
                let listed = None;
                self.watch(
                    monitor,
                    WatchedPosition { position, others, listed, drift, adopted: true },
                )
            }
            None => {
                let state = ClosingState { is_gone: false, stop_requested: false };
                let until = Deadline::after(self.deps.clock, self.options.closing);
                let closed = self.close_until_proved(&position, &others, state, until);
                let closed = self.report.close.insert(closed);
                match closed.result {
                    CloseOutcome::Closed => Ok(Verdict::Pass),
                    _ => Err(not_closed(closed)),
                }
            }
        };
        let ended = ended.and_then(|verdict| Ok(verdict.max(self.account_for_order(run)?)));
        // The balance before it was opened is unknown here, and the run that opened it has an end of its own.
        self.finish(ended)
    }

    /// The position, and the tickets that are open beside it. The report gets the guards and the position.
    fn find_open(&mut self) -> Result<(Uuid, Position, BTreeSet<Ticket>), Failure> {
        self.client.identify().map_err(|error| self.read_failure(&error))?;
        let evidence = self.deps.records.evidence;
        let damaged = |error: EvidenceError| refusal(error.to_string(), "mt5crs evidence verify");
        let owned = evidence.check_owner(&self.options.failure_context.endpoint, None);
        let owned = owned.map(|()| ((), "of this endpoint".to_owned()));
        self.guard("evidence-owner", owned.map_err(damaged))?;
        self.resolve_intents()?;
        let canaries = evidence.open_canaries().map_err(damaged)?;
        let canary = self.guard("open-canary", only_one(canaries))?;
        let named = intents::is_named(evidence, canary.run, canary.ticket).map_err(damaged)?;
        self.guard("named-ticket", is_named(canary.ticket, named))?;
        let answer = self.client.positions().map_err(|error| self.read_failure(&error))?;
        let (list, found) = match answer.reply {
            Ok(list) => {
                let found = self.look_up(&canary, &list.positions)?;
                (list.positions, found)
            }
            Err(refused) => (vec![], Err(refusal(refused.to_string(), refused.code.remedy()))),
        };
        let position = self.guard("in-the-list", found)?;
        let read = self.read_account(&list, canary.ticket)?;
        if self.options.monitor.is_some() {
            let expected = self.is_expected(read.as_ref().map(|(account, _)| account));
            self.guard("identity-expected", expected)?;
        }
        if let Some((account, positions)) = read {
            self.report.balance_before = Some(account.balance.clone());
            self.keep_statement(account, positions);
        }
        self.report.plan.symbol = position.symbol.clone();
        self.report.plan.volume = position.volume.clone();
        let OpenCanary { run, ticket, since, .. } = canary;
        self.report.adopted = Some(Adopted { run, since, position: position.clone() });
        let mut others = positions::tickets(&list);
        others.remove(&ticket);
        self.keep_shown(list);
        Ok((run, position, others))
    }

    /// Accounts for the tickets that are new since the order of that run: another part of it may still be open. Trades of
    /// days may lie between, so later than some minutes only one of at most its volume counts.
    fn account_for_order(&mut self, run: Uuid) -> Result<Verdict, Failure> {
        match intents::order_of(self.deps.records.evidence, run) {
            Ok(Some(intent)) => {
                let before = intent.tickets_before.iter().copied().collect();
                // A broker that raised the volume may have filled any volume beside this position.
                let adopted = self.report.adopted.as_ref().map(|adopted| &adopted.position.volume);
                let ordered = &intent.order.volume;
                let is_raised = adopted.is_some_and(|it| it.value() > ordered.value());
                let age = self.deps.clock.now().duration_since(intent.signed_at).unsigned_abs();
                let is_old = age > money::RUN && !is_raised;
                self.account_for(&before, is_old.then_some(ordered))
            }
            Ok(None) => Ok(Verdict::Pass),
            Err(error) => {
                self.warnings.push(format!("whether the order opened more can't be told: {error}"));
                Ok(Verdict::Warn)
            }
        }
    }

    /// The account that fits the list, with the list; both are read once more where they don't fit, because a failed read
    /// may be over, and still hold the ticket then. `None` where the account can't be read, which does not prevent closing.
    fn read_account(
        &mut self,
        list: &[Position],
        ticket: Ticket,
    ) -> Result<Option<(Account, Vec<Position>)>, Failure> {
        let read = self.client.account().map_err(|error| self.read_failure(&error))?.reply;
        let mut read = read.ok().map(|account| (account, list.to_vec()));
        let credit = &self.options.expectations.credit;
        let is_mismatched = |(account, positions): &(Account, Vec<Position>)| {
            money::is_mismatched(Statement { account, positions }, credit)
        };
        let may_lag = |(account, positions): &(Account, Vec<Position>)| {
            money::may_lag(Statement { account, positions }, credit)
        };
        let is_doubtful = |read| is_mismatched(read) || may_lag(read);
        if read.as_ref().is_some_and(is_doubtful) {
            self.deps.clock.sleep(intents::LAG).map_err(Failure::interrupted)?;
            read = close::read_statement(self.client).map_err(|error| self.read_failure(&error))?;
        }
        let fits = match &read {
            None => Ok(((), "the account can't be read".to_owned())),
            Some(read) if is_mismatched(read) || !shows(&read.1, ticket) => Err(refusal(
                "the account does not fit the list: the terminal moved to another account, or one of the two lies",
                "look at the account that the terminal is logged in to, then run it again",
            )),
            Some(_) => Ok(((), "list and account fit together".to_owned())),
        };
        self.guard("account-fits", fits)?;
        Ok(read)
    }

    /// A watch that expects another account would halt at its first looks and close the position: a mistake in a setting
    /// must not do that. A close without a watch expects nothing.
    fn is_expected(&self, account: Option<&Account>) -> Result<((), String), Failure> {
        let check = checks::identity_expected(account, &self.options.expectations.expected);
        if check.status == Status::Fail {
            return Err(refusal(
                format!("the account is not the expected one: {}", check.found),
                "look at the account that the terminal is logged in to, or correct MT5CRS_EXPECT_LOGIN, _SERVER, _TRADE_MODE, _CURRENCY",
            ));
        }
        Ok(((), check.found))
    }

    /// Adds a guard to the report: what was found, in words, or the refusal.
    fn guard<T>(
        &mut self,
        name: &'static str,
        found: Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        let check = match &found {
            Ok((_, words)) => Check::pass(words),
            Err(failure) => Check::fail(failure.causes().join("; ")).with_remedy(failure.remedy()),
        };
        let expected =
            "one open canary, named by the gateway, in its list, and an account that fits";
        self.report.guards.push(check.named(name).expecting(expected));
        found.map(|(value, _)| value)
    }

    /// An order that was sent just before a kill may be the canary's. One that stays unknown is a warning, because the
    /// position of the known canary can be taken up all the same.
    fn resolve_intents(&mut self) -> Result<(), Failure> {
        let credit = &self.options.expectations.credit;
        let deps = &*self.deps;
        match intents::resolve(self.client, deps.clock, &deps.records, None, credit, deps.deadline)
        {
            Ok(found) => {
                let unresolved = intents::unresolved(&found.intents);
                self.warnings.extend(unresolved.map(|failure| failure.causes().join("; ")));
            }
            Err(ResolveError::Gateway(error)) => return Err(self.read_failure(&error)),
            Err(ResolveError::Evidence(error)) => self.warnings.push(error.to_string()),
        }
        Ok(())
    }

    /// The listed position, in the inner result, or the refusal to take it up. A position that is proved gone is recorded
    /// as closed.
    fn look_up(
        &mut self,
        canary: &OpenCanary,
        list: &[Position],
    ) -> Result<Result<(Position, String), Failure>, Failure> {
        let (ticket, known) = (canary.ticket, positions::tickets(list));
        let credit = &self.options.expectations.credit;
        let known = Known::new(&known, credit);
        let state = absence::look_up(self.client, list, ticket, known)
            .map_err(|error| self.read_failure(&error))?;
        Ok(Err(match state {
            TicketState::Open(position) => match &canary.symbol {
                Some(symbol) if *symbol != position.symbol => refusal(
                    format!("{ticket} is in {}, and was opened in {symbol}", position.symbol),
                    "look at the terminal: the evidence holds another position",
                ),
                _ => return Ok(Ok((position.clone(), format!("the list holds {ticket}")))),
            },
            TicketState::Unproved(missing) => refusal(
                format!("{ticket} is not in the list, which can't be believed: {missing}"),
                "mt5crs positions, and look at the terminal",
            ),
            TicketState::Gone(absent) => {
                let closed = found_closed(ticket, &absent.to_string(), absent.basis()).into();
                let recorded = match self.deps.records.add(self.deps.clock, &closed) {
                    Ok(()) => String::new(),
                    Err(error) => format!("; this could not be recorded: {}", cause_of(&error)),
                };
                refusal(
                    format!("{ticket} is gone, closed by somebody else: {absent}{recorded}"),
                    "nothing is left to take up",
                )
            }
        }))
    }
}

fn shows(list: &[Position], ticket: Ticket) -> bool {
    list.iter().any(|position| position.ticket == ticket)
}

fn only_one(mut canaries: Vec<OpenCanary>) -> Result<(OpenCanary, String), Failure> {
    let tickets: Vec<String> = canaries.iter().map(|canary| canary.ticket.to_string()).collect();
    match (canaries.pop(), tickets.len()) {
        (None, _) => Err(refusal(
            "the evidence holds no canary that is open",
            "mt5crs canary opens one; mt5crs evidence show lists earlier ones",
        )),
        (Some(canary), 1) => {
            let words =
                format!("{} of run {}, open since {}", canary.ticket, canary.run, canary.since);
            Ok((canary, words))
        }
        (Some(_), count) => Err(refusal(
            format!("{count} canaries are open: {}", tickets.join(", ")),
            "close all but one of them: mt5crs emergency-close --ticket NUMBER",
        )),
    }
}

fn is_named(ticket: Ticket, named: bool) -> Result<((), String), Failure> {
    if named {
        return Ok(((), format!("{ticket} was named when it was opened")));
    }
    Err(refusal(
        format!("{ticket} was found by its likeness alone, and may be somebody else's"),
        format!(
            "look at the terminal; if it is the canary's, mt5crs emergency-close --ticket {ticket}"
        ),
    ))
}

fn refusal(why: impl Into<String>, remedy: impl Into<String>) -> Failure {
    let message = "refused to take up a canary; no order was sent";
    Failure::new(Code::NothingToResume, message).with_cause(why.into()).with_remedy(remedy)
}
