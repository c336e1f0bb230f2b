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

/// Judges a list that lacks the ticket. Where it is empty, the second list and the account are read.
pub fn judge(
    client: &mut Client<'_>,
    list: &[Position],
    known_open: &BTreeSet<Ticket>,
    credit: &Money,
) -> Result<Judgement, Error> {
    if let Some(known) = list.iter().find(|position| known_open.contains(&position.ticket)) {
        let witness = format!("a list without it still shows {}", known.ticket);
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
