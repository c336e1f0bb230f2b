//! The watch over a canary's position: looks on a fixed schedule, judges, and stops when its health is critical.
//!
//! A look (`look`) asks for a PING, the account and the positions, and looks at the breaker's file; once an hour the
//! drift files are read. [`crate::guard::health`] judges the looks, and an observer gets each of them.
//!
//! It ends when its time is over, when health is critical, when a stop is requested, or when it is handed over. In all
//! but the last the position is closed and that is proved (`--keep-open` leaves it open when the time is over). On a halt
//! the breaker is engaged first, so that nothing else opens more. A process that is killed leaves an open position in
//! the evidence, which the next start names and can adopt.

mod drift;
pub mod figures;
mod look;
pub mod metrics;
mod report;
mod schedule;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;

pub(super) use self::drift::HourlyDrift;
use self::look::{Seen, Watch};
pub use self::report::{BreakerEnd, DriftReport, Tick, Watched};
use self::schedule::{Schedule, WallClock};
use super::close::{ClosingState, not_closed};
use super::{Canary, CloseReport};
use crate::check::Verdict;
use crate::clock::{Deadline, Stopped, humanize, millis};
use crate::evidence::body::{WatchBegin, WatchEnd};
use crate::evidence::outcome::{CloseOutcome, WatchEnding};
use crate::failure::{Code, Failure};
use crate::guard::drift::Limits;
use crate::guard::drift::sample::Source;
use crate::guard::health::{HealthState, Reason, SILENCE};
use crate::guard::kill_switch::sentinel::Engaged;
use crate::protocol::positions::Position;
use crate::units::Ticket;

/// Longest time between two looks during silence: an outage must not be over for a minute before it is seen.
const SILENT_INTERVAL: Duration = Duration::from_secs(1);

/// A look this late was not delayed by load: the process or the machine was suspended.
const LATE: Duration = Duration::from_secs(1);

/// Options of a watch.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// Planned length.
    pub duration: Duration,
    /// Time from one look to the next.
    pub interval: Duration,
    /// P99 above this is a warning; the second limit is the canary's own.
    pub latency_warn: Duration,
    /// The samples that are compared; `None` where drift is not to be watched.
    pub drift: Option<Samples>,
}

/// The samples of which drift is judged.
#[derive(Debug, Clone)]
pub struct Samples {
    /// The market that the strategy was made for.
    pub reference: Source,
    /// The market now.
    pub current: Source,
    /// Limits of the stability index.
    pub limits: Limits,
}

/// An event that a watch reports to its observer.
#[derive(Debug, Clone, Copy)]
pub enum WatchEvent<'t> {
    /// An OPEN was sent, and its outcome is not proved yet. There is nothing to watch so far.
    Looking {
        /// Time until it stays unknown.
        left: Duration,
    },
    /// One look.
    Tick(&'t Tick),
    /// The watch is over, and the position is being closed.
    Closing {
        /// The position.
        ticket: Ticket,
        /// Why the watch ended.
        ended: WatchEnding,
        /// The same in words.
        why: &'t str,
        /// Time limit of the close.
        patience: Duration,
    },
    /// The watch is over, and the position stays open.
    Leaving {
        /// The position.
        ticket: Ticket,
        /// Why it stays open, in words.
        why: &'t str,
    },
}

/// A position that is to be watched.
pub(super) struct WatchedPosition {
    pub(super) position: Position,
    /// Tickets that are known to be open beside it.
    pub(super) others: BTreeSet<Ticket>,
    /// The list that showed it last, until an account was read beside it.
    pub(super) listed: Option<Vec<Position>>,
    pub(super) drift: Option<HourlyDrift>,
    /// Whether another run opened it.
    pub(super) adopted: bool,
}

