//! Finds out without a trade whether a gateway can close positions.
//!
//! Some gateways never can (hazard 3), and it should not be learnt in an emergency. A CLOSE for a ticket that no list
//! ever held trades nothing: "not found" is a gateway that can close, "has no attribute" one that never will
//! (PROTOCOL.md, section 4a). Another program on the port might take it for an order (hazard 11), so it is sent only with
//! a permit: on a connection whose identity was proved.

use uuid::Uuid;

use super::claim::{cannot_close, is_forbidden, is_not_found};
use super::close::{PermitClose, send};
use crate::clock::Deadline;
use crate::link::order::Claim;
use crate::link::{Client, Error};
use crate::protocol::ErrorCode;
use crate::protocol::close::Close;
use crate::protocol::positions::Position;
use crate::units::{Lots, Symbol, Ticket};

/// The expected answer.
pub const EXPECTED: &str = "the answer \"not found\" to a CLOSE for a ticket that doesn't exist";

/// The CLOSE to send.
#[derive(Debug, Clone, Copy)]
pub struct Options<'o> {
    /// An instrument as the broker spells it.
    pub symbol: &'o Symbol,
    /// A volume in lots; the gateway ignores it.
    pub volume: &'o Lots,
    /// This run: no two runs use the same ticket.
    pub run: Uuid,
    /// The open positions, whose tickets are not used.
    pub positions: &'o [Position],
    /// Deadline of the answer.
    pub until: Deadline,
}

/// The gateway's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Whether the gateway can close; false where the answer doesn't show it.
    pub can_close: bool,
    /// The answer in words.
    pub found: String,
    /// The remedy, where another problem than closing showed.
    pub remedy: Option<&'static str>,
}

/// Sends the CLOSE. An error means that nothing was sent.
pub fn probe(
    client: &mut Client<'_>,
    permit: &PermitClose<'_>,
    options: Options<'_>,
) -> Result<Probed, Error> {
    let ticket = unused_ticket(options.run, options.positions);
    let order = Close { ticket, symbol: options.symbol.clone(), volume: options.volume.clone() };
    let mut remedy = None;
    let (can_close, found) = match send(client, permit, order, options.until)?.claim {
        Claim::Refused(refusal) if is_forbidden(&refusal) => {
            remedy = Some(refusal.code.remedy());
            (false, format!("nothing can be closed from here: {refusal}"))
        }
        Claim::Refused(refusal) if cannot_close(&refusal) => {
            (false, format!("this gateway cannot close anything: {refusal}"))
        }
        Claim::Refused(refusal) if is_not_found(&refusal) => (true, refusal.to_string()),
        Claim::Refused(refusal) if refusal.code == ErrorCode::Mt5CloseFailed => {
            (false, refusal.to_string())
        }
        Claim::Refused(refusal) => {
            remedy = Some(refusal.code.remedy());
            (false, refusal.to_string())
        }
        Claim::Done(_) => (
            false,
            format!("it said that it closed {ticket}, which doesn't exist: a stub or a mock"),
        ),
        Claim::Garbled(complaint) => (false, complaint.to_string()),
        Claim::Lost(error) => (false, error.to_string()),
    };
    Ok(Probed { can_close, found, remedy })
}

/// A ticket far above those of brokers, and in no list.
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
