//! What it takes to say that a ticket is not open.
//!
//! A list without it proves nothing by itself: the gateway answers with an empty list when its read failed (hazards 4,
//! 18, 22). A ticket's absence counts only where the same list still shows another position that is known to be open,
//! or where flat holds (PROTOCOL.md, section 4a).

use std::collections::BTreeSet;

use crate::link::{Client, Error};
use crate::proof::flat::EmptyBook;
use crate::protocol::positions::{Position, Positions};
use crate::units::{Money, Ticket};

/// Whether a list's silence about a ticket can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credible {
    /// It can; says by what.
    Yes(String),
    /// It can't; says why.
    No(String),
}

/// Judges a list that lacks what is looked for. Where it is empty, the second list and the account are read.
pub fn judge(
    client: &mut Client<'_>,
    list: &[Position],
    known_open: &BTreeSet<Ticket>,
    credit: &Money,
) -> Result<Credible, Error> {
    if let Some(known) = list.iter().find(|position| known_open.contains(&position.ticket)) {
        return Ok(Credible::Yes(format!("the list still shows {}", known.ticket)));
    }
    if !list.is_empty() {
        let doubt = "the list shows none of the positions that were open before";
        return Ok(Credible::No(doubt.to_owned()));
    }
    let again = client.positions()?.reply;
    let account = client.account()?.reply.ok();
    let both_empty = matches!(again, Ok(Positions { positions, .. }) if positions.is_empty());
    Ok(match EmptyBook::judge(both_empty, account.as_ref(), credit) {
        EmptyBook::Proved { witness } => Credible::Yes(witness),
        EmptyBook::Unproved { doubt } => Credible::No(doubt),
    })
}
