//! What the gateway speaks of, typed once at the edge and never a bare `f64` after it.
//!
//! Numbers keep the very token that stood on the wire beside their exact decimal ([`Exact`]), so that a report shows
//! what the gateway said and a comparison is never off by a rounding. What a field *means* (money, price, lots, per
//! cent) is a type of its own.

mod exact;

use std::fmt;

use ecow::EcoString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use exact::{Exact, Level, Lots, Money, NotANumber, Price};

/// A position's or an order's number at the broker. Above 0 when it is real; the gateway is known to send 0
/// (PROTOCOL.md, hazards 1 and 2), so 0 and below can be held, and [`Ticket::is_real`] asks.
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

/// An expert advisor's mark on its orders (the magic number). The gateway drops it (hazard 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Magic(pub i64);

impl fmt::Display for Magic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An instrument's name just as the broker spells it; case and suffix matter (`EURUSD.s`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Symbol(EcoString);

impl Symbol {
    /// Takes the name as it stands.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The side of a position. A word that is neither of the two is kept, because a list that holds one is to be shown and
/// judged, not dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Long.
    Buy,
    /// Short.
    Sell,
    /// A word that the protocol doesn't list.
    Unlisted(Box<str>),
}

impl Side {
    /// Reads the wire's word, case and all.
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

macro_rules! schema_as_string {
    ($type:ty, $name:literal, $description:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $description })
            }
        }
    };
}

schema_as_string!(Symbol, "Symbol", "The instrument's name as the broker spells it.");
schema_as_string!(
    Side,
    "Side",
    "BUY or SELL; any other word is one that the protocol doesn't list."
);
