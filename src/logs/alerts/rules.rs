//! The operators' alert rules: events in, alerts out. Pure; whether a process is alive is an argument.
//!
//! Rules judge each endpoint by itself, so a gateway that answers never hides another that doesn't. An alert is active
//! until the logs show that it is over, and is then kept with that time.
//!
//! - `anchors`: heads of the evidence that are kept elsewhere
//! - `crashes`: runs that began and never ended; `not_flat`: emergency closes without their proof
//! - [`records`], `states`: what no log holds; [`open`]: what later events depend on

mod anchors;
mod crashes;
mod not_flat;
pub mod open;
pub mod records;
mod run;
mod states;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use ecow::EcoString;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::not_flat::NotFlat;
use self::run::Run;
use crate::logs::alerts::event::{Event, EventKind, RunId};
use crate::units::TimeSchema;

/// Maximum number of log lines that an alert quotes: the first ones and the last.
const MAX_LINES: usize = 10;

/// The limits of the rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// This many failed syncs in a row raise an alert.
    pub failed_syncs: u64,
    /// Time without an answer from the gateway.
    pub silence: Duration,
    /// Time from a run's begin to its successful sync.
    pub sync: Duration,
    /// Time from a sync's first failed attempt to its success.
    pub retry: Duration,
    /// Memory of the engine's unit, or of a run of mt5crs, in bytes.
    pub memory_bytes: u64,
    /// Share of one CPU, in percent.
    pub cpu_percent: f64,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $name:literal,)*) => {
        /// An alert rule.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub enum Rule {
            $($(#[$doc])* #[serde(rename = $name)] $rule,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: [Rule; [$($name),*].len()] = [$(Self::$rule),*];

            /// The name, stable for scripts.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }
        }
    };
}

rules! {
    /// Start-up syncs failed in a row.
    SyncFailing = "sync-failing",
    /// The recovered positions differ from the gateway's list.
    PositionsMismatch = "positions-mismatch",
    /// The gateway doesn't answer.
    GatewaySilent = "gateway-silent",
    /// A run began and never ended, and its process is gone.
    RunCrashed = "run-crashed",
    /// An emergency close ended without the proof that everything is closed.
    NotFlat = "not-flat",
    /// An order's outcome is not proved.
    OutcomeUnknown = "outcome-unknown",
    /// A canary's position is open by the records, and nobody watches it.
    PositionUnwatched = "position-unwatched",
    /// Heads of the evidence were not kept elsewhere.
    AnchorsNotKept = "anchors-not-kept",
    /// The gateway keeps a head of the evidence to which the records don't lead.
    AnchorConflict = "anchor-conflict",
    /// A sync took too long.
    SyncSlow = "sync-slow",
    /// A sync retried for too long.
    RetrySlow = "retry-slow",
    /// The engine's unit failed or was restarted.
    EngineCrashed = "engine-crashed",
    /// The engine's unit, or a run of mt5crs where none is named, uses too much memory.
    MemoryHigh = "memory-high",
    /// The engine's unit, or a run of mt5crs where none is named, uses too much CPU.
    CpuHigh = "cpu-high",
}

/// An active or past alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// The rule that raised it.
    pub rule: Rule,
    /// The gateway, where the log names it.
    pub endpoint: Option<String>,
    /// The trouble, with its figures.
    pub message: String,
    /// Time of its first line.
    #[schemars(with = "TimeSchema")]
    pub since: Timestamp,
    /// Time of the line that raised it.
    #[schemars(with = "TimeSchema")]
    pub raised_at: Timestamp,
    /// When the log showed that it was over; null while it is active.
    #[schemars(with = "Option<TimeSchema>")]
    pub cleared_at: Option<Timestamp>,
    /// The log lines that triggered it; of many, the first and the last.
    pub lines: Vec<String>,
    /// The command of the run that it is about, where it is about one.
    #[serde(default)]
    pub command: Option<String>,
    /// That run: `PID-RUN` as its lines show it, or its id in the evidence.
    #[serde(default)]
    pub run: Option<String>,
}

impl Alert {
    /// An alert that is active.
    fn new(
        rule: Rule,
        endpoint: &str,
        message: String,
        since: Timestamp,
        raised_at: Timestamp,
        lines: Vec<String>,
    ) -> Self {
        let endpoint = (!endpoint.is_empty()).then(|| endpoint.to_owned());
        let (cleared_at, command, run) = (None, None, None);
        Self { rule, endpoint, message, since, raised_at, cleared_at, lines, command, run }
    }

