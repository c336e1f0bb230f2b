//! What became of an OPEN, judged by position lists alone.
//!
//! The gateway's answer is a claim: FILLED with a ticket of 0 is a rejection or a broker's time-out (hazard 1), FILLED
//! with a ticket may be a stub's invention (hazard 5), and an answer that is lost says nothing (hazard 15). So the lists
//! are read until one holds the order, or until it is proved that it never will be in one:
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

use super::absence::{self, Credible};
use crate::clock::{Clock, Deadline};
use crate::evidence::body::Reading;
use crate::link::{Answer, Client, Error};
use crate::protocol::positions::{Position, Positions};
use crate::units::{Money, Side, Symbol, Ticket};

/// Between two lists. Short enough to see a fill soon, long enough to leave the gateway to its work.
const INTERVAL: Duration = Duration::from_millis(250);

/// The order that is looked for.
#[derive(Debug, Clone)]
pub struct ExpectedOrder {
    /// Every ticket that was open before it was sent.
    pub before: BTreeSet<Ticket>,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its side.
    pub side: Side,
    /// Its volume in lots.
    pub volume: Decimal,
    /// The time in its signature.
    pub signed_at: Timestamp,
    /// How long the gateway accepts the signature.
    pub ttl: Duration,
    /// How long after its last chance the order may still show up.
    pub settle: Duration,
    /// What equity may hold beyond balance on a flat account.
    pub credit: Money,
}

/// What the gateway said of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimSummary {
    /// FILLED, with this ticket.
    Ticket(Ticket),
    /// That nothing was opened, or may have been: a ticket of 0, a failed order.
    Nothing,
    /// Nothing that can be used: no answer, or one that breaks the protocol.
    Silence,
}

/// What became of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// A list holds it.
    Executed {
        /// As it is listed.
        position: Box<Position>,
        /// Whether the gateway named this ticket. One that was only found by its likeness is never closed by itself
        /// (hazard 10).
        named: bool,
    },
    /// It opened nothing, and never will.
    NotExecuted {
        /// What shows it.
        why: String,
    },
    /// Neither is proved.
    Unknown {
        /// What is missing.
        why: String,
    },
}

/// The finding, with the lists that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What became of the order.
    pub became: Became,
    /// The lists that were read, the first and the last few of them.
    pub readings: Vec<Reading>,
}

/// Reads lists until it is known what became of the order, or until `until`.
pub fn find_out(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    expected: &ExpectedOrder,
    said: ClaimSummary,
    until: Deadline,
) -> Result<Found, Error> {
    let began = clock.monotonic();
    let mut readings = Readings::default();
    loop {
        let why = match client.positions() {
            Ok(answer) => match judge(client, clock, expected, said, began, &answer, &mut readings)
            {
                Ok(Judged::Became(became)) => return Ok(readings.found(became)),
                Ok(Judged::NotYet(why)) => why,
                Err(Error::Stopped(stopped)) => return Err(stopped.into()),
                Err(error) => error.to_string(),
            },
            Err(Error::Stopped(stopped)) => return Err(stopped.into()),
            Err(error) => error.to_string(),
        };
        if until.left(clock) <= INTERVAL {
            return Ok(readings.found(Became::Unknown { why }));
        }
        clock.sleep(INTERVAL)?;
    }
}

enum Judged {
    Became(Became),
    NotYet(String),
}

