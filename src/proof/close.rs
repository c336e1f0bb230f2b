//! Closes one position, and proves that it is gone.
//!
//! CLOSE is pinned to its ticket, so it may be sent again; but only after a list shows the ticket still open, because an
//! answer that was lost says nothing. The gateway's answer is shown and never believed: it says FILLED and closes
//! nothing (hazard 2), and some gateways can't close at all (hazard 3).

use std::collections::BTreeSet;
use std::slice::from_ref;
use std::time::Duration;

use super::absence::{self, Absent, Known, TicketState};
use super::claim::{cannot_close, claims_closed, describe_close, may_still_execute};
use super::money::{Between, Statement};
use super::premise::{ClosedPosition, NothingNew};
use super::{Judged, Missing};
use crate::clock::{Clock, Deadline};
use crate::evidence::basis::{Basis, Premise};
use crate::evidence::body::{RawReply, Reading};
use crate::evidence::outcome::CloseOutcome;
use crate::link::order::{Claim, OrderAnswer};
use crate::link::permit::ClosePermit;
use crate::link::{Client, Error, Identity};
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol;
use crate::protocol::account::Account;
use crate::protocol::close::Close;
use crate::protocol::positions::{Position, tickets};
use crate::units::{Money, Ticket};

/// Maximum number of sends of a CLOSE, each after a list that still showed the ticket.
const SENDS: u32 = 3;
/// Number of attempts to read list and account over one connection.
const STATEMENTS: usize = 3;
/// Time between two lists.
const INTERVAL: Duration = Duration::from_millis(250);

/// Makes the permit to close on a proved connection to an allowed target.
pub type PermitClose<'p> = dyn Fn(&Identity) -> ClosePermit + 'p;

/// A position was closed: its ticket is gone, and no new one may be the rest of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    absent: Absent,
    nothing_new: NothingNew,
}

impl Closed {
    /// From the absence of its ticket. `is_known` tells the tickets that were open before its CLOSE.
    pub fn prove(
        absent: Absent,
        closed: ClosedPosition<'_>,
        is_known: impl Fn(Ticket) -> bool,
        list: &[Position],
    ) -> Judged<Self> {
        let nothing_new = NothingNew::since_close(closed, is_known, list)?;
        Ok(Self { absent, nothing_new })
    }

    /// Its premises and assumptions.
    pub fn basis(&self) -> Basis {
        let mut basis = self.absent.basis();
        basis.premises.push(self.nothing_new.established());
        basis
    }
}

/// The outcome of closing one position, or of looking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseVerdict {
    /// It is proved closed.
    Closed(Closed),
    /// A list still shows it.
    StillOpen,
    /// Neither is proved.
    Unknown(Missing),
}

/// The verdict, with the list that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFinding {
    /// The verdict.
    pub verdict: CloseVerdict,
    /// The proof, or the missing part of it.
    pub why: String,
    /// The last answer to a CLOSE, where one came.
    pub reply: Option<RawReply>,
    /// The last list that was read.
    pub reading: Option<Reading>,
    /// The positions of that list.
    pub listed: Vec<Position>,
    /// Whether another attempt may prove it closed.
    pub may_retry: bool,
    /// Whether the gateway called its last CLOSE done.
    pub claims_closed: bool,
}

impl CloseFinding {
    fn new(verdict: CloseVerdict) -> Self {
        let (why, may_retry) = match &verdict {
            CloseVerdict::Closed(closed) => (closed.absent.to_string(), false),
            CloseVerdict::StillOpen => ("the list still shows it".to_owned(), true),
            CloseVerdict::Unknown(missing) => (missing.doubt.clone(), true),
        };
        Self {
            verdict,
            why,
            reply: None,
            reading: None,
            listed: vec![],
            may_retry,
            claims_closed: false,
        }
    }

