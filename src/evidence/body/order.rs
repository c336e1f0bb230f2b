//! One order: what was about to be sent, and what was proved to have come of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Funds, RawReply, Reading};
use crate::protocol::positions::Position;
use crate::units::{Lots, Magic, Money, Side, Symbol, Ticket};

/// An OPEN that is about to be sent. Holds all that the next start needs to find out what became of it. One a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIntent {
    /// What the order is for.
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
    /// How long after its last chance the order may still show up, in ms.
    pub settle_ms: u64,
    /// Every ticket that was open before: the order's own is none of these.
    pub tickets_before: Vec<Ticket>,
    /// The account before.
    pub account_before: Funds,
}

/// What an order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To see whether the system can really trade.
    Canary,
}

/// An order at market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// The instrument.
    pub symbol: Symbol,
    /// The side.
    pub side: Side,
    /// The volume in lots.
    pub volume: Lots,
    /// The strategy's mark; the gateway drops it (hazard 10).
    pub magic: Magic,
    /// The remark; the gateway drops it (hazard 10).
    pub comment: String,
}

/// What became of an OPEN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOutcome {
    /// The run that wrote the intent.
    pub intent: Uuid,
    /// What became of it.
    pub result: OpenResult,
    /// The answer, where one came.
    pub reply: Option<RawReply>,
    /// The lists that were read for it.
    pub readings: Vec<Reading>,
}

/// What became of an OPEN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenResult {
    /// A later list holds the position.
    Executed {
        /// The position.
        ticket: Ticket,
        /// As it was listed.
        position: Box<Position>,
    },
    /// It opened nothing, and never will.
    NotExecuted {
        /// What shows it.
        why: String,
        /// The gateway's error code, where it refused.
        code: Option<String>,
    },
    /// Neither is proved: the intent stays open.
    Unknown {
        /// What is missing.
        why: String,
    },
}

/// A CLOSE that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseIntent {
    /// The position.
    pub ticket: Ticket,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its volume in lots.
    pub volume: Lots,
}

/// What became of a position that was to be closed, or that was found closed later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseOutcome {
    /// The position.
    pub ticket: Ticket,
    /// What became of it.
    pub result: CloseResult,
    /// What shows it.
    pub why: String,
    /// The answer, where one came.
    pub reply: Option<RawReply>,
    /// The lists that were read for it.
    pub readings: Vec<Reading>,
    /// The account's balance after it, where it was read.
    pub balance_after: Option<Money>,
}

/// What became of a CLOSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseResult {
    /// Proved gone.
    Closed,
    /// A later list still holds it.
    StillOpen,
    /// Neither is proved.
    Unknown,
}

/// How a canary ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryEnd {
    /// In one word.
    pub result: CanaryResult,
    /// Its position, where it had one.
    pub ticket: Option<Ticket>,
    /// The balance before the order.
    pub balance_before: Money,
    /// The balance after all, where it was read.
    pub balance_after: Option<Money>,
    /// What it cost: balance before less balance after, where both are known and the position is closed.
    pub cost: Option<Money>,
}

/// How a canary ended, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CanaryResult {
    /// It opened and closed, both proved.
    Closed,
    /// It opened, proved, and was left open because that was asked for.
    KeptOpen,
    /// It opened, and its close is not proved.
    NotClosed,
    /// Proved that nothing executed.
    NotExecuted,
    /// What became of the order is not proved.
    Unknown,
}
