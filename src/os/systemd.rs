//! Queries systemd about a unit, and stops one, through `systemctl`.
//!
//! A machine without systemd, a unit that isn't installed and a service manager that hangs are three different errors.
//! A figure that systemd doesn't count (accounting is off, the unit is stopped) is absent, never zero.

use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::clock::{Deadline, StopToken, SystemClock};
use crate::os::with_deadline::{Unfinished, with_deadline};

/// The properties queried. systemd prints one `Name=value` per line, in its own order.
const PROPERTIES: &str =
    "LoadState,ActiveState,Result,NRestarts,MemoryCurrent,CPUUsageNSec,PrivateTmp,User";
/// systemd's value for a figure that it doesn't know (it also prints words such as `[not set]`): the largest 64-bit
/// number.
const UNKNOWN: u64 = u64::MAX;

/// A unit as systemd reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The name that was queried.
    pub name: String,
    /// `active`, `inactive`, `failed`, `activating`, …
    pub active_state: String,
    /// The result of its last run: `success`, `exit-code`, `signal`, `oom-kill`, …
    pub result: String,
    /// Restarts by systemd since the unit was loaded or its counter was reset; only services have this count.
    pub restarts: Option<u64>,
    /// Memory of all its processes in bytes, page cache included.
    pub memory_bytes: Option<u64>,
    /// CPU time of all its processes since it was started, in ns.
    pub cpu_ns: Option<u64>,
    /// Whether it has a `/tmp` of its own and can't see files in ours.
    pub private_tmp: Option<bool>,
    /// The user it runs as, by name or number; empty for root.
    pub user: Option<String>,
}

/// Whether systemd is shutting the machine down. Without an answer it is not.
pub fn is_shutting_down(wait: Duration) -> bool {
    let state = run(&["show", "--property", "SystemState"], Stdio::null(), wait);
    state.is_ok_and(|output| output.trim_ascii() == b"SystemState=stopping")
}

/// Why a unit could not be queried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `systemctl` is not installed.
    #[error("this machine has no systemctl")]
    Absent,
    /// `systemctl` could not be run.
    #[error("failed to run systemctl")]
    Run(#[source] io::Error),
    /// No answer within this time.
    #[error("no answer from systemctl within {0:?}")]
    TimedOut(Duration),
    /// `systemctl` failed, for example because systemd is not running; holds its error output.
    #[error("systemctl failed: {0}")]
    Failed(String),
    /// The unit doesn't exist.
    #[error("systemd knows no unit {0}")]
    NoUnit(String),
    /// The answer lacks this property.
    #[error("the answer of systemctl lacks {0}")]
    Unreadable(&'static str),
}

/// Queries a unit, and waits at most `wait` for the answer. A request to stop doesn't end the wait.
pub fn show(unit: &str, wait: Duration) -> Result<Unit, Error> {
    let output = run(&["show", "--property", PROPERTIES, "--", unit], Stdio::null(), wait)?;
    parse(unit, &String::from_utf8_lossy(&output))
}

/// Stops a unit, and waits at most `wait` for its end. After that systemd goes on stopping it. At a terminal, `systemctl` may
/// ask for a password.
pub fn stop(unit: &str, wait: Duration) -> Result<(), Error> {
    run(&["stop", "--", unit], Stdio::inherit(), wait).map(drop)
}

/// Runs `systemctl`, and returns its output.
fn run(arguments: &[&str], stdin: Stdio, wait: Duration) -> Result<Vec<u8>, Error> {
    let child = Command::new("systemctl")
        .args(arguments)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Absent,
            _ => Error::Run(error),
        })?;
    let id = i32::try_from(child.id()).ok();
    let (clock, stop) = (SystemClock::new(StopToken::never()), StopToken::never());
    let deadline = Deadline::after(&clock, wait);
    let output = with_deadline(&clock, &stop, deadline, move || child.wait_with_output());
    let output = match output {
        Ok(output) => output.map_err(Error::Run)?,
        Err(Unfinished::Failed(words)) => return Err(Error::Run(io::Error::other(words))),
        Err(Unfinished::TimedOut | Unfinished::Stopped(_)) => {
            // The child has not been waited for, so the id is still its own. Its end ends the abandoned thread.
            if let Some(id) = id {
                let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
            }
            return Err(Error::TimedOut(wait));
        }
    };
    if !output.status.success() {
        return Err(Error::Failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(output.stdout)
}

fn parse(unit: &str, output: &str) -> Result<Unit, Error> {
    let property = |name: &str| {
        let mut pairs = output.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let word = |name| property(name).map(str::to_owned).ok_or(Error::Unreadable(name));
    let figure = |name| property(name)?.parse().ok().filter(|&figure: &u64| figure != UNKNOWN);
    if word("LoadState")? == "not-found" {
        return Err(Error::NoUnit(unit.to_owned()));
    }
    Ok(Unit {
        name: unit.to_owned(),
        active_state: word("ActiveState")?,
        // Only services and a few other kinds of units have one.
        result: property("Result").unwrap_or("success").to_owned(),
        restarts: figure("NRestarts"),
        memory_bytes: figure("MemoryCurrent"),
        cpu_ns: figure("CPUUsageNSec"),
        private_tmp: property("PrivateTmp").and_then(|value| match value {
            "no" => Some(false),
            // `disconnected` is a `/tmp` of its own, too.
            "yes" | "connected" | "disconnected" => Some(true),
            _ => None,
        }),
        user: property("User").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNING: &str = "Result=success\nNRestarts=2\nMemoryCurrent=12582912\nCPUUsageNSec=1500000000\n\
                           LoadState=loaded\nActiveState=active\nPrivateTmp=yes\n";

    #[test]
    fn reads_what_systemd_says() {
        let unit = parse("engine.service", RUNNING).unwrap();
        assert_eq!((unit.active_state.as_str(), unit.result.as_str()), ("active", "success"));
        assert_eq!((unit.restarts, unit.memory_bytes), (Some(2), Some(12 << 20)));
        assert_eq!((unit.cpu_ns, unit.private_tmp), (Some(1_500_000_000), Some(true)));
    }

    #[test]
    fn uncounted_figures_are_absent_and_not_zero() {
        let stopped = RUNNING
            .replace("MemoryCurrent=12582912", "MemoryCurrent=[not set]")
            .replace("CPUUsageNSec=1500000000", "CPUUsageNSec=18446744073709551615")
            .replace("NRestarts=2\n", "")
            .replace("PrivateTmp=yes\n", "");
        let unit = parse("engine.service", &stopped).unwrap();
        assert_eq!((unit.memory_bytes, unit.cpu_ns), (None, None));
        assert_eq!((unit.restarts, unit.private_tmp), (None, None));
    }

    #[test]
    fn a_missing_unit_and_an_answer_without_a_state_are_errors() {
        let missing = RUNNING.replace("LoadState=loaded", "LoadState=not-found");
        assert!(matches!(parse("x.service", &missing), Err(Error::NoUnit(_))));
        let stateless = RUNNING.replace("ActiveState=active\n", "");
        assert!(matches!(parse("x.service", &stateless), Err(Error::Unreadable("ActiveState"))));
    }
}
