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
use crate::evidence::body::Reading;
use crate::evidence::outcome::OpenOutcome;
use crate::link::order::Claim;
use crate::link::{Answer, Client, Error};
use crate::protocol::open::Filled;
use crate::protocol::positions::{Position, Positions};
use crate::protocol::{ErrorCode, Executed};
use crate::units::{Money, Side, Symbol, Ticket};

/// Between two lists. Short enough to see a fill soon, long enough to leave the gateway to its work.
const INTERVAL: Duration = Duration::from_millis(250);

/// The order to look for.
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
    /// How long after its last chance the order may still show up in a list.
    pub settle: Duration,
    /// What equity may hold beyond balance on a flat account.
    pub credit: Money,
}

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

impl OpenFinding {
    /// Nothing is proved.
    pub fn unknown(why: String) -> Self {
        Self { outcome: OpenOutcome::Unknown { why }, named: false, readings: vec![] }
    }
}

/// Reads lists until the order's outcome is proved, or until `until`.
pub fn find_out(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    expected: &ExpectedOrder,
    claim: &ClaimSummary,
    until: Deadline,
) -> Result<OpenFinding, Error> {
    let search = Search { expected, claim, began: clock.monotonic() };
    let mut readings = Readings::default();
    loop {
        let judged = match client.positions() {
            Ok(answer) => search.judge(client, clock, &answer, &mut readings),
            Err(error) => Err(error),
        };
        let why = match judged {
            Ok(Judged::Decided { outcome, named }) => {
                return Ok(OpenFinding { outcome, named, readings: readings.kept });
            }
            Ok(Judged::Undecided(why)) => why,
            Err(Error::Stopped(stopped)) => return Err(stopped.into()),
            Err(error) => error.to_string(),
        };
        if until.left(clock) <= INTERVAL {
            return Ok(OpenFinding { readings: readings.kept, ..OpenFinding::unknown(why) });
        }
        clock.sleep(INTERVAL)?;
    }
}

/// The judgement on one list.
enum Judged {
    Decided {
        outcome: OpenOutcome,
        named: bool,
    },
    /// A later list may decide; says why this one can't.
    Undecided(String),
}

impl From<OpenOutcome> for Judged {
    fn from(outcome: OpenOutcome) -> Self {
        Self::Decided { outcome, named: false }
    }
}

struct Search<'s> {
    expected: &'s ExpectedOrder,
    claim: &'s ClaimSummary,
    /// On the monotonic clock.
    began: Duration,
}

impl Search<'_> {
    fn judge(
        &self,
        client: &mut Client<'_>,
        clock: &dyn Clock,
        answer: &Answer<Positions>,
        readings: &mut Readings,
    ) -> Result<Judged, Error> {
        let list = match &answer.reply {
            Ok(list) => list,
            Err(refusal) => return Ok(Judged::Undecided(refusal.to_string())),
        };
        readings.push(Reading::of(answer.sent_at, list, &answer.raw));
        match candidate(self.expected, self.claim, &list.positions) {
            // Other tickets than the one that the gateway named may be anybody's.
            Candidate::One { named: false, .. } | Candidate::Several(_)
                if matches!(self.claim, ClaimSummary::Filled(_)) => {}
            Candidate::One { position, named } => {
                let (ticket, position) = (position.ticket, Box::new(position.clone()));
                let outcome = OpenOutcome::Executed { ticket, position };
                return Ok(Judged::Decided { outcome, named });
            }
            Candidate::Several(count) => {
                let why = format!("{count} new positions look like the order");
                return Ok(OpenOutcome::Unknown { why }.into());
            }
            Candidate::None => {}
        }
        let waited = clock.monotonic().saturating_sub(self.began);
        let decidable = match self.claim {
            ClaimSummary::FilledNothing | ClaimSummary::Refused(_) => waited >= self.settle(),
            ClaimSummary::Silence | ClaimSummary::Filled(_) => {
                list.reported_at >= last_chance(self.expected)
            }
        };
        if !decidable {
            let reported_at = list.reported_at;
            let why = format!("the list of {reported_at} lacks it, and is too early to decide");
            return Ok(Judged::Undecided(why));
        }
        let ExpectedOrder { before, credit, .. } = self.expected;
        Ok(match absence::judge(client, &list.positions, before, credit)? {
            Judgement::Unproved { doubt } => Judged::Undecided(doubt),
            Judgement::Proved { witness } => self.absent(list.reported_at, &witness).into(),
        })
    }

    /// How long after the claim the order may still show up. An order that was never dispatched has no such time.
    fn settle(&self) -> Duration {
        match self.claim {
            ClaimSummary::Refused(code) if code.executed() == Executed::No => Duration::ZERO,
            _ => self.expected.settle,
        }
    }

    /// The outcome where a decisive list credibly lacks the order.
    fn absent(&self, reported_at: Timestamp, witness: &str) -> OpenOutcome {
        let ExpectedOrder { ttl, settle, .. } = self.expected;
        let (why, code) = match self.claim {
            ClaimSummary::Filled(ticket) => {
                let why = format!(
                    "the gateway said FILLED with ticket {ticket}, and no list holds it: a mock, a stub, a netting account or a failed read"
                );
                return OpenOutcome::Unknown { why };
            }
            ClaimSummary::Refused(code) if self.settle().is_zero() => (
                format!("refused before it was dispatched, and not in the book: {witness}"),
                Some(code),
            ),
            ClaimSummary::Refused(code) => {
                (format!("not in the book after {settle:?}: {witness}"), Some(code))
            }
            ClaimSummary::FilledNothing => {
                (format!("not in the book after {settle:?}: {witness}"), None)
            }
            ClaimSummary::Silence => (
                format!(
                    "not in the gateway's list of {reported_at}, when its signature had been past the TTL of {ttl:?} for the settle time of {settle:?}: {witness}; this rests on the gateway's validating signatures"
                ),
                None,
            ),
        };
        OpenOutcome::NotExecuted { why, code: code.map(ToString::to_string) }
    }
}

/// The gateway's time after which the order can neither be accepted nor still be on its way.
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
    claim: &ClaimSummary,
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
    if let ClaimSummary::Filled(ticket) = claim
        && let Some(position) = alike.iter().find(|position| position.ticket == *ticket)
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
}
