//! `evidence verify`: whether the records are what was written.
//!
//! The head that it reports is to be noted elsewhere: given later as an anchor, it shows that nothing up to it was
//! rewritten, which the files alone can't.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::failure;
use crate::evidence::chain::Step;
use crate::evidence::damage::{Damage, Remark, RemarkKind};
use crate::evidence::{Evidence, EvidenceError, Head};
use crate::report::{Outcome, Verdict};

/// So many damages, and remarks, are listed; they are counted beyond it.
const LISTED: usize = 1000;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the records are.
    pub evidence: Evidence,
    /// A head that was noted earlier: the chain must hold it.
    pub anchor: Option<Head>,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The file of records.
    pub path: PathBuf,
    /// How many records could be read whose own hash is right.
    pub records: u64,
    /// The last record's number and hash, to be noted as an anchor; null where it could not be read.
    pub head: Option<Head>,
    /// The anchor that was looked for.
    pub anchor: Option<Head>,
    /// The damages, in the order in which they show; at most 1000.
    pub damages: Vec<Damage>,
    /// How many there are in all.
    pub damage_count: u64,
    /// What wants a look and is no damage; at most 1000.
    pub remarks: Vec<Remark>,
    /// How many there are in all.
    pub remark_count: u64,
}

/// Walks along the whole chain.
pub fn run(options: &Options) -> Outcome<Report> {
    match walk(options) {
        Ok(outcome) => outcome,
        Err(error) => Outcome::failed(failure(&error)),
    }
}

fn walk(options: &Options) -> Result<Outcome<Report>, EvidenceError> {
    let mut report = Report {
        path: options.evidence.path().to_owned(),
        records: 0,
        head: None,
        anchor: options.anchor,
        damages: Vec::new(),
        damage_count: 0,
        remarks: Vec::new(),
        remark_count: 0,
    };
    let mut set_back = 0_u64;
    let mut chain = options.evidence.walk(options.anchor)?;
    for step in chain.by_ref() {
        match step? {
            Step::Record(_) => report.records += 1,
            Step::Damage(damage) => {
                report.damage_count += 1;
                if report.damages.len() < LISTED {
                    report.damages.push(damage);
                }
            }
            Step::Remark(remark) => {
                report.remark_count += 1;
                set_back += u64::from(remark.kind == RemarkKind::TimeWentBack);
                if report.remarks.len() < LISTED {
                    report.remarks.push(remark);
                }
            }
        }
    }
    report.head = chain.reached();
    let mut warnings = Vec::new();
    if report.records == 0 && report.damage_count == 0 {
        warnings.push(format!("nothing is recorded in {}", report.path.display()));
    }
    if set_back > 0 {
        warnings.push(format!("the machine's clock was set back before {set_back} records"));
    }
    let verdict = match (report.damage_count, warnings.is_empty()) {
        (0, true) => Verdict::Pass,
        (0, false) => Verdict::Warn,
        _ => Verdict::Fail,
    };
    let mut outcome = Outcome::judged(report, verdict, false);
    outcome.warnings = warnings;
    Ok(outcome)
}
