//! `evaluate`: may the position be raised? GO, NO-GO or NOT ENOUGH, from the records alone.
//!
//! The evidence is verified first. Then every rule gets its figure, its limit and its source: from the figures of the
//! watches, from the evidence, from the logs. One rule that fails is a NO-GO; one without an answer is NOT ENOUGH, and what
//! is missing is named. The gateway is asked nothing.
//!
//! A GO may write the admission decision that a canary reads, with the report that holds it (`admission`): so nobody types
//! a hash.
//!
//! - [`limits`]: the limits, and the rules file that changes them
//! - `records`, `watched`, `history`: what evidence, figures and logs hold
//! - `rules`: the answers; `incidents`: what a person has to look at; `raise`: what the next step would mean

mod admission;
mod history;
mod incidents;
pub mod limits;
mod raise;
mod records;
mod rules;
#[cfg(test)]
mod tests;
mod watched;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::admission::{DecisionOut, Written};
pub use self::incidents::{Incident, IncidentKind};
pub use self::limits::Limits;
pub use self::raise::Raise;
pub use self::records::{Order, OrderOutcome, Whole};
pub use self::rules::{Group, Origin, Rule};
pub use self::watched::{Gap, Slice};

use self::history::{History, Of};
use self::records::Records;
use self::rules::Judged;
use self::watched::{Positions, Watched};
use crate::check::Verdict;
use crate::evidence::Evidence;
use crate::failure::{Code, Failure};
use crate::figures::{FiguresError, Minute, Read, Store};
use crate::ops::evidence::RunPrefix;
use crate::ops::logs::alerts;
use crate::report::Outcome;
use crate::units::{Money, TimeSchema};

/// Options of an evaluation.
#[derive(Debug)]
pub struct Options {
    /// The evidence.
    pub evidence: Evidence,
    /// The figures.
    pub figures: Store,
    /// The logs.
    pub logs: alerts::Options,
    /// The present time, by the wall clock.
    pub now: Timestamp,
    /// The begin of the period.
    pub since: Timestamp,
    /// The runs to evaluate; all of the period where none is named.
    pub runs: Vec<RunPrefix>,
    /// The limits.
    pub limits: Limits,
    /// The rules file, where one is named.
    pub rules_file: Option<PathBuf>,
    /// The profile, where one is selected.
    pub profile: Option<String>,
    /// The volume at the coefficient 1, in lots.
    pub max_lot: Decimal,
    /// Where the decision of a GO goes.
    pub decision_out: Option<DecisionOut>,
}

/// The evaluation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The answer: `GO`, `NO-GO` or `NOT ENOUGH`.
    pub answer: Answer,
    /// The begin of the period.
    #[schemars(with = "TimeSchema")]
    pub since: Timestamp,
    /// The end of the period.
    #[schemars(with = "TimeSchema")]
    pub until: Timestamp,
    /// The account.
    pub account: Account,
    /// The rules file, where one was named.
    pub rules_file: Option<PathBuf>,
    /// The rules that it switched off: limits so wide that nothing fails them.
    pub rules_switched_off: Vec<&'static str>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// What is missing, in words.
    pub missing: Vec<String>,
    /// Time that positions were watched (the link, where none was), in ms.
    pub watched_ms: u64,
    /// Number of looks.
    pub looks: u64,
    /// Number of looks that a slow one overran.
    pub looks_missed: u64,
    /// Time HEALTHY, WARNING and CRITICAL, in ms.
    pub health_ms: [u64; 3],
    /// The round trips.
    pub latency: Latency,
    /// Money over the period.
    pub money: MoneyOver,
    /// The hours, UTC.
    pub hours: Vec<Slice>,
    /// Times in which nobody watched.
    pub gaps: Vec<Gap>,
    /// The orders.
    pub orders: Vec<Order>,
    /// The incidents; at most 100.
    pub incidents: Vec<Incident>,
    /// Number of further incidents.
    pub more_incidents: u64,
    /// Whether the evidence is whole.
    pub evidence: Whole,
    /// What raising the position would mean.
    pub raise: Raise,
    /// The decision that was written; null without one.
    pub decision: Option<Written>,
    /// The page that was written; null without one.
    pub page: Option<PathBuf>,
    /// The points of the curves, as many as a page can show.
    #[serde(skip)]
    pub points: Vec<Slice>,
    /// Whether a simulated gateway was watched.
    #[serde(skip)]
    pub simulated: bool,
    /// The width of a point.
    #[serde(skip)]
    pub point: Duration,
}

