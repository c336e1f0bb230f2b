//! The metrics of a report, for monitoring: name, unit, value and limits.
//!
//! Each command lists its report's metrics in one place. All output formats (a plugin's performance data, a Prometheus
//! textfile) are written from that list, so a metric has one name everywhere. An unknown metric is left out, never zero;
//! [`link_up`] tells whether the gateway answered at all.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::prelude::ToPrimitive as _;

use crate::check::{Check, Status};
use crate::protocol::account::Account;
use crate::units::Money;

/// The unit of a metric. Suffixes and formats follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A count, an amount of money, or 1 for yes and 0 for no.
    Plain,
    /// Seconds, with fractions.
    Seconds,
    /// Bytes.
    Bytes,
    /// A fraction: 0.05 is 5 %.
    Ratio,
}

/// The range of good values, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lower end, if there is one.
    pub from: Option<f64>,
    /// The upper end, if there is one.
    pub to: Option<f64>,
}

impl Range {
    /// From zero to `to`.
    pub fn up_to(to: f64) -> Self {
        Self { from: Some(0.0), to: Some(to) }
    }

    /// From `from` on.
    pub fn at_least(from: f64) -> Self {
        Self { from: Some(from), to: None }
    }
}

/// A metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The name without the tool's prefix and the unit's suffix: `link_rtt_p99`.
    pub name: &'static str,
    /// The help text, a phrase without a full stop.
    pub help: &'static str,
    /// The unit.
    pub unit: Unit,
    /// The value.
    pub value: f64,
    /// Labels that distinguish metrics of one name.
    pub labels: Vec<(&'static str, String)>,
    /// The range outside of which it is a warning.
    pub warn: Option<Range>,
    /// The range outside of which it is critical.
    pub critical: Option<Range>,
}

impl Metric {
    /// A metric without limits and labels.
    pub fn new(name: &'static str, help: &'static str, unit: Unit, value: f64) -> Self {
        Self { name, help, unit, value, labels: Vec::new(), warn: None, critical: None }
    }

    /// A count.
    pub fn count(name: &'static str, help: &'static str, count: usize) -> Self {
        Self::new(name, help, Unit::Plain, count as f64)
    }

    /// 1 for yes and 0 for no, which is critical.
    pub fn should_be(name: &'static str, help: &'static str, so: bool) -> Self {
        Self::new(name, help, Unit::Plain, f64::from(u8::from(so))).critical(Range::at_least(1.0))
    }

    /// A duration.
    pub fn time(name: &'static str, help: &'static str, time: Duration) -> Self {
        Self::new(name, help, Unit::Seconds, time.as_secs_f64())
    }

    /// A point in time, in Unix seconds.
    pub fn moment(name: &'static str, help: &'static str, at: Timestamp) -> Self {
        Self::new(name, help, Unit::Seconds, at.as_microsecond() as f64 / 1e6)
    }

    /// A duration in µs, possibly negative.
    pub fn micros(name: &'static str, help: &'static str, micros: f64) -> Self {
        Self::new(name, help, Unit::Seconds, micros / 1e6)
    }

    /// Adds a label.
    pub fn label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((name, value.into()));
        self
    }

    /// Sets the range outside of which it is a warning.
    pub fn warn(mut self, range: Range) -> Self {
        self.warn = Some(range);
        self
    }

    /// Sets the range outside of which it is critical.
    pub fn critical(mut self, range: Range) -> Self {
        self.critical = Some(range);
        self
    }
}

/// Whether the gateway and its terminal answered; 0 also where neither could be asked.
pub fn link_up(up: bool) -> Metric {
    Metric::should_be("link_up", "Whether the gateway and its terminal answered", up)
}

/// Round trip of the last PING, from µs.
pub fn link_rtt(micros: u64) -> Metric {
    Metric::micros("link_rtt", "Round trip of the last PING, on a monotonic clock", micros as f64)
}

/// The gateway's clock minus this machine's, from µs.
pub fn link_clock_skew(micros: i64) -> Metric {
    let help = "The gateway's clock minus this machine's";
    Metric::micros("link_clock_skew", help, micros as f64)
}

/// The account as the gateway reported it, without figures that don't fit into an `f64`.
pub fn of_account(account: &Account) -> Vec<Metric> {
    let figures = [
        ("account_balance", "Balance as the gateway reported it", &account.balance),
        ("account_equity", "Equity as the gateway reported it", &account.equity),
        ("account_margin", "Margin in use as the gateway reported it", &account.margin),
        ("account_free_margin", "Free margin as the gateway reported it", &account.free_margin),
    ];
    let metric = |(name, help, money): (_, _, &Money)| {
        let mut metric = Metric::new(name, help, Unit::Plain, money.value().to_f64()?);
        metric.labels = account.currency.iter().map(|name| ("currency", name.clone())).collect();
        Some(metric)
    };
    figures.into_iter().filter_map(metric).collect()
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
    let metric = Metric::new("check_status", help, Unit::Plain, value);
    let (warn, critical) = (Range::up_to(0.0), Range::up_to(1.0));
    Some(metric.label("check", name).warn(warn).critical(critical))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_and_unreached_checks_have_no_metric() {
        let check = |status| Check::new(status, "").named("margin");
        let all = [Status::Pass, Status::Info, Status::Warn, Status::NotReached, Status::Fail];
        let metrics = of_checks(&all.map(check));
        let values: Vec<f64> = metrics.iter().map(|metric| metric.value).collect();
        assert_eq!(values, [0.0, 1.0, 2.0]);
        assert_eq!(metrics[0].labels, [("check", "margin".to_owned())]);
    }
}
