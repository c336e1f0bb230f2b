//! One round of closing everything: one record before it and one after, for any number of tickets.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Funds, Reading, ReplyHash};
use crate::evidence::outcome::CloseOutcome;
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
    pub flat: Option<FlatCertificate>,
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

impl TicketOutcome {
    /// Whether its close is proved.
    pub fn is_closed(&self) -> bool {
        self.result.outcome == CloseOutcome::Closed
    }
}

/// The outcome of one CLOSE in a round, in the record's form: a word, or `{"rejected":{…}}` where the position is still
/// open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketResult {
    /// The outcome.
    pub outcome: CloseOutcome,
    /// The gateway's refusal, or what else it said, where the position is still open.
    pub refusal: Option<RecordedRefusal>,
}

const NOT_TRIED: &str = "not-tried";
const REJECTED: &str = "rejected";

impl Serialize for TicketResult {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.outcome {
            CloseOutcome::StillOpen => {
                let none = RecordedRefusal { code: "none".to_owned(), message: String::new() };
                let refusal = self.refusal.as_ref().unwrap_or(&none);
                BTreeMap::from([(REJECTED, refusal)]).serialize(to)
            }
            CloseOutcome::NotSent | CloseOutcome::KeptOpen => to.serialize_str(NOT_TRIED),
            outcome @ (CloseOutcome::Closed | CloseOutcome::Unknown) => outcome.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for TicketResult {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let form = Value::deserialize(from)?;
        let read = match form.get(REJECTED) {
            Some(refusal) => RecordedRefusal::deserialize(refusal)
                .map(|refusal| Self { outcome: CloseOutcome::StillOpen, refusal: Some(refusal) }),
            None if form == NOT_TRIED => Ok(Self { outcome: CloseOutcome::NotSent, refusal: None }),
            None => CloseOutcome::deserialize(&form).map(|outcome| Self { outcome, refusal: None }),
        };
        read.map_err(D::Error::custom)
    }
}

/// A refusal's code and the beginning of its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRefusal {
    /// The gateway's error code.
    pub code: String,
    /// The beginning of its message.
    pub message: String,
}

impl From<&Refusal> for RecordedRefusal {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code.to_string(),
            message: refusal.message.chars().take(MESSAGE_CHARS).collect(),
        }
    }
}

/// The proof that no position is open (PROTOCOL.md, section 4a). Pending orders are not seen (hazard 17).
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
}
