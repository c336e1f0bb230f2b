//! PING, GET_ACCOUNT, GET_POSITIONS and SYNC_ALL: the terminal's figures, as faults change them.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::state::Gateway;
use crate::clock::signed_micros;
use crate::protocol::account::Account;
use crate::protocol::code::ErrorCode;
use crate::protocol::ping::Pong;
use crate::protocol::positions::Position;
use crate::protocol::reply::Refusal;
use crate::sim::book::Book;
use crate::sim::fault::Fault;
use crate::sim::fault_plan::{ActiveFaults, find_fault};
use crate::sim::market;
use crate::sim::raw_request::RawRequest;
use crate::sim::reply_writer::ReplyWriter;
use crate::units::{Exact, Level, Lots, Money, Side, Symbol, Ticket};

/// The first ticket that `churn` invents, far from the book's.
const CHURN_TICKET: i64 = 900_000_000;

impl Gateway {
    pub(super) fn account(
        &mut self,
        faults: &ActiveFaults,
        now: Timestamp,
    ) -> Result<Account, Refusal> {
        check_terminal(faults)?;
        if faults.has(&Fault::TerminalDead) {
            return Err(Refusal::new(ErrorCode::AccountError, "Failed to get account info"));
        }
        let lag = find_fault!(faults, Fault::AccountLags(lag) => *lag);
        let mut account = self.visible(faults, lag, now).1;
        if faults.has(&Fault::FloatNoise) {
            let account = &mut account;
            let figures = [
                &mut account.balance,
                &mut account.equity,
                &mut account.margin,
                &mut account.free_margin,
            ];
            figures.into_iter().for_each(add_noise);
        }
        if faults.has(&Fault::Stub) {
            account.balance = money(20_000);
            account.equity = money(20_550);
            account.free_margin = money(20_550);
            account.margin = money(0);
            account.margin_level = Level(Exact::from(Decimal::new(0, 1)));
        }
        if faults.has(&Fault::BalanceJump) {
            for figure in [&mut account.balance, &mut account.equity, &mut account.free_margin] {
                *figure = Money::from(figure.value() + Decimal::new(100_000, 2));
            }
            if !account.margin.value().is_zero() {
                let level = Decimal::ONE_HUNDRED * account.equity.value() / account.margin.value();
                account.margin_level = Level(Exact::from(market::cents(level)));
            }
        }
        if faults.has(&Fault::HidesPositions) {
            account.equity = account.balance.clone();
            account.free_margin = account.balance.clone();
            account.margin = money(0);
            account.margin_level = Level(Exact::from(Decimal::new(0, 1)));
        }
        if faults.has(&Fault::LevelWrong) {
            let wrong = account.margin_level.value() + Decimal::from(50);
            account.margin_level = Level(Exact::from(wrong));
        }
        if let Some((login, server, trade_mode)) = find_fault!(
            faults,
            Fault::Identity { login, server, trade_mode } => (login, server, trade_mode)
        ) {
            let moved = if self.left_account.is_some() { "9" } else { "" };
            account.login = Some(format!("{login}{moved}"));
            account.server = Some(server.clone());
            account.trade_mode = Some(*trade_mode);
        }
        if let (Some(five), Some(owner)) = (&self.five, self.owner(faults)) {
            account.login = Some(owner.login.to_string());
            account.server = Some(owner.server);
            account.trade_mode = Some(five.trade_mode);
        }
        Ok(account)
    }

