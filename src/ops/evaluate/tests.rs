//! A watched day in virtual time, and what the page says of it, against a computation from the raw looks; then the same day
//! with planted faults, each of which must turn the verdict.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::SignedDuration;
use tempfile::TempDir;
use tracing::Level;
use uuid::Uuid;

use super::*;
use crate::clock::{Clock as _, Deadline, StopToken};
use crate::evidence::body::Body;
use crate::figures::{Look as FiguresLook, Recorder, Source as FiguresSource, Watcher};
use crate::guard::drift::sample::Source;
use crate::guard::{decision, drift};
use crate::harness::virtual_gateway::VirtualGateway;
use crate::logs::alerts::rules::Thresholds;
use crate::logs::search::places::Places;
use crate::logs::write::line::{Format, compose};
use crate::ops::canary::watch::{Monitor, Samples, Tick, WatchEvent, figures};
use crate::ops::canary::{self, Deps};
use crate::proof::intents::Records as OrderRecords;

const HOUR: Duration = Duration::from_secs(3600);
const ENDPOINT: &str = "tcp://simulated:5555";

/// A day's records and the looks that made them.
struct Day {
    dir: TempDir,
    ticks: Vec<Tick>,
    end: Timestamp,
}

/// What goes wrong in a day.
#[derive(Default, Clone, Copy)]
struct Planted {
    drift_in_hour: Option<u64>,
    engaged_after: Option<u64>,
    hours: u64,
}

fn numbers(range: std::ops::Range<u64>) -> String {
    range.map(|number| format!("{number}\n")).collect()
}

fn line(at: Timestamp, run: &str, text: &str) -> String {
    compose(Format::Text, at, Level::INFO, run, "StateReconciler", text)
}

/// A whole run in the log.
fn logged(at: Timestamp, run: &str, endpoint: &str, lines: &str) -> String {
    let of_run = |text: &str| compose(Format::Text, at, Level::INFO, run, "Run", text);
    let began = of_run(&format!("Run began: mt5crs 0.1.0 sync of {endpoint}"));
    began + lines + &of_run("Run ended: exit code 0 after 5 ms")
}

