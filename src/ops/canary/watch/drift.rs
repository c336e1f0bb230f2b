//! Reads the drift samples of a watched position: before the order, then each hour.

use std::time::Duration;

use super::Samples;
use crate::check::{Check, Status};
use crate::guard::drift::{DriftReading, DriftState, DriftWatch};

/// Time between two readings, as the plan prescribes.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The samples, and their last reading.
#[derive(Debug)]
pub(in crate::ops::canary) struct HourlyDrift {
    watch: DriftWatch,
    pub(super) last: DriftReading,
    next: Option<Duration>,
}

impl HourlyDrift {
    /// Reads both samples for the first time.
    pub(in crate::ops::canary) fn new(samples: &Samples) -> Self {
        let Samples { reference, current, limits } = samples.clone();
        let mut watch = DriftWatch::new(&reference, current, limits);
        let last = watch.compare_current();
        Self { watch, last, next: None }
    }

    /// The new reading, where one is due: the first at once, then one an hour.
    pub(super) fn read_if_due(&mut self, now: Duration) -> Option<&DriftReading> {
        match self.next {
            None => {}
            Some(next) if now < next => return None,
            Some(_) => self.last = self.watch.compare_current(),
        }
        // Counted from the due time: an outage doesn't move the hours.
        self.next = Some(self.next.unwrap_or(now) + INTERVAL);
        Some(&self.last)
    }

    /// The guard before a watched order. Drift forbids it; a sample that cannot be judged is a warning.
    pub(in crate::ops::canary) fn guard(drift: Option<&Self>) -> Check {
        const EXPECTED: &str = "a current sample that is like the reference";
        let (status, found) = match drift {
            None => (Status::Info, "drift: not watched".to_owned()),
            Some(drift) => {
                let status = match drift.last.state {
                    DriftState::Stable => Status::Pass,
                    DriftState::Watch | DriftState::CannotBeJudged => Status::Warn,
                    DriftState::Drift => Status::Fail,
                };
                (status, describe(&drift.last))
            }
        };
        Check::new(status, found)
            .named("drift")
            .expecting(EXPECTED)
            .with_remedy("mt5crs drift shows the bins")
    }
}

/// A reading in words.
fn describe(reading: &DriftReading) -> String {
    let word = reading.state.word();
    let psi = reading.psi.map_or(String::new(), |psi| format!(", PSI {psi:.3}"));
    let why = reading.why.as_ref().map_or(String::new(), |why| format!(": {why}"));
    format!("{word}{psi}{why}")
}
