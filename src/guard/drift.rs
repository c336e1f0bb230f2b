//! Whether what the strategy sees now is still what it was made for.
//!
//! A reference sample and a current one, both from files ([`sample`]), are compared by the Population Stability Index
//! ([`psi`]). Two limits stand on it: from the first on it is watched, from the second on it is drift. A sample that is
//! missing, too small or holds what is no number is none of these: it cannot be judged, and that never passes for
//! "stable".
//!
//! The index of two samples of one distribution is not 0: with ten bins and 200 values each it is 0.09 on average. It
//! reaches the first limit (0.10) in a third of such comparisons and the second (0.25) in 0.4 % of them, so the second
//! alone is called drift and counted. Larger samples are quieter; [`psi::Psi::noise`] says how quiet.

pub mod psi;
pub mod sample;

use schemars::JsonSchema;
use serde::Serialize;

use self::psi::{Bins, Psi};
use self::sample::{Sample, Source, Unreadable};

/// Where the two limits stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// From here on it is watched.
    pub watch: f64,
    /// From here on it is drift.
    pub drift: f64,
}

/// What a comparison says, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Below both limits.
    Stable,
    /// Past the first.
    Watch,
    /// Past the second.
    Drift,
    /// There is nothing that could be compared; says nothing either way.
    CannotBeJudged,
}

impl State {
    /// The index held against its limits.
    pub fn of(psi: f64, limits: Limits) -> Self {
        if psi >= limits.drift {
            Self::Drift
        } else if psi >= limits.watch {
            Self::Watch
        } else {
            Self::Stable
        }
    }

    /// The word as people read it.
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
    /// A file is no sample.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    /// A sample holds too little, or one value alone.
    #[error(transparent)]
    Sample(#[from] psi::Unfit),
    /// The current file holds what it held at the last look, which was judged then.
    #[error("the current sample has not changed since the last look: nothing new can be judged")]
    Unchanged,
}

/// A watch over one current file, looked at again and again.
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
    state: State,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Look {
    /// What it says.
    pub state: State,
    /// The index, where it could be worked out.
    pub psi: Option<f64>,
    /// Values in the current sample, where it could be read.
    pub current_values: Option<usize>,
    /// Why it cannot be judged, or what else is odd about the file.
    pub why: Option<String>,
}

impl DriftWatch {
    /// Reads the reference, once: what the strategy was made for doesn't change.
    pub fn begin(reference: &Source, current: Source, limits: Limits) -> Self {
        let bins = sample::read(reference)
            .map_err(CannotJudge::from)
            .and_then(|sample| Ok(Bins::of(&sample.values)?));
        Self { bins, current, limits, last: None }
    }

    /// Reads the current file anew and compares it.
    pub fn look(&mut self) -> Look {
        let sample = match sample::read(&self.current) {
            Ok(sample) => sample,
            Err(error) => return cannot(&error.into(), None),
        };
        let count = sample.values.len();
        let psi = match self.compare(&sample) {
            Ok(psi) => psi,
            Err(why) => return cannot(&why, Some(count)),
        };
        let state = State::of(psi.value, self.limits);
        let mut look = Look { state, psi: Some(psi.value), current_values: Some(count), why: None };
        let last = self.last.replace(Last { values: count, sha256: sample.sha256, state });
        match last {
            // Drift that was seen still stands; that all was well an hour ago says nothing of now.
            Some(last) if last.sha256 == sample.sha256 && last.state != State::Drift => {
                look.state = State::CannotBeJudged;
                look.why = Some(CannotJudge::Unchanged.to_string());
            }
            Some(last) if count < last.values => {
                look.why = Some(format!("the file shrank from {} values to {count}", last.values));
            }
            _ => {}
        }
        look
    }

