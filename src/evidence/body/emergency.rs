//! One round of closing everything: one record before it, one after, however many tickets there are.

use serde::{Deserialize, Serialize};

use super::{Funds, Reading, ReplyHash};
use crate::protocol::Refusal;
use crate::units::Ticket;

/// How much of a gateway's message is kept for each ticket, in characters: a round can hold thousands of them.
const MESSAGE_CHARS: usize = 200;

/// A round that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyIntent {
    /// The round, from 1.
    pub round: u32,
    /// The tickets that it will try to close.
    pub tickets: Vec<Ticket>,
}

/// What became of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyOutcome {
    /// The round, from 1.
    pub round: u32,
    /// Ticket by ticket.
    pub tickets: Vec<TicketOutcome>,
    /// The lists that were read after it.
    pub readings: Vec<Reading>,
    /// That the account is flat, where that is proved.
    pub flat: Option<FlatCertificate>,
}

/// What became of one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketOutcome {
    /// The position.
    pub ticket: Ticket,
    /// What became of it.
    pub result: TicketResult,
    /// The answer to its CLOSE, where one came.
    pub reply: Option<ReplyHash>,
}

/// What became of one ticket in a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TicketResult {
    /// Proved gone.
    Closed,
    /// The gateway refused, and a later list still holds it.
    Rejected(RefusedAs),
    /// Neither is proved.
    Unknown,
    /// No CLOSE was sent for it.
    NotTried,
}

/// A refusal's code and the beginning of its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedAs {
    /// The gateway's error code.
    pub code: String,
    /// Its words.
    pub message: String,
}

impl From<&Refusal> for RefusedAs {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code.to_string(),
            message: refusal.message.chars().take(MESSAGE_CHARS).collect(),
        }
    }
}

/// What shows that no position is open (PROTOCOL.md, section 4a). It speaks of positions alone (hazard 17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlatCertificate {
    /// In words, with the figures.
    pub witness: String,
    /// The two empty lists.
    pub lists: [Reading; 2],
    /// The account that was read after them.
    pub account: Funds,
    /// That answer's length and hash.
    pub account_reply: ReplyHash,
}
