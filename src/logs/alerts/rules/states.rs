//! What stands in no log: how the engine's unit is, and what it or a run of ours uses. A state is an alert from the look
//! that found it to the look that didn't.

use jiff::Timestamp;

use super::{Rule, Rules};
use crate::logs::alerts::engine::Engine;
use crate::os::resources::Usage;

impl Rules {
    /// Takes what systemd says of the engine's unit now.
    pub fn see_engine(&mut self, engine: &Engine, now: Timestamp) {
        let wrong = engine.crashed().then(|| engine.to_string());
        let reworded = self.see_state(Rule::EngineCrashed, &engine.unit, wrong, now);
        // Started again once more is news; that memory grew by another page isn't.
        self.changed.extend(reworded);
    }

    /// Takes what the engine's unit, or each run of ours, holds and uses now. What isn't among them is gone.
    pub fn see_usage(&mut self, all: &[Usage], now: Timestamp) {
        let limits = self.thresholds;
        for usage in all {
            let of = &usage.of;
            if let Some(bytes) = usage.memory_bytes {
                let message = format!(
                    "{of} holds {:.1} MB, more than {:.0} MB",
                    bytes as f64 / 1e6,
                    limits.memory_bytes as f64 / 1e6
                );
                let message = (bytes > limits.memory_bytes).then_some(message);
                self.see_state(Rule::MemoryHigh, of, message, now);
            }
            if let Some(percent) = usage.cpu_percent {
                let limit = limits.cpu_percent;
                let message =
                    format!("{of} uses {percent:.1} % of a processor, more than {limit} %");
                let message = (percent > limit).then_some(message);
                self.see_state(Rule::CpuHigh, of, message, now);
            }
        }
        let is_gone = |(rule, of): &&(Rule, String)| {
            *rule != Rule::EngineCrashed && all.iter().all(|usage| usage.of != *of)
        };
        let gone: Vec<_> = self.states.keys().filter(is_gone).cloned().collect();
        for (rule, of) in gone {
            self.see_state(rule, &of, None, now);
        }
    }

    /// Raises, brings up to date or clears what is no event and has no line: `wrong` says what is wrong now. Answers
    /// which alert has other words than before.
    fn see_state(
        &mut self,
        rule: Rule,
        of: &str,
        wrong: Option<String>,
        now: Timestamp,
    ) -> Option<usize> {
        let key = (rule, of.to_owned());
        match (self.states.get(&key).copied(), wrong) {
            (None, None) => {}
            (None, Some(message)) => {
                self.states.insert(key, self.alerts.len());
                self.push(rule, "", message, now, now, Vec::new());
            }
            (Some(at), Some(message)) => {
                let alert = self.alerts.get_mut(at).filter(|alert| alert.message != message)?;
                alert.message = message;
                return Some(at);
            }
            (Some(at), None) => {
                self.states.remove(&key);
                self.set_cleared(at, now);
            }
        }
        None
    }

    /// The runs that began and have not ended: process, begin, and `PID-RUN`.
    pub fn running(&self) -> impl Iterator<Item = (u32, Timestamp, String)> {
        self.runs.iter().map(|(id, run)| (id.pid, run.began.time, format!("{}-{}", id.pid, id.run)))
    }
}
