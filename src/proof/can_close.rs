//! Whether a gateway can close anything, found out without a trade.
//!
//! Some gateways never can (hazard 3), and it should not be learnt in an emergency. A CLOSE for a ticket that no list
//! ever held trades nothing: "not found" is a gateway that can close, "has no attribute" one that never will
//! (PROTOCOL.md, section 4a). Another program on the port might take it for an order (hazard 11), so it goes only where a
//! permit is: on a connection whose identity was proved.

use uuid::Uuid;

use super::close::cannot_close;
use crate::clock::Deadline;
use crate::link::order::Claim;
use crate::link::permit::ClosePermit;
use crate::link::{Client, Error, Identity};
use crate::protocol::ErrorCode;
use crate::protocol::close::Close;
use crate::protocol::positions::Position;
use crate::units::{Lots, Symbol, Ticket};

/// What a gateway that can close answers.
pub const EXPECTED: &str = "a CLOSE for a ticket that doesn't exist is answered with \"not found\"";

/// The order that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Options<'o> {
    /// An instrument as the broker spells it.
    pub symbol: &'o Symbol,
    /// A volume in lots; the gateway ignores it.
    pub volume: &'o Lots,
    /// This run: no two runs ask for the same ticket.
    pub run: Uuid,
    /// What is open: its tickets are not asked for.
    pub positions: &'o [Position],
    /// For the answer.
    pub until: Deadline,
}

/// What the gateway answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Whether it can close, as far as that can be told.
    pub can_close: bool,
    /// What it said.
    pub found: String,
    /// What to do about it, where it is another trouble than with closing.
    pub remedy: Option<&'static str>,
}

/// Asks. An error is one of getting there: nothing was sent then.
pub fn probe(
    client: &mut Client<'_>,
    permit: &dyn Fn(&Identity) -> ClosePermit,
    options: Options<'_>,
) -> Result<Probed, Error> {
    let ticket = unused_ticket(options.run, options.positions);
    let order = Close { ticket, symbol: options.symbol.clone(), volume: options.volume.clone() };
    let session = client.session()?;
    let permit = permit(session.identity());
    let answered = session.close(&permit, order, options.until);
    let (can_close, found) = match &answered.claim {
        Claim::Refused(refusal) if cannot_close(refusal) => {
            (false, format!("this gateway cannot close anything: {refusal}"))
        }
        Claim::Refused(refusal) => {
            let not_found = refusal.code == ErrorCode::Mt5CloseFailed
                && refusal.message.to_ascii_lowercase().contains("not found");
            (not_found, refusal.to_string())
        }
        Claim::Done(_) => (
            false,
            format!("it said that it closed {ticket}, which doesn't exist: a stub or a mock"),
        ),
        Claim::Garbled(complaint) => (false, complaint.to_string()),
        Claim::Lost(error) => (false, error.to_string()),
    };
    if matches!(answered.claim, Claim::Garbled(_) | Claim::Lost(_)) {
        client.hang_up();
    }
    let remedy = match &answered.claim {
        Claim::Refused(refusal) if refusal.code != ErrorCode::Mt5CloseFailed => {
            Some(refusal.code.remedy())
        }
        _ => None,
    };
    Ok(Probed { can_close, found, remedy })
}

/// A ticket far above those that brokers give, and in no list.
fn unused_ticket(run: Uuid, positions: &[Position]) -> Ticket {
    const FROM: i64 = 8_000_000_000_000_000;
    const SPAN: u128 = 1_000_000_000_000_000;
    let offset = i64::try_from(run.as_u128() % SPAN).unwrap_or_default();
    let mut ticket = Ticket(FROM + offset);
    while positions.iter().any(|position| position.ticket == ticket) {
        ticket = Ticket(ticket.0 + 1);
    }
    ticket
}
