//! `sim --list-faults` and `sim --ledger`: the faults of a simulated gateway, and the executions on its book.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::failure::{Code, Failure};
use crate::report::Outcome;
use crate::sim::{Execution, FAULTS, FaultInfo, read_ledger};

/// The one line that a simulated gateway prints once it listens.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listening {
    /// The line's format.
    pub schema: &'static str,
    /// `tcp://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Always true.
    pub simulated: bool,
    /// Its process; SIGTERM ends it.
    pub pid: u32,
}

/// The output of `sim`: its endpoint, or a failure.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Printed<F> {
    /// It listens.
    Listening(Listening),
    /// It could not start: an envelope without a report.
    NotStarted(F),
}

/// Every fault, in the catalogue's order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Faults {
    /// The faults.
    pub faults: &'static [FaultInfo],
}

/// Lists every fault.
pub fn list_faults() -> Outcome<Faults> {
    Outcome::judged(Faults { faults: FAULTS }, Verdict::Pass, false)
}

/// The executions on a book, in order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ledger {
    /// The executions.
    pub executions: Vec<Execution>,
}

/// Reads a book's ledger.
pub fn ledger(book: &Path) -> Outcome<Ledger> {
    match read_ledger(book) {
        Ok(executions) => Outcome::judged(Ledger { executions }, Verdict::Pass, false),
        Err(error) => Outcome::failed(Failure::from_error(Code::Book, &error)),
    }
}