impl Day {
    fn watched(planted: Planted) -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let now = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        let slow = (1..14).map(|count| format!("delay:PING:70ms:#{}", 110 + count * 190));
        let faults: Vec<String> =
            ["delay:PING:20ms:103+".to_owned()].into_iter().chain(slow).collect();
        let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
        let gateway = VirtualGateway::start(3, &faults, now).unwrap();
        let clock = gateway.clock.clone();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            Source { path, field: None }
        };
        let every = Duration::from_secs(30);
        let limits = drift::Limits { watch: 0.10, drift: 0.25 };
        let reference = write("then.txt", &numbers(0..400));
        let current = write("now.txt", &numbers(0..400));
        let options = canary::Options {
            monitor: Some(Monitor {
                duration: HOUR * u32::try_from(planted.hours).unwrap(),
                interval: every,
                latency_warn: Duration::from_millis(90),
                drift: Some(Samples { reference, current, limits }),
            }),
            ..canary::Options::example(now, dir.path())
        };
        let run = Uuid::new_v4();
        let source = FiguresSource { run, by: Watcher::Canary, of: ENDPOINT.to_owned(), every };
        let mut recorder = Recorder::new(Store::at(dir.path(), None), source);
        let (mut ticks, mut last) = (vec![], 0);
        let deadline = Deadline::after(&clock, Duration::from_secs(120));
        let evidence = Evidence::at(dir.path().to_owned());
        let mut client = gateway.client(options.reads, deadline);
        let outcome = canary::run(
            &mut client,
            &options,
            &mut Deps {
                clock: &clock,
                deadline,
                records: OrderRecords { evidence: &evidence, run, patience: HOUR },
                permit: &|identity| gateway.permit_close(identity),
                confirm: &mut |_| Ok(()),
                stop: &StopToken::never(),
                hand_over: &|| false,
                keep_on_stop: &|| false,
                observe: &mut |event| {
                    let WatchEvent::Tick(tick) = event else { return };
                    let look = figures::of_look(tick, clock.monotonic());
                    assert!(look.simulated);
                    // As of a real gateway.
                    recorder.add(FiguresLook { simulated: false, ..look }).unwrap();
                    ticks.push(tick.clone());
                    // Between the hours, so that each reading finds what is new.
                    let half = tick.elapsed_ms / 1_800_000;
                    if half % 2 == 1 && std::mem::replace(&mut last, half) != half {
                        let hour = half / 2;
                        let is_drift = planted.drift_in_hour == Some(hour + 1);
                        let from = if is_drift { 200 } else { 0 };
                        write("now.txt", &numbers(from..from + 401 + hour));
                        if planted.engaged_after == Some(hour) {
                            fs::write(&options.kill_switch.files()[0], "{}").unwrap();
                        }
                    }
                },
                kill_point: &|_| {},
            },
        );
        recorder.finish().unwrap();
        assert!(outcome.report.is_some(), "{:?}", outcome.failure);
        let run = "4711-3f2a9c1b";
        let synchronized = line(now, run, "State synchronized: 3 positions recovered");
        let log = logged(now, run, ENDPOINT, &synchronized);
        fs::write(dir.path().join("VERIFY_LOG.log"), log).unwrap();
        Self { dir, ticks, end: clock.now() }
    }

    /// A day of 24 h without faults, watched once for all tests.
    fn good() -> &'static Self {
        static DAY: OnceLock<Day> = OnceLock::new();
        DAY.get_or_init(|| Self::watched(Planted { hours: 24, ..Planted::default() }))
    }

    /// A copy of the records, to be damaged.
    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join("figures")).unwrap();
        for below in [".", "figures"] {
            for entry in fs::read_dir(self.dir.path().join(below)).unwrap() {
                let entry = entry.unwrap();
                if entry.metadata().unwrap().is_file() {
                    fs::copy(entry.path(), copy.path().join(below).join(entry.file_name()))
                        .unwrap();
                }
            }
        }
        copy
    }

    fn options(&self, dir: &Path) -> Options {
        let now = self.end + SignedDuration::from_hours(50);
        let since = now - SignedDuration::from_hours(168);
        let thresholds = Thresholds {
            failed_syncs: 2,
            silence: Duration::from_secs(10),
            sync: Duration::from_secs(3),
            retry: Duration::from_secs(9),
            memory_bytes: 50_000_000,
            cpu_percent: 5.0,
        };
        Options {
            evidence: Evidence::at(dir.to_owned()),
            figures: Store::at(dir, None),
            logs: alerts::Options {
                places: Places::named(&[dir.join("VERIFY_LOG.log")]),
                carried: None,
                since,
                thresholds,
                cpu_window: None,
            },
            now,
            since,
            runs: vec![],
            limits: Limits::default(),
            rules_file: None,
            profile: None,
            max_lot: Decimal::new(1, 2),
            decision_out: None,
        }
    }

    fn evaluate(&self, dir: &Path) -> Outcome<Report> {
        run(&self.options(dir), &|_, _| false)
    }
}

#[track_caller]
fn report(outcome: Outcome<Report>) -> Report {
    outcome.report.unwrap_or_else(|| panic!("{:?}", outcome.failure))
}

/// The rules that don't pass.
fn not_passed(report: &Report) -> BTreeMap<&'static str, Verdict> {
    let others = report.rules.iter().filter(|rule| rule.answer != Verdict::Pass);
    others.map(|rule| (rule.name, rule.answer)).collect()
}

fn figures_file(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir.join("figures")).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

/// Rewrites the lines of the figures.
fn rewrite(dir: &Path, change: impl Fn(&str) -> Option<String>) {
    for path in figures_file(dir) {
        let text = fs::read_to_string(&path).unwrap();
        let lines: String = text.lines().filter_map(&change).map(|line| line + "\n").collect();
        fs::write(path, lines).unwrap();
    }
}

