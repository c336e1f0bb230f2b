//! The configured kill switch, and who engages it.

use mt5crs::config::Settings;
use mt5crs::exit::Exit;
use mt5crs::guard::kill_switch::{Engagement, KillSwitch};
use mt5crs::logs::write::{Marker, Record};
use serde_json::{Map, Value};
use tracing::Level;
use uuid::Uuid;

use super::umask::SharedUmask;
use super::{App, user};

/// The kill switch of the settings.
pub(crate) fn of(settings: &Settings) -> KillSwitch {
    KillSwitch::new(settings.kill_switch_files.clone(), &settings.state_dir)
}

/// This user on this host, for the person who finds a gateway's switch engaged.
pub(crate) fn who() -> String {
    match host() {
        Some(host) => format!("{}@{host}", user()),
        None => user(),
    }
}

fn host() -> Option<String> {
    nix::unistd::gethostname().ok()?.into_string().ok()
}

/// Who engages it, for the person who finds its file: user, host, command and, where it has an id, the run.
pub(crate) fn engager(command: &str, run: Option<Uuid>) -> Map<String, Value> {
    let facts = [
        ("by", Some(user())),
        ("host", host()),
        ("command", Some(command.to_owned())),
        ("run", run.map(|run| run.to_string())),
    ];
    let named = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    named.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

/// Writes who engaged which files, and which could not be written, to the logs.
pub(crate) fn log_engagement(record: &Record, reason: &str, engagement: &Engagement) {
    for (path, written) in &engagement.files {
        let path = path.display();
        let (level, what) = match written {
            Ok(_) => (Level::WARN, format!("engaged: {path}: {reason}, by {}", user())),
            Err(error) => (Level::ERROR, format!("NOT ENGAGED: {path}: {error}")),
        };
        record.marker(&Marker::KillSwitch { level, what: &what });
    }
}

/// The umask for the state directory and the logs, where operators share them.
pub(crate) fn shared_umask(settings: &Settings) -> SharedUmask {
    SharedUmask::for_directories(&[&settings.state_dir, &settings.log_dir])
}

/// Writes one event about the switch to the logs of a run of its own.
pub(crate) fn log_alone(
    app: &App,
    settings: &Settings,
    command: &str,
    exit: Exit,
    write: impl FnOnce(&Record),
) {
    let record = app.open_record(settings, Uuid::new_v4(), command, None);
    write(&record);
    record.end(exit);
}