/// The answer of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Answer {
    /// Every rule passes.
    #[serde(rename = "GO")]
    Go,
    /// A rule fails.
    #[serde(rename = "NO-GO")]
    NoGo,
    /// No rule fails, and at least one has no answer.
    #[serde(rename = "NOT ENOUGH")]
    NotEnough,
}

impl Answer {
    /// The word on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "GO",
            Self::NoGo => "NO-GO",
            Self::NotEnough => "NOT ENOUGH",
        }
    }

    fn of(rules: &[Rule]) -> Self {
        let has = |answer| rules.iter().any(|rule| rule.answer == answer);
        match (has(Verdict::Fail), has(Verdict::Unknown)) {
            (true, _) => Self::NoGo,
            (false, true) => Self::NotEnough,
            (false, false) => Self::Go,
        }
    }

    fn verdict(self) -> Verdict {
        match self {
            Self::Go => Verdict::Pass,
            Self::NoGo => Verdict::Fail,
            Self::NotEnough => Verdict::Unknown,
        }
    }
}

/// The account that was evaluated.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Account {
    /// The gateway's endpoint.
    pub endpoint: Option<String>,
    /// The account's number, where the gateway reports it.
    pub login: Option<String>,
    /// The broker's server, where the gateway reports it.
    pub server: Option<String>,
    /// The account's currency.
    pub currency: Option<String>,
}

/// The round trips of the period, by a merged histogram.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Latency {
    /// Number of round trips.
    pub round_trips: u64,
    /// Number of PINGs without an answer.
    pub lost: u64,
    /// Median in µs.
    pub rtt_p50_us: Option<u64>,
    /// 99th percentile in µs; null below 100 round trips.
    pub rtt_p99_us: Option<u64>,
    /// The longest in µs.
    pub rtt_max_us: Option<u64>,
}

/// Money over the period.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MoneyOver {
    /// The first equity.
    pub equity_first: Option<Money>,
    /// The last equity.
    pub equity_last: Option<Money>,
    /// The least equity.
    pub equity_min: Option<Money>,
    /// The greatest equity.
    pub equity_max: Option<Money>,
    /// The last balance.
    pub balance_last: Option<Money>,
    /// The deepest fall of the equity from a value to a later one.
    pub drawdown: Option<Money>,
}

/// Evaluates. `is_alive` tells whether a run's process is.
pub fn run(options: &Options, is_alive: &dyn Fn(u32, Timestamp) -> bool) -> Outcome<Report> {
    evaluate(options, is_alive).unwrap_or_else(Outcome::failed)
}