impl Canary<'_, '_, '_> {
    /// Watches the position, then closes it or leaves it open. The report gets the watch and the position's outcome.
    pub(super) fn watch(
        &mut self,
        monitor: &Monitor,
        watched: WatchedPosition,
    ) -> Result<Verdict, Failure> {
        let ticket = watched.position.ticket;
        self.record(WatchBegin {
            ticket,
            adopted: watched.adopted,
            planned_ms: millis(monitor.duration),
            interval_ms: millis(monitor.interval),
            drift_watched: watched.drift.is_some(),
        });
        let mut watch = Watch::new(self, monitor, watched);
        let (ended, stopped) = watch.run();
        let Watch { tally, watched: WatchedPosition { position, others, .. }, .. } = watch;
        let is_gone = tally.is_gone;
        let kept_open = match ended {
            WatchEnding::HandedOver => true,
            WatchEnding::TimeOver => self.options.keep_open,
            WatchEnding::Halted | WatchEnding::Stopped => false,
        };
        let mut watched = tally.report(ended);
        let why = describe_end(&watched, stopped);
        if ended == WatchEnding::Halted {
            watched.breaker = Some(self.engage_kill_switch(ticket, &why));
        }
        self.record(WatchEnd {
            ticket,
            result: ended,
            reasons: watched.reasons.iter().map(|reason| reason.words.clone()).collect(),
            lasted_ms: watched.lasted_ms,
            looks: watched.looks,
            kept_open,
        });
        let closed = if kept_open {
            (self.deps.observe)(WatchEvent::Leaving { ticket, why: &why });
            // No wait follows, so a stop that is requested now has nothing to end.
            self.deps.stop.ignore_next(usize::MAX);
            CloseReport::without_close(ticket, CloseOutcome::KeptOpen, why)
        } else {
            let patience = self.options.closing;
            (self.deps.observe)(WatchEvent::Closing { ticket, ended, why: &why, patience });
            let state = ClosingState { is_gone, stop_requested: stopped.is_some() };
            let until = Deadline::after(self.deps.clock, patience);
            self.close_until_proved(&position, &others, state, until)
        };
        let verdict = verdict(&watched, &closed, stopped);
        self.report.monitor = Some(watched);
        self.report.close = Some(closed);
        verdict
    }

    /// Engages the kill switch. A failure becomes a loud warning, and the position is closed all the same.
    fn engage_kill_switch(&mut self, ticket: Ticket, why: &str) -> BreakerEnd {
        let mut metadata = self.options.engager.clone();
        metadata.insert("ticket".to_owned(), Value::from(ticket.0));
        let (reason, now) = (format!("mt5crs canary: {why}"), self.deps.clock.now());
        let engagement = self.options.kill_switch.engage(&reason, metadata, now);
        self.warnings.extend(engagement.warnings());
        match engagement.written() {
            Ok(Engaged::Written) => BreakerEnd::Written,
            Ok(Engaged::AlreadyThere) => BreakerEnd::AlreadyThere,
            Err(_) => BreakerEnd::NotWritten,
        }
    }
}

/// The verdict of a watch, or its failure with the exit code.
fn verdict(
    watched: &Watched,
    closed: &CloseReport,
    stopped: Option<Stopped>,
) -> Result<Verdict, Failure> {
    let span = |ms| humanize(Duration::from_millis(ms));
    let lasted = span(watched.lasted_ms);
    let reasons = watched.reasons.iter().map(|reason| &reason.words);
    if !matches!(closed.result, CloseOutcome::Closed | CloseOutcome::KeptOpen) {
        return Err(not_closed(closed).with_causes(reasons));
    }
    let ended = |code, what: &str| {
        let ticket = closed.ticket;
        let message =
            format!("{what} after {lasted}: the canary's position {ticket} is proved closed");
        Failure::new(code, message)
    };
    match (watched.ended, stopped) {
        (WatchEnding::Halted, _) => Err(ended(Code::Halted, "HALTED").with_causes(reasons)),
        (WatchEnding::Stopped, Some(stopped)) => {
            let rest = format!("the rest of {} was not watched", span(watched.planned_ms));
            Err(ended(Code::Stopped, &stopped.to_string()).with_cause(rest))
        }
        (WatchEnding::HandedOver, _) => Ok(Verdict::Warn),
        _ if watched.warned.is_empty() => Ok(Verdict::Pass),
        _ => Ok(Verdict::Warn),
    }
}

fn describe_end(watched: &Watched, stopped: Option<Stopped>) -> String {
    let first = watched.reasons.first().map_or("", |reason| reason.words.as_str());
    match (watched.ended, stopped) {
        (WatchEnding::Halted, _) => format!("health is CRITICAL: {first}"),
        (WatchEnding::HandedOver, stopped) => {
            let left = "left open for the next watch: mt5crs canary --resume";
            stopped.map_or(left.to_owned(), |stopped| format!("{stopped}: {left}"))
        }
        (_, Some(stopped)) => stopped.to_string(),
        _ => "its time is over".to_owned(),
    }
}

