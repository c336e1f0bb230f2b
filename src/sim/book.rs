//! The account behind the simulated gateway: balance, hedged positions and margin. Pure: time is an argument, and nothing
//! here knows requests, faults or files.
//!
//! Positions are kept in the protocol's form, tokens included, and revalued only when their price changed: reading 10,000
//! of them formats no number twice.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::account_kind::AccountKind;
use super::ledger::{Execution, ExecutionKind};
use super::market::{INSTRUMENTS, Market, Quote, Tick, cents, find};
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::units::{Exact, Level, Lots, Magic, Money, Price, Side, Symbol, Ticket};

/// The account's leverage; on the wire it is always 1 (hazard 6).
const LEVERAGE: i64 = 500;
/// The starting positions' magic number, which only some gateways report.
const STARTING_MAGIC: Magic = Magic(202_401);
/// The magic number that replaces an order's own (hazard 10).
const DROPPED_MAGIC: Magic = Magic(0);

/// The parameters of a starting book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Start {
    /// The time of the starting prices.
    pub(super) started_at: Timestamp,
    /// The seed of the prices.
    pub(super) seed: u64,
    /// Number of open positions.
    pub(super) positions: usize,
    /// The balance in USD.
    pub(super) balance: Money,
    /// Whether each long has a short, so that no margin is in use.
    pub(super) hedged: bool,
    /// The kind of account.
    #[serde(default)]
    pub(super) kind: AccountKind,
}

/// An open position: the values for calculations, beside the protocol's form.
#[derive(Debug)]
struct OpenPosition {
    instrument: usize,
    volume: Decimal,
    opened_at: Decimal,
    profit: Decimal,
    position: Position,
}

impl OpenPosition {
    fn is_short(&self) -> bool {
        self.position.side == Side::Sell
    }

    /// The volume, negative for a short.
    fn signed_volume(&self) -> Decimal {
        if self.is_short() { -self.volume } else { self.volume }
    }

    /// Values it at this closing price, which is also given as a token.
    fn value_at(&mut self, price: Decimal, token: &Price, kind: AccountKind) {
        let gained = price - self.opened_at;
        let gained = if self.is_short() { -gained } else { gained };
        let profit = INSTRUMENTS[self.instrument].profit(gained, self.volume, price);
        self.profit = kind.of_dollars(profit);
        self.position.profit = Money::from(self.profit);
        self.position.current_price = token.clone();
    }
}

/// An account and its open positions.
#[derive(Debug)]
pub(super) struct Book {
    market: Market,
    kind: AccountKind,
    balance: Decimal,
    held: BTreeMap<i64, OpenPosition>,
    next_ticket: i64,
    next_sequence: u64,
    /// The tick of the figures below and of the positions'.
    tick: Tick,
    quotes: [Quote; INSTRUMENTS.len()],
    /// Net volume in lots by instrument.
    net: [Decimal; INSTRUMENTS.len()],
    /// The sum of the positions' profits.
    floating: Decimal,
    /// Swap that has accrued; it moves to the balance once nothing is open.
    swap: Decimal,
    /// Cost of an order that executes.
    commission: Decimal,
    /// An instrument that needs another margin, and its factor.
    margin_rate: Option<(usize, Decimal)>,
}

/// An order to open a position.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// Index of the instrument.
    pub(super) instrument: usize,
    /// Long or short.
    pub(super) side: Side,
    /// Volume in lots.
    pub(super) volume: Lots,
}

impl Book {
    /// The starting book.
    pub(super) fn new(start: &Start) -> Self {
        let market = Market::new(start.seed);
        let (tick, kind) = (Tick::at(start.started_at), start.kind);
        let instruments = kind.instruments();
        let mut book = Self {
            market,
            kind,
            balance: kind.of_dollars(start.balance.value()),
            held: BTreeMap::new(),
            next_ticket: kind.first_ticket(),
            next_sequence: 1,
            tick,
            quotes: std::array::from_fn(|index| market.quote(index, tick)),
            net: [Decimal::ZERO; INSTRUMENTS.len()],
            floating: Decimal::ZERO,
            swap: kind.swap(),
            commission: Decimal::ZERO,
            margin_rate: None,
        };
        let volume = Lots::from(Decimal::new(1, 2));
        for nth in 0..start.positions {
            let (instrument, is_long) = match start.hedged {
                true => ((nth / 2) % instruments.len(), nth % 2 == 0),
                // Eleven longs to nine shorts, longs first: for no number of positions is an instrument's net volume 0.
                false => (nth % instruments.len(), (nth / instruments.len()) % 20 < 11),
            };
            let instrument = instruments[instrument];
            let side = if is_long { Side::Buy } else { Side::Sell };
            let offset = market.opening_offset(instrument, nth);
            let quote = book.quotes[instrument];
            let near = if is_long { quote.ask } else { quote.bid };
            let price = near + INSTRUMENTS[instrument].price(offset);
            let order = Order { instrument, side, volume: volume.clone() };
            let ticket = book.take_ticket();
            book.add_position(ticket, &order, price.into(), STARTING_MAGIC);
        }
        book
    }

