//! The deals of the canary's position (protocol 5): what the broker booked, to the last digit.
//!
//! History may lag behind the book by seconds, so the deals of a closed position are read until they close as much as they
//! opened, or until the settle time is over.

use std::time::Duration;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::Canary;
use crate::check::Verdict;
use crate::clock::Deadline;
use crate::evidence::outcome::CloseOutcome;
use crate::failure::Failure;
use crate::protocol::deals::{Deal, GetDeals};
use crate::protocol::positions::Position;
use crate::units::{Money, Ticket};

/// Time between two reads of a history that lags behind.
const INTERVAL: Duration = Duration::from_millis(250);

/// The deals of one position.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PositionDeals {
    /// The deals, in the gateway's order.
    pub deals: Vec<Deal>,
    /// Their effect on the balance: profit, commission, swap and fee.
    pub sum: Money,
    /// The commission and the fee in it.
    pub commission: Money,
    /// The swap in it.
    pub swap: Money,
    /// Whether they close as much as they opened. Before that, a deal is missing or the position is open.
    pub is_complete: bool,
}

impl PositionDeals {
    fn new(deals: Vec<Deal>) -> Self {
        let total =
            |figure: fn(&Deal) -> Decimal| Money::from(deals.iter().map(figure).sum::<Decimal>());
        let volume = |entry: &str| -> Decimal {
            let of =
                deals.iter().filter(|deal| deal.is_execution() && deal.entry.starts_with(entry));
            of.map(|deal| deal.volume.value()).sum()
        };
        let (opened, closed) = (volume("IN"), volume("OUT"));
        Self {
            sum: total(Deal::balance_change),
            commission: total(|deal| deal.commission.value() + deal.fee.value()),
            swap: total(|deal| deal.swap.value()),
            is_complete: !opened.is_zero() && opened == closed,
            deals,
        }
    }
}

impl Canary<'_, '_, '_> {
    /// Adds the deals of the position to the report. A closed position whose deals are missing, or don't explain the
    /// balance, is a warning: the position list has proved the close.
    pub(super) fn add_deals(
        &mut self,
        ended: Result<Verdict, Failure>,
    ) -> Result<Verdict, Failure> {
        let Some(ticket) = self.position_id().filter(|_| self.client.answers::<GetDeals>()) else {
            return ended;
        };
        let closed = self.report.close.as_ref().map(|close| close.result);
        let is_closed = closed == Some(CloseOutcome::Closed);
        let deals = match self.read_deals(ticket, is_closed) {
            Ok(deals) => deals,
            Err(why) => {
                self.warnings.push(format!("the deals of {ticket} could not be read: {why}"));
                return ended.map(|verdict| verdict.max(Verdict::Warn));
            }
        };
        let doubt = is_closed.then(|| self.doubt_of_deals(ticket, &deals)).flatten();
        self.report.deals = Some(deals);
        match doubt {
            Some(doubt) => {
                self.warnings.push(doubt);
                ended.map(|verdict| verdict.max(Verdict::Warn))
            }
            None => ended,
        }
    }

    /// The number by which deals name the position.
    fn position_id(&self) -> Option<Ticket> {
        let of = |position: &Position| {
            position.details.as_ref().map_or(position.ticket, |details| details.identifier)
        };
        let opened = self.report.order.as_ref().and_then(|order| order.position.as_ref());
        let adopted = self.report.adopted.as_ref().map(|adopted| &adopted.position);
        opened.or(adopted).map(of)
    }

    fn read_deals(&mut self, position: Ticket, is_closed: bool) -> Result<PositionDeals, String> {
        let clock = self.deps.clock;
        let until = Deadline::after(clock, self.options.settle).min(self.deps.deadline);
        loop {
            let answer = self.client.deals(GetDeals::OfPosition { position });
            let list = answer.map_err(|error| error.to_string())?.reply;
            let deals = PositionDeals::new(list.map_err(|refusal| refusal.to_string())?.deals);
            if deals.is_complete || !is_closed || until.left(clock) <= INTERVAL {
                return Ok(deals);
            }
            clock.sleep(INTERVAL).map_err(|stopped| stopped.to_string())?;
        }
    }

    /// Why the deals don't show what the lists have proved.
    fn doubt_of_deals(&self, ticket: Ticket, deals: &PositionDeals) -> Option<String> {
        if !deals.is_complete {
            return Some(format!("the history does not show yet what closed {ticket}"));
        }
        let (before, after) =
            (self.report.balance_before.as_ref()?, self.report.balance_after.as_ref()?);
        let moved = after.value() - before.value();
        (moved != deals.sum.value() && self.report.adopted.is_none()).then(|| {
            format!(
                "the balance moved by {moved}, and the deals of {ticket} by {}: other trades or payments moved it too",
                deals.sum.value()
            )
        })
    }
}
