//! What the engine, or a run of ours, holds of memory and uses of the processor.
//!
//! The processor's share is measured between two looks: a mean since the start would hide an engine that began to spin
//! an hour ago. So the first look has none.

use std::collections::HashMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

/// What was read of something at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When, on the monotonic clock.
    pub at: Duration,
    /// What it holds, in bytes.
    pub memory_bytes: Option<u64>,
    /// The processor time that it has used since it was started.
    pub cpu: Option<Duration>,
}

/// What something holds and uses.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Usage {
    /// The unit, or the run as `PID-RUN`.
    pub of: String,
    /// What it holds, in bytes; null where that isn't counted.
    pub memory_bytes: Option<u64>,
    /// Its share of one processor since the look before, in percent; null at the first look, and where it isn't counted.
    pub cpu_percent: Option<f64>,
}

/// Remembers the last look at each.
#[derive(Debug, Default)]
pub struct Meter {
    last: HashMap<String, Sample>,
}

impl Meter {
    /// Takes what was read now, and says what that comes to. Whatever isn't among it any more is forgotten.
    pub fn read(&mut self, samples: Vec<(String, Sample)>) -> Vec<Usage> {
        let usage = samples.iter().map(|(of, sample)| Usage {
            of: of.clone(),
            memory_bytes: sample.memory_bytes,
            cpu_percent: self.last.get(of).and_then(|last| share(last, sample)),
        });
        let usage = usage.collect();
        self.last = samples.into_iter().collect();
        usage
    }
}

/// None where no time has passed, and where it was started anew in between.
fn share(from: &Sample, to: &Sample) -> Option<f64> {
    let used = to.cpu?.checked_sub(from.cpu?)?;
    let passed = to.at.checked_sub(from.at).filter(|passed| !passed.is_zero())?;
    Some(100.0 * used.as_secs_f64() / passed.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_s: u64, cpu_ms: Option<u64>) -> Sample {
        Sample {
            at: Duration::from_secs(at_s),
            memory_bytes: Some(1),
            cpu: cpu_ms.map(Duration::from_millis),
        }
    }

    #[test]
    fn the_processors_share_is_of_the_time_between_two_looks() {
        let mut meter = Meter::default();
        let mut look = |at, cpu| {
            let samples = vec![("engine".to_owned(), sample(at, cpu))];
            meter.read(samples)[0].cpu_percent
        };
        // An hour of work before the first look says nothing of now.
        assert_eq!(look(100, Some(3_600_000)), None);
        assert_eq!(look(110, Some(3_600_600)), Some(6.0));
        assert_eq!(look(110, Some(3_600_600)), None);
        // Started anew; then without accounting.
        assert_eq!(look(120, Some(5)), None);
        assert_eq!(look(130, None), None);
    }

    #[test]
    fn what_was_gone_for_a_look_begins_anew() {
        let mut meter = Meter::default();
        meter.read(vec![("7-a".to_owned(), sample(0, Some(0)))]);
        meter.read(Vec::new());
        assert_eq!(meter.read(vec![("7-a".to_owned(), sample(9, Some(9)))])[0].cpu_percent, None);
    }
}
