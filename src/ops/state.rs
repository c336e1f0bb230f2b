//! `state`: where the state of a gateway is, and what to do where it is in two places.
//!
//! The records of a gateway tell whether an order is unresolved or a canary open. In a second place, begun by another user or
//! without the settings of the first run, they tell nothing: "settled, 0 records", beside a position that is open. So every
//! command looks for records of its gateway in the other usual places, and under other names in its own. A command that can
//! open a position is refused where it finds some.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::clock::Clock;
use crate::evidence::{Evidence, EvidenceError};
use crate::failure::{Code, Failure};
use crate::ops::canary;
use crate::os::durable::sync_directory;
use crate::os::file_lock::InstanceLock;
use crate::report::Outcome;

/// Part of the name of a directory that was retired.
const RETIRED: &str = ".retired-";

/// Where state of a gateway is looked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of this gateway's state.
    pub own: PathBuf,
    /// The directories of all state in which targets have their directories, the one in force first.
    pub places: Vec<PathBuf>,
    /// The gateway's endpoint, `tcp://HOST:PORT`.
    pub endpoint: String,
}

/// Report about the places of a gateway's state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The directory of this gateway's state.
    pub directory: PathBuf,
    /// Whether it holds records.
    pub has_records: bool,
    /// Other directories with records of this gateway.
    pub elsewhere: Vec<Elsewhere>,
    /// Where `adopt` moved the other directory; null where nothing was moved.
    pub moved_to: Option<PathBuf>,
}

/// Records of this gateway in another directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Elsewhere {
    /// The directory.
    pub directory: PathBuf,
    /// Whether every order there is resolved and no canary is open. False where the records can't be read.
    pub settled: bool,
}

/// Other directories with records of this gateway. Under another name in the same place (a profile's, or the host's) only
/// those count that are not settled: people use both.
pub fn elsewhere(options: &Options) -> Vec<Elsewhere> {
    let mut found = Vec::new();
    for (number, place) in options.places.iter().enumerate() {
        let Ok(entries) = fs::read_dir(place) else { continue };
        for directory in entries.flatten().map(|entry| entry.path()) {
            if directory == options.own || is_retired(&directory) {
                continue;
            }
            let evidence = Evidence::at(directory.clone());
            let is_ours = match evidence.check_owner(&options.endpoint, None) {
                Ok(()) => evidence.has_records(),
                Err(EvidenceError::BelongsToAnother { .. }) => false,
                // Damaged records may be anybody's; the name tells.
                Err(_) => directory.file_name() == options.own.file_name(),
            };
            if !is_ours {
                continue;
            }
            let settled = is_settled(&evidence);
            // The first place is the one in force.
            if !settled || number > 0 {
                found.push(Elsewhere { directory, settled });
            }
        }
    }
    found.sort_by(|a, b| a.directory.cmp(&b.directory));
    found.dedup();
    found
}

fn is_retired(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| name.to_string_lossy().contains(RETIRED))
}

fn is_settled(evidence: &Evidence) -> bool {
    let orders = evidence.unresolved().is_ok_and(|unresolved| unresolved.is_empty());
    orders && evidence.open_canaries().is_ok_and(|canaries| canaries.is_empty())
}

/// The failure of a command that could open a position; `None` where the state is in one place.
pub fn refusal(options: &Options, elsewhere: &[Elsewhere]) -> Option<Failure> {
    let first = elsewhere.first()?;
    let message = describe(options, elsewhere);
    let remedy = format!("mt5crs state adopt {}", first.directory.display());
    Some(Failure::new(Code::StateElsewhere, message).with_remedy(remedy))
}

/// Both places, in words.
fn describe(options: &Options, elsewhere: &[Elsewhere]) -> String {
    let name = |it: &Elsewhere| {
        let left =
            if it.settled { "" } else { ", with an order or a position that is not settled" };
        format!("{}{left}", it.directory.display())
    };
    format!(
        "state of {} is in two places: {}, and {}",
        options.endpoint,
        options.own.display(),
        elsewhere.iter().map(name).collect::<Vec<_>>().join(", and ")
    )
}

