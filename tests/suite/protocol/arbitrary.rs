//! Strategies for all values that the protocol's types can hold and the wire can carry.

use jiff::Timestamp;
use mt5crs::protocol::account::{Account, GetAccount};
use mt5crs::protocol::close::{Close, Closed};
use mt5crs::protocol::open::{Filled, Open};
use mt5crs::protocol::ping::{Ping, Pong};
use mt5crs::protocol::positions::{GetPositions, Position, Positions};
use mt5crs::protocol::sync_all::{SyncAll, Synced};
use mt5crs::protocol::{Action, ErrorCode, Refusal, Request};
use mt5crs::units::{Exact, Level, Lots, Magic, Money, Price, Side, Symbol, Ticket};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

/// Numbers in JSON's grammar that fit into a decimal.
pub(super) fn token() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,14})?([eE][+-]?[0-9]{1,2})?"
        .prop_filter("too large for a decimal", |token| Exact::parse(token).is_ok())
}

pub(super) fn exact() -> impl Strategy<Value = Exact> {
    token().prop_map(|token| Exact::parse(&token).unwrap())
}

/// Times from 1970 to the end of 9999, to the microsecond as on the wire.
pub(super) fn timestamp() -> impl Strategy<Value = Timestamp> {
    (0..253_402_207_200_000_000_i64).prop_map(|us| Timestamp::from_microsecond(us).unwrap())
}

pub(super) fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

/// Any text, with many characters that need an escape.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\"\\\\/\u{0}-\u{1f}\u{7f}-\u{9f}a-z{}:,]{0,12}"]
}

fn symbol() -> impl Strategy<Value = Symbol> {
    text().prop_map(|name| Symbol::new(&name))
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just("BUY".to_owned()), Just("SELL".to_owned()), text()]
        .prop_map(|word| Side::from_wire(&word))
}

fn ticket() -> impl Strategy<Value = Ticket> {
    any::<i64>().prop_map(Ticket)
}

fn price() -> impl Strategy<Value = Price> {
    exact().prop_map(Price)
}

fn money() -> impl Strategy<Value = Money> {
    exact().prop_map(Money)
}

fn lots() -> impl Strategy<Value = Lots> {
    exact().prop_map(Lots)
}

fn magic() -> impl Strategy<Value = Magic> {
    any::<i64>().prop_map(Magic)
}

prop_compose! {
    pub(super) fn open()(
        symbol in symbol(),
        side in side(),
        volume in lots(),
        price_sl_tp in [price(), price(), price()],
        comment in text(),
        magic in magic(),
        risk_signature in text(),
    ) -> Open {
        let [price, sl, tp] = price_sl_tp;
        Open { symbol, side, volume, price, sl, tp, comment, magic, risk_signature }
    }
}

prop_compose! {
    pub(super) fn close()(ticket in ticket(), symbol in symbol(), volume in lots()) -> Close {
        Close { ticket, symbol, volume }
    }
}

pub(super) fn sync_all() -> impl Strategy<Value = SyncAll> {
    magic().prop_map(|magic_number| SyncAll { magic_number })
}

pub(super) fn request<A: Action + std::fmt::Debug>(
    action: impl Strategy<Value = A>,
) -> impl Strategy<Value = Request<A>> {
    (uuid(), timestamp(), action).prop_map(|(uuid, timestamp, action)| Request {
        uuid,
        timestamp,
        addressee: None,
        action,
    })
}

/// Frames of reads, which must never look like an order.
pub(super) fn read_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        request(Just(Ping)).prop_map(|request| request.encode()),
        request(Just(GetAccount)).prop_map(|request| request.encode()),
        request(Just(GetPositions)).prop_map(|request| request.encode()),
        request(sync_all()).prop_map(|request| request.encode()),
    ]
}

/// Frames of any request.
pub(super) fn request_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        read_frame(),
        request(open()).prop_map(|request| request.encode()),
        request(close()).prop_map(|request| request.encode()),
    ]
}

prop_compose! {
    pub(super) fn pong()(
        server_time in timestamp(), latency_ms in exact(), simulated in any::<bool>(),
    ) -> Pong {
        Pong { server_time, latency_ms, gateway: None, simulated }
    }
}

prop_compose! {
    /// An account as in GET_ACCOUNT, with the two fields that SYNC_ALL lacks.
    pub(super) fn account()(
        figures in [money(), money(), money(), money()],
        margin_level in exact().prop_map(Level),
        currency in text(),
        identity in (option::of(text()), option::of(text()), option::of(any::<i64>())),
        reported_at in timestamp(),
    ) -> Account {
        let [balance, equity, margin, free_margin] = figures;
        let (login, server, trade_mode) = identity;
        let (currency, reported_at) = (Some(currency), Some(reported_at));
        Account {
            balance, equity, margin, free_margin, margin_level,
            currency, login, server, trade_mode, details: None, reported_at,
        }
    }
}

prop_compose! {
    fn position()(
        ticket in ticket(),
        symbol in symbol(),
        side in side(),
        volume in lots(),
        prices in [price(), price()],
        profit in money(),
        magic in option::of(magic()),
    ) -> Position {
        let [open_price, current_price] = prices;
        Position {
            ticket, symbol, side, volume, open_price, current_price, profit, magic, details: None,
        }
    }
}

prop_compose! {
    pub(super) fn positions()(
        positions in vec(position(), 0..5), reported_at in timestamp(),
    ) -> Positions {
        Positions { positions, owner: None, reported_at }
    }
}

prop_compose! {
    /// An account as in SYNC_ALL: five figures and nothing else.
    pub(super) fn synced()(account in account(), positions in vec(position(), 0..5)) -> Synced {
        let account = Account {
            currency: None, login: None, server: None, trade_mode: None, reported_at: None,
            ..account
        };
        Synced { account, positions }
    }
}

prop_compose! {
    pub(super) fn filled()(
        ticket in ticket(), volume in lots(), price in price(),
        execution_time in option::of(timestamp()),
    ) -> Filled {
        Filled { ticket, volume, price, execution_time, result: None }
    }
}

prop_compose! {
    pub(super) fn closed()(
        ticket in ticket(), close_price in price(), execution_time in option::of(timestamp()),
    ) -> Closed {
        Closed { ticket, close_price, execution_time, result: None }
    }
}

pub(super) fn refusal() -> impl Strategy<Value = Refusal> {
    let code = prop_oneof![
        proptest::sample::select(ErrorCode::LISTED),
        text().prop_map(|word| ErrorCode::from_wire(&word)),
    ];
    (code, text()).prop_map(|(code, message)| Refusal { code, message })
}
