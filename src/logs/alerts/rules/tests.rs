use super::records::{OpenOrder, OpenPosition, Recorded};
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
    let (begin, failed) = (began(A), ended(1));
    let lines: &[(u64, u32, &str)] =
        &[(0, 1, &begin), (1, 2, &begin), (2, 3, &begin), (3, 3, &failed)];
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

const HEALTHY: &str = "Guardian HEALTHY after 1s (0 errors, drift not watched)";

fn of(command: &str, profile: &str) -> String {
    format!("Run Run began: mt5crs 0.1.0 {command} of {A} for {profile}")
}

fn ended(code: u8) -> String {
    format!("Run Run ended: exit code {code} after 5 ms")
}

/// Whether each crash is still active, by process.
fn crashes(lines: &[(u64, u32, &str)], alive: &[u32]) -> Vec<(u32, bool)> {
    let mut rules = rules(lines);
    rules.look_for_crashes(&|pid, _| alive.contains(&pid));
    let pid = |alert: &Alert| alert.run.as_ref().unwrap().split_once('-').unwrap().0.parse();
    rules.alerts().iter().map(|alert| (pid(alert).unwrap(), alert.is_active())).collect()
}

#[test]
fn a_crash_is_over_after_the_next_good_run_of_that_command_and_profile() {
    let (ours, theirs, other) = (of("sync", "a"), of("sync", "b"), of("audit", "a"));
    let after =
        |began: &str, end: &str| crashes(&[(0, 1, &ours), (9, 2, began), (10, 2, end)], &[])[0];
    assert_eq!(after(&ours, &ended(0)), (1, false));
    assert_eq!(after(&ours, &ended(3)), (1, true));
    assert_eq!(after(&theirs, &ended(0)), (1, true));
    assert_eq!(after(&other, &ended(0)), (1, true));
    // Two crashed, and both stay in the list.
    let both = [(0, 1, &*ours), (1, 2, &ours), (2, 3, &ours), (3, 3, &ended(0))];
    assert_eq!(crashes(&both, &[]), [(1, false), (2, false)]);
    // An earlier run doesn't show that the crashed one was mended.
    let earlier = [(0, 2, &*ours), (1, 1, &ours), (2, 2, &ended(0))];
    assert_eq!(crashes(&earlier, &[]), [(1, true)]);
    // It lived on after the good run, so its crash came later.
    let later = [(0, 1, &*ours), (1, 2, &ours), (2, 2, &ended(0)), (3, 1, BALANCE)];
    assert_eq!(crashes(&later, &[]), [(1, true)]);
}

#[test]
fn every_end_of_a_canary_that_got_past_its_lock_counts() {
    let canary = of("canary", "a");
    let refused = "Gateway ERROR_CODE open-canary: one is open";
    let after = |lines: &[(u64, u32, &str)]| {
        let all = [&[(0, 1, &*canary), (5, 2, &canary)], lines].concat();
        crashes(&all, &[2])[0]
    };
    for code in [1, 3, 4, 5, 7, 8] {
        assert_eq!(after(&[(6, 2, refused), (7, 2, &ended(code))]), (1, false), "{code}");
    }
    // Another canary held the lock: it may be the one that crashed later.
    assert_eq!(after(&[(7, 2, &ended(5))]), (1, true));
    // A watch that goes on is healthy.
    assert_eq!(after(&[(6, 2, HEALTHY)]), (1, false));
    assert_eq!(after(&[(6, 2, "Guardian WARNING after 1s: slow")]), (1, true));
    // A halted close is no good run.
    let close = of("emergency-close", "a");
    let close = [(0, 1, &*close), (1, 2, &close), (2, 2, HEALTHY), (3, 2, &ended(8))];
    assert_eq!(crashes(&close, &[]), [(1, true)]);
}

#[test]
fn an_answer_ends_the_crash_of_a_link_watch() {
    let watch = of("link-test", "a");
    let latency = "LinkTest Latency: P50 1.000 ms, P90 1.500 ms, max 3.000 ms of 1 round trips";
    let again = [(0, 1, &*watch), (5, 2, &watch), (6, 2, latency)];
    assert_eq!(crashes(&again, &[2]), [(1, false)]);
    let silent = [(0, 1, &*watch), (5, 2, &watch), (6, 2, NO_CONNECTION)];
    assert_eq!(crashes(&silent, &[2]), [(1, true)]);
}

