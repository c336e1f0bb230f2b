//! Rules about states of processes that no log holds: the engine's unit, and memory and CPU use. An alert lasts from the measurement
//! that shows the state to the first one that doesn't.

use jiff::Timestamp;

use super::{Alert, Rule, Rules};
use crate::logs::alerts::engine::Engine;
use crate::os::resources::Usage;

impl Rules {
    /// Applies the rule about the engine's unit.
    pub fn see_engine(&mut self, engine: &Engine, now: Timestamp) {
        let wrong = engine.crashed().then(|| engine.to_string());
        // Another restart is news; a new figure for memory isn't.
        let reworded = self.see_state(Rule::EngineCrashed, &engine.unit, wrong, now);
        self.changed.extend(reworded);
    }

    /// Applies the rules about memory and CPU to the engine's unit, or to each run of mt5crs. A unit or run without usage
    /// is gone, and so are its alerts.
    pub fn see_usage(&mut self, all: &[Usage], now: Timestamp) {
        let limits = self.thresholds;
        for Usage { of, memory_bytes, cpu_percent } in all {
            if let Some(bytes) = *memory_bytes {
                let wrong = (bytes > limits.memory_bytes).then(|| {
                    let (used, limit) = (bytes as f64 / 1e6, limits.memory_bytes as f64 / 1e6);
                    format!("{of} uses {used:.1} MB of memory, more than {limit:.0} MB")
                });
                self.see_state(Rule::MemoryHigh, of, wrong, now);
            }
            if let Some(percent) = *cpu_percent {
                let limit = limits.cpu_percent;
                let wrong = (percent > limit)
                    .then(|| format!("{of} uses {percent:.1} % of a CPU, more than {limit} %"));
                self.see_state(Rule::CpuHigh, of, wrong, now);
            }
        }
        let is_gone = |(rule, about): &&(Rule, ecow::EcoString)| {
            matches!(rule, Rule::MemoryHigh | Rule::CpuHigh)
                && all.iter().all(|usage| usage.of != *about)
        };
        let gone: Vec<_> = self.active.keys().filter(is_gone).cloned().collect();
        for (rule, about) in gone {
            self.clear(rule, &about, now);
        }
    }

    /// Applies a rule to a state; `wrong` describes the trouble now.
    fn see_state(
        &mut self,
        rule: Rule,
        about: &str,
        wrong: Option<String>,
        now: Timestamp,
    ) -> Option<usize> {
        let alert = wrong.map(|message| Alert::new(rule, "", message, now, now, Vec::new()));
        self.raise_or_clear(rule, about, alert, now)
    }

    /// The runs that have not ended: process, begin, and `PID-RUN`.
    pub fn running(&self) -> impl Iterator<Item = (u32, Timestamp, String)> {
        self.runs.iter().map(|(id, run)| (id.pid, run.began.time, format!("{}-{}", id.pid, id.run)))
    }
}
