use super::*;
use crate::logs::alerts::engine::Engine;
use crate::os::resources::Usage;

/// The default settings.
pub(in crate::logs::alerts) const THRESHOLDS: Thresholds = Thresholds {
    failed_syncs: 2,
    silence: Duration::from_secs(10),
    sync: Duration::from_secs(3),
    retry: Duration::from_secs(9),
    memory_bytes: 50_000_000,
    cpu_percent: 5.0,
};

const A: &str = "tcp://10.0.0.5:5555";
const B: &str = "tcp://10.0.0.6:5555";

/// Log lines: seconds since midnight, process, and the text after the stamp.
fn rules(lines: &[(u64, u32, &str)]) -> Rules {
    let mut rules = Rules::new(THRESHOLDS);
    for (second, pid, text) in lines {
        let level = if text.contains("failed") { "WARN" } else { "INFO" };
        let time = format!(
            "2026-01-17T{:02}:{:02}:{:02}.000000+00:00",
            second / 3600,
            second / 60 % 60,
            second % 60
        );
        let line = format!("{time} {level} [{pid}-aaaaaaaa] {text}");
        if let Some(event) = Event::parse(line.as_bytes()) {
            rules.see(&event);
        }
    }
    rules
}

fn names(rules: &Rules) -> Vec<(&'static str, bool)> {
    rules.alerts().iter().map(|alert| (alert.rule.name(), alert.is_active())).collect()
}

fn began(endpoint: &str) -> String {
    format!("Run Run began: mt5crs 0.1.0 sync of {endpoint}")
}

const FAILED: &str = "StateReconciler State synchronization failed: no reply";
const OK: &str = "StateReconciler State synchronized: 2 positions recovered";
const NO_CONNECTION: &str = "Gateway Connection failed: e: no reply";
const BALANCE: &str = "Account Balance: 200.00 USD; equity 200.00";
const ENDED: &str = "Run Run ended: exit code 0 after 5 ms";

#[test]
fn one_failed_sync_is_no_alert_and_two_in_a_row_are() {
    assert_eq!(names(&rules(&[(0, 1, FAILED)])), []);
    assert_eq!(names(&rules(&[(0, 1, FAILED), (9, 2, OK), (20, 3, FAILED)])), []);
    let two = rules(&[(0, 1, FAILED), (60, 2, FAILED), (120, 3, FAILED)]);
    assert_eq!(names(&two), [("sync-failing", true)]);
    let alert = &two.alerts()[0];
    assert_eq!(alert.message, "3 start-up syncs in a row failed");
    assert_eq!(alert.since, "2026-01-17T00:00:00Z".parse().unwrap());
    assert_eq!(alert.raised_at, "2026-01-17T00:01:00Z".parse().unwrap());
    assert_eq!(alert.lines.len(), 3);
    let over = rules(&[(0, 1, FAILED), (60, 2, FAILED), (120, 3, OK)]);
    assert_eq!(names(&over), [("sync-failing", false)]);
}

#[test]
fn foreign_lines_neither_trip_nor_hide_a_rule() {
    let mut rules = Rules::new(THRESHOLDS);
    let ours = "2026-01-17T00:00:00.000000+00:00 ERROR [1-aaaaaaaa] StateReconciler State synchronization failed: x";
    let again = ours.replace("[1-", "[2-");
    for line in [
        "State synchronization failed",
        ours,
        "State synchronized: 5 positions recovered",
        "ERROR StateReconciler State synchronized: 5 positions recovered",
        &format!("unfinished {again}"),
    ] {
        if let Some(event) = Event::parse(line.as_bytes()) {
            rules.see(&event);
        }
    }
    assert_eq!(names(&rules), [("sync-failing", true)]);
}

#[test]
fn ten_seconds_without_an_answer_count_from_the_runs_begin() {
    let begin = began(A);
    let silent = |last| {
        rules(&[
            (0, 1, &begin),
            (3, 1, NO_CONNECTION),
            (7, 1, NO_CONNECTION),
            (last, 1, NO_CONNECTION),
        ])
    };
    assert_eq!(names(&silent(9)), []);
    assert_eq!(names(&silent(10)), [("gateway-silent", true)]);
    assert_eq!(silent(10).alerts()[0].endpoint.as_deref(), Some(A));
}

#[test]
fn an_answer_ends_silence_and_a_watchs_silence_begins_with_its_failure() {
    let begin = began(A);
    let watched = rules(&[
        (0, 1, &begin),
        (1, 1, BALANCE),
        (60, 1, NO_CONNECTION),
        (65, 1, BALANCE),
        (120, 1, NO_CONNECTION),
        (129, 1, NO_CONNECTION),
    ]);
    assert_eq!(names(&watched), []);
    let silent = rules(&[
        (0, 1, &begin),
        (1, 1, BALANCE),
        (60, 1, NO_CONNECTION),
        (70, 1, NO_CONNECTION),
        (80, 1, BALANCE),
    ]);
    assert_eq!(names(&silent), [("gateway-silent", false)]);
}

