//! Every ticket that was to be closed, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Options, Plan, TicketReport};
use crate::evidence::body::{RecordedRefusal, ReplyHash, TicketOutcome, TicketResult};
use crate::evidence::outcome::CloseOutcome;
use crate::protocol::positions::Position;
use crate::units::Ticket;

/// Every ticket that was seen, and what is known of it.
pub(super) struct Ledger {
    pub(super) tickets: BTreeMap<Ticket, Entry>,
    /// What was open beside them at the start, and is not asked for.
    beside: BTreeSet<Ticket>,
    /// How many positions the last list held.
    pub(super) listed: Option<usize>,
    pub(super) gateway_cannot_close: bool,
    /// Why the gateway that was there at first can't be reached.
    pub(super) out_of_reach: Option<String>,
}

pub(super) struct Entry {
    pub(super) report: TicketReport,
    pub(super) reply: Option<ReplyHash>,
    pub(super) refused: Option<RecordedRefusal>,
    /// Whether a record says that it is closed: it is recorded once.
    recorded: bool,
}

impl Ledger {
    pub(super) fn new(plan: Plan) -> Self {
        let mut book = Self {
            tickets: BTreeMap::new(),
            beside: plan.beside,
            listed: None,
            gateway_cannot_close: false,
            out_of_reach: None,
        };
        for position in plan.positions {
            book.add(&position, false);
        }
        book
    }

    fn add(&mut self, position: &Position, appeared: bool) {
        let report = TicketReport {
            ticket: position.ticket,
            symbol: position.symbol.clone(),
            side: position.side.clone(),
            volume: position.volume.clone(),
            result: CloseOutcome::NotSent,
            code: None,
            why: "no CLOSE was sent for it".to_owned(),
            appeared,
        };
        let entry = Entry { report, reply: None, refused: None, recorded: false };
        self.tickets.entry(position.ticket).or_insert(entry);
    }

    /// Takes in what a list shows: what a CLOSE was sent for is still open, and what is asked for and new is added.
    pub(super) fn shown(&mut self, list: &[Position], options: &Options) {
        for position in list {
            match self.tickets.get_mut(&position.ticket) {
                Some(entry) if entry.report.result == CloseOutcome::NotSent => {}
                Some(entry) if entry.report.result == CloseOutcome::StillOpen => {}
                Some(entry) => {
                    entry.report.result = CloseOutcome::StillOpen;
                    entry.report.why.push_str("; the list still shows it");
                    entry.recorded = false;
                }
                None if options.wants(position) => self.add(position, true),
                None => {}
            }
        }
    }

    pub(super) fn has_open(&self) -> bool {
        self.tickets.values().any(|entry| entry.report.result != CloseOutcome::Closed)
    }

    pub(super) fn has_to_send(&self) -> bool {
        self.tickets.values().any(Entry::is_to_send)
    }

    pub(super) fn to_send(&self) -> Vec<Ticket> {
        let waiting = self.tickets.values().filter(|entry| entry.is_to_send());
        waiting.map(|entry| entry.report.ticket).collect()
    }

    /// Tickets that a list may still show, one of which is enough to believe it.
    pub(super) fn known(&self) -> BTreeSet<Ticket> {
        self.tickets.keys().chain(&self.beside).copied().collect()
    }

    pub(super) fn all_closed(&mut self, witness: &str) {
        for entry in self.tickets.values_mut() {
            if entry.report.result != CloseOutcome::Closed {
                entry.report.result = CloseOutcome::Closed;
                entry.report.why = witness.to_owned();
            }
        }
    }

    /// For a record: all but what an earlier one already calls closed.
    pub(super) fn outcomes(&mut self) -> Vec<TicketOutcome> {
        let outcome = |entry: &Entry| {
            let outcome = entry.report.result;
            let silence =
                || RecordedRefusal { code: "none".to_owned(), message: entry.report.why.clone() };
            let refusal = (outcome == CloseOutcome::StillOpen)
                .then(|| entry.refused.clone().unwrap_or_else(silence));
            let result = TicketResult { outcome, refusal };
            TicketOutcome { ticket: entry.report.ticket, result, reply: entry.reply }
        };
        let mut outcomes = vec![];
        for entry in self.tickets.values_mut().filter(|entry| !entry.recorded) {
            outcomes.push(outcome(entry));
            entry.recorded = entry.report.result == CloseOutcome::Closed;
        }
        outcomes
    }
}

impl Entry {
    /// A CLOSE is sent where none was, and again only after a list showed the ticket still open (PROTOCOL.md, section 1).
    fn is_to_send(&self) -> bool {
        matches!(self.report.result, CloseOutcome::NotSent | CloseOutcome::StillOpen)
    }
}
