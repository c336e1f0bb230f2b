//! One process of the binary: the needs of every command, and the one way in which a command ends.
//!
//! [`driver`] decides whether a command may run and for how many accounts; a command opens a [`context`], runs its
//! operation and hands the result to [`end`], which prints it, closes the log and returns the exit code. The [`watchdog`] ends
//! what does not end by itself.

pub(crate) mod accounts;
pub(crate) mod anchors;
pub(crate) mod attempts;
pub(crate) mod command;
pub(crate) mod context;
pub(crate) mod driver;
pub(crate) mod end;
pub(crate) mod figures;
pub(crate) mod kill_switch;
mod logging;
mod old_logs;
pub(crate) mod on_change;
pub(crate) mod output_file;
pub(crate) mod prompt;
pub(crate) mod sd_notify;
pub(crate) mod settings;
mod signals;
pub(crate) mod sim_mode;
mod umask;
pub(crate) mod usage_error;
pub(crate) mod watchdog;
pub(crate) mod worker_role;
mod workers;

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mt5crs::clock::{Clock, StopToken, SystemClock};
use mt5crs::config::Resolved;
use mt5crs::failure::{Code, Failure};
use mt5crs::link::order::UnresolvedOpen;
use mt5crs::os::{ScratchDirectory, process};

use crate::cli::{Global, OutputFormat};
use crate::render::Screen;
use crate::render::nagios::State;
use watchdog::Watchdog;

/// One run of the binary.
pub(crate) struct App {
    pub(crate) global: Global,
    pub(crate) screen: Screen,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stop: StopToken,
    started_at: Timestamp,
    /// The monotonic clock at the start.
    started: Duration,
    /// Ends the process where a command does not end by itself.
    pub(crate) watchdog: Watchdog,
    /// The profile, once the settings were read.
    profile: OnceCell<Option<String>>,
    /// The state on the plugin's line, once `-o nagios` has printed it.
    plugin_state: Cell<Option<State>>,
    /// Whether the exit code tells what the command did, see [`command::Facts::acts`].
    acts: Cell<bool>,
    /// With `--sim`: the scratch tree, which goes with this value.
    scratch: RefCell<Option<ScratchDirectory>>,
}

impl App {
    /// Makes room for descriptors, installs the signal handlers and starts the clocks.
    pub(crate) fn start(global: Global) -> Self {
        process::raise_descriptor_limit();
        let screen = Screen { quiet: global.quiet };
        let stop = signals::install(&screen);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(stop.clone()));
        Self {
            screen,
            started_at: clock.now(),
            started: clock.monotonic(),
            profile: OnceCell::new(),
            plugin_state: Cell::new(None),
            acts: Cell::new(false),
            scratch: RefCell::default(),
            watchdog: Watchdog::new(Arc::clone(&clock), global.output),
            global,
            clock,
            stop,
        }
    }

    /// The selected profile: of settings that could not be read, the one that was typed.
    pub(crate) fn profile(&self) -> Option<&str> {
        match self.profile.get() {
            Some(profile) => profile.as_deref(),
            None => self.global.settings.profile.first().map(String::as_str),
        }
    }

    /// Notes the profile that the settings select, whether or not they are valid.
    pub(crate) fn note_profile(&self, resolved: &Resolved) {
        // All settings of a run have one profile.
        let _ = self.profile.set(resolved.as_they_are().profile.clone());
    }

    /// Whether `-o json` is given.
    pub(crate) fn is_json(&self) -> bool {
        self.global.output == OutputFormat::Json
    }

    /// Whether a person reads the output.
    pub(crate) fn is_human(&self) -> bool {
        self.global.output == OutputFormat::Human
    }

    /// Whether `--sim` is given.
    pub(crate) fn is_simulated(&self) -> bool {
        self.global.sim.sim
    }
}

/// The name of the user who typed the command, by the environment or the system.
pub(crate) fn user() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let uid = nix::unistd::getuid();
    let known = || nix::unistd::User::from_uid(uid).ok().flatten().map(|user| user.name);
    named.or_else(known).unwrap_or_else(|| format!("uid {uid}"))
}

/// The command line is well formed, and asks for something that can't be done.
pub(crate) fn usage(message: impl Into<String>, remedy: impl Into<String>) -> Failure {
    Failure::new(Code::Usage, message).with_remedy(remedy)
}

/// A bug of mt5crs itself. An OPEN without a proved outcome outranks it.
pub(crate) fn bug() -> Failure {
    let message = "mt5crs failed in a way that it should not; nothing above is a result";
    if UnresolvedOpen::is_left() {
        Failure::new(Code::OutcomeUnknown, message)
            .with_cause("an OPEN's intent is recorded, and its outcome is not proved")
    } else {
        Failure::new(Code::Bug, message)
    }
}
