//! The executions at the simulated broker, in order: the oracle of every test of an order.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::units::{Lots, Price, Side, Symbol, Ticket, TimeSchema};

/// One execution at the simulated broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Entry")]
pub struct Execution {
    /// Counted from 1, without gaps.
    pub sequence: u64,
    /// Time of execution by the simulator's true clock; a fault skews only the clock in its replies.
    #[schemars(with = "TimeSchema")]
    pub time: Timestamp,
    /// The kind of execution.
    pub kind: ExecutionKind,
    /// The `uuid` of the request that caused it; none without a request, or where the request had none.
    pub request_uuid: Option<Uuid>,
    /// The opened or closed position.
    pub ticket: Ticket,
    /// The order's ticket; the position's where it opened one.
    pub order: Ticket,
    /// The instrument.
    pub symbol: Symbol,
    /// The position's side.
    #[serde(rename = "type")]
    pub side: Side,
    /// The executed volume in lots.
    pub volume: Lots,
    /// The price of the execution.
    pub price: Price,
}

/// A kind of execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "Kind")]
pub enum ExecutionKind {
    /// An OPEN opened a position.
    Open,
    /// A CLOSE closed a position.
    Close,
    /// Another program took a message of ours for an order and opened a position (hazard 11).
    ForeignTrade,
    /// Somebody else opened a position at the terminal.
    OthersOpen,
    /// Somebody else closed a position at the terminal.
    OthersClose,
}

impl ExecutionKind {
    /// Whether it closed a position; the others opened one.
    pub fn closes(self) -> bool {
        matches!(self, Self::Close | Self::OthersClose)
    }
}
