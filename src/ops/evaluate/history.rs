//! The logs of an evaluation: syncs, alerts, and the lines that stand beside an incident.

use jiff::Timestamp;

use crate::logs::alerts::event::{Event, EventKind};
use crate::logs::alerts::rules::Alert;
use crate::logs::search::query::BadPattern;
use crate::ops::logs::alerts::{Options, judge};

/// The logs' part of an evaluation.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Number of syncs that succeeded.
    pub(super) syncs: u64,
    /// Those that failed, and when.
    pub(super) failed_syncs: Vec<Timestamp>,
    pub(super) alerts: Vec<Alert>,
    /// Why the logs may be incomplete.
    pub(super) doubts: Vec<String>,
    pub(super) warnings: Vec<String>,
    /// Time and text of each event.
    pub(super) lines: Vec<(Timestamp, String)>,
}

impl History {
    /// Judges the logs up to a time. An error is a bug: the words that events hold can always be searched for.
    pub(super) fn read(
        options: &Options,
        until: Timestamp,
        is_alive: &dyn Fn(u32, Timestamp) -> bool,
    ) -> Result<Self, BadPattern> {
        let judged = judge(options, is_alive)?;
        let events: Vec<&Event> =
            judged.events.iter().filter(|event| event.time <= until).collect();
        let is_success = |event: &&&Event| matches!(event.kind, EventKind::Synchronized { .. });
        let is_failure = |event: &&&Event| matches!(event.kind, EventKind::SyncFailed { .. });
        let alerts = judged.rules.alerts().iter();
        Ok(Self {
            syncs: events.iter().filter(is_success).count() as u64,
            failed_syncs: events.iter().filter(is_failure).map(|event| event.time).collect(),
            alerts: alerts.filter(|alert| alert.raised_at <= until).cloned().collect(),
            lines: events.iter().map(|event| (event.time, event.line.to_string())).collect(),
            doubts: judged.doubts,
            warnings: judged.warnings,
        })
    }
}
