//! One round of closing everything: one record before it and one after, for any number of tickets.

use serde::{Deserialize, Serialize};

use super::super::basis::Basis;
use super::{Funds, Reading, ReplyHash};
use crate::protocol::Refusal;
use crate::units::Ticket;

/// Characters of the gateway's message that are kept for each ticket: a round can hold thousands.
const MESSAGE_CHARS: usize = 200;

/// A round that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyIntent {
    /// The round, from 1.
    pub round: u32,
    /// The tickets to close.
    pub tickets: Vec<Ticket>,
}

/// The outcome of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyOutcome {
    /// The round, from 1.
    pub round: u32,
    /// The outcome of each ticket.
    pub tickets: Vec<TicketOutcome>,
    /// The lists that were read after it.
    pub readings: Vec<Reading>,
    /// The proof that the account is flat, where there is one.
    pub flat: Option<Box<FlatCertificate>>,
    /// The basis of the tickets that it calls closed, or why it calls none so.
    #[serde(default, skip_serializing_if = "Basis::is_empty")]
    pub basis: Basis,
}

impl EmergencyOutcome {
    /// The tickets whose close is proved.
    pub fn closed(&self) -> impl Iterator<Item = Ticket> {
        let closed = self.tickets.iter().filter(|ticket| ticket.result == TicketResult::Closed);
        closed.map(|ticket| ticket.ticket)
    }
}

/// The outcome of one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketOutcome {
    /// The position.
    pub ticket: Ticket,
    /// The outcome.
    pub result: TicketResult,
    /// The answer to its CLOSE, where one came.
    pub reply: Option<ReplyHash>,
}

/// The outcome of one CLOSE in a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TicketResult {
    /// Proved gone.
    Closed,
    /// A later list still holds the position; with the gateway's refusal or other answer.
    Rejected(RecordedRefusal),
    /// Neither is proved.
    Unknown,
    /// No CLOSE was sent.
    NotTried,
}

/// A refusal's code and the beginning of its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRefusal {
    /// The gateway's error code; `none` where it gave none.
    pub code: String,
    /// The beginning of its message.
    pub message: String,
}

impl RecordedRefusal {
    /// Whether the gateway refused with a code.
    pub fn has_code(&self) -> bool {
        self.code != "none"
    }
}

impl From<&Refusal> for RecordedRefusal {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code.to_string(),
            message: refusal.message.chars().take(MESSAGE_CHARS).collect(),
        }
    }
}

/// The proof that no position is open (PROTOCOL.md, section 4a). Protocol 4.3 does not show pending orders (hazard 17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlatCertificate {
    /// The proof in words, with its figures.
    pub witness: String,
    /// The two empty lists.
    pub lists: [Reading; 2],
    /// The account, read after the lists.
    pub account: Funds,
    /// Length and hash of the account's reply.
    pub account_reply: ReplyHash,
    /// The two empty lists of pending orders, each read before a list of positions; `None` where they were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<[Reading; 2]>,
    /// The premises.
    #[serde(default, skip_serializing_if = "Basis::is_empty")]
    pub basis: Basis,
}