    /// Whether the logs don't show that it is over.
    pub fn is_active(&self) -> bool {
        self.cleared_at.is_none()
    }
}

/// The events so far, and the alerts that they raised.
#[derive(Debug)]
pub struct Rules {
    thresholds: Thresholds,
    alerts: Vec<Alert>,
    gateways: HashMap<EcoString, Gateway>,
    /// Runs that have not ended.
    runs: BTreeMap<RunId, Run>,
    /// Runs that crashed, and whose alerts are active.
    crashed: BTreeMap<RunId, Run>,
    /// Number of runs that began.
    began: u64,
    /// Emergency closes without their proof, by account.
    not_flat: HashMap<EcoString, NotFlat>,
    /// Active alerts as indexes into `alerts`, by rule and by the endpoint, unit or run that they are about.
    active: BTreeMap<(Rule, EcoString), usize>,
    /// Alerts that changed since [`Rules::take_changes`], as indexes into `alerts`.
    changed: BTreeSet<usize>,
}

/// Syncs and connection attempts that failed in a row at one gateway.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Gateway {
    syncs: Failures,
    attempts: Failures,
}

/// Failures in a row.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Failures {
    count: u64,
    since: Option<Timestamp>,
    lines: Vec<String>,
}

impl Failures {
    /// Adds a failure, and returns the time since when there are failures.
    fn add(&mut self, event: &Event, since: Timestamp) -> Timestamp {
        self.count += 1;
        self.lines.truncate(MAX_LINES - 1);
        self.lines.push(event.line.to_string());
        *self.since.get_or_insert(since)
    }
}

