//! A watch in virtual time, against the simulated gateway in this process: what stands still, and what only seems to.

use std::sync::Arc;

use super::*;
use crate::clock::{Clock, ManualClock, StopToken};
use crate::failure::{FailureContext, HOST_SETTING};
use crate::link::Transport;
use crate::sim::{InProcess, Options as SimOptions};

const EVERY: Duration = Duration::from_secs(5);
/// Requests of a look: PING and GET_ACCOUNT. One PING more opens the session.
const REQUESTS: u64 = 2;

/// Everything that is told, and how long each look said that nothing has moved.
#[derive(Default)]
struct Heard {
    events: Vec<Event>,
    still: Vec<Duration>,
}

impl Listener for Heard {
    fn looked(&mut self, look: &Look) {
        self.still.push(look.still);
    }

    fn tell(&mut self, event: &Event) -> ControlFlow<()> {
        self.events.push(event.clone());
        ControlFlow::Continue(())
    }
}

impl Heard {
    /// What was told, at which second, and the figures' own time in seconds.
    fn story(&self) -> Vec<(EventKind, i64, Option<u64>)> {
        let began = self.events[0].at;
        let told = |event: &Event| {
            let second = event.at.duration_since(began).as_secs();
            (event.kind, second, event.still_ms.map(|ms| ms / 1000))
        };
        self.events.iter().map(told).collect()
    }
}

/// Watches a book of that many positions for that many minutes.
fn watched(positions: usize, faults: &[&str], minutes: u64) -> Heard {
    let manual = ManualClock::new("2026-01-17T03:54:22.961398Z".parse().unwrap());
    let clock: Arc<dyn Clock> = Arc::new(manual);
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let sim = SimOptions { positions, faults, ..SimOptions::default() };
    let gateway = InProcess::start(&sim, Arc::clone(&clock)).unwrap();
    let transport = |_| -> Box<dyn Transport> { Box::new(gateway.clone()) };
    let reach = Reach {
        clock: &clock,
        stop: &StopToken::never(),
        deadline: Deadline::after(&*clock, Duration::from_secs(60 * minutes)),
        transport: &transport,
        progress: &|_, _| {},
    };
    let mut heard = Heard::default();
    run(&options(), &reach, EVERY, &mut heard).unwrap();
    heard
}

fn options() -> Options {
    let (s, ms) = (Duration::from_secs, Duration::from_millis);
    Options {
        // An address of no machine: the transport goes elsewhere.
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
        names: FailureContext {
            verb: "test the link to",
            endpoint: "tcp://192.0.2.1:5555".to_owned(),
            port: 5555,
            host_setting: HOST_SETTING.to_owned(),
            security_group: None,
        },
    }
}

use EventKind::{Changed, First, Moved, Still};

#[test]
fn figures_that_move_are_not_told_of() {
    assert_eq!(watched(3, &[], 20).story(), [(First, 0, None)]);
}

#[test]
fn figures_that_never_move_are_told_of_once() {
    let heard = watched(3, &["frozen"], 20);
    assert_eq!(heard.story(), [(First, 0, None), (Still, 300, Some(300))]);
    // Whoever reads figures instead of events is told at every look.
    let (before, after) = heard.still.split_at(60);
    assert!(before.iter().all(Duration::is_zero), "{before:?}");
    assert_eq!(after.first(), Some(&Duration::from_secs(300)));
    assert_eq!(after.last(), Some(&Duration::from_secs(1200)));
}

#[test]
fn that_they_move_again_is_told_once_and_with_it_how_long_they_did_not() {
    // Frozen through the look at 600 s.
    let requests = 1 + REQUESTS * (600 / EVERY.as_secs() + 1);
    let heard = watched(3, &[&format!("frozen:{requests}")], 20);
    let told = [(First, 0, None), (Still, 300, Some(300)), (Moved, 605, Some(600))];
    assert_eq!(heard.story(), told);
    assert!(heard.still.last().unwrap().is_zero());
}

#[test]
fn five_minutes_less_a_look_are_no_warning() {
    let requests = 1 + REQUESTS * (295 / EVERY.as_secs() + 1);
    assert_eq!(watched(3, &[&format!("frozen:{requests}")], 20).story(), [(First, 0, None)]);
}

#[test]
fn an_account_that_holds_nothing_may_stand_still() {
    assert_eq!(watched(0, &["frozen"], 20).story(), [(First, 0, None)]);
    // Nor is margin in use on a book whose longs and shorts cancel out.
    assert_eq!(watched(4, &["frozen", "hedged-empty"], 20).story(), [(First, 0, None)]);
}

#[test]
fn a_change_meanwhile_says_as_well_that_nothing_moves() {
    // The hundredth account is the one of the look at 495 s.
    let heard = watched(3, &["frozen", "no-terminal:GET_ACCOUNT:#100"], 10);
    let told = [
        (First, 0, None),
        (Still, 300, Some(300)),
        // The terminal is gone for one look, and what it would have said is not known.
        (Changed, 495, None),
        (Changed, 500, Some(500)),
    ];
    assert_eq!(heard.story(), told);
}

#[test]
fn the_schedule_is_kept_and_what_was_overrun_is_left_out() {
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
    // However short the interval and long the look: one step, and never into the past.
    let hour = Duration::from_secs(3600);
    assert!(next_due(ms(0), Duration::from_nanos(1), hour) >= hour);
}
