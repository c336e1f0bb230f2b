//! Closes one position, and proves that it is gone.
//!
//! CLOSE is pinned to its ticket, so it may be sent again; but only after a list shows the ticket still open, because an
//! answer that was lost says nothing. The gateway's answer is shown and never believed: it says FILLED and closes
//! nothing (hazard 2), and some gateways can't close at all (hazard 3).

use std::collections::BTreeSet;
use std::slice::from_ref;
use std::time::Duration;

use super::absence::{self, Known, TicketState};
use super::money::{Between, Statement};
use crate::clock::{Clock, Deadline};
use crate::evidence::body::{RawReply, Reading};
use crate::evidence::outcome::CloseOutcome;
use crate::link::order::{Claim, OrderAnswer};
use crate::link::permit::ClosePermit;
use crate::link::{Client, Error, Identity};
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::account::Account;
use crate::protocol::close::{Close, Closed};
use crate::protocol::positions::Position;
use crate::protocol::{ErrorCode, Refusal};
use crate::units::{Money, Ticket};

/// Maximum number of sends of a CLOSE, each after a list that still showed the ticket.
const SENDS: u32 = 3;
/// Time between two lists.
const INTERVAL: Duration = Duration::from_millis(250);

/// Makes the permit to close on a proved connection to an allowed target.
pub type PermitClose<'p> = dyn Fn(&Identity) -> ClosePermit + 'p;

/// The outcome of closing one position, or of looking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFinding {
    /// The outcome.
    pub outcome: CloseOutcome,
    /// The proof, or the missing part of it.
    pub why: String,
    /// The last answer to a CLOSE, where one came.
    pub reply: Option<RawReply>,
    /// The last list that was read.
    pub reading: Option<Reading>,
    /// The positions of that list.
    pub listed: Option<Vec<Position>>,
    /// Whether another attempt may prove it closed.
    pub may_retry: bool,
}

impl CloseFinding {
    fn new(outcome: CloseOutcome, why: String) -> Self {
        let may_retry = outcome != CloseOutcome::Closed;
        Self { outcome, why, reply: None, reading: None, listed: None, may_retry }
    }

