//! The simulated broker's book, and the claims of reports that it refutes.

use std::path::Path;

use serde_json::Value;

use crate::protocol::positions::Position;
use crate::sim::{Execution, ExecutionKind, JournalError, read_book};
use crate::units::Ticket;

/// The broker's own record of an account.
pub struct BrokerBook {
    /// Everything that executed, in order.
    pub ledger: Vec<Execution>,
    /// The open positions.
    pub open: Vec<Position>,
}

impl BrokerBook {
    /// Reads the book that a simulated gateway keeps in that file.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let (ledger, open) = read_book(path)?;
        Ok(Self { ledger, open })
    }

    /// The executions of that kind, in order.
    pub fn executed(&self, kind: ExecutionKind) -> impl Iterator<Item = &Execution> {
        self.ledger.iter().filter(move |entry| entry.kind == kind)
    }

    /// Whether that ticket was closed, by anyone.
    pub fn is_closed(&self, ticket: Ticket) -> bool {
        self.ledger.iter().any(|entry| entry.kind.closes() && entry.ticket == ticket)
    }

    /// A claim of that JSON document or exit code that the book refutes; `None` without one. Judges `sync`, `canary` (no dry
    /// run) and `emergency-close`; refutes the document of any other command.
    pub fn refute(&self, document: &Value, exit_code: Option<i32>) -> Option<String> {
        let report = &document["report"];
        match document["schema"].as_str() {
            Some("mt5crs.sync/1") => self.refute_sync(report),
            Some("mt5crs.canary/1") => self.refute_canary(report, exit_code),
            Some("mt5crs.emergency-close/1") => self.refute_emergency_close(report, exit_code),
            _ => Some("it is no report on positions or orders".to_owned()),
        }
    }

    fn refute_sync(&self, report: &Value) -> Option<String> {
        let recovered = report["recovered"].as_u64()?;
        let count = self.open.len() as u64;
        (recovered != count)
            .then(|| format!("{recovered} positions recovered; the book holds {count}"))
    }

    fn refute_canary(&self, report: &Value, exit_code: Option<i32>) -> Option<String> {
        let opened: Vec<i64> =
            self.executed(ExecutionKind::Open).map(|entry| entry.ticket.0).collect();
        let ticket = report["order"]["position"]["ticket"].as_i64();
        match report["order"]["result"].as_str() {
            Some("executed") if !ticket.is_some_and(|ticket| opened.contains(&ticket)) => {
                return Some(format!("the order executed as {ticket:?}; the ledger: {opened:?}"));
            }
            Some("not_executed") | None if !opened.is_empty() => {
                return Some(format!("no order executed; the ledger: {opened:?}"));
            }
            _ => {}
        }
        if matches!(exit_code, Some(3 | 5 | 7)) && !opened.is_empty() {
            return Some(format!("exit code {exit_code:?}, and the ledger holds {opened:?}"));
        }
        let close = &report["close"]["result"];
        let claims_closed = close == "closed" || (exit_code == Some(0) && close != "kept_open");
        let closed = ticket.is_some_and(|ticket| self.is_closed(Ticket(ticket)));
        (claims_closed && !closed).then(|| format!("{ticket:?} was closed; it wasn't"))
    }

    fn refute_emergency_close(&self, report: &Value, exit_code: Option<i32>) -> Option<String> {
        for ticket in report["tickets"].as_array().into_iter().flatten() {
            let number = ticket["ticket"].as_i64().unwrap_or_default();
            if ticket["result"] == "closed" && !self.is_closed(Ticket(number)) {
                return Some(format!("{number} was closed; it wasn't"));
            }
        }
        let claims_flat = exit_code == Some(0) || report["certificate"].is_object();
        (claims_flat && !self.open.is_empty())
            .then(|| format!("flat; the book holds {}", self.open.len()))
    }
}
