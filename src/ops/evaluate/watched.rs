//! The figures of an evaluation: minutes added up to hours and to the whole, and the gaps between them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::records::Watch;
use crate::clock::millis;
use crate::figures::{DriftWord, Extremes, Minute, Read, RoundTrips, Watcher};
use crate::units::{Money, Ticket, TimeSchema};

/// Seconds of an hour.
const HOUR: i64 = 3600;
/// The number of points that a curve has at most; the widths of a point, in seconds.
const POINTS: i64 = 160;
const WIDTHS: [i64; 6] = [60, 300, 600, 1800, HOUR, 6 * HOUR];

/// The figures of a span of time: an hour, or a point of a curve.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Slice {
    /// Its begin.
    #[schemars(with = "TimeSchema")]
    pub at: Timestamp,
    /// Number of looks.
    pub looks: u64,
    /// Number of looks whose PING had no answer.
    pub lost: u64,
    /// Number of errors, critical ones included.
    pub errors: u64,
    /// Median round trip in µs.
    pub rtt_p50_us: Option<u64>,
    /// 99th percentile in µs; null below 100 round trips.
    pub rtt_p99_us: Option<u64>,
    /// Longest round trip in µs.
    pub rtt_max_us: Option<u64>,
    /// Time HEALTHY, WARNING and CRITICAL, in ms.
    pub health_ms: [u64; 3],
    /// Time that nobody watched although a position was open, in ms.
    pub unwatched_ms: u64,
    /// The least equity.
    pub equity_min: Option<Money>,
    /// The greatest equity.
    pub equity_max: Option<Money>,
    /// The last equity.
    pub equity_last: Option<Money>,
    /// The last balance.
    pub balance_last: Option<Money>,
    /// The deepest fall of the equity from a value to a later one.
    pub equity_fall: Option<Money>,
    /// The last index of drift.
    pub psi: Option<f64>,
    /// Whether that is drift.
    pub is_drift: bool,
}

/// Time between two looks at an open position.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Gap {
    /// The position; null for the link.
    pub ticket: Option<Ticket>,
    /// The look before it.
    #[schemars(with = "TimeSchema")]
    pub from: Timestamp,
    /// The look after it.
    #[schemars(with = "TimeSchema")]
    pub to: Timestamp,
    /// Its length in ms.
    pub lasted_ms: u64,
}

/// Sums over the whole period.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) hours: Vec<Slice>,
    pub(super) points: Vec<Slice>,
    pub(super) point_s: i64,
    pub(super) trips: RoundTrips,
    pub(super) looks: u64,
    pub(super) missed: u64,
    pub(super) lost: u64,
    pub(super) errors: u64,
    pub(super) critical_errors: u64,
    /// Of the watches over positions.
    pub(super) health_ms: [u64; 3],
    /// Time that positions were watched, or else the link, in ms.
    pub(super) watched_ms: u64,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    pub(super) gaps: Vec<Gap>,
    /// Times of readings that showed drift, with their index.
    pub(super) drift: Vec<(Timestamp, Option<f64>)>,
    pub(super) drift_readings: u64,
    pub(super) drift_unjudged: u64,
    pub(super) equity_first: Option<Money>,
    pub(super) equity_last: Option<Money>,
    pub(super) equity_min: Option<Money>,
    pub(super) equity_max: Option<Money>,
    pub(super) balance_last: Option<Money>,
    /// The deepest fall of the equity, and in percent of the value before it: `MAX` where that was not above zero.
    pub(super) fall: Decimal,
    pub(super) fall_percent: Decimal,
    /// The deepest fall within an hour.
    pub(super) worst_hour: Decimal,
    pub(super) margin_max: Option<Money>,
    pub(super) skew_ms: Option<u64>,
    pub(super) jumps: Vec<(Timestamp, i64)>,
    pub(super) set_back: Option<String>,
    pub(super) unreadable: u64,
    /// Number of minutes, and of those with a simulated gateway.
    pub(super) minutes: u64,
    pub(super) simulated: u64,
    /// Longest time between two looks that was allowed.
    pub(super) allowed: Allowed,
    /// Minutes in which health was not good, with the reasons.
    pub(super) unwell: Vec<Unwell>,
    /// Endpoints and logins.
    pub(super) endpoints: BTreeSet<String>,
    pub(super) logins: BTreeSet<String>,
}

