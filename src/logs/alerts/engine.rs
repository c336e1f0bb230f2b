//! The strategy engine's systemd unit: whether it failed, its restarts, its memory and CPU use.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::Clock;
use crate::os::resources::Sample;
use crate::os::systemd::{self, Unit};

/// Timeout of a query: systemd answers within milliseconds, or not at all.
const WAIT: Duration = Duration::from_secs(2);

/// The unit as systemd reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Engine {
    /// The unit's name.
    pub unit: String,
    /// `active`, `inactive`, `failed`, …
    pub active_state: String,
    /// Result of its last run: `success`, `exit-code`, `signal`, `oom-kill`, …
    pub result: String,
    /// Restarts by systemd since the unit was loaded or its counter was reset; null where it is not a service.
    pub restarts: Option<u64>,
}

/// Queries systemd for the unit's state, and its memory and CPU use.
pub fn look(unit: &str, clock: &dyn Clock) -> Result<(Engine, Sample), systemd::Error> {
    let unit = systemd::show(unit, WAIT)?;
    let cpu = unit.cpu_ns.map(Duration::from_nanos);
    let sample = Sample { at: clock.monotonic(), memory_bytes: unit.memory_bytes, cpu };
    Ok((unit.into(), sample))
}

impl From<Unit> for Engine {
    fn from(unit: Unit) -> Self {
        let Unit { name, active_state, result, restarts, .. } = unit;
        Self { unit: name, active_state, result, restarts }
    }
}

impl Engine {
    /// Whether it failed or was restarted.
    pub fn crashed(&self) -> bool {
        self.result != "success" || self.active_state == "failed" || self.restarts > Some(0)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, active_state, result, restarts } = self;
        write!(f, "{unit} is {active_state}, its last result is {result}")?;
        match restarts {
            Some(restarts) => write!(f, ", and systemd restarted it {restarts} times"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_and_a_restart_are_crashes() {
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
