//! *Nothing new*: each ticket that is new since an order is accounted for, and none that was there is missing or changed.

use std::collections::BTreeSet;

use crate::evidence::basis::{Established, Missing, Premise};
use crate::os::failpoints::{Rule, is_broken};
use crate::proof::Judged;
use crate::protocol::positions::{Position, tickets};
use crate::units::{Lots, Price, Side, Symbol, Ticket};

/// No listed position may be the work of the order that is judged, beside its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NothingNew(&'static str);

/// An OPEN, and the state before it.
#[derive(Debug, Clone, Copy)]
pub struct Order<'o> {
    /// The instrument that was ordered.
    pub symbol: &'o Symbol,
    /// Every ticket that was open before it.
    pub before: &'o BTreeSet<Ticket>,
    /// The positions of that time, where this run read them.
    pub positions: Option<&'o [Position]>,
    /// Whether it may have reached the broker.
    pub is_dispatched: bool,
}

/// A position with a CLOSE.
#[derive(Debug, Clone, Copy)]
pub struct ClosedPosition<'c> {
    /// The instrument.
    pub symbol: &'c Symbol,
    /// The side.
    pub side: &'c Side,
    /// The volume when it was last listed.
    pub volume: &'c Lots,
    /// The price at which it opened.
    pub open_price: &'c Price,
    /// Whether the gateway called its CLOSE done.
    pub claims_closed: bool,
}

impl NothingNew {
    /// After an OPEN that a list does not hold: no ticket is new, whatever it looks like (hazard 28); none is gone, because
    /// a stop-out may have closed the order's with it; and none of the symbol has changed, because a netting account makes
    /// the order part of one of them.
    pub fn since_open(order: Order<'_>, list: &[Position]) -> Judged<Self> {
        Self::judge_listed(order, list)?;
        let listed = tickets(list);
        match order.before.iter().find(|ticket| !listed.contains(ticket)) {
            Some(gone) => missing(format!(
                "{gone} was closed since the order, and its position may have been closed with it"
            )),
            None => Ok(Self("no ticket is new or gone since the order")),
        }
    }

    /// Judges the listed positions alone: no later list can take back that one is new or has changed.
    pub fn judge_listed(order: Order<'_>, list: &[Position]) -> Judged<()> {
        let new = list.iter().find(|position| !order.before.contains(&position.ticket));
        if let Some(new) = new.filter(|_| !is_broken(Rule::NothingNew)) {
            let Position { ticket, symbol, side, volume, .. } = new;
            return missing(format!(
                "the list holds {ticket} {symbol} {side} {volume} lots, which is new since the order and may be its position"
            ));
        }
        first_changed(order, list).map_or(Ok(()), missing)
    }

    /// After a CLOSE whose ticket is gone: a broker that opens the position again gives it another ticket (hazard 31).
    /// Beside a CLOSE that the gateway called done, it is the rest after a part was closed: a smaller one with the same
    /// opening price. `is_known` tells the tickets that were open before.
    pub fn since_close(
        closed: ClosedPosition<'_>,
        is_known: impl Fn(Ticket) -> bool,
        list: &[Position],
    ) -> Judged<Self> {
        let is_rest = |position: &Position| {
            !position.open_price.value().is_zero()
                && position.open_price.value() == closed.open_price.value()
                && position.volume.value() < closed.volume.value()
        };
        let is_successor = |position: &&Position| {
            !is_known(position.ticket)
                && position.symbol == *closed.symbol
                && position.side == *closed.side
                && position.volume.value() <= closed.volume.value()
                && (!closed.claims_closed || is_rest(position))
        };
        match list.iter().find(is_successor) {
            Some(successor) => missing(format!("it may be open as {}", successor.ticket)),
            None => Ok(Self("no new position may be the rest of it")),
        }
    }

    /// As a record.
    pub fn established(&self) -> Established {
        Established { premise: Premise::NothingNew, found: self.0.to_owned() }
    }
}

fn missing<T>(doubt: String) -> Judged<T> {
    Err(Missing { premise: Premise::NothingNew, doubt })
}

/// A position of the symbol whose volume or side differs since an order that may have reached the broker.
fn first_changed(order: Order<'_>, list: &[Position]) -> Option<String> {
    let symbol = order.symbol.as_str();
    let before = order.positions.filter(|_| order.is_dispatched)?;
    let mut beside = before.iter().filter(|it| it.symbol.as_str().starts_with(symbol));
    beside.find_map(|was| {
        let Position { ticket, side, volume, .. } = was;
        let now = list.iter().find(|position| position.ticket == *ticket)?;
        let is_changed = now.side != *side || now.volume.value() != volume.value();
        is_changed.then(|| {
            format!(
                "{ticket} was {side} {volume} lots before the order and is {} {} lots, which the order may have changed",
                now.side, now.volume
            )
        })
    })
}
