//! The account behind the simulated gateway: balance, hedged positions, margin. Pure: time is an argument, and nothing
//! here knows of requests, faults or files.
//!
//! Positions are kept in the protocol's own form, tokens and all, and are revalued only when their price moved: reading
//! 10,000 of them formats no number twice.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Kind};
use super::market::{INSTRUMENTS, Market, Quote, Tick, cents, find};
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::units::{Exact, Level, Lots, Magic, Money, Price, Side, Symbol, Ticket};

const CURRENCY: &str = "USD";
/// The account's leverage; the wire says 1 whatever it is (hazard 6).
const LEVERAGE: i64 = 500;
/// The starting book's first ticket.
const FIRST_TICKET: i64 = 100_000_001;
/// The starting book's magic number, seen only where the gateway reports it.
const STARTING_MAGIC: Magic = Magic(202_401);
/// What the gateway writes instead of an order's own magic number (hazard 10).
const DROPPED_MAGIC: Magic = Magic(0);

/// Everything that the starting book follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Start {
    /// When the book began.
    pub(super) started_at: Timestamp,
    /// Moves the prices.
    pub(super) seed: u64,
    /// How many positions are open at the start.
    pub(super) positions: usize,
    /// The balance at the start.
    pub(super) balance: Money,
    /// Whether each long has its short, so that no margin is in use.
    pub(super) hedged: bool,
}

/// An open position; what is calculated with stands beside the tokens that show it.
#[derive(Debug)]
struct Held {
    instrument: usize,
    volume: Decimal,
    opened_at: Decimal,
    result: Decimal,
    position: Position,
}

/// A price with its token.
#[derive(Debug, Clone)]
struct Marked {
    value: Decimal,
    token: Price,
}

impl From<Decimal> for Marked {
    fn from(value: Decimal) -> Self {
        Self { value, token: Price::from(value) }
    }
}

impl From<Price> for Marked {
    fn from(token: Price) -> Self {
        Self { value: token.value(), token }
    }
}

impl Held {
    fn is_short(&self) -> bool {
        self.position.side == Side::Sell
    }

    /// Its volume, below 0 where it is short.
    fn signed(&self) -> Decimal {
        if self.is_short() { -self.volume } else { self.volume }
    }

    /// Values it at what it would be closed at.
    fn mark(&mut self, price: &Marked) {
        let gained = price.value - self.opened_at;
        let gained = if self.is_short() { -gained } else { gained };
        self.result = INSTRUMENTS[self.instrument].result(gained, self.volume, price.value);
        self.position.profit = Money::from(self.result);
        self.position.current_price = price.token.clone();
    }
}

/// An account and its open positions.
#[derive(Debug)]
pub(super) struct Book {
    market: Market,
    balance: Decimal,
    held: BTreeMap<i64, Held>,
    next_ticket: i64,
    next_sequence: u64,
    /// The tick that the figures below and the positions' are of.
    tick: Tick,
    quotes: [Quote; INSTRUMENTS.len()],
    /// Longs minus shorts, in lots, by instrument.
    net: [Decimal; INSTRUMENTS.len()],
    /// The positions' results, summed.
    floating: Decimal,
}

/// What is to be opened.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// The index of the instrument.
    pub(super) instrument: usize,
    /// Long or short.
    pub(super) side: Side,
    /// In lots.
    pub(super) volume: Lots,
}

impl Book {
    /// The book as it starts.
    pub(super) fn new(start: &Start) -> Self {
        let market = Market::new(start.seed);
        let tick = Tick::at(start.started_at);
        let mut book = Self {
            market,
            balance: cents(start.balance.value()),
            held: BTreeMap::new(),
            next_ticket: FIRST_TICKET,
            next_sequence: 1,
            tick,
            quotes: std::array::from_fn(|index| market.quote(index, tick)),
            net: [Decimal::ZERO; INSTRUMENTS.len()],
            floating: Decimal::ZERO,
        };
        let volume = Lots::from(Decimal::new(1, 2));
        for nth in 0..start.positions {
            let (instrument, round) = (nth % INSTRUMENTS.len(), nth / INSTRUMENTS.len());
            let (instrument, side) = if start.hedged {
                let side = if nth % 2 == 0 { Side::Buy } else { Side::Sell };
                ((nth / 2) % INSTRUMENTS.len(), side)
            } else {
                // Eleven longs to nine shorts, longs first: however many positions, no instrument's legs net out.
                (instrument, if round % 20 < 11 { Side::Buy } else { Side::Sell })
            };
            let offset = market.opening_offset(instrument, nth);
            let quote = book.quotes[instrument];
            let near = if side == Side::Buy { quote.ask } else { quote.bid };
            let price = near + INSTRUMENTS[instrument].price(offset);
            let order = Order { instrument, side, volume: volume.clone() };
            let ticket = book.take_ticket();
            book.hold(ticket, &order, price.into(), STARTING_MAGIC);
        }
        book
    }

