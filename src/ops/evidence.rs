//! `evidence`: what was intended and proved, as the records hold it. None of these asks the gateway anything.
//!
//! - [`show`]: the runs, and which of them something is open of
//! - [`verify`]: whether the records are what was written
//! - [`resolve`]: a person's word on an order that nothing is proved of
//! - [`export`]: one run's records as files for people

pub mod export;
mod findings;
pub mod resolve;
mod row;
pub mod show;
mod story;
#[cfg(test)]
mod tests;
pub mod verify;

use std::error::Error as _;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::evidence::EvidenceError;
use crate::exit::Exit;
use crate::report::Failure;

pub use row::{Row, RunKind, RunState};

/// A run, named by its id or by the beginning of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPrefix(String);

/// So many digits tell runs apart well enough to be typed.
const FEWEST_DIGITS: usize = 4;
const ALL_DIGITS: usize = 32;

/// The text can't be the beginning of a run's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a run's id has 32 hex digits, and at least the first 4 of them are needed")]
pub struct NotARun;

impl FromStr for RunPrefix {
    type Err = NotARun;

    fn from_str(text: &str) -> Result<Self, NotARun> {
        let digits = text.replace('-', "").to_ascii_lowercase();
        let is_prefix = (FEWEST_DIGITS..=ALL_DIGITS).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if is_prefix { Ok(Self(digits)) } else { Err(NotARun) }
    }
}

impl fmt::Display for RunPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RunPrefix {
    fn matches(&self, run: Uuid) -> bool {
        run.simple().to_string().starts_with(&self.0)
    }
}

/// The one run of those that a prefix names.
fn one_of(runs: &[Uuid], prefix: &RunPrefix) -> Result<Uuid, Failure> {
    match runs {
        [run] => Ok(*run),
        [] => Err(unknown(prefix)),
        [first, second, ..] => Err(usage(
            "ambiguous-run",
            format!("more than one run begins with {prefix}: {first}, {second}"),
            "give more digits of it",
        )),
    }
}

fn unknown(prefix: &RunPrefix) -> Failure {
    usage(
        "unknown-run",
        format!("no run in the evidence begins with {prefix}"),
        "mt5crs evidence show lists the runs",
    )
}

fn usage(code: &'static str, message: String, remedy: &str) -> Failure {
    Failure { code, message, causes: vec![], remedy: remedy.to_owned(), exit: Exit::Usage }
}

/// Evidence that can't be kept or read, in the words that an operator reads. What increases risk stops at it.
pub fn failure(error: &EvidenceError) -> Failure {
    let (code, remedy, exit) = match error {
        EvidenceError::Busy { .. } => (
            "evidence-busy",
            "another mt5crs is adding a record: run this again; if it stays so, `fuser -v` with the lock's path names the process",
            Exit::Guarded,
        ),
        EvidenceError::Io { .. } => (
            "evidence-not-accessible",
            "free the disk or mend the directory's owner and mode, or name another with MT5CRS_STATE_DIR",
            Exit::Usage,
        ),
        EvidenceError::Damaged { .. } => (
            "evidence-damaged",
            "mt5crs evidence verify names every damage. Find out who wrote there; compare the positions at the terminal with mt5crs evidence show; then move evidence.jsonl and evidence.head elsewhere and keep them: the next run begins anew",
            Exit::Guarded,
        ),
        EvidenceError::BelongsToAnother { .. } => (
            "evidence-of-another",
            "give each account a profile of its own (--profile), or name another state directory with MT5CRS_STATE_DIR",
            Exit::Guarded,
        ),
        EvidenceError::NotBegun { .. } | EvidenceError::TooLarge { .. } => {
            ("evidence-refused", "report it, with the run's log", Exit::Bug)
        }
    };
    Failure {
        code,
        message: error.to_string(),
        causes: error.source().map(ToString::to_string).into_iter().collect(),
        remedy: remedy.to_owned(),
        exit,
    }
}
