//! Checks of five figures against their expected value and their alert threshold: sync, retry, accuracy, memory, CPU.

use std::time::Duration;

use super::Audit;
use super::engine_unit::EngineUnit;
use crate::check::Check;
use crate::os::process;

const MB: f64 = 1e6;
/// Expected memory, in MB.
const EXPECTED_MB: f64 = 20.0;
/// Expected CPU, in per cent of one.
const EXPECTED_PERCENT: f64 = 1.0;

/// Whether the CPU time of this process is to be measured, as it is where there is no engine unit.
pub(super) fn measures_own_cpu(audit: &Audit<'_>) -> bool {
    matches!(audit.engine, EngineUnit::None(_))
        && audit.findings.wants_code("baseline.cpu")
        && !audit.options.selection.is_offline()
}

/// Checks memory and CPU of the engine's unit; without a unit, this process's own. `own_cpu` is the CPU time of a sync and
/// a retry.
pub(super) fn check(audit: &mut Audit<'_>, own_cpu: Option<Duration>) {
    let (options, deps, limits) = (audit.options, audit.deps, &audit.options.thresholds);
    let (engine, findings) = (&audit.engine, &mut audit.findings);
    findings.add("baseline.memory", || match (engine, process::own_memory()) {
        (EngineUnit::None(_), Some(bytes)) => {
            judge_memory("this process", bytes, limits.memory_bytes)
        }
        (EngineUnit::None(_), None) => Check::not_reached("not reported by this system"),
        (unit, _) => unit.check_memory(limits.memory_bytes),
    });
    let (window, alert) = (options.cpu_window, limits.cpu_percent);
    findings.add("baseline.cpu", || match (engine, own_cpu) {
        (EngineUnit::None(_), Some(used)) => {
            judge_cpu("a sync and a retry of this process", used, window, alert)
        }
        (EngineUnit::None(_), None) if options.selection.is_offline() => {
            Check::not_applicable("with --skip link there is no sync to measure")
        }
        (EngineUnit::None(_), None) => Check::not_reached("the gateway gave no sync to measure"),
        (unit, _) => unit.check_cpu(window, alert, deps),
    });
}

/// Passes up to the expected figure, warns above it, and fails above the alert threshold.
fn judge(figure: f64, expected: f64, alert: f64, found: String) -> Check {
    if figure > alert {
        Check::fail(found)
    } else if figure > expected {
        Check::warn(found)
    } else {
        Check::pass(found)
    }
}

pub(super) fn judge_time(took: Duration, expected: Duration, alert: Duration) -> Check {
    let found = format!("{:.0} ms", took.as_secs_f64() * 1e3);
    judge(took.as_secs_f64(), expected.as_secs_f64(), alert.as_secs_f64(), found)
        .expecting(format!("at most {expected:?}; alert above {alert:?}"))
}

/// `alert` is in bytes.
pub(super) fn judge_memory(whose: &str, bytes: u64, alert: u64) -> Check {
    let mb = bytes as f64 / MB;
    let alert = alert as f64 / MB;
    judge(mb, EXPECTED_MB, alert, format!("{mb:.1} MB, {whose}"))
        .expecting(format!("at most {EXPECTED_MB} MB; alert above {alert} MB"))
}

/// `alert` is in per cent of one CPU.
pub(super) fn judge_cpu(whose: &str, used: Duration, span: Duration, alert: f64) -> Check {
    let percent = 100.0 * used.as_secs_f64() / span.as_secs_f64().max(f64::EPSILON);
    let found = format!(
        "{percent:.2} %, {whose}: {:.0} ms within {:.1} s",
        used.as_secs_f64() * 1e3,
        span.as_secs_f64()
    );
    judge(percent, EXPECTED_PERCENT, alert, found)
        .expecting(format!("at most {EXPECTED_PERCENT} %; alert above {alert} %"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;

    #[test]
    fn better_than_expected_passes_and_past_the_threshold_fails() {
        let memory = |mb: u64| judge_memory("x", mb * 1_000_000, 50_000_000).status;
        assert_eq!([memory(5), memory(20)], [Status::Pass, Status::Pass]);
        assert_eq!(
            [memory(21), memory(50), memory(51)],
            [Status::Warn, Status::Warn, Status::Fail]
        );
        let cpu = |ms| {
            let (used, span) = (Duration::from_millis(ms), Duration::from_secs(10));
            judge_cpu("x", used, span, 5.0).status
        };
        assert_eq!([cpu(0), cpu(100)], [Status::Pass, Status::Pass]);
        assert_eq!([cpu(101), cpu(500), cpu(501)], [Status::Warn, Status::Warn, Status::Fail]);
    }
}
