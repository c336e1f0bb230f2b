//! Proves the outcome of an OPEN by position lists alone.
//!
//! The gateway's answer is a claim: FILLED with a ticket of 0 is a rejection or a broker's time-out (hazard 1), FILLED
//! with a ticket may be a stub's invention (hazard 5), and a lost answer says nothing (hazard 15). So the lists are read
//! until one holds the order, or until it is proved that none ever will:
//!
//! - The gateway takes a signature only within its TTL, by its own clock, and handles one request at a time. A list whose
//!   own time is past the signature's time + TTL + settle time, and that credibly lacks the order, was made when the
//!   order could neither be accepted any longer nor still be on its way to the broker (PROTOCOL.md, section 3). This
//!   assumes a gateway that validates signatures, which the wire can't tell, and the proof says so.
//! - Where the gateway said that it opened nothing, the settle time since that answer is enough.
//! - A ticket that the gateway named and that no list ever holds stays unknown: a mock, a stub, a netting account and a
//!   failed read look the same.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::{Judgement, absence};
use crate::clock::{Clock, Deadline};
use crate::evidence::body::{OpenIntent, Reading};
use crate::evidence::outcome::OpenOutcome;
use crate::link::order::Claim;
use crate::link::{Answer, Client, Error};
use crate::protocol::open::Filled;
use crate::protocol::positions::{Position, Positions};
use crate::protocol::{ErrorCode, Executed};
use crate::units::{Money, Ticket};

/// Time between two lists: short enough to see a fill soon, long enough to leave the gateway to its work.
const INTERVAL: Duration = Duration::from_millis(250);

/// The gateway's claim about the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimSummary {
    /// FILLED, with this ticket.
    Filled(Ticket),
    /// FILLED with a ticket of 0, which fills nothing.
    FilledNothing,
    /// Refused. The code tells whether the order was dispatched.
    Refused(ErrorCode),
    /// No usable answer: none came, or one that breaks the protocol.
    Silence,
}

impl From<&Claim<Filled>> for ClaimSummary {
    fn from(claim: &Claim<Filled>) -> Self {
        match claim {
            Claim::Done(filled) if filled.ticket.is_real() => Self::Filled(filled.ticket),
            Claim::Done(_) => Self::FilledNothing,
            Claim::Refused(refusal) => Self::Refused(refusal.code.clone()),
            Claim::Garbled(_) | Claim::Lost(_) => Self::Silence,
        }
    }
}

/// A claim in words.
pub fn describe(claim: &Claim<Filled>) -> String {
    match claim {
        Claim::Done(filled) if filled.ticket.is_real() => {
            format!("FILLED, ticket {}", filled.ticket)
        }
        Claim::Done(_) => "FILLED with ticket 0, which fills nothing".to_owned(),
        Claim::Refused(refusal) => refusal.to_string(),
        Claim::Garbled(complaint) => format!("an answer that breaks the protocol: {complaint}"),
        Claim::Lost(error) => format!("no answer: {error}"),
    }
}

/// The outcome of an OPEN, with the lists that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFinding {
    /// The outcome.
    pub outcome: OpenOutcome,
    /// Whether the gateway named the position's ticket. A position that was only found by its likeness is never closed
    /// by itself (hazard 10).
    pub named: bool,
    /// The lists that were read: the first and the last few of them.
    pub readings: Vec<Reading>,
}

/// Reads lists until the outcome of the order is proved, or until `until`. `credit` is the part of a flat account's
/// equity beyond its balance.
pub fn find_out(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    intent: &OpenIntent,
    claim: &ClaimSummary,
    credit: &Money,
    until: Deadline,
) -> Result<OpenFinding, Error> {
    let mut search = Search {
        intent,
        before: intent.tickets_before.iter().copied().collect(),
        claim,
        credit,
        began: clock.monotonic(),
        readings: vec![],
    };
    loop {
        let decision = match client.positions() {
            Ok(answer) => search.judge(client, clock, &answer),
            Err(error) => Err(error),
        };
        let why = match decision {
            Ok(Decision::Final { outcome, named }) => {
                return Ok(OpenFinding { outcome, named, readings: search.readings });
            }
            Ok(Decision::Pending(why)) => why,
            Err(Error::Stopped(stopped)) => return Err(stopped.into()),
            Err(error) => error.to_string(),
        };
        if until.left(clock) <= INTERVAL {
            let outcome = OpenOutcome::Unknown { why };
            return Ok(OpenFinding { outcome, named: false, readings: search.readings });
        }
        clock.sleep(INTERVAL)?;
    }
}

/// The decision by one list.
enum Decision {
    Final {
        outcome: OpenOutcome,
        named: bool,
    },
    /// A later list may decide; holds why this one can't.
    Pending(String),
}

struct Search<'s> {
    intent: &'s OpenIntent,
    /// Every ticket that was open before the order.
    before: BTreeSet<Ticket>,
    claim: &'s ClaimSummary,
    credit: &'s Money,
    /// On the monotonic clock.
    began: Duration,
    readings: Vec<Reading>,
}

