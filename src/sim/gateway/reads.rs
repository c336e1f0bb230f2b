//! What the gateway reads off its terminal, and what faults make of it.

use rust_decimal::Decimal;

use super::{Gateway, terminal};
use crate::clock::signed_micros;
use crate::protocol::account::Account;
use crate::protocol::code::ErrorCode;
use crate::protocol::ping::Pong;
use crate::protocol::positions::Position;
use crate::protocol::reply::Refusal;
use crate::sim::answer::Voice;
use crate::sim::fault::Fault;
use crate::sim::incoming::{Incoming, refuse};
use crate::sim::market;
use crate::sim::plan::Met;
use crate::units::{Exact, Level, Lots, Money, Side, Ticket};

/// The first of the tickets that `churn` makes up: far from any of the book's.
const CHURN_TICKET: i64 = 900_000_000;

impl Gateway {
    pub(super) fn account(&self, met: &Met) -> Result<Account, Refusal> {
        terminal(met)?;
        if met.has(&Fault::TerminalDead) {
            return Err(refuse(ErrorCode::AccountError, "Failed to get account info"));
        }
        let mut account = self.book.account();
        if met.has(&Fault::Stub) {
            account.balance = money(20_000);
            account.equity = money(20_550);
            account.free_margin = money(20_550);
            account.margin = money(0);
            account.margin_level = Level(Exact::from(Decimal::new(0, 1)));
        }
        if met.has(&Fault::BalanceJump) {
            for figure in [&mut account.balance, &mut account.equity, &mut account.free_margin] {
                *figure = Money::from(figure.value() + Decimal::new(100_000, 2));
            }
            if !account.margin.value().is_zero() {
                let level = Decimal::ONE_HUNDRED * account.equity.value() / account.margin.value();
                account.margin_level = Level(Exact::from(market::cents(level)));
            }
        }
        if met.has(&Fault::LevelWrong) {
            let wrong = account.margin_level.value() + Decimal::from(50);
            account.margin_level = Level(Exact::from(wrong));
        }
        let identity = |fault: &Fault| match fault {
            Fault::Identity { login, server, trade_mode } => {
                Some((login.clone(), server.clone(), *trade_mode))
            }
            _ => None,
        };
        if let Some((login, server, trade_mode)) = met.find(identity) {
            account.login = Some(login);
            account.server = Some(server);
            account.trade_mode = Some(trade_mode);
        }
        Ok(account)
    }

    pub(super) fn positions(&mut self, met: &Met) -> Result<Vec<Position>, Refusal> {
        terminal(met)?;
        self.lists += 1;
        let empty =
            [Fault::Stub, Fault::TerminalDead, Fault::PositionsEmptyOnError, Fault::HedgedEmpty];
        if empty.iter().any(|fault| met.has(fault)) {
            return Ok(Vec::new());
        }
        let mut positions = self.book.positions();
        if !met.has(&Fault::ReportsMagic) {
            for position in &mut positions {
                position.magic = None;
            }
        }
        if let Some(first) = positions.first_mut() {
            if met.has(&Fault::SideUnknown) {
                first.side = Side::from_wire("LONG");
            }
            if met.has(&Fault::TicketZeroListed) {
                first.ticket = Ticket(0);
            }
            if met.has(&Fault::VolumeZero) {
                first.volume = Lots::from(Decimal::new(0, 2));
            }
            let first = first.clone();
            if met.has(&Fault::TicketTwice) {
                positions.push(first.clone());
            }
            if met.has(&Fault::Churn) {
                positions.push(Position { ticket: Ticket(CHURN_TICKET + self.lists), ..first });
            }
        }
        Ok(positions)
    }
}

pub(super) fn pong(incoming: &Incoming<'_>, voice: &Voice<'_>) -> Pong {
    let sent = incoming.timestamp().unwrap_or(voice.now);
    let latency = Decimal::new(signed_micros(voice.now.duration_since(sent)), 3);
    Pong { server_time: voice.now, latency_ms: Exact::from(latency), simulated: voice.simulated }
}

fn money(cents: i64) -> Money {
    Money::from(Decimal::new(cents, 2))
}
