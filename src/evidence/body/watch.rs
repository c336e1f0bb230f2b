//! A watch over a position that was left open: that it began, and how it ended. A watch without an end was killed.

use serde::{Deserialize, Serialize};

use crate::units::Ticket;

/// A watch begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchBegin {
    /// The position.
    pub ticket: Ticket,
    /// Whether another run opened it.
    pub adopted: bool,
    /// How long it is to be watched, in ms.
    pub planned_ms: u64,
    /// From one look to the next, in ms.
    pub interval_ms: u64,
    /// Whether drift is watched.
    pub drift_watched: bool,
}

/// A watch ended. What becomes of the position then stands in its own records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchEnd {
    /// The position.
    pub ticket: Ticket,
    /// Why it ended.
    pub result: WatchResult,
    /// What spoke against the position's health at the end.
    pub reasons: Vec<String>,
    /// How long it was watched, in ms.
    pub lasted_ms: u64,
    /// How often it was looked at.
    pub looks: u64,
    /// Whether the position is left open on purpose.
    pub kept_open: bool,
}

/// Why a watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatchResult {
    /// The whole time was watched.
    TimeOver,
    /// Health was critical.
    Halted,
    /// Somebody asked to stop.
    Stopped,
    /// Left to another run.
    HandedOver,
}
