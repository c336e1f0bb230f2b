//! The account behind the simulated gateway: balance, hedged positions and margin. Pure: time is an argument, and nothing
//! here knows requests, faults or files.
//!
//! Positions are kept in the protocol's form, tokens included, and revalued only when their price changed: reading 10,000
//! of them formats no number twice.

mod order;
mod other_accounts;
mod pending_book;
mod replay;
mod views;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub(super) use self::order::{Order, Tag};
use self::pending_book::PendingBook;
use super::account_kind::AccountKind;
use super::deal_log::{DealLog, Entry, Movement, broker_msc};
use super::ledger::{Execution, ExecutionKind};
use super::market::{INSTRUMENTS, Market, Quote, Tick, find};
use crate::protocol::positions::{Position, PositionDetails};
use crate::units::{Lots, Magic, Money, Price, Side, Symbol, Ticket};

/// The account's leverage; on the wire it is always 1 (hazard 6).
pub(super) const LEVERAGE: i64 = 500;
/// The starting positions' magic number, which only some gateways report.
const STARTING_MAGIC: Magic = Magic(202_401);

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
    /// Number of pending orders.
    #[serde(default)]
    pub(super) pending: usize,
}

/// An open position: the values for calculations, beside the protocol's form.
#[derive(Debug)]
struct OpenPosition {
    instrument: usize,
    volume: Decimal,
    opened_at: Decimal,
    profit: Decimal,
    opened: Timestamp,
    tag: Tag,
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

    /// What protocol 5 adds to it.
    fn details(&self, swap: Decimal, kind: AccountKind) -> PositionDetails {
        let none = || Price::from(Decimal::new(0, 1));
        PositionDetails {
            comment: self.tag.comment.clone(),
            identifier: self.position.ticket,
            time_open_msc: broker_msc(self.opened),
            sl: self.tag.sl.clone().unwrap_or_else(none),
            tp: self.tag.tp.clone().unwrap_or_else(none),
            swap: Money::from(kind.round(swap)),
        }
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
    /// The time of the last revaluation.
    now: Timestamp,
    /// Whether positions and account have what protocol 5 adds.
    tells_details: bool,
    pending: PendingBook,
    deals: DealLog,
}

impl Book {
    /// The starting book. With `tells_details`, positions and account have what protocol 5 adds.
    pub(super) fn new(start: &Start, tells_details: bool) -> Self {
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
            now: start.started_at,
            tells_details,
            pending: PendingBook::default(),
            deals: DealLog::new(kind, kind.of_dollars(start.balance.value()), start.started_at),
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
            let tag = Tag { magic: STARTING_MAGIC.0, ..Tag::default() };
            let order = Order { instrument, side, volume: volume.clone(), tag };
            let ticket = book.take_ticket();
            book.add_position(ticket, &order, price.into());
            book.add_deal(ticket, Entry::In, ticket, Movement::default());
        }
        for nth in 0..start.pending {
            let instrument = instruments[nth % instruments.len()];
            let ticket = book.take_ticket();
            book.pending.add(ticket, nth, instrument, book.quotes[instrument], start.started_at);
        }
        book
    }

