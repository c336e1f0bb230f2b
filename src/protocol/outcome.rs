//! GET_OUTCOME (protocol 5): what the gateway's journal knows about an order, by the order's `uuid`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::malformed::Malformed;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::Frame;

/// The request. With `void` it asks that an order which the journal has never seen be never executed: the only change
/// that it makes takes risk away, so it needs no permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GetOutcome {
    /// The order's `uuid`.
    pub of: Uuid,
    /// Whether an order that was never seen is voided.
    pub void: bool,
}

impl Action for GetOutcome {
    const NAME: &'static str = "GET_OUTCOME";
    type Reply = Outcome;
}

impl Sealed for GetOutcome {}

/// What became of an order, by the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// It executed.
    Done,
    /// It did not execute, and won't.
    Refused,
    /// It was handed to the terminal, which has not answered.
    Sent,
    /// It was handed to the terminal, and the result is not known.
    Unknown,
    /// It will never execute.
    Voided,
    /// It waits for the terminal.
    Waiting,
    /// The journal has no such order.
    NeverSeen,
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The order's state.
    pub outcome: OrderState,
    /// The order's `uuid`.
    pub of: Uuid,
    /// The journal that answers.
    pub journal: String,
    /// Its number of rows, this request's included.
    pub journal_seq: i64,
    /// The order's action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The recorded reply to the order, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
}

impl Reply for Outcome {
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        let root = &frame.root;
        let of = root.required("of")?;
        Ok(Self {
            outcome: root.required("outcome")?.word("a state of an order")?,
            of: of.word("a uuid")?,
            journal: root.required("journal")?.string()?.into(),
            journal_seq: root.required("journal_seq")?.integer()?,
            action: root.optional_text("action")?,
            // The frame's JSON was checked when it was scanned.
            reply: root
                .optional("reply")
                .and_then(|field| serde_json::from_str(field.token()).ok()),
        })
    }
}

impl Outcome {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
