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

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::evidence::EvidenceError;
use crate::failure::{Code, Failure};

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
        [first, second, ..] => Err(Failure::new(
            Code::AmbiguousRun,
            format!("more than one run begins with {prefix}: {first}, {second}"),
        )),
    }
}

fn unknown(prefix: &RunPrefix) -> Failure {
    Failure::new(Code::UnknownRun, format!("no run in the evidence begins with {prefix}"))
}

/// Evidence that can't be kept or read, in the words that an operator reads. What increases risk stops at it.
pub fn failure(error: &EvidenceError) -> Failure {
    let code = match error {
        EvidenceError::Busy { .. } => Code::EvidenceBusy,
        EvidenceError::Io { .. } => Code::EvidenceNotAccessible,
        EvidenceError::Damaged { .. } => Code::EvidenceDamaged,
        EvidenceError::BelongsToAnother { .. } => Code::EvidenceOfAnother,
        EvidenceError::NotBegun { .. } | EvidenceError::TooLarge { .. } => Code::EvidenceRefused,
    };
    Failure::from_error(code, error)
}
