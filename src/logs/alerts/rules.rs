//! What is wrong, by the operators' alert rules: events in, alerts out. Pure; who is alive is an argument.
//!
//! Rules look at one endpoint at a time: a gateway that answers never hides another that doesn't. An alert stays active
//! until the logs show the opposite; it is then kept as cleared, with the moment.

mod states;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use ecow::EcoString;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::logs::alerts::event::{Event, RunId, What};

/// How many of the lines that triggered an alert are kept: the first ones and the last.
const LINES: usize = 10;

/// From where on something is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Failed syncs in a row.
    pub failed_syncs: u64,
    /// Without an answer of the gateway.
    pub silence: Duration,
    /// From a run's begin to its successful sync.
    pub sync: Duration,
    /// From a sync's first failed attempt to its success.
    pub retry: Duration,
    /// What the engine, or a run of ours, may hold, in bytes.
    pub memory_bytes: u64,
    /// Its share of one processor, in percent.
    pub cpu_percent: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            failed_syncs: 2,
            silence: Duration::from_secs(10),
            sync: Duration::from_secs(3),
            retry: Duration::from_secs(9),
            memory_bytes: 50_000_000,
            cpu_percent: 5.0,
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Start-up syncs failed in a row.
    SyncFailing,
    /// The positions that were recovered are unlike the gateway's list.
    PositionsMismatch,
    /// The gateway doesn't answer.
    GatewaySilent,
    /// A run began, never ended, and isn't there any more.
    RunCrashed,
    /// A sync took too long.
    SyncSlow,
    /// A sync needed its attempts for too long.
    RetrySlow,
    /// The engine's unit failed, or was started again.
    EngineCrashed,
    /// The engine's unit, or a run of ours where none is named, holds too much memory.
    MemoryHigh,
    /// It keeps the processor too busy.
    CpuHigh,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Rule; 9] = [
        Self::SyncFailing,
        Self::PositionsMismatch,
        Self::GatewaySilent,
        Self::RunCrashed,
        Self::SyncSlow,
        Self::RetrySlow,
        Self::EngineCrashed,
        Self::MemoryHigh,
        Self::CpuHigh,
    ];

    /// Its name, stable for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::SyncFailing => "sync-failing",
            Self::PositionsMismatch => "positions-mismatch",
            Self::GatewaySilent => "gateway-silent",
            Self::RunCrashed => "run-crashed",
            Self::SyncSlow => "sync-slow",
            Self::RetrySlow => "retry-slow",
            Self::EngineCrashed => "engine-crashed",
            Self::MemoryHigh => "memory-high",
            Self::CpuHigh => "cpu-high",
        }
    }
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Alert {
    /// By which rule.
    pub rule: Rule,
    /// Whose gateway, where the log says so.
    pub endpoint: Option<String>,
    /// What is wrong, with the figures.
    pub message: String,
    /// When the first of its lines was written.
    pub since: Timestamp,
    /// When the line was written that raised it.
    pub raised_at: Timestamp,
    /// When the log showed that it is over; null while it is active.
    pub cleared_at: Option<Timestamp>,
    /// The lines that triggered it; of many, the first and the last.
    pub lines: Vec<String>,
}

impl Alert {
    /// Whether it isn't over.
    pub fn is_active(&self) -> bool {
        self.cleared_at.is_none()
    }
}

/// What has been seen, and what is wrong by it.
#[derive(Debug, Default)]
pub struct Rules {
    thresholds: Thresholds,
    alerts: Vec<Alert>,
    gateways: HashMap<EcoString, Gateway>,
    /// Runs that have not ended.
    runs: BTreeMap<RunId, Run>,
    /// What is not as it should be of the engine or a run, by rule and name: the alert that is active.
    states: BTreeMap<(Rule, String), usize>,
    /// What was raised or cleared since somebody asked.
    changed: BTreeSet<usize>,
}

#[derive(Debug)]
struct Run {
    began: Event,
    command: EcoString,
    endpoint: EcoString,
    /// Its first attempt that failed since the last answer.
    failing_since: Option<Timestamp>,
    answered: bool,
}

