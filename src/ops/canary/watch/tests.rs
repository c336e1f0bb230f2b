//! A watch in virtual time, against the simulated gateway in this process: each rule tripped, and just not.

use crate::guard::kill_switch::KillSwitch;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::clock::{Clock as _, Deadline, ManualClock, StopToken};
use crate::evidence::Evidence;
use crate::evidence::body::Body;
use crate::evidence::outcome::CloseOutcome;
use crate::exit::Exit;
use crate::guard::health::Rule;
use crate::harness::virtual_gateway::VirtualGateway;
use crate::ops::canary::{Deps, Options, Report};
use crate::proof::intents::Records;
use crate::report::Outcome;
use crate::sim::ExecutionKind;

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// PINGs before a watch: one that opens the session, a hundred that the latency is judged by, and one before the order.
const PINGS_BEFORE: u32 = 102;

/// A machine, a gateway, and a canary on it.
struct Room {
    dir: TempDir,
    clock: ManualClock,
    gateway: VirtualGateway,
    stop: StopToken,
    hand_over: AtomicBool,
    keeps: bool,
    options: Options,
}

impl Room {
    fn with(faults: &[&str]) -> Self {
        Self::beside(3, faults)
    }

    /// A room with that many positions beside the canary's.
    fn beside(positions: usize, faults: &[&str]) -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let now = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        let gateway = VirtualGateway::start(positions, faults, now).unwrap();
        let clock = gateway.clock.clone();
        let options = options(&dir, &clock);
        let (stop, hand_over) = (StopToken::never(), AtomicBool::new(false));
        Self { dir, clock, gateway, stop, hand_over, keeps: false, options }
    }

    fn monitor(&mut self) -> &mut Monitor {
        self.options.monitor.as_mut().unwrap()
    }

    fn run(&self) -> Outcome<Report> {
        self.run_observed(&mut |_| {})
    }

    /// Runs the canary with an observer of the watch.
    fn run_observed(&self, observe: &mut dyn FnMut(WatchEvent<'_>)) -> Outcome<Report> {
        let deadline = Deadline::after(&self.clock, Duration::from_secs(120));
        let evidence = self.evidence();
        let mut client = self.gateway.client(self.options.reads, deadline);
        crate::ops::canary::run(
            &mut client,
            &self.options,
            &mut Deps {
                clock: &self.clock,
                deadline,
                records: Records {
                    evidence: &evidence,
                    run: Uuid::new_v4(),
                    patience: Duration::from_secs(5),
                },
                permit: &|identity| self.gateway.permit_close(identity),
                confirm: &mut |_| Ok(()),
                stop: &self.stop,
                hand_over: &|| self.hand_over.load(Ordering::SeqCst),
                keep_on_stop: &|| self.keeps,
                observe,
                kill_point: &|_| {},
            },
        )
    }

    fn evidence(&self) -> Evidence {
        Evidence::at(self.dir.path().join("state"))
    }

    /// The executions in the simulator's ledger.
    fn executed(&self) -> Vec<ExecutionKind> {
        self.gateway.executed().unwrap()
    }

    fn write(&self, name: &str, text: &str) -> Source {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        Source { path, field: None }
    }

    fn engage(&self) {
        std::fs::write(&self.options.kill_switch.files()[0], "{\"reason\":\"by hand\"}").unwrap();
    }
}

fn options(dir: &TempDir, clock: &ManualClock) -> Options {
    Options {
        monitor: Some(Monitor {
            duration: 22 * MINUTE,
            interval: Duration::from_secs(5),
            latency_warn: Duration::from_millis(50),
            drift: None,
        }),
        order_timeout: Duration::from_secs(10),
        ..Options::example(clock.now(), dir.path())
    }
}

fn watched(outcome: &Outcome<Report>) -> &Watched {
    outcome.report.as_ref().unwrap().monitor.as_ref().unwrap_or_else(|| panic!("{outcome:?}"))
}

/// It was halted by that rule, the breaker is engaged, and the position proved closed by one CLOSE.
#[track_caller]
fn halted(room: &Room, outcome: &Outcome<Report>, rule: Rule) {
    let watched = watched(outcome);
    assert_eq!(watched.ended, WatchEnding::Halted, "{watched:?}");
    assert_eq!(watched.reasons[0].rule, rule, "{watched:?}");
    assert_eq!((outcome.exit, outcome.verdict), (Exit::No, Verdict::Fail));
    assert!(room.options.kill_switch.engaged().is_some());
    assert_eq!(closed(outcome), CloseOutcome::Closed);
    assert_eq!(room.executed(), [ExecutionKind::Open, ExecutionKind::Close]);
    assert!(room.evidence().open_canaries().unwrap().is_empty());
}

