//! Proves the outcome of an OPEN by position lists alone.
//!
//! The gateway's answer is a claim: FILLED with a ticket of 0 is a rejection or a broker's time-out (hazard 1), FILLED
//! with a ticket may be a stub's invention (hazard 5), and a lost answer says nothing (hazard 15). So the lists are read
//! until one holds the order, or until it is proved that none ever will.
//!
//! *Not executed* rests on a gateway that validates signatures, which the wire can't tell, and the proof says so. A ticket
//! that the gateway named and that no list ever holds stays unknown: a mock, a stub, a netting account and a failed read
//! look the same.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;

use super::absence::{self, Absent, Known};
use super::claim::OpenClaim;
use super::money::Statement;
use super::premise::{LateEnough, NothingNew, Order, SameAccount, SameGateway, Validity};
use super::{Judged, Missing, journal};
use crate::clock::{Clock, Deadline};
use crate::evidence::basis::{Assumption, Basis, Premise};
use crate::evidence::body::{OpenIntent, Reading};
use crate::evidence::outcome::OpenOutcome;
use crate::link::{Client, Error};
use crate::protocol::positions::Position;
use crate::units::{Money, Ticket};

/// Time between two lists: short enough to see a fill soon, long enough to leave the gateway to its work.
const INTERVAL: Duration = Duration::from_millis(250);

/// An order opened this position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    position: Box<Position>,
    named: bool,
    gateway: SameGateway,
    account: SameAccount,
}

/// An order opened nothing, and never will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExecuted(Option<Box<NotListed>>);

/// No list holds the order, and none will. An order that was never sent needs no list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NotListed {
    absent: Absent,
    late: LateEnough,
    nothing_new: NothingNew,
    claim: OpenClaim,
}

/// The outcome of an OPEN, with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenVerdict {
    /// A later list holds its position.
    Executed(Executed),
    /// It opened nothing.
    NotExecuted(NotExecuted),
    /// Neither is proved.
    Unknown(Missing),
}

/// The verdict, with the lists that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFinding {
    /// The verdict.
    pub verdict: OpenVerdict,
    /// The lists that were read: the first and the last few of them.
    pub readings: Vec<Reading>,
    /// The positions of the last list.
    pub listed: Vec<Position>,
}

impl OpenFinding {
    /// Without an answer nothing is known.
    pub fn from_error(error: &Error) -> Self {
        Self { verdict: OpenVerdict::Unknown(unanswered(error)), readings: vec![], listed: vec![] }
    }
}

impl OpenVerdict {
    /// The outcome as records keep it and reports show it.
    pub fn outcome(&self) -> OpenOutcome {
        match self {
            Self::Executed(Executed { position, .. }) => {
                OpenOutcome::Executed { ticket: position.ticket, position: position.clone() }
            }
            Self::NotExecuted(proof) => OpenOutcome::NotExecuted {
                why: proof.to_string(),
                code: match proof.0.as_ref().map(|not_listed| &not_listed.claim) {
                    Some(OpenClaim::Refused(code)) => Some(code.to_string()),
                    _ => None,
                },
            },
            Self::Unknown(missing) => OpenOutcome::Unknown { why: missing.doubt.clone() },
        }
    }

    /// The premises of the outcome, or the missing one.
    pub fn basis(&self) -> Basis {
        match self {
            Self::Executed(Executed { gateway, account, .. }) => Basis {
                premises: vec![gateway.established(), account.established()],
                ..Basis::default()
            },
            Self::NotExecuted(proof) => proof.basis(),
            Self::Unknown(missing) => missing.into(),
        }
    }

    /// Whether the gateway named the position's ticket.
    pub fn is_named(&self) -> bool {
        matches!(self, Self::Executed(executed) if executed.named)
    }
}

impl Executed {
    /// The position as it was listed.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Whether the gateway named its ticket. A position that was only found by its likeness is never closed by itself
    /// (hazard 10).
    pub fn is_named(&self) -> bool {
        self.named
    }
}

impl fmt::Display for NotExecuted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(not_listed) = &self.0 else {
            return f.write_str("the connection had ended before it was sent");
        };
        let NotListed { absent, late, claim, .. } = &**not_listed;
        write!(f, "{late}: {absent}")?;
        match claim {
            OpenClaim::Voided => write!(f, "; assumed: {}", Assumption::JournalKeepsVoids),
            claim if claim.is_handled() => Ok(()),
            _ => write!(f, "; assumed: {}", Assumption::SignaturesExpire),
        }
    }
}