impl Watch<'_, '_, '_, '_> {
    /// Looks until there is a reason to end.
    fn run(&mut self) -> (WatchEnding, Option<Stopped>) {
        let clock = self.canary.deps.clock;
        // A stop that was requested while the order's outcome was unknown counts now.
        self.canary.deps.stop.ignore_first(0);
        let mut schedule =
            Schedule::new(clock.monotonic(), self.monitor.interval, self.monitor.duration);
        let mut wall = WallClock::new(clock);
        loop {
            if let Err(stopped) = self.canary.deps.stop.check() {
                return self.stopped(stopped);
            }
            if (self.canary.deps.hand_over)() {
                return (WatchEnding::HandedOver, None);
            }
            if let Err(stopped) = self.look() {
                return self.stopped(stopped);
            }
            let now = clock.monotonic();
            let (state, reasons) = self.health.judge(now);
            self.health.forget(now);
            let tick = self.tick(&schedule, wall.jump(clock), state, reasons);
            (self.canary.deps.observe)(WatchEvent::Tick(&tick));
            self.tally.looked(tick);
            if state == HealthState::Critical {
                return (WatchEnding::Halted, None);
            }
            if now >= schedule.end {
                return (WatchEnding::TimeOver, None);
            }
            let due = match self.health.silence(now) {
                Some(silence) => now + SILENT_INTERVAL.min(SILENCE.saturating_sub(silence)),
                None => schedule.next(now),
            };
            let due = due.min(schedule.end);
            if let Err(stopped) = clock.sleep(due.saturating_sub(clock.monotonic())) {
                return self.stopped(stopped);
            }
            self.note_suspension(now, due);
        }
    }

    fn stopped(&self, stopped: Stopped) -> (WatchEnding, Option<Stopped>) {
        let keeps = (self.canary.deps.keep_on_stop)();
        (if keeps { WatchEnding::HandedOver } else { WatchEnding::Stopped }, Some(stopped))
    }

    /// A sleep that ends long after it was due: the process or the machine was suspended, and nobody watched.
    fn note_suspension(&mut self, looked: Duration, due: Duration) {
        let now = self.canary.deps.clock.monotonic();
        if now.saturating_sub(due) >= LATE.max(self.monitor.interval * 2) {
            let unwatched = now.saturating_sub(looked);
            self.health.record_unwatched(now, unwatched);
            self.tally.unwatched(unwatched);
        }
    }

    fn tick(
        &mut self,
        schedule: &Schedule,
        clock_jump: Option<SignedDuration>,
        state: HealthState,
        reasons: Vec<Reason>,
    ) -> Tick {
        let clock = self.canary.deps.clock;
        let now = clock.monotonic();
        let (errors, critical_errors) = self.health.errors(now);
        let (errors_in_all, critical_errors_in_all) = self.tally.errors();
        let Seen { rtt_us, account, skew, drift_is_new, current_price, profit } =
            std::mem::take(&mut self.seen);
        let millis_of = |span: SignedDuration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Tick {
            schema: "mt5crs.canary-tick/1",
            at: clock.now(),
            elapsed_ms: millis(now.saturating_sub(schedule.start)),
            left_ms: millis(schedule.end.saturating_sub(now)),
            state,
            reasons,
            ticket: self.watched.position.ticket,
            rtt_us,
            window: self.health.window(),
            equity: account.as_ref().map(|account| account.equity.clone()),
            balance: account.as_ref().map(|account| account.balance.clone()),
            margin: account.as_ref().map(|account| account.margin.clone()),
            login: account.and_then(|account| account.login),
            simulated: self.canary.client.is_simulated(),
            clock_skew_ms: skew.map(millis_of),
            current_price,
            profit,
            errors,
            critical_errors,
            errors_in_all,
            critical_errors_in_all,
            drift_events: self.health.drift_events(now),
            drift: self.watched.drift.as_ref().map(|drift| drift.last.clone()),
            drift_is_new,
            silent_ms: self.health.silence(now).map(millis),
            missed: schedule.missed,
            clock_jump_ms: clock_jump.map(millis_of),
        }
    }
}

#[cfg(test)]
mod tests;
