//! `sim --list-faults` and `sim --ledger`: what a simulated gateway can be made to do, and what it did.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::{Code, Failure};
use crate::report::{Outcome, Verdict};
use crate::sim::{Execution, FAULTS, read_ledger};

/// The one line that a simulated gateway prints once it listens.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listening {
    /// What this line is.
    pub schema: &'static str,
    /// `tcp://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Always true.
    pub simulated: bool,
    /// The process to send SIGTERM to.
    pub pid: u32,
}

/// What `sim` prints: where it listens, or why it doesn't.
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
    pub faults: Vec<Explained>,
}

/// One fault.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Explained {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// The hazards that it reproduces.
    pub hazards: &'static [u8],
    /// Whether the simulated gateway does it unasked, as the real one does.
    pub always: bool,
    /// What it does.
    pub explanation: &'static str,
}

/// Explains every fault.
pub fn list_faults() -> Outcome<Faults> {
    let explained = |fault: &crate::sim::FaultInfo| Explained {
        name: fault.name,
        form: fault.form,
        hazards: fault.hazards,
        always: fault.always,
        explanation: fault.explanation,
    };
    let faults = FAULTS.iter().map(explained).collect();
    Outcome::judged(Faults { faults }, Verdict::Pass, false)
}

/// What really executed on a book, in order.
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
