//! `drift`: has what the strategy sees moved away from what it was made for? Once, with the bins; a watch over a canary
//! asks the same each hour.

pub mod metrics;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::guard::drift::psi::{Bin, Bins, Psi};
use crate::guard::drift::sample::{self, Source};
use crate::guard::drift::{CannotJudge, DriftState, Limits};
use crate::report::{Outcome, Verdict};

/// What is compared.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the strategy was made for.
    pub reference: Source,
    /// What it sees now.
    pub current: Source,
    /// Where the limits stand.
    pub limits: Limits,
}

/// How far the one lies from the other.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// What the comparison says.
    pub state: DriftState,
    /// The Population Stability Index, where it could be worked out.
    pub psi: Option<f64>,
    /// What two samples of these sizes show on average when nothing has moved.
    pub psi_noise: Option<f64>,
    /// From here on it is worth a look.
    pub psi_watch: f64,
    /// From here on it is drift.
    pub psi_drift: f64,
    /// The reference.
    pub reference: SampleReport,
    /// The current sample.
    pub current: SampleReport,
    /// The reference's bins, from the lowest on.
    pub bins: Vec<Bin>,
    /// Why it cannot be judged.
    pub why: Option<String>,
}

/// One sample.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SampleReport {
    /// Its file.
    pub path: PathBuf,
    /// The CSV column or JSONL field that was read.
    pub field: Option<String>,
    /// How many values it holds, where it could be read.
    pub values: Option<usize>,
}

/// Reads both samples and compares them. What cannot be judged is no pass.
pub fn run(options: &Options) -> Outcome<Report> {
    let (reference, current) = (sample::read(&options.reference), sample::read(&options.current));
    let report_of = |source: &Source, values: Option<usize>| SampleReport {
        path: source.path.clone(),
        field: source.field.clone(),
        values,
    };
    let mut report = Report {
        state: DriftState::CannotBeJudged,
        psi: None,
        psi_noise: None,
        psi_watch: options.limits.watch,
        psi_drift: options.limits.drift,
        reference: report_of(
            &options.reference,
            reference.as_ref().ok().map(|sample| sample.values.len()),
        ),
        current: report_of(
            &options.current,
            current.as_ref().ok().map(|sample| sample.values.len()),
        ),
        bins: vec![],
        why: None,
    };
    let compared = || -> Result<Psi, CannotJudge> {
        let (reference, current) = (reference?, current?);
        Ok(Bins::new(&reference.values)?.compare(&current.values)?)
    };
    match compared() {
        Ok(psi) => {
            report.state = DriftState::of(psi.value, options.limits);
            (report.psi, report.psi_noise) = (Some(psi.value), Some(psi.noise));
            report.bins = psi.bins;
        }
        Err(why) => report.why = Some(why.to_string()),
    }
    let verdict = match report.state {
        DriftState::Stable => Verdict::Pass,
        DriftState::Watch => Verdict::Warn,
        DriftState::Drift => Verdict::Fail,
        DriftState::CannotBeJudged => Verdict::Unknown,
    };
    Outcome::judged(report, verdict, false)
}