/// A span in which health was WARNING or CRITICAL.
#[derive(Debug, Clone)]
pub(super) struct Unwell {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) by: Watcher,
    pub(super) is_critical: bool,
    pub(super) lost: u64,
    pub(super) why: Vec<String>,
}

/// Longest time between two looks: the limit, or twice a watch's own interval where that is longer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Allowed {
    limit_ms: u64,
    /// The shortest and the longest interval of the watches.
    every_ms: Option<(u64, u64)>,
}

impl Allowed {
    fn of(limit: Duration, minutes: &[Minute]) -> Self {
        let every = || minutes.iter().map(|minute| minute.every_ms);
        Self { limit_ms: millis(limit), every_ms: every().min().zip(every().max()) }
    }

    /// Beside a watch that looks at that interval.
    fn beside(self, every_ms: u64) -> u64 {
        self.limit_ms.max(every_ms.saturating_mul(2))
    }

    /// Between a watch's last look and now, while it may go on: it writes a minute once that is over.
    fn until_now(self, every_ms: u64) -> u64 {
        const UNWRITTEN_MS: u64 = 60_000;
        self.limit_ms.max(every_ms.saturating_mul(2).saturating_add(UNWRITTEN_MS))
    }

    /// The least and the greatest limit that was applied, in ms.
    pub(super) fn applied_ms(self) -> (u64, u64) {
        let (least, most) = self.every_ms.unwrap_or_default();
        (self.beside(least), self.beside(most))
    }
}

/// The positions of an evaluation, for the gaps between looks.
pub(super) struct Positions<'a> {
    pub(super) watches: &'a [Watch],
    pub(super) open: &'a BTreeSet<Ticket>,
    pub(super) now: Timestamp,
    /// Longest allowed time between two looks.
    pub(super) allowed: Duration,
}

impl Watched {
    /// Adds up the figures.
    pub(super) fn of(read: Read, positions: &Positions<'_>) -> Self {
        let Read { mut minutes, unreadable } = read;
        let mut watched = Self { unreadable, ..Self::default() };
        watched.set_back = set_back(&minutes);
        minutes.sort_by_key(|minute| minute.from);
        watched.allowed = Allowed::of(positions.allowed, &minutes);
        watched.gaps = gaps(&minutes, positions, watched.allowed);
        watched.minutes = minutes.len() as u64;
        watched.simulated = minutes.iter().filter(|minute| minute.simulated).count() as u64;
        watched.from = minutes.first().map(|minute| minute.from);
        watched.to = minutes.iter().map(|minute| minute.to).max();
        let over = |by| minutes.iter().any(|minute| minute.by == by);
        let main = if over(Watcher::Canary) { Watcher::Canary } else { Watcher::Link };
        watched.point_s = width(watched.from, watched.to);
        let (mut hours, mut points) = (Slicer::new(HOUR), Slicer::new(watched.point_s));
        let mut peak: Option<Decimal> = None;
        for minute in &minutes {
            let trips = minute.round_trips();
            watched.unreadable += u64::from(trips.is_none());
            let trips = trips.unwrap_or_default();
            watched.add(minute, main, &mut peak);
            if let Some(closed) = hours.add(minute, &trips, main) {
                watched.trips.merge(&closed);
            }
            points.add(minute, &trips, main);
        }
        let (last, slices) = hours.finish();
        watched.trips.merge(&last);
        watched.hours = slices;
        watched.points = points.finish().1;
        watched.worst_hour = watched
            .hours
            .iter()
            .filter_map(|hour| Some(hour.equity_fall.as_ref()?.value()))
            .max()
            .unwrap_or_default();
        for gap in &watched.gaps {
            add_gap(&mut watched.hours, HOUR, gap);
            add_gap(&mut watched.points, watched.point_s, gap);
        }
        watched
    }