#[derive(Debug, Default)]
struct Gateway {
    failed_syncs: Vec<Event>,
    failed_count: u64,
    silent: Vec<Event>,
    silent_since: Option<Timestamp>,
    /// Of each rule, the alert that is active.
    active: BTreeMap<Rule, usize>,
}

impl Rules {
    /// Nothing seen yet.
    pub fn new(thresholds: Thresholds) -> Self {
        Self { thresholds, ..Self::default() }
    }

    /// All alerts so far, in the order in which they were raised.
    pub fn alerts(&self) -> &[Alert] {
        &self.alerts
    }

    /// The alerts that were raised or cleared since this was last asked.
    pub fn take_changes(&mut self) -> Vec<Alert> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|at| self.alerts.get(at).cloned()).collect()
    }

    /// Takes the next event.
    pub fn see(&mut self, event: &Event) {
        match &event.what {
            What::Began { command, endpoint } => self.began(event, command, endpoint),
            What::Ended => {
                self.runs.remove(&event.run);
            }
            What::Synchronized { .. } => {
                self.synchronized(event);
                self.answered(event);
            }
            What::SyncFailed { mismatch } => self.sync_failed(event, *mismatch),
            What::ConnectionFailed => self.connection_failed(event),
            What::Answered { .. } => self.answered(event),
            What::OrderFilled { .. } | What::Ticket(_) | What::Error => {}
        }
    }

    /// Looks for runs that have neither ended nor are alive.
    pub fn look_for_crashes(&mut self, is_alive: &dyn Fn(u32, Timestamp) -> bool) {
        let dead: Vec<RunId> = self
            .runs
            .iter()
            .filter(|(id, run)| !is_alive(id.pid, run.began.time))
            .map(|(id, _)| id.clone())
            .collect();
        for id in dead {
            let Some(run) = self.runs.remove(&id) else { continue };
            let message = format!(
                "run {}-{} ({}) began and never ended, and its process is gone",
                id.pid, id.run, run.command
            );
            let (time, lines) = (run.began.time, texts(&[run.began]));
            self.push(Rule::RunCrashed, &run.endpoint, message, time, time, lines);
        }
    }

    fn endpoint(&self, event: &Event) -> EcoString {
        self.runs.get(&event.run).map(|run| run.endpoint.clone()).unwrap_or_default()
    }

    fn began(&mut self, event: &Event, command: &EcoString, endpoint: &EcoString) {
        let run = Run {
            began: event.clone(),
            command: command.clone(),
            endpoint: endpoint.clone(),
            failing_since: None,
            answered: false,
        };
        self.runs.insert(event.run.clone(), run);
    }

    fn synchronized(&mut self, event: &Event) {
        let endpoint = self.endpoint(event);
        let gateway = self.gateways.entry(endpoint.clone()).or_default();
        (gateway.failed_count, gateway.failed_syncs) = (0, Vec::new());
        self.clear(&endpoint, Rule::SyncFailing, event.time);
        self.clear(&endpoint, Rule::PositionsMismatch, event.time);
        let Some(run) = self.runs.get(&event.run).filter(|run| run.command == "sync") else {
            return;
        };
        let took = between(run.began.time, event.time);
        let retried = run.failing_since.map(|since| (since, between(since, event.time)));
        let lines = [run.began.clone(), event.clone()];
        let limits = self.thresholds;
        if took > limits.sync {
            let message = format!("a sync took {took:?}, more than {:?}", limits.sync);
            self.raise(&endpoint, Rule::SyncSlow, message, lines[0].time, event, &lines);
        } else {
            self.clear(&endpoint, Rule::SyncSlow, event.time);
        }
        match retried {
            Some((since, took)) if took > limits.retry => {
                let message =
                    format!("a sync needed {took:?} of attempts, more than {:?}", limits.retry);
                self.raise(&endpoint, Rule::RetrySlow, message, since, event, &lines);
            }
            _ => self.clear(&endpoint, Rule::RetrySlow, event.time),
        }
    }

    fn sync_failed(&mut self, event: &Event, mismatch: bool) {
        let endpoint = self.endpoint(event);
        let gateway = self.gateways.entry(endpoint.clone()).or_default();
        gateway.failed_count += 1;
        keep(&mut gateway.failed_syncs, event);
        let (count, lines) = (gateway.failed_count, gateway.failed_syncs.clone());
        if count >= self.thresholds.failed_syncs {
            let message = format!("{count} start-up syncs in a row failed");
            self.raise(&endpoint, Rule::SyncFailing, message, lines[0].time, event, &lines);
        }
        if mismatch {
            let message = "the positions that were recovered are unlike the gateway's list";
            let lines = std::slice::from_ref(event);
            let message = message.to_owned();
            self.raise(&endpoint, Rule::PositionsMismatch, message, event.time, event, lines);
        }
    }

    fn connection_failed(&mut self, event: &Event) {
        let endpoint = self.endpoint(event);
        let mut since = event.time;
        if let Some(run) = self.runs.get_mut(&event.run) {
            // What failed first in a run began with it: the attempt's own time-out is silence too.
            if !run.answered && run.failing_since.is_none() {
                since = run.began.time;
            }
            run.failing_since.get_or_insert(event.time);
        }
        let gateway = self.gateways.entry(endpoint.clone()).or_default();
        let since = *gateway.silent_since.get_or_insert(since);
        keep(&mut gateway.silent, event);
        let lines = gateway.silent.clone();
        let silence = between(since, event.time);
        if silence >= self.thresholds.silence {
            let message = format!("no answer of the gateway for {silence:?}");
            self.raise(&endpoint, Rule::GatewaySilent, message, since, event, &lines);
        }
    }

    fn answered(&mut self, event: &Event) {
        if let Some(run) = self.runs.get_mut(&event.run) {
            (run.answered, run.failing_since) = (true, None);
        }
        let endpoint = self.endpoint(event);
        let gateway = self.gateways.entry(endpoint.clone()).or_default();
        (gateway.silent_since, gateway.silent) = (None, Vec::new());
        self.clear(&endpoint, Rule::GatewaySilent, event.time);
    }

    /// Raises an alert, or brings the one that is active up to date.
    fn raise(
        &mut self,
        endpoint: &EcoString,
        rule: Rule,
        message: String,
        since: Timestamp,
        event: &Event,
        lines: &[Event],
    ) {
        let gateway = self.gateways.entry(endpoint.clone()).or_default();
        if let Some(alert) = gateway.active.get(&rule).and_then(|&at| self.alerts.get_mut(at)) {
            alert.message = message;
            alert.lines = texts(lines);
            return;
        }
        gateway.active.insert(rule, self.alerts.len());
        self.push(rule, endpoint, message, since, event.time, texts(lines));
    }

    fn push(
        &mut self,
        rule: Rule,
        endpoint: &str,
        message: String,
        since: Timestamp,
        raised_at: Timestamp,
        lines: Vec<String>,
    ) {
        let endpoint = (!endpoint.is_empty()).then(|| endpoint.to_owned());
        self.changed.insert(self.alerts.len());
        self.alerts.push(Alert {
            rule,
            endpoint,
            message,
            since,
            raised_at,
            cleared_at: None,
            lines,
        });
    }

    fn clear(&mut self, endpoint: &EcoString, rule: Rule, at: Timestamp) {
        let active = self.gateways.get_mut(endpoint).and_then(|one| one.active.remove(&rule));
        if let Some(index) = active {
            self.set_cleared(index, at);
        }
    }

    fn set_cleared(&mut self, index: usize, at: Timestamp) {
        if let Some(alert) = self.alerts.get_mut(index) {
            alert.cleared_at = Some(at);
            self.changed.insert(index);
        }
    }
}

/// Keeps the first lines and the last one.
fn keep(lines: &mut Vec<Event>, event: &Event) {
    lines.truncate(LINES - 1);
    lines.push(event.clone());
}

fn texts(lines: &[Event]) -> Vec<String> {
    lines.iter().map(|event| event.line.to_string()).collect()
}

/// Zero where the clock was set back in between.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
