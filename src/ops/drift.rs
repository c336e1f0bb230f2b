//! `drift`: do the strategy's current inputs still have the distribution of its reference sample?
//!
//! Compares once and shows the bins; a canary's watch makes the same comparison each hour.

pub mod metrics;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::guard::drift::psi::{Bin, Bins, Psi};
use crate::guard::drift::sample::{self, Sample, Source, Unreadable};
use crate::guard::drift::{CannotJudge, DriftState, Limits};
use crate::report::Outcome;

/// Options of a comparison.
#[derive(Debug, Clone)]
pub struct Options {
    /// The reference sample.
    pub reference: Source,
    /// The current sample.
    pub current: Source,
    /// Limits of the Population Stability Index (PSI).
    pub limits: Limits,
}

/// Result of a comparison.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The state that the index stands for.
    pub state: DriftState,
    /// The Population Stability Index; null where it could not be computed.
    pub psi: Option<f64>,
    /// The average index of two samples of these sizes from one distribution.
    pub psi_noise: Option<f64>,
    /// From this index on the state is `watch`.
    pub psi_watch: f64,
    /// From this index on the state is `drift`.
    pub psi_drift: f64,
    /// The reference sample.
    pub reference: SampleReport,
    /// The current sample.
    pub current: SampleReport,
    /// The reference's bins, lowest first.
    pub bins: Vec<Bin>,
    /// The reason why the samples cannot be compared.
    pub why: Option<String>,
}

/// One sample.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SampleReport {
    /// Its file's path.
    pub path: PathBuf,
    /// The CSV column or JSONL field that was read.
    pub field: Option<String>,
    /// Number of its values; null where it could not be read.
    pub values: Option<usize>,
}

/// Reads both samples and compares them. Samples that cannot be compared leave the verdict unknown.
pub fn run(options: &Options) -> Outcome<Report> {
    let (reference, current) = (sample::read(&options.reference), sample::read(&options.current));
    let report_of = |source: &Source, sample: &Result<Sample, Unreadable>| SampleReport {
        path: source.path.clone(),
        field: source.field.clone(),
        values: sample.as_ref().ok().map(|sample| sample.values.len()),
    };
    let mut report = Report {
        state: DriftState::CannotBeJudged,
        psi: None,
        psi_noise: None,
        psi_watch: options.limits.watch,
        psi_drift: options.limits.drift,
        reference: report_of(&options.reference, &reference),
        current: report_of(&options.current, &current),
        bins: vec![],
        why: None,
    };
    let compared = || -> Result<Psi, CannotJudge> {
        let (reference, current) = (reference?, current?);
        Ok(Bins::new(&reference.values)?.compare(&current.values)?)
    };
    match compared() {
        Ok(psi) => {
            report.state = DriftState::from_index(psi.value, options.limits);
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