impl Rules {
    /// Rules that have seen no event.
    pub fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            alerts: Vec::new(),
            gateways: HashMap::new(),
            runs: BTreeMap::new(),
            crashed: BTreeMap::new(),
            began: 0,
            not_flat: HashMap::new(),
            active: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }

    /// All alerts so far, in the order in which they were raised.
    pub fn alerts(&self) -> &[Alert] {
        &self.alerts
    }

    /// The alerts that were raised or cleared since the last call.
    pub fn take_changes(&mut self) -> Vec<Alert> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|at| self.alerts.get(at).cloned()).collect()
    }

    /// Applies the rules to the next event.
    pub fn see(&mut self, event: &Event) {
        self.saw_life(event);
        match &event.kind {
            EventKind::Began { command, endpoint, profile } => {
                self.began += 1;
                let run = Run::new(event, [command, endpoint, profile], self.began);
                self.runs.insert(event.run.clone(), run);
            }
            EventKind::Ended { code } => self.ended(event, *code),
            EventKind::Synchronized { .. } => {
                self.synchronized(event);
                self.answered(event);
            }
            EventKind::SyncFailed { mismatch } => self.sync_failed(event, *mismatch),
            EventKind::ConnectionFailed => self.connection_failed(event),
            EventKind::Answered { refused, .. } => {
                self.answered(event);
                self.answered_watch(event, *refused);
            }
            EventKind::Watched => self.watched(event),
            EventKind::Closing(closing) => self.closing(event, *closing),
            EventKind::Anchors(kept) => self.anchors(event, kept),
            EventKind::Acknowledged { run, by } => self.acknowledged(run, by, event.time),
            EventKind::OrderFilled { .. } | EventKind::Ticket(_) | EventKind::Error => {}
        }
    }

    fn endpoint(&self, event: &Event) -> EcoString {
        self.runs.get(&event.run).map(|run| run.endpoint.clone()).unwrap_or_default()
    }

    /// The account of an event: its profile, else its endpoint.
    fn account(&self, event: &Event) -> EcoString {
        self.runs.get(&event.run).map(|run| run.account().clone()).unwrap_or_default()
    }

    fn synchronized(&mut self, event: &Event) {
        let (endpoint, time) = (self.endpoint(event), event.time);
        self.gateways.entry(endpoint.clone()).or_default().syncs = Failures::default();
        self.clear(Rule::SyncFailing, &endpoint, time);
        self.clear(Rule::PositionsMismatch, &endpoint, time);
        let Some(run) = self.runs.get(&event.run).filter(|run| run.command == "sync") else {
            return;
        };
        let (began, limits) = (run.began.time, self.thresholds);
        let failing_since = run.failing_since.unwrap_or(time);
        let lines = vec![run.began.line.to_string(), event.line.to_string()];
        let alert =
            |rule, message, since| Alert::new(rule, &endpoint, message, since, time, lines.clone());
        let took = between(began, time);
        let slow = (took > limits.sync).then(|| {
            let message = format!("a sync took {took:?}, more than {:?}", limits.sync);
            alert(Rule::SyncSlow, message, began)
        });
        let took = between(failing_since, time);
        let retried = (took > limits.retry).then(|| {
            let message = format!("a sync retried for {took:?}, more than {:?}", limits.retry);
            alert(Rule::RetrySlow, message, failing_since)
        });
        self.raise_or_clear(Rule::SyncSlow, &endpoint, slow, time);
        self.raise_or_clear(Rule::RetrySlow, &endpoint, retried, time);
    }

    fn sync_failed(&mut self, event: &Event, mismatch: bool) {
        let (endpoint, time) = (self.endpoint(event), event.time);
        let syncs = &mut self.gateways.entry(endpoint.clone()).or_default().syncs;
        let since = syncs.add(event, time);
        if syncs.count >= self.thresholds.failed_syncs {
            let message = format!("{} start-up syncs in a row failed", syncs.count);
            let lines = syncs.lines.clone();
            let alert = Alert::new(Rule::SyncFailing, &endpoint, message, since, time, lines);
            self.raise(&endpoint, alert);
        }
        if mismatch {
            let message = "the recovered positions differ from the gateway's list".to_owned();
            let (rule, lines) = (Rule::PositionsMismatch, vec![event.line.to_string()]);
            self.raise(&endpoint, Alert::new(rule, &endpoint, message, time, time, lines));
        }
    }

    fn connection_failed(&mut self, event: &Event) {
        let (endpoint, time) = (self.endpoint(event), event.time);
        let mut since = time;
        if let Some(run) = self.runs.get_mut(&event.run) {
            // A run's first attempt began with the run: its own timeout is silence, too.
            if !run.answered && run.failing_since.is_none() {
                since = run.began.time;
            }
            run.failing_since.get_or_insert(time);
        }
        let attempts = &mut self.gateways.entry(endpoint.clone()).or_default().attempts;
        let since = attempts.add(event, since);
        let silence = between(since, time);
        if silence >= self.thresholds.silence {
            let message = format!("no answer from the gateway for {silence:?}");
            let lines = attempts.lines.clone();
            let alert = Alert::new(Rule::GatewaySilent, &endpoint, message, since, time, lines);
            self.raise(&endpoint, alert);
        }
    }

    fn answered(&mut self, event: &Event) {
        if let Some(run) = self.runs.get_mut(&event.run) {
            (run.answered, run.failing_since) = (true, None);
        }
        let endpoint = self.endpoint(event);
        self.gateways.entry(endpoint.clone()).or_default().attempts = Failures::default();
        self.clear(Rule::GatewaySilent, &endpoint, event.time);
    }

    /// Raises an alert about an endpoint, unit or run, or updates the active one. Returns the index of an active alert
    /// whose message changed.
    fn raise(&mut self, about: &str, alert: Alert) -> Option<usize> {
        match self.active.entry((alert.rule, about.into())) {
            Entry::Vacant(free) => {
                free.insert(self.alerts.len());
                self.push(alert);
                None
            }
            Entry::Occupied(at) => {
                let active = self.alerts.get_mut(*at.get())?;
                let is_reworded = active.message != alert.message;
                (active.message, active.lines) = (alert.message, alert.lines);
                is_reworded.then_some(*at.get())
            }
        }
    }

    /// Raises, updates or clears an alert. Returns the index of an active alert whose message changed.
    fn raise_or_clear(
        &mut self,
        rule: Rule,
        about: &str,
        alert: Option<Alert>,
        now: Timestamp,
    ) -> Option<usize> {
        match alert {
            Some(alert) => self.raise(about, alert),
            None => {
                self.clear(rule, about, now);
                None
            }
        }
    }

    fn active_alert(&mut self, rule: Rule, about: &str) -> Option<&mut Alert> {
        let index = *self.active.get(&(rule, about.into()))?;
        self.alerts.get_mut(index)
    }

    fn push(&mut self, alert: Alert) {
        self.changed.insert(self.alerts.len());
        self.alerts.push(alert);
    }

    fn clear(&mut self, rule: Rule, about: &str, at: Timestamp) {
        if let Some(index) = self.active.remove(&(rule, about.into()))
            && let Some(alert) = self.alerts.get_mut(index)
        {
            alert.cleared_at = Some(at);
            self.changed.insert(index);
        }
    }
}

/// Zero where the clock was set back in between.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
pub(in crate::logs::alerts) mod tests;
