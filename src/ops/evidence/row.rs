//! One run as a row: its kind, its state and its proof.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::evidence::body::{By, Ordered};
use crate::evidence::book::{Emergency, Run, Settled};
use crate::units::{Ticket, TimeSchema};

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// The run's id.
    pub run: String,
    /// Time of its first record, by this machine's clock.
    #[schemars(with = "TimeSchema")]
    pub began_at: Timestamp,
    /// Time of the last record about it.
    #[schemars(with = "TimeSchema")]
    pub last_at: Timestamp,
    /// The kind of the run.
    pub kind: RunKind,
    /// The order, where there was one.
    pub order: Option<Ordered>,
    /// The position, where its execution is settled.
    pub ticket: Option<Ticket>,
    /// The state of the run.
    pub state: RunState,
    /// The proved part, in words.
    pub proved: String,
    /// Whether an order is not settled: no other is sent until it is.
    pub unresolved: bool,
    /// Number of records about it.
    pub records: u64,
    /// Kinds of records, with their versions, that this version of mt5crs doesn't know.
    pub unknown_kinds: Vec<String>,
}

/// The kind of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// A canary: it sent an order to show whether the system can trade.
    Canary,
    /// An emergency-close.
    EmergencyClose,
    /// Anything else.
    Other,
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// An order may have been sent, and its outcome is not proved.
    Unresolved,
    /// The position is not proved closed.
    Open,
    /// The position is not proved closed, and was left open on request.
    KeptOpen,
    /// The position is proved closed; of an emergency-close, every position that was selected.
    Closed,
    /// The order opened nothing.
    NotExecuted,
    /// The account was proved flat after it.
    Flat,
    /// It closed positions, and flat was not proved.
    NotFlat,
    /// A round of closing began, and its outcome is not recorded.
    Unfinished,
    /// It has nothing to prove.
    Nothing,
}

impl From<&Run> for Row {
    fn from(run: &Run) -> Self {
        let (state, proved) = state_of_run(run);
        let ticket = run.settled.as_ref().and_then(|settled| settled.opened);
        let ordered = run.order.is_some() || !run.intents.is_empty() || run.settled.is_some();
        let kind = if ordered || run.canary.is_some() {
            RunKind::Canary
        } else if run.emergency.is_some() {
            RunKind::EmergencyClose
        } else {
            RunKind::Other
        };
        Self {
            run: run.id.to_string(),
            began_at: run.began_at,
            last_at: run.last_at,
            kind,
            order: run.order.clone(),
            ticket,
            state,
            proved,
            unresolved: !run.intents.is_empty(),
            records: run.records,
            unknown_kinds: run.unknown_kinds.clone(),
        }
    }
}

fn state_of_run(run: &Run) -> (RunState, String) {
    if let Some(intent) = run.intents.last() {
        let why = match (&intent.open, &intent.unknown) {
            (None, _) => "the order is recorded in a form that this version doesn't know",
            (_, Some(why)) => why,
            (_, None) => "no outcome is recorded",
        };
        return (RunState::Unresolved, format!("nothing: {why}"));
    }
    if let Some(settled) = &run.settled {
        return state_of_order(run, settled);
    }
    match &run.emergency {
        Some(emergency) => state_of_emergency(emergency),
        None => (RunState::Nothing, "nothing was to be proved".to_owned()),
    }
}

fn state_of_order(run: &Run, settled: &Settled) -> (RunState, String) {
    let why = match settled.by {
        By::Gateway => settled.why.clone(),
        By::Person => format!("a person's word, {}", settled.why),
    };
    let Some(ticket) = settled.opened else {
        return (RunState::NotExecuted, format!("opened nothing: {why}"));
    };
    match &run.open {
        None => (RunState::Closed, format!("opened {ticket} ({why}), and it is closed")),
        Some(open) => {
            let (state, wanted) = match open.kept_open {
                true => (RunState::KeptOpen, ", as was asked for"),
                false => (RunState::Open, ""),
            };
            (state, format!("opened {ticket} ({why}); its close is not proved{wanted}"))
        }
    }
}

fn state_of_emergency(emergency: &Emergency) -> (RunState, String) {
    let Emergency { round, unfinished, closed, remaining, listed, flat } = emergency;
    if *unfinished {
        let proved = format!("{closed} closed before round {round}, whose outcome is not recorded");
        return (RunState::Unfinished, proved);
    }
    match flat {
        Some(witness) => (RunState::Flat, format!("{closed} closed, flat: {witness}")),
        // Without a filter every listed position is among those that remain.
        None if *remaining == 0 && *closed > 0 && listed.is_some_and(|listed| listed > 0) => {
            let listed = listed.unwrap_or_default();
            let proved =
                format!("the selected positions are closed: {closed}; others listed: {listed}");
            (RunState::Closed, proved)
        }
        None => {
            let proved = format!("{closed} closed, {remaining} not; flat was not proved");
            (RunState::NotFlat, proved)
        }
    }
}
