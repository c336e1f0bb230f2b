//! Closing the canary's position: once where it was only just opened, and for as long as it takes where it was watched.
//!
//! A watched position may have to be closed just when the gateway is away, so that close keeps going: it looks for the
//! gateway until the time for closing is over, sends a CLOSE again only after a list showed the ticket, and says what is
//! missing where that never comes to a proof. Nothing more is sent to whoever is not the gateway.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{CloseReport, Deps, Options};
use crate::clock::Deadline;
use crate::evidence::body::{Body, CloseIntent, CloseOutcomeRecord};
use crate::evidence::outcome::CloseOutcome;
use crate::failure::{Code, Failure};
use crate::link::{Client, Error};
use crate::proof::close::{self, CloseFinding};
use crate::proof::{Judgement, absence};
use crate::protocol::positions::Position;
use crate::units::Ticket;

/// Between two looks for a gateway that went away.
const PAUSE: Duration = Duration::from_secs(1);
/// Rounds of closing, each with several sends, past which a gateway that refuses is left to a person.
const ROUNDS: u32 = 3;

/// What everything that follows a proved OPEN works with.
pub(super) struct CloseContext<'d, 'c, 'm> {
    pub(super) client: &'d mut Client<'c>,
    pub(super) options: &'d Options,
    pub(super) deps: &'d mut Deps<'m>,
    pub(super) warnings: &'d mut Vec<String>,
}

/// How a watched position is closed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unwind {
    /// Whether it was seen to be gone: then nothing is sent for it, and only the proof is looked for.
    pub(super) gone: bool,
    /// Whether somebody asked to stop, and this is the answer: the next wish ends it. Else the first is granted by going
    /// on, and the second ends it.
    pub(super) asked: bool,
}

/// The outcome of one attempt to close.
struct Attempt {
    outcome: CloseOutcome,
    why: String,
    /// Whether another attempt may close it.
    again: bool,
}

impl Attempt {
    fn closed(why: String) -> Self {
        Self { outcome: CloseOutcome::Closed, why, again: false }
    }

    fn unknown(why: String, again: bool) -> Self {
        Self { outcome: CloseOutcome::Unknown, why, again }
    }

    fn report(self, ticket: Ticket) -> CloseReport {
        CloseReport { ticket, result: self.outcome, why: self.why }
    }
}

