//! Proves the outcome of an OPEN by position lists alone.
//!
//! The gateway's answer is a claim: FILLED with a ticket of 0 is a rejection or a broker's time-out (hazard 1), FILLED
//! with a ticket may be a stub's invention (hazard 5), and a lost answer says nothing (hazard 15). So the lists are read
//! until one holds the order, or until it is proved that none ever will. *Not executed* needs these premises:
//!
//! - *late enough*: the gateway handles one request at a time, and takes a signature only within its TTL by its own clock.
//!   So once a PING's time is past the TTL, the order was handled or will be refused. From that answer on, on our monotonic
//!   clock, the broker has the settle time to book. A gateway clock that stepped proves nothing (hazard 27), and the time of
//!   a list is not used. Where the gateway said itself that it opened nothing, the settle time counts from that answer.
//! - *nothing new*: no list holds a ticket that was not there before the send, whatever it looks like (hazard 28)
//! - *nothing gone*: no position of before the order is closed, because a stop-out may have closed the order's with it
//! - *nothing merged*: the symbol's positions from before the send are as they were; a netting account makes the order part
//!   of one of them
//! - *absence*, with its own premises: see [`absence`]
//!
//! It rests on a gateway that validates signatures, which the wire can't tell, and the proof says so. A ticket that the
//! gateway named and that no list ever holds stays unknown: a mock, a stub, a netting account and a failed read look the
//! same.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::Judgement;
use super::absence::{self, Known};
use super::money::Statement;
use crate::clock::{Clock, Deadline};
use crate::evidence::body::{OpenIntent, Reading};
use crate::evidence::outcome::OpenOutcome;
use crate::link::order::Claim;
use crate::link::{Client, Error};
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::open::Filled;
use crate::protocol::positions::{self, Position};
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

impl ClaimSummary {
    /// Whether the gateway said itself that it opened nothing: then it has handled the order.
    fn is_decided_by_gateway(&self) -> bool {
        matches!(self, Self::FilledNothing | Self::Refused(_))
    }
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
    /// The positions of the last list.
    pub listed: Option<Vec<Position>>,
}

/// Facts of the account beside the order.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// Account and positions before the order, where this run read them.
    pub before: Option<Statement<'f>>,
    /// Part of a flat account's equity beyond its balance.
    pub credit: &'f Money,
}