    /// Silence may end. Another program on the port stays one, and a stopped run ends.
    pub fn from_error(error: &Error) -> Self {
        let unknown = |why| Self::new(CloseOutcome::Unknown, why);
        match error {
            Error::NoAnswer { .. } | Error::Malformed { .. } => unknown(error.to_string()),
            Error::NotTheGateway(_) | Error::AccountChanged(_) => {
                Self { may_retry: false, ..unknown(error.to_string()) }
            }
            Error::Stopped(stopped) => {
                let why = format!("{stopped} before it was proved closed");
                Self { may_retry: false, ..unknown(why) }
            }
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
    /// Account and list from before it was closed, or from before it opened; read here where there is none.
    pub before: Option<Statement<'o>>,
    /// Timeout of one answer to a CLOSE.
    pub order_timeout: Duration,
    /// How long a closed position may still show up in lists.
    pub settle: Duration,
    /// Part of a flat account's equity beyond its balance.
    pub credit: &'o Money,
    /// Deadline of all.
    pub until: Deadline,
}

/// Whether a refusal says that this gateway can never close anything (hazard 3).
pub fn cannot_close(refusal: &Refusal) -> bool {
    refusal.code == ErrorCode::Mt5CloseFailed && refusal.message.contains("has no attribute")
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
    let read = if options.before.is_none() { read_statement(client)? } else { None };
    let read = read.as_ref().map(|(account, positions)| Statement { account, positions });
    let before = options.before.or(read);
    let between = Between { opened: from_ref(position), ..Between::default() };
    let known = Known { before, between, ..Known::new(options.others, options.credit) };
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
        let is_open = finding.outcome == CloseOutcome::StillOpen;
        if is_open {
            finding.why = format!("{}; {}", describe(&claim), finding.why);
        }
        if matches!(&claim, Claim::Refused(refusal) if cannot_close(refusal)) {
            finding.may_retry = false;
        }
        if !is_open || !finding.may_retry || sends == SENDS || until.is_past(clock) {
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
) -> Result<OrderAnswer<Closed>, Error> {
    let session = client.session()?;
    let permit = permit(session.identity());
    let answer = session.close(&permit, order, until);
    // A later answer on this connection could be taken for this one.
    if matches!(answer.claim, Claim::Lost(_) | Claim::Garbled(_)) {
        client.hang_up();
    }
    Ok(answer)
}

/// Reads list and account before a CLOSE; `None` where either can't be read, which does not prevent closing.
pub fn read_statement(client: &mut Client<'_>) -> Result<Option<(Account, Vec<Position>)>, Error> {
    let list = client.positions().map(|answer| answer.reply.ok());
    let account = client.account().map(|answer| answer.reply.ok());
    let read = match (list, account) {
        (_, Err(error @ Error::AccountChanged(_))) => return Err(error),
        (Err(Error::Stopped(stopped)), _) | (_, Err(Error::Stopped(stopped))) => {
            return Err(stopped.into());
        }
        (list, account) => list.ok().flatten().zip(account.ok().flatten()),
    };
    Ok(read.map(|(list, account)| (account, list.positions)))
}

/// Reads lists until the ticket is proved gone. Where the gateway said that it closed, a list may lag behind for the
/// settle time; where it refused, one list that still shows the ticket is enough. A doubt may go away within that time.
fn wait_until_gone(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    options: &Options<'_>,
    known: Known<'_>,
    claim: &Claim<Closed>,
) -> Result<CloseFinding, Error> {
    if is_broken(Rule::DoubtFilled) && matches!(claim, Claim::Done(_)) {
        return Ok(CloseFinding::new(CloseOutcome::Closed, describe(claim)));
    }
    let claims_closed = matches!(claim, Claim::Done(closed) if closed.ticket.is_real());
    let settle = if claims_closed { options.settle } else { Duration::ZERO };
    let listed_by = Deadline::after(clock, settle).min(options.until);
    let doubted_by = Deadline::after(clock, options.settle).min(options.until);
    let mut reading = None;
    loop {
        let finding = look(client, options.position.ticket, known)?;
        reading = finding.reading.or(reading);
        let settled = if finding.outcome == CloseOutcome::Unknown { doubted_by } else { listed_by };
        if finding.outcome == CloseOutcome::Closed || settled.left(clock) <= INTERVAL {
            return Ok(CloseFinding { reading, ..finding });
        }
        clock.sleep(INTERVAL)?;
    }
}

/// Reads a list, and looks the ticket up in it.
pub fn look(
    client: &mut Client<'_>,
    ticket: Ticket,
    known: Known<'_>,
) -> Result<CloseFinding, Error> {
    let answer = client.positions()?;
    let list = match &answer.reply {
        Err(refusal) => {
            return Ok(CloseFinding::new(CloseOutcome::Unknown, refusal.to_string()));
        }
        Ok(list) => list,
    };
    let state = absence::look_up(client, &list.positions, ticket, known)?;
    let (outcome, why) = match state {
        TicketState::Open(_) => (CloseOutcome::StillOpen, "the list still shows it".to_owned()),
        TicketState::Gone { witness } => (CloseOutcome::Closed, witness),
        TicketState::Unproved { doubt } => (CloseOutcome::Unknown, doubt),
    };
    let reading = Some(Reading::of(answer.sent_at, list, &answer.raw));
    let listed = Some(list.positions.clone());
    Ok(CloseFinding { reading, listed, ..CloseFinding::new(outcome, why) })
}

/// A claim in words.
pub fn describe(claim: &Claim<Closed>) -> String {
    match claim {
        Claim::Done(closed) if closed.ticket.is_real() => {
            "the gateway said that it closed it".to_owned()
        }
        Claim::Done(_) => "the gateway said FILLED with ticket 0, which closes nothing".to_owned(),
        Claim::Refused(refusal) if cannot_close(refusal) => format!(
            "this gateway cannot close anything ({}): close it by hand at the terminal",
            crate::escape::visible(&refusal.message)
        ),
        Claim::Refused(refusal) => refusal.to_string(),
        Claim::Garbled(complaint) => format!("an answer that breaks the protocol: {complaint}"),
        Claim::Lost(error) => format!("no answer: {error}"),
    }
}
