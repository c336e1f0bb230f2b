//! The operators' alert rules over the logs of the last 24 hours.

use std::collections::HashSet;

use super::catalogue::{Group, code};
use super::findings::Found;
use crate::logs::alerts::{Alert, Rule};
use crate::logs::event::{Event, RunId, What};
use crate::ops::log_alerts::Looked;
use crate::systemd::SystemdError;

/// `endpoint` is the gateway whose last sync is looked for.
pub(super) fn judge(
    looked: &Looked,
    unit_is_named: bool,
    endpoint: Option<&str>,
) -> Vec<(&'static str, Found)> {
    let of_rule = |rule: Rule| Some((code(Group::Alerts, rule.name())?, one(looked, rule)));
    let rules = Rule::ALL.into_iter().filter(|rule| *rule != Rule::EngineCrashed);
    let mut found: Vec<(&'static str, Found)> = rules.filter_map(of_rule).collect();
    found.push(("alerts.engine-crashed", engine(looked, unit_is_named)));
    found.push(("alerts.last-sync", last_sync(looked, endpoint)));
    found
}

fn one(looked: &Looked, rule: Rule) -> Found {
    let all: Vec<&Alert> = looked.report.alerts.iter().filter(|alert| alert.rule == rule).collect();
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
        None => Found::pass(format!("no alert in {} events", looked.report.events)),
    }
}

fn engine(looked: &Looked, unit_is_named: bool) -> Found {
    match (&looked.report.engine, &looked.engine_error) {
        (Some(engine), _) => Found::judge(!engine.crashed(), engine.to_string()),
        (None, Some(error @ SystemdError::Absent)) => Found::not_applicable(error.to_string()),
        (None, Some(error)) => Found::not_reached(crate::failure::cause_of(error)),
        (None, None) if unit_is_named => Found::not_reached("nothing was found out"),
        (None, None) => Found::not_applicable("no unit is looked at"),
    }
}

fn last_sync(looked: &Looked, endpoint: Option<&str>) -> Found {
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