#[test]
fn an_acknowledged_crash_is_over_and_names_the_person() {
    let ack = "Logs Acknowledged: run 1-aaaaaaaa by ann: killed by hand";
    let other = "Logs Acknowledged: run 7-aaaaaaaa by ann";
    let canary = of("canary", "a");
    assert_eq!(crashes(&[(0, 1, &canary), (5, 9, other)], &[]), [(1, true)]);
    let mut rules = rules(&[(0, 1, &canary), (5, 9, ack)]);
    rules.look_for_crashes(&|_, _| false);
    assert_eq!(names(&rules), [("run-crashed", false)]);
    let message = &rules.alerts()[0].message;
    assert!(message.ends_with("; acknowledged by ann: killed by hand"), "{message}");
    // The crash was reported before.
    let mut rules = self::rules(&[(0, 1, &canary)]);
    rules.look_for_crashes(&|_, _| false);
    rules.take_changes();
    let line = format!("2026-01-17T01:00:00.000000+00:00 INFO [9-aaaaaaaa] {ack}");
    rules.see(&Event::parse(line.as_bytes()).unwrap());
    let changes = rules.take_changes();
    assert_eq!((changes.len(), changes[0].is_active()), (1, false));
    assert!(changes[0].message.contains("acknowledged by ann"), "{changes:?}");
}

const NOT_FLAT: &str = "EmergencyClose NOT FLAT: 1 closed, 1 not proved closed: timeout";
const NOT_CLOSED: &str =
    "EmergencyClose NOT FLAT: 0 closed, 2 not proved closed of those asked for: timeout";
const FLAT: &str = "EmergencyClose FLAT: 1 closed";

fn left(ticket: u64) -> String {
    format!("EmergencyClose NOT PROVED CLOSED: {ticket} EURUSD BUY 0.1 lots: why")
}

fn closed(ticket: u64) -> String {
    format!("EmergencyClose closed: {ticket} EURUSD BUY 0.1 lots: why")
}

#[test]
fn only_a_proved_flat_of_the_profile_ends_a_close_of_everything() {
    let (ours, theirs) = (of("emergency-close", "a"), of("emergency-close", "b"));
    let start = [(0, 1, &*ours), (1, 1, NOT_FLAT), (2, 1, &ended(8))];
    let after = |began: &str, line: &str| {
        let lines = [&start[..], &[(9, 2, began), (10, 2, line)]].concat();
        names(&rules(&lines))
    };
    assert_eq!(names(&rules(&start)), [("not-flat", true)]);
    assert_eq!(after(&ours, FLAT), [("not-flat", false)]);
    assert_eq!(after(&theirs, FLAT), [("not-flat", true)]);
    // A close of some tickets proves nothing about the others, and a synchronized state is no flat one.
    assert_eq!(after(&ours, &closed(7)), [("not-flat", true)]);
    let sync = "StateReconciler State synchronized: 0 positions recovered";
    assert_eq!(after(&ours, sync), [("not-flat", true)]);
}

#[test]
fn a_close_of_some_tickets_ends_when_each_of_them_is_closed() {
    let ours = of("emergency-close", "a");
    let (seven, eight) = (left(7), left(8));
    let start = [(0, 1, &*ours), (1, 1, &*seven), (1, 1, &*eight), (2, 1, NOT_CLOSED)];
    let after = |lines: &[&str]| {
        let more = lines.iter().map(|line| (10, 2, *line));
        let all: Vec<_> = start.into_iter().chain([(9, 2, &*ours)]).chain(more).collect();
        names(&rules(&all))
    };
    assert_eq!(after(&[&closed(7)]), [("not-flat", true)]);
    assert_eq!(after(&[&closed(7), &closed(8)]), [("not-flat", false)]);
    assert_eq!(after(&[FLAT]), [("not-flat", false)]);
    // Once everything was to be closed, nothing less is enough.
    assert_eq!(after(&[NOT_FLAT, &closed(7), &closed(8)]), [("not-flat", true)]);
    // Without the lines of the tickets, only a flat account is.
    let cut = rules(&[(2, 1, NOT_CLOSED), (3, 2, &closed(7))]);
    assert_eq!(names(&cut), [("not-flat", true)]);
}