impl NotExecuted {
    fn basis(&self) -> Basis {
        let Some(not_listed) = &self.0 else { return Basis::default() };
        let NotListed { absent, late, nothing_new, claim } = &**not_listed;
        let mut basis = absent.basis();
        basis.premises.extend([late.established(), nothing_new.established()]);
        if *claim == OpenClaim::Voided {
            basis.assumptions.push(Assumption::JournalKeepsVoids);
        }
        let expires = (!claim.is_handled()).then_some(Assumption::SignaturesExpire);
        let books = (!claim.is_undispatched()).then_some(Assumption::BooksInTime);
        basis.assumptions.extend(expires.into_iter().chain(books));
        basis
    }
}

/// Facts of the account beside the order.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// Accounts and positions before the order, where this run read them, in order.
    pub before: &'f [Statement<'f>],
    /// Part of a flat account's equity beyond its balance.
    pub credit: &'f Money,
}

/// Reads lists until the outcome of the order is proved, or until `until`. Before each wait, `pending` gets the time that is
/// left.
pub fn find_out(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    intent: &OpenIntent,
    claim: &OpenClaim,
    facts: Facts<'_>,
    until: Deadline,
    pending: &mut dyn FnMut(Duration),
) -> Result<OpenFinding, Error> {
    let asked = ask_journal(client, intent, claim)?;
    let claim = asked.as_ref().unwrap_or(claim);
    let mut search = Search {
        intent,
        before: intent.tickets_before.iter().copied().collect(),
        claim,
        facts,
        validity: Validity::new(intent, claim, clock),
        readings: vec![],
        listed: vec![],
        trace: None,
    };
    if *claim == OpenClaim::NotSent {
        return Ok(search.end(OpenVerdict::NotExecuted(NotExecuted(None))));
    }
    loop {
        let missing = match search.look(client, clock) {
            Ok(Decision::Final(verdict)) => return Ok(search.end(verdict)),
            Ok(Decision::Pending(missing)) => missing,
            Err(Error::Stopped(stopped)) => return Err(stopped.into()),
            Err(error) => unanswered(&error),
        };
        let left = until.left(clock);
        if left <= INTERVAL {
            return Ok(search.end(OpenVerdict::Unknown(missing)));
        }
        pending(left);
        clock.sleep(INTERVAL)?;
    }
}

