//! Closes the canary's position, and keeps going.
//!
//! It may have to be closed while the gateway is away, or while the broker refuses: it looks for the gateway until the time
//! is over, sends a CLOSE again only after a list showed the ticket, and names the missing part of the proof where the close
//! is never proved. Nothing more is sent to a program that is not the gateway.

use std::collections::BTreeSet;
use std::slice::from_ref;
use std::time::Duration;

use rust_decimal::Decimal;

use super::{Canary, CloseReport, earlier};
use crate::clock::Deadline;
use crate::evidence::basis::Basis;
use crate::evidence::body::{CloseIntent, CloseOutcomeRecord};
use crate::evidence::outcome::CloseOutcome;
use crate::failure::{Code, Failure};
use crate::proof::absence::Known;
use crate::proof::close::{self, CloseFinding, CloseVerdict};
use crate::proof::money::{self, Between};
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::units::Ticket;

/// Time between two attempts to reach a gateway that went away.
const PAUSE: Duration = Duration::from_secs(1);
/// Number of rounds of closing, each with several sends, after which a gateway that refuses is left to a person.
const ROUNDS: u32 = 3;

/// Prices raise the margin of the same positions by less than this during a canary.
const MARGIN_DRIFT: Decimal = Decimal::from_parts(1005, 0, 0, false, 3);

/// The state in which a position is closed repeatedly.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClosingState {
    /// Whether a list showed that the position is gone: then no CLOSE is sent first, and only the proof is looked for.
    pub(super) is_gone: bool,
    /// Whether a stop was requested already: then the next request ends the closing. Otherwise the second one does.
    pub(super) stop_requested: bool,
}

impl Canary<'_, '_, '_> {
    /// Closes repeatedly, until it is proved or the time is over.
    pub(super) fn close_until_proved(
        &mut self,
        position: &Position,
        others: &BTreeSet<Ticket>,
        state: ClosingState,
        until: Deadline,
    ) -> CloseReport {
        let (clock, ticket) = (self.deps.clock, position.ticket);
        let credit = &self.options.expectations.credit;
        self.deps.stop.ignore_next(usize::from(!state.stop_requested));
        self.client.set_policy(self.options.reads, until);
        let (mut rounds, mut claims_closed, mut last) = (0, false, String::new());
        // The first CLOSE needs only the gateway; each further one needs a list that shows the ticket.
        let mut may_send = !state.is_gone;
        loop {
            let looked = match self.client.identify() {
                Err(error) => Err(error),
                Ok(_) if may_send => Ok(None),
                Ok(_) => {
                    let before = earlier(&self.statements, clock.monotonic());
                    let between = Between { opened: from_ref(position), ..Between::default() };
                    let known = Known {
                        before: &before,
                        between,
                        staying: others,
                        ..Known::new(others, credit)
                    };
                    close::look(self.client, position, known, claims_closed).map(Some)
                }
            };
            let finding = match looked {
                Err(error) => CloseFinding::from_error(&error),
                Ok(Some(finding)) if finding.verdict != CloseVerdict::StillOpen => {
                    if let CloseVerdict::Closed(closed) = &finding.verdict {
                        self.record(found_closed(ticket, &finding.why, closed.basis()));
                    }
                    finding
                }
                Ok(Some(finding)) if rounds == ROUNDS => {
                    let why = format!("it was not closed in {ROUNDS} rounds; {last}");
                    CloseFinding { why, may_retry: false, ..finding }
                }
                Ok(_) => {
                    (rounds, may_send) = (rounds + 1, false);
                    let finding = self.close(position, others, until);
                    (claims_closed, last) = (finding.claims_closed, finding.why.clone());
                    finding
                }
            };
            let ends = !finding.may_retry
                || finding.outcome() == CloseOutcome::Closed
                || self.deps.stop.check().is_err()
                || until.left(clock) <= PAUSE
                || clock.sleep(PAUSE).is_err();
            if ends {
                return CloseReport::new(ticket, finding);
            }
        }
    }

    /// A last account that uses more margin than one without the position may hold it again: a broker can cancel a deal.
    pub(super) fn look_after_close(&mut self, account: &Account) -> Result<(), Failure> {
        let Some(close) = &mut self.report.close else { return Ok(()) };
        let ticket = close.ticket;
        let uses_too_much = self.statements.last().is_some_and(|kept| {
            let (then, now) = (kept.account.margin.value(), account.margin.value());
            match kept.positions.iter().any(|position| position.ticket == ticket) {
                true => now >= then,
                false => now > then * MARGIN_DRIFT,
            }
        });
        if close.result != CloseOutcome::Closed || !money::uses_margin(account) || !uses_too_much {
            return Ok(());
        }
        let listed = self.client.positions().map(|answer| answer.reply);
        let Ok(Ok(list)) = listed else { return Ok(()) };
        if !list.positions.iter().any(|position| position.ticket == ticket) {
            return Ok(());
        }
        close.result = CloseOutcome::StillOpen;
        close.why = "it was gone, and a later list shows it again".to_owned();
        close.basis = Basis::default();
        let failure = not_closed(close);
        let record = found(ticket, close.result, close.why.clone(), Basis::default());
        self.record(record);
        Err(failure)
    }

    /// Closes once, with an intent before it and the outcome after it in the evidence.
    fn close(
        &mut self,
        position: &Position,
        others: &BTreeSet<Ticket>,
        until: Deadline,
    ) -> CloseFinding {
        let (ticket, options) = (position.ticket, self.options);
        let (symbol, volume) = (position.symbol.clone(), position.volume.clone());
        self.record(CloseIntent { ticket, symbol, volume });
        let before = earlier(&self.statements, self.deps.clock.monotonic());
        let closing = close::Options {
            position,
            others,
            before: &before,
            order_timeout: options.order_timeout,
            settle: options.settle,
            credit: &options.expectations.credit,
            until,
        };
        let finding = close::close(self.client, self.deps.clock, self.deps.permit, &closing)
            .unwrap_or_else(|error| CloseFinding::from_error(&error));
        self.keep_shown(finding.listed.clone());
        (self.deps.kill_point)("after-close");
        self.record(CloseOutcomeRecord {
            ticket,
            result: finding.outcome(),
            why: finding.why.clone(),
            reply: finding.reply.clone(),
            readings: finding.reading.into_iter().collect(),
            balance_after: None,
            basis: finding.basis(),
        });
        finding
    }
}

/// The record of a position that somebody else closed, or a run that was killed before it could say so.
pub(super) fn found_closed(ticket: Ticket, witness: &str, basis: Basis) -> CloseOutcomeRecord {
    found(ticket, CloseOutcome::Closed, format!("found closed: {witness}"), basis)
}

/// The record of an outcome that was found without a CLOSE.
fn found(ticket: Ticket, result: CloseOutcome, why: String, basis: Basis) -> CloseOutcomeRecord {
    CloseOutcomeRecord {
        ticket,
        result,
        why,
        reply: None,
        readings: vec![],
        balance_after: None,
        basis,
    }
}

/// The failure of a position that is not proved closed: the one outcome that must not be missed.
pub(super) fn not_closed(closed: &CloseReport) -> Failure {
    let ticket = closed.ticket;
    let message = format!("THE CANARY'S POSITION {ticket} IS NOT PROVED CLOSED");
    Failure::new(Code::CanaryOpen, message).with_cause(&closed.why).with_remedy(format!(
        "mt5crs emergency-close --ticket {ticket}, or close it by hand at the terminal"
    ))
}
