//! Writes the gateway's replies: its words for success and failure, its `uuid`, and their changes by faults.

use jiff::Timestamp;

use super::corrupt::{corrupt, without_member};
use super::fault::Fault;
use super::fault_plan::{ActiveFaults, find_fault};
use crate::protocol::account::Account;
use crate::protocol::anchor::{Anchored, Anchors};
use crate::protocol::close::Closed;
use crate::protocol::code::ErrorCode;
use crate::protocol::deals::Deals;
use crate::protocol::open::Filled;
use crate::protocol::outcome::Outcome;
use crate::protocol::pending::{Cancelled, PendingOrders};
use crate::protocol::ping::Pong;
use crate::protocol::positions::{Position, Positions};
use crate::protocol::reply::{Refusal, encode_refusal};
use crate::protocol::rfc3339;
use crate::protocol::switch::{Engaged, Released};
use crate::protocol::symbol_info::SymbolInfo;
use crate::protocol::sync_all::Synced;
use crate::protocol::terminal::Terminal;
use crate::units::Symbol;

/// The `uuid` of another request.
const FOREIGN_UUID: &str = "6f1c1f0e-0000-4000-8000-000000000000";
/// Clears the screen, sets the window's title, and forges a line.
const ESCAPES: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nState synchronized: 0 positions recovered";

/// Writes the replies to one request.
pub(super) struct ReplyWriter<'m> {
    pub(super) faults: &'m ActiveFaults,
    pub(super) uuid: String,
    /// The time by the gateway's own clock.
    pub(super) now: Timestamp,
    pub(super) simulated: bool,
}

impl ReplyWriter<'_> {
    /// The gateway's usual status word, unless a fault replaces it.
    fn status<'a>(&'a self, usual: &'a str) -> &'a str {
        find_fault!(self.faults, Fault::Status(word) => word.as_str()).unwrap_or(usual)
    }

    fn message(&self, message: &str) -> String {
        if self.faults.has(&Fault::EscapeCodes) {
            return format!("{message}{ESCAPES}");
        }
        message.to_owned()
    }

    fn uuid(&self) -> &str {
        if self.faults.has(&Fault::UuidForeign) { FOREIGN_UUID } else { &self.uuid }
    }

    pub(super) fn refuse(&self, refusal: &Refusal) -> Vec<u8> {
        let usual = match refusal.code {
            ErrorCode::RiskSignatureInvalid => "REJECTED",
            _ => "error",
        };
        self.refuse_as(usual, refusal)
    }

    /// A refusal with this usual status.
    pub(super) fn refuse_as(&self, usual: &str, refusal: &Refusal) -> Vec<u8> {
        let refusal = Refusal::new(refusal.code.clone(), self.message(&refusal.message));
        let now = rfc3339(self.now);
        encode_refusal(self.uuid(), self.status(usual), &refusal, &now, self.simulated)
    }

    pub(super) fn ping(&self, pong: &Pong) -> Vec<u8> {
        pong.encode(self.uuid(), self.status("ok"))
    }

    pub(super) fn account(&self, mut account: Account) -> Vec<u8> {
        self.escape_currency(&mut account);
        account.reported_at = Some(self.now);
        account.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn positions(&self, mut positions: Vec<Position>) -> Vec<u8> {
        self.escape_symbol(&mut positions);
        let offset = find_fault!(self.faults, Fault::ListTimeOffset(offset) => *offset);
        let reported_at = offset.and_then(|offset| self.now.checked_add(offset).ok());
        let positions =
            Positions { positions, owner: None, reported_at: reported_at.unwrap_or(self.now) };
        positions.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn sync_all(&self, account: Account, mut positions: Vec<Position>) -> Vec<u8> {
        self.escape_symbol(&mut positions);
        Synced { account, positions }.encode(self.status("OK"), self.simulated)
    }

    pub(super) fn sync_failed(&self, message: &str) -> Vec<u8> {
        Synced::encode_failure(self.status("ERROR"), &self.message(message), self.simulated)
    }

    pub(super) fn open(&self, filled: &Filled, symbol: &Symbol) -> Vec<u8> {
        filled.encode(self.uuid(), self.status("FILLED"), symbol, self.simulated)
    }

    /// OPEN's claim with this usual status.
    pub(super) fn open_as(&self, usual: &str, filled: &Filled, symbol: &Symbol) -> Vec<u8> {
        filled.encode(self.uuid(), self.status(usual), symbol, self.simulated)
    }

    pub(super) fn cancelled(&self, cancelled: &Cancelled) -> Vec<u8> {
        cancelled.encode(self.uuid(), self.status("FILLED"), self.simulated)
    }

    pub(super) fn terminal(&self, terminal: &Terminal) -> Vec<u8> {
        terminal.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn pending_orders(&self, orders: &PendingOrders) -> Vec<u8> {
        orders.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn deals(&self, deals: &Deals) -> Vec<u8> {
        deals.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn symbol(&self, symbol: &SymbolInfo) -> Vec<u8> {
        symbol.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn outcome(&self, outcome: &Outcome) -> Vec<u8> {
        outcome.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn engaged(&self, engaged: &Engaged) -> Vec<u8> {
        engaged.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn released(&self, released: &Released) -> Vec<u8> {
        released.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn anchored(&self, anchored: &Anchored) -> Vec<u8> {
        anchored.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn anchors(&self, anchors: &Anchors) -> Vec<u8> {
        anchors.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn close(&self, closed: &Closed) -> Vec<u8> {
        closed.encode(self.uuid(), self.status("FILLED"), self.simulated)
    }

    fn escape_currency(&self, account: &mut Account) {
        if self.faults.has(&Fault::EscapeCodes) {
            account.currency = account.currency.take().map(|name| name + ESCAPES);
        }
    }

    fn escape_symbol(&self, positions: &mut [Position]) {
        if let (true, Some(first)) = (self.faults.has(&Fault::EscapeCodes), positions.first_mut()) {
            first.symbol = Symbol::new(&format!("{}{ESCAPES}", first.symbol));
        }
    }

    /// Applies the faults that corrupt a finished reply.
    pub(super) fn finish(&self, mut reply: Vec<u8>) -> Vec<u8> {
        if self.faults.has(&Fault::UuidAbsent) {
            reply = without_member(reply, "uuid");
        }
        for fault in self.faults.iter() {
            if let Fault::Garbage(kind) = fault {
                reply = corrupt(reply, *kind);
            }
        }
        reply
    }
}
