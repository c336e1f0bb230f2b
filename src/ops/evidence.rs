//! `evidence`: the recorded intents and proofs. None of these commands asks the gateway anything.
//!
//! - [`show`]: lists the runs, and those with something open
//! - [`verify`]: checks that the records are unaltered and complete
//! - [`resolve`]: records a person's statement about an order without a proved outcome
//! - [`export`]: writes one run's records to files for people
//!
//! - [`checkpoint`], [`prove`]: signed checkpoints, and proofs of single records; [`cosign`]: a witness of other machines'
//!
//! [`witness`] tells heads to the operator's own command and to the gateway, as records are added, [`anchors`] asks the gateway
//! for them; [`keys`] reads the keys.

pub mod anchors;
pub mod checkpoint;
pub mod cosign;
pub mod export;
mod findings;
pub mod keys;
mod plan;
pub mod prove;
pub mod resolve;
mod row;
pub mod show;
mod story;
#[cfg(test)]
mod tests;
mod tree_heads;
pub mod verify;
pub mod witness;

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::evidence::body::Body;
use crate::evidence::{Evidence, EvidenceError};
use crate::failure::{Code, Failure};

pub use row::{Row, RunKind, RunState};

/// The id of a run, or its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPrefix(String);

/// Minimum length of a prefix.
const FEWEST_DIGITS: usize = 4;
const ALL_DIGITS: usize = 32;

/// The text is not the beginning of a run's id.
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
    pub(in crate::ops) fn matches(&self, run: Uuid) -> bool {
        run.simple().to_string().starts_with(&self.0)
    }
}

/// The only run; fails on none and on several.
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

/// The `uuid` of the order that a run sent; `None` where no run's id begins so. Fails where several do, or where the run sent
/// none.
pub fn order_of(evidence: &Evidence, run: &RunPrefix) -> Result<Option<Uuid>, Failure> {
    let mut orders: Vec<(Uuid, Uuid)> = vec![];
    let mut is_known = false;
    // A damaged record hides at worst the run that is asked for.
    for record in evidence.records()?.filter_map(Result::ok) {
        is_known |= run.matches(record.run);
        if run.matches(record.run)
            && let Some(Body::OpenIntent(open)) = &record.body
        {
            orders.push((record.run, open.request));
        }
    }
    let Some((_, last)) = orders.last().copied() else {
        return match is_known {
            true => Err(Failure::new(Code::UnknownRun, format!("run {run} sent no order"))),
            false => Ok(None),
        };
    };
    let mut runs: Vec<Uuid> = orders.iter().map(|(run, _)| *run).collect();
    runs.dedup();
    one_of(&runs, run)?;
    Ok(Some(last))
}

fn unknown(prefix: &RunPrefix) -> Failure {
    Failure::new(Code::UnknownRun, format!("no run in the evidence begins with {prefix}"))
}

/// Number of damaged records, in words.
pub fn damaged_records(count: u64) -> String {
    format!("{count} damaged {}", if count == 1 { "record" } else { "records" })
}

/// The warning that `work`, made from damaged records, can't be relied on.
fn damage_warning(work: &str, damages: u64) -> Option<String> {
    (damages > 0).then(|| {
        format!(
            "{}, so {work} can't be relied on: mt5crs evidence verify names each damage",
            damaged_records(damages)
        )
    })
}

/// Evidence that can't be written or read. Actions that increase risk stop at it.
impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        let code = match error {
            EvidenceError::Busy { .. } => Code::EvidenceBusy,
            EvidenceError::Io { .. } => Code::EvidenceNotAccessible,
            EvidenceError::Damaged { .. } => Code::EvidenceDamaged,
            EvidenceError::BelongsToAnother { .. } => Code::EvidenceOfAnother,
            EvidenceError::NotBegun { .. } | EvidenceError::TooLarge { .. } => {
                Code::EvidenceRefused
            }
        };
        Self::from_error(code, &error)
    }
}
