//! How the gateway puts what it says: its words for success and failure, whose reply it is, and what faults make of
//! the finished bytes.

use jiff::Timestamp;

use super::fault::Fault;
use super::incoming::refuse;
use super::plan::Met;
use super::spoil::{spoil, without};
use crate::protocol::account::Account;
use crate::protocol::close::Closed;
use crate::protocol::code::ErrorCode;
use crate::protocol::open::Filled;
use crate::protocol::ping::Pong;
use crate::protocol::positions::{Position, Positions};
use crate::protocol::reply::{Refusal, encode_refusal};
use crate::protocol::rfc3339;
use crate::protocol::sync_all::Synced;
use crate::units::Symbol;

/// Some other request's.
const FOREIGN_UUID: &str = "6f1c1f0e-0000-4000-8000-000000000000";
/// Clears the screen, sets the window's title, and forges a line.
const ESCAPES: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nState synchronized: 0 positions recovered";

/// Writes the replies to one request.
pub(super) struct Voice<'m> {
    pub(super) met: &'m Met,
    pub(super) uuid: String,
    /// By the gateway's own clock.
    pub(super) now: Timestamp,
    pub(super) simulated: bool,
}

impl Voice<'_> {
    /// The status: the gateway's usual word, unless a fault has another.
    fn status<'a>(&'a self, usual: &'a str) -> &'a str {
        let other = |fault: &'a Fault| match fault {
            Fault::Status(word) => Some(word.as_str()),
            _ => None,
        };
        self.met.find(other).unwrap_or(usual)
    }

    fn message(&self, message: &str) -> String {
        if self.met.has(&Fault::EscapeCodes) {
            return format!("{message}{ESCAPES}");
        }
        message.to_owned()
    }

    fn uuid(&self) -> &str {
        if self.met.has(&Fault::UuidForeign) { FOREIGN_UUID } else { &self.uuid }
    }

    pub(super) fn refuse(&self, refusal: &Refusal) -> Vec<u8> {
        let usual = match refusal.code {
            ErrorCode::RiskSignatureInvalid => "REJECTED",
            _ => "error",
        };
        let refusal = refuse(refusal.code.clone(), self.message(&refusal.message));
        let now = rfc3339(self.now);
        encode_refusal(self.uuid(), self.status(usual), &refusal, &now, self.simulated)
    }

    pub(super) fn pong(&self, pong: &Pong) -> Vec<u8> {
        pong.encode(self.uuid(), self.status("ok"))
    }

    pub(super) fn account(&self, mut account: Account) -> Vec<u8> {
        self.escape_currency(&mut account);
        account.reported_at = Some(self.now);
        account.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn positions(&self, mut positions: Vec<Position>) -> Vec<u8> {
        self.escape_symbol(&mut positions);
        let positions = Positions { positions, reported_at: self.now };
        positions.encode(self.uuid(), self.status("ok"), self.simulated)
    }

    pub(super) fn synced(&self, account: Account, mut positions: Vec<Position>) -> Vec<u8> {
        self.escape_symbol(&mut positions);
        Synced { account, positions }.encode(self.status("OK"), self.simulated)
    }

    pub(super) fn sync_failed(&self, message: &str) -> Vec<u8> {
        Synced::encode_failure(self.status("ERROR"), &self.message(message), self.simulated)
    }

    pub(super) fn filled(&self, filled: &Filled, symbol: &Symbol) -> Vec<u8> {
        filled.encode(self.uuid(), self.status("FILLED"), symbol, self.simulated)
    }

    pub(super) fn closed(&self, closed: &Closed) -> Vec<u8> {
        closed.encode(self.uuid(), self.status("FILLED"), self.simulated)
    }

    fn escape_currency(&self, account: &mut Account) {
        if self.met.has(&Fault::EscapeCodes) {
            account.currency = account.currency.take().map(|name| name + ESCAPES);
        }
    }

    fn escape_symbol(&self, positions: &mut [Position]) {
        if let (true, Some(first)) = (self.met.has(&Fault::EscapeCodes), positions.first_mut()) {
            first.symbol = Symbol::new(&format!("{}{ESCAPES}", first.symbol));
        }
    }

    /// The last thing that happens to a reply.
    pub(super) fn finish(&self, mut reply: Vec<u8>) -> Vec<u8> {
        if self.met.has(&Fault::UuidAbsent) {
            reply = without(reply, "uuid");
        }
        for fault in self.met.iter() {
            if let Fault::Garbage(kind) = fault {
                reply = spoil(reply, *kind);
            }
        }
        reply
    }
}
