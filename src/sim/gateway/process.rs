//! The process of a gateway of protocol 5: its starts, what it finds of an earlier one, and what it keeps.

use std::time::Duration;

use jiff::Timestamp;

use super::state::Gateway;
use crate::sim::event::Event;
use crate::sim::fault::Fault;
use crate::sim::fault_plan::ActiveFaults;
use crate::sim::journal::JournalError;

/// How long orders of an earlier process are looked for: history lags behind the book.
const RECOVERY: Duration = Duration::from_secs(15);

impl Gateway {
    /// Starts the process of protocol 5, or starts it again.
    pub(super) fn start_process(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        five.instance = five.name(now);
        // Requests carry whole microseconds.
        five.started_at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        five.is_latched = false;
        five.reads_seen.clear();
        five.has_died = false;
        let name = five.records.name.is_empty().then(|| five.name(now));
        if let Some(name) = name {
            self.note(Event::Journal(name))?;
        }
        self.note(Event::Started(now))?;
        self.recover(now)
    }

    /// Looks for the orders that an earlier process sent and that were not answered.
    fn recover(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        let sent = five.records.sent();
        let mut is_left = false;
        for row in sent {
            is_left |= !self.look_up(&row)?;
        }
        if let Some(five) = &mut self.five {
            five.recovering_until = is_left.then(|| now.checked_add(RECOVERY).unwrap_or(now));
        }
        Ok(())
    }

    /// Ends a recovery whose time is over: what it did not find stays unknown.
    pub(super) fn end_recovery(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        if five.recovering_until.is_none_or(|until| now < until) {
            return Ok(());
        }
        five.recovering_until = None;
        for row in five.records.sent() {
            if !self.look_up(&row)? {
                self.note_unknown(&row)?;
            }
        }
        Ok(())
    }

    /// Makes an event durable, and applies it.
    pub(super) fn note(&mut self, event: Event) -> Result<(), JournalError> {
        if let Some(journal) = &mut self.journal {
            journal.append_event(&event)?;
        }
        if let Some(five) = &mut self.five {
            five.apply(&event);
        }
        Ok(())
    }

    /// Loses the journal, or its last rows, where a fault says so. It happens once.
    pub(super) fn lose_journal(
        &mut self,
        faults: &ActiveFaults,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        if five.has_lost_journal {
            return Ok(());
        }
        for fault in faults.iter() {
            let event = match (fault, &mut self.five) {
                (Fault::JournalLost, Some(five)) => Event::Journal(five.name(now)),
                (Fault::JournalRestored(rows), _) => Event::Restored(*rows),
                _ => continue,
            };
            self.note(event)?;
            if let Some(five) = &mut self.five {
                five.has_lost_journal = true;
            }
        }
        Ok(())
    }
}
