//! The watch over a canary's position: look on a fixed schedule, judge, and stop it when its health is critical.
//!
//! A look (`look`) asks for a PING, the account and the positions, and looks at the breaker's file; once an hour the
//! drift files are read. What the looks show is judged by [`crate::guard::health`], and every look is told to whoever
//! observes.
//!
//! It ends when its time is over, when health is critical, when somebody asks to stop, or when it is handed over. In all
//! but the last the position is closed and that is proved (`--keep-open` leaves it open when the time is over). On a halt
//! the breaker is engaged first, so that nothing else opens more. A process that is killed leaves an open position in
//! the evidence, which the next start names and can adopt.

mod drift;
mod look;
pub mod metrics;
mod report;
mod schedule;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};

pub(super) use self::drift::Hourly;
use self::look::Looker;
pub use self::report::{BreakerEnd, DriftReport, Tick, Watched};
use self::schedule::{Schedule, WallClock};
use super::close::{CloseContext, Unwind, not_closed};
use super::{CloseReport, Report};
use crate::clock::{Stopped, humanize, millis};
use crate::evidence::body::{WatchBegin, WatchEnd};
use crate::evidence::outcome::{CloseOutcome, WatchEnding};
use crate::failure::{Code, Failure};
use crate::guard::breaker::{self, Engaged};
use crate::guard::drift::Limits;
use crate::guard::drift::sample::Source;
use crate::guard::health::{HealthState, Reason, SILENCE};
use crate::protocol::positions::Position;
use crate::report::Verdict;
use crate::units::Ticket;

/// While nobody answers, a look this often at least: an outage must not be over for a minute before it is seen.
const SILENT_INTERVAL: Duration = Duration::from_secs(1);

/// How a position is to be watched.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// For how long.
    pub duration: Duration,
    /// From one look to the next.
    pub interval: Duration,
    /// P99 past this is a warning; the second limit is the canary's own.
    pub latency_warn: Duration,
    /// The samples that are compared; `None` where drift is not to be watched.
    pub drift: Option<Samples>,
}

/// What drift is told by.
#[derive(Debug, Clone)]
pub struct Samples {
    /// What the strategy was made for.
    pub reference: Source,
    /// What it sees now.
    pub current: Source,
    /// Where the limits stand.
    pub limits: Limits,
}

/// An event that a watch reports to its observer.
#[derive(Debug, Clone, Copy)]
pub enum WatchEvent<'t> {
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
        /// For how long at most.
        patience: Duration,
    },
}

/// A position that is about to be watched.
pub(super) struct Held {
    pub(super) position: Position,
    /// Tickets that are known to be open beside it.
    pub(super) others: BTreeSet<Ticket>,
    pub(super) drift: Option<Hourly>,
    /// Whether another run opened it.
    pub(super) adopted: bool,
}

/// Watches, then closes or leaves open. The report gets what was seen and what became of the position.
pub(super) fn run(
    context: &mut CloseContext<'_, '_, '_>,
    monitor: &Monitor,
    report: &mut Report,
    held: Held,
) -> Result<Verdict, Failure> {
    let (ticket, adopted) = (held.position.ticket, held.adopted);
    let begin = WatchBegin {
        ticket,
        adopted,
        planned_ms: millis(monitor.duration),
        interval_ms: millis(monitor.interval),
        drift_watched: held.drift.is_some(),
    };
    context.keep(&begin.into());
    let mut looker = Looker::new(context, monitor, held);
    let (ended, stopped) = looker.watch();
    let Looker { tally, held, .. } = looker;
    let gone = tally.gone;
    let kept_open = match ended {
        WatchEnding::HandedOver => true,
        WatchEnding::TimeOver => context.options.keep_open,
        WatchEnding::Halted | WatchEnding::Stopped => false,
    };
    let mut watched = tally.report(ended);
    let why = say_why(&watched, stopped);
    if ended == WatchEnding::Halted {
        watched.breaker = Some(engage(context, ticket, &why));
    }
    let end = WatchEnd {
        ticket,
        result: ended,
        reasons: watched.reasons.iter().map(|reason| reason.words.clone()).collect(),
        lasted_ms: watched.lasted_ms,
        looks: watched.looks,
        kept_open,
    };
    context.keep(&end.into());
    let closed = if kept_open {
        // From here on there is nothing to wait for: a wish to stop that comes now is granted by ending.
        context.deps.stop.ignore_next(usize::MAX);
        CloseReport { ticket, result: CloseOutcome::KeptOpen, why }
    } else {
        let patience = context.options.closing;
        (context.deps.observe)(WatchEvent::Closing { ticket, ended, why: &why, patience });
        context.unwind(&held.position, &held.others, Unwind { gone, asked: stopped.is_some() })
    };
    let verdict = verdict(&watched, &closed, stopped);
    report.monitor = Some(watched);
    report.close = Some(closed);
    verdict
}

