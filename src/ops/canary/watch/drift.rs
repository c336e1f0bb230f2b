//! Drift as a watch has it: looked at before the order, then each hour.

use std::time::Duration;

use super::Samples;
use crate::guard::drift::{DriftWatch, Look, State};
use crate::report::{Check, Status};

/// From one look to the next, as the plan has it.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The samples, and what the last look at them said.
#[derive(Debug)]
pub(in crate::ops::canary) struct Hourly {
    watch: DriftWatch,
    pub(super) last: Look,
    next: Option<Duration>,
}

impl Hourly {
    /// Reads both samples for the first time.
    pub(in crate::ops::canary) fn begin(samples: &Samples) -> Self {
        let Samples { reference, current, limits } = samples.clone();
        let mut watch = DriftWatch::begin(&reference, current, limits);
        let last = watch.look();
        Self { watch, last, next: None }
    }

    /// What is new: the first look once, then one an hour.
    pub(super) fn due(&mut self, now: Duration) -> Option<&Look> {
        match self.next {
            None => {}
            Some(next) if now < next => return None,
            Some(_) => self.last = self.watch.look(),
        }
        // From when it was due: an outage just then doesn't move the hours.
        self.next = Some(self.next.unwrap_or(now) + INTERVAL);
        Some(&self.last)
    }

    /// The guard before an order that is to be watched. Drift forbids it; drift that cannot be judged is a warning.
    pub(in crate::ops::canary) fn guard(drift: Option<&Self>) -> Check {
        const EXPECTED: &str = "a current sample that is like the reference";
        let (status, found) = match drift {
            None => (Status::Info, "drift: not watched".to_owned()),
            Some(drift) => {
                let status = match drift.last.state {
                    State::Stable => Status::Pass,
                    State::Watch | State::CannotBeJudged => Status::Warn,
                    State::Drift => Status::Fail,
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

/// A look in words.
fn describe(look: &Look) -> String {
    let word = look.state.word();
    let psi = look.psi.map_or(String::new(), |psi| format!(", PSI {psi:.3}"));
    let why = look.why.as_ref().map_or(String::new(), |why| format!(": {why}"));
    format!("{word}{psi}{why}")
}
