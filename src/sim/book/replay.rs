//! Rebuilds a book from its executions.

use super::order::{Order, Tag};
use super::{Book, OpenPosition};
use crate::protocol::positions::Position;
use crate::sim::deal_log::{Entry, Movement};
use crate::sim::ledger::Execution;
use crate::sim::market::find;

impl Book {
    /// Repeats an execution of the journal; `false` where it contradicts the book.
    pub(in crate::sim) fn replay(&mut self, execution: &Execution, tag: Option<&Tag>) -> bool {
        let filled = self.pending.take(Some(execution.order));
        // A position gets another ticket by one order, which closes and opens it.
        let is_new = execution.order.0 + 1 >= self.next_ticket || filled.is_some();
        if execution.sequence != self.next_sequence || !is_new {
            return false;
        }
        let tag = filled.map(|it| it.into_order().tag).or(tag.cloned()).unwrap_or_default();
        let name = execution.symbol.as_str();
        let Some(instrument) = find(name.split('.').next().unwrap_or(name)) else { return false };
        self.revalue(execution.time);
        let is_part = |held: &OpenPosition| execution.volume.value() < held.volume;
        if execution.kind.closes() && self.held.get(&execution.ticket.0).is_some_and(is_part) {
            let reduced = self.reduce(execution.ticket, execution.volume.value());
            if let Some((closed, movement)) = reduced {
                let (order, price) = (execution.order, &execution.price);
                self.deals.add(execution.time, &closed, Entry::Out, order, price, movement);
            }
        } else if execution.kind.closes() {
            let Some(mut held) = self.held.remove(&execution.ticket.0) else { return false };
            // The sums hold its profit at the current price; it was closed at the journal's.
            self.floating -= held.profit;
            held.value_at(execution.price.value(), &execution.price, self.kind);
            self.floating += held.profit;
            let movement = self.realize(&held);
            let (order, price) = (execution.order, &execution.price);
            self.deals.add(execution.time, &held.position, Entry::Out, order, price, movement);
        } else if self.holds(execution.ticket) {
            let (volume, price) = (execution.volume.value(), execution.price.value());
            if self.increase(execution.ticket, volume, price).is_none() {
                return false;
            }
            if let Some(held) = self.held.get(&execution.ticket.0) {
                let added = Position { volume: execution.volume.clone(), ..held.position.clone() };
                let (order, price) = (execution.order, &execution.price);
                let none = Movement::default();
                self.deals.add(execution.time, &added, Entry::In, order, price, none);
            }
        } else {
            let (side, volume) = (execution.side.clone(), execution.volume.clone());
            let order = Order { tag, ..Order::new(instrument, side, volume) };
            self.add_position(execution.ticket, &order, execution.price.clone());
            if let Some(held) = self.held.get_mut(&execution.ticket.0) {
                held.position.symbol = execution.symbol.clone();
            }
            self.add_deal(execution.ticket, Entry::In, execution.order, Movement::default());
        }
        self.next_ticket = self.next_ticket.max(execution.order.0 + 1);
        self.next_sequence += 1;
        true
    }
}
