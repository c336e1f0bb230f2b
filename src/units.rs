//! Tickets, lots, prices, money and symbols as types: parsed once at the edge, never a bare `f64` after it.
//!
//! A number keeps its token from the wire beside its exact decimal value ([`Exact`]), so a report shows the token that the
//! gateway sent, and no comparison is off by a rounding. Money, price, lots and per cent are types of their own.

mod currency;
mod exact;
mod figure;
mod time;

use std::fmt;

use ecow::EcoString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use currency::currency_decimals;
pub(crate) use exact::scan_number;
pub use exact::{Exact, Level, Lots, Money, NotANumber, Price};
pub use figure::{figure, money};
pub use time::TimeSchema;

/// A position's or an order's number at the broker. Real tickets are above 0; the gateway also sends 0 (PROTOCOL.md,
/// hazards 1 and 2), which [`Ticket::is_real`] tells apart.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Ticket(pub i64);

impl Ticket {
    /// Whether a broker could have given this number.
    pub fn is_real(self) -> bool {
        self.0 > 0
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The magic number by which an expert advisor marks its orders. The gateway drops it (hazard 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Magic(pub i64);

impl fmt::Display for Magic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An instrument's name as the broker spells it; case and suffix matter (`EURUSD.s`).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Symbol(#[schemars(with = "String")] EcoString);

impl Symbol {
    /// A symbol with this name, unchanged.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The broker's name for the instrument.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The side of a position. An unlisted word is kept, so that a list with one can be shown and judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Long.
    Buy,
    /// Short.
    Sell,
    /// A word that the protocol doesn't list, as received.
    Unlisted(Box<str>),
}

impl Side {
    /// Reads the wire's word; the case matters.
    pub fn from_wire(word: &str) -> Self {
        match word {
            "BUY" => Self::Buy,
            "SELL" => Self::Sell,
            other => Self::Unlisted(other.into()),
        }
    }

    /// The wire's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Buy => "BUY",
            Self::Sell => "SELL",
            Self::Unlisted(word) => word,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Side {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Side {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = EcoString::deserialize(deserializer)?;
        Ok(Self::from_wire(&word))
    }
}

impl JsonSchema for Side {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Side".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let description = "BUY or SELL; any other word is one that the protocol doesn't list.";
        schemars::json_schema!({ "type": "string", "description": description })
    }
}