/// It was watched to its end and closed; nothing engaged the breaker.
#[track_caller]
fn watched_to_the_end(room: &Room, outcome: &Outcome<Report>, warned: &[Rule]) {
    let watched = watched(outcome);
    assert_eq!(watched.ended, WatchEnding::TimeOver, "{watched:?}");
    let rules: Vec<Rule> = watched.warned.iter().map(|reason| reason.rule).collect();
    assert_eq!(rules, warned, "{watched:?}");
    let verdict = if warned.is_empty() { Verdict::Pass } else { Verdict::Warn };
    assert_eq!((outcome.exit, outcome.verdict), (Exit::Ok, verdict), "{outcome:?}");
    assert_eq!(room.options.kill_switch.engaged(), None);
    assert_eq!(closed(outcome), CloseOutcome::Closed);
    assert_eq!(room.executed(), [ExecutionKind::Open, ExecutionKind::Close]);
}

#[track_caller]
fn closed(outcome: &Outcome<Report>) -> CloseOutcome {
    outcome.report.as_ref().unwrap().close.as_ref().unwrap().result
}

/// PINGs of the watch, by their number within it.
fn slow(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|number| format!("delay:PING:150ms:#{}", PINGS_BEFORE + number)).collect()
}

fn room_with(faults: &[String]) -> Room {
    Room::with(&faults.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_day_is_watched_and_the_position_closed() {
    let mut room = Room::with(&[]);
    (room.monitor().duration, room.monitor().interval) = (DAY, MINUTE);
    let mut looks = 0;
    let outcome =
        room.run_observed(&mut |event| looks += u64::from(matches!(event, WatchEvent::Tick(_))));
    watched_to_the_end(&room, &outcome, &[]);
    let watched = watched(&outcome);
    assert_eq!((watched.looks, watched.missed), (1441, 0));
    assert_eq!((looks, watched.round_trips, watched.lasted_ms), (1441, 1441, 86_400_000));
    assert!(outcome.report.as_ref().unwrap().not_exercised.contains("drift: not watched"));
}

#[test]
fn a_breaker_that_anyone_engaged_halts() {
    let room = Room::with(&[]);
    let outcome = room.run_observed(&mut |event| {
        if matches!(event, WatchEvent::Tick(tick) if tick.elapsed_ms == 60_000) {
            room.engage();
        }
    });
    halted(&room, &outcome, Rule::Breaker);
    assert_eq!(watched(&outcome).lasted_ms, 65_000);
    assert_eq!(watched(&outcome).breaker, Some(BreakerEnd::AlreadyThere));
}

#[test]
fn four_spikes_in_the_window_halt_and_three_do_not() {
    let room = room_with(&slow(&[3, 5, 7, 9]));
    let outcome = room.run();
    halted(&room, &outcome, Rule::Spikes);
    assert_eq!(watched(&outcome).breaker, Some(BreakerEnd::Written));
    // A window that fills up has a P99 as well, so three are looked at alone.
    let mut room = room_with(&slow(&[3, 5, 7]));
    room.monitor().duration = 6 * MINUTE;
    watched_to_the_end(&room, &room.run(), &[Rule::Spikes]);
    // One that leaves before the fourth comes is forgotten.
    let mut room = room_with(&slow(&[2, 110, 220, 330]));
    room.monitor().duration = 30 * MINUTE;
    watched_to_the_end(&room, &room.run(), &[]);
}

#[test]
fn p99_at_the_limit_halts_and_below_it_does_not() {
    let room = room_with(&slow(&[150, 200]));
    halted(&room, &room.run(), Rule::Latency);
    let room = room_with(&slow(&[150]));
    watched_to_the_end(&room, &room.run(), &[]);
    let nearly: Vec<String> =
        slow(&[150, 200]).iter().map(|fault| fault.replace("150ms", "99ms")).collect();
    let room = room_with(&nearly);
    watched_to_the_end(&room, &room.run(), &[Rule::Latency]);
}

#[test]
fn six_critical_errors_halt_and_five_do_not() {
    let refused = |count: u32| -> Vec<String> {
        (0..count).map(|number| format!("terminal-dead:GET_ACCOUNT:#{}", 50 + 7 * number)).collect()
    };
    let room = room_with(&refused(6));
    let outcome = room.run();
    halted(&room, &outcome, Rule::Errors);
    assert_eq!(watched(&outcome).critical_errors, 6);
    let room = room_with(&refused(5));
    watched_to_the_end(&room, &room.run(), &[Rule::Errors]);
    let room = room_with(&refused(2));
    watched_to_the_end(&room, &room.run(), &[]);
}

fn numbers(range: std::ops::Range<u32>) -> String {
    range.map(|number| format!("{number}\n")).collect()
}

/// Runs for eight hours, with drift in the current file from the first hour on for that many looks.
fn with_drift(looks: u64) -> (Room, Outcome<Report>) {
    let mut room = Room::with(&[]);
    let limits = Limits { watch: 0.10, drift: 0.25 };
    let reference = room.write("then.txt", &numbers(0..400));
    let current = room.write("now.txt", &numbers(0..400));
    let interval = 5 * MINUTE;
    room.monitor().drift = Some(Samples { reference, current, limits });
    (room.monitor().duration, room.monitor().interval) = (7 * HOUR, interval);
    let outcome = room.run_observed(&mut |event| {
        let WatchEvent::Tick(tick) = event else { return };
        // Between the hours, so that each look finds what is new.
        if tick.elapsed_ms % 3_600_000 == 1_800_000 {
            let hour = tick.elapsed_ms / 3_600_000;
            let from = if hour < looks { 200 } else { 0 };
            room.write("now.txt", &numbers(from..from + 400 + u32::try_from(hour).unwrap()));
        }
    });
    (room, outcome)
}

#[test]
fn five_drift_events_halt_and_four_do_not() {
    let (room, outcome) = with_drift(5);
    halted(&room, &outcome, Rule::Drift);
    assert_eq!(watched(&outcome).lasted_ms, 5 * 3_600_000);
    let (room, outcome) = with_drift(4);
    watched_to_the_end(&room, &outcome, &[Rule::Drift]);
    let drift = &watched(&outcome).drift;
    assert_eq!((drift.looks, drift.events, drift.cannot_be_judged), (8, 4, 0));
    let (room, outcome) = with_drift(2);
    watched_to_the_end(&room, &outcome, &[]);
}

#[test]
fn drift_before_the_order_forbids_it_and_an_unusable_sample_is_a_warning() {
    let mut room = Room::with(&[]);
    let limits = Limits { watch: 0.10, drift: 0.25 };
    let reference = room.write("then.txt", &numbers(0..400));
    let current = room.write("now.txt", &numbers(300..700));
    room.monitor().drift = Some(Samples { reference, current, limits });
    let outcome = room.run();
    assert_eq!(outcome.exit, Exit::Guarded);
    assert!(room.executed().is_empty());
    room.write("now.txt", "few\n");
    let outcome = room.run();
    watched_to_the_end(&room, &outcome, &[Rule::DriftUnjudged]);
}

#[test]
fn a_position_that_vanishes_halts_and_a_list_that_lies_does_not() {
    let room = Room::with(&["position-vanishes:60"]);
    let outcome = room.run();
    let watched = watched(&outcome);
    assert_eq!(
        (watched.ended, watched.reasons[0].rule),
        (WatchEnding::Halted, Rule::Position),
        "{:?}",
        watched.reasons
    );
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::No, CloseOutcome::Closed));
    // Somebody else's CLOSE, and none from here.
    assert_eq!(room.executed().len(), 2, "{:?}", room.executed());
    assert!(room.options.kill_switch.engaged().is_some());
    assert!(room.evidence().open_canaries().unwrap().is_empty());

    let room = Room::with(&["positions-empty-on-error:GET_POSITIONS:#60"]);
    let outcome = room.run();
    watched_to_the_end(&room, &outcome, &[]);
    assert_eq!(self::watched(&outcome).critical_errors, 1);
}

