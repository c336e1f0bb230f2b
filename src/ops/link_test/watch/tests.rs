//! Watches in virtual time, against the simulated gateway in this process: accounts with and without changes.

use std::sync::Arc;

use super::*;
use crate::clock::{Clock, StopToken};
use crate::failure::FailureContext;
use crate::harness::virtual_gateway::VirtualGateway;
use crate::link::Transport;

const INTERVAL: Duration = Duration::from_secs(5);
/// Requests of a look: PING and GET_ACCOUNT. One PING more opens the session.
const REQUESTS: u64 = 2;

/// Records every event, and each look's time without a change.
#[derive(Default)]
struct Recorder {
    events: Vec<Event>,
    still: Vec<Duration>,
}

impl Listener for Recorder {
    fn on_look(&mut self, look: &Look) {
        self.still.push(look.still);
    }

    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        self.events.push(event.clone());
        ControlFlow::Continue(())
    }
}

impl Recorder {
    /// Each event's kind, its second, and its time without a change in seconds.
    fn summary(&self) -> Vec<(EventKind, i64, Option<u64>)> {
        let began = self.events[0].at;
        let summary = |event: &Event| {
            let second = event.at.duration_since(began).as_secs();
            (event.kind, second, event.still_ms.map(|ms| ms / 1000))
        };
        self.events.iter().map(summary).collect()
    }
}

/// Watches a book of that many positions for that many minutes.
fn watch(positions: usize, faults: &[&str], minutes: u64) -> Recorder {
    let now = "2026-01-17T03:54:22.961398Z".parse().unwrap();
    let gateway = VirtualGateway::start(positions, faults, now).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(gateway.clock.clone());
    let transport = |_| -> Box<dyn Transport> { Box::new(gateway.transport.clone()) };
    let deps = Deps {
        clock: &clock,
        stop: &StopToken::never(),
        deadline: Deadline::after(&*clock, Duration::from_secs(60 * minutes)),
        transport: &transport,
        progress: &|_, _| {},
    };
    let mut recorder = Recorder::default();
    run(&options(), &deps, INTERVAL, &mut recorder).unwrap();
    recorder
}

fn options() -> Options {
    let (s, ms) = (Duration::from_secs, Duration::from_millis);
    Options {
        // No machine has this address; the transport ignores it.
        host: "192.0.2.1".to_owned(),
        port: 5555,
        origin: "GTW_HOST".to_owned(),
        allow_loopback: false,
        timeout: s(3),
        count: 1,
        interval: ms(10),
        latency_warn: ms(50),
        latency_critical: ms(100),
        skew_warn: s(1),
        signature_ttl: s(5),
        names: FailureContext::simulated("test the link to", "tcp://192.0.2.1:5555"),
    }
}

use EventKind::{Changed, First, Moved, Still};

#[test]
fn an_account_that_changes_causes_no_event() {
    assert_eq!(watch(3, &[], 20).summary(), [(First, 0, None)]);
}

#[test]
fn an_account_that_never_changes_causes_one_event() {
    let recorder = watch(3, &["frozen"], 20);
    assert_eq!(recorder.summary(), [(First, 0, None), (Still, 300, Some(300))]);
    // Every look reports the time without a change.
    let (before, after) = recorder.still.split_at(60);
    assert!(before.iter().all(Duration::is_zero), "{before:?}");
    assert_eq!(after.first(), Some(&Duration::from_secs(300)));
    assert_eq!(after.last(), Some(&Duration::from_secs(1200)));
}

#[test]
fn the_next_change_causes_one_event_with_the_time_without_one() {
    // Frozen through the look at 600 s.
    let requests = 1 + REQUESTS * (600 / INTERVAL.as_secs() + 1);
    let recorder = watch(3, &[&format!("frozen:{requests}")], 20);
    let expected = [(First, 0, None), (Still, 300, Some(300)), (Moved, 605, Some(600))];
    assert_eq!(recorder.summary(), expected);
    assert!(recorder.still.last().unwrap().is_zero());
}

#[test]
fn one_look_less_than_five_minutes_causes_no_event() {
    let requests = 1 + REQUESTS * (295 / INTERVAL.as_secs() + 1);
    assert_eq!(watch(3, &[&format!("frozen:{requests}")], 20).summary(), [(First, 0, None)]);
}

#[test]
fn an_account_without_margin_in_use_may_stay_unchanged() {
    assert_eq!(watch(0, &["frozen"], 20).summary(), [(First, 0, None)]);
    // Longs and shorts that cancel out use no margin either.
    assert_eq!(watch(4, &["frozen", "hedged-empty"], 20).summary(), [(First, 0, None)]);
}

#[test]
fn another_event_also_reports_the_time_without_a_change() {
    // The hundredth account is the one of the look at 495 s.
    let recorder = watch(3, &["frozen", "no-terminal:GET_ACCOUNT:#100"], 10);
    let expected = [
        (First, 0, None),
        (Still, 300, Some(300)),
        // The terminal is gone for one look, so its account is unknown.
        (Changed, 495, None),
        (Changed, 500, Some(500)),
    ];
    assert_eq!(recorder.summary(), expected);
}

#[test]
fn looks_keep_the_schedule_and_skip_overrun_due_times() {
    let ms = Duration::from_millis;
    for (due, every, now, next) in [
        (ms(0), ms(10), ms(0), ms(10)),
        (ms(0), ms(10), ms(9), ms(10)),
        (ms(0), ms(10), ms(10), ms(20)),
        (ms(0), ms(10), ms(35), ms(40)),
        (ms(40), ms(10), ms(35), ms(50)),
        (ms(0), Duration::MAX, ms(1), Duration::MAX),
    ] {
        assert_eq!(next_due(due, every, now), next, "{due:?} {every:?} {now:?}");
    }
    // Even the shortest interval needs one step, and the next due time is never in the past.
    let hour = Duration::from_secs(3600);
    assert!(next_due(ms(0), Duration::from_nanos(1), hour) >= hour);
}

#[test]
fn one_slow_round_trip_is_no_percentile() {
    let ms = Duration::from_millis;
    let mut all = RoundTrips::default();
    for _ in 0..98 {
        assert_eq!(all.add(Some(ms(1))), None);
    }
    assert_eq!(all.add(Some(ms(500))), None);
    // A look without an answer adds nothing.
    assert_eq!(all.add(None), None);
    assert_eq!(all.add(Some(ms(1))), Some(ms(1)));
    assert_eq!(all.add(Some(ms(400))), Some(ms(400)));
    for _ in 0..96 {
        all.add(Some(ms(2)));
    }
    // The slow ones are past.
    assert_eq!(all.add(Some(ms(2))), Some(ms(400)));
    assert_eq!(all.add(Some(ms(2))), Some(ms(2)));
}
