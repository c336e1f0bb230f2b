//! A watch over an open position: its begin and its end. A watch without an end was killed.

use serde::{Deserialize, Serialize};

use crate::evidence::outcome::WatchEnding;
use crate::units::Ticket;

/// A watch begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchBegin {
    /// The position.
    pub ticket: Ticket,
    /// Whether another run opened it.
    pub adopted: bool,
    /// Planned length, in ms.
    pub planned_ms: u64,
    /// Time between two looks, in ms.
    pub interval_ms: u64,
    /// Whether drift is watched.
    pub drift_watched: bool,
}

/// A watch ended. The position's further fate is in records of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchEnd {
    /// The position.
    pub ticket: Ticket,
    /// Why the watch ended.
    pub result: WatchEnding,
    /// The reasons against the position's health at the end.
    pub reasons: Vec<String>,
    /// Actual length, in ms.
    pub lasted_ms: u64,
    /// Number of looks.
    pub looks: u64,
    /// Whether the position stays open on request.
    pub kept_open: bool,
}
