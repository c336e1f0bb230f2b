//! The rules of an evaluation, one by one: figure, limit, source.
//!
//! A rule passes, fails, or has no answer: what it needs was not watched, or too little of it. One that fails is a NO-GO,
//! whatever else is missing.

use std::path::Path;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::history::History;
use super::limits::Limits;
use super::records::{Order, OrderOutcome, Records};
use super::watched::Watched;
use crate::check::Verdict;
use crate::evidence::outcome::WatchEnding;

const HOUR_MS: f64 = 3_600_000.0;
/// A watch of 24 h has its first look after it began, and its last one up to a minute before it ended.
const LOOK_H: f64 = 1.0 / 60.0;

/// One rule and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Rule {
    /// Its name, stable for scripts; the key of its limit in a rules file is alike.
    pub name: &'static str,
    /// The part of the evaluation that it belongs to.
    pub group: Group,
    /// The answer: `pass`, `fail`, or `unknown` where too little is known.
    pub answer: Verdict,
    /// The figure.
    pub figure: String,
    /// The limit.
    pub limit: String,
    /// Where the figure comes from.
    pub source: Origin,
    /// What it lacks, or what to look at; null where it passes.
    pub remark: Option<String>,
}

/// A part of the evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// How long and how closely it was watched.
    Watch,
    /// The link.
    Link,
    /// Health.
    Health,
    /// Recovery.
    Recovery,
    /// Orders.
    Orders,
    /// Money.
    Money,
    /// Drift.
    Drift,
    /// Alerts.
    Alerts,
    /// Clocks.
    Clock,
    /// Evidence.
    Evidence,
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The figures of watches.
    Figures,
    /// The evidence.
    Evidence,
    /// The logs.
    Logs,
}

/// What the rules judge.
pub(super) struct Judged<'a> {
    pub(super) limits: &'a Limits,
    pub(super) records: &'a Records,
    pub(super) watched: &'a Watched,
    pub(super) history: &'a History,
    /// Hours since the first order or look.
    pub(super) hours_passed: f64,
    pub(super) evidence: &'a Path,
}

