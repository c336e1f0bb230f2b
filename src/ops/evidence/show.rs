//! `evidence show`: the runs that the records tell of.
//!
//! Runs of which something is open are always shown, however old. Damaged records are shown for what they are worth,
//! with a warning.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Row, failure};
use crate::evidence::Evidence;
use crate::evidence::EvidenceError;
use crate::evidence::book::Book;
use crate::evidence::chain::Step;
use crate::report::{Outcome, Verdict};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the records are.
    pub evidence: Evidence,
    /// How many of the runs that have nothing open are shown: the last ones.
    pub last: usize,
}

/// The runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The file of records.
    pub path: PathBuf,
    /// Whose evidence it is, where that is recorded.
    pub owner: Option<Owner>,
    /// How many records there are.
    pub records: u64,
    /// The runs, in the order in which they began.
    pub runs: Vec<Row>,
    /// How many older runs, that have nothing open, are not shown.
    pub not_shown: u64,
    /// How many runs have an order that is not settled.
    pub unresolved: usize,
    /// How many positions of canaries are not proved closed.
    pub open: usize,
}

/// Whose evidence it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Owner {
    /// The endpoint as it was configured then.
    pub endpoint: String,
    /// The profile, where one was named.
    pub profile: Option<String>,
    /// The account's currency, where it was read.
    pub currency: Option<String>,
    /// The account's number, where the gateway reported it.
    pub login: Option<String>,
    /// The broker's server, where the gateway reported it.
    pub server: Option<String>,
}

/// Reads the records and sorts them by run.
pub fn run(options: &Options) -> Outcome<Report> {
    match read(options) {
        Ok(outcome) => outcome,
        Err(error) => Outcome::failed(failure(&error)),
    }
}

fn read(options: &Options) -> Result<Outcome<Report>, EvidenceError> {
    let mut book = Book::new(options.last);
    let mut records = 0;
    let mut damages = 0_u64;
    for step in options.evidence.walk(None)? {
        match step? {
            Step::Record(record) => {
                records += 1;
                book.add(*record);
            }
            Step::Damage(_) => damages += 1,
            Step::Remark(_) => {}
        }
    }
    let report = Report {
        path: options.evidence.path().to_owned(),
        owner: book.owner.as_ref().map(|owner| Owner {
            endpoint: owner.endpoint.clone(),
            profile: owner.profile.clone(),
            currency: owner.currency.clone(),
            login: owner.login.clone(),
            server: owner.server.clone(),
        }),
        records,
        runs: book.runs().map(Row::of).collect(),
        not_shown: book.forgotten(),
        unresolved: book.runs().filter(|run| !run.intents.is_empty()).count(),
        open: book.open_canaries().count(),
    };
    let mut warnings = Vec::new();
    if damages > 0 {
        warnings.push(format!(
            "the records are damaged in {damages} places, and what is shown can't be relied on: mt5crs evidence verify names them"
        ));
    }
    if report.unresolved > 0 {
        let runs = report.unresolved;
        warnings.push(format!(
            "nothing is proved of the order of {runs} runs: mt5crs sync asks the gateway; what it can't tell, mt5crs evidence resolve settles"
        ));
    }
    let verdict = if warnings.is_empty() { Verdict::Pass } else { Verdict::Warn };
    let mut outcome = Outcome::judged(report, verdict, false);
    outcome.warnings = warnings;
    Ok(outcome)
}
