//! Changes of the account by others: the broker, people at the terminal, a login to another account.

use jiff::Timestamp;

use super::state::Gateway;
use crate::sim::book::{Book, Order};
use crate::sim::fault::Fault;
use crate::sim::fault_plan::ActiveFaults;
use crate::sim::journal::JournalError;
use crate::sim::ledger::ExecutionKind;
use crate::sim::market;
use crate::units::Ticket;

impl Gateway {
    /// Applies the changes that come before a request; `ticket` is the one that the request names.
    pub(super) fn change_account(
        &mut self,
        faults: &ActiveFaults,
        ticket: Option<Ticket>,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        for fault in faults.iter() {
            match fault {
                Fault::AccountSwitch(balance) if self.left_account.is_none() => {
                    let other = Book::of_another_account(&self.book, *balance);
                    self.move_to(other);
                }
                Fault::AccountCopied(balance) if self.left_account.is_none() => {
                    let copy = Book::copy_of_account(&self.book, *balance);
                    self.move_to(copy);
                }
                Fault::PositionReturns => self.return_position(now)?,
                Fault::Deposit(amount) => self.book.deposit(*amount),
                Fault::Swap(amount) => self.book.accrue_swap(*amount),
                Fault::Commission(amount) => self.book.charge_orders(*amount),
                Fault::MarginRate(symbol, factor) => self.book.set_margin_rate(symbol, *factor),
                Fault::StopOut => {
                    for position in self.book.positions() {
                        self.broker_closes(position.ticket, now)?;
                    }
                }
                Fault::PendingFills => self.fill_pending(None, now)?,
                Fault::TicketChanges => self.change_ticket(ticket, now)?,
                Fault::TicketsRenumbered => {
                    for execution in self.book.renumber(now) {
                        self.record(execution)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The answers are another account's from now on.
    pub(super) fn move_to(&mut self, other: Book) {
        self.left_after = self.ledger.len();
        self.history.forget();
        self.left_account = Some(std::mem::replace(&mut self.book, other));
        for pending in &mut self.pending {
            pending.is_of_left_account = true;
        }
    }

    pub(super) fn broker_closes(
        &mut self,
        ticket: Ticket,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        match self.book.close(ExecutionKind::OthersClose, ticket, None, now) {
            Some(execution) => self.record(execution),
            None => Ok(()),
        }
    }

    /// Closes the position and opens it again, as a broker does at roll-over.
    fn change_ticket(
        &mut self,
        ticket: Option<Ticket>,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let positions = self.book.positions();
        let named = positions.iter().find(|position| Some(position.ticket) == ticket);
        let Some(position) = named.or(positions.first().filter(|_| ticket.is_none())) else {
            return Ok(());
        };
        let instrument = market::find(position.symbol.as_str()).unwrap_or(0);
        let (side, volume) = (position.side.clone(), position.volume.clone());
        self.broker_closes(position.ticket, now)?;
        let order = Order::new(instrument, side, volume);
        let execution = self.book.open(ExecutionKind::OthersOpen, &order, None, now);
        self.record(execution)
    }

    /// Opens the position that was closed last again under its ticket, as a broker does that cancels a deal.
    fn return_position(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let of_this_account = self.ledger.get(self.left_after..).unwrap_or_default();
        let closed = of_this_account.iter().rfind(|execution| execution.kind.closes());
        let Some(closed) = closed.filter(|closed| !self.book.holds(closed.ticket)) else {
            return Ok(());
        };
        match self.book.reopen(ExecutionKind::OthersOpen, closed, now) {
            Some(execution) => self.record(execution),
            None => Ok(()),
        }
    }
}
