//! The strategy engine's unit, as systemd sees it: is it active, does it see the same kill switch, what does it use?

use std::path::Path;
use std::time::Duration;

use nix::unistd::User;

use super::files::may_remove;
use super::usage::{judge_cpu, judge_memory};
use super::{Deps, Options};
use crate::clock::{Clock, Deadline};
use crate::failure::cause_of;
use crate::logs::alerts::engine::Engine;
use crate::os::systemd::{self, Error, Unit as Shown};
use crate::report::Check;

/// How long systemd may take; it answers within some ms.
const WAIT: Duration = Duration::from_secs(2);

/// What is known of the unit.
pub(super) enum Unit {
    /// There is nothing to look at; says why.
    None(String),
    /// Nothing could be found out; says why.
    Unknown(String),
    /// systemd knows no unit of that name; says so.
    Missing(String),
    /// As it was when the audit began.
    Seen {
        shown: Shown,
        /// Monotonic time of the look.
        at: Duration,
    },
}

impl Unit {
    pub(super) fn look(options: &Options, deps: &Deps<'_>) -> Self {
        let name = match &options.settings.engine_unit {
            _ if options.practising => {
                return Self::None("the engine is not looked at beside a simulated gateway".into());
            }
            None => return Self::None("no unit is named: MT5CRS_ENGINE_UNIT".to_owned()),
            Some(name) => name,
        };
        match ask(name, &**deps.clock, deps.deadline) {
            Ok(shown) => Self::Seen { shown, at: deps.clock.monotonic() },
            Err(error @ Error::Absent) => Self::None(error.to_string()),
            Err(error @ Error::NoUnit(_)) => Self::Missing(error.to_string()),
            Err(error) => Self::Unknown(cause_of(&error)),
        }
    }

    /// The unit, or what a check says that can't have it.
    fn seen(&self) -> Result<&Shown, Check> {
        match self {
            Self::None(why) => Err(Check::not_applicable(why.clone())),
            Self::Unknown(why) | Self::Missing(why) => Err(Check::not_reached(why.clone())),
            Self::Seen { shown, .. } => Ok(shown),
        }
    }

    pub(super) fn active(&self) -> Check {
        if let Self::Missing(why) = self {
            return Check::fail(why.clone())
                .with_remedy("mend MT5CRS_ENGINE_UNIT, or install the unit");
        }
        let shown = match self.seen() {
            Ok(shown) => shown,
            Err(why) => return why,
        };
        let found = format!("{} is {}", shown.name, shown.active_state);
        match shown.active_state.as_str() {
            "active" => Check::pass(found),
            "failed" => Check::fail(found),
            _ => Check::warn(found),
        }
    }

    pub(super) fn crashed(&self) -> Check {
        match self.seen() {
            Ok(shown) => {
                let engine = Engine::of(shown.clone());
                Check::judge(!engine.crashed(), engine.to_string())
            }
            Err(why) => why,
        }
    }

    pub(super) fn shares(&self, kill_switch: &Path) -> Check {
        let shown = match self.seen() {
            Ok(shown) => shown,
            Err(why) => return why,
        };
        let name = &shown.name;
        let (Some(private), Some(user)) = (shown.private_tmp, &shown.user) else {
            return Check::not_reached("systemd doesn't say PrivateTmp and User");
        };
        let in_tmp = ["/tmp", "/var/tmp"].iter().any(|tmp| kill_switch.starts_with(tmp));
        if private && in_tmp {
            let path = kill_switch.display();
            return Check::fail(format!("{name} has a /tmp of its own, and never sees {path}"));
        }
        let Some(theirs) = uid(user) else {
            return Check::not_reached(format!("who the unit's user `{user}` is can't be told"));
        };
        let directory = kill_switch.parent().and_then(|parent| std::fs::metadata(parent).ok());
        let Some(directory) = directory else {
            return Check::not_reached("the kill switch's directory is not there");
        };
        let ours = nix::unistd::geteuid().as_raw();
        if may_remove(&directory, theirs, ours) && may_remove(&directory, ours, theirs) {
            return Check::pass(format!("{name} sees {}", kill_switch.display()));
        }
        Check::warn(format!(
            "{name} runs as uid {theirs}, this is uid {ours}, and the kill switch's directory is sticky: one may not remove the other's file"
        ))
        .with_remedy("run both as one user, or put KILL_SWITCH_FILE into a directory of their group's")
    }

    /// `None` where the unit has no say, and this process's own memory is looked at.
    pub(super) fn memory(&self, alert: u64) -> Option<Check> {
        let shown = match self.metrics()? {
            Ok(shown) => shown,
            Err(why) => return Some(why),
        };
        Some(match shown.memory_bytes {
            Some(bytes) => judge_memory(&shown.name, bytes, alert),
            None => no_account(&shown.name, "memory"),
        })
    }

    /// The same for the CPU, over a window that began with the audit; what is left of it is waited for.
    pub(super) fn cpu(&self, window: Duration, alert: f64, deps: &Deps<'_>) -> Option<Check> {
        let shown = match self.metrics()? {
            Ok(shown) => shown,
            Err(why) => return Some(why),
        };
        let Self::Seen { at, .. } = self else { return None };
        let Some(first) = shown.cpu_ns else { return Some(no_account(&shown.name, "CPU")) };
        let clock = &**deps.clock;
        let left = window.saturating_sub(clock.monotonic().saturating_sub(*at));
        if left > deps.deadline.left(clock) {
            return Some(Check::not_reached("the deadline comes before the figure's window ends"));
        }
        if let Err(stopped) = clock.sleep(left) {
            return Some(Check::not_reached(stopped.to_string()));
        }
        let again = ask(&shown.name, clock, deps.deadline);
        let span = clock.monotonic().saturating_sub(*at);
        Some(match again.map(|again| again.cpu_ns) {
            Ok(Some(second)) if second >= first => {
                judge_cpu(&shown.name, Duration::from_nanos(second - first), span, alert)
            }
            Ok(_) => Check::not_reached(format!("{} was started again meanwhile", shown.name)),
            Err(error) => Check::not_reached(cause_of(&error)),
        })
    }

    /// Where no unit is named, or there is no systemd, our own figures stand in: `None`.
    fn metrics(&self) -> Option<Result<&Shown, Check>> {
        match self {
            Self::None(_) => None,
            _ => Some(self.seen()),
        }
    }
}

/// As systemd names a user: by name, by number, or not at all.
fn uid(user: &str) -> Option<u32> {
    if user.is_empty() {
        return Some(0);
    }
    let named = || User::from_name(user).ok().flatten().map(|user| user.uid.as_raw());
    user.parse().ok().or_else(named)
}

fn no_account(name: &str, of: &str) -> Check {
    Check::not_applicable(format!("systemd keeps no account of {name}'s {of}"))
}

fn ask(name: &str, clock: &dyn Clock, deadline: Deadline) -> Result<Shown, Error> {
    systemd::show(name, WAIT.min(deadline.left(clock)))
}
