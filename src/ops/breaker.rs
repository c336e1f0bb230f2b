//! `breaker`: the kill switch's file, looked at, written, removed.
//!
//! What is told is what was done to the file. Whether an engine stopped, no file can tell: one that saw it stays engaged
//! until it is restarted, and a unit with `PrivateTmp` never sees it.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::config::Origin;
use crate::failure::{Code, Failure};
use crate::guard::breaker::{self, Engaged, Sentinel};
use crate::report::{Outcome, Verdict};

/// What no file can tell.
pub const CAVEAT: &str = "an engine that saw the file stays engaged until it is restarted, and a unit with PrivateTmp never sees it";

/// The kill switch's file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Where it is.
    pub path: PathBuf,
    /// Where that is set: an account's profile may name its own.
    pub origin: Origin,
    /// Whether it is there now: that it exists means ENGAGED.
    pub engaged: bool,
    /// What it says, where it is there.
    pub sentinel: Option<Sentinel>,
    /// What was done to it.
    pub done: Done,
    /// What no file can tell.
    pub caveat: &'static str,
}

/// Which file is meant.
#[derive(Debug, Clone)]
pub struct Switch {
    /// Where it is.
    pub path: PathBuf,
    /// Where that is set.
    pub origin: Origin,
}

/// What was done to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Nothing: it was looked at.
    Looked,
    /// It was written.
    Written,
    /// It was there already, and was left as it is.
    AlreadyThere,
    /// It was removed.
    Removed,
    /// It was not there.
    NotThere,
}

/// Looks at the file. The answer to a script is whether the breaker is released: 0, or 1 where it is engaged.
pub fn status(switch: &Switch) -> Outcome<Report> {
    let report = report(switch, Done::Looked);
    let verdict = if report.engaged { Verdict::Fail } else { Verdict::Pass };
    Outcome::judged(report, verdict, false)
}

/// Writes the file. One that is there already is success.
pub fn engage(switch: &Switch, reason: &str, who: &str, clock: &dyn Clock) -> Outcome<Report> {
    let mut metadata = Map::new();
    metadata.insert("by".to_owned(), Value::from(who));
    match breaker::engage(&switch.path, reason, metadata, clock.now()) {
        Ok(Engaged::Written) => {
            Outcome::judged(report(switch, Done::Written), Verdict::Pass, false)
        }
        Ok(Engaged::AlreadyThere) => {
            Outcome::judged(report(switch, Done::AlreadyThere), Verdict::Pass, false)
        }
        Err(error) => Outcome::failed(failure("write", &switch.path, &error)),
    }
}

/// Removes the file.
pub fn release(switch: &Switch) -> Outcome<Report> {
    match breaker::release(&switch.path) {
        Ok(removed) => {
            let done = if removed { Done::Removed } else { Done::NotThere };
            let report = report(switch, done);
            // Somebody may have written it anew in between.
            let verdict = if report.engaged { Verdict::Fail } else { Verdict::Pass };
            Outcome::judged(report, verdict, false)
        }
        Err(error) => Outcome::failed(failure("remove", &switch.path, &error)),
    }
}

fn report(switch: &Switch, done: Done) -> Report {
    let Switch { path, origin } = switch.clone();
    let sentinel = breaker::status(&path);
    Report { path, origin, engaged: sentinel.is_some(), sentinel, done, caveat: CAVEAT }
}

fn failure(verb: &str, path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("FAILED to {verb} the kill switch {}", path.display());
    Failure::new(Code::Breaker, message).with_cause(error)
}
