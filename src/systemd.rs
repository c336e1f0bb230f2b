//! What systemd says of a unit.
//!
//! Asked by `systemctl show`, which changes nothing and needs no rights. systemd may hang, so the wait is bounded. That
//! there is no systemctl, or nothing behind it, is told apart from a unit that isn't known.

use std::io::{self, ErrorKind};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bounded::{Unfinished, bounded};
use crate::clock::{Clock, Deadline, Stop};

/// How long systemd may take; it answers within some ms.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Nothing is known of a unit.
#[derive(Debug, thiserror::Error)]
pub enum SystemdError {
    /// This system has none.
    #[error("there is no systemctl here")]
    Absent,
    /// systemctl could not be run.
    #[error("failed to run systemctl")]
    Run(#[source] io::Error),
    /// No answer in time, or stopped meanwhile; holds which.
    #[error("systemctl gave no answer: {0}")]
    NoAnswer(String),
    /// It failed; holds its words.
    #[error("systemctl failed: {0}")]
    Failed(String),
    /// No such unit.
    #[error("systemd knows no unit {0}")]
    NoUnit(String),
    /// What it says can't be read.
    #[error("systemctl said nothing of {0}")]
    Unreadable(&'static str),
}

/// Some of a unit's properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Properties(String);

/// Asks for properties of a unit. Fails where systemd knows no such unit.
pub fn show(
    unit: &str,
    properties: &[&'static str],
    clock: &dyn Clock,
    stop: &Stop,
    until: Deadline,
) -> Result<Properties, SystemdError> {
    let names = [&["LoadState"], properties].concat().join(",");
    let child = Command::new("systemctl")
        .args(["show", "--property", &names, "--", unit])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.map_err(|error| match error.kind() {
        ErrorKind::NotFound => SystemdError::Absent,
        _ => SystemdError::Run(error),
    })?;
    let id = child.id();
    let output = match bounded(clock, stop, until, move || child.wait_with_output()) {
        Ok(output) => output.map_err(SystemdError::Run)?,
        Err(unfinished) => {
            end(id, &unfinished);
            return Err(SystemdError::NoAnswer(unfinished.to_string()));
        }
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(SystemdError::Failed(said));
    }
    let properties = Properties(String::from_utf8_lossy(&output.stdout).into_owned());
    if properties.text("LoadState")? == "not-found" {
        return Err(SystemdError::NoUnit(unit.to_owned()));
    }
    Ok(properties)
}

/// Ends a systemctl that nobody waits for any longer. Until the thread that was left behind has heard of its end, its
/// number is nobody else's.
fn end(id: u32, unfinished: &Unfinished) {
    let Ok(id) = i32::try_from(id) else { return };
    if kill(Pid::from_raw(id), Signal::SIGKILL).is_err() {
        tracing::debug!(id, %unfinished, "a systemctl could not be ended");
    }
}

impl Properties {
    /// As systemctl prints them, one `Name=value` a line.
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A property's value as it stands there.
    pub fn text(&self, name: &'static str) -> Result<&str, SystemdError> {
        let mut pairs = self.0.lines().filter_map(|line| line.split_once('='));
        let found = pairs.find(|(key, _)| *key == name).map(|(_, value)| value);
        found.ok_or(SystemdError::Unreadable(name))
    }

    /// A property that counts; `None` where systemd has no figure (`[not set]`, or the largest number that there is).
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, SystemdError> {
        match self.text(name)? {
            "[not set]" => Ok(None),
            text => match text.parse() {
                Ok(u64::MAX) => Ok(None),
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(SystemdError::Unreadable(name)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_systemctl_prints() {
        let said = Properties::of(
            "MemoryCurrent=[not set]\nCPUUsageNSec=18446744073709551615\nNRestarts=2\nUser=\n",
        );
        assert_eq!(said.number("MemoryCurrent").unwrap(), None);
        assert_eq!(said.number("CPUUsageNSec").unwrap(), None);
        assert_eq!(said.number("NRestarts").unwrap(), Some(2));
        assert_eq!(said.text("User").unwrap(), "");
        assert!(matches!(said.text("Result"), Err(SystemdError::Unreadable("Result"))));
        assert!(matches!(said.number("User"), Err(SystemdError::Unreadable("User"))));
    }
}
