//! Proves that these positions, and no others, are open: the state that a start recovers.

use super::Judged;
use super::believed_list::BelievedList;
use super::money::{Between, Statement};
use super::premise::CompleteList;
use crate::evidence::basis::Basis;
use crate::link::Client;
use crate::protocol::positions::Position;
use crate::units::Money;

/// The listed positions are open, and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    list: BelievedList,
    count: usize,
}

impl Recovered {
    /// From two lists by two different actions, and the account that was read after them.
    pub fn prove(
        client: &Client<'_>,
        first: &[Position],
        after: Statement<'_>,
        credit: &Money,
    ) -> Judged<Self> {
        let list = CompleteList::of_two_actions(first, after.positions)?;
        let list = BelievedList::judge(client, list, &[], Between::default(), after, credit)?;
        Ok(Self { list, count: after.positions.len() })
    }

    /// Number of positions.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Its premises and assumptions.
    pub fn basis(&self) -> Basis {
        self.list.basis()
    }
}
