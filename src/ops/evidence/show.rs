//! `evidence show`: lists the recorded runs.
//!
//! Runs with something open are always shown, however old. Damaged records are shown with a warning.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Row, damage_warning};
use crate::evidence::Evidence;
use crate::evidence::body::Begin;
use crate::evidence::book::Book;
use crate::failure::Failure;
use crate::report::Outcome;

/// Options of the list.
#[derive(Debug, Clone)]
pub struct Options {
    /// The records.
    pub evidence: Evidence,
    /// Number of runs shown that have nothing open: the last ones.
    pub last: usize,
}

/// The runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The file of records.
    pub path: PathBuf,
    /// The owner of the evidence, where one is recorded.
    pub owner: Option<Begin>,
    /// Number of records.
    pub records: u64,
    /// The runs, by the time of their first records.
    pub runs: Vec<Row>,
    /// Number of older runs, with nothing open, that are not shown.
    pub not_shown: u64,
    /// Number of runs with an order that is not settled.
    pub unresolved: usize,
    /// Number of canary positions that are not proved closed.
    pub open: usize,
}

/// Reads the records and sorts them by run.
pub fn run(options: &Options) -> Outcome<Report> {
    read(options).unwrap_or_else(Outcome::failed)
}

fn read(options: &Options) -> Result<Outcome<Report>, Failure> {
    let book = Book::read(options.evidence.walk([])?, options.last)?;
    let report = Report {
        path: options.evidence.path().to_owned(),
        owner: book.owner.clone(),
        records: book.records,
        runs: book.runs().map(Row::from).collect(),
        not_shown: book.dropped(),
        unresolved: book.runs().filter(|run| !run.intents.is_empty()).count(),
        open: book.open_canaries().count(),
    };
    let mut warnings = Vec::from_iter(damage_warning("this list", book.damages));
    if report.unresolved > 0 {
        warnings.push(format!(
            "orders without a proved outcome: {}; mt5crs sync asks the gateway, and mt5crs evidence resolve records a person's statement",
            report.unresolved
        ));
    }
    Ok(Outcome::warned(report, warnings))
}
