//! The deals of an account: every execution, and every other change of its balance, in order. The sum of what they move is
//! the balance, to the last digit.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::account_kind::AccountKind;
use crate::protocol::deals::Deal;
use crate::protocol::positions::Position;
use crate::units::{Lots, Magic, Money, Price, Side, Ticket};

/// Seconds by which the broker's wall clock is ahead of UTC.
pub(super) const BROKER_UTC_OFFSET_S: i64 = 7_200;

/// Deals and orders are numbered apart.
const DEALS_FROM: i64 = 500_000_000;

/// A moment in milliseconds of the broker's wall clock.
pub(super) fn broker_msc(time: Timestamp) -> i64 {
    time.as_millisecond() + BROKER_UTC_OFFSET_S * 1_000
}

/// Whether a deal opens or closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    In,
    Out,
}

/// A deal's effect on the balance.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Movement {
    pub(super) profit: Decimal,
    pub(super) commission: Decimal,
    pub(super) swap: Decimal,
}

impl Movement {
    /// The cost of an order.
    pub(super) fn of_commission(cost: Decimal) -> Self {
        Self { commission: -cost, ..Self::default() }
    }
}

/// The deals, each with its true time.
#[derive(Debug)]
pub(super) struct DealLog {
    kind: AccountKind,
    deals: Vec<(Timestamp, Deal)>,
}

impl DealLog {
    /// The log of an account that was paid in with this balance, and with the credit of its kind.
    pub(super) fn new(kind: AccountKind, balance: Decimal, now: Timestamp) -> Self {
        let mut log = Self { kind, deals: Vec::new() };
        log.add_balance(balance, now);
        if !kind.credit().is_zero() {
            log.push(now, "CREDIT", kind.credit());
        }
        log
    }

    /// Adds a deposit, or a withdrawal where the amount is negative.
    pub(super) fn add_balance(&mut self, amount: Decimal, now: Timestamp) {
        self.push(now, "BALANCE", amount);
    }

    fn push(&mut self, now: Timestamp, kind: &str, amount: Decimal) {
        let movement = Movement { profit: amount, ..Movement::default() };
        let none = Decimal::new(0, 1);
        let deal = Deal {
            order: Ticket(0),
            position_id: Ticket(0),
            kind: kind.to_owned(),
            entry: "IN".to_owned(),
            symbol: String::new(),
            volume: Lots::from(none),
            price: Price::from(none),
            comment: if kind == "BALANCE" { "Deposit".to_owned() } else { String::new() },
            magic: Magic(0),
            ..self.blank(now, movement)
        };
        self.deals.push((now, deal));
    }

    /// Adds the execution of an order on a position, with the position's volume.
    pub(super) fn add(
        &mut self,
        now: Timestamp,
        position: &Position,
        entry: Entry,
        order: Ticket,
        price: &Price,
        movement: Movement,
    ) {
        let buys = (position.side == Side::Buy) == (entry == Entry::In);
        let deal = Deal {
            order,
            position_id: position.ticket,
            kind: if buys { "BUY" } else { "SELL" }.to_owned(),
            entry: if entry == Entry::In { "IN" } else { "OUT" }.to_owned(),
            symbol: position.symbol.as_str().to_owned(),
            volume: position.volume.clone(),
            price: price.clone(),
            magic: position.magic.unwrap_or(Magic(0)),
            ..self.blank(now, movement)
        };
        self.deals.push((now, deal));
    }

    /// The next deal, with its time and its money.
    fn blank(&self, now: Timestamp, movement: Movement) -> Deal {
        let number = i64::try_from(self.deals.len()).unwrap_or(i64::MAX / 2);
        let money = |amount| Money::from(self.kind.round(amount));
        let none = Decimal::ZERO;
        Deal {
            ticket: Ticket(self.kind.first_ticket() + DEALS_FROM + number),
            order: Ticket(0),
            position_id: Ticket(0),
            time_msc: broker_msc(now),
            kind: String::new(),
            entry: String::new(),
            symbol: String::new(),
            volume: Lots::from(none),
            price: Price::from(none),
            profit: money(movement.profit),
            commission: money(movement.commission),
            swap: money(movement.swap),
            fee: money(none),
            magic: Magic(0),
            comment: String::new(),
        }
    }

    /// Every deal, with its true time, in order.
    pub(super) fn all(&self) -> &[(Timestamp, Deal)] {
        &self.deals
    }
}
