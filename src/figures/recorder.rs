//! Sums a watch's looks up, and writes each minute when it is over.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use uuid::Uuid;

use super::minute::{DriftLook, Extremes, Minute, VERSION, Watcher};
use super::{FiguresError, RoundTrips, Store};
use crate::clock::millis;
use crate::guard::drift::DriftReading;
use crate::guard::health::{HealthState, SILENCE};
use crate::units::{Money, Ticket};

/// Number of reasons that a line keeps, and characters of each.
const REASONS: usize = 4;
const REASON_CHARS: usize = 160;

/// The origin of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The run.
    pub run: Uuid,
    /// The kind of watch.
    pub by: Watcher,
    /// The gateway's endpoint.
    pub of: String,
    /// Time from one look to the next as planned.
    pub every: Duration,
}

/// One look's figures.
#[derive(Debug, Clone)]
pub struct Look {
    /// Its time, by the wall clock.
    pub at: Timestamp,
    /// Its time, on the monotonic clock.
    pub monotonic: Duration,
    /// The health after it.
    pub state: HealthState,
    /// The reasons against that, in words.
    pub why: Vec<String>,
    /// The watched position.
    pub ticket: Option<Ticket>,
    /// The account's number, where the gateway reports it.
    pub login: Option<String>,
    /// Whether the gateway identified itself as simulated.
    pub simulated: bool,
    /// Round trip of its PING; `None` without an answer.
    pub rtt: Option<Duration>,
    /// Length of the silence.
    pub silent: Duration,
    /// Number of looks that slow ones overran, since the watch began.
    pub missed: u64,
    /// Number of errors since the watch began, critical ones included.
    pub errors: u64,
    /// Number of critical errors since the watch began.
    pub critical_errors: u64,
    /// The account's equity.
    pub equity: Option<Money>,
    /// The account's balance.
    pub balance: Option<Money>,
    /// The margin in use.
    pub margin: Option<Money>,
    /// The watched position's profit.
    pub profit: Option<Money>,
    /// The gateway's clock less this machine's.
    pub skew: Option<SignedDuration>,
    /// A reading of drift that this look made.
    pub drift: Option<DriftReading>,
    /// A jump of the wall clock.
    pub jump: Option<SignedDuration>,
}

impl Look {
    /// A healthy look without figures.
    pub fn at(at: Timestamp, monotonic: Duration) -> Self {
        Self {
            at,
            monotonic,
            state: HealthState::Healthy,
            why: vec![],
            ticket: None,
            login: None,
            simulated: false,
            rtt: None,
            silent: Duration::ZERO,
            missed: 0,
            errors: 0,
            critical_errors: 0,
            equity: None,
            balance: None,
            margin: None,
            profit: None,
            skew: None,
            drift: None,
            jump: None,
        }
    }
}

/// Writes the figures of one watch.
#[derive(Debug)]
pub struct Recorder {
    store: Store,
    source: Source,
    current: Option<(Minute, RoundTrips)>,
    last: Option<Look>,
}

impl Recorder {
    /// A watch that has not looked yet.
    pub fn new(store: Store, source: Source) -> Self {
        Self { store, source, current: None, last: None }
    }