fn evaluate(
    options: &Options,
    is_alive: &dyn Fn(u32, Timestamp) -> bool,
) -> Result<Outcome<Report>, Failure> {
    let Options { evidence, since, now, limits, .. } = options;
    let records = Records::read(evidence, &options.runs, *since, *now)?;
    let read = options.figures.read(*since, *now)?;
    let read = of_the_runs(read, &records);
    let account = one_account(&records, &read.minutes)?;
    let positions = Positions {
        watches: &records.watches,
        open: &records.open,
        now: *now,
        allowed: Duration::try_from_secs_f64(limits.gap_s).unwrap_or(Duration::MAX),
    };
    let watched = Watched::of(read, &positions);
    // An error is a bug: the words that events hold can always be searched for.
    let of = Of { endpoint: account.endpoint.as_deref(), profile: options.profile.as_deref() };
    let history = History::read(&options.logs, &of, *now, is_alive)
        .map_err(|error| Failure::from_error(Code::Bug, &error))?;
    let first = records.orders.iter().map(|order| order.at).chain(watched.from).min();
    let hours_passed = first.map_or(0.0, |first| now.duration_since(first).as_secs_f64() / 3600.0);
    let judged = Judged {
        limits,
        records: &records,
        watched: &watched,
        history: &history,
        hours_passed,
        evidence: evidence.path(),
    };
    let rules = judged.rules();
    let answer = Answer::of(&rules);
    let (incidents, more_incidents) = incidents::find(&records, &watched, &history);
    let raise = raise::next(&records.orders, &watched, options.max_lot);
    let mut report = Report {
        answer,
        since: *since,
        until: *now,
        account,
        rules_file: options.rules_file.clone(),
        rules_switched_off: limits.switched_off(),
        missing: missing(&rules),
        rules,
        watched_ms: watched.watched_ms,
        looks: watched.looks,
        looks_missed: watched.missed,
        health_ms: watched.health_ms,
        latency: Latency {
            round_trips: watched.trips.count(),
            lost: watched.lost,
            rtt_p50_us: watched.trips.percentile_us(50.0),
            rtt_p99_us: watched.trips.p99_us(),
            rtt_max_us: watched.trips.max_us(),
        },
        money: MoneyOver {
            equity_first: watched.equity_first.clone(),
            equity_last: watched.equity_last.clone(),
            equity_min: watched.equity_min.clone(),
            equity_max: watched.equity_max.clone(),
            balance_last: watched.balance_last.clone(),
            drawdown: watched.equity_max.as_ref().map(|_| Money::from(watched.fall.normalize())),
        },
        hours: watched.hours.clone(),
        gaps: watched.gaps.clone(),
        orders: records.orders,
        incidents,
        more_incidents,
        evidence: records.whole,
        raise,
        decision: None,
        page: None,
        points: watched.points.clone(),
        simulated: watched.simulated > 0,
        point: Duration::from_secs(watched.point_s.unsigned_abs()),
    };
    let mut failure = None;
    if let (Some(out), Answer::Go) = (&options.decision_out, answer) {
        match admission::write(out, &report, &watched, *now) {
            Ok(written) => report.decision = Some(written),
            Err(error) => failure = Some(error),
        }
    }
    let mut outcome = Outcome::judged(report, answer.verdict(), watched.simulated > 0)
        .with_warnings(history.warnings);
    if let Some(failure) = failure {
        outcome.fail(failure);
    }
    Ok(outcome)
}

/// The figures of the runs that were asked for, and of their positions.
fn of_the_runs(mut read: Read, records: &Records) -> Read {
    if let Some(runs) = &records.runs {
        let tickets: BTreeSet<_> = records.orders.iter().filter_map(|order| order.ticket).collect();
        read.minutes.retain(|minute| {
            runs.contains(&minute.run)
                || minute.ticket.is_some_and(|ticket| tickets.contains(&ticket))
        });
    }
    read
}

/// The account that all records are of.
fn one_account(records: &Records, minutes: &[Minute]) -> Result<Account, Failure> {
    let owner = records.owner.as_ref();
    let endpoints: BTreeSet<&str> = minutes
        .iter()
        .map(|minute| minute.of.as_str())
        .chain(owner.map(|owner| owner.endpoint.as_str()))
        .collect();
    let logins: BTreeSet<&str> = minutes
        .iter()
        .filter_map(|minute| minute.login.as_deref())
        .chain(owner.and_then(|owner| owner.login.as_deref()))
        .collect();
    for (what, names) in [("gateways", &endpoints), ("accounts", &logins)] {
        if names.len() > 1 {
            let names: Vec<&str> = names.iter().copied().collect();
            let message = format!("the records are of {} {what}", names.len());
            return Err(Failure::new(Code::TwoAccounts, message).with_cause(names.join(", ")));
        }
    }
    Ok(Account {
        endpoint: endpoints.first().map(|it| (*it).to_owned()),
        login: logins.first().map(|it| (*it).to_owned()),
        server: owner.and_then(|owner| owner.server.clone()),
        currency: owner.and_then(|owner| owner.currency.clone()),
    })
}

fn missing(rules: &[Rule]) -> Vec<String> {
    let unknown = rules.iter().filter(|rule| rule.answer == Verdict::Unknown);
    unknown.map(|rule| rule.remark.clone().unwrap_or_else(|| rule.name.to_owned())).collect()
}

impl From<FiguresError> for Failure {
    fn from(error: FiguresError) -> Self {
        let code = match error {
            FiguresError::Io { .. } => Code::FiguresNotReadable,
            FiguresError::Newer { .. } => Code::FiguresNewer,
        };
        Self::from_error(code, &error)
    }
}