impl CloseContext<'_, '_, '_> {
    /// From the OPEN on a record that can't be written stops nothing: it is told.
    pub(super) fn keep(&mut self, body: &Body) {
        if let Err(error) = self.deps.records.add(self.deps.clock, body) {
            self.warnings.push(format!("the {} could not be recorded: {error}", body.kind()));
        }
    }

    /// Closes in one go, within `until`.
    pub(super) fn close(
        &mut self,
        position: &Position,
        others: &BTreeSet<Ticket>,
        until: Deadline,
    ) -> CloseReport {
        self.send(position, others, until).report(position.ticket)
    }

    /// Closes, and keeps at it until the time for closing is over.
    pub(super) fn unwind(
        &mut self,
        position: &Position,
        others: &BTreeSet<Ticket>,
        how: Unwind,
    ) -> CloseReport {
        let clock = self.deps.clock;
        self.deps.stop.ignore_next(usize::from(!how.asked));
        let until = Deadline::after(clock, self.options.closing);
        self.client.set_policy(self.options.reads, until);
        let (mut rounds, mut listed) = (0, !how.gone);
        loop {
            let attempt = match self.look(position.ticket, others, &mut listed) {
                None if rounds == ROUNDS => {
                    let why = format!("it was not closed in {ROUNDS} rounds");
                    Attempt { outcome: CloseOutcome::StillOpen, why, again: false }
                }
                None => {
                    (rounds, listed) = (rounds + 1, false);
                    self.send(position, others, until)
                }
                Some(attempt) => attempt,
            };
            let ends = !attempt.again
                || self.deps.stop.check().is_err()
                || until.left(clock) <= PAUSE
                || clock.sleep(PAUSE).is_err();
            if ends {
                return attempt.report(position.ticket);
            }
        }
    }

    /// Whether a CLOSE may be sent now: `None`. The first needs only the gateway; each further one a list that shows the
    /// ticket.
    fn look(
        &mut self,
        ticket: Ticket,
        others: &BTreeSet<Ticket>,
        listed: &mut bool,
    ) -> Option<Attempt> {
        if let Err(error) = self.client.identify() {
            return Some(failed(&error));
        }
        if *listed {
            return None;
        }
        let list = match self.client.positions() {
            Err(error) => return Some(failed(&error)),
            Ok(answer) => match answer.reply {
                Err(refusal) => return Some(Attempt::unknown(refusal.to_string(), true)),
                Ok(list) => list.positions,
            },
        };
        if list.iter().any(|position| position.ticket == ticket) {
            return None;
        }
        let judged = absence::judge(self.client, &list, others, &self.options.judging.credit);
        Some(match judged {
            Err(error) => failed(&error),
            Ok(Judgement::Unproved { doubt }) => Attempt::unknown(doubt, true),
            Ok(Judgement::Proved { witness }) => {
                self.keep(&found_closed(ticket, &witness).into());
                Attempt::closed(witness)
            }
        })
    }

    fn send(&mut self, position: &Position, others: &BTreeSet<Ticket>, until: Deadline) -> Attempt {
        let ticket = position.ticket;
        self.keep(
            &CloseIntent {
                ticket,
                symbol: position.symbol.clone(),
                volume: position.volume.clone(),
            }
            .into(),
        );
        let closing = self.try_close(position, others, until);
        (self.deps.point)("after-close");
        let (attempt, reply, reading) = match closing {
            Ok(CloseFinding { outcome, why, reply, reading, cannot_close }) => {
                let again = outcome != CloseOutcome::Closed && !cannot_close;
                (Attempt { outcome, why, again }, reply, reading)
            }
            Err(error) => (failed(&error), None, None),
        };
        let record = CloseOutcomeRecord {
            ticket,
            result: attempt.outcome,
            why: attempt.why.clone(),
            reply,
            readings: reading.into_iter().collect(),
            balance_after: None,
        };
        self.keep(&record.into());
        attempt
    }

    fn try_close(
        &mut self,
        position: &Position,
        others: &BTreeSet<Ticket>,
        until: Deadline,
    ) -> Result<CloseFinding, Error> {
        let permit = (self.deps.permit)(self.client.session()?.identity());
        let how = close::Options {
            order_timeout: self.options.order_timeout,
            settle: self.options.settle,
            credit: self.options.judging.credit.clone(),
        };
        close::close(self.client, self.deps.clock, &permit, position, others, &how, until)
    }
}

/// Silence may end; a stranger stays one, and whoever asked to stop twice means it.
fn failed(error: &Error) -> Attempt {
    match error {
        Error::NoAnswer { .. } | Error::Malformed { .. } => {
            Attempt::unknown(error.to_string(), true)
        }
        Error::NotZeroMq(_) | Error::NotTheGateway(_) => Attempt::unknown(error.to_string(), false),
        Error::Stopped(stopped) => {
            Attempt::unknown(format!("{stopped} before it was proved closed"), false)
        }
    }
}

/// The record of a position that somebody else closed, or a run that was killed before it could say so.
pub(super) fn found_closed(ticket: Ticket, witness: &str) -> CloseOutcomeRecord {
    CloseOutcomeRecord {
        ticket,
        result: CloseOutcome::Closed,
        why: format!("found closed: {witness}"),
        reply: None,
        readings: vec![],
        balance_after: None,
    }
}

/// The one outcome that must not be missed.
pub(super) fn not_closed(ticket: Ticket, why: &str) -> Failure {
    let message = format!("THE CANARY'S POSITION {ticket} IS NOT PROVED CLOSED");
    Failure::new(Code::CanaryOpen, message).with_cause(why).with_remedy(format!(
        "mt5crs emergency-close --ticket {ticket}, or close it by hand at the terminal"
    ))
}
