//! What systemd says of the strategy engine's unit: whether it failed, and how often it was started again.

use std::fmt;
use std::process::{Command, Stdio};

use schemars::JsonSchema;
use serde::Serialize;

/// What is asked for; systemd answers with one `Name=value` a line.
const PROPERTIES: &str = "LoadState,ActiveState,Result,NRestarts";

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

/// Nothing is known of the unit.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// systemctl could not be run.
    #[error("failed to run systemctl")]
    Run(#[from] std::io::Error),
    /// It failed.
    #[error("systemctl failed: {0}")]
    Failed(String),
    /// No such unit.
    #[error("systemd knows no unit {0}")]
    NoUnit(String),
    /// What it says can't be read.
    #[error("systemctl said nothing of {0}")]
    Unreadable(&'static str),
}

/// Asks systemd.
pub fn look(unit: &str) -> Result<Engine, EngineError> {
    let output = Command::new("systemctl")
        .args(["show", "--property", PROPERTIES, "--", unit])
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(EngineError::Failed(said));
    }
    parse(unit, &String::from_utf8_lossy(&output.stdout))
}

fn parse(unit: &str, output: &str) -> Result<Engine, EngineError> {
    let property = |name: &'static str| {
        let mut pairs = output.lines().filter_map(|line| line.split_once('='));
        let found = pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
        found.ok_or(EngineError::Unreadable(name))
    };
    if property("LoadState")? == "not-found" {
        return Err(EngineError::NoUnit(unit.to_owned()));
    }
    Ok(Engine {
        unit: unit.to_owned(),
        active_state: property("ActiveState")?,
        result: property("Result")?,
        restarts: property("NRestarts")?
            .parse()
            .map_err(|_| EngineError::Unreadable("NRestarts"))?,
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
    fn reads_what_systemd_says() {
        let text = |load, active, result, restarts| {
            format!(
                "Result={result}\nNRestarts={restarts}\nLoadState={load}\nActiveState={active}\n"
            )
        };
        let read = |text: &str| parse("engine.service", text);
        assert!(!read(&text("loaded", "active", "success", 0)).unwrap().crashed());
        assert!(read(&text("loaded", "active", "success", 2)).unwrap().crashed());
        assert!(read(&text("loaded", "failed", "exit-code", 0)).unwrap().crashed());
        assert!(matches!(
            read(&text("not-found", "inactive", "success", 0)),
            Err(EngineError::NoUnit(_))
        ));
        assert!(matches!(read("LoadState=loaded\n"), Err(EngineError::Unreadable("ActiveState"))));
    }
}
