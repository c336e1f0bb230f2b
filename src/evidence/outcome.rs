//! The outcomes of an OPEN, of a CLOSE and of a watch, one type each. Proofs find them, records keep them, reports show
//! them.
//!
//! Serialised as they are, they have the records' form. A report shows one word of it, beside details in fields of its own;
//! each report's words are pinned, so they are listed here.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::protocol::positions::Position;
use crate::units::Ticket;

/// Outcome of an OPEN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenOutcome {
    /// A later list holds the position.
    Executed {
        /// The position's ticket.
        ticket: Ticket,
        /// The position as it was listed.
        position: Box<Position>,
    },
    /// It opened nothing, and never will.
    NotExecuted {
        /// The proof.
        why: String,
        /// The gateway's error code, where it refused.
        code: Option<String>,
    },
    /// Neither is proved: the intent stays open.
    Unknown {
        /// The missing part of a proof.
        why: String,
    },
}

/// Outcome of a CLOSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseOutcome {
    /// Proved gone.
    Closed,
    /// A later list still holds the position.
    StillOpen,
    /// Neither is proved.
    Unknown,
    /// No CLOSE was sent.
    NotSent,
    /// No CLOSE was sent, because the position was to stay open.
    KeptOpen,
}

/// Why a watch over a position ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename_all = "snake_case", inline)]
pub enum WatchEnding {
    /// The whole time was watched.
    TimeOver,
    /// Health was critical.
    Halted,
    /// A signal asked to stop.
    Stopped,
    /// Left open for the next watch.
    HandedOver,
}

/// One word of a report, and its meaning.
type Word = (&'static str, &'static str);

impl OpenOutcome {
    const WORDS: [Word; 3] = [
        ("executed", "A list holds its position."),
        ("not_executed", "Proved that it opened nothing."),
        ("unknown", "Neither is proved."),
    ];

    /// Writes a report's word.
    pub(crate) fn as_word<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let [executed, not_executed, unknown] = Self::WORDS;
        let (word, _) = match self {
            Self::Executed { .. } => executed,
            Self::NotExecuted { .. } => not_executed,
            Self::Unknown { .. } => unknown,
        };
        to.serialize_str(word)
    }

    pub(crate) fn word_schema(_: &mut SchemaGenerator) -> Schema {
        schema(&Self::WORDS)
    }
}

impl CloseOutcome {
    const ALL: [Self; 5] =
        [Self::Closed, Self::StillOpen, Self::Unknown, Self::NotSent, Self::KeptOpen];

    fn in_canary(self) -> Word {
        match self {
            Self::Closed => ("closed", "Proved gone."),
            Self::KeptOpen => ("kept_open", "Left open, because that was asked for."),
            Self::StillOpen | Self::Unknown | Self::NotSent => {
                ("not_closed", "Not proved closed: it may lose money now.")
            }
        }
    }

    fn in_emergency(self) -> Word {
        match self {
            Self::Closed => ("closed", "Proved gone."),
            Self::StillOpen => (
                "rejected",
                "The gateway refused, or closed nothing, and a later list still shows it.",
            ),
            Self::Unknown => ("unknown", "Neither is proved."),
            Self::NotSent | Self::KeptOpen => ("not_tried", "No CLOSE was sent for it."),
        }
    }

    /// Writes the word of a canary's report.
    pub(crate) fn as_canary_word<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.in_canary().0)
    }

    pub(crate) fn canary_schema(_: &mut SchemaGenerator) -> Schema {
        schema(&Self::ALL.map(Self::in_canary))
    }

    /// Writes the word of the report of `emergency-close`.
    pub(crate) fn as_emergency_word<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.in_emergency().0)
    }

    pub(crate) fn emergency_schema(_: &mut SchemaGenerator) -> Schema {
        schema(&Self::ALL.map(Self::in_emergency))
    }
}

/// Writes a value whose recorded form is one word as the report's word: `time-over` becomes `time_over`.
pub(crate) fn as_report_word<T: Serialize, S: Serializer>(
    value: &T,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(&word(value).replace('-', "_"))
}

/// The word that a value is serialised as.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// Each word once, with its meaning.
fn schema(words: &[Word]) -> Schema {
    let mut choices: Vec<Value> = vec![];
    for (word, meaning) in words {
        let choice = json!({ "description": meaning, "type": "string", "const": word });
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    json_schema!({ "oneOf": choices })
}
