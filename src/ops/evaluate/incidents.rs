//! Incidents: everything that a person has to look at, with the lines of log and evidence beside it.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::history::History;
use super::records::{OrderOutcome, Records};
use super::watched::Watched;
use crate::evidence::outcome::WatchEnding;
use crate::figures::Watcher;
use crate::units::TimeSchema;

/// Number of incidents that are listed; the rest is counted.
const LISTED: usize = 100;
/// Number of lines beside an incident.
const LINES: usize = 6;
/// Lines within this time of an incident stand beside it.
const BESIDE: SignedDuration = SignedDuration::from_secs(90);

/// One incident.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Incident {
    /// Its begin.
    #[schemars(with = "TimeSchema")]
    pub at: Timestamp,
    /// Its end, where it lasted.
    #[schemars(with = "Option<TimeSchema>")]
    pub until: Option<Timestamp>,
    /// The kind of incident.
    pub kind: IncidentKind,
    /// The incident in words.
    pub what: String,
    /// Lines of the logs and records of the evidence beside it.
    pub lines: Vec<String>,
}

/// A kind of incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// Nobody watched an open position.
    Gap,
    /// A watch was halted.
    Halt,
    /// Health was CRITICAL.
    Critical,
    /// Health was WARNING.
    Warning,
    /// A sync failed.
    SyncFailed,
    /// An order's outcome is not proved.
    UnknownOrder,
    /// Drift.
    Drift,
    /// An alert.
    Alert,
    /// This machine's clock jumped.
    ClockJump,
}

/// Every incident, oldest first, and the number of those that are not listed.
pub(super) fn find(
    records: &Records,
    watched: &Watched,
    history: &History,
) -> (Vec<Incident>, u64) {
    let mut all = vec![];
    let mut add = |at, until, kind, what: String| {
        all.push(Incident { at, until, kind, what, lines: vec![] });
    };
    for gap in &watched.gaps {
        let of = gap.ticket.map_or("the link".to_owned(), |ticket| format!("position {ticket}"));
        let lasted = super::rules::number(gap.lasted_ms as f64 / 1e3, 1);
        add(
            gap.from,
            Some(gap.to),
            IncidentKind::Gap,
            format!("nobody watched {of} for {lasted} s"),
        );
    }
    for watch in &records.watches {
        let Some(end) = &watch.ended else { continue };
        if end.result == WatchEnding::Halted {
            let why = end.reasons.join("; ");
            let what = format!("the watch over position {} was halted: {why}", watch.ticket);
            add(end.at, None, IncidentKind::Halt, what);
        }
    }
    for unwell in &watched.unwell {
        let kind = if unwell.is_critical { IncidentKind::Critical } else { IncidentKind::Warning };
        let of = match unwell.by {
            Watcher::Canary => "the position",
            Watcher::Link => "the link",
        };
        let lost = match unwell.lost {
            0 => String::new(),
            lost => format!(" ({lost} PINGs without an answer)"),
        };
        let word = if unwell.is_critical { "CRITICAL" } else { "WARNING" };
        let what = format!("{of} was {word}{lost}: {}", unwell.why.join("; "));
        add(unwell.from, Some(unwell.to), kind, what);
    }
    for at in &history.failed_syncs {
        add(*at, None, IncidentKind::SyncFailed, "a sync failed".to_owned());
    }
    for order in records.orders.iter().filter(|it| it.outcome == OrderOutcome::Unknown) {
        let run = order.run.get(..8).unwrap_or_default();
        let what = format!("what became of the order of run {run} is not proved");
        add(order.at, None, IncidentKind::UnknownOrder, what);
    }
    for (at, psi) in &watched.drift {
        let psi = psi.map_or("-".to_owned(), |psi| super::rules::number(psi, 4));
        add(*at, None, IncidentKind::Drift, format!("drift: PSI {psi}"));
    }
    for alert in &history.alerts {
        let what = format!("alert {}: {}", alert.rule.name(), alert.message);
        add(alert.raised_at, alert.cleared_at, IncidentKind::Alert, what);
    }
    for (at, jump) in &watched.jumps {
        let what = format!("this machine's clock jumped by {jump} ms");
        add(*at, None, IncidentKind::ClockJump, what);
    }
    all.sort_by_key(|incident| (incident.at, incident.kind));
    let more = all.len().saturating_sub(LISTED) as u64;
    // Warnings are what there may be many of.
    if more > 0 {
        all.sort_by_key(|incident| (incident.kind == IncidentKind::Warning, incident.at));
        all.truncate(LISTED);
        all.sort_by_key(|incident| (incident.at, incident.kind));
    }
    for incident in &mut all {
        incident.lines = beside(incident, &records.lines, &history.lines);
    }
    (all, more)
}

/// The lines nearest to an incident's begin, in the order of their times.
fn beside(
    incident: &Incident,
    records: &[(Timestamp, String)],
    events: &[(Timestamp, String)],
) -> Vec<String> {
    let mut near: Vec<(SignedDuration, &(Timestamp, String))> = records
        .iter()
        .chain(events)
        .map(|line| (line.0.duration_since(incident.at).abs(), line))
        .filter(|(distance, _)| *distance <= BESIDE)
        .collect();
    near.sort_by_key(|(distance, line)| (*distance, line.0));
    near.truncate(LINES);
    near.sort_by_key(|(_, line)| line.0);
    near.into_iter().map(|(_, (_, text))| text.clone()).collect()
}
