//! Markers: the events that operators search for and count in VERIFY_LOG.log. Scripts depend on their words.

use std::time::Duration;

use jiff::Timestamp;
use tracing::Level;

use crate::exit::Exit;
use crate::logs::write::line::quote;
use crate::units::{Money, Ticket};

/// An event. Write a marker exactly once per event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker<'a> {
    /// A run began. Without a later [`Marker::RunEnded`] of the same `[PID-RUN]`, it still runs or was killed.
    RunBegan {
        /// The command, without its arguments.
        command: &'a str,
        /// The tool's version.
        version: &'a str,
        /// The gateway, for a command that talks to one.
        endpoint: Option<&'a str>,
        /// The profile, where one is selected.
        profile: Option<&'a str>,
    },
    /// A run ended by itself.
    RunEnded {
        /// The exit code.
        exit: Exit,
        /// Time since the run began.
        duration: Duration,
    },
    /// A person has looked at a run that crashed.
    Acknowledged {
        /// The run, as `PID-RUN`.
        run: &'a str,
        /// The user.
        by: &'a str,
        /// The user's own words.
        reason: Option<&'a str>,
    },
    /// The oldest file of the shared log was deleted.
    LogDeleted {
        /// Its name.
        name: &'a str,
        /// Its length.
        bytes: u64,
        /// Time of its newest event, where it had one.
        through: Option<Timestamp>,
        /// Number of older files that are kept.
        keep: u32,
    },
    /// A sync succeeded. No other command writes it.
    Synchronized {
        /// Number of recovered positions.
        positions: usize,
    },
    /// A sync failed, after all attempts.
    SyncFailed {
        /// The cause.
        cause: &'a str,
    },
    /// One attempt to reach the gateway failed.
    ConnectionFailed {
        /// The gateway.
        endpoint: &'a str,
        /// The cause.
        cause: &'a str,
    },
    /// The account as the gateway reports it.
    Balance {
        /// The balance.
        balance: &'a Money,
        /// Equity, where the reply has it.
        equity: Option<&'a Money>,
        /// The account's currency, where the reply has it.
        currency: Option<&'a str>,
    },
    /// Measured round trips, in µs on the monotonic clock.
    Latency {
        /// Number of round trips.
        samples: u64,
        /// Median.
        p50_us: u64,
        /// 90th percentile.
        p90_us: u64,
        /// 99th percentile, of at least 100 round trips.
        p99_us: Option<u64>,
        /// Maximum.
        max_us: u64,
    },
    /// 99th percentile of the round trips before a canary's admission, in µs on the monotonic clock.
    LatencyP99 {
        /// 99th percentile.
        p99_us: u64,
    },
    /// All guards passed, and the order is sent next.
    LaunchApproved {
        /// The order.
        order: &'a str,
    },
    /// The recomputed hash of the decision that admitted the order.
    DecisionHash {
        /// The hash.
        hash: &'a str,
    },
    /// State of a watch over a canary's position: at its start, at each change, each hour, and at its end.
    Guardian {
        /// The severity.
        level: Level,
        /// The state in words, with figures.
        what: &'a str,
        /// 99th percentile of the last 100 round trips in µs, where there are as many.
        p99_us: Option<u64>,
    },
    /// The kill switch was engaged or released, or could not be.
    KillSwitch {
        /// The severity.
        level: Level,
        /// The event in words, with its file.
        what: &'a str,
    },
    /// The end of an emergency close, or of a ticket in it.
    EmergencyClose {
        /// The severity.
        level: Level,
        /// The end in words.
        what: &'a str,
    },
    /// What became of the heads of the evidence that are kept elsewhere.
    Anchors {
        /// The severity.
        level: Level,
        /// The event in words.
        what: &'a str,
    },
    /// It was proved that an order opened a position.
    OrderFilled {
        /// The position.
        ticket: Ticket,
        /// The order.
        order: &'a str,
    },
    /// A deal of the position that an order opened.
    Deal {
        /// The deal.
        ticket: Ticket,
        /// Its figures in words.
        what: &'a str,
    },
    /// The gateway refused a request.
    ErrorCode {
        /// Its `error_code`.
        code: &'a str,
        /// Its message.
        message: &'a str,
    },
}

