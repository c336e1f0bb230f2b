//! OPEN and CLOSE: the fields, the signature, the terminal, the broker, in that order.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Gateway, Pending, late_execution, later, terminal, tradable};
use crate::protocol::close::Closed;
use crate::protocol::code::ErrorCode;
use crate::protocol::open::{Filled, Open};
use crate::protocol::reply::Refusal;
use crate::protocol::signature;
use crate::sim::answer::Voice;
use crate::sim::book::Order;
use crate::sim::fault::{Fault, Moment};
use crate::sim::incoming::{Incoming, refuse};
use crate::sim::journal::JournalError;
use crate::sim::ledger::Kind;
use crate::sim::market;
use crate::sim::plan::Met;
use crate::units::{Lots, Price, Ticket};

/// The ticket that a stub makes up (hazard 5).
const STUB_TICKET: Ticket = Ticket(12_345);

impl Gateway {
    /// OPEN: the fields, the signature, the terminal, the broker.
    pub(super) fn open(
        &mut self,
        incoming: &Incoming<'_>,
        voice: &Voice<'_>,
        now: Timestamp,
    ) -> Result<Result<(Filled, Open), Refusal>, JournalError> {
        let met = voice.met;
        let admitted = incoming.open().and_then(|open| {
            self.check_signature(&open, voice)?;
            terminal(met)?;
            Ok(open)
        });
        let open = match admitted {
            Ok(open) => open,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let claim = |ticket, volume: Lots, price: Price| Filled {
            ticket,
            volume,
            price,
            execution_time: Some(voice.now),
        };
        if met.has(&Fault::Stub) {
            let volume = open.volume.clone();
            return Ok(Ok((
                claim(STUB_TICKET, volume, Price::from(Decimal::new(108_500, 5))),
                open,
            )));
        }
        if let Some(refusal) = order_refused(met, false) {
            return Ok(Err(refusal));
        }
        let Some(instrument) = market::find(open.symbol.as_str()) else {
            let message = format!("Symbol {} not found", open.symbol);
            return Ok(Err(refuse(ErrorCode::Mt5OrderFailed, message)));
        };
        let mut order = Order { instrument, side: open.side.clone(), volume: open.volume.clone() };
        let nothing = claim(Ticket(0), zero_lots(), zero_price());
        if met.has(&Fault::OpenTicketZero) || broker_rejects(met, &order.volume) {
            return Ok(Ok((nothing, open)));
        }
        if met.has(&Fault::PartialFill) {
            order.volume = Lots::from((order.volume.value() / Decimal::TWO).normalize());
        }
        let uuid = incoming.uuid();
        if let Some(delay) = met.find(|fault| match fault {
            Fault::OpenLate(delay) => Some(*delay),
            _ => None,
        }) {
            let due = later(now, delay);
            self.pending.push(Pending { due, order, uuid });
            return Ok(match order_refused(met, true) {
                Some(refusal) => Err(refusal),
                None => Ok((nothing, open)),
            });
        }
        let late = late_execution(met);
        let executed_at = later(now, late);
        let entry = self.book.open(Kind::Open, &order, uuid, executed_at);
        let mut filled = claim(entry.ticket, entry.volume.clone(), entry.price.clone());
        filled.execution_time = Some(later(voice.now, late));
        self.record(entry)?;
        if let Some(refusal) = order_refused(met, true) {
            return Ok(Err(refusal));
        }
        if met.has(&Fault::FillPriceZero) {
            filled.price = zero_price();
        }
        Ok(Ok((filled, open)))
    }

    fn check_signature(&self, open: &Open, voice: &Voice<'_>) -> Result<(), Refusal> {
        if voice.met.has(&Fault::SignatureOff) {
            return Ok(());
        }
        let refused = |why: &str| {
            let message = format!("Risk signature validation failed: {why}");
            refuse(ErrorCode::RiskSignatureInvalid, message)
        };
        if voice.met.has(&Fault::OldPython) {
            return Err(refused("Invalid isoformat string"));
        }
        signature::verify(open, voice.now, self.signature_ttl)
            .map_err(|why| refused(&why.to_string()))
    }

    /// CLOSE: the whole position, whatever volume and symbol say.
    pub(super) fn close(
        &mut self,
        incoming: &Incoming<'_>,
        voice: &Voice<'_>,
        now: Timestamp,
    ) -> Result<Result<Closed, Refusal>, JournalError> {
        let met = voice.met;
        let ticket = match incoming.ticket().and_then(|ticket| terminal(met).map(|()| ticket)) {
            Ok(ticket) => ticket,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let claim =
            |ticket, close_price| Closed { ticket, close_price, execution_time: Some(voice.now) };
        if met.has(&Fault::Stub) {
            return Ok(Ok(claim(STUB_TICKET, Price::from(Decimal::new(108_500, 5)))));
        }
        let failed = |message: String| Ok(Err(refuse(ErrorCode::Mt5CloseFailed, message)));
        if met.has(&Fault::CannotClose) {
            return failed("module 'MetaTrader5' has no attribute 'position_get'".to_owned());
        }
        let not_found = || format!("Position {ticket} not found");
        if met.has(&Fault::TerminalDead) {
            return failed(not_found());
        }
        let attempts = self.close_attempts.entry(ticket).or_default();
        *attempts = attempts.saturating_add(1);
        let attempt = *attempts;
        if met.iter().any(|fault| match fault {
            Fault::CloseFailed(attempts) => attempts.is_none_or(|attempts| attempt <= attempts),
            _ => false,
        }) {
            return failed("Close order failed: retcode 10004".to_owned());
        }
        if let Some(refusal) = coded(met, Moment::Before) {
            return Ok(Err(refusal));
        }
        if met.has(&Fault::CloseTicketZero) {
            return Ok(Ok(claim(Ticket(0), zero_price())));
        }
        let Some(entry) = self.book.close(Kind::Close, ticket, incoming.uuid(), now) else {
            return failed(not_found());
        };
        let mut closed = claim(entry.order, entry.price.clone());
        self.record(entry)?;
        if let Some(refusal) = coded(met, Moment::After) {
            return Ok(Err(refusal));
        }
        if met.has(&Fault::FillPriceZero) {
            closed.close_price = zero_price();
        }
        Ok(Ok(closed))
    }
}

/// The refusal that an order meets after its dispatch began, executed or not.
fn order_refused(met: &Met, after_execution: bool) -> Option<Refusal> {
    let moment = if after_execution { Moment::After } else { Moment::Before };
    let refused = met.find(|fault| match fault {
        Fault::TerminalDead if !after_execution => {
            let message = "'NoneType' object has no attribute 'order'";
            Some(refuse(ErrorCode::Mt5OrderFailed, message))
        }
        Fault::OrderFailed { executed } if *executed == after_execution => {
            Some(refuse(ErrorCode::Mt5OrderFailed, "Order failed: retcode 10006"))
        }
        Fault::OrderException { executed } if *executed == after_execution => {
            Some(refuse(ErrorCode::Mt5Exception, "IPC send failed"))
        }
        _ => None,
    });
    refused.or_else(|| coded(met, moment))
}

/// The refusal with a code of choice.
fn coded(met: &Met, moment: Moment) -> Option<Refusal> {
    met.find(|fault| match fault {
        Fault::ErrorCode(code, at) if *at == moment => {
            Some(refuse(code.clone(), format!("Simulated {code}")))
        }
        _ => None,
    })
}

fn broker_rejects(met: &Met, volume: &Lots) -> bool {
    let minimum = met.find(|fault| match fault {
        Fault::MinVolume(minimum) => Some(*minimum),
        _ => None,
    });
    !tradable(volume) || minimum.is_some_and(|minimum| volume.value() < minimum)
}

fn zero_lots() -> Lots {
    Lots::from(Decimal::new(0, 1))
}

fn zero_price() -> Price {
    Price::from(Decimal::new(0, 1))
}