    fn take_ticket(&mut self) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        ticket
    }

    /// Moves prices and results on to that moment.
    pub(super) fn revalue(&mut self, now: Timestamp) {
        let tick = Tick::at(now);
        if tick == self.tick {
            return;
        }
        self.tick = tick;
        let mut moved = [false; INSTRUMENTS.len()];
        for (index, quote) in self.quotes.iter_mut().enumerate() {
            let new = self.market.quote(index, tick);
            moved[index] = *quote != new;
            *quote = new;
        }
        let prices = self.prices();
        let mut floating = Decimal::ZERO;
        for held in self.held.values_mut() {
            if moved[held.instrument] {
                held.mark(&prices[held.instrument][usize::from(held.is_short())]);
            }
            floating += held.result;
        }
        self.floating = floating;
    }

    /// What a long and a short of each instrument would be closed at, with their tokens.
    fn prices(&self) -> [[Marked; 2]; INSTRUMENTS.len()] {
        self.quotes.map(|quote| [quote.bid.into(), quote.ask.into()])
    }

    fn hold(&mut self, ticket: Ticket, order: &Order, opened_at: Marked, magic: Magic) {
        let position = Position {
            ticket,
            symbol: Symbol::new(INSTRUMENTS[order.instrument].name),
            side: order.side.clone(),
            volume: order.volume.clone(),
            current_price: opened_at.token.clone(),
            open_price: opened_at.token,
            profit: Money::from(Decimal::new(0, 2)),
            magic: Some(magic),
        };
        let mut held = Held {
            instrument: order.instrument,
            volume: order.volume.value(),
            opened_at: opened_at.value,
            result: Decimal::ZERO,
            position,
        };
        let quote = self.quotes[order.instrument];
        let price = if held.is_short() { quote.ask } else { quote.bid };
        held.mark(&price.into());
        self.net[order.instrument] += held.signed();
        self.floating += held.result;
        self.held.insert(ticket.0, held);
    }

    /// Opens at market. A short is filled at the ask, as the gateway prices it (hazard 24).
    pub(super) fn open(
        &mut self,
        kind: Kind,
        order: &Order,
        uuid: Option<uuid::Uuid>,
        now: Timestamp,
    ) -> Entry {
        let price = Price::from(self.quotes[order.instrument].ask);
        let ticket = self.take_ticket();
        self.hold(ticket, order, price.clone().into(), DROPPED_MAGIC);
        Entry {
            sequence: self.take_sequence(),
            time: now,
            kind,
            request_uuid: uuid,
            ticket,
            order: ticket,
            symbol: Symbol::new(INSTRUMENTS[order.instrument].name),
            side: order.side.clone(),
            volume: order.volume.clone(),
            price,
        }
    }

    /// Closes the whole position at market; `None` where no such ticket is open.
    pub(super) fn close(
        &mut self,
        kind: Kind,
        ticket: Ticket,
        uuid: Option<uuid::Uuid>,
        now: Timestamp,
    ) -> Option<Entry> {
        let held = self.held.remove(&ticket.0)?;
        self.realise(&held);
        let position = held.position;
        let order = self.take_ticket();
        Some(Entry {
            sequence: self.take_sequence(),
            time: now,
            kind,
            request_uuid: uuid,
            ticket,
            order,
            symbol: position.symbol,
            side: position.side,
            volume: position.volume,
            price: position.current_price,
        })
    }

    fn realise(&mut self, held: &Held) {
        self.net[held.instrument] -= held.signed();
        self.floating -= held.result;
        self.balance += held.result;
    }

    fn take_sequence(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        sequence
    }

    /// Does again what a journal says was done; `false` where it can't have been.
    pub(super) fn replay(&mut self, entry: &Entry) -> bool {
        if entry.sequence != self.next_sequence || entry.order.0 < self.next_ticket {
            return false;
        }
        let Some(instrument) = find(entry.symbol.as_str()) else { return false };
        self.revalue(entry.time);
        if entry.kind.closes() {
            let Some(mut held) = self.held.remove(&entry.ticket.0) else { return false };
            // Its share of the sums is that of its value until now; the journal's price is what it was closed at.
            self.floating -= held.result;
            held.mark(&entry.price.clone().into());
            self.floating += held.result;
            self.realise(&held);
        } else {
            let order =
                Order { instrument, side: entry.side.clone(), volume: entry.volume.clone() };
            self.hold(entry.ticket, &order, entry.price.clone().into(), DROPPED_MAGIC);
        }
        self.next_ticket = entry.order.0 + 1;
        self.next_sequence += 1;
        true
    }

    /// What is open, by ticket.
    pub(super) fn positions(&self) -> Vec<Position> {
        self.held.values().map(|held| held.position.clone()).collect()
    }

    /// The newest position's ticket.
    pub(super) fn newest(&self) -> Option<Ticket> {
        self.held.keys().next_back().copied().map(Ticket)
    }

    /// The account's figures, consistent with the positions as last valued.
    pub(super) fn account(&self) -> Account {
        let leverage = Decimal::from(LEVERAGE);
        let margin: Decimal = (0..INSTRUMENTS.len())
            .map(|index| {
                INSTRUMENTS[index].margin(self.net[index], self.quotes[index].bid, leverage)
            })
            .sum();
        let equity = self.balance + self.floating;
        let level = if margin.is_zero() {
            Decimal::new(0, 1)
        } else {
            cents(Decimal::ONE_HUNDRED * equity / margin)
        };
        Account {
            balance: Money::from(self.balance),
            equity: Money::from(equity),
            margin: Money::from(cents(margin)),
            free_margin: Money::from(cents(equity - margin)),
            margin_level: Level(Exact::from(level)),
            currency: Some(CURRENCY.to_owned()),
            login: None,
            server: None,
            trade_mode: None,
            reported_at: None,
        }
    }
}