    /// Silence may end. Another program on the port stays one, and a stopped run ends.
    pub fn from_error(error: &Error) -> Self {
        let unknown = |premise, doubt| Self::new(CloseVerdict::Unknown(Missing { premise, doubt }));
        match error {
            Error::NoAnswer { .. } | Error::Malformed { .. } => {
                unknown(Premise::SameGateway, error.to_string())
            }
            Error::NotTheGateway(_) => {
                Self { may_retry: false, ..unknown(Premise::SameGateway, error.to_string()) }
            }
            Error::AccountChanged(_) => {
                Self { may_retry: false, ..unknown(Premise::SameAccount, error.to_string()) }
            }
            Error::Stopped(stopped) => {
                let doubt = format!("{stopped} before it was proved closed");
                Self { may_retry: false, ..unknown(Premise::CompleteList, doubt) }
            }
        }
    }

    /// The outcome as records keep it and reports show it.
    pub fn outcome(&self) -> CloseOutcome {
        match self.verdict {
            CloseVerdict::Closed(_) => CloseOutcome::Closed,
            _ if self.claims_closed && is_broken(Rule::DoubtFilled) => CloseOutcome::Closed,
            CloseVerdict::StillOpen => CloseOutcome::StillOpen,
            CloseVerdict::Unknown(_) => CloseOutcome::Unknown,
        }
    }

    /// The premises of the outcome, or the missing one.
    pub fn basis(&self) -> Basis {
        match &self.verdict {
            CloseVerdict::Closed(closed) => closed.basis(),
            CloseVerdict::StillOpen => Basis::default(),
            CloseVerdict::Unknown(missing) => missing.into(),
        }
    }
}

/// A position to close, and the limits of closing it.
#[derive(Debug, Clone, Copy)]
pub struct Options<'o> {
    /// The position.
    pub position: &'o Position,
    /// Tickets that are known to be open beside it.
    pub others: &'o BTreeSet<Ticket>,
    /// Accounts and lists from before it was closed, or from before it opened; read here where there are none.
    pub before: &'o [Statement<'o>],
    /// Timeout of one answer to a CLOSE.
    pub order_timeout: Duration,
    /// How long a closed position may still show up in lists.
    pub settle: Duration,
    /// Part of a flat account's equity beyond its balance.
    pub credit: &'o Money,
    /// Deadline of all.
    pub until: Deadline,
}

/// Sends CLOSE until the position is proved closed, or no further send may help.
pub fn close(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    permit: &PermitClose<'_>,
    options: &Options<'_>,
) -> Result<CloseFinding, Error> {
    let Options { position, until, .. } = *options;
    let (mut reply, mut reading) = (None, None);
    let mut sends = 0;
    let read = if options.before.is_empty() { read_statement(client)? } else { None };
    let read = read.as_ref().map(|(account, positions)| Statement { account, positions });
    let before = if options.before.is_empty() { read.as_slice() } else { options.before };
    let between = Between { opened: from_ref(position), ..Between::default() };
    let staying = options.others;
    let known = Known { before, between, staying, ..Known::new(staying, options.credit) };
    loop {
        sends += 1;
        let order = Close {
            ticket: position.ticket,
            symbol: position.symbol.clone(),
            volume: position.volume.clone(),
        };
        let answer_by = Deadline::after(clock, options.order_timeout).min(until);
        let OrderAnswer { claim, raw, .. } = send(client, permit, order, answer_by)?;
        reply = raw.as_deref().map(RawReply::of).or(reply);
        let mut finding = wait_until_gone(client, clock, options, known, &claim)?;
        reading = finding.reading.or(reading);
        let is_open = finding.outcome() == CloseOutcome::StillOpen;
        if is_open {
            finding.why = format!("{}; {}", describe_close(&claim), finding.why);
        }
        if matches!(&claim, Claim::Refused(refusal) if cannot_close(refusal)) {
            finding.may_retry = false;
        }
        if !is_open || !finding.may_retry || sends == SENDS || until.is_past(clock) {
            if let (true, Claim::Lost(_)) = (is_open, &claim) {
                finding.verdict = CloseVerdict::Unknown(Missing::answer_to_close());
            }
            return Ok(CloseFinding { reply, reading, ..finding });
        }
    }
}

