//! OPEN, CLOSE and CANCEL in protocol 5: the checks before the journal's row, the broker, the result after it.
//!
//! An order's row is on the disk before the broker hears of it, and its result before the reply leaves. The result is the
//! truth: an order that may still execute is unknown.

use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::admission::{FRESHNESS, Signer, body_hash};
use super::answers::{MAX_LOTS, voided};
use super::denied::Denied;
use super::order_result::{cancelled, is_part};
use super::order_token::token;
use super::reads::check_terminal;
use super::state::{Gateway, RequestError};
use super::terminal_reads::{missing_symbol, smallest_volume, volume_step};
use crate::protocol::code::{ErrorCode, Executed};
use crate::protocol::gateway::SwitchState;
use crate::protocol::open::Open;
use crate::protocol::outcome::OrderState;
use crate::protocol::rfc3339;
use crate::sim::book::Tag;
use crate::sim::event::{Event, Row, RowResult};
use crate::sim::fault::{ActionName, Fault, Moment};
use crate::sim::fault_plan::ActiveFaults;
use crate::sim::journal::JournalError;
use crate::sim::ledger::ExecutionKind;
use crate::sim::market;
use crate::sim::raw_request::RawRequest;
use crate::sim::reply_writer::ReplyWriter;
use crate::units::{Price, Ticket};

/// A return code of the broker.
const CLIENT_DISABLES_AT: u16 = 10_027;
const MARKET_CLOSED: u16 = 10_018;
const INVALID_ORDER: u16 = 10_035;

/// An order whose fields were read.
#[derive(Debug)]
enum Order {
    Open(Open),
    /// A position, and the part of its volume to close.
    Close(Ticket, Option<Decimal>),
    Cancel(Ticket),
}

impl Order {
    /// The pending order that it removes.
    fn pending_ticket(&self) -> Option<Ticket> {
        match self {
            Self::Cancel(ticket) => Some(*ticket),
            _ => None,
        }
    }
}

