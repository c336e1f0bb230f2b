//! One order: its intent and its proved outcome.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Funds, RawReply, Reading};
use crate::evidence::basis::Basis;
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::protocol::account::Account;
use crate::protocol::deals::Deal;
use crate::protocol::positions::Position;
use crate::units::{Lots, Magic, Money, Side, Symbol, Ticket};

/// An OPEN that is about to be sent, with everything that the next start needs to find its outcome. One for each run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIntent {
    /// The purpose of the order.
    pub purpose: Purpose,
    /// The order.
    pub order: Ordered,
    /// The request's `uuid`.
    pub request: Uuid,
    /// The risk signature that it carries.
    pub risk_signature: String,
    /// The signature's time, by this machine's clock.
    pub signed_at: Timestamp,
    /// How long the gateway accepts the signature, in ms.
    pub signature_ttl_ms: u64,
    /// How long after its last chance the order may still show up in a list, in ms.
    pub settle_ms: u64,
    /// Every ticket that was open before the order.
    pub tickets_before: Vec<Ticket>,
    /// The account before the order.
    pub account_before: Funds,
    /// The positions before the order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions_before: Vec<Position>,
    /// The gateway's journal before the order; `None` where it keeps none (protocol 4.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalMark>,
}

/// A gateway's journal at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalMark {
    /// Its id, which a new journal changes.
    pub journal: String,
    /// Its number of rows so far.
    pub seq: i64,
}

impl OpenIntent {
    /// The account before the order; `None` in a record that does not hold its positions, as older ones don't.
    pub fn account_with_positions(&self) -> Option<Account> {
        let holds_all = self.positions_before.len() == self.tickets_before.len();
        holds_all.then(|| self.account_before.to_account())
    }
}

/// The purpose of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To show that the system can trade.
    Canary,
}

/// An order at market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ordered {
    /// The instrument.
    pub symbol: Symbol,
    /// The side.
    pub side: Side,
    /// The volume in lots.
    pub volume: Lots,
    /// The magic number; the gateway drops it (hazard 10).
    pub magic: Magic,
    /// The comment; the gateway drops it (hazard 10).
    pub comment: String,
}

/// The outcome of an OPEN, and its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOutcomeRecord {
    /// The run that wrote the intent.
    pub intent: Uuid,
    /// The outcome.
    pub result: OpenOutcome,
    /// The answer, where one came.
    pub reply: Option<RawReply>,
    /// The lists that were read for it.
    pub readings: Vec<Reading>,
    /// The basis of the outcome.
    #[serde(default, skip_serializing_if = "Basis::is_empty")]
    pub basis: Basis,
}

/// A CLOSE that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseIntent {
    /// The position.
    pub ticket: Ticket,
    /// The instrument.
    pub symbol: Symbol,
    /// The volume in lots.
    pub volume: Lots,
}

/// The outcome of a CLOSE, or of a position that was found closed later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseOutcomeRecord {
    /// The position.
    pub ticket: Ticket,
    /// The outcome.
    pub result: CloseOutcome,
    /// The proof, or the missing part of it.
    pub why: String,
    /// The answer, where one came.
    pub reply: Option<RawReply>,
    /// The lists that were read for it.
    pub readings: Vec<Reading>,
    /// The account's balance after it, where it was read.
    pub balance_after: Option<Money>,
    /// The basis of the outcome.
    #[serde(default, skip_serializing_if = "Basis::is_empty")]
    pub basis: Basis,
}

/// The end of a canary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryEnd {
    /// The result.
    pub result: CanaryResult,
    /// The position, where it had one.
    pub ticket: Option<Ticket>,
    /// The balance before the order.
    pub balance_before: Money,
    /// The balance at the end, where it was read.
    pub balance_after: Option<Money>,
    /// The cost of the closed position: less the sum of its deals, or balance before less balance after where the gateway
    /// lists no deals.
    pub cost: Option<Money>,
    /// The deals of the position, where the gateway lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deals: Vec<Deal>,
}

/// The result of a canary, by its OPEN and its CLOSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CanaryResult {
    /// Opened and closed, both proved.
    Closed,
    /// Opened, proved, and left open on request.
    KeptOpen,
    /// Opened; its close is not proved.
    NotClosed,
    /// Proved that nothing executed.
    NotExecuted,
    /// The order's outcome is not proved.
    Unknown,
}
