//! The configured kill switch, and who engages it.

use mt5crs::config::Settings;
use mt5crs::guard::kill_switch::KillSwitch;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::user;

/// The kill switch of the settings.
pub(crate) fn of(settings: &Settings) -> KillSwitch {
    KillSwitch::new(settings.kill_switch_files.clone(), &settings.state_dir)
}

/// Who engages it, for the person who finds its file: user, host, command and, where it has an id, the run.
pub(crate) fn engager(command: &str, run: Option<Uuid>) -> Map<String, Value> {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let facts = [
        ("by", Some(user())),
        ("host", host),
        ("command", Some(command.to_owned())),
        ("run", run.map(|run| run.to_string())),
    ];
    let named = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    named.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}
