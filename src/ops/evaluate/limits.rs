//! The limits of an evaluation: the plan's, or those of a rules file (TOML).
//!
//! A file changes limits, never the honesty: that evidence is whole, that no order's outcome is unknown, that figures can be
//! read and belong to one account has no key. A key that is not known is an error, and so is a limit that nothing can meet.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};
use crate::os::fifo::read_with_timeout;

/// A longer file is none of rules.
const MAX_BYTES: u64 = 1 << 20;
/// Hours of the longest watch: a week.
const LONGEST_WATCH_HOURS: f64 = 168.0;

/// The limits, each with the plan's value as its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Least time that a position was watched, in hours: the plan's first day.
    pub hours_watched: f64,
    /// Least time since the first of it, in hours: the plan decides after 72 h.
    pub hours_passed: f64,
    /// Longest time between two looks at an open position, in seconds.
    pub gap_s: f64,
    /// Least number of round trips.
    pub round_trips: u64,
    /// Greatest share of PINGs without an answer, in percent.
    pub loss_percent: f64,
    /// The median round trip must be below this, in ms.
    pub p50_ms: f64,
    /// The 99th percentile of all round trips must be below this, in ms.
    pub p99_ms: f64,
    /// The 99th percentile of each hour must be below this, in ms.
    pub p99_hour_ms: f64,
    /// Greatest number of watches that were halted.
    pub halts: u64,
    /// Greatest number of critical errors.
    pub critical_errors: u64,
    /// Longest time in which health was CRITICAL, in seconds.
    pub critical_s: f64,
    /// Greatest share of the watched time in which health was WARNING, in percent.
    pub warning_percent: f64,
    /// Least number of syncs.
    pub syncs: u64,
    /// Least share of syncs that succeeded, in percent.
    pub sync_percent: f64,
    /// Least share of killed watches after which the position was watched again or proved closed, in percent.
    pub restart_percent: f64,
    /// Least number of orders.
    pub orders: u64,
    /// Greatest cost of an order, in percent of the balance before it.
    pub cost_percent: f64,
    /// Deepest fall of the equity, in percent of its highest value before.
    pub drawdown_percent: f64,
    /// Least number of readings of drift for each watched hour.
    pub drift_readings_per_hour: f64,
    /// Greatest number of readings that showed drift.
    pub drift_events: u64,
    /// Greatest number of readings of drift that could not be judged.
    pub drift_unjudged: u64,
    /// Greatest number of alerts that were raised.
    pub alerts: u64,
    /// Greatest difference between the gateway's clock and this machine's, in ms.
    pub skew_ms: f64,
    /// Greatest number of jumps of this machine's clock.
    pub clock_jumps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hours_watched: 24.0,
            hours_passed: 72.0,
            gap_s: 10.0,
            round_trips: 1000,
            loss_percent: 0.1,
            p50_ms: 50.0,
            p99_ms: 100.0,
            p99_hour_ms: 100.0,
            halts: 0,
            critical_errors: 0,
            critical_s: 0.0,
            warning_percent: 5.0,
            syncs: 1,
            sync_percent: 100.0,
            restart_percent: 100.0,
            orders: 1,
            cost_percent: 0.5,
            drawdown_percent: 5.0,
            drift_readings_per_hour: 0.9,
            drift_events: 0,
            drift_unjudged: 0,
            alerts: 0,
            skew_ms: 1000.0,
            clock_jumps: 0,
        }
    }
}