    /// Adds to the balance; a negative amount is a withdrawal.
    pub(super) fn deposit(&mut self, amount: Decimal) {
        self.balance += self.kind.round(amount);
        self.deals.add_balance(self.kind.round(amount), self.now);
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
        self.now = now;
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

    fn add_position(&mut self, ticket: Ticket, order: &Order, open_price: Price) -> Position {
        let position = Position {
            ticket,
            symbol: Symbol::new(INSTRUMENTS[order.instrument].name),
            side: order.side.clone(),
            volume: order.volume.clone(),
            current_price: open_price.clone(),
            open_price,
            profit: Money::from(self.kind.round(Decimal::ZERO)),
            magic: Some(Magic(order.tag.magic)),
            details: None,
        };
        let mut held = OpenPosition {
            instrument: order.instrument,
            volume: order.volume.value(),
            opened_at: position.open_price.value(),
            profit: Decimal::ZERO,
            opened: self.now,
            tag: order.tag.clone(),
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
        let position = self.add_position(ticket, order, price.clone());
        self.add_deal(ticket, Entry::In, ticket, Movement::of_commission(self.commission));
        self.execution(kind, position, ticket, price, uuid, now)
    }

    /// Fills a pending order at market, or the oldest one; `None` where there is none. Its position has its ticket.
    pub(super) fn fill_pending(
        &mut self,
        kind: ExecutionKind,
        ticket: Option<Ticket>,
        now: Timestamp,
    ) -> Option<Execution> {
        let pending = self.pending.take(ticket)?;
        let ticket = pending.ticket;
        let order = pending.into_order();
        let price = Price::from(self.quotes[order.instrument].ask);
        self.balance -= self.commission;
        let position = self.add_position(ticket, &order, price.clone());
        self.add_deal(ticket, Entry::In, ticket, Movement::of_commission(self.commission));
        Some(self.execution(kind, position, ticket, price, None, now))
    }

    /// Removes a pending order; `false` where there is none with this ticket.
    pub(super) fn cancel(&mut self, ticket: Ticket) -> bool {
        self.pending.take(Some(ticket)).is_some()
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
        let order = Order::new(instrument, side, volume);
        let price = closed.price.clone();
        let position = self.add_position(closed.ticket, &order, price.clone());
        let order = self.take_ticket();
        self.add_deal(closed.ticket, Entry::In, order, Movement::default());
        Some(self.execution(kind, position, order, price, None, now))
    }

    /// Gives every position another ticket, and changes nothing else. Returns it as executions at the opening prices, which
    /// move no money.
    pub(super) fn renumber(&mut self, now: Timestamp) -> Vec<Execution> {
        let mut executions = vec![];
        for (_, mut held) in std::mem::take(&mut self.held) {
            let before = held.position.clone();
            let ticket = self.take_ticket();
            held.position.ticket = ticket;
            let after = held.position.clone();
            let price = before.open_price.clone();
            for (kind, position) in
                [(ExecutionKind::OthersClose, before), (ExecutionKind::OthersOpen, after)]
            {
                executions.push(self.execution(kind, position, ticket, price.clone(), None, now));
            }
            self.held.insert(ticket.0, held);
            self.add_deal(ticket, Entry::In, ticket, Movement::default());
        }
        executions
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
        let movement = Movement::of_commission(self.commission);
        self.deals.add(self.now, &added, Entry::In, order, &price, movement);
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
        let movement = self.realize(&held);
        let order = self.take_ticket();
        let price = held.position.current_price.clone();
        self.deals.add(self.now, &held.position, Entry::Out, order, &price, movement);
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
        self.close_volume(kind, ticket, half, uuid, now)
    }

    /// Closes this volume of a position, or all of it, at market; `None` where no such ticket is open.
    pub(super) fn close_volume(
        &mut self,
        kind: ExecutionKind,
        ticket: Ticket,
        volume: Decimal,
        uuid: Option<uuid::Uuid>,
        now: Timestamp,
    ) -> Option<Execution> {
        if self.held.get(&ticket.0)?.volume <= volume {
            return self.close(kind, ticket, uuid, now);
        }
        let (closed, movement) = self.reduce(ticket, volume)?;
        let order = self.take_ticket();
        let price = closed.current_price.clone();
        self.deals.add(self.now, &closed, Entry::Out, order, &price, movement);
        Some(self.execution(kind, closed, order, price, uuid, now))
    }

    /// Takes this volume out of a position, which stays open, and moves its share of the profit to the balance.
    fn reduce(&mut self, ticket: Ticket, volume: Decimal) -> Option<(Position, Movement)> {
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
        Some((closed, Movement { profit: realized, ..Movement::of_commission(self.commission) }))
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
    fn realize(&mut self, held: &OpenPosition) -> Movement {
        self.net[held.instrument] -= held.signed_volume();
        self.floating -= held.profit;
        self.balance += held.profit - self.commission;
        let mut movement =
            Movement { profit: held.profit, ..Movement::of_commission(self.commission) };
        if self.held.is_empty() {
            movement.swap = std::mem::take(&mut self.swap);
            self.balance += movement.swap;
        }
        movement
    }

    /// Adds a deal of an open position at its opening price, with its whole volume.
    fn add_deal(&mut self, ticket: Ticket, entry: Entry, order: Ticket, movement: Movement) {
        if let Some(held) = self.held.get(&ticket.0) {
            let position = &held.position;
            self.deals.add(self.now, position, entry, order, &position.open_price, movement);
        }
    }
}
