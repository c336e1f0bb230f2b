//! Compares the present market with the market that the strategy was built for.
//!
//! A reference sample and a current one, both from files ([`sample`]), are compared by the Population Stability Index
//! ([`psi`]). The index has two limits: watch and drift. A sample that is missing, too small or not numeric cannot be
//! judged, which never counts as stable.
//!
//! The index of two samples of one distribution is not 0: with ten bins and 200 values each it is 0.09 on average. It
//! reaches the first limit (0.10) in a third of such comparisons and the second (0.25) in 0.4 % of them, so the second
//! alone is called drift and counted. The average falls with the sample sizes: see [`psi::Psi::noise`].

pub mod psi;
pub mod sample;

use schemars::JsonSchema;
use serde::Serialize;

use self::psi::{Bins, Psi};
use self::sample::{Sample, Source, Unreadable};

/// The limits of the index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// An index of this or more needs watching.
    pub watch: f64,
    /// An index of this or more is drift.
    pub drift: f64,
}

/// The result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftState {
    /// Below both limits.
    Stable,
    /// At the watch limit or above.
    Watch,
    /// At the drift limit or above.
    Drift,
    /// No comparison was possible.
    CannotBeJudged,
}

impl DriftState {
    /// Judges an index by its limits.
    pub fn from_index(psi: f64, limits: Limits) -> Self {
        if psi >= limits.drift {
            Self::Drift
        } else if psi >= limits.watch {
            Self::Watch
        } else {
            Self::Stable
        }
    }

    /// The word on pages and in logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Watch => "watch",
            Self::Drift => "DRIFT",
            Self::CannotBeJudged => "cannot be judged",
        }
    }
}

/// Why two samples can't be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotJudge {
    /// A file can't be read as a sample.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    /// A sample holds too few values, or only one distinct value.
    #[error(transparent)]
    Sample(#[from] psi::Unfit),
    /// The current file has not changed since the last reading.
    #[error("the current sample has not changed since the last reading: nothing new can be judged")]
    Unchanged,
}

/// Compares one current file with the reference, again and again.
#[derive(Debug)]
pub struct DriftWatch {
    bins: Result<Bins, CannotJudge>,
    current: Source,
    limits: Limits,
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    values: usize,
    sha256: [u8; 32],
    state: DriftState,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DriftReading {
    /// The result.
    pub state: DriftState,
    /// The index, where it could be computed.
    pub psi: Option<f64>,
    /// Number of values in the current sample, where it could be read.
    pub current_values: Option<usize>,
    /// Why it cannot be judged, or a remark about the file.
    pub why: Option<String>,
}

impl DriftWatch {
    /// Reads the reference, which never changes.
    pub fn new(reference: &Source, current: Source, limits: Limits) -> Self {
        let bins = sample::read(reference)
            .map_err(CannotJudge::from)
            .and_then(|sample| Ok(Bins::new(&sample.values)?));
        Self { bins, current, limits, last: None }
    }

    /// Reads the current file and compares it.
    pub fn compare_current(&mut self) -> DriftReading {
        let sample = match sample::read(&self.current) {
            Ok(sample) => sample,
            Err(error) => return unjudged(&error.into(), None),
        };
        let count = sample.values.len();
        let psi = match self.compare(&sample) {
            Ok(psi) => psi,
            Err(why) => return unjudged(&why, Some(count)),
        };
        let state = DriftState::from_index(psi.value, self.limits);
        let mut reading =
            DriftReading { state, psi: Some(psi.value), current_values: Some(count), why: None };
        let last = self.last.replace(Last { values: count, sha256: sample.sha256, state });
        match last {
            // Drift lasts until a new sample shows otherwise; an old "stable" says nothing about now.
            Some(last) if last.sha256 == sample.sha256 && last.state != DriftState::Drift => {
                reading.state = DriftState::CannotBeJudged;
                reading.why = Some(CannotJudge::Unchanged.to_string());
            }
            Some(last) if count < last.values => {
                reading.why =
                    Some(format!("the file shrank from {} values to {count}", last.values));
            }
            _ => {}
        }
        reading
    }