    /// A flat account with this balance at the same market; its tickets continue those of the first one.
    pub(super) fn of_another_account(first: &Self, balance: Decimal) -> Self {
        Self {
            balance: first.kind.round(balance),
            held: BTreeMap::new(),
            net: [Decimal::ZERO; INSTRUMENTS.len()],
            floating: Decimal::ZERO,
            swap: Decimal::ZERO,
            commission: Decimal::ZERO,
            ..*first
        }
    }

    /// The account of another gateway at the same market, with this balance and two positions.
    pub(super) fn of_another_gateway(first: &Self, balance: Decimal) -> Self {
        const POSITIONS: [usize; 2] = [1, 0];
        let mut other = Self::of_another_account(first, balance);
        for instrument in POSITIONS {
            let volume = Lots::from(Decimal::new(2, 2));
            let order = Order { instrument, side: Side::Buy, volume };
            let (ticket, price) = (other.take_ticket(), other.quotes[instrument].bid);
            other.add_position(ticket, &order, price.into(), STARTING_MAGIC);
        }
        other
    }

    /// Another account at the same market, with this balance and a copy of every position under another ticket.
    pub(super) fn copy_of_account(first: &Self, balance: Decimal) -> Self {
        let mut copy = Self::of_another_account(first, balance);
        for held in first.held.values() {
            let ticket = copy.take_ticket();
            copy.add_copy(held, ticket);
        }
        copy
    }

    /// The account as a terminal shows it that has loaded the older half of the positions.
    pub(super) fn half_loaded(whole: &Self) -> Self {
        let mut half = Self::of_another_account(whole, whole.balance);
        half.swap = whole.swap;
        for (ticket, held) in whole.held.iter().take(whole.held.len() / 2) {
            half.add_copy(held, Ticket(*ticket));
        }
        half
    }

    fn add_copy(&mut self, held: &OpenPosition, ticket: Ticket) {
        let Position { side, volume, open_price, magic, .. } = held.position.clone();
        let order = Order { instrument: held.instrument, side, volume };
        self.add_position(ticket, &order, open_price, magic.unwrap_or(DROPPED_MAGIC));
    }

    /// Adds to the balance; a negative amount is a withdrawal.
    pub(super) fn deposit(&mut self, amount: Decimal) {
        self.balance += self.kind.round(amount);
    }

    /// Accrues swap on the open positions.
    pub(super) fn accrue_swap(&mut self, amount: Decimal) {
        if !self.held.is_empty() {
            self.swap += self.kind.round(amount);
        }
    }

    /// Sets the cost of each later order.
    pub(super) fn charge_orders(&mut self, commission: Decimal) {
        self.commission = self.kind.round(commission);
    }

    /// Sets the factor of the margin of one instrument.
    pub(super) fn set_margin_rate(&mut self, symbol: &str, factor: Decimal) {
        self.margin_rate = find(symbol).map(|index| (index, factor));
    }

    /// Adds a suffix to a position's symbol, and returns it.
    pub(super) fn rename(&mut self, ticket: Ticket, suffix: &str) -> Symbol {
        match self.held.get_mut(&ticket.0) {
            Some(held) => {
                let symbol = Symbol::new(&format!("{}{suffix}", held.position.symbol));
                held.position.symbol = symbol.clone();
                symbol
            }
            None => Symbol::new(suffix),
        }
    }