impl Gateway {
    /// Handles an order. `None` where the process dies in the middle.
    pub(super) fn order(
        &mut self,
        action: ActionName,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, RequestError> {
        if let Some(reply) = self.replay(request, signer)? {
            return Ok(Some(reply));
        }
        let order = self.check(action, request, signer, writer)?;
        let uuid = request.uuid_text();
        let key = signer.map(|signer| signer.key.name().to_owned());
        let tag = match &order {
            Order::Open(open) => self.tag(open, request, signer),
            _ => Tag::default(),
        };
        self.note(Event::Row(Row {
            uuid: uuid.clone(),
            key: key.clone(),
            hash: body_hash(request.text),
            action: action.as_str().to_owned(),
            tag: tag.clone(),
            ticket: order.pending_ticket(),
            state: OrderState::Sent,
            reply: None,
        }))?;
        if writer.faults.has(&Fault::CrashSent) {
            return Ok(None);
        }
        let before = self.ledger.len();
        let sent = self.send(&order, tag, request, signer, writer, now);
        let (frame, state) = match sent {
            Ok(frame) if matches!(order, Order::Cancel(_)) || writer.faults.has(&Fault::Stub) => {
                (frame, OrderState::Done)
            }
            Ok(frame) => (frame, self.state_of(request.uuid(), before)),
            Err(RequestError::Journal(error)) => return Err(error.into()),
            Err(RequestError::Denied(denied)) => {
                let frame = self.write_denied(&denied, Some(action), signer, true, writer);
                (frame, self.state_of(request.uuid(), before))
            }
            Err(RequestError::Refused(refusal)) => {
                let frame = self.write_denied(&refusal.into(), Some(action), signer, true, writer);
                (frame, self.state_of(request.uuid(), before))
            }
        };
        // A process that dies before it answers has not written the result either.
        let dies = |fault: &Fault| {
            matches!(fault, Fault::Crash(Moment::After) | Fault::Restart(Moment::After, _))
        };
        if !writer.faults.iter().any(dies) {
            let reply = Some(String::from_utf8_lossy(&frame).into_owned());
            self.note(Event::Result(RowResult { uuid, key, state, reply }))?;
        }
        Ok(Some(frame))
    }

    /// Every check that sends nothing, in the gateway's order.
    fn check(
        &mut self,
        action: ActionName,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
    ) -> Result<Order, Denied> {
        let faults = writer.faults;
        let order = self.read_order(action, request, signer, writer)?;
        let arrived = self.five.as_ref().map_or(writer.now, |five| five.arrived);
        let valid_until = valid_until(action, request, signer, arrived)?;
        if let Order::Open(open) = &order {
            if open.volume.value() > Decimal::from(MAX_LOTS) {
                let text =
                    format!("{} lots are above this gateway's limit of {MAX_LOTS}", open.volume);
                return Err(Denied::new(ErrorCode::LimitLots, text));
            }
            self.check_may_open(writer.now)?;
        }
        check_terminal(faults)?;
        self.check_account(faults)?;
        match &order {
            Order::Open(open) => check_open(open, faults)?,
            Order::Close(ticket, _) if signer.is_some() && self.lacks(*ticket, faults) => {
                let text = format!("Position {ticket} not found");
                return Err(Denied::new(ErrorCode::PositionNotFound, text));
            }
            Order::Close(ticket, Some(part)) => {
                if let Some(volume) = self.book.volume_of(*ticket).filter(|volume| part > volume) {
                    let text = format!("close_volume {part} is above the position's {volume}");
                    return Err(Denied::new(ErrorCode::VolumeMax, text));
                }
                check_volume(*part, faults)?;
            }
            Order::Close(..) => {}
            Order::Cancel(ticket) => self.check_pending(*ticket, faults)?,
        }
        if let Some(until) = valid_until.filter(|until| writer.now > *until) {
            let text = format!("valid_until was {}", rfc3339(until));
            return Err(Denied::new(ErrorCode::Expired, text));
        }
        let is_voided =
            self.five.as_ref().is_some_and(|it| it.records.is_voided(&request.uuid_text()));
        if is_voided { Err(voided()) } else { Ok(order) }
    }

    fn read_order(
        &self,
        action: ActionName,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
    ) -> Result<Order, Denied> {
        if action == ActionName::Open {
            let open = request.open()?;
            // A signed request needs no signature of its own.
            if signer.is_none() {
                self.check_signature(&open, writer)?;
            }
            return Ok(Order::Open(open));
        }
        let ticket = request.ticket()?;
        if action == ActionName::Cancel {
            return Ok(Order::Cancel(ticket));
        }
        // 4.3 closes the whole position, whatever the request says.
        if signer.is_none() || !request.has("close_volume") {
            return Ok(Order::Close(ticket, None));
        }
        let part = request.number("close_volume").map(|part| part.value());
        match part.filter(|part| *part > Decimal::ZERO) {
            Some(part) => Ok(Order::Close(ticket, Some(part))),
            None => {
                let text = "close_volume is a number of lots above 0";
                Err(Denied::new(ErrorCode::InvalidVolume, text))
            }
        }
    }

    fn check_may_open(&self, now: Timestamp) -> Result<(), Denied> {
        let Some(five) = &self.five else { return Ok(()) };
        if five.switch() == SwitchState::Engaged {
            let text = "the gateway's kill switch is engaged";
            return Err(Denied::new(ErrorCode::KillSwitchEngaged, text));
        }
        if five.is_recovering(now) {
            let text = "the gateway looked for orders of an earlier process until the order's end";
            return Err(Denied::new(ErrorCode::Expired, text));
        }
        Ok(())
    }

    fn check_account(&self, faults: &ActiveFaults) -> Result<(), Denied> {
        let (Some(five), Some(owner)) = (&self.five, self.owner(faults)) else { return Ok(()) };
        if owner.login != five.login {
            let text = format!("the terminal is on account {} at {}", owner.login, owner.server);
            return Err(Denied::new(ErrorCode::AccountMismatch, text));
        }
        Ok(())
    }

    /// Whether the terminal says that no such position is open.
    fn lacks(&self, ticket: Ticket, faults: &ActiveFaults) -> bool {
        let says_else = [Fault::CannotClose, Fault::CloseTicketZero, Fault::Stub];
        !self.book.holds(ticket) && !says_else.iter().any(|fault| faults.has(fault))
    }

    fn check_pending(&self, ticket: Ticket, faults: &ActiveFaults) -> Result<(), Denied> {
        let is_listed = self.book.pending_orders().iter().any(|order| order.ticket == ticket);
        if !is_listed || faults.has(&Fault::TerminalDead) {
            let text = format!("no pending order has the ticket {ticket}");
            return Err(Denied::new(ErrorCode::OrderNotFound, text));
        }
        Ok(())
    }

    /// The marks of an OPEN. The comment is the gateway's own, by which it finds the order again.
    fn tag(&self, open: &Open, request: &RawRequest<'_>, signer: Option<&Signer>) -> Tag {
        let given = |price: &Price| (!price.value().is_zero()).then(|| price.clone());
        let key = signer.map_or("", |signer| signer.key.name());
        Tag {
            magic: request.integer("magic").unwrap_or_default(),
            comment: token(key, &request.uuid_text()),
            sl: given(&open.sl),
            tp: given(&open.tp),
        }
    }

    /// Sends an order to the broker, and writes the reply.
    fn send(
        &mut self,
        order: &Order,
        tag: Tag,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, RequestError> {
        let faults = writer.faults;
        let before = self.ledger.len();
        match order {
            Order::Open(wanted) => {
                let (mut filled, open) = self.open(request, tag, false, writer, now)?;
                filled.result = self.opened(request.uuid(), &wanted.volume, &filled, before);
                let is_part = filled.result.as_ref().is_some_and(is_part);
                if is_part && signer.is_none() {
                    let text = format!("only {} lots were executed", filled.volume);
                    let failed = Denied::new(ErrorCode::Mt5OrderFailed, text);
                    return Err(Denied { executed: Executed::Yes, ..failed }.into());
                }
                let status = if is_part { "PARTIAL" } else { "FILLED" };
                Ok(writer.open_as(status, &filled, &open.symbol))
            }
            Order::Close(ticket, part) => {
                refuse_by_broker(ErrorCode::Mt5CloseFailed, faults)?;
                let mut closed = self.close(request, *part, writer, now)?;
                closed.result = self.closed(request.uuid(), *ticket, before);
                Ok(writer.close(&closed))
            }
            Order::Cancel(ticket) => {
                refuse_by_broker(ErrorCode::CancelFailed, faults)?;
                self.cancel(*ticket, writer, now)
            }
        }
    }

    fn cancel(
        &mut self,
        ticket: Ticket,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, RequestError> {
        if writer.faults.has(&Fault::CancelLate) {
            self.fill_pending(Some(ticket), now)?;
            return Err(Denied::by_broker(ErrorCode::CancelFailed, INVALID_ORDER, "").into());
        }
        if !writer.faults.has(&Fault::CancelIgnored) && self.book.cancel(ticket) {
            self.note(Event::Removed(ticket))?;
        }
        Ok(writer.cancelled(&cancelled(ticket)))
    }

    /// Fills a pending order, or the oldest one.
    pub(super) fn fill_pending(
        &mut self,
        ticket: Option<Ticket>,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        match self.book.fill_pending(ExecutionKind::OthersOpen, ticket, now) {
            Some(execution) => self.record(execution),
            None => Ok(()),
        }
    }

    /// What became of an order that was just sent.
    fn state_of(&self, uuid: Option<Uuid>, before: usize) -> OrderState {
        let executed = self.ledger.get(before..).unwrap_or_default();
        let is_pending = self.pending.iter().any(|pending| pending.uuid == uuid)
            || self.pending_closes.iter().any(|(_, _, by)| *by == uuid);
        if executed.iter().any(|it| it.request_uuid == uuid) {
            OrderState::Done
        } else if is_pending {
            OrderState::Unknown
        } else {
            OrderState::Refused
        }
    }
}

/// The time after which an order must not be sent, if it has one.
fn valid_until(
    action: ActionName,
    request: &RawRequest<'_>,
    signer: Option<&Signer>,
    arrived: Timestamp,
) -> Result<Option<Timestamp>, Denied> {
    let given = request.time("valid_until")?;
    // Without an end of its own a signed OPEN gets one, so that none executes long after its client has left.
    let is_signed_open = action == ActionName::Open && signer.is_some();
    Ok(given.or(arrived.checked_add(FRESHNESS).ok().filter(|_| is_signed_open)))
}

fn check_open(open: &Open, faults: &ActiveFaults) -> Result<(), Denied> {
    if faults.has(&Fault::AutoTradingOff) {
        let text = "AutoTrading is off in the terminal";
        return Err(Denied::new(ErrorCode::AutotradingOff, text));
    }
    let Some(instrument) = market::find(open.symbol.as_str()) else {
        return Err(missing_symbol(&open.symbol));
    };
    check_volume(open.volume.value(), faults)?;
    for (name, price) in [("price", &open.price), ("sl", &open.sl), ("tp", &open.tp)] {
        if price.value().normalize().scale() > market::INSTRUMENTS[instrument].digits() {
            let text = format!("{name} {price} has more digits than {}", open.symbol);
            return Err(Denied::new(ErrorCode::PriceDigits, text));
        }
    }
    if faults.has(&Fault::MarketClosed) {
        let text = "the terminal refuses the order: ";
        return Err(Denied::by_broker(ErrorCode::OrderCheckFailed, MARKET_CLOSED, text));
    }
    Ok(())
}

/// Refuses a volume that the symbol's rules would change.
fn check_volume(volume: Decimal, faults: &ActiveFaults) -> Result<(), Denied> {
    let least = smallest_volume(faults);
    if volume < least {
        let text = format!("{volume} lots are below the smallest, {least}");
        return Err(Denied::new(ErrorCode::VolumeMin, text));
    }
    if !(volume % volume_step()).is_zero() {
        let text = format!("{volume} lots are not in steps of {}", volume_step());
        return Err(Denied::new(ErrorCode::VolumeStep, text));
    }
    Ok(())
}

/// Refuses a close or a cancel as the broker does. `order_check` can't forbid to close, so only the broker refuses.
fn refuse_by_broker(code: ErrorCode, faults: &ActiveFaults) -> Result<(), Denied> {
    if faults.has(&Fault::AutoTradingOff) {
        let text = "AutoTrading is off in the terminal: closing is impossible too. ";
        return Err(Denied::by_broker(code, CLIENT_DISABLES_AT, text));
    }
    if faults.has(&Fault::MarketClosed) {
        return Err(Denied::by_broker(code, MARKET_CLOSED, ""));
    }
    Ok(())
}
