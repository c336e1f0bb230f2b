//! `breaker`: shows, engages and releases the kill switch.
//!
//! Reports describe the files alone. A file does not show whether an engine stopped: an engine that saw it stays engaged
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
use crate::guard::kill_switch::sentinel::{Engaged, Sentinel, is_unseen};
use crate::guard::kill_switch::{self, KillSwitch};
use crate::ops::gateway_switch::GatewaySwitch;
use crate::os::lasting;
use crate::protocol::gateway::SwitchState;
use crate::report::Outcome;

/// The limit of every report about the kill switch.
pub const CAVEAT: &str = "an engine that saw the file stays engaged until it is restarted, and a unit with PrivateTmp never sees it";

const UNLINK: &str = "remove the link, then: mt5crs breaker engage --reason WHY";

/// Report about the kill switch.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The path of the first file.
    pub path: PathBuf,
    /// Origin of the path: an account's profile may set its own.
    pub origin: Origin,
    /// Whether the kill switch is engaged now: a file exists, or the record of engaging it.
    pub engaged: bool,
    /// The content of a file or of the record; null where none exists.
    pub sentinel: Option<Sentinel>,
    /// The action of this run on the first file.
    pub done: Done,
    /// Every file, the first one included.
    pub files: Vec<SwitchFile>,
    /// The record of engaging the switch, which only a release removes.
    pub record: SwitchRecord,
    /// The gateway's own switch (protocol 5); null where no gateway is configured, or it has none.
    pub gateway: Option<GatewaySwitch>,
    /// The limit of this report.
    pub caveat: &'static str,
}

/// A file of the kill switch. One file that exists is enough.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SwitchFile {
    /// Its path.
    pub path: PathBuf,
    /// Whether it exists now.
    pub exists: bool,
    /// The action of this run on it.
    pub done: Done,
}

/// The record in the state directory. While it exists, files that vanish are written again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SwitchRecord {
    /// Its path.
    pub path: PathBuf,
    /// Whether it exists now.
    pub exists: bool,
}

/// The kill switch and where its path is set.
#[derive(Debug, Clone)]
pub struct Switch {
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// Origin of the path.
    pub origin: Origin,
    /// Whether it is for practice, so that its file need not last.
    pub is_practice: bool,
}

/// The action of a run on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Nothing: it was only read.
    Looked,
    /// It was written.
    Written,
    /// It existed already, and was left unchanged.
    AlreadyThere,
    /// It had vanished without a release, and was written again.
    WrittenAgain,
    /// It was removed.
    Removed,
    /// It did not exist.
    NotThere,
    /// It could not be written.
    Failed,
}

/// Looks at the switch, and writes files again that vanished without a release. Exit code 0 where it is released, 1 where
/// it is engaged.
pub fn status(switch: &Switch) -> Outcome<Report> {
    match unseen(switch) {
        Some(failure) => Outcome::failed(failure),
        None => {
            let (report, mut warnings) = Report::of(switch, &[]);
            warnings.extend(report.files.iter().filter(|file| !file.exists).filter_map(|file| {
                let error = switch.kill_switch.try_to_make(&file.path).err()?;
                Some(format!(
                    "{} CAN'T BE MADE, so engaging would fail: {error}",
                    file.path.display()
                ))
            }));
            judge((report, warnings))
        }
    }
}

/// Writes files again that vanished without a release. Success where every file is as the record says.
pub fn restore(switch: &Switch) -> Outcome<Report> {
    if let Some(failure) = unseen(switch) {
        return Outcome::failed(failure);
    }
    let (report, losses) = Report::of(switch, &[]);
    let is_lost = report.files.iter().any(|file| file.done == Done::Failed);
    let verdict = if is_lost { Verdict::Fail } else { Verdict::Pass };
    Outcome::judged(report, verdict, false).with_warnings(losses)
}

fn unseen(switch: &Switch) -> Option<Failure> {
    let path = switch.kill_switch.files().iter().find(|path| is_unseen(path))?;
    let message = format!("the kill switch {} is a symbolic link to nothing", path.display());
    let cause = "orders are refused here, and an engine that looks for the file sees none";
    Some(Failure::new(Code::Breaker, message).with_cause(cause).with_remedy(UNLINK))
}

/// Writes the files and the record. A file that exists counts as success.
pub fn engage(
    switch: &Switch,
    reason: &str,
    engager: Map<String, Value>,
    clock: &dyn Clock,
) -> Outcome<Report> {
    let engagement = switch.kill_switch.engage(reason, engager, clock.now());
    if let Err((path, error)) = engagement.written() {
        let mut failure = failure("write", path, error);
        for (path, written) in &engagement.files {
            if written.is_ok() {
                failure = failure.with_cause(format!("{} is written", path.display()));
            }
        }
        if engagement.record.is_ok() {
            failure = failure.with_cause("mt5crs itself refuses orders from now on");
        }
        return Outcome::failed(failure);
    }
    let done: Vec<_> = engagement
        .files
        .iter()
        .map(|(_, written)| match written {
            Ok(Engaged::Written) => Done::Written,
            Ok(Engaged::AlreadyThere) => Done::AlreadyThere,
            Err(_) => Done::Failed,
        })
        .collect();
    let (report, losses) = Report::of(switch, &done);
    let warnings: Vec<_> = engagement.warnings().chain(losses).collect();
    let verdict = if warnings.is_empty() { Verdict::Pass } else { Verdict::Warn };
    Outcome::judged(report, verdict, false).with_warnings(warnings)
}