/// The journal's claim about an order whose answer was lost. A gateway that can't be asked is looked for by the lists.
fn ask_journal(
    client: &mut Client<'_>,
    intent: &OpenIntent,
    claim: &OpenClaim,
) -> Result<Option<OpenClaim>, Error> {
    if *claim != OpenClaim::Silence {
        return Ok(None);
    }
    match journal::ask(client, intent) {
        Ok(asked) => Ok(asked),
        Err(error @ Error::Stopped(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

fn unanswered(error: &Error) -> Missing {
    let premise = match error {
        Error::AccountChanged(_) => Premise::SameAccount,
        _ => Premise::SameGateway,
    };
    Missing { premise, doubt: error.to_string() }
}

/// The decision by one list.
enum Decision {
    Final(OpenVerdict),
    /// A later list may decide.
    Pending(Missing),
}

impl Decision {
    /// No later list can establish the premise.
    fn never(missing: Missing) -> Self {
        Self::Final(OpenVerdict::Unknown(missing))
    }
}

struct Search<'s> {
    intent: &'s OpenIntent,
    /// Every ticket that was open before the order.
    before: BTreeSet<Ticket>,
    claim: &'s OpenClaim,
    facts: Facts<'s>,
    validity: Validity<'s>,
    readings: Vec<Reading>,
    /// The positions of the last list.
    listed: Vec<Position>,
    /// Why the order may have been executed, by a list or an account since: a later one may be without the trace.
    trace: Option<Missing>,
}

impl Search<'_> {
    fn end(self, verdict: OpenVerdict) -> OpenFinding {
        OpenFinding { verdict, readings: self.readings, listed: self.listed }
    }

    /// Reads a list and judges it; where it lacks the order, the gateway's time as well.
    fn look(&mut self, client: &mut Client<'_>, clock: &dyn Clock) -> Result<Decision, Error> {
        let answer = client.positions()?;
        let list = match &answer.reply {
            Ok(list) => list,
            Err(refusal) => {
                let doubt = refusal.to_string();
                return Ok(Decision::Pending(Missing { premise: Premise::CompleteList, doubt }));
            }
        };
        self.keep_reading(Reading::of(answer.sent_at, list, &answer.raw));
        self.listed.clone_from(&list.positions);
        match self.find(&list.positions) {
            Err(missing) => return Ok(Decision::never(missing)),
            Ok(Some((position, named))) => return self.executed(client, position, named),
            Ok(None) => {}
        }
        let order = Order {
            symbol: &self.intent.order.symbol,
            before: &self.before,
            positions: self.facts.before.last().map(|before| before.positions),
            is_dispatched: !self.claim.is_undispatched(),
        };
        if let Err(missing) = NothingNew::judge_listed(order, &list.positions) {
            self.trace.get_or_insert(missing);
        }
        let late = match self.validity.judge(client, clock) {
            Ok(late) => late,
            Err(missing) => {
                self.validity.observe(client)?;
                return Ok(Decision::Pending(missing));
            }
        };
        if let Some(trace) = self.trace.take() {
            return Ok(Decision::never(trace));
        }
        let Facts { before, credit } = self.facts;
        let known = Known { before, ..Known::new(&self.before, credit) };
        let absent = match absence::prove(client, &list.positions, known)? {
            Ok(absent) => absent,
            Err(missing) => {
                // What used the margin may be gone in the next account.
                let is_trace = missing.premise == Premise::MoneyFits && !list.positions.is_empty();
                self.trace = is_trace.then(|| missing.clone());
                return Ok(Decision::Pending(missing));
            }
        };
        if order.is_dispatched && absent.has_moved_balance() {
            let doubt =
                "no list holds it; but the balance moved since: it may have been opened and closed"
                    .to_owned();
            return Ok(Decision::never(Missing { premise: Premise::MoneyFits, doubt }));
        }
        let nothing_new = match NothingNew::since_open(order, &list.positions) {
            Ok(nothing_new) => nothing_new,
            Err(missing) => return Ok(Decision::never(missing)),
        };
        if let OpenClaim::Filled(ticket) = self.claim {
            let doubt = format!(
                "the gateway said FILLED with ticket {ticket}, and no list holds it: a mock, a stub, a netting account or a failed read"
            );
            return Ok(Decision::never(Missing { premise: Premise::NothingNew, doubt }));
        }
        let claim = self.claim.clone();
        let proof = NotExecuted(Some(Box::new(NotListed { absent, late, nothing_new, claim })));
        Ok(Decision::Final(OpenVerdict::NotExecuted(proof)))
    }

    fn executed(
        &self,
        client: &mut Client<'_>,
        position: &Position,
        named: bool,
    ) -> Result<Decision, Error> {
        let account = SameAccount::of_run(client)?;
        let premises = account.and_then(|account| Ok((account, SameGateway::establish(client)?)));
        Ok(match premises {
            Ok((account, gateway)) => {
                let position = Box::new(position.clone());
                Decision::Final(OpenVerdict::Executed(Executed {
                    position,
                    named,
                    gateway,
                    account,
                }))
            }
            Err(missing) => Decision::Pending(missing),
        })
    }

    /// Looks for the new ticket that the gateway named, whatever it looks like (hazard 28), unless another new one is in the
    /// ordered symbol and it is not; without a name, for the only
    /// one that matches the order in symbol, side and volume. A partial fill matches. The flag says whether it was named.
    fn find<'l>(&self, list: &'l [Position]) -> Judged<Option<(&'l Position, bool)>> {
        let ordered = &self.intent.order;
        let mut new = list.iter().filter(|position| !self.before.contains(&position.ticket));
        if let OpenClaim::Filled(ticket) = self.claim {
            let Some(named) = new.clone().find(|found| found.ticket == *ticket) else {
                // Other tickets may be anybody's.
                return Ok(None);
            };
            let is_ordered = |position: &&Position| {
                let (symbol, ordered) = (position.symbol.as_str(), ordered.symbol.as_str());
                symbol.starts_with(ordered) || ordered.starts_with(symbol)
            };
            return match new.find(is_ordered).filter(|_| !is_ordered(&named)) {
                None => Ok(Some((named, true))),
                Some(other) => Err(Missing {
                    premise: Premise::NothingNew,
                    doubt: format!(
                        "the gateway named {ticket}, which is in {}, and {} in {} is new as well",
                        named.symbol, other.ticket, other.symbol
                    ),
                }),
            };
        }
        let mut alike = new.filter(|position| {
            position.symbol == ordered.symbol
                && position.side == ordered.side
                && position.volume.value() > Decimal::ZERO
                && position.volume.value() <= ordered.volume.value()
        });
        let Some(position) = alike.next() else { return Ok(None) };
        match alike.count() {
            0 => Ok(Some((position, false))),
            others => Err(Missing {
                premise: Premise::NothingNew,
                doubt: format!("{} new positions look like the order", others + 1),
            }),
        }
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
