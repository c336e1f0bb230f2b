//! Proves that a ticket is not open.
//!
//! One list without it is no proof. A second list, and the account after both, make it one: see the premises.

use std::collections::BTreeSet;
use std::fmt;

use super::believed_list::BelievedList;
use super::money::{self, Between, Statement};
use super::premise::{CompleteList, ReadAccount, SameAccount};
use super::{Judged, Missing};
use crate::evidence::basis::{Assumption, Basis, Premise};
use crate::link::{Client, Error};
use crate::protocol::positions::{Position, tickets};
use crate::units::{Money, Ticket};

/// Each ticket that the list lacks is not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent(BelievedList);

/// Facts from before the list that lacks a ticket.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k> {
    /// Other tickets that are known to be open.
    pub open: &'k BTreeSet<Ticket>,
    /// Earlier lists of this run, each with the account beside it.
    pub before: &'k [Statement<'k>],
    /// Openings and refusals since then, in this run.
    pub between: Between<'k>,
    /// Tickets that nobody here closes.
    pub staying: &'k BTreeSet<Ticket>,
    /// Part of a flat account's equity beyond its balance.
    pub credit: &'k Money,
}

/// No tickets.
static NONE: BTreeSet<Ticket> = BTreeSet::new();

impl<'k> Known<'k> {
    /// Tickets that are known to be open, without an earlier list and account.
    pub fn new(open: &'k BTreeSet<Ticket>, credit: &'k Money) -> Self {
        Self { open, before: &[], between: Between::default(), staying: &NONE, credit }
    }
}

/// The state of one ticket, by one list.
#[derive(Debug)]
pub enum TicketState<'l> {
    /// The list holds it.
    Open(&'l Position),
    /// It is proved not to be open.
    Gone(Absent),
    /// The list lacks it, which proves nothing.
    Unproved(Missing),
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
    Ok(match prove(client, list, known)? {
        Ok(absent) => TicketState::Gone(absent),
        Err(missing) => TicketState::Unproved(missing),
    })
}

/// Judges a list that lacks a ticket. Reads a second list, and the account after it.
pub fn prove(
    client: &mut Client<'_>,
    first: &[Position],
    known: Known<'_>,
) -> Result<Judged<Absent>, Error> {
    if let Err(missing) = CompleteList::judge_one(first) {
        return Ok(Err(missing));
    }
    let second = match client.positions()?.reply {
        Ok(second) => second.positions,
        Err(refusal) => {
            let doubt = format!("a second list can't be read: {refusal}");
            return Ok(Err(Missing { premise: Premise::CompleteList, doubt }));
        }
    };
    let list = match CompleteList::of_two(first, &second, known.open) {
        Ok(list) => list,
        Err(missing) => return Ok(Err(missing)),
    };
    let read = match SameAccount::read(client)? {
        Ok(read) => read,
        Err(missing) => return Ok(Err(missing)),
    };
    Ok(Absent::judge(client, list, &second, &read, known))
}

impl Absent {
    /// Judges the account that was read behind two lists; `second` is the second one.
    pub(super) fn judge(
        client: &Client<'_>,
        list: CompleteList,
        second: &[Position],
        read: &ReadAccount,
        known: Known<'_>,
    ) -> Judged<Self> {
        let after = Statement { account: read.figures(), positions: second };
        let Known { before, between, staying, credit, .. } = known;
        let listed = tickets(second);
        let stayed = staying.intersection(&listed).count();
        let lacks_all = list.is_all_new() || (stayed == 0 && !staying.is_empty());
        let missing = |premise, doubt: &str| Err(Missing { premise, doubt: doubt.to_owned() });
        let shows_closed = |before: &Statement<'_>| money::shows_closed(*before, between, after);
        if lacks_all && !before.last().is_some_and(shows_closed) {
            let doubt = "the list shows none of the positions that were open before, and the account does not show that they were closed";
            return missing(Premise::CompleteList, doubt);
        }
        let has_more_unlisted =
            |before: &Statement<'_>| money::unlisted_grew(*before, after, credit);
        if stayed < staying.len() && before.iter().any(has_more_unlisted) {
            let doubt = "positions that nobody here closed are gone, and equity holds more that no listed position explains";
            return missing(Premise::MoneyFits, doubt);
        }
        BelievedList::judge(client, list, before, between, after, credit).map(Self)
    }

    /// Whether the balance is another one than in the last earlier statement.
    pub fn has_moved_balance(&self) -> bool {
        self.0.money().has_moved()
    }

    /// Its premises and assumptions.
    pub fn basis(&self) -> Basis {
        let mut basis = self.0.basis();
        basis.assumptions.push(Assumption::NoHiddenPayment);
        basis
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.list().witness() {
            Some(open) => write!(
                f,
                "absent from two lists that show {open}, which is known to be open, and the account fits"
            ),
            None if self.0.list().is_all_new() => {
                write!(f, "absent from two lists, and the balance holds its result")
            }
            None => write!(f, "two empty lists, {}", self.0.money().figures()),
        }
    }
}
