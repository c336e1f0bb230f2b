//! One run as a row: what it was, and what is proved of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::evidence::body::By;
use crate::evidence::book::{Emergency, Run, Settled};
use crate::units::{Lots, Side, Symbol, Ticket};

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// Its id.
    pub run: String,
    /// When its first record was written, by this machine's clock.
    pub began_at: Timestamp,
    /// When the last record that speaks of it was written.
    pub last_at: Timestamp,
    /// What it was.
    pub kind: RunKind,
    /// The order, where there was one.
    pub order: Option<Order>,
    /// Its position, where its execution is settled.
    pub ticket: Option<Ticket>,
    /// How it stands, in one word.
    pub state: RunState,
    /// What is proved of it, in words.
    pub proved: String,
    /// Whether an order of it is not settled: no other is sent until it is.
    pub unresolved: bool,
    /// How many records speak of it.
    pub records: u64,
    /// Records of kinds, or of versions of them, that this version of mt5crs doesn't know.
    pub unknown_kinds: Vec<String>,
}

/// What was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Order {
    /// The instrument.
    pub symbol: Symbol,
    /// The side.
    pub side: Side,
    /// The volume in lots.
    pub volume: Lots,
}

/// What a run was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// It sent an order to see whether the system can trade.
    Canary,
    /// It closed everything.
    EmergencyClose,
    /// None of its records says.
    Other,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// An order may have been sent, and nothing is proved of it.
    Unresolved,
    /// Its position is not proved closed.
    Open,
    /// Its position is not proved closed, and was to be left open.
    KeptOpen,
    /// Its position is proved closed.
    Closed,
    /// Its order opened nothing.
    NotExecuted,
    /// The account was proved flat after it.
    Flat,
    /// It closed what it could, and flat was not proved.
    NotFlat,
    /// A round of closing began, and no outcome of it is recorded.
    Unfinished,
    /// It holds nothing that something could be proved of.
    Nothing,
}

impl Row {
    pub(super) fn of(run: &Run) -> Self {
        let (state, proved) = standing(run);
        let order = run.order.as_ref().map(|order| Order {
            symbol: order.symbol.clone(),
            side: order.side.clone(),
            volume: order.volume.clone(),
        });
        let ticket = run.settled.as_ref().and_then(|settled| settled.opened);
        let ordered = order.is_some() || !run.intents.is_empty() || run.settled.is_some();
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
            order,
            ticket,
            state,
            proved,
            unresolved: !run.intents.is_empty(),
            records: run.records,
            unknown_kinds: run.unknown_kinds.clone(),
        }
    }
}

fn standing(run: &Run) -> (RunState, String) {
    if let Some(intent) = run.intents.last() {
        let why = match (&intent.open, &intent.unknown) {
            (None, _) => "the order is recorded in a form that this version doesn't know",
            (_, Some(why)) => why,
            (_, None) => "no outcome is recorded",
        };
        return (RunState::Unresolved, format!("nothing: {why}"));
    }
    if let Some(settled) = &run.settled {
        return order_standing(run, settled);
    }
    match &run.emergency {
        Some(emergency) => emergency_standing(emergency),
        None => (RunState::Nothing, "nothing was to be proved".to_owned()),
    }
}

fn order_standing(run: &Run, settled: &Settled) -> (RunState, String) {
    let word = match settled.by {
        By::Gateway => settled.why.clone(),
        By::Person => format!("a person's word, {}", settled.why),
    };
    let Some(ticket) = settled.opened else {
        return (RunState::NotExecuted, format!("opened nothing: {word}"));
    };
    match &run.open {
        None => (RunState::Closed, format!("opened {ticket} ({word}), and it is closed")),
        Some(open) => {
            let (state, wanted) = match open.kept_open {
                true => (RunState::KeptOpen, ", as was asked for"),
                false => (RunState::Open, ""),
            };
            (state, format!("opened {ticket} ({word}); its close is not proved{wanted}"))
        }
    }
}

fn emergency_standing(emergency: &Emergency) -> (RunState, String) {
    let Emergency { round, unfinished, closed, remaining, flat } = emergency;
    if *unfinished {
        let proved = format!("{closed} closed before round {round}, whose outcome is not recorded");
        return (RunState::Unfinished, proved);
    }
    match flat {
        Some(witness) => (RunState::Flat, format!("{closed} closed, flat: {witness}")),
        None => {
            let proved = format!("{closed} closed, {remaining} not; flat was not proved");
            (RunState::NotFlat, proved)
        }
    }
}