#[test]
fn a_good_day_is_a_go_with_the_figures_of_its_looks() {
    let day = Day::good();
    let outcome = day.evaluate(day.dir.path());
    let report = report(outcome);
    assert_eq!(report.answer, Answer::Go, "{:#?}", not_passed(&report));
    // Independently, from the raw looks.
    let ticks = &day.ticks;
    assert_eq!(report.looks, ticks.len() as u64);
    let mut trips: Vec<u64> = ticks.iter().filter_map(|tick| tick.rtt_us).collect();
    trips.sort_unstable();
    assert_eq!(report.latency.round_trips, trips.len() as u64);
    assert_eq!(report.latency.lost, (ticks.len() - trips.len()) as u64);
    let exact = |percent: usize| trips[(trips.len() * percent).div_ceil(100) - 1];
    for (found, percent) in [(report.latency.rtt_p50_us, 50), (report.latency.rtt_p99_us, 99)] {
        let (found, exact) = (found.unwrap(), exact(percent));
        assert!(found.abs_diff(exact) * 100 <= exact, "P{percent}: {found}, exactly {exact}");
    }
    let equity: Vec<Decimal> =
        ticks.iter().filter_map(|tick| Some(tick.equity.as_ref()?.value())).collect();
    let value = |money: &Option<Money>| money.as_ref().unwrap().value();
    assert_eq!(value(&report.money.equity_first), equity[0]);
    assert_eq!(value(&report.money.equity_last), *equity.last().unwrap());
    assert_eq!(value(&report.money.equity_min), *equity.iter().min().unwrap());
    assert_eq!(value(&report.money.equity_max), *equity.iter().max().unwrap());
    let mut peak = Decimal::MIN;
    let mut fall = Decimal::ZERO;
    for now in &equity {
        peak = peak.max(*now);
        fall = fall.max(peak - now);
    }
    assert_eq!(value(&report.money.drawdown), fall);
    assert!(fall > Decimal::ZERO, "the equity of a test has to move");
    let lasted = ticks.last().unwrap().elapsed_ms - ticks[0].elapsed_ms;
    assert_eq!(report.watched_ms, lasted);
    let of_hours = |of: fn(&Slice) -> u64| report.hours.iter().map(of).sum::<u64>();
    assert_eq!(of_hours(|hour| hour.looks), report.looks);
    assert_eq!(of_hours(|hour| hour.health_ms.iter().sum()), report.watched_ms);
    assert!((24..=26).contains(&report.hours.len()));
    for hour in &report.hours {
        let of_hour: Vec<&Tick> = ticks
            .iter()
            .filter(|tick| tick.at.as_second().div_euclid(3600) == hour.at.as_second() / 3600)
            .collect();
        assert_eq!(hour.looks, of_hour.len() as u64, "{hour:?}");
        let mut trips: Vec<u64> = of_hour.iter().filter_map(|tick| tick.rtt_us).collect();
        trips.sort_unstable();
        let exact = trips[trips.len().div_ceil(2) - 1];
        assert!(hour.rtt_p50_us.unwrap().abs_diff(exact) * 100 <= exact);
        let last = of_hour.last().unwrap().equity.as_ref().map(Money::value);
        assert_eq!(hour.equity_last.as_ref().map(Money::value), last);
    }
    assert_eq!((report.orders.len(), report.gaps.len()), (1, 0));
    assert_eq!(report.orders[0].outcome, OrderOutcome::Closed);
    assert_eq!(report.raise.next_coefficient.as_deref(), Some("0.2"));
    assert!(report.raise.next_margin.is_some(), "{:?}", report.raise);
    assert!(report.decision.is_none());
}

#[test]
fn a_lost_hour_is_not_enough_and_shown_as_a_gap() {
    let day = Day::good();
    let copy = day.copy();
    // A watch that was killed and taken up an hour later has no figures between.
    rewrite(copy.path(), |line| {
        (!line.contains("\"from\":\"2026-01-17T10:")).then(|| line.to_owned())
    });
    let report = report(day.evaluate(copy.path()));
    assert_eq!(report.answer, Answer::NotEnough);
    let others = not_passed(&report);
    assert_eq!(others.keys().copied().collect::<Vec<_>>(), ["gaps", "hours-watched"]);
    assert_eq!(report.gaps.len(), 1);
    let gap = &report.gaps[0];
    assert!((3_570_000..3_700_000).contains(&gap.lasted_ms), "{gap:?}");
    let incident = report.incidents.iter().find(|it| it.kind == IncidentKind::Gap).unwrap();
    assert_eq!(incident.at, gap.from);
    let hour = report.hours.iter().find(|hour| hour.at.to_string().contains("T10:")).unwrap();
    assert!(hour.unwatched_ms >= 3_500_000, "{hour:?}");
    assert!(
        report.missing.iter().any(|words| words.contains("nobody watched from 2026-01-17T09:59"))
    );
}

