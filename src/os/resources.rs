//! Memory and CPU use of the engine, or of runs of this tool.
//!
//! A CPU share is measured between two samples: a mean since the start would hide an engine that began to spin an hour
//! ago. So the first sample has no share.

use std::collections::HashMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

/// One reading of a process or unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it was taken, on the monotonic clock.
    pub at: Duration,
    /// Resident memory in bytes.
    pub memory_bytes: Option<u64>,
    /// CPU time since the start of the process or unit.
    pub cpu: Option<Duration>,
}

/// Memory and CPU use of a process or unit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Usage {
    /// The unit's name, or the run as `PID-RUN`.
    pub of: String,
    /// Memory in bytes; null where it isn't counted.
    pub memory_bytes: Option<u64>,
    /// Share of one CPU since the previous sample, in percent; null for the first sample, and where it isn't counted.
    pub cpu_percent: Option<f64>,
}

/// Keeps the last sample of each process or unit, to compute CPU shares.
#[derive(Debug, Default)]
pub struct Meter {
    last: HashMap<String, Sample>,
}

impl Meter {
    /// Returns the use since the previous samples. Forgets every process and unit that has no sample now.
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

/// `None` where no time has passed, and where the process or unit was restarted in between.
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
    fn a_cpu_share_covers_the_time_between_two_samples() {
        let mut meter = Meter::default();
        let mut look = |at, cpu| {
            let samples = vec![("engine".to_owned(), sample(at, cpu))];
            meter.read(samples)[0].cpu_percent
        };
        // An hour of work before the first sample doesn't count.
        assert_eq!(look(100, Some(3_600_000)), None);
        assert_eq!(look(110, Some(3_600_600)), Some(6.0));
        assert_eq!(look(110, Some(3_600_600)), None);
        // After a restart; then without accounting.
        assert_eq!(look(120, Some(5)), None);
        assert_eq!(look(130, None), None);
    }

    #[test]
    fn a_process_without_a_sample_is_forgotten() {
        let mut meter = Meter::default();
        meter.read(vec![("7-a".to_owned(), sample(0, Some(0)))]);
        meter.read(Vec::new());
        assert_eq!(meter.read(vec![("7-a".to_owned(), sample(9, Some(9)))])[0].cpu_percent, None);
    }
}
