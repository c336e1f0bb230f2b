//! The events that operators grep and count in VERIFY_LOG.log. Their words are a contract: scripts search for them.

use std::time::Duration;

use tracing::Level;

use crate::exit::Exit;
use crate::logs::write::line::quote;
use crate::units::{Money, Ticket};

/// One event. Write each exactly once for what it says, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker<'a> {
    /// A run began. One that has no [`Marker::RunEnded`] with the same `[PID-run]` behind it still runs or was killed.
    RunBegan {
        /// The command, without its arguments.
        command: &'a str,
        /// The tool's version.
        version: &'a str,
        /// What it talks to, where it talks to something.
        endpoint: Option<&'a str>,
    },
    /// A run ended by itself.
    RunEnded {
        /// How the process ends.
        exit: Exit,
        /// Since the run began.
        duration: Duration,
    },
    /// A sync succeeded; once for each, from no other command.
    Synchronized {
        /// How many positions were recovered.
        positions: usize,
    },
    /// A sync failed for good; once for each failed run.
    SyncFailed {
        /// Why.
        cause: &'a str,
    },
    /// One attempt to reach the gateway failed; once for each attempt.
    ConnectionFailed {
        /// What was to be reached.
        endpoint: &'a str,
        /// Why.
        cause: &'a str,
    },
    /// The account as the gateway reports it.
    Balance {
        /// Balance.
        balance: &'a Money,
        /// Equity, where it was read.
        equity: Option<&'a Money>,
        /// The account's currency, where the reply names it.
        currency: Option<&'a str>,
    },
    /// Round trips that were measured here; monotonic, in µs.
    Latency {
        /// How many.
        samples: u64,
        /// Half of them took no longer.
        p50_us: u64,
        /// Nine of ten took no longer.
        p90_us: u64,
        /// 99 of 100 took no longer; of fewer than 100 there is none.
        p99_us: Option<u64>,
        /// The longest.
        max_us: u64,
    },
    /// The round trip at the 99th percentile that a canary was admitted with; monotonic, in µs.
    LatencyP99 {
        /// 99 of 100 took no longer.
        p99_us: u64,
    },
    /// Every guard passed, and the order is about to be sent.
    LaunchApproved {
        /// The order.
        order: &'a str,
    },
    /// The hash of the decision that admitted it, recomputed.
    DecisionHash {
        /// The hash.
        hash: &'a str,
    },
    /// How a watch over a canary's position stands: at its beginning, at each change, each hour, and at its end.
    Guardian {
        /// How bad it is.
        level: Level,
        /// In words, with the figures.
        what: &'a str,
        /// 99 of the last 100 round trips took no longer, in µs, where there are as many.
        p99_us: Option<u64>,
    },
    /// An order was proved to have opened a position.
    OrderFilled {
        /// The position.
        ticket: Ticket,
        /// The order.
        order: &'a str,
    },
    /// The gateway refused something.
    ErrorCode {
        /// Its `error_code`.
        code: &'a str,
        /// Its words.
        message: &'a str,
    },
}

impl Marker<'_> {
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::SyncFailed { .. } | Self::ErrorCode { .. } => Level::ERROR,
            Self::Guardian { level, .. } => *level,
            // The next attempt may succeed.
            Self::ConnectionFailed { .. } => Level::WARN,
            _ => Level::INFO,
        }
    }

    pub(crate) fn component(&self) -> &'static str {
        match self {
            Self::RunBegan { .. } | Self::RunEnded { .. } => "Run",
            Self::Synchronized { .. } | Self::SyncFailed { .. } => "StateReconciler",
            Self::ConnectionFailed { .. } | Self::ErrorCode { .. } => "Gateway",
            Self::Balance { .. } => "Account",
            Self::Latency { .. } => "LinkTest",
            Self::Guardian { .. } => "Guardian",
            Self::LatencyP99 { .. }
            | Self::LaunchApproved { .. }
            | Self::DecisionHash { .. }
            | Self::OrderFilled { .. } => "Canary",
        }
    }

    pub(crate) fn text(&self) -> String {
        let quote = |text| quote(text, self.level());
        match self {
            Self::RunBegan { command, version, endpoint } => {
                let of = endpoint.map_or_else(String::new, |name| format!(" of {}", quote(name)));
                format!("Run began: mt5crs {version} {}{of}", quote(command))
            }
            Self::RunEnded { exit, duration } => {
                format!("Run ended: exit code {} after {} ms", exit.code(), duration.as_millis())
            }
            Self::Synchronized { positions } => {
                format!("State synchronized: {positions} positions recovered")
            }
            Self::SyncFailed { cause } => format!("State synchronization failed: {}", quote(cause)),
            Self::ConnectionFailed { endpoint, cause } => {
                format!("Connection failed: {}: {}", quote(endpoint), quote(cause))
            }
            Self::Balance { balance, equity, currency } => {
                let currency =
                    currency.map_or_else(String::new, |name| format!(" {}", quote(name)));
                let equity = equity.map_or_else(String::new, |equity| format!("; equity {equity}"));
                format!("Balance: {balance}{currency}{equity}")
            }
            Self::Latency { samples, p50_us, p90_us, p99_us, max_us } => {
                let p99 =
                    p99_us.as_ref().map_or_else(String::new, |us| format!("P99 {}, ", ms(*us)));
                let (p50, p90, max) = (ms(*p50_us), ms(*p90_us), ms(*max_us));
                format!("Latency: P50 {p50}, P90 {p90}, {p99}max {max} of {samples} round trips")
            }
            Self::LatencyP99 { p99_us } => {
                format!("Latency: P99 {} of 100 round trips", ms(*p99_us))
            }
            Self::LaunchApproved { order } => format!("LAUNCH_APPROVED {}", quote(order)),
            Self::DecisionHash { hash } => format!("DECISION_HASH {}", quote(hash)),
            Self::Guardian { what, p99_us, .. } => {
                let p99 = p99_us.map_or_else(String::new, |us| format!("; P99 {}", ms(us)));
                format!("{}{p99}", quote(what))
            }
            Self::OrderFilled { ticket, order } => {
                format!("ORDER_FILLED Ticket: {ticket} {}", quote(order))
            }
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
