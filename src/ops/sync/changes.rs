//! The changes since the last snapshot: information, never a verdict.

use std::collections::HashMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::snapshot::Snapshot;
use crate::protocol::account::Account;
use crate::protocol::pending::PendingOrder;
use crate::protocol::positions::Position;
use crate::units::{Money, Ticket, TimeSchema};

/// The changes since a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Changes {
    /// Time of the snapshot, by this machine's clock.
    #[schemars(with = "TimeSchema")]
    pub since: Timestamp,
    /// Positions that the snapshot doesn't hold.
    pub opened: Vec<Position>,
    /// Positions that the gateway no longer lists, as the snapshot holds them.
    pub closed: Vec<Position>,
    /// Positions of one ticket whose symbol, side, volume or opening price differ.
    pub changed: Vec<Changed>,
    /// Pending orders that the snapshot doesn't hold.
    pub orders_placed: Vec<PendingOrder>,
    /// Pending orders that the gateway no longer lists: cancelled, expired or filled.
    pub orders_gone: Vec<PendingOrder>,
    /// The balance, where it changed: by positions that closed, even if they opened since, or by money that was moved.
    pub balance: Option<ChangedBalance>,
}

/// The balance, before and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedBalance {
    /// The value in the snapshot.
    pub before: Money,
    /// The value that the gateway reports.
    pub now: Money,
}

/// One position, before and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Changed {
    /// The position in the snapshot.
    pub before: Position,
    /// The position that the gateway reports.
    pub now: Position,
}

impl Changes {
    /// Compares by ticket. Prices and profit move all the time and are no change.
    pub fn since(snapshot: &Snapshot, now: &[Position]) -> Self {
        let mut before: HashMap<Ticket, &Position> =
            snapshot.positions.iter().map(|position| (position.ticket, position)).collect();
        let (mut opened, mut changed) = (vec![], vec![]);
        for position in now {
            match before.remove(&position.ticket) {
                None => opened.push(position.clone()),
                Some(known) if same(known, position) => {}
                Some(known) => {
                    changed.push(Changed { before: known.clone(), now: position.clone() });
                }
            }
        }
        let mut closed: Vec<Position> = before.into_values().cloned().collect();
        closed.sort_by_key(|position| position.ticket);
        let (orders_placed, orders_gone) = (vec![], vec![]);
        let since = snapshot.taken_at;
        Self { since, opened, closed, changed, orders_placed, orders_gone, balance: None }
    }

    /// Compares the balance as well.
    pub fn and_balance(mut self, snapshot: &Snapshot, account: &Account) -> Self {
        let (before, now) = (&snapshot.account.balance, &account.balance);
        self.balance =
            (before != now).then(|| ChangedBalance { before: before.clone(), now: now.clone() });
        self
    }

    /// Compares the pending orders as well, where both list them.
    pub fn and_orders(mut self, snapshot: &Snapshot, now: Option<&[PendingOrder]>) -> Self {
        let (Some(before), Some(now)) = (snapshot.pending_orders.as_deref(), now) else {
            return self;
        };
        let lacking = |of: &[PendingOrder], other: &[PendingOrder]| -> Vec<PendingOrder> {
            let lacks = |order: &&PendingOrder| other.iter().all(|it| it.ticket != order.ticket);
            of.iter().filter(lacks).cloned().collect()
        };
        self.orders_placed = lacking(now, before);
        self.orders_gone = lacking(before, now);
        self
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty()
            && self.closed.is_empty()
            && self.changed.is_empty()
            && self.orders_placed.is_empty()
            && self.orders_gone.is_empty()
            && self.balance.is_none()
    }
}

fn same(one: &Position, other: &Position) -> bool {
    one.symbol == other.symbol
        && one.side == other.side
        && one.volume == other.volume
        && one.open_price == other.open_price
}
