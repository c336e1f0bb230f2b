//! Memory and CPU, beside what is expected and what is an alert.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

use super::findings::Found;

const MB: f64 = 1e6;
/// Memory that is expected, in MB.
const EXPECTED_MB: f64 = 20.0;
/// Memory past which it is an alert, in MB.
const ALERT_MB: f64 = 50.0;

/// CPU that is expected, in per cent of one.
const EXPECTED_PERCENT: f64 = 1.0;
/// CPU past which it is an alert, in per cent of one.
const ALERT_PERCENT: f64 = 5.0;

/// Better than expected is a pass, worse wants a look, past the alert's threshold it fails.
pub(super) fn judge(figure: f64, expected: f64, alert: f64, found: String) -> Found {
    if figure > alert {
        Found::fail(found)
    } else if figure > expected {
        Found::warn(found)
    } else {
        Found::pass(found)
    }
}

pub(super) fn judge_memory(whose: &str, bytes: u64) -> Found {
    let mb = bytes as f64 / MB;
    judge(mb, EXPECTED_MB, ALERT_MB, format!("{mb:.1} MB, {whose}"))
}

pub(super) fn judge_cpu(whose: &str, used: Duration, span: Duration) -> Found {
    let percent = 100.0 * used.as_secs_f64() / span.as_secs_f64().max(f64::EPSILON);
    let found = format!(
        "{percent:.2} %, {whose}: {:.0} ms within {:.1} s",
        used.as_secs_f64() * 1e3,
        span.as_secs_f64()
    );
    judge(percent, EXPECTED_PERCENT, ALERT_PERCENT, found)
}

/// The most memory that this process ever had, in bytes.
pub(super) fn own_memory() -> Option<u64> {
    // Linux counts what a process's parent had into its `ru_maxrss`; this is the process alone.
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        return high_water(&status);
    }
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    u64::try_from(usage.max_rss()).ok()
}

/// From the text of `/proc/self/status` (proc(5)), where it stands in KiB.
fn high_water(status: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The CPU time that this process has used so far.
pub(super) fn own_cpu() -> Option<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let micros = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec().saturating_mul(1_000_000).saturating_add(time.tv_usec()));
    u64::try_from(micros.iter().sum::<i64>()).ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn better_than_expected_passes_and_past_the_threshold_fails() {
        let memory = |mb: u64| judge_memory("x", mb * 1_000_000).status;
        assert_eq!([memory(5), memory(20)], [Status::Pass, Status::Pass]);
        assert_eq!(
            [memory(21), memory(50), memory(51)],
            [Status::Warn, Status::Warn, Status::Fail]
        );
        let cpu = |ms| {
            let (used, span) = (Duration::from_millis(ms), Duration::from_secs(10));
            judge_cpu("x", used, span).status
        };
        assert_eq!([cpu(0), cpu(100)], [Status::Pass, Status::Pass]);
        assert_eq!([cpu(101), cpu(500), cpu(501)], [Status::Warn, Status::Warn, Status::Fail]);
    }

    #[test]
    fn reads_the_high_water_mark_as_the_kernel_writes_it() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t   13512 kB\nVmRSS:\t 1 kB\n"), Some(13_836_288));
        assert_eq!(high_water("VmRSS:\t 1 kB\n"), None);
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(own_memory().unwrap() > 1 << 20);
        assert!(own_cpu().is_some());
    }
}