/// Removes the record and the files.
pub fn release(switch: &Switch) -> Outcome<Report> {
    match switch.kill_switch.release() {
        Ok(removed) => {
            let done = |removed| if removed { Done::Removed } else { Done::NotThere };
            judge(Report::of(switch, &removed.into_iter().map(done).collect::<Vec<_>>()))
        }
        Err((path, error)) => Outcome::failed(failure("remove", &path, &error)),
    }
}

/// Adds the gateway's own switch to the outcome of an action that was to leave it so (`None` for a look).
pub fn add_gateway(
    outcome: &mut Outcome<Report>,
    gateway: GatewaySwitch,
    wanted: Option<SwitchState>,
    is_certain: bool,
) {
    let words = gateway.error.clone().unwrap_or_default();
    let Some(report) = &mut outcome.report else { return };
    report.gateway = Some(gateway.clone());
    let failed = |code, message: &str| {
        Failure::new(code, message).with_cause(words.clone()).with_remedy(
            "run mt5crs breaker status; on the gateway itself: mt5crs-gateway engage, or mt5crs-gateway release",
        )
    };
    match (gateway.state, wanted) {
        (Some(SwitchState::Engaged), None) => {
            outcome.verdict = Verdict::Fail;
            outcome.exit = crate::exit::Exit::No;
        }
        (Some(state), Some(wanted)) if state != wanted => outcome.fail(failed(
            Code::Breaker,
            "this host's kill switch is as asked for, AND THE GATEWAY'S OWN IS NOT",
        )),
        (Some(_), _) => {
            if gateway.persisted == Some(false) {
                outcome.warnings.push(
                    "the gateway could not write its kill switch down: it is released when the gateway ends".to_owned(),
                );
            }
        }
        (None, Some(_)) if is_certain => outcome.fail(failed(
            Code::OutcomeUnknown,
            "this host's kill switch is as asked for, and the gateway's own is not known",
        )),
        (None, _) => outcome.warnings.push(format!(
            "the gateway was not reached, so its own kill switch, where it has one, is not known: {words}"
        )),
    }
    if outcome.verdict == Verdict::Pass && !outcome.warnings.is_empty() {
        outcome.verdict = Verdict::Warn;
    }
}

/// Fails while the switch is engaged; after a release, another process may have written a file again in between.
fn judge((report, losses): (Report, Vec<String>)) -> Outcome<Report> {
    let verdict = if report.engaged { Verdict::Fail } else { Verdict::Pass };
    Outcome::judged(report, verdict, false).with_warnings(losses)
}

impl Report {
    /// A look at the switch, after these actions on its files, and the losses that it found.
    fn of(switch: &Switch, done: &[Done]) -> (Self, Vec<String>) {
        let Switch { kill_switch, origin, is_practice } = switch;
        let state = kill_switch.look();
        let mut done = done.iter().copied();
        let file = |file: &kill_switch::File| {
            let done = done.next().unwrap_or(Done::Looked);
            SwitchFile {
                path: file.path.clone(),
                exists: file.sentinel.is_some(),
                done: match &file.restored {
                    Some(Ok(())) => Done::WrittenAgain,
                    Some(Err(_)) => Done::Failed,
                    None => done,
                },
            }
        };
        let files: Vec<_> = state.files.iter().map(file).collect();
        let report = Self {
            path: kill_switch.files().first().cloned().unwrap_or_default(),
            origin: origin.clone(),
            engaged: state.is_engaged(),
            sentinel: state.sentinel().cloned(),
            done: files.first().map_or(Done::Looked, |file| file.done),
            record: SwitchRecord {
                path: kill_switch.record().to_owned(),
                exists: state.record.is_some(),
            },
            files,
            gateway: None,
            caveat: CAVEAT,
        };
        // Where there are several files, the first one lasts for all. Where it is released, nothing has to last.
        let is_released = matches!(report.done, Done::Removed | Done::NotThere);
        let need_not_last = is_released || *is_practice;
        let doubt = lasting::doubt(&report.path).filter(|_| !need_not_last);
        let place = doubt.map(|doubt| format!("{} {doubt}", report.path.display()));
        (report, state.losses().chain(place).collect())
    }
}

fn failure(verb: &str, path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("FAILED to {verb} the kill switch {}", path.display());
    let failure = Failure::new(Code::Breaker, message).with_cause(error);
    if is_unseen(path) {
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