impl Search<'_> {
    fn judge(
        &mut self,
        client: &mut Client<'_>,
        clock: &dyn Clock,
        answer: &Answer<Positions>,
    ) -> Result<Decision, Error> {
        let list = match &answer.reply {
            Ok(list) => list,
            Err(refusal) => return Ok(Decision::Pending(refusal.to_string())),
        };
        self.keep_reading(Reading::of(answer.sent_at, list, &answer.raw));
        if let Some(decision) = self.find(&list.positions) {
            return Ok(decision);
        }
        let waited = clock.monotonic().saturating_sub(self.began);
        let is_decisive = match self.claim {
            ClaimSummary::FilledNothing | ClaimSummary::Refused(_) => waited >= self.settle(),
            ClaimSummary::Silence | ClaimSummary::Filled(_) => {
                list.reported_at >= self.last_chance()
            }
        };
        if !is_decisive {
            let reported_at = list.reported_at;
            let why = format!("the list of {reported_at} lacks it, and is too early to decide");
            return Ok(Decision::Pending(why));
        }
        Ok(match absence::judge(client, &list.positions, &self.before, self.credit)? {
            Judgement::Unproved { doubt } => Decision::Pending(doubt),
            Judgement::Proved { witness } => {
                Decision::Final { outcome: self.absent(list.reported_at, &witness), named: false }
            }
        })
    }

    /// Looks for a new ticket that matches the order in symbol, side and volume; a partial fill matches.
    fn find(&self, list: &[Position]) -> Option<Decision> {
        let ordered = &self.intent.order;
        let matches = |position: &&Position| {
            !self.before.contains(&position.ticket)
                && position.symbol == ordered.symbol
                && position.side == ordered.side
                && position.volume.value() > Decimal::ZERO
                && position.volume.value() <= ordered.volume.value()
        };
        let mut alike = list.iter().filter(matches);
        let (position, named) = match self.claim {
            // Other tickets than the one that the gateway named may be anybody's.
            ClaimSummary::Filled(ticket) => (alike.find(|found| found.ticket == *ticket)?, true),
            _ => {
                let position = alike.next()?;
                let others = alike.count();
                if others > 0 {
                    let why = format!("{} new positions look like the order", others + 1);
                    let outcome = OpenOutcome::Unknown { why };
                    return Some(Decision::Final { outcome, named: false });
                }
                (position, false)
            }
        };
        let outcome =
            OpenOutcome::Executed { ticket: position.ticket, position: Box::new(position.clone()) };
        Some(Decision::Final { outcome, named })
    }

    /// How long after the claim the order may still show up. An order that was never dispatched has no such time.
    fn settle(&self) -> Duration {
        match self.claim {
            ClaimSummary::Refused(code) if code.executed() == Executed::No => Duration::ZERO,
            _ => Duration::from_millis(self.intent.settle_ms),
        }
    }

    /// The gateway's time after which the order can neither be accepted nor still be on its way.
    fn last_chance(&self) -> Timestamp {
        let OpenIntent { signed_at, signature_ttl_ms, settle_ms, .. } = self.intent;
        let span = Duration::from_millis(signature_ttl_ms.saturating_add(*settle_ms));
        let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        signed_at.checked_add(span).unwrap_or(Timestamp::MAX)
    }

    /// The outcome where a decisive list credibly lacks the order.
    fn absent(&self, reported_at: Timestamp, witness: &str) -> OpenOutcome {
        let settle = self.settle();
        let mut code = None;
        let why = match self.claim {
            ClaimSummary::Filled(ticket) => {
                let why = format!(
                    "the gateway said FILLED with ticket {ticket}, and no list holds it: a mock, a stub, a netting account or a failed read"
                );
                return OpenOutcome::Unknown { why };
            }
            ClaimSummary::Refused(refused) => {
                code = Some(refused.to_string());
                match settle.is_zero() {
                    true => {
                        format!("refused before it was dispatched, and not in the book: {witness}")
                    }
                    false => format!("not in the book after {settle:?}: {witness}"),
                }
            }
            ClaimSummary::FilledNothing => format!("not in the book after {settle:?}: {witness}"),
            ClaimSummary::Silence => {
                let ttl = Duration::from_millis(self.intent.signature_ttl_ms);
                format!(
                    "not in the gateway's list of {reported_at}, when its signature had been past the TTL of {ttl:?} for the settle time of {settle:?}: {witness}; this rests on the gateway's validating signatures"
                )
            }
        };
        OpenOutcome::NotExecuted { why, code }
    }

    /// Keeps the first list and the latest ones: enough to show what a finding rests on, however long it took.
    fn keep_reading(&mut self, reading: Reading) {
        const KEPT: usize = 4;
        if self.readings.len() == KEPT {
            self.readings.remove(1);
        }
        self.readings.push(reading);
    }
}