#[test]
fn what_is_not_flat_is_carried_on() {
    let ours = of("emergency-close", "a");
    let (seven, eight) = (left(7), left(8));
    let before = rules(&[(0, 1, &ours), (1, 1, &seven), (1, 1, &eight), (2, 1, NOT_CLOSED)]).open();
    let stored = serde_json::to_string(&before).unwrap();
    let mut rules = Rules::resume(THRESHOLDS, serde_json::from_str(&stored).unwrap());
    let see = |rules: &mut Rules, text: &str| {
        let line = format!("2026-01-17T01:00:00.000000+00:00 INFO [1-aaaaaaaa] {text}");
        rules.see(&Event::parse(line.as_bytes()).unwrap());
    };
    see(&mut rules, &closed(7));
    assert_eq!(names(&rules), [("not-flat", true)]);
    see(&mut rules, &closed(8));
    assert_eq!(names(&rules), [("not-flat", false)]);
    // It is as old as its lines.
    let later = "2026-01-18T00:00:00Z".parse().unwrap();
    assert!(Rules::resume(THRESHOLDS, before.since(later)).alerts().is_empty());
}

#[test]
fn what_the_records_leave_open_is_an_alert_until_they_dont() {
    let now = "2026-01-17T04:00:00Z".parse().unwrap();
    let since = "2026-01-17T03:00:00Z".parse().unwrap();
    let run = "aaaaaaaa-0000-4000-8000-000000000000".to_owned();
    let order = |why: Option<&str>| OpenOrder { run: run.clone(), since, why: why.map(Into::into) };
    let open = |is_watched, orders| {
        let position = OpenPosition { ticket: 7, run: run.clone(), since, kept_open: true };
        Recorded { endpoint: Some(A.to_owned()), orders, positions: vec![position], is_watched }
    };
    let mut rules = Rules::new(THRESHOLDS);
    rules.see_records(&open(true, vec![]), now);
    assert_eq!(names(&rules), []);
    rules.see_records(&open(false, vec![order(None)]), now);
    let both = [("outcome-unknown", true), ("position-unwatched", true)];
    assert_eq!(names(&rules), both);
    let alert = &rules.alerts()[1];
    assert_eq!((alert.since, alert.endpoint.as_deref()), (since, Some(A)));
    assert!(alert.message.contains("position 7") && alert.message.contains("nobody watches it"));
    // The order is resolved; then the position is adopted.
    rules.see_records(&open(false, vec![]), now);
    assert_eq!(names(&rules), [("outcome-unknown", false), ("position-unwatched", true)]);
    rules.see_records(&open(true, vec![]), now);
    assert_eq!(names(&rules), [("outcome-unknown", false), ("position-unwatched", false)]);
}

#[test]
fn an_order_that_its_canary_is_still_at_work_on_is_not_unknown() {
    let now = "2026-01-17T04:00:00Z".parse().unwrap();
    let order = |run: &str, why: Option<&str>| Recorded {
        orders: vec![OpenOrder { run: run.into(), since: now, why: why.map(Into::into) }],
        is_watched: true,
        ..Recorded::default()
    };
    let ours = "aaaaaaaa-0000-4000-8000-000000000000";
    let after = |recorded: &Recorded| {
        let mut rules = rules(&[(0, 1, &of("canary", "a"))]);
        rules.see_records(recorded, now);
        names(&rules)
    };
    assert_eq!(after(&order(ours, None)), []);
    let unknown = [("outcome-unknown", true)];
    assert_eq!(after(&order(ours, Some("no list holds it"))), unknown);
    assert_eq!(after(&order("bbbbbbbb-0000-4000-8000-000000000000", None)), unknown);
    assert_eq!(after(&Recorded { is_watched: false, ..order(ours, None) }), unknown);
}
