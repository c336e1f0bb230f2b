//! OPEN and CLOSE: the fields, the signature, the terminal, then the broker.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::reads::check_terminal;
use super::state::{Gateway, PendingOrder, RequestError};
use crate::protocol::close::Closed;
use crate::protocol::code::ErrorCode;
use crate::protocol::open::{Filled, Open};
use crate::protocol::{Refusal, signature};
use crate::sim::book::{Order, Tag};
use crate::sim::fault::{Fault, Moment};
use crate::sim::fault_plan::{ActiveFaults, find_fault};
use crate::sim::ledger::{Execution, ExecutionKind};
use crate::sim::market;
use crate::sim::raw_request::RawRequest;
use crate::sim::reply_writer::ReplyWriter;
use crate::units::{Lots, Price, Side, Ticket};

/// The broker rejects larger volumes, in lots.
const MAX_LOTS: Decimal = Decimal::ONE_HUNDRED;

/// The ticket that a stub invents (hazard 5).
const STUB_TICKET: Ticket = Ticket(12_345);

impl Gateway {
    /// OPEN: the claim and the order that it is about.
    pub(super) fn open(
        &mut self,
        request: &RawRequest<'_>,
        tag: Tag,
        checks_signature: bool,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<(Filled, Open), RequestError> {
        let faults = writer.faults;
        let open = request.open()?;
        if checks_signature {
            self.check_signature(&open, writer)?;
        }
        check_terminal(faults)?;
        let claim = |ticket, volume, price| Filled {
            ticket,
            volume,
            price,
            execution_time: Some(writer.now),
            result: None,
        };
        if faults.has(&Fault::Stub) {
            return Ok((claim(STUB_TICKET, open.volume.clone(), stub_price()), open));
        }
        check_order(faults, Moment::Before)?;
        let refused = self.refuses_orders(faults, now);
        let Some(instrument) = market::find(open.symbol.as_str()) else {
            let message = format!("Symbol {} not found", open.symbol);
            return Err(Refusal::new(ErrorCode::Mt5OrderFailed, message).into());
        };
        let (side, volume) = (open.side.clone(), open.volume.clone());
        let mut order = Order { tag, ..Order::new(instrument, side, volume) };
        let nothing = claim(Ticket(0), Lots::from(Decimal::new(0, 1)), zero_price());
        if faults.has(&Fault::OpenTicketZero)
            || refused.is_some()
            || broker_rejects(faults, &order.volume)
        {
            return Ok((nothing, open));
        }
        if faults.has(&Fault::PartialFill) {
            order.volume = Lots::from((order.volume.value() / Decimal::TWO).normalize());
        }
        if let Some(least) = find_fault!(faults, Fault::OpenRaised(least) => *least) {
            order.volume = Lots::from(order.volume.value().max(least));
        }
        let uuid = request.uuid();
        let late = find_fault!(
            faults,
            Fault::OpenLate(delay) => *delay
        );
        let blocked =
            find_fault!(faults, Fault::OpenBlocks(blocks, books) => blocks.saturating_add(*books));
        if let Some(delay) = late.or(blocked) {
            self.pending.push(PendingOrder {
                due: later(now, delay),
                order,
                uuid,
                is_of_left_account: false,
            });
            check_order(faults, Moment::After)?;
            return Ok((nothing, open));
        }
        let late = faults.late_execution();
        let time = later(now, late);
        let mut parts = vec![order.volume.clone()];
        if faults.has(&Fault::OpenSplit) {
            let first = (order.volume.value() * Decimal::new(6, 1)).normalize();
            let rest = (order.volume.value() - first).normalize();
            parts = vec![Lots::from(first), Lots::from(rest)];
        }
        if faults.has(&Fault::OpenTwice) {
            parts.push(order.volume.clone());
        }
        let mut filled = claim(Ticket(0), Lots::from(Decimal::ZERO), zero_price());
        filled.execution_time = Some(later(writer.now, late));
        for volume in parts {
            let part = Order { volume, ..order.clone() };
            let mut execution = self.book.open(ExecutionKind::Open, &part, uuid, time);
            if let Some(suffix) = find_fault!(faults, Fault::OpenRenamed(suffix) => suffix) {
                execution.symbol = self.book.rename(execution.ticket, suffix);
            }
            if filled.ticket == Ticket(0) {
                filled.ticket = execution.ticket;
                filled.volume = execution.volume.clone();
                filled.price = execution.price.clone();
            }
            self.record(execution)?;
        }
        if let Some(delay) = find_fault!(faults, Fault::OpenAgain(delay) => *delay) {
            let due = later(now, delay);
            self.pending.push(PendingOrder { due, order, uuid, is_of_left_account: false });
        }
        if let (true, Some(other)) =
            (faults.has(&Fault::OpenMisnamed), self.book.oldest_beside(filled.ticket))
        {
            filled.ticket = other;
        }
        check_order(faults, Moment::After)?;
        if faults.has(&Fault::FillPriceZero) {
            filled.price = zero_price();
        }
        Ok((filled, open))
    }

    pub(super) fn check_signature(
        &self,
        open: &Open,
        writer: &ReplyWriter<'_>,
    ) -> Result<(), Refusal> {
        if writer.faults.has(&Fault::SignatureOff) {
            return Ok(());
        }
        let refused = |why: &str| {
            let message = format!("Risk signature validation failed: {why}");
            Refusal::new(ErrorCode::RiskSignatureInvalid, message)
        };
        if writer.faults.has(&Fault::OldPython) {
            return Err(refused("Invalid isoformat string"));
        }
        signature::verify(open, writer.now, self.signature_ttl)
            .map_err(|why| refused(&why.to_string()))
    }

    /// CLOSE: closes the whole position, or this part of it; the request's volume and symbol have no effect.
    pub(super) fn close(
        &mut self,
        request: &RawRequest<'_>,
        part: Option<Decimal>,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<Closed, RequestError> {
        let faults = writer.faults;
        let ticket = request.ticket()?;
        check_terminal(faults)?;
        let claim = |ticket, close_price| Closed {
            ticket,
            close_price,
            execution_time: Some(writer.now),
            result: None,
        };
        if faults.has(&Fault::Stub) {
            return Ok(claim(STUB_TICKET, stub_price()));
        }
        let failed = |message: &str| Refusal::new(ErrorCode::Mt5CloseFailed, message);
        if faults.has(&Fault::CannotClose) {
            return Err(failed("module 'MetaTrader5' has no attribute 'position_get'").into());
        }
        let not_found = failed(&format!("Position {ticket} not found"));
        if faults.has(&Fault::TerminalDead) {
            return Err(not_found.into());
        }
        if !self.book.holds(ticket) && !faults.has(&Fault::CloseTicketZero) {
            return Err(not_found.into());
        }
        let attempts = self.close_attempts.entry(ticket).or_default();
        *attempts = attempts.saturating_add(1);
        let attempt = *attempts;
        if faults.iter().any(|fault| match fault {
            Fault::CloseFailed(attempts) => attempts.is_none_or(|attempts| attempt <= attempts),
            _ => false,
        }) {
            return Err(failed("Close order failed: retcode 10004").into());
        }
        if let Some(code) = self.refuses_orders(faults, now) {
            return Err(failed(&format!("Close order failed: retcode {code}")).into());
        }
        check_chosen_code(faults, Moment::Before)?;
        if faults.has(&Fault::CloseTicketZero) {
            return Ok(claim(Ticket(0), zero_price()));
        }
        if let Some(delay) = find_fault!(faults, Fault::CloseTimesOut(delay) => *delay) {
            self.pending_closes.push((later(now, delay), ticket, request.uuid()));
            return Err(failed("Close order failed: retcode 10012").into());
        }
        if let Some(delay) = find_fault!(faults, Fault::CloseLate(delay) => *delay) {
            self.pending_closes.push((later(now, delay), ticket, request.uuid()));
            return Ok(claim(ticket, zero_price()));
        }
        let execution = if faults.has(&Fault::CloseOpens) {
            self.open_opposite(ticket, request, now)
        } else if faults.has(&Fault::ClosePart) {
            self.book.close_half(ExecutionKind::Close, ticket, request.uuid(), now)
        } else {
            let other = || self.book.oldest_beside(ticket).unwrap_or(ticket);
            let closed = if faults.has(&Fault::CloseOther) { other() } else { ticket };
            let volume = part.unwrap_or(Decimal::MAX);
            self.book.close_volume(ExecutionKind::Close, closed, volume, request.uuid(), now)
        };
        let execution = execution.ok_or(not_found)?;
        let mut closed = claim(execution.order, execution.price.clone());
        let (symbol, side, volume) =
            (execution.symbol.clone(), execution.side.clone(), execution.volume.clone());
        self.record(execution)?;
        if let (true, Some(instrument)) =
            (faults.has(&Fault::EngineReopens), market::find(symbol.as_str()))
        {
            let order = Order::new(instrument, side, volume);
            let execution = self.book.open(ExecutionKind::OthersOpen, &order, None, now);
            self.record(execution)?;
        }
        check_chosen_code(faults, Moment::After)?;
        if faults.has(&Fault::FillPriceZero) {
            closed.close_price = zero_price();
        }
        Ok(closed)
    }
}

impl Gateway {
    /// The return code with which the broker refuses orders now.
    fn refuses_orders(&mut self, faults: &ActiveFaults, now: Timestamp) -> Option<i64> {
        let begins =
            find_fault!(faults, Fault::OrdersRefused(code, long) => (*code, later(now, *long)));
        self.refuses = self.refuses.or(begins);
        self.refuses.filter(|(_, until)| now < *until).map(|(code, _)| code)
    }

    /// Opens a position against the one with this ticket, as a hedging account does for an order without a position.
    fn open_opposite(
        &mut self,
        ticket: Ticket,
        request: &RawRequest<'_>,
        now: Timestamp,
    ) -> Option<Execution> {
        let positions = self.book.positions();
        let position = positions.iter().find(|position| position.ticket == ticket)?;
        let side = if position.side == Side::Buy { Side::Sell } else { Side::Buy };
        let instrument = market::find(position.symbol.as_str())?;
        let order = Order::new(instrument, side, position.volume.clone());
        Some(self.book.open(ExecutionKind::ForeignTrade, &order, request.uuid(), now))
    }
}

/// Fails an OPEN after its dispatch began: before or after it executed.
fn check_order(faults: &ActiveFaults, moment: Moment) -> Result<(), Refusal> {
    let refusal = faults.find(|fault| match fault {
        Fault::TerminalDead if moment == Moment::Before => {
            let message = "'NoneType' object has no attribute 'order'";
            Some(Refusal::new(ErrorCode::Mt5OrderFailed, message))
        }
        Fault::OrderFailed(at) if *at == moment => {
            Some(Refusal::new(ErrorCode::Mt5OrderFailed, "Order failed: retcode 10006"))
        }
        Fault::OrderException(at) if *at == moment => {
            Some(Refusal::new(ErrorCode::Mt5Exception, "IPC send failed"))
        }
        _ => None,
    });
    refusal.map_or_else(|| check_chosen_code(faults, moment), Err)
}

/// Fails an order with the error code of an `error-code` fault.
fn check_chosen_code(faults: &ActiveFaults, moment: Moment) -> Result<(), Refusal> {
    let refusal = faults.find(|fault| match fault {
        Fault::ErrorCode(code, at) if *at == moment => {
            Some(Refusal::new(code.clone(), format!("Simulated {code}")))
        }
        _ => None,
    });
    refusal.map_or(Ok(()), Err)
}

fn broker_rejects(faults: &ActiveFaults, volume: &Lots) -> bool {
    let minimum = find_fault!(faults, Fault::MinVolume(minimum) => *minimum);
    !is_tradable(volume) || minimum.is_some_and(|minimum| volume.value() < minimum)
}

pub(super) fn is_tradable(volume: &Lots) -> bool {
    volume.value().is_sign_positive() && volume.value() <= MAX_LOTS
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn stub_price() -> Price {
    Price::from(Decimal::new(108_500, 5))
}

fn zero_price() -> Price {
    Price::from(Decimal::new(0, 1))
}