/// Shows the places. Fails where there are two.
pub fn show(options: &Options) -> Outcome<Report> {
    let elsewhere = elsewhere(options);
    let verdict = if elsewhere.is_empty() { Verdict::Pass } else { Verdict::Fail };
    Outcome::judged(report(options, elsewhere, None), verdict, false)
}

/// Joins another directory: its files become this gateway's state where that has no records. Where it has, two chains of
/// records can't become one, so the other directory is renamed to be looked at no more; only a settled one is.
pub fn adopt(options: &Options, other: &Path, clock: &dyn Clock) -> Outcome<Report> {
    match moved(options, other, clock.now()) {
        Ok(moved_to) => {
            let elsewhere = elsewhere(options);
            let verdict = if elsewhere.is_empty() { Verdict::Pass } else { Verdict::Warn };
            Outcome::judged(report(options, elsewhere, Some(moved_to)), verdict, false)
        }
        Err(failure) => Outcome::failed(failure),
    }
}

fn report(options: &Options, elsewhere: Vec<Elsewhere>, moved_to: Option<PathBuf>) -> Report {
    let has_records = Evidence::at(options.own.clone()).has_records();
    Report { directory: options.own.clone(), has_records, elsewhere, moved_to }
}

fn moved(options: &Options, other: &Path, now: Timestamp) -> Result<PathBuf, Failure> {
    let refuse = |why: String| Failure::new(Code::StateElsewhere, why);
    let theirs = Evidence::at(other.to_owned());
    let other_name = other.display();
    if !theirs.has_records() {
        return Err(refuse(format!("{other_name} holds no records; nothing was moved")));
    }
    if let Err(error) = theirs.check_owner(&options.endpoint, None) {
        return Err(refuse(format!("{other_name} is not this gateway's; nothing was moved"))
            .with_cause(error));
    }
    // A running canary would go on recording in a directory that was moved away.
    let mut held = Vec::new();
    for directory in [&*options.own, other] {
        match InstanceLock::acquire(&directory.join(canary::LOCK)) {
            Ok(Some(lock)) => held.push(lock),
            Ok(None) => {
                let why =
                    format!("a canary is running on {}; nothing was moved", directory.display());
                return Err(refuse(why).with_remedy("wait for its end, or stop it"));
            }
            Err(error) => {
                let why = format!("{} can't be locked; nothing was moved", directory.display());
                return Err(refuse(why).with_cause(error));
            }
        }
    }
    let ours = Evidence::at(options.own.clone());
    let target = if ours.has_records() {
        if !is_settled(&theirs) {
            return Err(refuse(format!(
                "{other_name} has an order or a position that is not settled; nothing was moved"
            ))
            .with_remedy(format!(
                "settle it there first: mt5crs evidence show --evidence-dir {other_name}"
            )));
        }
        retired_name(other, now)
    } else {
        // Logs of a lock alone are in the way of the rename.
        let _ = fs::remove_file(options.own.join(canary::LOCK));
        let _ = fs::remove_dir(&options.own);
        options.own.clone()
    };
    rename(other, &target)?;
    Ok(target)
}

fn retired_name(directory: &Path, now: Timestamp) -> PathBuf {
    let mut name = directory.file_name().unwrap_or_default().to_owned();
    name.push(format!("{RETIRED}{}", now.strftime("%Y%m%dT%H%M%SZ")));
    directory.with_file_name(name)
}

fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |error| {
        let message = format!("failed to move {} to {}", from.display(), to.display());
        Failure::new(Code::StateElsewhere, message).with_cause(error).with_remedy(
            "move it by hand, with its owner and mode, and run mt5crs evidence verify afterwards",
        )
    };
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::rename(from, to).map_err(failed)?;
    // A power cut may bring the old name back, and then the next command finds it again.
    for directory in [from.parent(), to.parent()].into_iter().flatten() {
        let _ = sync_directory(directory);
    }
    Ok(())
}