/// Sends one CLOSE on a proved session. An error means that nothing was sent.
pub(super) fn send(
    client: &mut Client<'_>,
    permit: &PermitClose<'_>,
    order: Close,
    until: Deadline,
) -> Result<OrderAnswer<protocol::close::Closed>, Error> {
    let session = client.session()?;
    let permit = permit(session.identity());
    let answer = session.reduce(&permit, order, until);
    // A later answer on this connection could be taken for this one.
    if matches!(answer.claim, Claim::Lost(_) | Claim::Garbled(_)) {
        client.hang_up();
    }
    Ok(answer)
}

/// Reads list and account before a CLOSE, over one connection: another one may lead to another gateway. `None` where either
/// can't be read, which does not prevent closing.
pub fn read_statement(client: &mut Client<'_>) -> Result<Option<(Account, Vec<Position>)>, Error> {
    for _ in 0..STATEMENTS {
        let list = client.positions().map(|answer| answer.reply.ok());
        let session = client.sessions();
        let account = client.account().map(|answer| answer.reply.ok());
        let read = match (list, account) {
            (_, Err(error @ Error::AccountChanged(_))) => return Err(error),
            (Err(Error::Stopped(stopped)), _) | (_, Err(Error::Stopped(stopped))) => {
                return Err(stopped.into());
            }
            (list, account) => list.ok().flatten().zip(account.ok().flatten()),
        };
        if read.is_none() || client.sessions() == session {
            return Ok(read.map(|(list, account)| (account, list.positions)));
        }
    }
    Ok(None)
}

/// Reads lists until the position is proved closed. Where the gateway said that it closed, a list may lag behind for the
/// settle time, and where the broker's answer was lost, the broker may still close it; where it refused, one list that still shows the ticket is enough. A doubt may go away within that time.
fn wait_until_gone(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    options: &Options<'_>,
    known: Known<'_>,
    claim: &Claim<protocol::close::Closed>,
) -> Result<CloseFinding, Error> {
    let claims_closed = claims_closed(claim);
    let may_follow = claims_closed || may_still_execute(claim);
    let settle = if may_follow { options.settle } else { Duration::ZERO };
    let listed_by = Deadline::after(clock, settle).min(options.until);
    let doubted_by = Deadline::after(clock, options.settle).min(options.until);
    let mut reading = None;
    loop {
        let finding = look(client, options.position, known, claims_closed)?;
        reading = finding.reading.or(reading);
        let settled = match finding.verdict {
            CloseVerdict::Unknown(_) => doubted_by,
            _ => listed_by,
        };
        if finding.outcome() == CloseOutcome::Closed || settled.left(clock) <= INTERVAL {
            return Ok(CloseFinding { reading, ..finding });
        }
        clock.sleep(INTERVAL)?;
    }
}

/// Reads a list, and looks for the position in it. `claims_closed` says whether the gateway called its CLOSE done.
pub fn look(
    client: &mut Client<'_>,
    position: &Position,
    known: Known<'_>,
    claims_closed: bool,
) -> Result<CloseFinding, Error> {
    let answer = client.positions()?;
    let list = match &answer.reply {
        Err(refusal) => {
            let (premise, doubt) = (Premise::CompleteList, refusal.to_string());
            return Ok(CloseFinding::new(CloseVerdict::Unknown(Missing { premise, doubt })));
        }
        Ok(list) => list,
    };
    let Position { ticket, symbol, side, volume, open_price, .. } = position;
    let closed = ClosedPosition { symbol, side, volume, open_price, claims_closed };
    let before: BTreeSet<Ticket> =
        known.before.iter().flat_map(|before| tickets(before.positions)).collect();
    let is_known =
        |other| other == *ticket || known.open.contains(&other) || before.contains(&other);
    let judged = match absence::look_up(client, &list.positions, *ticket, known)? {
        TicketState::Open(_) => None,
        TicketState::Unproved(missing) => Some(Err(missing)),
        TicketState::Gone(absent) => Some(Closed::prove(absent, closed, is_known, &list.positions)),
    };
    let finding = CloseFinding::new(match judged {
        None => CloseVerdict::StillOpen,
        Some(Ok(closed)) => CloseVerdict::Closed(closed),
        Some(Err(missing)) => CloseVerdict::Unknown(missing),
    });
    let reading = Some(Reading::of(answer.sent_at, list, &answer.raw));
    Ok(CloseFinding { reading, listed: list.positions.clone(), claims_closed, ..finding })
}