#[test]
fn a_position_that_changes_halts() {
    // Alone in the book, the canary's is the first that is listed, and so the one that the faults change.
    for fault in ["volume-zero", "side-unknown"] {
        let room = Room::beside(0, &[&format!("{fault}:GET_POSITIONS:#60")]);
        let outcome = room.run();
        halted(&room, &outcome, Rule::Position);
        assert!(watched(&outcome).reasons[0].words.contains("changed unasked"), "{fault}");
    }
}

#[test]
fn a_position_that_changes_is_not_the_one_that_was_left() {
    let position = |volume: &str, side: &str| -> Position {
        let text = format!(
            r#"{{"ticket":7,"symbol":"EURUSD","type":"{side}","volume":{volume},"open_price":1.1,"current_price":1.1,"profit":0.0}}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    let was = position("0.010", "BUY");
    assert_eq!(look::describe_change(&was, &position("0.01", "BUY")), None);
    assert!(
        look::describe_change(&was, &position("0.005", "BUY")).unwrap().contains("0.005 lots were")
    );
    assert!(look::describe_change(&was, &position("0.01", "SELL")).is_some());
}

/// PINGs of the watch that bring no answer, from the hundredth on.
fn unanswered(count: u32) -> Vec<String> {
    (0..count).map(|number| format!("drop-reply:PING:#{}", PINGS_BEFORE + 100 + number)).collect()
}

#[test]
fn ten_seconds_of_silence_halt_and_a_restart_within_them_is_survived() {
    // Each lost question takes its 3 s, and 1 s lies between them: 0 to 3, 4 to 7, 8 to 10.
    let room = room_with(&unanswered(3));
    let outcome = room.run();
    halted(&room, &outcome, Rule::Silence);
    assert_eq!(watched(&outcome).longest_silence_ms, 10_000);
    let room = room_with(&unanswered(2));
    let outcome = room.run();
    watched_to_the_end(&room, &outcome, &[Rule::Silence]);
    let watched = watched(&outcome);
    assert_eq!((watched.errors, watched.critical_errors), (1, 0));
    assert_eq!(watched.longest_silence_ms, 7_000);
}

#[test]
fn a_gateway_that_never_comes_back_leaves_the_position_open_and_says_so() {
    let hang = format!("hang:PING:#{}", PINGS_BEFORE + 20);
    let room = Room::with(&[&hang]);
    let began = room.clock.monotonic();
    let outcome = room.run();
    assert_eq!(watched(&outcome).ended, WatchEnding::Halted);
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::NotFlat, CloseOutcome::Unknown));
    let ticket = room.evidence().open_canaries().unwrap()[0].ticket;
    let failure = outcome.failure.as_ref().unwrap();
    assert!(failure.message().contains(&ticket.to_string()), "{failure:?}");
    // It was looked for until the time for closing was over, and no longer.
    let took = room.clock.monotonic() - began - Duration::from_secs(19 * 5 + 10);
    assert!((Duration::from_secs(115)..Duration::from_secs(135)).contains(&took), "{took:?}");
}