    fn add(&mut self, minute: &Minute, main: Watcher, peak: &mut Option<Decimal>) {
        for (sum, more) in [
            (&mut self.looks, minute.looks),
            (&mut self.missed, minute.missed),
            (&mut self.lost, minute.lost),
            (&mut self.errors, minute.errors),
            (&mut self.critical_errors, minute.critical_errors),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.endpoints.insert(minute.of.clone());
        self.logins.extend(minute.login.clone());
        if let Some([least, greatest]) = minute.skew_ms {
            let skew = least.unsigned_abs().max(greatest.unsigned_abs());
            self.skew_ms = Some(self.skew_ms.unwrap_or_default().max(skew));
        }
        self.jumps.extend(minute.jump_ms.map(|jump| (minute.to, jump)));
        if let Some(drift) = &minute.drift {
            self.drift_readings += 1;
            match drift.state {
                DriftWord::Drift => self.drift.push((minute.from, drift.psi)),
                DriftWord::CannotBeJudged => self.drift_unjudged += 1,
                DriftWord::Stable | DriftWord::Watch => {}
            }
        }
        if minute.state_ms[1] > 0 || minute.state_ms[2] > 0 || !minute.why.is_empty() {
            self.add_unwell(minute);
        }
        if minute.by != main {
            return;
        }
        add_states(&mut self.health_ms, minute);
        self.watched_ms = self.watched_ms.saturating_add(minute.watched_ms());
        self.margin_max = greater(self.margin_max.take(), minute.margin.clone());
        self.balance_last =
            minute.balance.as_ref().map(|it| it.last.clone()).or(self.balance_last.take());
        let Some(equity) = &minute.equity else { return };
        self.equity_first.get_or_insert_with(|| equity.first.clone());
        self.equity_last = Some(equity.last.clone());
        self.equity_max = greater(self.equity_max.take(), Some(equity.max.clone()));
        let is_least = self.equity_min.as_ref().is_none_or(|least| equity.min < *least);
        if is_least {
            self.equity_min = Some(equity.min.clone());
        }
        let fall = fall_after(*peak, equity);
        let top = peak.map_or(equity.max.value(), |peak| peak.max(equity.max.value()));
        if fall > self.fall {
            self.fall = fall;
        }
        // A fall from nothing, or from less, is no share of it.
        let share = || fall.checked_div(top)?.checked_mul(Decimal::ONE_HUNDRED);
        let percent = match fall > Decimal::ZERO {
            true if top > Decimal::ZERO => share().unwrap_or(Decimal::MAX),
            true => Decimal::MAX,
            false => Decimal::ZERO,
        };
        self.fall_percent = self.fall_percent.max(percent);
        *peak = Some(top);
    }

    /// Minutes without health that follow each other are one span.
    fn add_unwell(&mut self, minute: &Minute) {
        const TOGETHER: SignedDuration = SignedDuration::from_secs(120);
        let is_critical = minute.state_ms[2] > 0;
        match self.unwell.last_mut() {
            Some(last)
                if last.by == minute.by
                    && last.is_critical == is_critical
                    && minute.from.duration_since(last.to) < TOGETHER =>
            {
                last.to = minute.to;
                last.lost = last.lost.saturating_add(minute.lost);
                for why in &minute.why {
                    if last.why.len() < 4 && !last.why.contains(why) {
                        last.why.push(why.clone());
                    }
                }
            }
            _ => self.unwell.push(Unwell {
                from: minute.from,
                to: minute.to,
                by: minute.by,
                is_critical,
                lost: minute.lost,
                why: minute.why.clone(),
            }),
        }
    }
}

fn add_states(sums: &mut [u64; 3], minute: &Minute) {
    for (sum, ms) in sums.iter_mut().zip(minute.state_ms) {
        *sum = sum.saturating_add(ms);
    }
}

fn greater(known: Option<Money>, other: Option<Money>) -> Option<Money> {
    match (known, other) {
        (Some(known), Some(other)) => Some(if other > known { other } else { known }),
        (known, other) => known.or(other),
    }
}

/// The deepest fall that ends in a minute, after an earlier peak.
fn fall_after(peak: Option<Decimal>, equity: &Extremes) -> Decimal {
    let within = equity.fall.as_ref().map_or(Decimal::ZERO, Money::value);
    let across = peak.map_or(Decimal::ZERO, |peak| peak.saturating_sub(equity.min.value()));
    within.max(across).max(Decimal::ZERO)
}

/// The width of a curve's points, in seconds.
fn width(from: Option<Timestamp>, to: Option<Timestamp>) -> i64 {
    let length = from.zip(to).map_or(0, |(from, to)| to.as_second() - from.as_second());
    let narrowest = WIDTHS.iter().find(|width| length / **width <= POINTS);
    narrowest.copied().unwrap_or(WIDTHS[WIDTHS.len() - 1])
}

/// Adds minutes up to slices of one width. One slice's histogram is held at a time.
struct Slicer {
    width: i64,
    slices: Vec<Slice>,
    trips: RoundTrips,
    peak: Option<Decimal>,
}

impl Slicer {
    fn new(width: i64) -> Self {
        Self { width, slices: vec![], trips: RoundTrips::default(), peak: None }
    }

