//! `logs presets`: the searches that have names.

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::logs::search::preset::{PRESETS, Preset};
use crate::report::Outcome;

/// The searches that have names.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// All of them.
    pub presets: &'static [Preset],
}

/// Lists all of them.
pub fn run() -> Outcome<Report> {
    Outcome::judged(Report { presets: PRESETS }, Verdict::Pass, false)
}