#[test]
fn a_gateway_that_cannot_close_any_longer_is_named() {
    // The first CLOSE is the guard's probe.
    let room = Room::with(&["cannot-close:2+"]);
    let outcome = room.run();
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::NotFlat, CloseOutcome::StillOpen));
    assert!(outcome.failure.unwrap().causes()[0].contains("cannot close anything"));
    assert_eq!(room.executed(), [ExecutionKind::Open]);
}

#[test]
fn a_close_whose_answer_is_lost_is_looked_for_and_not_repeated() {
    let room = Room::with(&["drop-reply:CLOSE:#2"]);
    watched_to_the_end(&room, &room.run(), &[]);
}

/// Three lists are read before a watch, one at each look, and one before a CLOSE; then a doubt is looked at again until the
/// settle time is over.
#[test]
fn a_close_whose_outcome_no_list_shows_is_not_repeated() {
    let lies: Vec<String> = (18..=120)
        .map(|read| format!("positions-empty-on-error:GET_POSITIONS:#{read}"))
        .chain(["drop-reply:CLOSE:#2".to_owned()])
        .collect();
    let mut room = room_with(&lies);
    room.monitor().duration = MINUTE;
    let outcome = room.run();
    watched_to_the_end(&room, &outcome, &[]);
    assert_eq!(watched(&outcome).errors, 0, "the lies came with the close");
    assert_eq!(closes(&room), (1, 2));
}

