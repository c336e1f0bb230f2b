//! *Complete list*: never one list alone. The gateway answers with an empty list when its read failed (hazards 4, 18, 22),
//! and lists are cut or repeat their rows with status OK (hazard 30).

use std::collections::BTreeSet;

use crate::evidence::basis::{Established, Missing, Premise};
use crate::os::failpoints::{Rule, is_broken};
use crate::proof::Judged;
use crate::protocol::positions::{Position, tickets};
use crate::units::Ticket;

/// Two lists in a row hold the same tickets, and no row twice. They show a position that is known to be open, or none;
/// otherwise the account has to show that all of those were closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteList {
    listed: usize,
    /// The position that is known to be open.
    witness: Option<Ticket>,
}

impl CompleteList {
    /// Judges a list alone: it repeats no row.
    pub fn judge_one(list: &[Position]) -> Judged<()> {
        match tickets(list).len() < list.len() {
            true => missing("the list repeats a row"),
            false => Ok(()),
        }
    }

    /// From two lists that were read in a row.
    pub fn of_two(
        first: &[Position],
        second: &[Position],
        known: &BTreeSet<Ticket>,
    ) -> Judged<Self> {
        Self::judge_one(first)?;
        Self::judge_one(second)?;
        if tickets(first) != tickets(second) && !is_broken(Rule::CompleteList) {
            return missing("a second list holds other tickets");
        }
        Ok(Self { listed: second.len(), witness: witness(first, known) })
    }

    /// From two lists by two different actions, without a position that is known to be open.
    pub fn of_two_actions(first: &[Position], second: &[Position]) -> Judged<Self> {
        let list = Self::of_two(first, second, &tickets(first))?;
        Ok(Self { witness: None, ..list })
    }

    /// Whether positions are listed, and none of them was known to be open.
    pub fn is_all_new(&self) -> bool {
        self.listed > 0 && self.witness.is_none()
    }

    /// The listed position that is known to be open.
    pub fn witness(&self) -> Option<Ticket> {
        self.witness
    }

    /// As a record.
    pub fn established(&self) -> Established {
        let found = match (self.listed, self.witness) {
            (0, _) => "two empty lists".to_owned(),
            (1, Some(ticket)) => format!("two lists of {ticket} alone, which is known to be open"),
            (count, Some(ticket)) => {
                format!(
                    "two lists of the same {count} tickets, among them {ticket}, which is known to be open"
                )
            }
            (count, None) => format!("two lists of the same {count} tickets"),
        };
        Established { premise: Premise::CompleteList, found }
    }
}

fn witness(list: &[Position], known: &BTreeSet<Ticket>) -> Option<Ticket> {
    list.iter().map(|position| position.ticket).find(|ticket| known.contains(ticket))
}

fn missing<T>(doubt: &str) -> Judged<T> {
    Err(Missing { premise: Premise::CompleteList, doubt: doubt.to_owned() })
}
