//! What a gateway of protocol 5 keeps over a crash beside the executions: its journal, its kill switch, its pending orders.
//! Each change is an event, on the disk before a reply leaves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::book::Tag;
use crate::protocol::outcome::OrderState;
use crate::units::Ticket;

/// A change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    /// A new journal with this name.
    Journal(String),
    /// The gateway started.
    Started(Timestamp),
    /// A new row of the journal.
    Row(Row),
    /// The result of a row.
    Result(RowResult),
    /// A new anchor.
    Anchor(AnchorRow),
    /// The kill switch is engaged, or released.
    Switch(bool),
    /// A pending order was removed.
    Removed(Ticket),
    /// The journal lost that many of its last changes.
    Restored(u32),
}

/// An order, a switch action or a tombstone in the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) uuid: String,
    /// The name of the key that signed it.
    pub(super) key: Option<String>,
    /// Identifies the content.
    pub(super) hash: String,
    pub(super) action: String,
    /// The marks of an OPEN.
    #[serde(default)]
    pub(super) tag: Tag,
    /// The pending order that a CANCEL removes.
    #[serde(default)]
    pub(super) ticket: Option<Ticket>,
    pub(super) state: OrderState,
    /// The reply, unsigned.
    pub(super) reply: Option<String>,
}

/// The result of an order that was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RowResult {
    pub(super) uuid: String,
    pub(super) key: Option<String>,
    pub(super) state: OrderState,
    pub(super) reply: Option<String>,
}

/// An anchor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AnchorRow {
    pub(super) is_signed: bool,
    pub(super) stream: String,
    pub(super) count: i64,
    pub(super) hash: String,
    pub(super) at: Timestamp,
    pub(super) is_conflict: bool,
}