    /// Adds a look. An error means that the minute before it was not written; the watch can go on.
    pub fn add(&mut self, look: Look) -> Result<(), FiguresError> {
        let between = self.last.as_ref().map(|last| look.monotonic.saturating_sub(last.monotonic));
        self.add_time(between.unwrap_or_default());
        let is_new = self
            .current
            .as_ref()
            .is_none_or(|(minute, _)| minute_of(minute.to) != minute_of(look.at));
        let written = if is_new { self.finish() } else { Ok(()) };
        let (minute, trips) = self
            .current
            .get_or_insert_with(|| (empty(&self.source, look.at), RoundTrips::default()));
        let last = self.last.as_ref();
        let new = |of: fn(&Look) -> u64| of(&look).saturating_sub(last.map_or(0, of));
        minute.to = look.at;
        minute.looks += 1;
        minute.missed += new(|look| look.missed);
        minute.errors += new(|look| look.errors);
        minute.critical_errors += new(|look| look.critical_errors);
        minute.gap_ms = minute.gap_ms.max(between.map_or(0, millis));
        minute.silent_ms = minute.silent_ms.max(millis(look.silent));
        minute.ticket = look.ticket.or(minute.ticket);
        minute.simulated |= look.simulated;
        minute.login = look.login.clone().or(minute.login.take());
        match look.rtt {
            Some(rtt) => trips.record(rtt),
            None => minute.lost += 1,
        }
        add_money(&mut minute.equity, look.equity.as_ref());
        add_money(&mut minute.balance, look.balance.as_ref());
        minute.margin = look.margin.clone().or(minute.margin.take());
        minute.profit = look.profit.clone().or(minute.profit.take());
        if let Some(skew) = look.skew.map(whole_millis) {
            let [least, greatest] = minute.skew_ms.unwrap_or([skew, skew]);
            minute.skew_ms = Some([least.min(skew), greatest.max(skew)]);
        }
        if let Some(drift) = &look.drift {
            minute.drift = Some(DriftLook { state: drift.state.into(), psi: drift.psi });
        }
        if let Some(jump) = look.jump.map(whole_millis) {
            let is_larger = minute.jump_ms.is_none_or(|known| jump.abs() > known.abs());
            minute.jump_ms = if is_larger { Some(jump) } else { minute.jump_ms };
        }
        for why in &look.why {
            let why: String = why.chars().take(REASON_CHARS).collect();
            if minute.why.len() < REASONS && !minute.why.contains(&why) {
                minute.why.push(why);
            }
        }
        let was = self.last.as_ref().map(|last| last.state);
        let is_critical = look.state == HealthState::Critical && was != Some(look.state);
        self.last = Some(look);
        // The watch is about to end, and closing may take long.
        written.and(if is_critical { self.finish() } else { Ok(()) })
    }

    /// Writes the minute so far.
    pub fn finish(&mut self) -> Result<(), FiguresError> {
        let Some((mut minute, trips)) = self.current.take() else { return Ok(()) };
        minute.rtt = (trips.count() > 0).then(|| trips.encode());
        self.store.append(&minute)
    }

    /// Adds the time between two looks to the first one's state. A longer time than silence may last is a gap: nobody
    /// knows how the position fared.
    fn add_time(&mut self, between: Duration) {
        let (Some(last), Some((minute, _))) = (&self.last, &mut self.current) else { return };
        if between <= SILENCE.max(self.source.every * 2) {
            minute.state_ms[last.state as usize] += millis(between);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Whoever wants to know calls `finish`.
        let _ = self.finish();
    }
}

fn empty(source: &Source, at: Timestamp) -> Minute {
    Minute {
        v: VERSION,
        from: at,
        to: at,
        run: source.run,
        by: source.by,
        of: source.of.clone(),
        login: None,
        ticket: None,
        simulated: false,
        every_ms: millis(source.every),
        looks: 0,
        missed: 0,
        lost: 0,
        errors: 0,
        critical_errors: 0,
        gap_ms: 0,
        silent_ms: 0,
        state_ms: [0; 3],
        rtt: None,
        equity: None,
        balance: None,
        margin: None,
        profit: None,
        skew_ms: None,
        drift: None,
        jump_ms: None,
        why: vec![],
    }
}

fn add_money(extremes: &mut Option<Extremes>, amount: Option<&Money>) {
    match (extremes, amount) {
        (Some(extremes), Some(amount)) => extremes.add(amount),
        (empty, Some(amount)) => *empty = Some(Extremes::of(amount)),
        (_, None) => {}
    }
}

fn minute_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60)
}

fn whole_millis(span: SignedDuration) -> i64 {
    let rounded = span.round(Unit::Millisecond).unwrap_or(span);
    i64::try_from(rounded.as_millis()).unwrap_or(i64::MAX)
}