impl Judged<'_> {
    /// Every rule, in the order of the page.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let mut rules = vec![];
        self.watch(&mut rules);
        self.link(&mut rules);
        self.health(&mut rules);
        self.recovery(&mut rules);
        self.orders(&mut rules);
        self.money(&mut rules);
        self.drift(&mut rules);
        self.alerts(&mut rules);
        self.clock(&mut rules);
        self.evidence(&mut rules);
        rules
    }

    fn watch(&self, rules: &mut Vec<Rule>) {
        let Self { limits, watched, .. } = self;
        let of =
            |name, figure, limit| Rule::new(name, Group::Watch, Origin::Figures, figure, limit);
        let hours = watched.watched_ms as f64 / HOUR_MS;
        let required = limits.hours_watched;
        rules.push(
            of("hours-watched", format!("{} h", number(hours, 2)), at_least(required, "h"))
                .unknown_unless(
                    hours + LOOK_H >= required,
                    format!(
                        "{} of {} h are watched: go on with mt5crs canary --monitor",
                        number(hours, 2),
                        number(required, 2)
                    ),
                ),
        );
        let (passed, required) = (self.hours_passed, limits.hours_passed);
        rules.push(
            of("hours-passed", format!("{} h", number(passed, 1)), at_least(required, "h"))
                .unknown_unless(
                    passed + 1e-9 >= required,
                    format!("the plan decides after {} h: wait", number(required, 1)),
                ),
        );
        let longest = watched.gaps.iter().max_by_key(|gap| gap.lasted_ms);
        let figure = match longest {
            None => "0".to_owned(),
            Some(gap) => format!("{} ({} s)", watched.gaps.len(), seconds(gap.lasted_ms)),
        };
        let remark = longest.map_or_else(String::new, |gap| {
            format!("nobody watched from {:.0} to {:.0}", gap.from, gap.to)
        });
        let limit = match watched.allowed.applied_ms() {
            (least, most) if least == most => format!("≤ {} s", seconds(most)),
            (least, most) => format!("≤ {} to {} s", seconds(least), seconds(most)),
        };
        rules.push(of("gaps", figure, limit).unknown_unless(longest.is_none(), remark));
        let figure = watched.unreadable.to_string();
        rules.push(of("figures-readable", figure, "0".to_owned()).unknown_unless(
            watched.unreadable == 0,
            "lines of the figures can't be read: a kill tore them, or they are damaged".to_owned(),
        ));
        let (simulated, minutes) = (watched.simulated, watched.minutes);
        let is_mixed = simulated > 0 && simulated < minutes;
        let figure = format!("{simulated} / {minutes}");
        rules.push(
            of("gateway-real", figure, "none or all".to_owned())
                .judged(Some(!is_mixed), "")
                .remarking(is_mixed.then_some(
                    "minutes of a simulated gateway are among the figures: they prove nothing of this one",
                )),
        );
    }

    fn link(&self, rules: &mut Vec<Rule>) {
        let Self { limits, watched, .. } = self;
        let of = |name, figure, limit| Rule::new(name, Group::Link, Origin::Figures, figure, limit);
        let count = watched.trips.count();
        let figure = count.to_string();
        rules.push(of("round-trips", figure, format!("≥ {}", limits.round_trips)).unknown_unless(
            count >= limits.round_trips,
            format!("{count} round trips are too few to tell percentiles"),
        ));
        let sent = count.saturating_add(watched.lost);
        let loss = watched.lost as f64 * 100.0 / (sent.max(1)) as f64;
        let figure = format!("{} / {sent} ({} %)", watched.lost, number(loss, 3));
        rules.push(
            of("loss", figure, at_most(limits.loss_percent, "%"))
                .judged((sent > 0).then_some(loss <= limits.loss_percent), "no PING was sent"),
        );
        for (name, percent, limit) in [("p50", 50.0, limits.p50_ms), ("p99", 99.0, limits.p99_ms)] {
            let us = if percent > 98.0 {
                watched.trips.p99_us()
            } else {
                watched.trips.percentile_us(percent)
            };
            let figure = us.map_or("-".to_owned(), |us| format!("{} ms", millis(us)));
            let judged = us.map(|us| us as f64 / 1e3 < limit);
            rules.push(
                of(name, figure, format!("< {} ms", number(limit, 3)))
                    .judged(judged, "too few round trips"),
            );
        }
        let worst = watched
            .hours
            .iter()
            .filter_map(|hour| Some((hour.rtt_p99_us?, hour.at)))
            .max_by_key(|(us, _)| *us);
        let figure = worst.map_or("-".to_owned(), |(us, at)| {
            format!("{} ms ({})", millis(us), at.strftime("%m-%d %H:00"))
        });
        let limit = limits.p99_hour_ms;
        rules.push(
            of("p99-hour", figure, format!("< {} ms", number(limit, 3))).judged(
                worst.map(|(us, _)| us as f64 / 1e3 < limit),
                "no hour has 100 round trips",
            ),
        );
    }

    fn health(&self, rules: &mut Vec<Rule>) {
        let Self { limits, watched, records, .. } = self;
        let of = |name, source, figure: String, limit: String| {
            Rule::new(name, Group::Health, source, figure, limit)
        };
        let was_watched = watched.watched_ms > 0;
        let ends = || records.watches.iter().filter_map(|watch| watch.ended.as_ref());
        let halts: Vec<&str> = ends()
            .filter(|end| end.result == WatchEnding::Halted)
            .map(|end| end.reasons.first().map_or("", String::as_str))
            .collect();
        let count = halts.len() as u64;
        let any = !records.watches.is_empty();
        rules.push(
            of("halts", Origin::Evidence, count.to_string(), format!("≤ {}", limits.halts))
                .judged(any.then_some(count <= limits.halts), "no watch is recorded")
                .remarking(halts.first().copied()),
        );
        let errors = watched.critical_errors;
        rules.push(
            of(
                "critical-errors",
                Origin::Figures,
                errors.to_string(),
                format!("≤ {}", limits.critical_errors),
            )
            .judged(was_watched.then_some(errors <= limits.critical_errors), "nothing was watched"),
        );
        let critical = watched.health_ms[2] as f64 / 1e3;
        rules.push(
            of(
                "critical",
                Origin::Figures,
                format!("{} s", number(critical, 1)),
                at_most(limits.critical_s, "s"),
            )
            .judged(was_watched.then_some(critical <= limits.critical_s), "nothing was watched"),
        );
        let warning = watched.health_ms[1] as f64 * 100.0 / watched.watched_ms.max(1) as f64;
        rules.push(
            of(
                "warning",
                Origin::Figures,
                format!("{} %", number(warning, 3)),
                at_most(limits.warning_percent, "%"),
            )
            .judged(
                was_watched.then_some(warning <= limits.warning_percent),
                "nothing was watched",
            ),
        );
    }

    fn recovery(&self, rules: &mut Vec<Rule>) {
        let Self { limits, records, history, .. } = self;
        let of =
            |name, source, figure, limit| Rule::new(name, Group::Recovery, source, figure, limit);
        let failed = history.failed_syncs.len() as u64;
        let all = history.syncs.saturating_add(failed);
        rules.push(
            of("syncs", Origin::Logs, all.to_string(), format!("≥ {}", limits.syncs))
                .unknown_unless(
                    all >= limits.syncs,
                    "the logs hold too few syncs: mt5crs sync".to_owned(),
                ),
        );
        let share = history.syncs as f64 * 100.0 / all.max(1) as f64;
        rules.push(
            of(
                "sync-success",
                Origin::Logs,
                format!("{} / {all} ({} %)", history.syncs, number(share, 2)),
                at_least(limits.sync_percent, "%"),
            )
            .judged((all > 0).then_some(share >= limits.sync_percent), "no sync is logged"),
        );
        // A killed watch is over once the position was watched again or proved closed.
        let killed: Vec<_> = records
            .watches
            .iter()
            .filter(|watch| watch.ended.is_none())
            .filter(|watch| !self.goes_on(watch.seq))
            .collect();
        let recovered = killed
            .iter()
            .filter(|watch| {
                let again = |other: &&super::records::Watch| {
                    other.ticket == watch.ticket && other.began_at > watch.began_at
                };
                watch.closed_at.is_some() || records.watches.iter().any(|other| again(&other))
            })
            .count();
        let share = recovered as f64 * 100.0 / killed.len().max(1) as f64;
        let is_met = killed.is_empty() || share >= limits.restart_percent;
        rules.push(
            of(
                "restarts",
                Origin::Evidence,
                format!("{recovered} / {}", killed.len()),
                at_least(limits.restart_percent, "%"),
            )
            .judged(Some(is_met), "")
            .remarking(
                (!is_met).then_some("a killed watch left a position that nobody watched again"),
            ),
        );
    }

    /// Whether a watch without an end is the last of its position, and has looked within the allowed time.
    fn goes_on(&self, seq: u64) -> bool {
        let Records { watches, open, .. } = self.records;
        watches.iter().any(|watch| {
            watch.seq == seq
                && open.contains(&watch.ticket)
                && !watches.iter().any(|other| other.ticket == watch.ticket && other.seq > seq)
                && !self.watched.gaps.iter().any(|gap| {
                    gap.ticket == Some(watch.ticket) && gap.to >= self.watched.to.unwrap_or(gap.to)
                })
        })
    }

    fn orders(&self, rules: &mut Vec<Rule>) {
        let Self { limits, records, .. } = self;
        let of =
            |name, figure, limit| Rule::new(name, Group::Orders, Origin::Evidence, figure, limit);
        let count = |outcome| records.orders.iter().filter(|it| it.outcome == outcome).count();
        let sent = records.orders.len() as u64;
        let closed = count(OrderOutcome::Closed);
        let open = count(OrderOutcome::Open);
        let not_executed = count(OrderOutcome::NotExecuted);
        let unknown = count(OrderOutcome::Unknown);
        let figure = format!("{sent} ({closed} ✓, {open} …, {not_executed} ∅)");
        rules.push(of("orders", figure, format!("≥ {}", limits.orders)).unknown_unless(
            sent >= limits.orders,
            "too few orders are recorded: mt5crs canary".to_owned(),
        ));
        rules.push(
            of("unknown-orders", unknown.to_string(), "0".to_owned())
                .judged(Some(unknown == 0), "")
                .remarking((unknown > 0).then_some(
                    "what became of an order is not proved: mt5crs sync, mt5crs evidence show",
                )),
        );
    }

    fn money(&self, rules: &mut Vec<Rule>) {
        let Self { limits, records, watched, .. } = self;
        let dearest = records
            .orders
            .iter()
            .filter_map(|order| Some((order.cost_percent()?, order)))
            .max_by_key(|(percent, _)| *percent);
        let figure = dearest.as_ref().map_or("-".to_owned(), |(percent, order)| {
            let cost = order.cost.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{cost} ({} %)", decimal(*percent, 3))
        });
        let percent = dearest.map(|(percent, _)| percent.to_f64().unwrap_or(f64::INFINITY));
        let closed = |order: &&Order| order.outcome == OrderOutcome::Closed;
        let is_costless = |order: &Order| order.cost_percent().is_none();
        let unknown = records.orders.iter().filter(closed).filter(|it| is_costless(it)).count();
        let is_met = percent.map(|percent| percent <= limits.cost_percent);
        let lacks = match unknown {
            0 => "no order is proved closed with its balance".to_owned(),
            _ => format!("the cost of {unknown} closed orders is not known"),
        };
        rules.push(
            Rule::new(
                "cost",
                Group::Money,
                Origin::Evidence,
                figure,
                at_most(limits.cost_percent, "%"),
            )
            .judged(is_met.filter(|is_met| !is_met || unknown == 0), &lacks),
        );
        let percent = watched.fall_percent.to_f64().unwrap_or(f64::INFINITY);
        let known = watched.equity_max.is_some();
        let figure = match known {
            true if watched.fall_percent == Decimal::MAX => {
                format!("{} (of no equity)", watched.fall.normalize())
            }
            true => {
                format!("{} ({} %)", watched.fall.normalize(), decimal(watched.fall_percent, 3))
            }
            false => "-".to_owned(),
        };
        rules.push(
            Rule::new(
                "drawdown",
                Group::Money,
                Origin::Figures,
                figure,
                at_most(limits.drawdown_percent, "%"),
            )
            .judged(known.then_some(percent <= limits.drawdown_percent), "no equity was read"),
        );
    }

    fn drift(&self, rules: &mut Vec<Rule>) {
        let Self { limits, watched, records, .. } = self;
        let of =
            |name, figure, limit| Rule::new(name, Group::Drift, Origin::Figures, figure, limit);
        let hours = watched.watched_ms as f64 / HOUR_MS;
        let required = (hours * limits.drift_readings_per_hour).floor().max(1.0);
        let readings = watched.drift_readings;
        let unwatched = records.watches.iter().any(|watch| !watch.drift_watched);
        let lacks = if unwatched && readings == 0 {
            "drift was not watched: the watch ran with --without-drift"
        } else {
            "drift was read too seldom"
        };
        let is_enough = readings > 0 && readings as f64 >= required;
        let is_enough = is_enough || limits.drift_readings_per_hour == 0.0;
        rules.push(
            of("drift-readings", readings.to_string(), format!("≥ {required}"))
                .unknown_unless(is_enough, lacks.to_owned()),
        );
        let events = watched.drift.len() as u64;
        let first = watched.drift.first().map(|(at, psi)| {
            let psi = psi.map_or("-".to_owned(), |psi| number(psi, 4));
            format!("PSI {psi} at {at:.0}")
        });
        rules.push(
            of("drift", events.to_string(), format!("≤ {}", limits.drift_events))
                .judged(
                    (readings > 0 || limits.drift_readings_per_hour == 0.0)
                        .then_some(events <= limits.drift_events),
                    "no drift was read",
                )
                .remarking(first.as_deref()),
        );
        let unjudged = watched.drift_unjudged;
        rules.push(
            of("drift-unjudged", unjudged.to_string(), format!("≤ {}", limits.drift_unjudged))
                .unknown_unless(
                    unjudged <= limits.drift_unjudged,
                    "readings of drift could not be judged".to_owned(),
                ),
        );
    }

    fn alerts(&self, rules: &mut Vec<Rule>) {
        let Self { limits, history, .. } = self;
        let of = |name, figure, limit| Rule::new(name, Group::Alerts, Origin::Logs, figure, limit);
        let count = history.alerts.len() as u64;
        let active = history.alerts.iter().filter(|alert| alert.is_active()).count();
        let figure = if active > 0 { format!("{count} ({active} ↑)") } else { count.to_string() };
        let first = history.alerts.first().map(|it| format!("{}: {}", it.rule.name(), it.message));
        rules.push(
            of("alerts", figure, format!("≤ {}", limits.alerts))
                .judged(Some(count <= limits.alerts), "")
                .remarking(first.as_deref()),
        );
        let doubts = history.doubts.len();
        let remark = history.doubts.first().cloned().unwrap_or_default();
        rules.push(
            of("logs-readable", doubts.to_string(), "0".to_owned())
                .unknown_unless(doubts == 0, remark),
        );
    }

    fn clock(&self, rules: &mut Vec<Rule>) {
        let Self { limits, watched, records, .. } = self;
        let of =
            |name, figure, limit| Rule::new(name, Group::Clock, Origin::Figures, figure, limit);
        let skew = watched.skew_ms;
        let figure = skew.map_or("-".to_owned(), |skew| format!("{skew} ms"));
        rules.push(
            of("clock-skew", figure, at_most(limits.skew_ms, "ms")).judged(
                skew.map(|skew| skew as f64 <= limits.skew_ms),
                "no clock skew was measured",
            ),
        );
        let back = watched.set_back.as_ref().or(records.set_back.as_ref());
        let jumps = watched.jumps.len() as u64;
        let (at, jump) = watched.jumps.first().copied().unwrap_or_default();
        let remark = match back {
            Some(words) => format!("{words}: times can't be told in their order"),
            None => format!("this machine's clock jumped by {jump} ms at {at:.0}"),
        };
        let count = jumps.max(u64::from(back.is_some()));
        rules.push(
            of("clock-jumps", count.to_string(), format!("≤ {}", limits.clock_jumps))
                .unknown_unless(back.is_none() && jumps <= limits.clock_jumps, remark),
        );
    }

    fn evidence(&self, rules: &mut Vec<Rule>) {
        let whole = &self.records.whole;
        let figure = format!("{} / {}", whole.damages, whole.records);
        let rule =
            Rule::new("evidence-whole", Group::Evidence, Origin::Evidence, figure, "0".to_owned());
        let is_known = whole.records > 0 || whole.damages > 0;
        let none = format!("no record is in {}", self.evidence.display());
        rules.push(
            rule.judged(is_known.then_some(whole.damages == 0), &none)
                .remarking(whole.first_damage.as_deref()),
        );
    }
}

