//! What systemd says of a unit, asked through `systemctl show`.
//!
//! A machine without systemd, a unit that nobody installed and a manager that hangs are three answers, and none of them
//! is "the unit is well". What systemd doesn't count (accounting is off, the unit is stopped) is absent, never zero.

use std::io;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What is asked for; systemd answers with one `Name=value` a line, in an order of its own.
const PROPERTIES: &str =
    "LoadState,ActiveState,Result,NRestarts,MemoryCurrent,CPUUsageNSec,PrivateTmp,User";
/// How systemd writes that a figure isn't known, beside words such as `[not set]`: the largest 64-bit number.
const UNKNOWN: u64 = u64::MAX;

/// A unit as systemd sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name, as it was asked for.
    pub name: String,
    /// `active`, `inactive`, `failed`, `activating`, …
    pub active_state: String,
    /// How its last run ended: `success`, `exit-code`, `signal`, `oom-kill`, …
    pub result: String,
    /// How often systemd started it again since it was loaded or reset; only services have that.
    pub restarts: Option<u64>,
    /// What all of its processes hold, in bytes, page cache included.
    pub memory_bytes: Option<u64>,
    /// The processor time that all of its processes have used since it was started, in ns.
    pub cpu_ns: Option<u64>,
    /// Whether its `/tmp` is its own, so that it can't see ours.
    pub private_tmp: Option<bool>,
    /// As whom it runs, by name or number; empty where that is root.
    pub user: Option<String>,
}

/// Nothing is known of the unit.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no systemctl.
    #[error("this machine has no systemctl")]
    Absent,
    /// systemctl could not be run.
    #[error("failed to run systemctl")]
    Run(#[source] io::Error),
    /// It said nothing in time.
    #[error("systemctl said nothing within {0:?}")]
    TimedOut(Duration),
    /// It failed, in its own words: there may be no systemd running.
    #[error("systemctl failed: {0}")]
    Failed(String),
    /// No such unit.
    #[error("systemd knows no unit {0}")]
    NoUnit(String),
    /// It didn't say that.
    #[error("systemctl said nothing of {0}")]
    Unreadable(&'static str),
}

/// Asks for a unit, and waits for the answer no longer than that.
pub fn show(unit: &str, wait: Duration) -> Result<Unit, Error> {
    let child = Command::new("systemctl")
        .args(["show", "--property", PROPERTIES, "--", unit])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Absent,
            _ => Error::Run(error),
        })?;
    let id = i32::try_from(child.id()).ok();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        // Whoever waits may have given up by now.
        let _ = sender.send(child.wait_with_output());
    });
    let Ok(output) = receiver.recv_timeout(wait) else {
        // It has not been waited for, so its id is still its own; the thread ends with it.
        if let Some(id) = id {
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
        return Err(Error::TimedOut(wait));
    };
    let output = output.map_err(Error::Run)?;
    if !output.status.success() {
        return Err(Error::Failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    parse(unit, &String::from_utf8_lossy(&output.stdout))
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
        // Units of other kinds than services may have none.
        result: property("Result").unwrap_or("success").to_owned(),
        restarts: figure("NRestarts"),
        memory_bytes: figure("MemoryCurrent"),
        cpu_ns: figure("CPUUsageNSec"),
        private_tmp: property("PrivateTmp").and_then(|value| match value {
            "no" => Some(false),
            // `disconnected` as well: a `/tmp` of its own either way.
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
    fn what_systemd_does_not_count_is_absent_and_not_zero() {
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
    fn a_unit_that_is_not_there_and_an_answer_without_a_state_are_no_unit() {
        let missing = RUNNING.replace("LoadState=loaded", "LoadState=not-found");
        assert!(matches!(parse("x.service", &missing), Err(Error::NoUnit(_))));
        let stateless = RUNNING.replace("ActiveState=active\n", "");
        assert!(matches!(parse("x.service", &stateless), Err(Error::Unreadable("ActiveState"))));
    }
}
