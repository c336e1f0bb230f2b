//! The strategy engine's unit, as systemd sees it: is it active, does it see the same kill switch, what does it use?

use std::path::Path;
use std::time::Duration;

use nix::unistd::User;

use super::files::may_remove;
use super::findings::Found;
use super::usage::{judge_cpu, judge_memory};
use super::{Means, Options};
use crate::clock::{Clock, Deadline, Stop};
use crate::systemd::{self, PATIENCE, Properties, SystemdError};

const PROPERTIES: [&str; 5] =
    ["ActiveState", "PrivateTmp", "User", "MemoryCurrent", "CPUUsageNSec"];

/// What is known of the unit.
pub(super) enum Unit {
    /// There is nothing to look at; says why.
    None(String),
    /// Nothing could be found out; says why.
    Unknown(String),
    /// systemd knows no unit of that name.
    Missing(String),
    /// As it was when the audit began.
    Seen {
        name: String,
        said: Properties,
        /// Monotonic time of the look.
        at: Duration,
    },
}

impl Unit {
    pub(super) fn look(options: &Options, means: &Means<'_>) -> Self {
        let name = match &options.settings.engine_unit {
            _ if options.practising => {
                return Self::None("the engine is not looked at beside a simulated gateway".into());
            }
            None => return Self::None("no unit is named: MT5CRS_ENGINE_UNIT".to_owned()),
            Some(name) => name.clone(),
        };
        match ask(&name, &**means.clock, means.stop, means.deadline) {
            Ok(said) => Self::Seen { name, said, at: means.clock.monotonic() },
            Err(SystemdError::Absent) => Self::None(SystemdError::Absent.to_string()),
            Err(error @ SystemdError::NoUnit(_)) => Self::Missing(error.to_string()),
            Err(error) => Self::Unknown(crate::failure::cause_of(&error)),
        }
    }

    /// What a check says that needs the unit and can't have it.
    fn absent(&self) -> Option<Found> {
        match self {
            Self::None(why) => Some(Found::not_applicable(why.clone())),
            Self::Unknown(why) | Self::Missing(why) => Some(Found::not_reached(why.clone())),
            Self::Seen { .. } => None,
        }
    }

    pub(super) fn active(&self) -> Found {
        match self {
            Self::Missing(why) => {
                Found::fail(why.clone()).remedy("mend MT5CRS_ENGINE_UNIT, or install the unit")
            }
            Self::Seen { name, said, .. } => match said.text("ActiveState") {
                Ok("active") => Found::pass(format!("{name} is active")),
                Ok("failed") => Found::fail(format!("{name} has failed")),
                Ok(state) => Found::warn(format!("{name} is {state}")),
                Err(error) => Found::not_reached(error.to_string()),
            },
            Self::None(_) | Self::Unknown(_) => self.absent().unwrap_or_else(unreachable_unit),
        }
    }

    pub(super) fn shares(&self, kill_switch: &Path) -> Found {
        let Self::Seen { name, said, .. } = self else {
            return self.absent().unwrap_or_else(unreachable_unit);
        };
        let (private, user) = match (said.text("PrivateTmp"), said.text("User")) {
            (Ok(private), Ok(user)) => (private != "no", user),
            (Err(error), _) | (_, Err(error)) => return Found::not_reached(error.to_string()),
        };
        let in_tmp = ["/tmp", "/var/tmp"].iter().any(|tmp| kill_switch.starts_with(tmp));
        if private && in_tmp {
            let path = kill_switch.display();
            return Found::fail(format!("{name} has a /tmp of its own, and never sees {path}"));
        }
        let ours = nix::unistd::geteuid().as_raw();
        let theirs = match user {
            "" => Some(0),
            user => user
                .parse()
                .ok()
                .or_else(|| User::from_name(user).ok().flatten().map(|user| user.uid.as_raw())),
        };
        let directory = kill_switch.parent().and_then(|parent| std::fs::metadata(parent).ok());
        match (theirs, directory) {
            (Some(theirs), Some(directory))
                if may_remove(&directory, theirs, ours)
                    && may_remove(&directory, ours, theirs) =>
            {
                Found::pass(format!("{name} sees {}", kill_switch.display()))
            }
            (None, _) => Found::not_reached(format!("who the unit's user `{user}` is can't be told")),
            (_, None) => Found::not_reached("the kill switch's directory is not there"),
            (Some(theirs), Some(_)) => Found::warn(format!(
                "{name} runs as uid {theirs}, this is uid {ours}, and the kill switch's directory is sticky: neither may remove the other's file"
            ))
            .remedy("run both as one user, or put KILL_SWITCH_FILE into a directory of their group's"),
        }
    }

    /// `None` where the unit has no say, and this process's own memory is looked at.
    pub(super) fn memory(&self) -> Option<Found> {
        let Self::Seen { name, said, .. } = self else { return self.figure_absent() };
        Some(match said.number("MemoryCurrent") {
            Ok(Some(bytes)) => judge_memory(name, bytes),
            Ok(None) => Found::not_applicable(no_account(name, "memory")),
            Err(error) => Found::not_reached(error.to_string()),
        })
    }

    /// The same for the CPU, over a window that began with the audit; what is left of it is waited for.
    pub(super) fn cpu(&self, window: Duration, means: &Means<'_>) -> Option<Found> {
        let Self::Seen { name, said, at } = self else { return self.figure_absent() };
        let first = match said.number("CPUUsageNSec") {
            Ok(Some(first)) => first,
            Ok(None) => return Some(Found::not_applicable(no_account(name, "CPU"))),
            Err(error) => return Some(Found::not_reached(error.to_string())),
        };
        let clock = &**means.clock;
        let left = window.saturating_sub(clock.monotonic().saturating_sub(*at));
        if left > means.deadline.left(clock) {
            return Some(Found::not_reached("the deadline comes before the figure's window ends"));
        }
        if let Err(stopped) = clock.sleep(left) {
            return Some(Found::not_reached(stopped.to_string()));
        }
        let again = ask(name, clock, means.stop, means.deadline);
        let span = clock.monotonic().saturating_sub(*at);
        Some(match again.and_then(|said| said.number("CPUUsageNSec")) {
            Ok(Some(second)) if second >= first => {
                judge_cpu(name, Duration::from_nanos(second - first), span)
            }
            Ok(_) => Found::not_reached(format!("{name} was started again meanwhile")),
            Err(error) => Found::not_reached(error.to_string()),
        })
    }

    /// Where no unit is named, or there is no systemd, our own figures stand in.
    fn figure_absent(&self) -> Option<Found> {
        match self {
            Self::None(_) => None,
            _ => self.absent(),
        }
    }
}

fn unreachable_unit() -> Found {
    Found::not_reached("nothing is known of the unit")
}

fn no_account(name: &str, of: &str) -> String {
    format!("systemd keeps no account of {name}'s {of}")
}

fn ask(
    name: &str,
    clock: &dyn Clock,
    stop: &Stop,
    deadline: Deadline,
) -> Result<Properties, SystemdError> {
    let until = Deadline::after(clock, PATIENCE).min(deadline);
    systemd::show(name, &PROPERTIES, clock, stop, until)
}
