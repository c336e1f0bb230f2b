//! The logs of an evaluation: syncs, alerts, and the lines that stand beside an incident.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::logs::alerts::event::{Event, EventKind, RunId};
use crate::logs::alerts::rules::Alert;
use crate::logs::search::query::BadPattern;
use crate::ops::logs::alerts::{Options, judge};

/// The account that is evaluated. Accounts may share their logs.
#[derive(Debug)]
pub(super) struct Of<'a> {
    pub(super) endpoint: Option<&'a str>,
    pub(super) profile: Option<&'a str>,
}

impl Of<'_> {
    /// Whether a run that began with these names is of this account.
    fn is_of(&self, endpoint: &str, profile: &str) -> bool {
        let is_other = self.profile.is_some_and(|own| !profile.is_empty() && own != profile);
        self.endpoint == Some(endpoint) && !is_other
    }
}

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
        of: &Of<'_>,
        until: Timestamp,
        is_alive: &dyn Fn(u32, Timestamp) -> bool,
    ) -> Result<Self, BadPattern> {
        let judged = judge(options, is_alive)?;
        let events: Vec<&Event> =
            judged.events.iter().filter(|event| event.time <= until).collect();
        // Whether a run is of this account; a run whose begin is not in the logs has no entry.
        let runs: BTreeMap<&RunId, bool> = events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Began { endpoint, profile, .. } => {
                    Some((&event.run, of.is_of(endpoint, profile)))
                }
                _ => None,
            })
            .collect();
        let is_own = |event: &&&Event| runs.get(&event.run) == Some(&true);
        // A failure of a run that may be of this account counts.
        let may_be_own = |event: &&&Event| runs.get(&event.run) != Some(&false);
        let is_success = |event: &&&Event| matches!(event.kind, EventKind::Synchronized { .. });
        let is_failure = |event: &&&Event| matches!(event.kind, EventKind::SyncFailed { .. });
        let failed = events.iter().filter(is_failure).filter(may_be_own);
        let may_be_of = |alert: &&Alert| match (alert.endpoint.as_deref(), of.endpoint) {
            (Some(endpoint), Some(own)) => endpoint == own,
            _ => true,
        };
        let alerts = judged.rules.alerts().iter().filter(may_be_of);
        let lines = events.iter().filter(may_be_own);
        Ok(Self {
            syncs: events.iter().filter(is_success).filter(is_own).count() as u64,
            failed_syncs: failed.map(|event| event.time).collect(),
            alerts: alerts.filter(|alert| alert.raised_at <= until).cloned().collect(),
            lines: lines.map(|event| (event.time, event.line.to_string())).collect(),
            doubts: judged.doubts,
            warnings: judged.warnings,
        })
    }
}
