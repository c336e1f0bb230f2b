//! One minute of a watch: a line of a day's file.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RoundTrips;
use crate::guard::drift::DriftState;
use crate::units::{Money, Ticket};

/// The version of the lines that are written here.
pub const VERSION: u32 = 1;

/// The looks of one minute, by this machine's wall clock. A minute may have several lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Minute {
    /// The version of the line's form.
    pub v: u32,
    /// Time of the first look.
    pub from: Timestamp,
    /// Time of the last look.
    pub to: Timestamp,
    /// The run that looked.
    pub run: Uuid,
    /// The kind of watch.
    pub by: Watcher,
    /// The gateway's endpoint.
    pub of: String,
    /// The account's number, where the gateway reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The watched position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
    /// Time from one look to the next as planned, in ms.
    pub every_ms: u64,
    /// Whether the gateway identified itself as simulated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub simulated: bool,
    /// Number of looks.
    pub looks: u64,
    /// Number of looks that a slow one overran.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missed: u64,
    /// Number of looks whose PING had no answer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u64,
    /// Number of new errors, critical ones included.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub errors: u64,
    /// Number of new critical errors.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub critical_errors: u64,
    /// The longest time between two looks of the run, the one before the first included, in ms on the monotonic clock.
    pub gap_ms: u64,
    /// The longest silence of the gateway, in ms.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub silent_ms: u64,
    /// Time HEALTHY, WARNING and CRITICAL, in ms on the monotonic clock. Time between two looks that are far apart is in
    /// none of them.
    pub state_ms: [u64; 3],
    /// The round trips in µs, an HDR histogram in its V2 form, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt: Option<String>,
    /// The account's equity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equity: Option<Extremes>,
    /// The account's balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Extremes>,
    /// The last margin in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Money>,
    /// The last profit of the watched position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profit: Option<Money>,
    /// The least and the greatest clock skew, the gateway's clock less this machine's, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_ms: Option<[i64; 2]>,
    /// The last reading of drift, where there was a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftLook>,
    /// The largest jump of the wall clock, in ms; forward is positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump_ms: Option<i64>,
    /// Reasons against health, each once; the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

/// The kind of watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watcher {
    /// `canary --monitor`.
    Canary,
    /// `link-test --watch`.
    Link,
}

/// Money over a minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extremes {
    /// The first.
    pub first: Money,
    /// The least.
    pub min: Money,
    /// The greatest.
    pub max: Money,
    /// The last.
    pub last: Money,
    /// The largest fall from one amount to a later one; absent where it never fell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fall: Option<Money>,
}

/// A reading of drift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftLook {
    /// The result.
    pub state: DriftWord,
    /// The index, where it could be computed.
    pub psi: Option<f64>,
}

/// A result of drift as it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftWord {
    /// Below both limits.
    Stable,
    /// At the watch limit or above.
    Watch,
    /// At the drift limit or above.
    Drift,
    /// No comparison was possible.
    CannotBeJudged,
}

impl From<DriftState> for DriftWord {
    fn from(state: DriftState) -> Self {
        match state {
            DriftState::Stable => Self::Stable,
            DriftState::Watch => Self::Watch,
            DriftState::Drift => Self::Drift,
            DriftState::CannotBeJudged => Self::CannotBeJudged,
        }
    }
}

impl Extremes {
    /// Of one amount.
    pub(super) fn of(amount: &Money) -> Self {
        let amount = || amount.clone();
        Self { first: amount(), min: amount(), max: amount(), last: amount(), fall: None }
    }

    /// Adds a later amount.
    pub(super) fn add(&mut self, amount: &Money) {
        if *amount < self.min {
            self.min = amount.clone();
        }
        if *amount > self.max {
            self.max = amount.clone();
        }
        // The highest so far came before it.
        let fall = self.max.value().saturating_sub(amount.value());
        let is_larger = self.fall.as_ref().map_or(Decimal::ZERO, |known| known.value()) < fall;
        if is_larger {
            self.fall = Some(Money::from(fall));
        }
        self.last = amount.clone();
    }
}

impl Minute {
    /// The round trips; `None` where the line's are no histogram.
    pub fn round_trips(&self) -> Option<RoundTrips> {
        match &self.rtt {
            None => Some(RoundTrips::default()),
            Some(text) => RoundTrips::decode(text),
        }
    }

    /// Time that was watched, in ms.
    pub fn watched_ms(&self) -> u64 {
        self.state_ms.iter().fold(0, |sum, ms| sum.saturating_add(*ms))
    }

    /// Whether the line can be one that a watch wrote: within a minute, with no more losses than looks.
    pub(super) fn is_sound(&self) -> bool {
        const MINUTE: SignedDuration = SignedDuration::from_secs(60);
        self.lost <= self.looks && self.to.duration_since(self.from).abs() <= MINUTE
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
