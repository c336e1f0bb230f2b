//! A world that was played, told moment by moment: every request, every reply, and every execution at the broker.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::play::{Played, START};
use crate::clock::millis;
use crate::sim::{Execution, Frame};

/// One moment of a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Moment {
    /// Time since the start of the world, in ms.
    pub at_ms: u64,
    /// Who acts.
    pub actor: Actor,
    /// The message, or the execution.
    pub words: String,
}

/// Who acts in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The broker executes.
    Broker,
    /// The command asks.
    Client,
    /// The gateway answers.
    Gateway,
}

/// Every moment of a world that was recorded, in order. An execution stands behind its request; one without a request
/// stands before the first list of that time that shows it, or else by its time.
pub fn tell(played: &Played) -> Vec<Moment> {
    let mut told: Vec<(Moment, Option<&Frame>)> =
        played.transcript.iter().map(|frame| (message(frame), Some(frame))).collect();
    let mut after = 0;
    for entry in &played.truth.ledger {
        let moment = execution(entry);
        let at = place(&told[after..], entry, &moment) + after;
        told.insert(at, (moment, None));
        after = at + 1;
    }
    told.into_iter().map(|(moment, _)| moment).collect()
}

/// The index of an execution among the moments after the one before it.
fn place(told: &[(Moment, Option<&Frame>)], entry: &Execution, moment: &Moment) -> usize {
    let uuid = entry.request_uuid.map(|uuid| uuid.to_string());
    let ticket = entry.ticket.to_string();
    let tells = |(at, frame): &(Moment, Option<&Frame>)| {
        let Some(frame) = frame.filter(|_| at.at_ms == moment.at_ms) else { return false };
        let holds = |text: &str| contains(&frame.bytes, text.as_bytes());
        match &uuid {
            Some(uuid) => frame.is_request && holds(uuid),
            None => {
                !frame.is_request && holds("positions") && holds(&ticket) != entry.kind.closes()
            }
        }
    };
    let by_time = || told.iter().position(|(later, _)| later.at_ms > moment.at_ms);
    match told.iter().position(tells) {
        Some(index) => index + usize::from(uuid.is_some()),
        None => by_time().unwrap_or(told.len()),
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn execution(entry: &Execution) -> Moment {
    let Execution { kind, ticket, symbol, side, volume, .. } = entry;
    let start = Timestamp::from_second(START).unwrap_or_default();
    let at = Duration::try_from(entry.time.duration_since(start)).unwrap_or_default();
    let words = format!("{kind:?} {ticket} {symbol} {side} {volume} lots");
    Moment { at_ms: millis(at), actor: Actor::Broker, words }
}

fn message(frame: &Frame) -> Moment {
    let actor = if frame.is_request { Actor::Client } else { Actor::Gateway };
    Moment { at_ms: millis(frame.at), actor, words: shorten(&frame.bytes) }
}

/// The message without the members that no judgement needs; bytes that are no JSON as they are.
fn shorten(bytes: &[u8]) -> String {
    let Ok(Value::Object(mut message)) = serde_json::from_slice(bytes) else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    for member in ["uuid", "risk_signature", "simulated"] {
        message.remove(member);
    }
    Value::Object(message).to_string()
}