impl Limits {
    /// Reads a rules file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |cause: String| {
            Failure::new(Code::Usage, format!("failed to read the rules in {}", path.display()))
                .with_cause(cause)
                .with_remedy("`mt5crs schema evaluate-rules` names every key with its meaning")
        };
        let (bytes, _) =
            read_with_timeout(path, MAX_BYTES).map_err(|error| failed(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
        Self::parse(&text).map_err(failed)
    }

    /// Parses the text of a rules file. The error is in words, with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let limits: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let line = line.map_or(String::new(), |line| format!("line {line}: "));
            format!("{line}{}", error.message())
        })?;
        limits.check()?;
        Ok(limits)
    }

    /// Refuses a limit that nothing can meet, or that means nothing.
    fn check(&self) -> Result<(), String> {
        let above = |name, value: f64| {
            let is_sound = value > 0.0 && value.is_finite();
            (name, value, is_sound, "must be a number above 0: no figure is below it")
        };
        let at_least = |name, value: f64| {
            let is_sound = value >= 0.0 && value.is_finite();
            (name, value, is_sound, "must be a number of 0 or more: no figure is below it")
        };
        let share = |name, value: f64| {
            (name, value, (0.0..=100.0).contains(&value), "must be from 0 to 100 percent")
        };
        for (name, value, is_sound, why) in [
            (
                "hours_watched",
                self.hours_watched,
                (0.0..=LONGEST_WATCH_HOURS).contains(&self.hours_watched),
                "can't be met: it must be from 0 to 168, the longest watch",
            ),
            at_least("hours_passed", self.hours_passed),
            above("gap_s", self.gap_s),
            share("loss_percent", self.loss_percent),
            above("p50_ms", self.p50_ms),
            above("p99_ms", self.p99_ms),
            above("p99_hour_ms", self.p99_hour_ms),
            at_least("critical_s", self.critical_s),
            share("warning_percent", self.warning_percent),
            share("sync_percent", self.sync_percent),
            share("restart_percent", self.restart_percent),
            at_least("cost_percent", self.cost_percent),
            at_least("drawdown_percent", self.drawdown_percent),
            (
                "drift_readings_per_hour",
                self.drift_readings_per_hour,
                (0.0..=1.0).contains(&self.drift_readings_per_hour),
                "can't be met: a watch reads drift once an hour, so it must be from 0 to 1",
            ),
            at_least("skew_ms", self.skew_ms),
        ] {
            if !is_sound {
                return Err(format!("{name} = {value}: it {why}"));
            }
        }
        Ok(())
    }

    /// The rules that nothing can plausibly fail by these limits.
    pub(super) fn switched_off(&self) -> Vec<&'static str> {
        const COUNT: u64 = 100;
        // A reading for each hour of the longest watch.
        const READINGS: u64 = 168;
        // A watch takes a gateway that is silent for 10 s for lost.
        const SLOW_MS: f64 = 10_000.0;
        const SKEW_MS: f64 = 60_000.0;
        let of = |name, is_off: bool| is_off.then_some(name);
        [
            of("hours-watched", self.hours_watched == 0.0),
            of("hours-passed", self.hours_passed == 0.0),
            of("gaps", self.gap_s >= LONGEST_WATCH_HOURS * 3600.0),
            of("round-trips", self.round_trips == 0),
            of("loss", self.loss_percent >= 100.0),
            of("p50", self.p50_ms >= SLOW_MS),
            of("p99", self.p99_ms >= SLOW_MS),
            of("p99-hour", self.p99_hour_ms >= SLOW_MS),
            of("halts", self.halts >= COUNT),
            of("critical-errors", self.critical_errors >= COUNT),
            of("critical", self.critical_s >= LONGEST_WATCH_HOURS * 3600.0),
            of("warning", self.warning_percent >= 100.0),
            of("syncs", self.syncs == 0),
            of("sync-success", self.sync_percent == 0.0),
            of("restarts", self.restart_percent == 0.0),
            of("orders", self.orders == 0),
            of("cost", self.cost_percent >= 100.0),
            of("drawdown", self.drawdown_percent >= 100.0),
            of("drift-readings", self.drift_readings_per_hour == 0.0),
            of("drift", self.drift_events >= READINGS || self.drift_readings_per_hour == 0.0),
            of("drift-unjudged", self.drift_unjudged >= COUNT),
            of("alerts", self.alerts >= COUNT),
            of("clock-skew", self.skew_ms >= SKEW_MS),
            of("clock-jumps", self.clock_jumps >= COUNT),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Refuses a period that can't hold the hours that must be watched.
    pub fn check_period(&self, hours: f64) -> Result<(), Failure> {
        if self.hours_watched <= hours {
            return Ok(());
        }
        let Self { hours_watched, .. } = self;
        let message = format!(
            "{hours_watched} h must be watched (hours_watched), and only the last {hours} h are evaluated"
        );
        Err(Failure::new(Code::Usage, message)
            .with_remedy("give a longer --since, or a rules file with fewer hours_watched"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_changes_the_limits_that_it_names() {
        let limits = Limits::parse("hours_watched = 48\np99_ms = 80.5\nhalts = 1\n").unwrap();
        let expected = Limits { hours_watched: 48.0, p99_ms: 80.5, halts: 1, ..Limits::default() };
        assert_eq!(limits, expected);
        assert_eq!(Limits::parse("").unwrap(), Limits::default());
    }

    #[test]
    fn an_unknown_key_and_a_wrong_value_are_errors_with_their_line() {
        for (text, words) in [
            ("halts = 0\np98_ms = 80\n", "line 2: unknown field `p98_ms`"),
            ("halts = \"none\"\n", "line 1: invalid type"),
            ("halts = -1\n", "line 1: invalid value"),
            ("unknown_orders = 1\n", "unknown field `unknown_orders`"),
            ("halts =\n", "line 1: "),
        ] {
            let error = Limits::parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn a_limit_that_cannot_be_met_is_an_error() {
        for text in [
            "hours_watched = 200",
            "loss_percent = -1",
            "sync_percent = 100.5",
            "p99_ms = 0",
            "p99_ms = nan",
            "p99_ms = inf",
            "skew_ms = inf",
            "cost_percent = inf",
            "gap_s = -3",
            "drift_readings_per_hour = 2",
        ] {
            let name = text.split(' ').next().unwrap();
            let error = Limits::parse(text).unwrap_err();
            assert!(error.starts_with(name), "{text}: {error}");
        }
        assert!(Limits::default().check_period(24.0).is_ok());
        assert!(Limits::default().check_period(23.0).is_err());
    }

    #[test]
    fn a_limit_that_no_figure_reaches_switches_its_rule_off() {
        for (text, name) in [
            ("skew_ms = 60000", "clock-skew"),
            ("p50_ms = 10000", "p50"),
            ("p99_ms = 10000", "p99"),
            ("p99_hour_ms = 10000", "p99-hour"),
            ("drift_events = 168", "drift"),
            ("halts = 100", "halts"),
            ("alerts = 100", "alerts"),
            ("clock_jumps = 100", "clock-jumps"),
        ] {
            assert_eq!(Limits::parse(text).unwrap().switched_off(), [name], "{text}");
        }
        let unread = Limits::parse("drift_readings_per_hour = 0").unwrap();
        assert_eq!(unread.switched_off(), ["drift-readings", "drift"]);
        assert!(Limits::default().switched_off().is_empty());
    }
}