#[test]
fn a_halt_is_a_no_go() {
    let day = Day::watched(Planted { engaged_after: Some(1), hours: 3, ..Planted::default() });
    let report = report(day.evaluate(day.dir.path()));
    assert_eq!(report.answer, Answer::NoGo);
    assert_eq!(not_passed(&report)["halts"], Verdict::Fail);
    let incident = report.incidents.iter().find(|it| it.kind == IncidentKind::Halt).unwrap();
    assert!(incident.lines.iter().any(|line| line.contains("watch-end")), "{incident:?}");
}

#[test]
fn drift_in_one_hour_is_a_no_go() {
    let day = Day::watched(Planted { drift_in_hour: Some(7), hours: 24, ..Planted::default() });
    let report = report(day.evaluate(day.dir.path()));
    assert_eq!(report.answer, Answer::NoGo);
    assert_eq!(not_passed(&report), BTreeMap::from([("drift", Verdict::Fail)]));
    let drift: Vec<&Slice> = report.hours.iter().filter(|hour| hour.is_drift).collect();
    assert_eq!(drift.len(), 1);
    assert!(drift[0].psi.unwrap() >= 0.25 && drift[0].at.to_string().contains("T10:"), "{drift:?}");
    assert!(report.incidents.iter().any(|it| it.kind == IncidentKind::Drift));
}

#[test]
fn an_order_whose_outcome_is_not_proved_is_a_no_go() {
    let day = Day::good();
    let copy = day.copy();
    let evidence = Evidence::at(copy.path().to_owned());
    let intent = evidence.records().unwrap().find_map(|record| match record.unwrap().body {
        Some(Body::OpenIntent(intent)) => Some(intent),
        _ => None,
    });
    let clock = crate::clock::ManualClock::new(day.end);
    evidence.append(Uuid::new_v4(), &clock, &intent.unwrap().into(), HOUR).unwrap();
    let report = report(day.evaluate(copy.path()));
    assert_eq!(report.answer, Answer::NoGo);
    assert_eq!(not_passed(&report), BTreeMap::from([("unknown-orders", Verdict::Fail)]));
    assert!(report.incidents.iter().any(|it| it.kind == IncidentKind::UnknownOrder));
}

