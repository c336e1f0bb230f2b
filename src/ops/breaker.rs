//! `breaker`: shows, writes and removes the kill switch's file.
//!
//! Reports describe the file alone. The file does not show whether an engine stopped: an engine that saw it stays engaged
//! until it is restarted, and a unit with `PrivateTmp` never sees it.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::check::Verdict;
use crate::clock::Clock;
use crate::config::Origin;
use crate::failure::{Code, Failure};
use crate::guard::breaker::{self, Engaged, Sentinel};
use crate::report::Outcome;

/// The limit of every report about the kill switch.
pub const CAVEAT: &str = "an engine that saw the file stays engaged until it is restarted, and a unit with PrivateTmp never sees it";

const UNLINK: &str = "remove the link, then: mt5crs breaker engage --reason WHY";

/// Report about the kill switch's file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The file's path.
    pub path: PathBuf,
    /// Origin of the path: an account's profile may set its own.
    pub origin: Origin,
    /// Whether the file exists now, which means that the kill switch is engaged.
    pub engaged: bool,
    /// The file's content; null where the file does not exist.
    pub sentinel: Option<Sentinel>,
    /// The action of this run on the file.
    pub done: Done,
    /// The limit of this report.
    pub caveat: &'static str,
}

/// The kill switch's file and where it is set.
#[derive(Debug, Clone)]
pub struct Switch {
    /// The file's path.
    pub path: PathBuf,
    /// Origin of the path.
    pub origin: Origin,
}

/// The action of a run on the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Nothing: it was only read.
    Looked,
    /// It was written.
    Written,
    /// It existed already, and was left unchanged.
    AlreadyThere,
    /// It was removed.
    Removed,
    /// It did not exist.
    NotThere,
}

/// Reads the file. Exit code 0 where the kill switch is released, 1 where it is engaged.
pub fn status(switch: &Switch) -> Outcome<Report> {
    if breaker::is_unseen(&switch.path) {
        let message =
            format!("the kill switch {} is a symbolic link to nothing", switch.path.display());
        return Outcome::failed(
            Failure::new(Code::Breaker, message)
                .with_cause(
                    "orders are refused here, and an engine that looks for the file sees none",
                )
                .with_remedy(UNLINK),
        );
    }
    judge(report(switch, Done::Looked))
}

/// Writes the file. An existing one counts as success.
pub fn engage(switch: &Switch, reason: &str, who: &str, clock: &dyn Clock) -> Outcome<Report> {
    let mut metadata = Map::new();
    metadata.insert("by".to_owned(), Value::from(who));
    let done = match breaker::engage(&switch.path, reason, metadata, clock.now()) {
        Ok(Engaged::Written) => Done::Written,
        Ok(Engaged::AlreadyThere) => Done::AlreadyThere,
        Err(error) => return Outcome::failed(failure("write", &switch.path, &error)),
    };
    Outcome::judged(report(switch, done), Verdict::Pass, false)
}

/// Removes the file.
pub fn release(switch: &Switch) -> Outcome<Report> {
    match breaker::release(&switch.path) {
        Ok(true) => judge(report(switch, Done::Removed)),
        Ok(false) => judge(report(switch, Done::NotThere)),
        Err(error) => Outcome::failed(failure("remove", &switch.path, &error)),
    }
}

/// Fails while the switch is engaged; after a release, another process may have written it again in between.
fn judge(report: Report) -> Outcome<Report> {
    let verdict = if report.engaged { Verdict::Fail } else { Verdict::Pass };
    Outcome::judged(report, verdict, false)
}

fn report(switch: &Switch, done: Done) -> Report {
    let Switch { path, origin } = switch.clone();
    let sentinel = breaker::status(&path);
    Report { path, origin, engaged: sentinel.is_some(), sentinel, done, caveat: CAVEAT }
}

fn failure(verb: &str, path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("FAILED to {verb} the kill switch {}", path.display());
    let failure = Failure::new(Code::Breaker, message).with_cause(error);
    if breaker::is_unseen(path) {
        return failure.with_remedy(UNLINK);
    }
    match (error.kind(), Owners::of(path)) {
        (ErrorKind::PermissionDenied, Some(owners)) => {
            failure.with_remedy(owners.remedy(verb, path))
        }
        _ => failure,
    }
}

/// The users who may write and remove the file.
struct Owners {
    /// The file's owner, where it exists.
    file: Option<u32>,
    directory: u32,
    /// Whether only its own owner may remove a file from the directory.
    is_sticky: bool,
}

impl Owners {
    fn of(path: &Path) -> Option<Self> {
        let directory = fs::metadata(path.parent()?).ok()?;
        let file = fs::symlink_metadata(path).ok().map(|file| file.uid());
        let is_sticky = directory.mode() & 0o1000 != 0;
        Some(Self { file, directory: directory.uid(), is_sticky })
    }

    fn remedy(&self, verb: &str, path: &Path) -> String {
        let (name, path) = (user_name(self.directory), path.display());
        let (whose, able) = match self.file {
            Some(file) if self.is_sticky => {
                (format!("it belongs to {}", user_name(file)), user_name(file))
            }
            _ => (format!("its directory belongs to {name}"), name),
        };
        let command = format!("sudo -u {able} env KILL_SWITCH_FILE={path} mt5crs breaker");
        match verb {
            "remove" => format!("{whose}: run as that user `{command} release --yes`"),
            _ => format!(
                "{whose}: run as that user `{command} engage --reason WHY`; until then stop the engine itself: systemctl stop, or kill"
            ),
        }
    }
}

/// The user's name, or the uid where it has none.
fn user_name(uid: u32) -> String {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    user.map_or_else(|| format!("#{uid}"), |user| user.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_names_the_user_who_may_release() {
        let path = Path::new("/run/kill_switch.lock");
        let remedy =
            |file, is_sticky| Owners { file, directory: 0, is_sticky }.remedy("remove", path);
        let command =
            "sudo -u root env KILL_SWITCH_FILE=/run/kill_switch.lock mt5crs breaker release --yes";
        assert!(remedy(Some(4_000_000_000), false).contains(command));
        assert!(remedy(None, true).starts_with("its directory belongs to root"));
        let sticky = remedy(Some(4_000_000_000), true);
        assert!(sticky.starts_with("it belongs to #4000000000"), "{sticky}");
        assert!(sticky.contains("sudo -u #4000000000 env"), "{sticky}");
    }
}
