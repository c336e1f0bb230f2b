//! What only a gateway of protocol 5 reads from its terminal: the terminal itself, pending orders, deals and symbols.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::denied::Denied;
use super::reads::check_terminal;
use super::state::Gateway;
use crate::protocol::code::ErrorCode;
use crate::protocol::deals::{Deal, Deals};
use crate::protocol::pending::PendingOrders;
use crate::protocol::positions::Owner;
use crate::protocol::symbol_info::SymbolInfo;
use crate::protocol::terminal::Terminal;
use crate::sim::book::LEVERAGE;
use crate::sim::deal_log::{BROKER_UTC_OFFSET_S, broker_msc};
use crate::sim::fault::Fault;
use crate::sim::fault_plan::{ActiveFaults, find_fault};
use crate::sim::market::{self, INSTRUMENTS};
use crate::sim::raw_request::RawRequest;
use crate::sim::reply_writer::ReplyWriter;
use crate::units::{Lots, Money, Price, Symbol};

/// The smallest volume of every symbol and its step, in thousandths of a lot.
const LEAST_THOUSANDTHS: i64 = 1;
/// The age of the last tick while the market is closed: since Friday evening.
const CLOSED_FOR: Duration = Duration::from_secs(48 * 3600);
/// How far an open end of a range lies ahead: the broker's clock may be ahead.
const OPEN_END_S: i64 = 2 * 86_400;

impl Gateway {
    /// The account that the terminal is in; `None` in protocol 4.
    pub(super) fn owner(&self, faults: &ActiveFaults) -> Option<Owner> {
        let five = self.five.as_ref()?;
        let is_other = (self.left_account.is_some() && !five.is_replaced)
            || faults.iter().any(|fault| matches!(fault, Fault::AccountVisits(_)));
        let login =
            if is_other { five.login.saturating_mul(10).saturating_add(9) } else { five.login };
        Some(Owner { login, server: five.server.clone() })
    }

    /// Whether the terminal says nothing.
    pub(super) fn has_no_terminal(&self, faults: &ActiveFaults) -> bool {
        [Fault::NoTerminal, Fault::TerminalDead].iter().any(|fault| self.plan.contains(fault))
            || faults.has(&Fault::NoTerminal)
    }

    /// Checks the terminal, and names its account.
    fn read_owner(&self, faults: &ActiveFaults) -> Result<Owner, Denied> {
        check_terminal(faults)?;
        self.owner(faults).ok_or_else(|| Denied::new(ErrorCode::UnknownAction, "not in protocol 4"))
    }

    /// GET_TERMINAL.
    pub(super) fn terminal(&self, writer: &ReplyWriter<'_>) -> Result<Terminal, Denied> {
        let faults = writer.faults;
        let owner = self.read_owner(faults)?;
        if faults.has(&Fault::TerminalDead) {
            return Err(Denied::new(ErrorCode::AccountError, "Failed to get account info"));
        }
        let kind = self.book.kind();
        Ok(Terminal {
            connected: !faults.has(&Fault::Stub),
            trade_allowed: !faults.has(&Fault::AutoTradingOff),
            tradeapi_disabled: false,
            build: 5_200,
            ping_last_us: 38_214,
            company: "Simulated Broker Ltd".to_owned(),
            login: owner.login,
            server: owner.server,
            trade_mode: self.five.as_ref().map_or(0, |five| five.trade_mode),
            margin_mode: Some("hedging".to_owned()),
            leverage: LEVERAGE,
            credit: Money::from(kind.round(kind.credit())),
            account_trade_allowed: true,
            account_trade_expert: true,
            currency: kind.currency().to_owned(),
            currency_digits: kind.digits().into(),
            broker_utc_offset_s: Some(BROKER_UTC_OFFSET_S),
            reported_at: writer.now,
        })
    }

    /// GET_ORDERS.
    pub(super) fn pending_orders(&self, writer: &ReplyWriter<'_>) -> Result<PendingOrders, Denied> {
        let faults = writer.faults;
        let owner = self.read_owner(faults)?;
        let is_hidden = [Fault::PendingHidden, Fault::Stub, Fault::TerminalDead];
        let mut orders = self.book.pending_orders();
        if is_hidden.iter().any(|fault| faults.has(fault)) {
            orders.clear();
        }
        if let Some(rows) = find_fault!(faults, Fault::PendingCut(rows) => *rows) {
            orders.truncate(usize::try_from(rows).unwrap_or(usize::MAX));
        }
        let total = count(faults, orders.len())?;
        Ok(PendingOrders { orders, total, owner, reported_at: writer.now })
    }

    /// GET_DEALS.
    pub(super) fn deals(
        &self,
        request: &RawRequest<'_>,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<Deals, Denied> {
        let faults = writer.faults;
        let owner = self.read_owner(faults)?;
        let wanted = Wanted::read(request, writer.now)?;
        let lag = find_fault!(faults, Fault::DealsLag(lag) => *lag).unwrap_or_default();
        let until = now.checked_sub(lag).unwrap_or(Timestamp::MIN);
        let is_hidden = [Fault::Stub, Fault::TerminalDead].iter().any(|fault| faults.has(fault));
        let shown = self.book.deals().iter().filter(|(at, _)| *at <= until && !is_hidden);
        let mut deals: Vec<Deal> =
            shown.map(|(_, deal)| deal).filter(|deal| wanted.includes(deal)).cloned().collect();
        if faults.has(&Fault::DealsLackNewest) {
            deals.pop();
        }
        let total = count(faults, deals.len())?;
        Ok(Deals {
            deals,
            total: matches!(wanted, Wanted::Range(..)).then_some(total),
            owner,
            broker_utc_offset_s: Some(BROKER_UTC_OFFSET_S),
            reported_at: writer.now,
        })
    }