    /// Adds a minute. Returns the round trips of the slice before, where a new one begins.
    fn add(&mut self, minute: &Minute, trips: &RoundTrips, main: Watcher) -> Option<RoundTrips> {
        let at = floor(minute.from, self.width);
        let is_new = self.slices.last().is_none_or(|slice| slice.at != at);
        let closed = is_new.then(|| self.close());
        if is_new {
            self.slices.push(empty(at));
            self.peak = None;
        }
        self.trips.merge(trips);
        let slice = self.slices.last_mut()?;
        slice.looks = slice.looks.saturating_add(minute.looks);
        slice.lost = slice.lost.saturating_add(minute.lost);
        slice.errors = slice.errors.saturating_add(minute.errors);
        if let Some(drift) = &minute.drift {
            slice.psi = drift.psi.or(slice.psi);
            slice.is_drift |= drift.state == DriftWord::Drift;
        }
        if minute.by == main {
            add_states(&mut slice.health_ms, minute);
            if let Some(balance) = &minute.balance {
                slice.balance_last = Some(balance.last.clone());
            }
            if let Some(equity) = &minute.equity {
                let fall = fall_after(self.peak, equity);
                let known = slice.equity_fall.as_ref().map_or(Decimal::ZERO, Money::value);
                if fall > known {
                    slice.equity_fall = Some(Money::from(fall));
                }
                let max = equity.max.value();
                self.peak = Some(self.peak.map_or(max, |peak| peak.max(max)));
                if slice.equity_min.as_ref().is_none_or(|least| equity.min < *least) {
                    slice.equity_min = Some(equity.min.clone());
                }
                slice.equity_max = greater(slice.equity_max.take(), Some(equity.max.clone()));
                slice.equity_last = Some(equity.last.clone());
            }
        }
        closed
    }

    fn close(&mut self) -> RoundTrips {
        let trips = std::mem::take(&mut self.trips);
        if let Some(slice) = self.slices.last_mut() {
            slice.rtt_p50_us = trips.percentile_us(50.0);
            slice.rtt_p99_us = trips.p99_us();
            slice.rtt_max_us = trips.max_us();
        }
        trips
    }

    fn finish(mut self) -> (RoundTrips, Vec<Slice>) {
        let trips = self.close();
        (trips, self.slices)
    }
}

fn floor(time: Timestamp, width: i64) -> Timestamp {
    let second = time.as_second();
    Timestamp::from_second(second - second.rem_euclid(width)).unwrap_or(time)
}

fn empty(at: Timestamp) -> Slice {
    Slice {
        at,
        looks: 0,
        lost: 0,
        errors: 0,
        rtt_p50_us: None,
        rtt_p99_us: None,
        rtt_max_us: None,
        health_ms: [0; 3],
        unwatched_ms: 0,
        equity_min: None,
        equity_max: None,
        equity_last: None,
        balance_last: None,
        equity_fall: None,
        psi: None,
        is_drift: false,
    }
}

/// Adds an unwatched time to the slices that it touches; a slice that nothing else made is added.
fn add_gap(slices: &mut Vec<Slice>, width: i64, gap: &Gap) {
    let (from, to) = (gap.from.as_millisecond(), gap.to.as_millisecond());
    let width_ms = width * 1000;
    let mut start = from - from.rem_euclid(width_ms);
    while start < to {
        let overlap = to.min(start + width_ms) - from.max(start);
        let at = Timestamp::from_millisecond(start).unwrap_or(gap.from);
        let place = slices.partition_point(|slice| slice.at < at);
        if slices.get(place).is_none_or(|slice| slice.at != at) {
            slices.insert(place, empty(at));
        }
        slices[place].unwatched_ms += overlap.unsigned_abs();
        start += width_ms;
    }
}

/// A clock that went back: a run's later line begins before its earlier one ended.
fn set_back(minutes: &[Minute]) -> Option<String> {
    const CORRECTION: SignedDuration = SignedDuration::from_secs(1);
    let mut last = BTreeMap::new();
    minutes.iter().find_map(|minute| {
        let earlier: Option<Timestamp> = last.insert(minute.run, minute.to);
        let back = earlier?.duration_since(minute.from);
        let within = minute.from.duration_since(minute.to);
        let back = back.max(within);
        (back > CORRECTION).then(|| {
            format!("the clock went back by {:.0} s to {}", back.as_secs_f64(), minute.from)
        })
    })
}

/// A time that was watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    from: Timestamp,
    to: Timestamp,
    /// The interval of its looks in ms; `None` for a record between them.
    every_ms: Option<u64>,
    /// Whether it is now, while the last watch may go on.
    is_now: bool,
}