    fn compare(&self, sample: &Sample) -> Result<Psi, CannotJudge> {
        let bins = self.bins.as_ref().map_err(Clone::clone)?;
        Ok(bins.compare(&sample.values)?)
    }
}

fn unjudged(why: &CannotJudge, current_values: Option<usize>) -> DriftReading {
    let why = Some(why.to_string());
    DriftReading { state: DriftState::CannotBeJudged, psi: None, current_values, why }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const LIMITS: Limits = Limits { watch: 0.10, drift: 0.25 };

    /// A reference from 1 to 200, and a current file that the test writes.
    struct ScratchHistory {
        _dir: tempfile::TempDir,
        current: PathBuf,
        watch: DriftWatch,
    }

    fn numbers(range: std::ops::RangeInclusive<u32>) -> String {
        range.map(|number| format!("{number}\n")).collect()
    }

    impl ScratchHistory {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let (reference, current) = (dir.path().join("then.txt"), dir.path().join("now.txt"));
            std::fs::write(&reference, numbers(1..=200)).unwrap();
            let source = |path: &PathBuf| Source { path: path.clone(), field: None };
            let watch = DriftWatch::new(&source(&reference), source(&current), LIMITS);
            Self { _dir: dir, current, watch }
        }

        fn look(&mut self, text: &str) -> DriftReading {
            std::fs::write(&self.current, text).unwrap();
            self.watch.compare_current()
        }
    }

    #[test]
    fn a_limit_includes_its_own_value() {
        assert_eq!(DriftState::from_index(0.0999, LIMITS), DriftState::Stable);
        assert_eq!(DriftState::from_index(0.10, LIMITS), DriftState::Watch);
        assert_eq!(DriftState::from_index(0.2499, LIMITS), DriftState::Watch);
        assert_eq!(DriftState::from_index(0.25, LIMITS), DriftState::Drift);
    }

    #[test]
    fn an_unchanged_sample_cannot_be_judged_again() {
        let mut place = ScratchHistory::new();
        assert_eq!(place.look(&numbers(1..=200)).state, DriftState::Stable);
        let again = place.look(&numbers(1..=200));
        assert_eq!(again.state, DriftState::CannotBeJudged);
        assert!(again.why.unwrap().contains("not changed"));
        // Drift stays drift.
        assert_eq!(place.look(&numbers(150..=400)).state, DriftState::Drift);
        assert_eq!(place.look(&numbers(150..=400)).state, DriftState::Drift);
    }

    #[test]
    fn a_file_that_shrinks_is_judged_with_a_remark() {
        let mut place = ScratchHistory::new();
        place.look(&numbers(1..=200).repeat(2));
        let shrunk = place.look(&numbers(1..=200));
        assert_eq!((shrunk.state, shrunk.current_values), (DriftState::Stable, Some(200)));
        assert_eq!(shrunk.why.as_deref(), Some("the file shrank from 400 values to 200"));
        let few = place.look(&numbers(1..=199));
        assert_eq!((few.state, few.psi), (DriftState::CannotBeJudged, None));
        assert!(few.why.unwrap().contains("199"), "names the count");
    }

    #[test]
    fn a_missing_or_textual_file_cannot_be_judged_until_it_is_mended() {
        let mut place = ScratchHistory::new();
        assert_eq!(place.watch.compare_current().state, DriftState::CannotBeJudged);
        assert_eq!(place.look(&numbers(1..=200)).state, DriftState::Stable);
        std::fs::remove_file(&place.current).unwrap();
        assert_eq!(place.watch.compare_current().state, DriftState::CannotBeJudged);
        let text = place.look("1\nNaN\n3\n");
        assert_eq!(text.state, DriftState::CannotBeJudged);
        assert!(text.why.unwrap().contains("line 2"));
        assert_eq!(place.look(&numbers(1..=201)).state, DriftState::Stable);
    }

    #[test]
    fn nothing_is_stable_without_a_reference() {
        let dir = tempfile::tempdir().unwrap();
        let current = dir.path().join("now.txt");
        std::fs::write(&current, numbers(1..=200)).unwrap();
        let source = |path: PathBuf| Source { path, field: None };
        let mut watch = DriftWatch::new(&source(dir.path().join("gone")), source(current), LIMITS);
        let look = watch.compare_current();
        assert_eq!((look.state, look.current_values), (DriftState::CannotBeJudged, Some(200)));
    }
}
