//! Pending orders (protocol 5), after the gateway's own kill switch.
//!
//! A pending order may open a position at any moment, so an account that has one is not flat. They are cancelled before
//! the first CLOSE and again before flat is certified. An order that is gone from the list was cancelled, or filled: then
//! the position that it opened is closed like any other that appeared.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Closing;
use crate::clock::{Deadline, Stopped};
use crate::evidence::body::Reading;
use crate::link::order::Claim;
use crate::link::{Error, LinkError};
use crate::ops::gateway_switch;
use crate::proof::claim;
use crate::protocol::pending::{Cancel, PendingOrder};
use crate::protocol::switch::Engage;
use crate::units::{Lots, Symbol, Ticket};

/// The outcome of one pending order.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PendingReport {
    /// The order.
    pub ticket: Ticket,
    /// The instrument.
    pub symbol: Symbol,
    /// The order's type: `BUY_LIMIT`, `SELL_STOP`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The volume in lots that is still to execute.
    pub volume: Lots,
    /// Whether the last list lacks it.
    pub gone: bool,
    /// The gateway's answer to CANCEL.
    pub why: String,
}

/// A list of pending orders.
struct Listed {
    reading: Reading,
    /// Number of orders in it that are not to be cancelled.
    staying: usize,
}

/// The pending orders that were to be cancelled.
#[derive(Default)]
pub(super) struct PendingBook {
    orders: BTreeMap<Ticket, PendingReport>,
}

impl PendingBook {
    /// From the plan's list.
    pub(super) fn new(orders: &[PendingOrder]) -> Self {
        let mut book = Self::default();
        book.add_list(orders);
        book
    }

    /// Every order that was seen, those that are still pending first.
    pub(super) fn into_reports(self) -> Vec<PendingReport> {
        let mut reports: Vec<_> = self.orders.into_values().collect();
        reports.sort_by_key(|report| report.gone);
        reports
    }

    fn add_list(&mut self, list: &[PendingOrder]) {
        for report in self.orders.values_mut() {
            report.gone = true;
        }
        for order in list {
            let entry = self.orders.entry(order.ticket).or_insert_with(|| PendingReport {
                ticket: order.ticket,
                symbol: order.symbol.clone(),
                kind: order.kind.clone(),
                volume: order.volume_current.clone(),
                gone: false,
                why: "not tried".to_owned(),
            });
            entry.gone = false;
            entry.volume.clone_from(&order.volume_current);
        }
    }

    fn pending(&self) -> Vec<Ticket> {
        self.orders.values().filter(|it| !it.gone).map(|it| it.ticket).collect()
    }

    /// The tickets that are still pending, in words.
    fn doubt(&self) -> Option<String> {
        let pending = self.pending();
        let words: Vec<String> = pending.iter().map(ToString::to_string).collect();
        (!words.is_empty()).then(|| format!("pending orders remain: {}", words.join(", ")))
    }
}

impl Closing<'_, '_, '_> {
    /// See [`Options::covers_pending`](super::Options::covers_pending).
    pub(super) fn covers_pending(&self) -> bool {
        self.options.covers_pending(self.client)
    }

    /// Engages the gateway's own kill switch, which refuses every OPEN of every client. A failure stops nothing.
    pub(super) fn engage_gateway(&mut self) {
        let Some(engage) = self.options.engage.clone() else { return };
        if self.client.answers::<Engage>() {
            let until = gateway_switch::answer_by(self.deps.clock, self.deps.deadline);
            self.gateway_switch =
                gateway_switch::engage(self.client, self.deps.permit, engage, until);
        }
    }

    /// Cancels every pending order that is to go, until a list lacks them all, or nothing changes any more.
    pub(super) fn cancel_pending(&mut self) -> Result<(), Stopped> {
        if !self.covers_pending() {
            return Ok(());
        }
        // Closing does not wait for a list of pending orders.
        let mut is_listed = self.look_for_pending()?;
        let mut idle = 0;
        while is_listed && idle < self.options.rounds && self.may_go_on() {
            let pending = self.pending.pending();
            if pending.is_empty() {
                return Ok(());
            }
            let mut is_forbidden = false;
            for ticket in &pending {
                is_forbidden |= self.cancel(*ticket)?;
            }
            is_listed = self.look_for_pending()?;
            if is_forbidden {
                return Ok(());
            }
            let is_better = self.pending.pending().len() < pending.len();
            idle = if is_better { 0 } else { idle + 1 };
            if idle > 0 {
                self.pause()?;
            }
        }
        Ok(())
    }

    /// Reads the list of pending orders; `false` where the gateway doesn't answer.
    fn look_for_pending(&mut self) -> Result<bool, Stopped> {
        match self.list_pending() {
            Ok(_) => Ok(true),
            Err(Error::Stopped(stopped)) => Err(stopped),
            Err(_) => Ok(false),
        }
    }

    /// Two facts before flat: the list of pending orders is empty; `None` where it is not to be looked at.
    pub(super) fn read_no_pending(&mut self) -> Result<Option<Reading>, String> {
        if !self.covers_pending() {
            return Ok(None);
        }
        let listed = self.list_pending().map_err(|error| self.doubt_of(&error))??;
        match (self.pending.doubt(), listed.staying) {
            (Some(doubt), _) => Err(doubt),
            (None, 0) => Ok(Some(listed.reading)),
            (None, staying) => Err(format!("{staying} pending orders that were to stay remain")),
        }
    }

    /// Whether every pending order that is to go is gone from the last list.
    pub(super) fn pending_doubt(&self) -> Option<String> {
        self.pending.doubt().filter(|_| self.covers_pending())
    }

    /// Reads the list of pending orders; a refusal in words.
    fn list_pending(&mut self) -> Result<Result<Listed, String>, Error> {
        let answer = self.client.pending_orders()?;
        let list = match &answer.reply {
            Ok(list) => list,
            Err(refusal) => {
                return Ok(Err(format!("pending orders could not be listed: {refusal}")));
            }
        };
        let mut wanted = list.orders.clone();
        wanted.retain(|order| self.options.wants_pending(order));
        self.pending.add_list(&wanted);
        let reading = Reading::of_orders(answer.sent_at, list, &answer.raw);
        Ok(Ok(Listed { reading, staying: list.orders.len() - wanted.len() }))
    }

    /// Whether the gateway lets this key cancel nothing.
    fn cancel(&mut self, ticket: Ticket) -> Result<bool, Stopped> {
        let until = self.answer_by();
        let claim = match self.client.session() {
            Ok(session) => {
                let permit = (self.deps.permit)(session.identity());
                session.reduce(&permit, Cancel { ticket }, until).claim
            }
            Err(Error::Stopped(stopped)) => return Err(stopped),
            Err(Error::NoAnswer { last, .. }) => Claim::Lost(last),
            Err(error) => Claim::Lost(LinkError::System(error.to_string())),
        };
        if let Claim::Lost(error) = &claim {
            self.client.hang_up();
            if let LinkError::Stopped(stopped) = error {
                return Err(*stopped);
            }
        }
        if let Some(report) = self.pending.orders.get_mut(&ticket) {
            report.why = match &claim {
                Claim::Done(_) => "the gateway says that it is cancelled".to_owned(),
                failed => claim::describe_failed(failed),
            };
        }
        Ok(matches!(&claim, Claim::Refused(refusal) if claim::is_forbidden(refusal)))
    }

    fn answer_by(&self) -> Deadline {
        Deadline::after(self.deps.clock, self.options.order_timeout).min(self.deps.deadline)
    }
}