    /// GET_SYMBOL.
    pub(super) fn symbol(
        &self,
        request: &RawRequest<'_>,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<SymbolInfo, Denied> {
        let faults = writer.faults;
        self.read_owner(faults)?;
        let Some(symbol) = request.symbol() else {
            return Err(Denied::new(ErrorCode::MissingSymbol, "symbol is missing"));
        };
        if faults.has(&Fault::TerminalDead) {
            let text = format!("the terminal does not tell {symbol}");
            return Err(Denied::new(ErrorCode::SymbolError, text));
        }
        let instrument = market::find(symbol.as_str()).ok_or_else(|| missing_symbol(&symbol))?;
        let quote = self.book.quote(instrument);
        let is_closed = faults.has(&Fault::MarketClosed);
        let tick = if is_closed { now.checked_sub(CLOSED_FOR).unwrap_or(now) } else { now };
        let step = Lots::from(Decimal::new(LEAST_THOUSANDTHS, 3));
        Ok(SymbolInfo {
            symbol,
            digits: INSTRUMENTS[instrument].digits().into(),
            volume_min: Lots::from(smallest_volume(faults)),
            volume_max: Lots::from(Decimal::from(super::answers::MAX_LOTS)),
            volume_step: step,
            filling_modes: vec!["FOK".to_owned(), "IOC".to_owned()],
            trade_mode: 4,
            execution_mode: 2,
            visible: true,
            bid: Some(Price::from(quote.bid)),
            ask: Some(Price::from(quote.ask)),
            tick_time_msc: Some(broker_msc(tick)),
            broker_utc_offset_s: Some(BROKER_UTC_OFFSET_S),
            reported_at: writer.now,
        })
    }
}

/// The smallest volume of every symbol, in lots.
pub(super) fn smallest_volume(faults: &ActiveFaults) -> Decimal {
    let smallest = find_fault!(faults, Fault::SymbolMinimum(least) => *least);
    smallest.unwrap_or_else(|| Decimal::new(LEAST_THOUSANDTHS, 3))
}

/// The step of every symbol's volume, in lots.
pub(super) fn volume_step() -> Decimal {
    Decimal::new(LEAST_THOUSANDTHS, 3)
}

/// The refusal of a symbol that the broker doesn't have, with up to ten near names.
pub(super) fn missing_symbol(symbol: &Symbol) -> Denied {
    let wanted = symbol.as_str().to_lowercase();
    let near = INSTRUMENTS.iter().map(|instrument| instrument.name).filter(|name| {
        let name = name.to_lowercase();
        name.contains(&wanted) || wanted.contains(&name)
    });
    let near: Vec<&str> = near.take(10).collect();
    let json = serde_json::Value::from(near).to_string();
    let denied = Denied::new(ErrorCode::SymbolNotFound, format!("the broker has no {symbol}"));
    Denied { member: Some(("near", json)), ..denied }
}

/// The terminal's count of a list, or the refusal of a list that it doesn't confirm.
pub(super) fn count(faults: &ActiveFaults, rows: usize) -> Result<i64, Denied> {
    let total = i64::try_from(rows).unwrap_or(i64::MAX);
    if faults.has(&Fault::ListUnstable) {
        let text = format!("the list and its count differ: {rows} rows, {} counted", total + 1);
        return Err(Denied::new(ErrorCode::ListUnstable, text));
    }
    Ok(total + i64::from(faults.has(&Fault::TotalWrong)))
}

/// The deals that GET_DEALS asks for.
enum Wanted {
    /// Those of a position.
    Position(i64),
    /// Those of a range in milliseconds of the broker's clock, of whole seconds.
    Range(i64, i64),
}

impl Wanted {
    fn read(request: &RawRequest<'_>, now: Timestamp) -> Result<Self, Denied> {
        if request.has("position") {
            let position = request.integer("position").filter(|position| *position > 0);
            let text = "position must be a positive whole number";
            let invalid = || Denied::new(ErrorCode::InvalidField, text);
            return position.map(Self::Position).ok_or_else(invalid);
        }
        // A text is UTC, a number the broker's milliseconds.
        let bound = |name: &'static str| -> Result<Option<i64>, Denied> {
            match request.integer(name) {
                Some(msc) => Ok(Some(msc)),
                None => Ok(request.time(name)?.map(broker_msc)),
            }
        };
        let Some(first) = bound("from")? else {
            let text = "GET_DEALS needs from or position";
            return Err(Denied::new(ErrorCode::MissingField, text));
        };
        let last = bound("to")?.unwrap_or_else(|| broker_msc(now) + OPEN_END_S * 1_000);
        let (first, last) = (first.div_euclid(1_000) * 1_000, last.div_euclid(1_000) * 1_000 + 999);
        if first > last {
            return Err(Denied::new(ErrorCode::InvalidField, "from is after to"));
        }
        Ok(Self::Range(first, last))
    }

    fn includes(&self, deal: &Deal) -> bool {
        match self {
            Self::Position(position) => deal.position_id.0 == *position,
            Self::Range(first, last) => (*first..=*last).contains(&deal.time_msc),
        }
    }
}