impl Marker<'_> {
    /// Level and component of the line.
    pub(crate) fn source(&self) -> (Level, &'static str) {
        match self {
            Self::RunBegan { .. } | Self::RunEnded { .. } => (Level::INFO, "Run"),
            Self::LogDeleted { .. } | Self::Acknowledged { .. } => (Level::INFO, "Logs"),
            Self::Synchronized { .. } => (Level::INFO, "StateReconciler"),
            Self::SyncFailed { .. } => (Level::ERROR, "StateReconciler"),
            // The next attempt may succeed.
            Self::ConnectionFailed { .. } => (Level::WARN, "Gateway"),
            Self::ErrorCode { .. } => (Level::ERROR, "Gateway"),
            Self::Balance { .. } => (Level::INFO, "Account"),
            Self::Latency { .. } => (Level::INFO, "LinkTest"),
            Self::Guardian { level, .. } => (*level, "Guardian"),
            Self::KillSwitch { level, .. } => (*level, "KillSwitch"),
            Self::EmergencyClose { level, .. } => (*level, "EmergencyClose"),
            Self::Anchors { level, .. } => (*level, "Evidence"),
            Self::LatencyP99 { .. }
            | Self::LaunchApproved { .. }
            | Self::DecisionHash { .. }
            | Self::Deal { .. }
            | Self::OrderFilled { .. } => (Level::INFO, "Canary"),
        }
    }

    pub(crate) fn text(&self) -> String {
        let quote = |text| quote(text, self.source().0);
        match self {
            Self::RunBegan { command, version, endpoint, profile } => {
                let of = endpoint.map(|name| format!(" of {}", quote(name))).unwrap_or_default();
                let account =
                    profile.map(|name| format!(" for {}", quote(name))).unwrap_or_default();
                format!("Run began: mt5crs {version} {}{of}{account}", quote(command))
            }
            Self::RunEnded { exit, duration } => {
                format!("Run ended: exit code {} after {} ms", exit.code(), duration.as_millis())
            }
            Self::Acknowledged { run, by, reason } => {
                let reason = reason.map(|text| format!(": {}", quote(text))).unwrap_or_default();
                format!("Acknowledged: run {} by {}{reason}", quote(run), quote(by))
            }
            Self::LogDeleted { name, bytes, through, keep } => {
                let through = through.map(|time| format!(", up to {time:.0}")).unwrap_or_default();
                format!(
                    "Log deleted: {} of {bytes} bytes{through}; {keep} older files are kept",
                    quote(name)
                )
            }
            Self::Synchronized { positions } => {
                format!("State synchronized: {positions} positions recovered")
            }
            Self::SyncFailed { cause } => format!("State synchronization failed: {}", quote(cause)),
            Self::ConnectionFailed { endpoint, cause } => {
                format!("Connection failed: {}: {}", quote(endpoint), quote(cause))
            }
            Self::Balance { balance, equity, currency } => {
                let currency = currency.map(|it| format!(" {}", quote(it))).unwrap_or_default();
                let equity = equity.map(|it| format!("; equity {it}")).unwrap_or_default();
                format!("Balance: {balance}{currency}{equity}")
            }
            Self::Latency { samples, p50_us, p90_us, p99_us, max_us } => {
                let p99 = p99_us.map(|us| format!("P99 {}, ", ms(us))).unwrap_or_default();
                let (p50, p90, max) = (ms(*p50_us), ms(*p90_us), ms(*max_us));
                format!("Latency: P50 {p50}, P90 {p90}, {p99}max {max} of {samples} round trips")
            }
            Self::LatencyP99 { p99_us } => {
                format!("Latency: P99 {} of 100 round trips", ms(*p99_us))
            }
            Self::LaunchApproved { order } => format!("LAUNCH_APPROVED {}", quote(order)),
            Self::DecisionHash { hash } => format!("DECISION_HASH {}", quote(hash)),
            Self::Guardian { what, p99_us, .. } => {
                let p99 = p99_us.map(|us| format!("; P99 {}", ms(us))).unwrap_or_default();
                format!("{}{p99}", quote(what))
            }
            Self::KillSwitch { what, .. }
            | Self::EmergencyClose { what, .. }
            | Self::Anchors { what, .. } => quote(what).into_owned(),
            Self::OrderFilled { ticket, order } => {
                format!("ORDER_FILLED Ticket: {ticket} {}", quote(order))
            }
            Self::Deal { ticket, what } => format!("Deal: {ticket} {}", quote(what)),
            Self::ErrorCode { code, message } => {
                format!("ERROR_CODE {}: {}", quote(code), quote(message))
            }
        }
    }
}

fn ms(us: u64) -> String {
    format!("{}.{:03} ms", us / 1000, us % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_are_shown_in_ms_and_p99_only_of_a_hundred() {
        let latency = |samples, p99_us| Marker::Latency {
            samples,
            p50_us: 420,
            p90_us: 1005,
            p99_us,
            max_us: 12_345,
        };
        assert_eq!(
            latency(100, Some(9_000)).text(),
            "Latency: P50 0.420 ms, P90 1.005 ms, P99 9.000 ms, max 12.345 ms of 100 round trips"
        );
        assert_eq!(
            latency(10, None).text(),
            "Latency: P50 0.420 ms, P90 1.005 ms, max 12.345 ms of 10 round trips"
        );
    }

    #[test]
    fn a_currency_that_is_not_reported_is_not_invented() {
        let money = |value: i64| Money::from(rust_decimal::Decimal::new(value, 2));
        let (balance, equity) = (money(20_000), money(20_550));
        let text = |currency| {
            Marker::Balance { balance: &balance, equity: Some(&equity), currency }.text()
        };
        assert_eq!(text(Some("USD")), "Balance: 200.00 USD; equity 205.50");
        assert_eq!(text(None), "Balance: 200.00; equity 205.50");
    }
}
