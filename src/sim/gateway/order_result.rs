//! The results of orders in protocol 5: what executed, under which numbers.

use rust_decimal::Decimal;
use uuid::Uuid;

use super::state::Gateway;
use crate::protocol::close::Closed;
use crate::protocol::code::Executed;
use crate::protocol::open::Filled;
use crate::protocol::outcome::OrderState;
use crate::protocol::result::OrderResult;
use crate::sim::event::{Event, Row, RowResult};
use crate::sim::journal::JournalError;
use crate::sim::ledger::{Execution, ExecutionKind};
use crate::units::{Lots, Ticket};

const DONE: i64 = 10_009;
const DONE_PARTIAL: i64 = 10_010;

impl Gateway {
    /// The result of an OPEN that has just executed; `None` where nothing has: its claim has 4.3's form then.
    pub(super) fn opened(
        &self,
        uuid: Option<Uuid>,
        wanted: &Lots,
        filled: &Filled,
        before: usize,
    ) -> Option<OrderResult> {
        let executions = self.ledger.get(before..).unwrap_or_default();
        let own = || executions.iter().filter(|it| it.request_uuid == uuid);
        let first = own().next()?;
        let volume: Decimal = own().map(|it| it.volume.value()).sum();
        let left = (wanted.value() - volume).max(Decimal::ZERO);
        let result = self.result_of(first, if left.is_zero() { DONE } else { DONE_PARTIAL });
        // A gateway that names another ticket names it throughout.
        Some(OrderResult {
            position: Some(filled.ticket),
            volume: Some(filled.volume.clone()),
            remaining_volume: Some(Lots::from(left)),
            ..result
        })
    }

    /// The result of a CLOSE of this position that has just executed.
    pub(super) fn closed(
        &self,
        uuid: Option<Uuid>,
        ticket: Ticket,
        before: usize,
    ) -> Option<OrderResult> {
        let executions = self.ledger.get(before..).unwrap_or_default();
        let own = executions.iter().find(|it| it.request_uuid == uuid)?;
        let left = self.book.volume_of(ticket).unwrap_or_default();
        let remaining_volume = Some(Lots::from(left));
        Some(OrderResult { position: Some(ticket), remaining_volume, ..self.result_of(own, DONE) })
    }

    fn result_of(&self, execution: &Execution, retcode: i64) -> OrderResult {
        let deals = self.book.deals().iter().rev();
        let deal = deals.map(|(_, deal)| deal).find(|deal| deal.order == execution.order);
        OrderResult {
            retcode: Some(retcode),
            retcode_name: Some(if retcode == DONE { "DONE" } else { "DONE_PARTIAL" }.to_owned()),
            order: Some(execution.order),
            deal: deal.map(|deal| deal.ticket),
            position: Some(execution.ticket),
            volume: Some(execution.volume.clone()),
            price: Some(execution.price.clone()),
            broker_comment: Some("Request executed".to_owned()),
            journalled: true,
            ..OrderResult::blank(Executed::Yes)
        }
    }

    /// Looks for an order that nobody knows the end of. Returns whether its end is known.
    pub(super) fn look_up(&mut self, row: &Row) -> Result<bool, JournalError> {
        if !matches!(row.state, OrderState::Sent | OrderState::Unknown) {
            return Ok(true);
        }
        let Some(reply) = self.found(row) else { return Ok(false) };
        let reply = Some(String::from_utf8_lossy(&reply).into_owned());
        let (uuid, key) = (row.uuid.clone(), row.key.clone());
        self.note(Event::Result(RowResult { uuid, key, state: OrderState::Done, reply }))?;
        Ok(true)
    }

    /// Writes that an order was looked for and not found.
    pub(super) fn note_unknown(&mut self, row: &Row) -> Result<(), JournalError> {
        let Row { uuid, key, reply, .. } = row.clone();
        self.note(Event::Result(RowResult { uuid, key, state: OrderState::Unknown, reply }))
    }

    /// The reply to an order that shows at the broker.
    fn found(&self, row: &Row) -> Option<Vec<u8>> {
        const STATUS: &str = "FILLED";
        if let Some(ticket) = row.ticket {
            let is_listed = self.book.pending_orders().iter().any(|order| order.ticket == ticket);
            return (!is_listed)
                .then(|| cancelled(ticket).encode(&row.uuid, STATUS, self.simulated));
        }
        let uuid = Uuid::try_parse(&row.uuid).ok()?;
        let execution = self.ledger.iter().find(|it| it.request_uuid == Some(uuid))?;
        let result = self.result_of(execution, DONE);
        let time = Some(execution.time);
        Some(if execution.kind == ExecutionKind::Close {
            let closed = Closed {
                ticket: execution.order,
                close_price: execution.price.clone(),
                execution_time: time,
                result: Some(result),
            };
            closed.encode(&row.uuid, STATUS, self.simulated)
        } else {
            let filled = Filled {
                ticket: execution.ticket,
                volume: execution.volume.clone(),
                price: execution.price.clone(),
                execution_time: time,
                result: Some(result),
            };
            filled.encode(&row.uuid, STATUS, &execution.symbol, self.simulated)
        })
    }
}

/// The claim that a pending order was removed.
pub(super) fn cancelled(ticket: Ticket) -> crate::protocol::pending::Cancelled {
    let result = OrderResult {
        retcode: Some(DONE),
        retcode_name: Some("DONE".to_owned()),
        order: Some(ticket),
        remaining_volume: Some(Lots::from(Decimal::new(0, 1))),
        journalled: true,
        ..OrderResult::blank(Executed::Yes)
    };
    crate::protocol::pending::Cancelled { ticket, result }
}

/// Whether only a part of the volume executed.
pub(super) fn is_part(result: &OrderResult) -> bool {
    result.remaining_volume.as_ref().is_some_and(|left| !left.value().is_zero())
}