/// Reads lists until the outcome of the order is proved, or until `until`.
pub fn find_out(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    intent: &OpenIntent,
    claim: &ClaimSummary,
    facts: Facts<'_>,
    until: Deadline,
) -> Result<OpenFinding, Error> {
    let mut search = Search {
        intent,
        before: intent.tickets_before.iter().copied().collect(),
        claim,
        facts,
        settles_from: claim.is_decided_by_gateway().then(|| clock.monotonic()),
        readings: vec![],
        listed: None,
    };
    loop {
        let decision = search.look(client, clock);
        let why = match decision {
            Ok(Decision::Final { outcome, named }) => {
                let Search { readings, listed, .. } = search;
                return Ok(OpenFinding { outcome, named, readings, listed });
            }
            Ok(Decision::Pending(why)) => why,
            Err(Error::Stopped(stopped)) => return Err(stopped.into()),
            Err(error) => error.to_string(),
        };
        if until.left(clock) <= INTERVAL {
            let outcome = OpenOutcome::Unknown { why };
            let Search { readings, listed, .. } = search;
            return Ok(OpenFinding { outcome, named: false, readings, listed });
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

impl From<OpenOutcome> for Decision {
    fn from(outcome: OpenOutcome) -> Self {
        Self::Final { outcome, named: false }
    }
}

struct Search<'s> {
    intent: &'s OpenIntent,
    /// Every ticket that was open before the order.
    before: BTreeSet<Ticket>,
    claim: &'s ClaimSummary,
    facts: Facts<'s>,
    /// Our monotonic clock when the order could no longer be accepted; `None` until that is known.
    settles_from: Option<Duration>,
    readings: Vec<Reading>,
    /// The positions of the last list.
    listed: Option<Vec<Position>>,
}

impl Search<'_> {
    /// Reads a list and judges it; where it lacks the order, the gateway's time as well.
    fn look(&mut self, client: &mut Client<'_>, clock: &dyn Clock) -> Result<Decision, Error> {
        let answer = client.positions()?;
        let list = match &answer.reply {
            Ok(list) => list,
            Err(refusal) => return Ok(Decision::Pending(refusal.to_string())),
        };
        self.keep_reading(Reading::of(answer.sent_at, list, &answer.raw));
        self.listed = Some(list.positions.clone());
        if let Some(decision) = self.find(&list.positions) {
            return Ok(decision);
        }
        if let Some(why) = self.is_too_early(client, clock) {
            if self.settles_from.is_none() {
                let reading = client.ping()?;
                self.settles_from =
                    (reading.server_time >= self.expires_at()).then_some(reading.answered);
            }
            return Ok(Decision::Pending(why));
        }
        let new = self.new_tickets(&list.positions).next();
        if let Some(new) = new.filter(|_| !is_broken(Rule::NothingNew)) {
            let Position { ticket, symbol, side, volume, .. } = new;
            let why = format!(
                "the list holds {ticket} {symbol} {side} {volume} lots, which is new since the order and may be its position"
            );
            return Ok(OpenOutcome::Unknown { why }.into());
        }
        if let Some(why) = self.merged(&list.positions) {
            return Ok(OpenOutcome::Unknown { why }.into());
        }
        let Facts { before, credit } = self.facts;
        let known = Known { before, ..Known::new(&self.before, credit) };
        Ok(match absence::judge(client, &list.positions, known)? {
            Judgement::Unproved { doubt } => Decision::Pending(doubt),
            Judgement::Proved { witness } => match self.first_gone(&list.positions) {
                Some(ticket) => OpenOutcome::Unknown {
                    why: format!(
                        "{ticket} was closed since the order, and its position may have been closed with it"
                    ),
                }
                .into(),
                None => self.absent(&witness).into(),
            },
        })
    }

    /// The missing part of the premise *late enough*.
    fn is_too_early(&self, client: &Client<'_>, clock: &dyn Clock) -> Option<String> {
        if !self.claim.is_decided_by_gateway() && client.gateway_clock().has_stepped() {
            return Some(
                "the gateway's clock was stepped, so the order's validity is unknown".into(),
            );
        }
        if is_broken(Rule::LateEnough) {
            return None;
        }
        let Some(from) = self.settles_from else {
            return Some("no list holds it, and its signature may still be valid".to_owned());
        };
        let waited = clock.monotonic().saturating_sub(from);
        (waited < self.settle()).then(|| {
            format!("no list holds it, and the broker has had {waited:?} of {:?}", self.settle())
        })
    }

    /// The gateway's time at which it no longer accepts the signature.
    fn expires_at(&self) -> Timestamp {
        let ttl = Duration::from_millis(self.intent.signature_ttl_ms);
        self.intent.signed_at.checked_add(ttl).unwrap_or(Timestamp::MAX)
    }

    /// A position that was open before the order and is gone. A stop-out or a person closes several at once.
    fn first_gone(&self, list: &[Position]) -> Option<Ticket> {
        let listed = positions::tickets(list);
        self.before.iter().find(|ticket| !listed.contains(ticket)).copied()
    }

    /// Whether an order that was dispatched may be part of a position that was open before it: a netting account adds it to
    /// the volume of the symbol's one position, or takes it away, and no ticket is new.
    fn merged(&self, list: &[Position]) -> Option<String> {
        let before = self.facts.before.filter(|_| !self.settle().is_zero())?;
        let symbol = self.intent.order.symbol.as_str();
        let mut beside =
            before.positions.iter().filter(|it| it.symbol.as_str().starts_with(symbol));
        beside.find_map(|was| {
            let Position { ticket, side, volume, .. } = was;
            let now = list.iter().find(|position| position.ticket == *ticket)?;
            let is_changed = now.side != *side || now.volume.value() != volume.value();
            is_changed.then(|| {
                format!(
                    "{ticket} was {side} {volume} lots before the order and is {} {} lots, which the order may have changed",
                    now.side, now.volume
                )
            })
        })
    }

    fn new_tickets<'l>(&self, list: &'l [Position]) -> impl Iterator<Item = &'l Position> {
        let is_new = |position: &&Position| !self.before.contains(&position.ticket);
        list.iter().filter(is_new)
    }

    /// Looks for the new ticket that the gateway named, whatever it looks like (hazard 28); without a name, for one that
    /// matches the order in symbol, side and volume. A partial fill matches.
    fn find(&self, list: &[Position]) -> Option<Decision> {
        let ordered = &self.intent.order;
        let matches = |position: &&Position| {
            position.symbol == ordered.symbol
                && position.side == ordered.side
                && position.volume.value() > Decimal::ZERO
                && position.volume.value() <= ordered.volume.value()
        };
        let (position, named) = match self.claim {
            // Other tickets than the one that the gateway named may be anybody's.
            ClaimSummary::Filled(ticket) => {
                (self.new_tickets(list).find(|found| found.ticket == *ticket)?, true)
            }
            _ => {
                let mut alike = self.new_tickets(list).filter(matches);
                let position = alike.next()?;
                let others = alike.count();
                if others > 0 {
                    let why = format!("{} new positions look like the order", others + 1);
                    return Some(OpenOutcome::Unknown { why }.into());
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

    /// The outcome where a decisive list credibly lacks the order.
    fn absent(&self, witness: &str) -> OpenOutcome {
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
                    "not in the book, {settle:?} after the gateway answered with a time past the TTL of {ttl:?} of its signature: {witness}; this rests on the gateway's validating signatures"
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
