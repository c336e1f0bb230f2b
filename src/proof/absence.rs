//! Proves that a ticket is not open.
//!
//! One list without it is no proof: the gateway answers with an empty list when its read failed (hazards 4, 18, 22), and
//! lists are cut or repeat their rows with status OK (hazard 30). Absence needs all of these premises:
//!
//! - *complete list*: two lists in a row hold the same tickets, and no row twice; they still show a position that is known
//!   to be open, or they are empty and flat holds (PROTOCOL.md, section 4a)
//! - *same account*: the account that was read after them is the one of the run's first read (hazard 25)
//! - *money not contradicted*: the account's figures fit the positions that are gone (hazard 26)

use std::collections::BTreeSet;

use super::money::{self, Between, Statement};
use super::{Judgement, flat};
use crate::link::{Client, Error};
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::positions::{Position, tickets};
use crate::units::{Money, Ticket};

/// Facts from before the list that lacks a ticket.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k> {
    /// Other tickets that are known to be open.
    pub open: &'k BTreeSet<Ticket>,
    /// An earlier list with the account beside it, of this run; `None` where nothing was read yet.
    pub before: Option<Statement<'k>>,
    /// Openings and refusals since then, in this run.
    pub between: Between<'k>,
    /// Part of a flat account's equity beyond its balance.
    pub credit: &'k Money,
}

impl<'k> Known<'k> {
    /// Tickets that are known to be open, without an earlier list and account.
    pub fn new(open: &'k BTreeSet<Ticket>, credit: &'k Money) -> Self {
        Self { open, before: None, between: Between::default(), credit }
    }
}

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

/// Looks a ticket up in a list.
pub fn look_up<'l>(
    client: &mut Client<'_>,
    list: &'l [Position],
    ticket: Ticket,
    known: Known<'_>,
) -> Result<TicketState<'l>, Error> {
    if let Some(position) = list.iter().find(|position| position.ticket == ticket) {
        return Ok(TicketState::Open(position));
    }
    Ok(match judge(client, list, known)? {
        Judgement::Proved { witness } => TicketState::Gone { witness },
        Judgement::Unproved { doubt } => TicketState::Unproved { doubt },
    })
}

/// Judges a list that lacks a ticket. Reads a second list, and the account after it.
pub fn judge(
    client: &mut Client<'_>,
    list: &[Position],
    known: Known<'_>,
) -> Result<Judgement, Error> {
    let doubt = |doubt: String| Ok(Judgement::Unproved { doubt });
    let shown = tickets(list);
    if shown.len() < list.len() {
        return doubt("the list repeats a row".to_owned());
    }
    let witness = list.iter().find(|position| known.open.contains(&position.ticket));
    if witness.is_none() && !list.is_empty() {
        return doubt("the list shows none of the positions that were open before".to_owned());
    }
    let again = match client.positions()?.reply {
        _ if is_broken(Rule::CompleteList) => list.to_vec(),
        Ok(again) => again.positions,
        Err(refusal) => return doubt(format!("a second list can't be read: {refusal}")),
    };
    if tickets(&again) != shown {
        return doubt("a second list holds other tickets".to_owned());
    }
    let account = match client.account()?.reply {
        Ok(account) => account,
        Err(refusal) => {
            return doubt(format!("the account can't be read beside the list: {refusal}"));
        }
    };
    let judgement = match witness {
        None => flat::judge(again.is_empty(), Some(&account), known.credit),
        Some(known) => Judgement::Proved {
            witness: format!(
                "absent from two lists that show {}, which is known to be open, and the account fits",
                known.ticket
            ),
        },
    };
    let after = Statement { account: &account, positions: &again };
    let contradiction =
        known.before.and_then(|before| money::contradiction(before, known.between, after));
    match (judgement, contradiction) {
        (Judgement::Proved { .. }, Some(contradiction)) => doubt(contradiction.to_string()),
        (judgement, _) => Ok(judgement),
    }
}