/// Intents and outcomes of closing in the evidence.
fn closes(room: &Room) -> (usize, usize) {
    let kinds: Vec<String> =
        room.evidence().records().unwrap().map(|record| record.unwrap().kind).collect();
    let count = |wanted| kinds.iter().filter(|kind| *kind == wanted).count();
    (count("close-intent"), count("close-outcome"))
}

#[test]
fn a_close_that_fails_is_repeated_while_a_list_shows_the_position_and_not_for_ever() {
    // The first CLOSE is the guard's probe. Three sends make a round.
    let failed: Vec<String> = (2..=5).map(|number| format!("close-failed:99:#{number}")).collect();
    let room = room_with(&failed);
    watched_to_the_end(&room, &room.run(), &[]);
    let room = Room::with(&["close-failed:2+"]);
    let outcome = room.run();
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::NotFlat, CloseOutcome::StillOpen));
    let close = outcome.report.as_ref().unwrap().close.as_ref().unwrap();
    assert!(close.why.contains("3 rounds"), "{close:?}");
    assert_eq!(closes(&room), (3, 3));
    assert_eq!(room.executed(), [ExecutionKind::Open]);
}

#[test]
fn another_program_on_the_port_halts_and_is_sent_nothing() {
    for program in ["foreign-ea-v4", "foreign-ea-v5"] {
        let room = Room::with(&[&format!("{program}:300+")]);
        let mut closing = None;
        let outcome = room.run_observed(&mut |event| {
            if matches!(event, WatchEvent::Closing { .. }) {
                closing = Some(room.clock.monotonic());
            }
        });
        assert_eq!(closing, Some(room.clock.monotonic()), "it is not asked again and again");
        let watched = watched(&outcome);
        assert_eq!(watched.ended, WatchEnding::Halted, "{watched:?}");
        assert_eq!(watched.reasons[0].rule, Rule::Stranger, "{watched:?}");
        assert_eq!((outcome.exit, closed(&outcome)), (Exit::NotFlat, CloseOutcome::Unknown));
        assert_eq!(room.executed(), [ExecutionKind::Open], "{program}");
    }
}

#[test]
fn figures_that_never_move_are_a_warning() {
    let room = Room::with(&["frozen:500+"]);
    watched_to_the_end(&room, &room.run(), &[Rule::Stale]);
}

#[test]
fn a_requested_stop_closes_first_and_is_no_success() {
    for signal in [2, 15] {
        let room = Room::with(&[]);
        let outcome = room.run_observed(&mut |event| {
            if matches!(event, WatchEvent::Tick(tick) if tick.elapsed_ms == 60_000) {
                room.stop.request_stop(signal);
            }
        });
        assert_eq!(watched(&outcome).ended, WatchEnding::Stopped);
        assert_eq!((outcome.exit, outcome.verdict), (Exit::No, Verdict::Unknown));
        assert_eq!(closed(&outcome), CloseOutcome::Closed);
        assert_eq!(room.executed(), [ExecutionKind::Open, ExecutionKind::Close]);
        assert_eq!(room.options.kill_switch.engaged(), None);
    }
}

#[test]
fn a_stop_requested_during_the_order_counts_once_its_outcome_is_known() {
    let room = Room::with(&[]);
    let stop = room.stop.clone();
    let outcome = {
        // Unheard while the order is on its way.
        let mut asked = false;
        room.run_observed(&mut |_| asked = stop.request_stop(2) > 0 || asked)
    };
    assert_eq!(watched(&outcome).ended, WatchEnding::Stopped);
    assert_eq!(watched(&outcome).looks, 1);
}

#[test]
fn a_second_requested_stop_ends_the_closing_and_names_the_position() {
    // The CLOSE is not answered, nor anything after it.
    let room = Room::with(&["hang:CLOSE:#2"]);
    let outcome = room.run_observed(&mut |event| match event {
        WatchEvent::Tick(tick) if tick.elapsed_ms == 60_000 => {
            room.stop.request_stop(15);
        }
        WatchEvent::Closing { .. } => {
            room.stop.request_stop(15);
        }
        WatchEvent::Leaving { .. } => panic!("it leaves the position open"),
        WatchEvent::Looking { .. } | WatchEvent::Tick(_) => {}
    });
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::NotFlat, CloseOutcome::Unknown));
    assert_eq!(room.evidence().open_canaries().unwrap().len(), 1);
}

