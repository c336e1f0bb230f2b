//! What monitoring reads of a report: named figures with their unit and limits.
//!
//! A command says in one place which figures its report has; every form that monitoring wants (a plugin's performance
//! data, a file of Prometheus) is made from these, so that no figure is called one thing here and another there. A figure
//! that isn't known is left out, never zero; whether there was an answer at all is a figure of its own ([`link_up`]).

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::prelude::ToPrimitive as _;

use crate::check::{Check, Status};
use crate::protocol::account::Account;
use crate::units::Money;

/// What a figure counts. FailureContext and forms follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things, a yes or no (1 or 0), an amount of money.
    Plain,
    /// Seconds, with fractions.
    Seconds,
    /// Bytes.
    Bytes,
    /// A part of one: 0.05 is 5 %.
    Ratio,
}

/// Where a figure is as it should be; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// From here on; `None` where there is no lower end.
    pub from: Option<f64>,
    /// Up to here; `None` where there is no upper end.
    pub to: Option<f64>,
}

impl Range {
    /// From zero up to there.
    pub fn up_to(to: f64) -> Self {
        Self { from: Some(0.0), to: Some(to) }
    }

    /// From there on.
    pub fn at_least(from: f64) -> Self {
        Self { from: Some(from), to: None }
    }
}

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name without the tool's and without its unit: `link_rtt_p99`.
    pub name: &'static str,
    /// What it says, as a phrase.
    pub help: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// What it is now.
    pub value: f64,
    /// What tells it from others of its name.
    pub labels: Vec<(&'static str, String)>,
    /// Outside of this somebody should look.
    pub warn: Option<Range>,
    /// Outside of this something is wrong.
    pub critical: Option<Range>,
}

impl Metric {
    /// A figure without limits or labels.
    pub fn new(name: &'static str, help: &'static str, unit: Unit, value: f64) -> Self {
        Self { name, help, unit, value, labels: Vec::new(), warn: None, critical: None }
    }

    /// A number of things.
    pub fn count(name: &'static str, help: &'static str, count: usize) -> Self {
        Self::new(name, help, Unit::Plain, count as f64)
    }

    /// A yes or no that should be a yes.
    pub fn should_be(name: &'static str, help: &'static str, so: bool) -> Self {
        Self::new(name, help, Unit::Plain, f64::from(u8::from(so))).critical(Range::at_least(1.0))
    }

    /// A time.
    pub fn time(name: &'static str, help: &'static str, time: Duration) -> Self {
        Self::new(name, help, Unit::Seconds, time.as_secs_f64())
    }

    /// A point in time, as Unix time.
    pub fn moment(name: &'static str, help: &'static str, at: Timestamp) -> Self {
        Self::new(name, help, Unit::Seconds, at.as_microsecond() as f64 / 1e6)
    }

    /// A time that was kept in µs; may be below zero.
    pub fn micros(name: &'static str, help: &'static str, micros: f64) -> Self {
        Self::new(name, help, Unit::Seconds, micros / 1e6)
    }

    /// With what tells it from others of its name.
    pub fn label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((name, value.into()));
        self
    }

    /// With the range outside of which somebody should look.
    pub fn warn(mut self, range: Range) -> Self {
        self.warn = Some(range);
        self
    }

    /// With the range outside of which something is wrong.
    pub fn critical(mut self, range: Range) -> Self {
        self.critical = Some(range);
        self
    }
}

/// Whether the gateway answered and its terminal did: 0 as well where nobody could be asked.
pub fn link_up(up: bool) -> Metric {
    Metric::should_be("link_up", "Whether the gateway answered, and its terminal too", up)
}

/// The last PING's round trip.
pub fn link_rtt(micros: u64) -> Metric {
    Metric::micros("link_rtt", "Round trip of the last PING, monotonic", micros as f64)
}

/// How far the gateway's clock is from ours.
pub fn link_clock_skew(micros: i64) -> Metric {
    let help = "The gateway's clock minus this machine's";
    Metric::micros("link_clock_skew", help, micros as f64)
}

/// The account as the gateway reported it; what is no number of ours is left out.
pub fn of_account(account: &Account) -> Vec<Metric> {
    let money = |name, help, money: &Money| {
        let figure = Metric::new(name, help, Unit::Plain, money.value().to_f64()?);
        Some(match &account.currency {
            Some(currency) => figure.label("currency", currency),
            None => figure,
        })
    };
    [
        money("account_balance", "Balance that the gateway reported", &account.balance),
        money("account_equity", "Equity that the gateway reported", &account.equity),
        money("account_margin", "Margin in use that the gateway reported", &account.margin),
        money("account_free_margin", "Free margin that the gateway reported", &account.free_margin),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The result of each check. Info and unreached checks have no metric.
pub fn of_checks(checks: &[Check]) -> Vec<Metric> {
    checks.iter().filter_map(|check| check_status(&check.name, check.status)).collect()
}

/// The result of one check; `None` where it affects no verdict.
pub fn check_status(name: &str, status: Status) -> Option<Metric> {
    let value = match status {
        Status::Pass => 0.0,
        Status::Warn => 1.0,
        Status::Fail => 2.0,
        Status::Info | Status::NotReached | Status::NotApplicable | Status::Skipped => return None,
    };
    let help = "Result of a check: 0 as expected, 1 needs review, 2 not as expected";
    let figure = Metric::new("check_status", help, Unit::Plain, value);
    let (warn, critical) = (Range::up_to(0.0), Range::up_to(1.0));
    Some(figure.label("check", name).warn(warn).critical(critical))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_without_a_say_are_left_out() {
        let check = |status| Check::new(status, "").named("margin");
        let all = [Status::Pass, Status::Info, Status::Warn, Status::NotReached, Status::Fail];
        let figures = of_checks(&all.map(check));
        let values: Vec<f64> = figures.iter().map(|figure| figure.value).collect();
        assert_eq!(values, [0.0, 1.0, 2.0]);
        assert_eq!(figures[0].labels, [("check", "margin".to_owned())]);
    }
}
