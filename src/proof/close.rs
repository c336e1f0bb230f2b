//! Closing one position, and proving that it is gone.
//!
//! CLOSE is pinned to its ticket, so it may be sent again; but only after a list shows the ticket still open, because an
//! answer that was lost says nothing. What the gateway answers is shown and never believed: it says FILLED and closes
//! nothing (hazard 2), and some gateways can't close at all (hazard 3).

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Judgement, absence};
use crate::clock::{Clock, Deadline};
use crate::evidence::body::{RawReply, Reading};
use crate::evidence::outcome::CloseOutcome;
use crate::link::order::{Claim, OrderAnswer};
use crate::link::permit::ClosePermit;
use crate::link::{Client, Error};
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::close::{Close, Closed};
use crate::protocol::positions::Position;
use crate::protocol::{ErrorCode, Refusal};
use crate::units::{Money, Ticket};

/// Times that a CLOSE is sent, each after a list that still showed the ticket.
const SENDS: u32 = 3;
/// Between two lists.
const INTERVAL: Duration = Duration::from_millis(250);

/// The outcome of closing one position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFinding {
    /// The outcome.
    pub outcome: CloseOutcome,
    /// What shows it, or what is missing.
    pub why: String,
    /// The last answer to a CLOSE, where one came.
    pub reply: Option<RawReply>,
    /// The last list that was read for it.
    pub reading: Option<Reading>,
    /// Whether this gateway can never close anything (hazard 3).
    pub cannot_close: bool,
}

/// The limits of closing one position.
#[derive(Debug, Clone)]
pub struct Options {
    /// For one answer to a CLOSE.
    pub order_timeout: Duration,
    /// How long a position may still show up after it was closed.
    pub settle: Duration,
    /// What equity may hold beyond balance on a flat account.
    pub credit: Money,
}

/// Whether a refusal says that this gateway can never close anything (hazard 3).
pub fn cannot_close(refusal: &Refusal) -> bool {
    refusal.code == ErrorCode::Mt5CloseFailed && refusal.message.contains("has no attribute")
}

/// Closes `position`; `others` are tickets that are known to be open beside it.
pub fn close(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    permit: &ClosePermit,
    position: &Position,
    others: &BTreeSet<Ticket>,
    options: &Options,
    until: Deadline,
) -> Result<CloseFinding, Error> {
    let mut finding = CloseFinding {
        outcome: CloseOutcome::Unknown,
        why: "nothing was sent".to_owned(),
        reply: None,
        reading: None,
        cannot_close: false,
    };
    for _ in 0..SENDS {
        let answered = send(client, clock, permit, position, options, until)?;
        finding.reply = answered.raw.as_deref().map(RawReply::of).or(finding.reply);
        let claim = &answered.claim;
        let listed =
            wait_until_gone(client, clock, position.ticket, others, options, claim, until)?;
        finding.reading = listed.reading.or(finding.reading);
        finding.outcome = listed.outcome;
        finding.why = match listed.outcome {
            CloseOutcome::StillOpen => format!("{}; {}", describe(claim), listed.why),
            _ => listed.why,
        };
        finding.cannot_close = matches!(claim, Claim::Refused(refusal) if cannot_close(refusal));
        let again = finding.outcome == CloseOutcome::StillOpen && !finding.cannot_close;
        if !again || until.is_past(clock) {
            break;
        }
    }
    Ok(finding)
}

fn send(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    permit: &ClosePermit,
    position: &Position,
    options: &Options,
    until: Deadline,
) -> Result<OrderAnswer<Closed>, Error> {
    let order = Close {
        ticket: position.ticket,
        symbol: position.symbol.clone(),
        volume: position.volume.clone(),
    };
    let patience = Deadline::after(clock, options.order_timeout).min(until);
    let answered = client.session()?.close(permit, order, patience);
    // What can't be read, or came from elsewhere, is no connection to go on with.
    if matches!(answered.claim, Claim::Lost(_) | Claim::Garbled(_)) {
        client.hang_up();
    }
    Ok(answered)
}

/// What the last list showed.
struct Listed {
    outcome: CloseOutcome,
    why: String,
    reading: Option<Reading>,
}

/// Reads lists until the ticket is credibly gone. Where the gateway said that it closed, a list may lag behind for the
/// settle time; where it refused, one list that still shows the ticket is enough.
fn wait_until_gone(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    ticket: Ticket,
    others: &BTreeSet<Ticket>,
    options: &Options,
    claim: &Claim<Closed>,
    until: Deadline,
) -> Result<Listed, Error> {
    let claimed = matches!(claim, Claim::Done(closed) if closed.ticket.is_real());
    let patience = if claimed { options.settle } else { Duration::ZERO };
    let settled = Deadline::after(clock, patience).min(until);
    let mut reading = None;
    if is_broken(Rule::DoubtFilled) && matches!(claim, Claim::Done(_)) {
        return Ok(Listed { outcome: CloseOutcome::Closed, why: describe(claim), reading });
    }
    loop {
        let answer = client.positions()?;
        let (outcome, why) = match &answer.reply {
            Err(refusal) => (CloseOutcome::Unknown, refusal.to_string()),
            Ok(list) => {
                reading = Some(Reading::of(answer.sent_at, list, &answer.raw));
                if list.positions.iter().any(|position| position.ticket == ticket) {
                    (CloseOutcome::StillOpen, "the list still shows it".to_owned())
                } else {
                    match absence::judge(client, &list.positions, others, &options.credit)? {
                        Judgement::Proved { witness } => (CloseOutcome::Closed, witness),
                        Judgement::Unproved { doubt } => (CloseOutcome::Unknown, doubt),
                    }
                }
            }
        };
        if outcome == CloseOutcome::Closed || settled.left(clock) <= INTERVAL {
            return Ok(Listed { outcome, why, reading });
        }
        clock.sleep(INTERVAL)?;
    }
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
