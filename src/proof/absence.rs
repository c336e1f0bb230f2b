//! Proves that a ticket is not open.
//!
//! A list without it is no proof: the gateway answers with an empty list when its read failed (hazards 4, 18, 22). A
//! ticket's absence counts only where the same list still shows another position that is known to be open, or where flat
//! holds (PROTOCOL.md, section 4a).

use std::collections::BTreeSet;

use super::{Judgement, flat};
use crate::link::{Client, Error};
use crate::protocol::positions::Position;
use crate::units::{Money, Ticket};

/// The state of one ticket, by one list.
#[derive(Debug)]
pub enum TicketState<'l> {
    /// The list holds it.
    Open(&'l Position),
    /// It is proved not to be open.
    Gone {
        /// The proof.
        witness: String,
    },
    /// The list lacks it, which proves nothing.
    Unproved {
        /// The missing part of the proof.
        doubt: String,
    },
}

/// Looks a ticket up in a list. `known_open` are other tickets that are known to be open.
pub fn look_up<'l>(
    client: &mut Client<'_>,
    list: &'l [Position],
    ticket: Ticket,
    known_open: &BTreeSet<Ticket>,
    credit: &Money,
) -> Result<TicketState<'l>, Error> {
    if let Some(position) = list.iter().find(|position| position.ticket == ticket) {
        return Ok(TicketState::Open(position));
    }
    Ok(match judge(client, list, known_open, credit)? {
        Judgement::Proved { witness } => TicketState::Gone { witness },
        Judgement::Unproved { doubt } => TicketState::Unproved { doubt },
    })
}

/// Judges a list that lacks a ticket. Where it is empty, a second list and the account are read.
pub fn judge(
    client: &mut Client<'_>,
    list: &[Position],
    known_open: &BTreeSet<Ticket>,
    credit: &Money,
) -> Result<Judgement, Error> {
    if let Some(known) = list.iter().find(|position| known_open.contains(&position.ticket)) {
        let witness =
            format!("absent from a list that shows {}, which is known to be open", known.ticket);
        return Ok(Judgement::Proved { witness });
    }
    if !list.is_empty() {
        let doubt = "the list shows none of the positions that were open before".to_owned();
        return Ok(Judgement::Unproved { doubt });
    }
    let again = client.positions()?.reply;
    let account = client.account()?.reply.ok();
    let both_empty = again.is_ok_and(|list| list.positions.is_empty());
    Ok(flat::judge(both_empty, account.as_ref(), credit))
}

/// The tickets of a list.
pub fn tickets(list: &[Position]) -> BTreeSet<Ticket> {
    list.iter().map(|position| position.ticket).collect()
}