impl Rule {
    fn new(
        name: &'static str,
        group: Group,
        source: Origin,
        figure: String,
        limit: String,
    ) -> Self {
        Self { name, group, answer: Verdict::Pass, figure, limit, source, remark: None }
    }

    /// Has no answer unless `is_known`; then it passes.
    fn unknown_unless(self, is_known: bool, remark: String) -> Self {
        match is_known {
            true => Self { answer: Verdict::Pass, ..self },
            false => Self { answer: Verdict::Unknown, remark: Some(remark), ..self },
        }
    }

    /// Passes or fails; without a figure, `lacks` names what is missing.
    fn judged(self, passes: Option<bool>, lacks: &str) -> Self {
        match passes {
            Some(true) => Self { answer: Verdict::Pass, ..self },
            Some(false) => Self { answer: Verdict::Fail, ..self },
            None => Self { answer: Verdict::Unknown, remark: Some(lacks.to_owned()), ..self },
        }
    }

    /// Adds a remark to a rule that fails.
    fn remarking(mut self, remark: Option<&str>) -> Self {
        if self.answer == Verdict::Fail {
            self.remark = remark.filter(|remark| !remark.is_empty()).map(str::to_owned);
        }
        self
    }
}

/// A number with at most that many decimals, without zeros at its end.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn decimal(value: Decimal, decimals: u32) -> String {
    value.round_dp(decimals).normalize().to_string()
}

/// µs as ms with three decimals.
pub(super) fn millis(us: u64) -> String {
    number(us as f64 / 1e3, 3)
}

fn seconds(ms: u64) -> String {
    number(ms as f64 / 1e3, 1)
}

fn at_least(limit: f64, unit: &str) -> String {
    format!("≥ {} {unit}", number(limit, 3))
}

fn at_most(limit: f64, unit: &str) -> String {
    format!("≤ {} {unit}", number(limit, 3))
}
