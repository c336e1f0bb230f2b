//! Memory and CPU, beside what is expected and what is an alert.

use std::time::Duration;

use super::findings::Found;

const MB: f64 = 1e6;
/// Memory that is expected, in MB.
const EXPECTED_MB: f64 = 20.0;
/// CPU that is expected, in per cent of one.
const EXPECTED_PERCENT: f64 = 1.0;

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

/// `alert` is in bytes.
pub(super) fn judge_memory(whose: &str, bytes: u64, alert: u64) -> Found {
    let mb = bytes as f64 / MB;
    let alert = alert as f64 / MB;
    judge(mb, EXPECTED_MB, alert, format!("{mb:.1} MB, {whose}"))
        .expected(format!("at most {EXPECTED_MB} MB; alert past {alert} MB"))
}

/// `alert` is in per cent of one CPU.
pub(super) fn judge_cpu(whose: &str, used: Duration, span: Duration, alert: f64) -> Found {
    let percent = 100.0 * used.as_secs_f64() / span.as_secs_f64().max(f64::EPSILON);
    let found = format!(
        "{percent:.2} %, {whose}: {:.0} ms within {:.1} s",
        used.as_secs_f64() * 1e3,
        span.as_secs_f64()
    );
    judge(percent, EXPECTED_PERCENT, alert, found)
        .expected(format!("at most {EXPECTED_PERCENT} %; alert past {alert} %"))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

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