fn judge(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    expected: &ExpectedOrder,
    said: ClaimSummary,
    began: Duration,
    answer: &Answer<Positions>,
    readings: &mut Readings,
) -> Result<Judged, Error> {
    let list = match &answer.reply {
        Ok(list) => list,
        Err(refusal) => return Ok(Judged::NotYet(refusal.to_string())),
    };
    readings.push(Reading::of(answer.sent_at, list, &answer.raw));
    let found = candidate(expected, said, &list.positions);
    match found {
        // Other tickets than the one that the gateway named may be anybody's.
        Candidate::One { named: false, .. } | Candidate::Several(_)
            if matches!(said, ClaimSummary::Ticket(_)) => {}
        Candidate::One { position, named } => {
            let position = Box::new(position.clone());
            return Ok(Judged::Became(Became::Executed { position, named }));
        }
        Candidate::Several(count) => {
            let why = format!("{count} new positions look like the order");
            return Ok(Judged::Became(Became::Unknown { why }));
        }
        Candidate::None => {}
    }
    let waited = clock.monotonic().saturating_sub(began);
    let decidable = match said {
        ClaimSummary::Nothing => waited >= expected.settle,
        ClaimSummary::Silence | ClaimSummary::Ticket(_) => {
            list.reported_at >= last_chance(expected)
        }
    };
    if !decidable {
        return Ok(Judged::NotYet(format!(
            "it is not in the list, which {} can't tell yet",
            list.reported_at
        )));
    }
    let credible = absence::judge(client, &list.positions, &expected.before, &expected.credit)?;
    Ok(match (credible, said) {
        (Credible::No(doubt), _) => Judged::NotYet(doubt),
        (Credible::Yes(_), ClaimSummary::Ticket(ticket)) => Judged::Became(Became::Unknown {
            why: format!(
                "the gateway said FILLED with ticket {ticket}, and no list holds it: a mock, a stub, a netting account or a failed read"
            ),
        }),
        (Credible::Yes(witness), ClaimSummary::Nothing) => Judged::Became(Became::NotExecuted {
            why: if expected.settle.is_zero() {
                format!("refused before it was dispatched, and not in the book: {witness}")
            } else {
                format!("not in the book after {:?}: {witness}", expected.settle)
            },
        }),
        (Credible::Yes(witness), ClaimSummary::Silence) => Judged::Became(Became::NotExecuted {
            why: format!(
                "not in the gateway's list of {}, when its signature had been past the TTL of {:?} for the settle time of {:?}: {witness}; this rests on the gateway's validating signatures",
                list.reported_at, expected.ttl, expected.settle
            ),
        }),
    })
}

/// The gateway's time from which on the order can neither be accepted nor still be on its way.
fn last_chance(expected: &ExpectedOrder) -> Timestamp {
    let span = expected.ttl.saturating_add(expected.settle);
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    expected.signed_at.checked_add(span).unwrap_or(Timestamp::MAX)
}

enum Candidate<'l> {
    One { position: &'l Position, named: bool },
    Several(usize),
    None,
}

/// The new ticket that matches the order in symbol, side and volume; a partial fill matches.
fn candidate<'l>(
    expected: &ExpectedOrder,
    said: ClaimSummary,
    list: &'l [Position],
) -> Candidate<'l> {
    let matches = |position: &&Position| {
        !expected.before.contains(&position.ticket)
            && position.symbol == expected.symbol
            && position.side == expected.side
            && position.volume.value() > Decimal::ZERO
            && position.volume.value() <= expected.volume
    };
    let alike: Vec<&Position> = list.iter().filter(matches).collect();
    if let ClaimSummary::Ticket(ticket) = said
        && let Some(position) = alike.iter().find(|position| position.ticket == ticket)
    {
        return Candidate::One { position, named: true };
    }
    match alike.as_slice() {
        [] => Candidate::None,
        [position] => Candidate::One { position, named: false },
        several => Candidate::Several(several.len()),
    }
}

/// The first list and the latest ones: enough to show what a finding rests on, however long it took.
#[derive(Default)]
struct Readings {
    kept: Vec<Reading>,
}

impl Readings {
    fn push(&mut self, reading: Reading) {
        const KEPT: usize = 4;
        if self.kept.len() == KEPT {
            self.kept.remove(1);
        }
        self.kept.push(reading);
    }

    fn found(self, became: Became) -> Found {
        Found { became, readings: self.kept }
    }
}
