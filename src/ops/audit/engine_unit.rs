//! Checks of the strategy engine's systemd unit: is it active, does it see the same kill switch, how much does it use?

use std::path::Path;
use std::time::Duration;

use nix::unistd::User;

use super::baseline::{judge_cpu, judge_memory};
use super::catalogue::Entry;
use super::files::may_remove;
use super::findings::Found;
use super::{Deps, Options};
use crate::check::Check;
use crate::clock::{Clock, Deadline};
use crate::failure::cause_of;
use crate::logs::alerts::engine::Engine;
use crate::os::systemd::{self, Error, Unit};

/// Timeout for systemd, which answers within a few ms.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The unit as systemd shows it, or why it doesn't.
pub(super) enum EngineUnit {
    /// There is no unit to check; holds the reason.
    None(String),
    /// systemd could not be asked; holds the reason.
    Unknown(String),
    /// systemd knows no unit of that name; holds its words.
    Missing(String),
    /// The unit when the audit began.
    Known {
        unit: Unit,
        /// Monotonic time of the look-up.
        at: Duration,
    },
}

impl EngineUnit {
    /// Whether a check needs the unit.
    pub(super) fn is_needed_for(entry: &Entry) -> bool {
        matches!(
            entry.code,
            "files.engine-unit"
                | "files.kill-switch-shared"
                | "alerts.engine-crashed"
                | "baseline.memory"
                | "baseline.cpu"
        )
    }

    /// Asks systemd for the configured unit.
    pub(super) fn look_up(options: &Options, deps: &Deps<'_>) -> Self {
        let name = match &options.settings.engine_unit {
            _ if options.sim_mode => {
                return Self::None("the engine is not checked with a simulated gateway".to_owned());
            }
            None => return Self::None("no unit is set: MT5CRS_ENGINE_UNIT".to_owned()),
            Some(name) => name,
        };
        match ask(name, &**deps.clock, deps.deadline) {
            Ok(unit) => Self::Known { unit, at: deps.clock.monotonic() },
            Err(error @ Error::Absent) => Self::None(error.to_string()),
            Err(error @ Error::NoUnit(_)) => Self::Missing(error.to_string()),
            Err(error) => Self::Unknown(cause_of(&error)),
        }
    }

    /// The unit and the monotonic time of the look-up; without a unit, the check's result.
    fn known(&self) -> Result<(&Unit, Duration), Check> {
        match self {
            Self::None(why) => Err(Check::not_applicable(why)),
            Self::Unknown(why) | Self::Missing(why) => Err(Check::not_reached(why)),
            Self::Known { unit, at } => Ok((unit, *at)),
        }
    }

    /// The unit is active.
    pub(super) fn check_active(&self) -> Found {
        if let Self::Missing(why) = self {
            let remedy = "correct MT5CRS_ENGINE_UNIT, or install the unit";
            return Err(Check::fail(why).with_remedy(remedy));
        }
        let (unit, _) = self.known()?;
        let found = format!("{} is {}", unit.name, unit.active_state);
        match unit.active_state.as_str() {
            "active" => Ok(found),
            "failed" => Err(Check::fail(found)),
            _ => Err(Check::warn(found)),
        }
    }

    /// The unit did not crash.
    pub(super) fn check_crashed(&self) -> Found {
        let engine = Engine::from(self.known()?.0.clone());
        if engine.crashed() { Err(Check::fail(engine.to_string())) } else { Ok(engine.to_string()) }
    }

    /// The unit sees the same kill switch, and its user and this one can each remove the other's file.
    pub(super) fn check_kill_switch(&self, kill_switch: &Path) -> Found {
        let (unit, _) = self.known()?;
        let (name, path) = (&unit.name, kill_switch.display());
        let (Some(private), Some(user)) = (unit.private_tmp, &unit.user) else {
            return Err(Check::not_reached("systemd does not report PrivateTmp and User"));
        };
        let in_tmp = ["/tmp", "/var/tmp"].iter().any(|tmp| kill_switch.starts_with(tmp));
        if private && in_tmp {
            return Err(Check::fail(format!("{name} has its own /tmp, and never sees {path}")));
        }
        let theirs = uid(user)
            .ok_or_else(|| Check::not_reached(format!("the unit's user `{user}` is unknown")))?;
        let directory = kill_switch.parent().and_then(|parent| std::fs::metadata(parent).ok());
        let directory = directory
            .ok_or_else(|| Check::not_reached("the kill switch's directory does not exist"))?;
        let ours = nix::unistd::geteuid().as_raw();
        if may_remove(&directory, theirs, ours) && may_remove(&directory, ours, theirs) {
            return Ok(format!("{name} sees {path}"));
        }
        Err(Check::warn(format!(
            "{name} runs as uid {theirs}, this is uid {ours}, and the kill switch's directory is sticky: one can't remove the other's file"
        ))
        .with_remedy("run both as one user, or put KILL_SWITCH_FILE into a directory of their group"))
    }

    /// The unit's memory. `alert` is in bytes.
    pub(super) fn check_memory(&self, alert: u64) -> Check {
        match self.known() {
            Ok((Unit { name, memory_bytes: Some(bytes), .. }, _)) => {
                judge_memory(name, *bytes, alert)
            }
            Ok((unit, _)) => no_accounting(&unit.name, "memory"),
            Err(unmeasured) => unmeasured,
        }
    }

    /// The unit's CPU, in per cent of one. Waits until the window that began with the audit ends.
    pub(super) fn check_cpu(&self, window: Duration, alert: f64, deps: &Deps<'_>) -> Check {
        self.measure_cpu(window, alert, deps).unwrap_or_else(|unmeasured| unmeasured)
    }

    fn measure_cpu(&self, window: Duration, alert: f64, deps: &Deps<'_>) -> Result<Check, Check> {
        let (unit, at) = self.known()?;
        let name = &unit.name;
        let first = unit.cpu_ns.ok_or_else(|| no_accounting(name, "CPU"))?;
        let clock = &**deps.clock;
        let left = window.saturating_sub(clock.monotonic().saturating_sub(at));
        if left > deps.deadline.left(clock) {
            return Err(Check::not_reached("the deadline ends before the measurement window"));
        }
        clock.sleep(left).map_err(|stopped| Check::not_reached(stopped.to_string()))?;
        let again = ask(name, clock, deps.deadline);
        let span = clock.monotonic().saturating_sub(at);
        match again.map_err(|error| Check::not_reached(cause_of(&error)))?.cpu_ns {
            Some(second) if second >= first => {
                Ok(judge_cpu(name, Duration::from_nanos(second - first), span, alert))
            }
            _ => Err(Check::not_reached(format!("{name} restarted during the measurement"))),
        }
    }
}

/// The uid of a unit's user: systemd gives its name, its number, or nothing for root.
fn uid(user: &str) -> Option<u32> {
    if user.is_empty() {
        return Some(0);
    }
    let named = || User::from_name(user).ok().flatten().map(|user| user.uid.as_raw());
    user.parse().ok().or_else(named)
}

fn no_accounting(name: &str, of: &str) -> Check {
    Check::not_applicable(format!("systemd keeps no {of} accounting of {name}"))
}

fn ask(name: &str, clock: &dyn Clock, deadline: Deadline) -> Result<Unit, Error> {
    systemd::show(name, TIMEOUT.min(deadline.left(clock)))
}
