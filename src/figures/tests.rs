//! Figures written and read back: their size, kills, versions, ages, percentiles.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::guard::health::HealthState;
use crate::units::{Exact, Money, Ticket};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn start() -> Timestamp {
    "2026-01-17T00:00:00.123456Z".parse().unwrap()
}

fn recorder(directory: &Path, keep: Option<Duration>) -> Recorder {
    let of = "tcp://172.19.141.255:5555".to_owned();
    let every = Duration::from_secs(1);
    let source = Source { run: Uuid::new_v4(), by: Watcher::Canary, of, every };
    Recorder::new(Store::at(directory, keep), source)
}

fn money(cents: u64) -> Money {
    Money(Exact::parse(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap())
}

/// The look of that second, as busy as a real one.
fn look(second: u64, random: &mut fastrand::Rng) -> Look {
    let after = Duration::from_secs(second);
    let equity = money(20_550 - random.u64(0..40));
    Look {
        rtt: Some(Duration::from_micros(random.u64(17_000..24_000))),
        ticket: Some(Ticket(1_234_567_890)),
        login: Some("1100212251".to_owned()),
        equity: Some(equity),
        balance: Some(money(20_550)),
        margin: Some(money(12)),
        profit: Some(money(3)),
        skew: Some(SignedDuration::from_millis(random.i64(-12..15))),
        ..Look::at(start() + after, after)
    }
}

fn all(directory: &Path) -> Read {
    Store::at(directory, None).read(Timestamp::MIN, Timestamp::MAX).unwrap()
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(directory.join("figures")).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_day_at_one_look_a_second_is_below_one_megabyte_and_loses_no_look() {
    let directory = tempfile::tempdir_in("/dev/shm").unwrap();
    let mut recorder = recorder(directory.path(), None);
    let mut random = fastrand::Rng::with_seed(1);
    let mut trips: Vec<u64> = vec![];
    for second in 0..86_400 {
        let look = look(second, &mut random);
        trips.push(u64::try_from(look.rtt.unwrap().as_micros()).unwrap());
        recorder.add(look).unwrap();
    }
    recorder.finish().unwrap();
    let files = files(directory.path());
    assert_eq!(files.len(), 1, "{files:?}");
    let bytes = fs::metadata(&files[0]).unwrap().len();
    assert!(bytes < 1_000_000, "{bytes}");
    let read = all(directory.path());
    assert_eq!((read.minutes.len(), read.unreadable), (1440, 0));
    let sum = |of: fn(&Minute) -> u64| read.minutes.iter().map(of).sum::<u64>();
    assert_eq!(sum(|minute| minute.looks), 86_400);
    assert_eq!(sum(|minute| minute.state_ms[0]), 86_399_000);
    let mut merged = RoundTrips::default();
    read.minutes.iter().for_each(|minute| merged.merge(&minute.round_trips().unwrap()));
    assert_eq!(merged.count(), 86_400);
    trips.sort_unstable();
    for percent in [50.0, 90.0, 99.0] {
        let exact = trips[(trips.len() as f64 * percent / 100.0).ceil() as usize - 1];
        let found = merged.percentile_us(percent).unwrap();
        assert!(found.abs_diff(exact) * 1000 <= exact, "{percent}: {found} for {exact}");
    }
    assert_eq!(merged.max_us().map(|max| max / 100), trips.last().map(|max| max / 100));
}

#[test]
fn a_torn_line_is_closed_off_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(2);
    let mut first = recorder(directory.path(), None);
    (0..61).for_each(|second| first.add(look(second, &mut random)).unwrap());
    let path = &files(directory.path())[0];
    let whole = fs::read(path).unwrap();
    fs::write(path, [&whole[..], &whole[..40]].concat()).unwrap();
    assert_eq!((all(directory.path()).minutes.len(), all(directory.path()).unreadable), (1, 1));
    first.finish().unwrap();
    let read = all(directory.path());
    assert_eq!((read.minutes.len(), read.unreadable), (2, 1));
    assert_eq!(read.minutes[1].looks, 1);
}

#[test]
fn figures_of_a_newer_version_are_an_error_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    let mut recorder = recorder(directory.path(), None);
    recorder.add(look(0, &mut random)).unwrap();
    recorder.finish().unwrap();
    let path = &files(directory.path())[0];
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, format!("{text}{}", text.replace("\"v\":1", "\"v\":2"))).unwrap();
    let error = Store::at(directory.path(), None).read(Timestamp::MIN, Timestamp::MAX).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("line 2 has version 2") && words.contains("up to 1"), "{words}");
}

#[test]
fn days_past_their_age_are_deleted_when_a_new_day_begins() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(4);
    let mut recorder = recorder(directory.path(), Some(2 * DAY));
    for day in 0..5 {
        recorder.add(look(day * 86_400, &mut random)).unwrap();
        recorder.finish().unwrap();
    }
    let names: Vec<String> = files(directory.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let days = ["19", "20", "21"].map(|day| format!("figures-202601{day}.jsonl"));
    assert_eq!(names, days);
}

#[test]
fn time_that_nobody_watched_is_in_no_state() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(5);
    let mut recorder = recorder(directory.path(), None);
    for second in [0, 1, 2, 32, 33] {
        recorder.add(look(second, &mut random)).unwrap();
    }
    let mut critical = look(34, &mut random);
    critical.state = HealthState::Critical;
    (critical.rtt, critical.errors, critical.critical_errors) = (None, 3, 2);
    // Critical is written at once.
    recorder.add(critical).unwrap();
    let minute = &all(directory.path()).minutes[0];
    assert_eq!((minute.state_ms, minute.gap_ms), ([4_000, 0, 0], 30_000));
    assert_eq!((minute.lost, minute.errors, minute.critical_errors), (1, 3, 2));
}