#[test]
fn a_breaker_that_cannot_be_written_is_shouted_and_closes_all_the_same() {
    let mut room = room_with(&slow(&[3, 5, 7, 9]));
    let file = room.dir.path().join("nowhere/kill_switch.lock");
    room.options.kill_switch = KillSwitch::new(vec![file], room.dir.path());
    let outcome = room.run();
    assert_eq!(watched(&outcome).breaker, Some(BreakerEnd::NotWritten));
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::No, CloseOutcome::Closed));
    assert!(outcome.warnings.iter().any(|warning| warning.contains("BREAKER")));
}

#[test]
fn a_clock_jump_moves_no_look_and_is_reported() {
    let room = Room::with(&[]);
    let outcome = room.run_observed(&mut |event| {
        if matches!(event, WatchEvent::Tick(tick) if tick.elapsed_ms == 60_000) {
            room.clock.set_wall(room.clock.now() - SignedDuration::from_hours(5));
        }
    });
    watched_to_the_end(&room, &outcome, &[]);
    let watched = watched(&outcome);
    assert_eq!((watched.clock_jumps, watched.looks, watched.missed), (1, 265, 0));
}

#[test]
fn looks_that_a_slow_one_overran_are_counted_and_left_out() {
    let mut room = Room::with(&["delay:GET_POSITIONS:2500ms:#100"]);
    (room.monitor().duration, room.monitor().interval) = (10 * MINUTE, Duration::from_secs(1));
    let outcome = room.run();
    watched_to_the_end(&room, &outcome, &[]);
    assert_eq!((watched(&outcome).missed, watched(&outcome).looks), (2, 599));
}

#[test]
fn a_position_to_keep_open_stays_open_when_its_time_is_over() {
    let mut room = Room::with(&[]);
    room.options.keep_open = true;
    let outcome = room.run();
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::Ok, CloseOutcome::KeptOpen));
    assert_eq!(room.executed(), [ExecutionKind::Open]);
    assert!(room.evidence().open_canaries().unwrap()[0].kept_open);
    // But a halt closes it, so a gateway that can't is refused before the order.
    let mut room = Room::with(&["cannot-close"]);
    room.options.keep_open = true;
    assert_eq!(room.run().exit, Exit::Guarded);
    let mut room = room_with(&slow(&[3, 5, 7, 9]));
    room.options.keep_open = true;
    halted(&room, &room.run(), Rule::Spikes);
}

/// Hands its watch over at the first look.
fn handed_over(faults: &[&str]) -> Room {
    let mut room = Room::with(faults);
    room.hand_over.store(true, Ordering::SeqCst);
    let outcome = room.run();
    assert_eq!(watched(&outcome).ended, WatchEnding::HandedOver);
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::Ok, CloseOutcome::KeptOpen));
    assert_eq!(room.executed(), [ExecutionKind::Open]);
    room.hand_over.store(false, Ordering::SeqCst);
    room.options.resume = true;
    room
}

#[test]
fn a_watch_that_was_handed_over_is_taken_up_and_opens_nothing() {
    let room = handed_over(&[]);
    let outcome = room.run();
    watched_to_the_end(&room, &outcome, &[]);
    let report = outcome.report.as_ref().unwrap();
    assert!(report.order.is_none() && report.monitor.as_ref().unwrap().adopted);
    assert!(room.evidence().open_canaries().unwrap().is_empty());
    // The whole story stands with the run that opened it.
    let kinds: Vec<String> =
        room.evidence().records().unwrap().map(|record| record.unwrap().kind).collect();
    let expected = [
        "begin",
        "open-intent",
        "open-outcome",
        "watch-begin",
        "watch-end",
        "canary-end",
        "watch-begin",
        "watch-end",
        "close-intent",
        "close-outcome",
    ];
    assert_eq!(kinds, expected);
    // There is nothing left to take up.
    refused_to_resume(&room, "no canary that is open");
}

