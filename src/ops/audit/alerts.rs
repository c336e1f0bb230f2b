//! The operators' alert rules over the logs of the last 24 hours.

use std::collections::HashSet;

use super::catalogue::{Group, code};
use super::findings::Found;
use crate::logs::alerts::event::{Event, RunId, What};
use crate::logs::alerts::rules::{Alert, Rule};
use crate::ops::logs::alerts::Judged;

/// What the engine holds and uses is measured by the baseline, and whether it crashed is the unit's to tell.
const OF_LOGS: [Rule; 6] = [
    Rule::SyncFailing,
    Rule::PositionsMismatch,
    Rule::GatewaySilent,
    Rule::RunCrashed,
    Rule::SyncSlow,
    Rule::RetrySlow,
];

/// `endpoint` is the gateway whose last sync is looked for.
pub(super) fn judge(looked: &Judged, endpoint: Option<&str>) -> Vec<(&'static str, Found)> {
    let of_rule = |rule: Rule| Some((code(Group::Alerts, rule.name())?, one(looked, rule)));
    let mut found: Vec<(&'static str, Found)> = OF_LOGS.into_iter().filter_map(of_rule).collect();
    found.push(("alerts.last-sync", last_sync(looked, endpoint)));
    found
}

fn one(looked: &Judged, rule: Rule) -> Found {
    let all: Vec<&Alert> =
        looked.rules.alerts().iter().filter(|alert| alert.rule == rule).collect();
    let message = |alert: &Alert| match &alert.endpoint {
        Some(endpoint) => format!("{endpoint}: {} (since {:.0})", alert.message, alert.since),
        None => format!("{} (since {:.0})", alert.message, alert.since),
    };
    let active: Vec<String> =
        all.iter().filter(|alert| alert.is_active()).map(|alert| message(alert)).collect();
    if !active.is_empty() {
        return Found::fail(super::config::list(active));
    }
    // What could not be read may hold anything.
    if let Some(doubt) = looked.doubts.first() {
        return Found::not_reached(doubt.clone());
    }
    match all.last() {
        Some(last) => Found::warn(format!("over, but it was: {}", message(last))),
        None => Found::pass(format!("no alert in {} events", looked.events.len())),
    }
}

fn last_sync(looked: &Judged, endpoint: Option<&str>) -> Found {
    // A run whose beginning isn't in the logs may be any gateway's.
    let others: HashSet<&RunId> = looked
        .events
        .iter()
        .filter(|event| match &event.what {
            What::Began { endpoint: theirs, .. } => endpoint.is_some_and(|ours| theirs != ours),
            _ => false,
        })
        .map(|event| &event.run)
        .collect();
    let of_sync = |event: &&Event| {
        matches!(event.what, What::Synchronized { .. } | What::SyncFailed { .. })
            && !others.contains(&event.run)
    };
    match looked.events.iter().rev().find(of_sync) {
        Some(event) if matches!(event.what, What::SyncFailed { .. }) => {
            Found::fail(event.line.to_string())
        }
        Some(event) => Found::pass(event.line.to_string()),
        None => match looked.doubts.first() {
            Some(doubt) => Found::not_reached(doubt.clone()),
            None => Found::not_applicable("no sync ran within 24 h"),
        },
    }
}