    fn compare(&self, sample: &Sample) -> Result<Psi, CannotJudge> {
        let bins = self.bins.as_ref().map_err(Clone::clone)?;
        Ok(bins.compare(&sample.values)?)
    }
}

fn cannot(why: &CannotJudge, current_values: Option<usize>) -> Look {
    let why = Some(why.to_string());
    Look { state: State::CannotBeJudged, psi: None, current_values, why }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const LIMITS: Limits = Limits { watch: 0.10, drift: 0.25 };

    /// A reference from 1 to 200, and a current file that the test writes.
    struct Place {
        _dir: tempfile::TempDir,
        current: PathBuf,
        watch: DriftWatch,
    }

    fn numbers(range: std::ops::RangeInclusive<u32>) -> String {
        range.map(|number| format!("{number}\n")).collect()
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let (reference, current) = (dir.path().join("then.txt"), dir.path().join("now.txt"));
            std::fs::write(&reference, numbers(1..=200)).unwrap();
            let source = |path: &PathBuf| Source { path: path.clone(), field: None };
            let watch = DriftWatch::begin(&source(&reference), source(&current), LIMITS);
            Self { _dir: dir, current, watch }
        }

        fn look(&mut self, text: &str) -> Look {
            std::fs::write(&self.current, text).unwrap();
            self.watch.look()
        }
    }

    #[test]
    fn limits_are_reached_and_not_only_passed() {
        assert_eq!(State::of(0.0999, LIMITS), State::Stable);
        assert_eq!(State::of(0.10, LIMITS), State::Watch);
        assert_eq!(State::of(0.2499, LIMITS), State::Watch);
        assert_eq!(State::of(0.25, LIMITS), State::Drift);
    }

    #[test]
    fn what_stands_still_is_not_stable_twice() {
        let mut place = Place::new();
        assert_eq!(place.look(&numbers(1..=200)).state, State::Stable);
        let again = place.look(&numbers(1..=200));
        assert_eq!(again.state, State::CannotBeJudged);
        assert!(again.why.unwrap().contains("not changed"));
        // Drift that nobody mended is drift again.
        assert_eq!(place.look(&numbers(150..=400)).state, State::Drift);
        assert_eq!(place.look(&numbers(150..=400)).state, State::Drift);
    }

    #[test]
    fn a_file_that_shrinks_is_judged_and_named() {
        let mut place = Place::new();
        place.look(&numbers(1..=200).repeat(2));
        let shrunk = place.look(&numbers(1..=200));
        assert_eq!((shrunk.state, shrunk.current_values), (State::Stable, Some(200)));
        assert_eq!(shrunk.why.as_deref(), Some("the file shrank from 400 values to 200"));
        let few = place.look(&numbers(1..=199));
        assert_eq!((few.state, few.psi), (State::CannotBeJudged, None));
        assert!(few.why.unwrap().contains("199"), "names the count");
    }

    #[test]
    fn a_file_that_is_gone_or_holds_text_cannot_be_judged_and_comes_back() {
        let mut place = Place::new();
        assert_eq!(place.watch.look().state, State::CannotBeJudged);
        assert_eq!(place.look(&numbers(1..=200)).state, State::Stable);
        std::fs::remove_file(&place.current).unwrap();
        assert_eq!(place.watch.look().state, State::CannotBeJudged);
        let text = place.look("1\nNaN\n3\n");
        assert_eq!(text.state, State::CannotBeJudged);
        assert!(text.why.unwrap().contains("line 2"));
        assert_eq!(place.look(&numbers(1..=201)).state, State::Stable);
    }

    #[test]
    fn without_a_reference_nothing_is_ever_stable() {
        let dir = tempfile::tempdir().unwrap();
        let current = dir.path().join("now.txt");
        std::fs::write(&current, numbers(1..=200)).unwrap();
        let source = |path: PathBuf| Source { path, field: None };
        let mut watch =
            DriftWatch::begin(&source(dir.path().join("gone")), source(current), LIMITS);
        let look = watch.look();
        assert_eq!((look.state, look.current_values), (State::CannotBeJudged, Some(200)));
    }
}
