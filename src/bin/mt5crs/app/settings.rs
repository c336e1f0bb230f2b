//! From the command line to settings: the flags that stand for settings, and the failure that names every wrong one.

use std::path::PathBuf;

use mt5crs::config::{
    self, Accepted, Disk, Flags, Inputs, Key, Problems, Resolved, Settings, Warning,
};
use mt5crs::failure::{Code, Failure};
use mt5crs::guard::decision::{self, Rules};
use mt5crs::logs::alerts::rules::Thresholds;
use rust_decimal::prelude::ToPrimitive as _;

use super::App;
use crate::cli::Global;
use crate::render::Screen;

/// The flag that names an account.
pub(crate) const PROFILE_FLAG: &str = "--profile";

/// A command's own flag for a setting, with its value where it is given.
pub(crate) type SettingFlag<'a> = (Key, &'static str, &'a Option<String>);

/// Sources of the settings: the command line without the account, the environment, the working directory.
pub(crate) fn inputs(global: &Global, own: &[SettingFlag<'_>]) -> Inputs {
    let given = &global.settings;
    let mut flags = Flags::default();
    let shared: [SettingFlag<'_>; 8] = [
        (Key::GatewayHost, "--host", &given.host),
        (Key::GatewayPort, "--port", &given.port),
        (Key::SyncTimeout, "--timeout", &given.timeout),
        (Key::SyncRetryCount, "--attempts", &given.attempts),
        (Key::SyncRetryInterval, "--retry-interval", &given.retry_interval),
        (Key::StateDir, "--state-dir", &given.state_dir),
        (Key::LogDir, "--log-dir", &given.log_dir),
        (Key::ConfigFile, "--config", &given.config),
    ];
    for (key, flag, value) in shared.iter().chain(own) {
        if let Some(value) = value {
            flags.set(*key, flag, value.clone());
        }
    }
    Inputs {
        flags,
        environment: std::env::vars_os().collect(),
        env_file: given.env_file.clone(),
        // A deploy may have replaced the shell's directory. Then it has no `.env`, and flags and environment must do.
        cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        system_dir: Some(system_dir()),
    }
}

/// The directory of settings that the shipped units read. A build for tests can be given another.
pub(crate) fn system_dir() -> PathBuf {
    #[cfg(debug_assertions)]
    if let Some(directory) = std::env::var_os("SYSTEM_SETTINGS") {
        return directory.into();
    }
    PathBuf::from("/etc/mt5crs")
}

/// Reads every layer of the settings.
pub(crate) fn resolve(global: &Global, own: &[SettingFlag<'_>]) -> Resolved {
    let mut inputs = inputs(global, own);
    if let Some(profile) = global.settings.profile.first() {
        inputs.flags.set(Key::Profile, PROFILE_FLAG, profile);
    }
    config::resolve(&inputs, &Disk)
}

/// The settings of a command that reads only these keys; warnings are printed.
pub(crate) fn read_only(
    app: &App,
    own: &[SettingFlag<'_>],
    keys: &[Key],
) -> Result<Settings, Failure> {
    let resolved = resolve(&app.global, own);
    app.note_profile(&resolved);
    let warnings = resolved.warnings.clone();
    accepted(&app.screen, &warnings, resolved.lenient(keys))
}

/// The settings, or the failure that names every problem. Warnings are printed either way: a name that is nearly
/// the missing one is among them.
pub(super) fn accepted(
    screen: &Screen,
    warnings: &[Warning],
    accepted: Result<Accepted, Problems>,
) -> Result<Settings, Failure> {
    let (warnings, settings) = match accepted {
        Ok(Accepted { settings, warnings }) => (warnings, Ok(settings)),
        Err(problems) => (warnings.to_vec(), Err(failure(&problems))),
    };
    warnings.iter().for_each(|warning| screen.warn(&warning.message));
    settings
}

/// The expectations for an admission decision.
pub(crate) fn decision_rules(settings: &Settings) -> Rules {
    Rules {
        file: settings.decision_file.clone(),
        expected_hash: settings.decision_hash.clone(),
        report: settings.decision_report.as_deref().map(decision::read_report),
        max_age: settings.decision_max_age,
    }
}

/// The limits of the alert rules.
pub(crate) fn thresholds(settings: &Settings) -> Thresholds {
    Thresholds {
        failed_syncs: u64::from(settings.alert_failed_syncs),
        silence: settings.alert_silence,
        sync: settings.alert_sync,
        retry: settings.alert_retry,
        memory_bytes: settings.alert_memory_bytes,
        cpu_percent: settings.alert_cpu_percent.to_f64().unwrap_or(f64::INFINITY),
    }
}

/// Wrong settings, all of them at once.
pub(crate) fn failure(problems: &Problems) -> Failure {
    let all: Vec<_> = problems.iter().collect();
    let mut remedies: Vec<&str> = all.iter().map(|problem| problem.remedy.as_str()).collect();
    remedies.dedup();
    let (message, causes) = match all.as_slice() {
        [only] => (only.message.clone(), Vec::new()),
        several => (
            format!("{} settings are wrong", several.len()),
            several.iter().map(|problem| problem.message.clone()).collect(),
        ),
    };
    let origin = Code::Settings.remedy();
    Failure::new(Code::Settings, message)
        .with_causes(causes)
        .with_remedy(format!("{}; {origin}", remedies.join("; ")))
}
