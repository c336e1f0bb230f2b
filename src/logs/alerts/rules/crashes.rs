//! The rule about runs that began, never ended, and whose process is gone.
//!
//! A crash is over when a later run of the same command and account succeeds, or when a person acknowledges it. Nothing
//! in the logs shows when a process died: so a sign of life of a run takes back every success that came before it.

use jiff::Timestamp;

use super::run::Run;
use super::{Alert, Rule, Rules};
use crate::logs::alerts::event::{Event, EventKind, RunId};

/// The command that trades. One of them runs at a time, so one that acts shows that the earlier one is gone.
const CANARY: &str = "canary";
const LINK_TEST: &str = "link-test";

impl Rules {
    /// A line of a run shows that it lived until then.
    pub(super) fn saw_life(&mut self, event: &Event) {
        if let Some(run) = self.runs.get_mut(&event.run) {
            run.over_at = None;
            run.has_acted |= !matches!(event.kind, EventKind::Ended { .. });
        }
    }

    /// A run ended by itself. Every end of a canary that got past its lock is a success here: what it left open is the
    /// matter of other rules.
    pub(super) fn ended(&mut self, event: &Event, code: Option<u8>) {
        let Some(run) = self.runs.remove(&event.run) else { return };
        if code == Some(0) || run.command == CANARY && run.has_acted {
            self.succeeded(&event.run, &run, event.time);
        }
    }

    /// A watch over a position goes on for days: that it is healthy is success enough.
    pub(super) fn watched(&mut self, event: &Event) {
        self.succeeded_so_far(event, CANARY);
    }

    /// A watch of the link never ends by itself: an answer is its success.
    pub(super) fn answered_watch(&mut self, event: &Event, refused: bool) {
        if !refused {
            self.succeeded_so_far(event, LINK_TEST);
        }
    }

    fn succeeded_so_far(&mut self, event: &Event, command: &str) {
        if let Some(run) = self.runs.get(&event.run).filter(|run| run.command == command) {
            let run = run.clone();
            self.succeeded(&event.run, &run, event.time);
        }
    }

    /// Ends the crashes of earlier runs of the same command and account.
    fn succeeded(&mut self, id: &RunId, run: &Run, at: Timestamp) {
        let is_before = |(other, earlier): (&RunId, &Run)| {
            other != id
                && earlier.command == run.command
                && earlier.account() == run.account()
                && earlier.number < run.number
        };
        for (other, earlier) in &mut self.runs {
            if is_before((other, earlier)) {
                earlier.over_at.get_or_insert(at);
            }
        }
        let over = self.crashed.iter().filter(|crashed| is_before(*crashed));
        let over: Vec<RunId> = over.map(|(id, _)| id.clone()).collect();
        for id in over {
            self.crashed.remove(&id);
            self.clear(Rule::RunCrashed, &name(&id), at);
        }
    }

    /// A person has looked at a crash.
    pub(super) fn acknowledged(&mut self, run: &str, by: &str, at: Timestamp) {
        let is_it = |id: &&RunId| name(id) == run;
        if let Some(id) = self.runs.keys().find(is_it).cloned()
            && let Some(run) = self.runs.get_mut(&id)
        {
            (run.over_at, run.acknowledged) = (Some(at), Some(by.into()));
        }
        if let Some(id) = self.crashed.keys().find(is_it).cloned() {
            self.crashed.remove(&id);
            if let Some(alert) = self.active_alert(Rule::RunCrashed, run) {
                alert.message += &acknowledgement(by);
            }
            self.clear(Rule::RunCrashed, run, at);
        }
    }

    /// Raises an alert for each run that has not ended and whose process is gone.
    pub fn look_for_crashes(&mut self, is_alive: &dyn Fn(u32, Timestamp) -> bool) {
        let is_gone = |(id, run): &(&RunId, &Run)| !is_alive(id.pid, run.began.time);
        let dead: Vec<RunId> = self.runs.iter().filter(is_gone).map(|(id, _)| id.clone()).collect();
        for id in dead {
            let Some(run) = self.runs.remove(&id) else { continue };
            let about = name(&id);
            let acknowledged = run.acknowledged.as_deref().map(acknowledgement);
            let message = format!(
                "run {about} ({}) began and never ended, and its process is gone{}",
                run.command,
                acknowledged.unwrap_or_default()
            );
            let (time, lines) = (run.began.time, vec![run.began.line.to_string()]);
            let mut alert = Alert::new(Rule::RunCrashed, &run.endpoint, message, time, time, lines);
            (alert.command, alert.run) = (Some(run.command.to_string()), Some(about.clone()));
            self.raise(&about, alert);
            match run.over_at {
                Some(at) => self.clear(Rule::RunCrashed, &about, at),
                None => drop(self.crashed.insert(id, run)),
            }
        }
    }
}

/// A run as its lines show it.
fn name(id: &RunId) -> String {
    format!("{}-{}", id.pid, id.run)
}

fn acknowledgement(by: &str) -> String {
    format!("; acknowledged by {by}")
}