    fn take_ticket(&mut self) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        ticket
    }

    /// Updates prices and profits to this time.
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
        // The closing prices of a long and a short of each instrument.
        let prices =
            self.quotes.map(|quote| [quote.bid, quote.ask].map(|it| (it, Price::from(it))));
        let mut floating = Decimal::ZERO;
        for held in self.held.values_mut() {
            if moved[held.instrument] {
                let (price, token) = &prices[held.instrument][usize::from(held.is_short())];
                held.value_at(*price, token, self.kind);
            }
            floating += held.profit;
        }
        self.floating = floating;
    }

    fn add_position(
        &mut self,
        ticket: Ticket,
        order: &Order,
        open_price: Price,
        magic: Magic,
    ) -> Position {
        let position = Position {
            ticket,
            symbol: Symbol::new(INSTRUMENTS[order.instrument].name),
            side: order.side.clone(),
            volume: order.volume.clone(),
            current_price: open_price.clone(),
            open_price,
            profit: Money::from(self.kind.round(Decimal::ZERO)),
            magic: Some(magic),
            details: None,
        };
        let mut held = OpenPosition {
            instrument: order.instrument,
            volume: order.volume.value(),
            opened_at: position.open_price.value(),
            profit: Decimal::ZERO,
            position,
        };
        let quote = self.quotes[order.instrument];
        let price = if held.is_short() { quote.ask } else { quote.bid };
        held.value_at(price, &Price::from(price), self.kind);
        self.net[order.instrument] += held.signed_volume();
        self.floating += held.profit;
        let position = held.position.clone();
        self.held.insert(ticket.0, held);
        position
    }

    /// Opens a position at market. A short is filled at the ask, as by the real gateway (hazard 24).
    pub(super) fn open(
        &mut self,
        kind: ExecutionKind,
        order: &Order,
        uuid: Option<uuid::Uuid>,
        now: Timestamp,
    ) -> Execution {
        let price = Price::from(self.quotes[order.instrument].ask);
        self.balance -= self.commission;
        let ticket = self.take_ticket();
        let position = self.add_position(ticket, order, price.clone(), DROPPED_MAGIC);
        self.execution(kind, position, ticket, price, uuid, now)
    }

    /// Opens a closed position again under its ticket, at the price at which it was closed; `None` where its instrument is
    /// not known.
    pub(super) fn reopen(
        &mut self,
        kind: ExecutionKind,
        closed: &Execution,
        now: Timestamp,
    ) -> Option<Execution> {
        let instrument = find(closed.symbol.as_str())?;
        let (side, volume) = (closed.side.clone(), closed.volume.clone());
        let order = Order { instrument, side, volume };
        let price = closed.price.clone();
        let position = self.add_position(closed.ticket, &order, price.clone(), DROPPED_MAGIC);
        let order = self.take_ticket();
        Some(self.execution(kind, position, order, price, None, now))
    }

    /// Adds as much to a position as it holds, at market, under its ticket; `None` where no such ticket is open.
    pub(super) fn grow(
        &mut self,
        kind: ExecutionKind,
        ticket: Ticket,
        now: Timestamp,
    ) -> Option<Execution> {
        let added = self.held.get(&ticket.0)?.position.clone();
        let quote = self.quotes[self.held.get(&ticket.0)?.instrument];
        let price = Price::from(if added.side == Side::Sell { quote.bid } else { quote.ask });
        self.balance -= self.commission;
        self.increase(ticket, added.volume.value(), price.value())?;
        let order = self.take_ticket();
        Some(self.execution(kind, added, order, price, None, now))
    }

    /// Adds this volume at this price to a position, which is then valued from the average.
    fn increase(&mut self, ticket: Ticket, volume: Decimal, price: Decimal) -> Option<()> {
        /// Decimals of an average price.
        const DECIMALS: u32 = 8;
        let held = self.held.get_mut(&ticket.0)?;
        let before = held.profit;
        let worth = held.opened_at * held.volume + price * volume;
        held.volume += volume;
        held.opened_at = (worth / held.volume).round_dp(DECIMALS).normalize();
        held.position.volume = Lots::from(held.volume);
        held.position.open_price = Price::from(held.opened_at);
        let current = held.position.current_price.clone();
        held.value_at(current.value(), &current, self.kind);
        self.floating += held.profit - before;
        self.net[held.instrument] += if held.is_short() { -volume } else { volume };
        Some(())
    }

    /// Closes a whole position at market; `None` where no such ticket is open.
    pub(super) fn close(
        &mut self,
        kind: ExecutionKind,
        ticket: Ticket,
        uuid: Option<uuid::Uuid>,
        now: Timestamp,
    ) -> Option<Execution> {
        let held = self.held.remove(&ticket.0)?;
        self.realize(&held);
        let order = self.take_ticket();
        let price = held.position.current_price.clone();
        Some(self.execution(kind, held.position, order, price, uuid, now))
    }

    /// Closes half of a position at market; `None` where no such ticket is open.
    pub(super) fn close_half(
        &mut self,
        kind: ExecutionKind,
        ticket: Ticket,
        uuid: Option<uuid::Uuid>,
        now: Timestamp,
    ) -> Option<Execution> {
        let half = (self.held.get(&ticket.0)?.volume / Decimal::TWO).normalize();
        let closed = self.reduce(ticket, half)?;
        let order = self.take_ticket();
        let price = closed.current_price.clone();
        Some(self.execution(kind, closed, order, price, uuid, now))
    }

    /// Takes this volume out of a position, which stays open, and moves its share of the profit to the balance.
    fn reduce(&mut self, ticket: Ticket, volume: Decimal) -> Option<Position> {
        let held = self.held.get_mut(&ticket.0)?;
        let mut closed = held.position.clone();
        let whole = held.profit;
        held.volume -= volume;
        held.position.volume = Lots::from(held.volume);
        let price = held.position.current_price.clone();
        held.value_at(price.value(), &price, self.kind);
        let realized = whole - held.profit;
        let signed = if held.is_short() { -volume } else { volume };
        self.net[held.instrument] -= signed;
        self.floating -= realized;
        self.balance += realized - self.commission;
        closed.volume = Lots::from(volume);
        Some(closed)
    }

    /// The next execution, of a position that was opened or closed.
    fn execution(
        &mut self,
        kind: ExecutionKind,
        position: Position,
        order: Ticket,
        price: Price,
        request_uuid: Option<uuid::Uuid>,
        time: Timestamp,
    ) -> Execution {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let Position { ticket, symbol, side, volume, .. } = position;
        Execution { sequence, time, kind, request_uuid, ticket, order, symbol, side, volume, price }
    }

    /// Moves a removed position's profit to the balance.
    fn realize(&mut self, held: &OpenPosition) {
        self.net[held.instrument] -= held.signed_volume();
        self.floating -= held.profit;
        self.balance += held.profit - self.commission;
        if self.held.is_empty() {
            self.balance += std::mem::take(&mut self.swap);
        }
    }

    /// Repeats an execution of the journal; `false` where it contradicts the book.
    pub(super) fn replay(&mut self, execution: &Execution) -> bool {
        if execution.sequence != self.next_sequence || execution.order.0 < self.next_ticket {
            return false;
        }
        let name = execution.symbol.as_str();
        let Some(instrument) = find(name.split('.').next().unwrap_or(name)) else { return false };
        self.revalue(execution.time);
        let is_part = |held: &OpenPosition| execution.volume.value() < held.volume;
        if execution.kind.closes() && self.held.get(&execution.ticket.0).is_some_and(is_part) {
            self.reduce(execution.ticket, execution.volume.value());
        } else if execution.kind.closes() {
            let Some(mut held) = self.held.remove(&execution.ticket.0) else { return false };
            // The sums hold its profit at the current price; it was closed at the journal's.
            self.floating -= held.profit;
            held.value_at(execution.price.value(), &execution.price, self.kind);
            self.floating += held.profit;
            self.realize(&held);
        } else if self.holds(execution.ticket) {
            let (volume, price) = (execution.volume.value(), execution.price.value());
            if self.increase(execution.ticket, volume, price).is_none() {
                return false;
            }
        } else {
            let order = Order {
                instrument,
                side: execution.side.clone(),
                volume: execution.volume.clone(),
            };
            self.add_position(execution.ticket, &order, execution.price.clone(), DROPPED_MAGIC);
            if let Some(held) = self.held.get_mut(&execution.ticket.0) {
                held.position.symbol = execution.symbol.clone();
            }
        }
        self.next_ticket = execution.order.0 + 1;
        self.next_sequence += 1;
        true
    }

    /// The open positions, by ticket.
    pub(super) fn positions(&self) -> Vec<Position> {
        self.held.values().map(|held| held.position.clone()).collect()
    }

    /// Whether a position is open under this ticket.
    pub(super) fn holds(&self, ticket: Ticket) -> bool {
        self.held.contains_key(&ticket.0)
    }

    /// The ticket of the oldest position but this one.
    pub(super) fn oldest_beside(&self, ticket: Ticket) -> Option<Ticket> {
        self.held.keys().copied().map(Ticket).find(|held| *held != ticket)
    }

    /// The newest position's ticket.
    pub(super) fn newest(&self) -> Option<Ticket> {
        self.held.keys().next_back().copied().map(Ticket)
    }

    /// The account's figures, consistent with the positions.
    pub(super) fn account(&self) -> Account {
        let leverage = Decimal::from(LEVERAGE);
        let margin: Decimal = (0..INSTRUMENTS.len())
            .map(|index| {
                let rate = self.margin_rate.filter(|(rated, _)| *rated == index);
                let leverage = rate.map_or(leverage, |(_, factor)| leverage / factor);
                INSTRUMENTS[index].margin(self.net[index], self.quotes[index].bid, leverage)
            })
            .sum();
        let margin = self.kind.of_dollars(margin);
        let equity = self.balance + self.floating + self.swap + self.kind.credit();
        let level = if margin.is_zero() {
            Decimal::new(0, 1)
        } else {
            cents(Decimal::ONE_HUNDRED * equity / margin)
        };
        Account {
            balance: Money::from(self.balance),
            equity: Money::from(equity),
            margin: Money::from(margin),
            free_margin: Money::from(self.kind.round(equity - margin)),
            margin_level: Level(Exact::from(level)),
            currency: Some(self.kind.currency().to_owned()),
            login: None,
            server: None,
            trade_mode: None,
            details: None,
            reported_at: None,
        }
    }
}