#[test]
fn damaged_evidence_is_a_no_go() {
    let day = Day::good();
    let copy = day.copy();
    let path = copy.path().join("evidence.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("AUDUSD", "AUDUSX", 1)).unwrap();
    let report = report(day.evaluate(copy.path()));
    assert_eq!(report.answer, Answer::NoGo);
    assert_eq!(not_passed(&report)["evidence-whole"], Verdict::Fail);
}

#[test]
fn no_records_are_not_enough() {
    let empty = tempfile::tempdir().unwrap();
    let outcome = Day::good().evaluate(empty.path());
    assert_eq!((outcome.verdict, outcome.exit.code()), (Verdict::Unknown, 1));
    let report = report(outcome);
    assert_eq!(report.answer, Answer::NotEnough);
    assert!(report.missing.iter().any(|words| words.contains("no record is in")));
    assert!(not_passed(&report).values().all(|answer| *answer == Verdict::Unknown));
}

#[test]
fn records_of_two_accounts_are_refused() {
    let day = Day::good();
    let copy = day.copy();
    rewrite(copy.path(), |line| match line.contains("T12:00:") {
        true => Some(line.replace(ENDPOINT, "tcp://other:5555")),
        false => Some(line.to_owned()),
    });
    let failure = day.evaluate(copy.path()).failure.unwrap();
    assert_eq!((failure.code(), failure.exit().code()), (Code::TwoAccounts, 2));
    assert!(failure.causes()[0].contains("tcp://other:5555"), "{failure:?}");
}

#[test]
fn a_clock_that_went_back_is_not_enough() {
    let day = Day::good();
    let copy = day.copy();
    let path = figures_file(copy.path())[0].clone();
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    // As if the clock had been set back between the two.
    let first = lines.remove(0);
    lines.insert(20, first);
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let report = report(day.evaluate(copy.path()));
    assert_eq!(report.answer, Answer::NotEnough);
    assert!(report.missing.iter().any(|words| words.contains("the clock went back by")));
}

#[test]
fn figures_of_a_newer_version_are_an_error_that_names_it() {
    let day = Day::good();
    let copy = day.copy();
    rewrite(copy.path(), |line| Some(line.replace("{\"v\":1,", "{\"v\":9,")));
    let failure = day.evaluate(copy.path()).failure.unwrap();
    assert_eq!(failure.code(), Code::FiguresNewer);
    assert!(failure.message().contains("version 9"), "{failure:?}");
}

#[test]
fn a_torn_line_of_figures_is_not_enough_and_the_rest_counts() {
    let day = Day::good();
    let copy = day.copy();
    let path = figures_file(copy.path())[0].clone();
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("{\"v\":1,\"from\":\"2026-01\n");
    fs::write(&path, text).unwrap();
    let report = report(day.evaluate(copy.path()));
    assert_eq!(not_passed(&report), BTreeMap::from([("figures-readable", Verdict::Unknown)]));
    assert_eq!(report.looks, day.ticks.len() as u64);
}

#[test]
fn a_go_writes_the_decision_that_a_canary_accepts_and_nothing_else_does() {
    let day = Day::good();
    let out = tempfile::tempdir().unwrap();
    let decision_out =
        DecisionOut { file: out.path().join("go.json"), approved_by: "An operator".to_owned() };
    let mut options = day.options(day.dir.path());
    options.decision_out = Some(decision_out.clone());
    let outcome = run(&options, &|_, _| false);
    assert_eq!(outcome.verdict, Verdict::Pass, "{:?}", outcome.failure);
    let written = report(outcome).decision.unwrap();
    let rules = decision::Rules {
        file: Some(written.file.clone()),
        expected_hash: Some(written.hash.clone()),
        report: Some(decision::read_report(&written.report)),
        max_age: HOUR,
    };
    let bytes = decision::read(&written.file).unwrap();
    let (accepted, checks) = decision::judge(&bytes, &rules, options.now);
    assert!(accepted.is_some(), "{checks:?}");
    // Not on a NO-GO.
    let copy = day.copy();
    let path = copy.path().join("evidence.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("AUDUSD", "AUDUSX", 1)).unwrap();
    let mut options = day.options(copy.path());
    let file = out.path().join("no.json");
    options.decision_out = Some(DecisionOut { file: file.clone(), ..decision_out });
    assert!(report(run(&options, &|_, _| false)).decision.is_none());
    assert!(!file.exists());
}

#[test]
fn rules_that_are_switched_off_buy_no_decision() {
    let day = Day::good();
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("go.json");
    let mut options = day.options(day.dir.path());
    options.limits = Limits::parse(
        "hours_watched = 0\nhours_passed = 0\nround_trips = 0\nsyncs = 0\nsync_percent = 0\n\
         drift_readings_per_hour = 0\nloss_percent = 100\nwarning_percent = 100\n",
    )
    .unwrap();
    options.decision_out =
        Some(DecisionOut { file: file.clone(), approved_by: "An operator".to_owned() });
    let outcome = run(&options, &|_, _| false);
    let failure = outcome.failure.unwrap();
    assert_eq!(failure.code(), Code::NotAdmitted, "{failure:?}");
    assert!(failure.causes()[0].contains("decision-confidence"), "{failure:?}");
    assert!(!file.exists());
}

#[test]
fn one_run_is_evaluated_by_its_prefix() {
    let day = Day::good();
    let mut options = day.options(day.dir.path());
    let run_id = report(run(&options, &|_, _| false)).orders[0].run.clone();
    options.runs = vec![run_id[..8].parse().unwrap()];
    assert_eq!(report(run(&options, &|_, _| false)).looks, day.ticks.len() as u64);
    options.runs = vec!["00000000".parse().unwrap()];
    assert_eq!(run(&options, &|_, _| false).failure.unwrap().code(), Code::UnknownRun);
}

#[test]
fn an_order_that_is_not_settled_counts_whatever_was_asked() {
    let day = Day::good();
    let copy = day.copy();
    let evidence = Evidence::at(copy.path().to_owned());
    let intent = evidence.records().unwrap().find_map(|record| match record.unwrap().body {
        Some(Body::OpenIntent(intent)) => Some(intent),
        _ => None,
    });
    let clock = crate::clock::ManualClock::new(day.end);
    evidence.append(Uuid::new_v4(), &clock, &intent.unwrap().into(), HOUR).unwrap();
    let mut options = day.options(copy.path());
    let run_id = report(day.evaluate(day.dir.path())).orders[0].run.clone();
    options.runs = vec![run_id[..8].parse().unwrap()];
    let report_of_run = report(run(&options, &|_, _| false));
    assert_eq!(not_passed(&report_of_run), BTreeMap::from([("unknown-orders", Verdict::Fail)]));
    // Outside of the period.
    let mut options = day.options(copy.path());
    options.since = day.end + SignedDuration::from_hours(1);
    let outside = report(run(&options, &|_, _| false));
    assert_eq!(not_passed(&outside)["unknown-orders"], Verdict::Fail);
}

#[test]
fn what_the_logs_hold_of_other_accounts_does_not_count() {
    let day = Day::good();
    let copy = day.copy();
    let now = day.end;
    let write = |text: &str| fs::write(copy.path().join("VERIFY_LOG.log"), text).unwrap();
    let sync = |run: &str| line(now, run, "State synchronized: 3 positions recovered");
    let failed = |run: &str| line(now, run, "State synchronization failed: no reply");
    let (own, other) = ("7-aaaaaaaa", "8-bbbbbbbb");
    let of_own = |lines: &str| logged(now, own, ENDPOINT, lines);
    let of_other = |lines: &str| logged(now, other, "tcp://other:5555", lines);
    let answers = |text: String| {
        write(&text);
        not_passed(&report(day.evaluate(copy.path())))
    };
    let missing = BTreeMap::from([("syncs", Verdict::Unknown), ("sync-success", Verdict::Unknown)]);
    // Another account's, and those of a run that nobody saw begin, are no success of this one.
    assert_eq!(answers(of_other(&sync(other))), missing);
    assert_eq!(answers(sync(own)), missing);
    assert_eq!(answers(of_own(&sync(own))), BTreeMap::new());
    let failures = failed(other) + &failed(other) + &failed(other);
    assert_eq!(answers(of_own(&sync(own)) + &of_other(&failures)), BTreeMap::new());
    let found = answers(of_own(&(sync(own) + &failed(own))));
    assert_eq!(found["sync-success"], Verdict::Fail);
}

#[test]
fn a_closed_order_whose_cost_is_not_known_is_not_judged_by_the_others() {
    let day = Day::good();
    let records = |options: &Options| {
        Records::read(&options.evidence, &[], options.since, options.now).unwrap()
    };
    let options = day.options(day.dir.path());
    let mut records = records(&options);
    let mut other = records.orders[0].clone();
    other.balance_before = None;
    records.orders.push(other);
    let judge = |limits: &Limits| {
        let judged = Judged {
            limits,
            records: &records,
            watched: &Watched::default(),
            history: &History::default(),
            hours_passed: 100.0,
            evidence: day.dir.path(),
        };
        judged.rules().into_iter().find(|rule| rule.name == "cost").unwrap()
    };
    let rule = judge(&Limits::default());
    assert_eq!(rule.answer, Verdict::Unknown, "{rule:?}");
    // One over the limit fails whatever the rest cost.
    let rule = judge(&Limits { cost_percent: -1000.0, ..Limits::default() });
    assert_eq!(rule.answer, Verdict::Fail, "{rule:?}");
}

#[test]
fn a_gap_is_judged_by_the_interval_of_the_watch_beside_it() {
    let day = Day::good();
    let copy = day.copy();
    let all = report(day.evaluate(day.dir.path()));
    let limit = |report: &Report| {
        report.rules.iter().find(|rule| rule.name == "gaps").unwrap().limit.clone()
    };
    // Each 30 s.
    assert_eq!(limit(&all), "≤ 60 s");
    // Two minutes are lost, and far from it a slow watch looked each 10 min.
    rewrite(copy.path(), |line| {
        let at = |time: &str| line.contains(&format!("\"from\":\"2026-01-17T{time}"));
        if at("10:10") || at("10:11") {
            return None;
        }
        let slow = line.replace("\"every_ms\":30000", "\"every_ms\":600000");
        Some(if at("20:") { slow } else { line.to_owned() })
    });
    let report = report(day.evaluate(copy.path()));
    assert_eq!((report.gaps.len(), limit(&report)), (1, "≤ 60 to 1200 s".to_owned()));
}

#[test]
fn a_watch_that_goes_on_has_no_gap_in_the_minute_that_it_has_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let now: Timestamp = "2026-01-17T10:00:00Z".parse().unwrap();
    let before = |seconds: i64| now - SignedDuration::from_secs(seconds);
    let ticket = crate::units::Ticket(7);
    let gaps = |silent: i64, ended: bool| {
        let source = FiguresSource {
            run: Uuid::new_v4(),
            by: Watcher::Canary,
            of: ENDPOINT.to_owned(),
            every: Duration::from_secs(5),
        };
        let store = Store::at(&dir.path().join(format!("{silent}-{ended}")), None);
        let mut recorder = Recorder::new(store.clone(), source);
        for look in 0..10u64 {
            let at = before(silent + 45 - 5 * look as i64);
            let look = FiguresLook::at(at, Duration::from_secs(5 * look));
            recorder.add(FiguresLook { ticket: Some(ticket), ..look }).unwrap();
        }
        recorder.finish().unwrap();
        let watch = records::Watch {
            ticket,
            began_at: before(silent + 46),
            ended: ended.then(|| records::WatchEnd {
                at: before(silent),
                result: crate::evidence::outcome::WatchEnding::TimeOver,
                reasons: vec![],
                kept_open: true,
            }),
            closed_at: None,
            drift_watched: true,
            seq: 1,
        };
        let positions = Positions {
            watches: &[watch],
            open: &BTreeSet::from([ticket]),
            now,
            allowed: Duration::from_secs(10),
        };
        let read = store.read(Timestamp::MIN, Timestamp::MAX).unwrap();
        Watched::of(read, &positions).gaps.len()
    };
    assert_eq!((gaps(69, false), gaps(71, false)), (0, 1));
    // Nobody watches after its end.
    assert_eq!(gaps(11, true), 1);
}

#[test]
fn hostile_figures_are_unreadable_and_a_fall_from_no_equity_is_no_zero() {
    let day = Day::good();
    for (from, to) in [
        ("\"looks\":", "\"lost\":99,\"looks\":"),
        ("\"to\":\"2026-01-17T1", "\"to\":\"2026-01-17T2"),
    ] {
        let copy = day.copy();
        rewrite(copy.path(), |line| Some(line.replace(from, to)));
        let found = not_passed(&report(day.evaluate(copy.path())));
        assert!(found.contains_key("figures-readable"), "{to}: {found:?}");
    }
    let copy = day.copy();
    let most = u64::MAX.to_string();
    rewrite(copy.path(), |line| {
        let line = line.replace("\"gap_ms\":", &format!("\"errors\":{most},\"gap_ms\":"));
        let begin = line.split("\"state_ms\":[").next()?.to_owned();
        let rest = line.split_once("\"state_ms\":[")?.1.split_once(']')?.1.to_owned();
        Some(format!("{begin}\"state_ms\":[{most},{most},{most}]{rest}"))
    });
    assert_eq!(report(day.evaluate(copy.path())).answer, Answer::NoGo);
    let copy = day.copy();
    rewrite(copy.path(), |line| {
        let (begin, rest) = line.split_once("\"equity\":{")?;
        let rest = rest.split_once('}')?.1;
        let equity = "{\"first\":-1,\"min\":-9,\"max\":-1,\"last\":-9,\"fall\":8}";
        Some(format!("{begin}\"equity\":{equity}{rest}"))
    });
    assert_eq!(not_passed(&report(day.evaluate(copy.path())))["drawdown"], Verdict::Fail);
}

#[test]
fn a_simulated_gateway_buys_no_decision() {
    let day = Day::good();
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("go.json");
    let simulate = |line: &str| line.replace("\"looks\":", "\"simulated\":true,\"looks\":");
    let copy = day.copy();
    rewrite(copy.path(), |line| Some(simulate(line)));
    let mut options = day.options(copy.path());
    options.decision_out =
        Some(DecisionOut { file: file.clone(), approved_by: "An operator".to_owned() });
    let outcome = run(&options, &|_, _| false);
    assert!(outcome.simulated);
    assert_eq!(outcome.failure.as_ref().unwrap().code(), Code::NotAdmitted);
    assert_eq!(report(outcome).answer, Answer::Go);
    assert!(!file.exists());
    // Among figures of a real one, they are a NO-GO.
    let copy = day.copy();
    rewrite(copy.path(), |line| {
        let hour = line.contains("\"from\":\"2026-01-17T10:");
        Some(if hour { simulate(line) } else { line.to_owned() })
    });
    let found = not_passed(&report(day.evaluate(copy.path())));
    assert_eq!(found, BTreeMap::from([("gateway-real", Verdict::Fail)]));
}
