//! `evidence verify`: checks that the records are unaltered and complete.
//!
//! The head that it reports is to be noted elsewhere: given later as an anchor, it shows that nothing up to it was
//! rewritten, which the files alone can't.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::evidence::chain::Step;
use crate::evidence::damage::{Damage, Remark, RemarkKind};
use crate::evidence::{Evidence, Head};
use crate::failure::Failure;
use crate::report::Outcome;

/// Number of damages, and of remarks, that are listed; the rest is counted.
const LISTED: usize = 1000;

/// Options of the verification.
#[derive(Debug, Clone)]
pub struct Options {
    /// The records.
    pub evidence: Evidence,
    /// A head that was noted earlier and must be part of the chain.
    pub anchor: Option<Head>,
}

/// The result of the verification.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Report {
    /// The file of records.
    pub path: PathBuf,
    /// Number of readable records whose own hash is right.
    pub records: u64,
    /// Number and hash of the last record, to be noted as an anchor; null where it could not be read.
    pub head: Option<Head>,
    /// The given anchor.
    pub anchor: Option<Head>,
    /// The damages, in the order of the walk; at most 1000.
    pub damages: Vec<Damage>,
    /// Number of damages in all.
    pub damage_count: u64,
    /// Peculiarities that are no damage; at most 1000.
    pub remarks: Vec<Remark>,
    /// Number of peculiarities in all.
    pub remark_count: u64,
}

/// Walks along the whole chain.
pub fn run(options: &Options) -> Outcome<Report> {
    walk(options).unwrap_or_else(Outcome::failed)
}

fn walk(options: &Options) -> Result<Outcome<Report>, Failure> {
    let path = options.evidence.path().to_owned();
    let mut report = Report { path, anchor: options.anchor, ..Report::default() };
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
    let no_evidence = report.records == 0 && report.damage_count == 0;
    if no_evidence {
        warnings.push(format!("no record is in {}", report.path.display()));
    }
    if set_back > 0 {
        let records = if set_back == 1 { "record" } else { "records" };
        warnings.push(format!("the machine's clock was set back before {set_back} {records}"));
    }
    // Bytes that are no record are no evidence; a fresh directory holds none.
    let is_junk = no_evidence && report.remark_count > 0;
    let verdict = match (report.damage_count, warnings.is_empty()) {
        (0, true) => Verdict::Pass,
        (0, false) if !is_junk => Verdict::Warn,
        _ => Verdict::Fail,
    };
    Ok(Outcome { warnings, ..Outcome::judged(report, verdict, false) })
}