/// What the end of a watch says, and which exit code it makes.
fn verdict(
    watched: &Watched,
    closed: &CloseReport,
    stopped: Option<Stopped>,
) -> Result<Verdict, Failure> {
    let ticket = closed.ticket;
    let lasted = humanize(Duration::from_millis(watched.lasted_ms));
    let reasons = || watched.reasons.iter().map(|reason| reason.words.clone());
    if !matches!(closed.result, CloseOutcome::Closed | CloseOutcome::KeptOpen) {
        return Err(not_closed(ticket, &closed.why).with_causes(reasons()));
    }
    match (watched.ended, stopped) {
        (WatchEnding::Halted, _) => Err(Failure::new(
            Code::Halted,
            format!("HALTED after {lasted}: the canary's position {ticket} is proved closed"),
        )
        .with_causes(reasons())),
        (WatchEnding::Stopped, Some(stopped)) => Err(Failure::new(
            Code::Stopped,
            format!("{stopped} after {lasted}: the canary's position {ticket} is proved closed"),
        )
        .with_cause(format!(
            "what the rest of {} would have shown is not known",
            humanize(Duration::from_millis(watched.planned_ms))
        ))),
        (WatchEnding::HandedOver, _) => Ok(Verdict::Warn),
        _ if watched.warned.is_empty() => Ok(Verdict::Pass),
        _ => Ok(Verdict::Warn),
    }
}

fn say_why(watched: &Watched, stopped: Option<Stopped>) -> String {
    let first = watched.reasons.first().map_or("", |reason| reason.words.as_str());
    match (watched.ended, stopped) {
        (WatchEnding::Halted, _) => format!("health is CRITICAL: {first}"),
        (_, Some(stopped)) => stopped.to_string(),
        (WatchEnding::HandedOver, _) => {
            "left open for the next watch: mt5crs canary --resume".to_owned()
        }
        _ => "its time is over".to_owned(),
    }
}

/// Writes the kill switch. Where that fails it is shouted, and the position is closed all the same.
fn engage(context: &mut CloseContext<'_, '_, '_>, ticket: Ticket, why: &str) -> BreakerEnd {
    let (path, now) = (&context.options.breaker, context.deps.clock.now());
    let metadata = Map::from_iter([
        ("run".to_owned(), Value::from(context.deps.records.run.to_string())),
        ("ticket".to_owned(), Value::from(ticket.0)),
    ]);
    match breaker::engage(path, &format!("mt5crs canary: {why}"), metadata, now) {
        Ok(Engaged::Written) => BreakerEnd::Written,
        Ok(Engaged::AlreadyThere) => BreakerEnd::AlreadyThere,
        Err(error) => {
            context.warnings.push(format!(
                "THE BREAKER COULD NOT BE WRITTEN ({}): {error}; an engine may go on trading",
                path.display()
            ));
            BreakerEnd::NotWritten
        }
    }
}

impl Looker<'_, '_, '_, '_> {
    /// Looks until there is a reason to end.
    fn watch(&mut self) -> (WatchEnding, Option<Stopped>) {
        let clock = self.context.deps.clock;
        // What was asked for while the order could not be taken back is heard now.
        self.context.deps.stop.ignore_first(0);
        let mut schedule =
            Schedule::new(clock.monotonic(), self.monitor.interval, self.monitor.duration);
        let mut wall = WallClock::new(clock);
        loop {
            if let Err(stopped) = self.context.deps.stop.check() {
                return (WatchEnding::Stopped, Some(stopped));
            }
            if (self.context.deps.hand_over)() {
                return (WatchEnding::HandedOver, None);
            }
            if let Err(stopped) = self.look() {
                return (WatchEnding::Stopped, Some(stopped));
            }
            let now = clock.monotonic();
            self.tally.clock_jumped(wall.jump(clock));
            let (state, reasons) = self.health.judge(now);
            self.health.forget(now);
            let tick = self.tick(&schedule, state, reasons);
            (self.context.deps.observe)(WatchEvent::Tick(&tick));
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
                return (WatchEnding::Stopped, Some(stopped));
            }
        }
    }

    fn tick(&mut self, schedule: &Schedule, state: HealthState, reasons: Vec<Reason>) -> Tick {
        let clock = self.context.deps.clock;
        let now = clock.monotonic();
        let (errors, critical_errors) = self.health.errors(now);
        Tick {
            schema: "mt5crs.canary-tick/1",
            at: clock.now(),
            elapsed_ms: millis(now.saturating_sub(schedule.start)),
            left_ms: millis(schedule.end.saturating_sub(now)),
            state,
            reasons,
            ticket: self.held.position.ticket,
            rtt_us: self.seen.rtt_us.take(),
            window: self.health.window(),
            equity: self.seen.equity.take(),
            current_price: self.seen.current_price.take(),
            profit: self.seen.profit.take(),
            errors,
            critical_errors,
            drift_events: self.health.drift_events(now),
            drift: self.held.drift.as_ref().map(|drift| drift.last.clone()),
            silent_ms: self.health.silence(now).map(millis),
            missed: schedule.missed,
            clock_jump_ms: self.tally.last_jump_ms(),
        }
    }
}

#[cfg(test)]
mod tests;