    pub(super) fn positions(
        &mut self,
        faults: &ActiveFaults,
        now: Timestamp,
    ) -> Result<Vec<Position>, Refusal> {
        check_terminal(faults)?;
        self.lists += 1;
        let empty = [
            Fault::Stub,
            Fault::TerminalDead,
            Fault::PositionsEmptyOnError,
            Fault::HedgedEmpty,
            Fault::HidesPositions,
        ];
        if empty.iter().any(|fault| faults.has(fault)) {
            return Ok(Vec::new());
        }
        let lag = find_fault!(faults, Fault::ListLags(lag) => *lag);
        let mut positions = self.visible(faults, lag, now).0;
        if faults.has(&Fault::ListLacksNew) {
            let listable =
                self.listable.get_or_insert_with(|| positions.iter().map(|it| it.ticket).collect());
            positions.retain(|position| listable.contains(&position.ticket));
        }
        if faults.has(&Fault::ListShuffled) && self.lists % 2 == 0 {
            positions.reverse();
        }
        if faults.has(&Fault::FloatNoise) {
            positions.iter_mut().for_each(|position| add_noise(&mut position.profit));
        }
        if let Some(suffix) = find_fault!(faults, Fault::SymbolsRenamed(suffix) => suffix) {
            for position in &mut positions {
                position.symbol = Symbol::new(&format!("{}{suffix}", position.symbol));
            }
        }
        if self.five.is_none() && !faults.has(&Fault::ReportsMagic) {
            for position in &mut positions {
                position.magic = None;
            }
        }
        if let Some(rows) = find_fault!(faults, Fault::ListCut(rows) => *rows) {
            positions.truncate(usize::try_from(rows).unwrap_or(usize::MAX));
        }
        if let (true, Some(first)) = (faults.has(&Fault::ListRepeats), positions.first().cloned()) {
            positions.fill(first);
        }
        if let Some(first) = positions.first_mut() {
            if faults.has(&Fault::SideUnknown) {
                first.side = Side::from_wire("LONG");
            }
            if faults.has(&Fault::TicketZeroListed) {
                first.ticket = Ticket(0);
            }
            if faults.has(&Fault::VolumeZero) {
                first.volume = Lots::from(Decimal::new(0, 2));
            }
            let first = first.clone();
            if faults.has(&Fault::TicketTwice) {
                positions.push(first.clone());
            }
            if faults.has(&Fault::Churn) {
                positions.push(Position { ticket: Ticket(CHURN_TICKET + self.lists), ..first });
            }
        }
        Ok(positions)
    }
}

impl Gateway {
    /// The list and the account that the terminal shows, where one may lag.
    fn visible(
        &mut self,
        faults: &ActiveFaults,
        lag: Option<Duration>,
        now: Timestamp,
    ) -> (Vec<Position>, Account) {
        if let Some(balance) = find_fault!(faults, Fault::AccountVisits(balance) => *balance) {
            let other = Book::of_another_account(&self.book, balance);
            return (other.positions(), other.account());
        }
        if faults.has(&Fault::HalfLoaded) {
            let half = Book::half_loaded(&self.book);
            return (half.positions(), half.account());
        }
        if let Some(shown) = lag.and_then(|lag| self.history.ago(lag, now)) {
            return shown.clone();
        }
        let shown = || (self.book.positions(), self.book.account());
        match faults.has(&Fault::Cached) {
            true => self.cached.get_or_insert_with(shown).clone(),
            false => shown(),
        }
    }
}

fn add_noise(amount: &mut Money) {
    *amount = Money::from(amount.value() + Decimal::new(1, 12));
}

impl Gateway {
    pub(super) fn ping(&self, request: &RawRequest<'_>, writer: &ReplyWriter<'_>) -> Pong {
        let sent = request.timestamp().unwrap_or(writer.now);
        let latency = Decimal::new(signed_micros(writer.now.duration_since(sent)), 3);
        let (server_time, simulated) = (writer.now, writer.simulated);
        let gateway = self.about(writer);
        Pong { server_time, latency_ms: Exact::from(latency), gateway, simulated }
    }
}

pub(super) fn check_terminal(faults: &ActiveFaults) -> Result<(), Refusal> {
    if faults.has(&Fault::NoTerminal) {
        return Err(Refusal::new(ErrorCode::Mt5NotConnected, "MT5 terminal not connected"));
    }
    Ok(())
}

fn money(cents: i64) -> Money {
    Money::from(Decimal::new(cents, 2))
}