impl Span {
    fn of(minute: &Minute) -> Self {
        let Minute { from, to, every_ms, .. } = *minute;
        Self { from, to, every_ms: Some(every_ms), is_now: false }
    }

    fn at(time: Timestamp) -> Self {
        Self { from: time, to: time, every_ms: None, is_now: false }
    }
}

/// Every time between two looks at an open position that is longer than allowed. Without positions, that of each watch of
/// the link.
fn gaps(minutes: &[Minute], positions: &Positions<'_>, allowed: Allowed) -> Vec<Gap> {
    let mut found = vec![];
    let tickets: BTreeSet<Ticket> = positions
        .watches
        .iter()
        .map(|watch| watch.ticket)
        .chain(minutes.iter().filter_map(|minute| minute.ticket))
        .collect();
    for ticket in &tickets {
        let of_ticket: Vec<&Minute> =
            minutes.iter().filter(|minute| minute.ticket == Some(*ticket)).collect();
        let watches: Vec<&Watch> =
            positions.watches.iter().filter(|watch| watch.ticket == *ticket).collect();
        let mut spans: Vec<Span> = of_ticket.iter().map(|it| Span::of(it)).collect();
        for watch in &watches {
            spans.push(Span::at(watch.began_at));
            let closed = watch.closed_at;
            match &watch.ended {
                Some(ended) => {
                    spans.push(Span::at(ended.at));
                    spans.extend(closed.filter(|_| ended.kept_open).map(Span::at));
                }
                None => spans.extend(closed.map(Span::at)),
            }
        }
        if positions.open.contains(ticket) {
            let last = watches.iter().max_by_key(|watch| watch.seq);
            let is_now = last.is_some_and(|watch| watch.ended.is_none());
            spans.push(Span { is_now, ..Span::at(positions.now) });
        }
        find_gaps(&mut found, Some(*ticket), spans, &of_ticket, allowed);
    }
    if tickets.is_empty() {
        let mut runs: BTreeMap<_, Vec<&Minute>> = BTreeMap::new();
        for minute in minutes {
            runs.entry(minute.run).or_default().push(minute);
        }
        for of_run in runs.values() {
            let spans = of_run.iter().map(|it| Span::of(it)).collect();
            find_gaps(&mut found, None, spans, of_run, allowed);
        }
    }
    found.sort_by_key(|gap| gap.from);
    found
}

fn find_gaps(
    found: &mut Vec<Gap>,
    ticket: Option<Ticket>,
    mut spans: Vec<Span>,
    minutes: &[&Minute],
    allowed: Allowed,
) {
    spans.sort();
    let mut last: Option<(Timestamp, u64)> = None;
    for span in spans {
        if let Some((before, every)) = last {
            let lasted = span.from.duration_since(before).as_millis();
            let lasted_ms = u64::try_from(lasted).unwrap_or_default();
            // The slower of the two watches beside it.
            let every = every.max(span.every_ms.unwrap_or_default());
            let longest =
                if span.is_now { allowed.until_now(every) } else { allowed.beside(every) };
            if lasted_ms > longest {
                found.push(Gap { ticket, from: before, to: span.from, lasted_ms });
            }
        }
        let (before, every) = last.unwrap_or((span.to, 0));
        // A record is no look: the interval before it stands.
        last = Some((before.max(span.to), span.every_ms.unwrap_or(every)));
    }
    // A process that was suspended within a minute.
    for minute in minutes {
        let longest = allowed.beside(minute.every_ms);
        let (from, to) = (minute.from, minute.to);
        let is_known = found.iter().any(|gap| gap.ticket == ticket && gap.to == from);
        let inside = u64::try_from(to.duration_since(from).as_millis()).unwrap_or_default();
        if minute.gap_ms > longest && !is_known && inside > longest {
            found.push(Gap { ticket, from, to, lasted_ms: minute.gap_ms });
        }
    }
}
