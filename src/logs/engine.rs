//! What systemd says of the strategy engine's unit: whether it failed, and how often it was started again.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::{Clock, Deadline, Stop};
use crate::systemd::{self, PATIENCE, Properties, SystemdError};

/// What is asked for.
const PROPERTIES: [&str; 3] = ["ActiveState", "Result", "NRestarts"];

/// The unit as systemd sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Engine {
    /// Its name.
    pub unit: String,
    /// `active`, `inactive`, `failed`, …
    pub active_state: String,
    /// How its last run ended: `success`, `exit-code`, `signal`, `oom-kill`, …
    pub result: String,
    /// How often systemd started it again since it was loaded or reset.
    pub restarts: u64,
}

/// Asks systemd.
pub fn look(unit: &str, clock: &dyn Clock, stop: &Stop) -> Result<Engine, SystemdError> {
    let until = Deadline::after(clock, PATIENCE);
    read(unit, &systemd::show(unit, &PROPERTIES, clock, stop, until)?)
}

fn read(unit: &str, said: &Properties) -> Result<Engine, SystemdError> {
    Ok(Engine {
        unit: unit.to_owned(),
        active_state: said.text("ActiveState")?.to_owned(),
        result: said.text("Result")?.to_owned(),
        restarts: said.number("NRestarts")?.unwrap_or_default(),
    })
}

impl Engine {
    /// Whether it ended in a way that it should not have.
    pub fn crashed(&self) -> bool {
        self.result != "success" || self.active_state == "failed" || self.restarts > 0
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, active_state, result, restarts } = self;
        write!(f, "{unit} is {active_state}, its last result is {result}, ")?;
        write!(f, "and systemd started it again {restarts} times")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_that_failed_or_was_started_again_crashed() {
        let crashed = |active, result, restarts| {
            let text = format!("Result={result}\nNRestarts={restarts}\nActiveState={active}\n");
            read("engine.service", &Properties::of(&text)).unwrap().crashed()
        };
        assert!(!crashed("active", "success", 0));
        assert!(crashed("active", "success", 2));
        assert!(crashed("failed", "exit-code", 0));
        let nothing = read("engine.service", &Properties::of("NRestarts=0\n"));
        assert!(matches!(nothing, Err(SystemdError::Unreadable("ActiveState"))));
    }
}
