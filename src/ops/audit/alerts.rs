//! Checks of the operators' alert rules over the logs of the last 24 hours.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::LocalFacts;
use super::findings::first_few;
use crate::check::Check;
use crate::config::Key;
use crate::logs::alerts::carried;
use crate::logs::alerts::event::{Event, EventKind, RunId};
use crate::logs::alerts::rules::{Alert, Rule};
use crate::logs::search::places::Places;
use crate::ops::logs::alerts::{self as log_alerts, Judged};
use crate::os::process;

/// The alert rules over the logs. The other rules' figures come from the engine's unit, and the evidence has checks of its
/// own.
const OF_LOGS: [Rule; 9] = [
    Rule::SyncFailing,
    Rule::PositionsMismatch,
    Rule::GatewaySilent,
    Rule::RunCrashed,
    Rule::NotFlat,
    Rule::AnchorConflict,
    Rule::AnchorsNotKept,
    Rule::SyncSlow,
    Rule::RetrySlow,
];

/// The commands that send orders, or watch over a position: a crash of another leaves nothing open at the gateway.
const OF_ORDERS: [&str; 2] = ["canary", "emergency-close"];

/// The window of the alert rules.
const WINDOW: Duration = Duration::from_secs(24 * 3600);

pub(super) const KEYS: &[Key] = &[
    Key::LogDir,
    Key::VerifyLog,
    Key::StateDir,
    Key::AlertFailedSyncs,
    Key::AlertSilence,
    Key::AlertSync,
    Key::AlertRetry,
    Key::EngineUnit,
];

/// Applies the alert rules to the logs.
pub(super) fn check(local: &LocalFacts) -> Vec<Check> {
    let settings = &local.options.settings;
    let since = local.now.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
    let options = log_alerts::Options {
        places: Places::configured(&settings.verify_log, &settings.log_dir, since),
        carried: Some(carried::path(&settings.state_dir, &settings.verify_log)),
        since,
        thresholds: local.options.thresholds,
        cpu_window: None,
    };
    let judged = match log_alerts::judge(&options, &process::is_alive) {
        Ok(judged) => judged,
        Err(bug) => return vec![Check::not_reached(bug.to_string())],
    };
    let mut checks: Vec<Check> =
        OF_LOGS.iter().map(|rule| one(&judged, *rule).named(rule.name())).collect();
    checks.push(last_sync(&judged, local.endpoint.as_deref()).named("last-sync"));
    checks
}

fn one(judged: &Judged, rule: Rule) -> Check {
    let all: Vec<&Alert> =
        judged.rules.alerts().iter().filter(|alert| alert.rule == rule).collect();
    let message = |alert: &Alert| match &alert.endpoint {
        Some(endpoint) => format!("{endpoint}: {} (since {:.0})", alert.message, alert.since),
        None => format!("{} (since {:.0})", alert.message, alert.since),
    };
    let active = || all.iter().filter(|alert| alert.is_active());
    let (grave, slight): (Vec<&Alert>, Vec<&Alert>) = active().partition(|alert| match rule {
        Rule::RunCrashed => is_of_orders(alert),
        // Orders go on without a keeper.
        Rule::AnchorsNotKept => false,
        _ => true,
    });
    if !grave.is_empty() {
        let found = Check::fail(first_few(grave.iter().map(|alert| message(alert))));
        return with_acknowledgement(found, &grave);
    }
    // A log that could not be read may hold an alert.
    if let Some(doubt) = judged.doubts.first() {
        return Check::not_reached(doubt.clone());
    }
    if !slight.is_empty() {
        let found = Check::warn(first_few(slight.iter().map(|alert| message(alert))));
        return with_acknowledgement(found, &slight);
    }
    match all.last() {
        Some(last) => Check::warn(format!("past alert: {}", message(last))),
        None => Check::pass(format!("no alert in {} events", judged.events.len())),
    }
}

fn is_of_orders(alert: &Alert) -> bool {
    alert.command.as_deref().is_some_and(|command| OF_ORDERS.contains(&command))
}

/// Names the commands that end the alerts about crashes.
fn with_acknowledgement(check: Check, alerts: &[&Alert]) -> Check {
    let crashed = alerts.iter().filter(|alert| alert.rule == Rule::RunCrashed);
    let runs: Vec<&str> = crashed.filter_map(|alert| alert.run.as_deref()).collect();
    match runs.first() {
        Some(run) => check.with_remedy(format!(
            "find out what ended it (mt5crs logs grep --run {run} .), then mt5crs logs ack {run}; the next good run of the command ends the alert, too"
        )),
        None => check,
    }
}

/// `endpoint` is the gateway whose last sync is checked.
fn last_sync(judged: &Judged, endpoint: Option<&str>) -> Check {
    // A run whose beginning isn't in the logs may be of any gateway.
    let others: HashSet<&RunId> = judged
        .events
        .iter()
        .filter(|event| match &event.kind {
            EventKind::Began { endpoint: theirs, .. } => {
                endpoint.is_some_and(|ours| theirs != ours)
            }
            _ => false,
        })
        .map(|event| &event.run)
        .collect();
    let of_sync = |event: &&Event| {
        matches!(event.kind, EventKind::Synchronized { .. } | EventKind::SyncFailed { .. })
            && !others.contains(&event.run)
    };
    match judged.events.iter().rev().find(of_sync) {
        Some(event) if matches!(event.kind, EventKind::SyncFailed { .. }) => {
            Check::fail(event.line.to_string())
        }
        Some(event) => Check::pass(event.line.to_string()),
        None => match judged.doubts.first() {
            Some(doubt) => Check::not_reached(doubt.clone()),
            None => Check::not_applicable("no sync ran within 24 h"),
        },
    }
}
