//! Accounts that answer in the place of the first one.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::order::{Order, Tag};
use super::pending_book::PendingBook;
use super::{Book, INSTRUMENTS, OpenPosition, STARTING_MAGIC};
use crate::protocol::positions::Position;
use crate::sim::deal_log::{DealLog, Entry, Movement};
use crate::units::{Lots, Side, Ticket};

impl Book {
    /// A flat account with this balance at the same market; its tickets continue those of the first one.
    pub(in crate::sim) fn of_another_account(first: &Self, balance: Decimal) -> Self {
        Self {
            balance: first.kind.round(balance),
            held: BTreeMap::new(),
            net: [Decimal::ZERO; INSTRUMENTS.len()],
            floating: Decimal::ZERO,
            swap: Decimal::ZERO,
            commission: Decimal::ZERO,
            pending: PendingBook::default(),
            deals: DealLog::new(first.kind, first.kind.round(balance), first.now),
            ..*first
        }
    }

    /// The account of another gateway at the same market, with this balance and two positions.
    pub(in crate::sim) fn of_another_gateway(first: &Self, balance: Decimal) -> Self {
        const POSITIONS: [usize; 2] = [1, 0];
        let mut other = Self::of_another_account(first, balance);
        for instrument in POSITIONS {
            let volume = Lots::from(Decimal::new(2, 2));
            let tag = Tag { magic: STARTING_MAGIC.0, ..Tag::default() };
            let order = Order { instrument, side: Side::Buy, volume, tag };
            let (ticket, price) = (other.take_ticket(), other.quotes[instrument].bid);
            other.add_position(ticket, &order, price.into());
            other.add_deal(ticket, Entry::In, ticket, Movement::default());
        }
        other
    }

    /// Another account at the same market, with this balance and a copy of every position under another ticket.
    pub(in crate::sim) fn copy_of_account(first: &Self, balance: Decimal) -> Self {
        let mut copy = Self::of_another_account(first, balance);
        for held in first.held.values() {
            let ticket = copy.take_ticket();
            copy.add_copy(held, ticket);
            copy.add_deal(ticket, Entry::In, ticket, Movement::default());
        }
        copy
    }

    /// The account as a terminal shows it that has loaded the older half of the positions.
    pub(in crate::sim) fn half_loaded(whole: &Self) -> Self {
        let mut half = Self::of_another_account(whole, whole.balance);
        half.swap = whole.swap;
        for (ticket, held) in whole.held.iter().take(whole.held.len() / 2) {
            half.add_copy(held, Ticket(*ticket));
        }
        half
    }

    fn add_copy(&mut self, held: &OpenPosition, ticket: Ticket) {
        let Position { side, volume, open_price, .. } = held.position.clone();
        let order = Order { instrument: held.instrument, side, volume, tag: held.tag.clone() };
        self.add_position(ticket, &order, open_price);
    }
}