#[test]
fn a_stop_that_keeps_leaves_the_position_open_for_the_next_watch() {
    let mut room = Room::with(&[]);
    room.keeps = true;
    let stop = room.stop.clone();
    let mut left = None;
    let outcome = room.run_observed(&mut |event| match event {
        WatchEvent::Looking { .. } => {}
        WatchEvent::Tick(_) => {
            stop.request_stop(15);
        }
        WatchEvent::Leaving { ticket, why } => left = Some((ticket, why.to_owned())),
        WatchEvent::Closing { .. } => panic!("it closes"),
    });
    assert_eq!(watched(&outcome).ended, WatchEnding::HandedOver);
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::Ok, CloseOutcome::KeptOpen));
    let (ticket, why) = left.unwrap();
    assert_eq!(Some(ticket), room.evidence().open_canaries().unwrap().first().map(|it| it.ticket));
    assert!(why.starts_with("stopped by SIGTERM: left open"), "{why}");
    assert_eq!(room.executed(), [ExecutionKind::Open]);
    room.options.resume = true;
    room.stop = StopToken::never();
    let outcome = room.run();
    watched_to_the_end(&room, &outcome, &[]);
}

#[track_caller]
fn refused_to_resume(room: &Room, words: &str) {
    let before = room.executed().len();
    let outcome = room.run();
    assert_eq!(outcome.exit, Exit::Guarded, "{outcome:?}");
    let failure = outcome.failure.unwrap();
    assert!(failure.causes().join(" ").contains(words), "{failure:?}");
    assert_eq!(room.executed().len(), before);
}

#[test]
fn a_position_taken_up_without_a_watch_is_closed() {
    let mut room = handed_over(&[]);
    room.options.monitor = None;
    let outcome = room.run();
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::Ok, CloseOutcome::Closed));
    assert_eq!(room.executed(), [ExecutionKind::Open, ExecutionKind::Close]);
}

#[test]
fn an_engaged_breaker_closes_an_adopted_position_at_once() {
    let room = handed_over(&[]);
    room.engage();
    let outcome = room.run();
    halted(&room, &outcome, Rule::Breaker);
    assert_eq!(watched(&outcome).looks, 1);
}

#[test]
fn a_position_that_is_gone_is_not_taken_up_and_recorded_as_gone() {
    // The list of the first look is the last that holds it.
    let room = handed_over(&["position-vanishes:12"]);
    let mut gone = false;
    for _ in 0..10 {
        let outcome = room.run_observed(&mut |_| room.hand_over.store(true, Ordering::SeqCst));
        gone = outcome.exit == Exit::Guarded;
        if gone {
            assert!(outcome.failure.unwrap().causes()[0].contains("closed by somebody else"));
            break;
        }
    }
    assert!(gone);
    assert!(room.evidence().open_canaries().unwrap().is_empty());
}

#[test]
fn several_open_canaries_are_not_chosen_from() {
    let room = handed_over(&[]);
    let evidence = room.evidence();
    let mut records: Vec<Body> = vec![];
    for record in evidence.records().unwrap() {
        records.extend(record.unwrap().body);
    }
    let second = Uuid::new_v4();
    for mut body in records {
        match &mut body {
            Body::OpenIntent(_) => {}
            Body::OpenOutcome(outcome) => outcome.intent = second,
            _ => continue,
        }
        let patience = Duration::from_secs(5);
        evidence.append(second, &room.clock, &body, patience).unwrap();
    }
    refused_to_resume(&room, "2 canaries are open");
}

#[test]
fn a_position_that_is_known_by_its_likeness_alone_is_not_taken_up() {
    let mut room = Room::with(&["drop-reply:OPEN:1"]);
    let outcome = room.run();
    assert_eq!(outcome.exit, Exit::NotFlat);
    assert_eq!(room.evidence().open_canaries().unwrap().len(), 1);
    room.options.resume = true;
    refused_to_resume(&room, "likeness alone");
}

#[test]
fn a_watch_without_an_end_was_killed_and_its_position_can_be_taken_up() {
    let room = Room::with(&[]);
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        room.run_observed(&mut |event| {
            if matches!(event, WatchEvent::Tick(tick) if tick.elapsed_ms == 60_000) {
                std::panic::resume_unwind(Box::new(()));
            }
        })
    }));
    assert!(killed.is_err());
    let canaries = room.evidence().open_canaries().unwrap();
    assert_eq!((canaries.len(), canaries[0].kept_open), (1, false));
    // The next canary names it.
    let outcome = room.run();
    assert_eq!(outcome.exit, Exit::Guarded);
    let causes = outcome.failure.unwrap().causes().join(" ");
    assert!(causes.contains("no-open-canary") && causes.contains(&canaries[0].ticket.to_string()));
    let mut room = room;
    room.options.resume = true;
    watched_to_the_end(&room, &room.run(), &[]);
}
