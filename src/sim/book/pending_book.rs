//! The pending orders of an account: they open positions later by themselves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::order::{Order, Tag};
use crate::protocol::pending::PendingOrder;
use crate::sim::deal_log::broker_msc;
use crate::sim::market::{INSTRUMENTS, Quote};
use crate::units::{Lots, Magic, Price, Side, Symbol, Ticket};

/// The distance of a pending order's price from the quote, in points.
const DISTANCE_POINTS: i64 = 500;
/// The magic number of pending orders.
const MAGIC: i64 = 202_401;

/// A pending order at the broker.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) ticket: Ticket,
    instrument: usize,
    listed: PendingOrder,
}

impl Pending {
    /// The order that executes when it fills.
    pub(super) fn into_order(self) -> Order {
        let side = if self.listed.kind.starts_with("BUY") { Side::Buy } else { Side::Sell };
        let tag = Tag { magic: self.listed.magic.0, ..Tag::default() };
        Order { tag, ..Order::new(self.instrument, side, self.listed.volume_current) }
    }
}

/// The pending orders, by ticket.
#[derive(Debug, Default)]
pub(super) struct PendingBook(BTreeMap<i64, Pending>);

impl PendingBook {
    /// Adds the nth pending order of a starting book.
    pub(super) fn add(
        &mut self,
        ticket: Ticket,
        nth: usize,
        instrument: usize,
        quote: Quote,
        now: Timestamp,
    ) {
        let rules = &INSTRUMENTS[instrument];
        let away = rules.price(DISTANCE_POINTS);
        let (kind, price) = match nth % 4 {
            0 => ("BUY_LIMIT", quote.ask - away),
            1 => ("SELL_LIMIT", quote.bid + away),
            2 => ("BUY_STOP", quote.ask + away),
            _ => ("SELL_STOP", quote.bid - away),
        };
        let volume = Lots::from(Decimal::new(1, 2));
        let listed = PendingOrder {
            ticket,
            symbol: Symbol::new(rules.name),
            kind: kind.to_owned(),
            state: "PLACED".to_owned(),
            volume_initial: volume.clone(),
            volume_current: volume,
            price_open: Price::from(price),
            magic: Magic(MAGIC),
            comment: String::new(),
            time_setup_msc: broker_msc(now),
        };
        self.0.insert(ticket.0, Pending { ticket, instrument, listed });
    }

    /// Takes out the order with this ticket, or the oldest one.
    pub(super) fn take(&mut self, ticket: Option<Ticket>) -> Option<Pending> {
        match ticket {
            Some(ticket) => self.0.remove(&ticket.0),
            None => self.0.pop_first().map(|(_, pending)| pending),
        }
    }

    /// The orders as the terminal lists them.
    pub(super) fn list(&self) -> Vec<PendingOrder> {
        self.0.values().map(|pending| pending.listed.clone()).collect()
    }
}
