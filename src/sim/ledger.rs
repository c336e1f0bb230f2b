//! What really executed, in order: the oracle of every test of an order.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::units::{Lots, Price, Side, Symbol, Ticket};

/// One execution at the simulated broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Counts from 1, without gaps.
    pub sequence: u64,
    /// When it executed, by the simulator's own clock, whatever clock its replies pretend to.
    pub time: Timestamp,
    /// What it was.
    pub kind: Kind,
    /// The request that caused it; none where nobody asked, or where the request held none.
    pub request_uuid: Option<Uuid>,
    /// The position that it opened or closed.
    pub ticket: Ticket,
    /// The order's own ticket: the position's where it opened one.
    pub order: Ticket,
    /// The instrument.
    pub symbol: Symbol,
    /// The position's side.
    #[serde(rename = "type")]
    pub side: Side,
    /// The volume that executed, in lots.
    pub volume: Lots,
    /// The price at which it did.
    pub price: Price,
}

/// Kinds of executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// An OPEN that the gateway took for what it was.
    Open,
    /// A CLOSE, likewise.
    Close,
    /// A position that another program opened because it took a message of ours for an order (hazard 11).
    ForeignTrade,
    /// A position that somebody else opened, at the terminal.
    OthersOpen,
    /// A position that somebody else closed, at the terminal.
    OthersClose,
}

impl Kind {
    /// Whether it ended a position; all others began one.
    pub fn closes(self) -> bool {
        matches!(self, Self::Close | Self::OthersClose)
    }
}
