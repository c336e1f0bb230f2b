//! What systemd says of the strategy engine's unit: whether it failed, how often it was started again, what it uses.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::Clock;
use crate::os::resources::Sample;
use crate::os::systemd::{self, Unit};

/// How long systemd's answer is waited for: it comes within milliseconds, or the manager is in trouble.
const WAIT: Duration = Duration::from_secs(2);

/// The unit as systemd sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Engine {
    /// Its name.
    pub unit: String,
    /// `active`, `inactive`, `failed`, …
    pub active_state: String,
    /// How its last run ended: `success`, `exit-code`, `signal`, `oom-kill`, …
    pub result: String,
    /// How often systemd started it again since it was loaded or reset; null for what is no service.
    pub restarts: Option<u64>,
}

/// Asks systemd.
pub fn look(unit: &str, clock: &dyn Clock) -> Result<(Engine, Sample), systemd::Error> {
    let unit = systemd::show(unit, WAIT)?;
    let cpu = unit.cpu_ns.map(Duration::from_nanos);
    let sample = Sample { at: clock.monotonic(), memory_bytes: unit.memory_bytes, cpu };
    Ok((Engine::of(unit), sample))
}

impl Engine {
    /// What of a unit tells how it fares.
    pub fn of(unit: Unit) -> Self {
        let Unit { name, active_state, result, restarts, .. } = unit;
        Self { unit: name, active_state, result, restarts }
    }

    /// Whether it ended in a way that it should not have.
    pub fn crashed(&self) -> bool {
        self.result != "success" || self.active_state == "failed" || self.restarts > Some(0)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, active_state, result, restarts } = self;
        write!(f, "{unit} is {active_state}, its last result is {result}")?;
        match restarts {
            Some(restarts) => write!(f, ", and systemd started it again {restarts} times"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_end_and_a_restart_are_crashes() {
        let engine = |active_state: &str, result: &str, restarts| Engine {
            unit: "engine.service".to_owned(),
            active_state: active_state.to_owned(),
            result: result.to_owned(),
            restarts,
        };
        assert!(!engine("active", "success", Some(0)).crashed());
        assert!(!engine("active", "success", None).crashed());
        assert!(engine("active", "success", Some(2)).crashed());
        assert!(engine("failed", "exit-code", Some(0)).crashed());
    }
}