#[test]
fn one_gateway_never_hides_or_trips_another() {
    let (a, b) = (began(A), began(B));
    let both = rules(&[
        (0, 1, &a),
        (1, 1, FAILED),
        (1, 1, ENDED),
        (2, 2, &b),
        (3, 2, OK),
        (3, 2, ENDED),
        (4, 3, &a),
        (5, 3, FAILED),
        (5, 3, ENDED),
    ]);
    assert_eq!(names(&both), [("sync-failing", true)]);
    let apart = rules(&[
        (0, 1, &a),
        (1, 1, FAILED),
        (1, 1, ENDED),
        (2, 2, &b),
        (3, 2, FAILED),
        (3, 2, ENDED),
    ]);
    assert_eq!(names(&apart), []);
}

#[test]
fn a_mismatch_is_an_alert_at_once() {
    let text = "StateReconciler State synchronization failed: ticket-set-stable";
    assert_eq!(names(&rules(&[(0, 1, text)])), [("positions-mismatch", true)]);
    assert_eq!(names(&rules(&[(0, 1, text), (5, 2, OK)])), [("positions-mismatch", false)]);
}

#[test]
fn a_run_that_never_ended_crashed_unless_it_is_alive() {
    let begin = began(A);
    let lines: &[(u64, u32, &str)] =
        &[(0, 1, &begin), (1, 2, &begin), (2, 3, &begin), (3, 3, ENDED)];
    let mut rules = rules(lines);
    rules.look_for_crashes(&|pid, _| pid == 1);
    assert_eq!(names(&rules), [("run-crashed", true)]);
    assert!(rules.alerts()[0].message.contains("2-aaaaaaaa (sync)"), "{:?}", rules.alerts());
    rules.look_for_crashes(&|pid, _| pid == 1);
    assert_eq!(rules.alerts().len(), 1, "raised once");
}

#[test]
fn slow_syncs_are_an_alert_until_one_is_fast() {
    let begin = began(A);
    let slow = rules(&[(0, 1, &begin), (4, 1, OK)]);
    assert_eq!(names(&slow), [("sync-slow", true)]);
    let fast = rules(&[(0, 1, &begin), (4, 1, OK), (9, 2, &begin), (12, 2, OK)]);
    assert_eq!(names(&fast), [("sync-slow", false)]);
    let retried = rules(&[(0, 1, &begin), (1, 1, NO_CONNECTION), (11, 1, OK)]);
    assert_eq!(names(&retried), [("sync-slow", true), ("retry-slow", true)]);
}

#[test]
fn a_clock_that_jumps_back_never_makes_a_silence() {
    let begin = began(A);
    let lines: &[(u64, u32, &str)] =
        &[(7200, 1, &begin), (7203, 1, NO_CONNECTION), (3600, 1, NO_CONNECTION)];
    assert_eq!(names(&rules(lines)), []);
}

#[test]
fn a_crashed_engine_unit_is_an_alert_until_systemd_reports_it_healthy() {
    let mut rules = Rules::new(THRESHOLDS);
    let now = "2026-01-17T04:00:00Z".parse().unwrap();
    let engine = |result: &str, restarts| Engine {
        unit: "engine.service".into(),
        active_state: "active".into(),
        result: result.into(),
        restarts: Some(restarts),
    };
    rules.see_engine(&engine("success", 0), now);
    assert!(rules.take_changes().is_empty());
    rules.see_engine(&engine("success", 1), now);
    rules.see_engine(&engine("success", 1), now);
    assert_eq!(rules.take_changes().len(), 1);
    rules.see_engine(&engine("success", 2), now);
    assert!(rules.take_changes()[0].message.contains("2 times"));
    rules.see_engine(&engine("success", 0), now);
    assert_eq!(names(&rules), [("engine-crashed", false)]);
}

#[test]
fn high_usage_is_an_alert_until_it_falls_or_the_process_is_gone() {
    let mut rules = Rules::new(THRESHOLDS);
    let now = "2026-01-17T04:00:00Z".parse().unwrap();
    let usage = |of: &str, memory_bytes, cpu_percent| Usage {
        of: of.to_owned(),
        memory_bytes,
        cpu_percent,
    };
    // The limit itself is allowed, and a figure that isn't counted raises no alert.
    rules.see_usage(&[usage("engine", Some(50_000_000), Some(5.0)), usage("7-a", None, None)], now);
    assert!(rules.take_changes().is_empty());
    let busy = [usage("engine", Some(50_000_001), Some(5.1)), usage("7-a", Some(60_000_000), None)];
    rules.see_usage(&busy, now);
    let raised = [("memory-high", true), ("cpu-high", true), ("memory-high", true)];
    assert_eq!(names(&rules), raised);
    assert_eq!(rules.take_changes().len(), 3);
    assert_eq!(rules.alerts()[1].message, "engine uses 5.1 % of a CPU, more than 5 %");
    // Another figure is no change.
    rules.see_usage(&[usage("engine", Some(70_000_000), Some(9.0)), busy[1].clone()], now);
    assert!(rules.take_changes().is_empty());
    assert!(rules.alerts()[0].message.contains("uses 70.0 MB"));
    // The run ended, and the engine uses less CPU. Its memory is unknown, which clears nothing.
    rules.see_usage(&[usage("engine", None, Some(1.0))], now);
    let over = [("memory-high", true), ("cpu-high", false), ("memory-high", false)];
    assert_eq!(names(&rules), over);
}
