//! The invariants: conditions that hold after every round, with any disturbance. The simulated broker's own ledger
//! decides: it shows the executions, and the tool's records and reports are compared with it.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::sandbox::CommandResult;
use crate::evidence::body::Body;
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::evidence::{Evidence, Record};
use crate::harness::broker::BrokerBook;
use crate::ops::evidence::verify;
use crate::ops::sync::snapshot::{Previous, Store};
use crate::protocol::positions::Position;
use crate::sim::ExecutionKind;
use crate::units::Ticket;

macro_rules! invariants {
    ($($(#[doc = $doc:literal])+ $name:ident;)*) => {
        /// A condition that holds after every round.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Invariant {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Invariant {
            /// Every invariant, in the report's order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The invariant as a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+),)*
                }
                .trim_matches([' ', '.'])
            }
        }
    };
}

invariants! {
    /// The disturbance leaves a whole snapshot or none.
    SnapshotWhole;
    /// The recovered snapshot equals the broker's book.
    SnapshotIsTheBooks;
    /// No order executes twice.
    NoOrderTwice;
    /// Every order that executed has a recorded intent.
    NoOrderUnrecorded;
    /// Another program on the gateway's port receives nothing that trades.
    NothingToStrangers;
    /// Every intent that the book can resolve is resolved.
    IntentsResolved;
    /// No record contradicts the ledger.
    RecordsAreTrue;
    /// No report contradicts the ledger.
    ReportsAreTrue;
    /// The evidence chain verifies.
    EvidenceVerifies;
    /// Whatever a disk, a file, a lock or a clock does, emergency-close closes everything.
    RiskIsReduced;
    /// Every command ends in time.
    Bounded;
    /// A restarted sync recovers.
    Recovers;
    /// The round could be run.
    Played;
}

/// The invariants that a round checked, and those that it violated.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) checked: Vec<Invariant>,
    pub(super) violated: Vec<(Invariant, String)>,
}

impl Findings {
    /// Records one check of an invariant, and the violation that it found.
    pub(super) fn record(&mut self, invariant: Invariant, violation: impl Into<Option<String>>) {
        if !self.checked.contains(&invariant) {
            self.checked.push(invariant);
        }
        self.violated.extend(violation.into().map(|violation| (invariant, violation)));
    }

    /// There is no snapshot, or a whole one.
    pub(super) fn check_snapshot_whole(&mut self, store: &Store) {
        let violation = match store.load() {
            Previous::Found(_) | Previous::Absent => None,
            Previous::Unusable(why) => Some(why),
        };
        self.record(Invariant::SnapshotWhole, violation);
    }

    /// The snapshot holds the book's open positions and no others.
    pub(super) fn check_snapshot_is_the_books(&mut self, store: &Store, book: &BrokerBook) {
        let violation = match store.load() {
            Previous::Found(snapshot) => {
                let (kept, open) =
                    (describe_positions(&snapshot.positions), describe_positions(&book.open));
                (kept != open).then(|| format!("it holds {kept:?}, and the book {open:?}"))
            }
            Previous::Absent => Some("there is none".to_owned()),
            Previous::Unusable(why) => Some(why),
        };
        self.record(Invariant::SnapshotIsTheBooks, violation);
    }

    /// The ledger alone shows that no order executed twice.
    pub(super) fn check_ledger(&mut self, book: &BrokerBook, canaries: usize) {
        let opens = book.executed(ExecutionKind::Open).count();
        let more = (opens > canaries).then(|| format!("{canaries} canaries opened {opens}"));
        self.record(Invariant::NoOrderTwice, more);
        let mut closed = BTreeSet::new();
        for entry in book.executed(ExecutionKind::Close) {
            let again = !closed.insert(entry.ticket);
            let violation = again.then(|| format!("{} was closed twice", entry.ticket));
            self.record(Invariant::NoOrderTwice, violation);
        }
    }

    /// The impostor on the gateway's port received nothing that made it trade.
    pub(super) fn check_impostor(&mut self, book: &BrokerBook) {
        let traded = book.ledger.len();
        let violation = (traded > 0).then(|| format!("it traded {traded} times"));
        self.record(Invariant::NothingToStrangers, violation);
    }

    /// The records form a whole chain, leave nothing open that the book resolves, and agree with the ledger.
    pub(super) fn check_evidence(&mut self, evidence: &Evidence, book: &BrokerBook) {
        let outcome = verify::run(&verify::Options::of(evidence.clone()));
        let damages = match (&outcome.report, outcome.failure) {
            (Some(report), None) => report.damages.first().map(ToString::to_string),
            (_, failure) => {
                Some(failure.map_or("it can't be read".to_owned(), |f| f.message().to_owned()))
            }
        };
        self.record(Invariant::EvidenceVerifies, damages);
        let unresolved = match evidence.unresolved() {
            Ok(intents) => {
                // An order that was closed since then is in no list, so only a person can resolve its intent.
                let closed_since =
                    |time| book.ledger.iter().any(|e| e.kind.closes() && e.time > time);
                let left = intents.iter().find(|intent| !closed_since(intent.time));
                left.map(|intent| format!("the intent of run {}", intent.run))
            }
            Err(error) => Some(error.to_string()),
        };
        self.record(Invariant::IntentsResolved, unresolved);
        let records: Result<Vec<Record>, _> = evidence.records().and_then(Iterator::collect);
        // Unreadable records are a violation of EvidenceVerifies already.
        let Ok(records) = records else { return };
        let mut requests = HashMap::new();
        for record in &records {
            if let Some(Body::OpenIntent(intent)) = &record.body {
                requests.insert(record.run, intent.request);
            }
        }
        for open in book.executed(ExecutionKind::Open) {
            let recorded = requests.values().any(|request| open.request_uuid == Some(*request));
            let violation =
                (!recorded).then(|| format!("the intent of {} is missing", open.ticket));
            self.record(Invariant::NoOrderUnrecorded, violation);
        }
        for record in &records {
            let body = record.body.as_ref();
            let violation = body.and_then(|body| refute_record(body, record, &requests, book));
            self.record(Invariant::RecordsAreTrue, violation);
        }
    }

    /// A command's own report and exit code agree with the ledger.
    pub(super) fn check_report(&mut self, result: &CommandResult, book: &BrokerBook) {
        let violation = result.timed_out.then(|| "a command had to be killed".to_owned());
        self.record(Invariant::Bounded, violation);
        if result.exit_code.is_none() {
            return;
        }
        let violation = match &result.document {
            serde_json::Value::Null => Some(format!("no report, {}", result.describe())),
            document => book.refute(document, result.exit_code),
        };
        self.record(Invariant::ReportsAreTrue, violation);
    }
}

/// The fields that are equal in a book and in a snapshot of it; prices and profits move.
fn describe_positions(positions: &[Position]) -> BTreeSet<String> {
    let describe = |p: &Position| {
        format!("{} {} {} {} at {}", p.ticket, p.symbol, p.side, p.volume, p.open_price)
    };
    positions.iter().map(describe).collect()
}

/// The claims of the records that the ledger refutes. `requests` maps each run to its OPEN's uuid.
fn refute_record(
    body: &Body,
    record: &Record,
    requests: &HashMap<Uuid, Uuid>,
    book: &BrokerBook,
) -> Option<String> {
    let opened_by = |run: &Uuid| {
        let request = requests.get(run)?;
        let mut opens = book.executed(ExecutionKind::Open);
        opens.find(|entry| entry.request_uuid == Some(*request)).map(|entry| entry.ticket)
    };
    let executed = |run: &Uuid, ticket: Ticket| {
        let opened = opened_by(run);
        (opened != Some(ticket))
            .then(|| format!("record {}: executed as {ticket}; the ledger: {opened:?}", record.seq))
    };
    let not_executed = |run: &Uuid| {
        opened_by(run)
            .map(|ticket| format!("record {}: not executed; the ledger: {ticket}", record.seq))
    };
    let closed = |ticket: Ticket| {
        (!book.is_closed(ticket))
            .then(|| format!("record {}: {ticket} is closed; it isn't", record.seq))
    };
    match body {
        Body::OpenOutcome(outcome) => match &outcome.result {
            OpenOutcome::Executed { ticket, .. } => executed(&outcome.intent, *ticket),
            OpenOutcome::NotExecuted { .. } => not_executed(&outcome.intent),
            OpenOutcome::Unknown { .. } => None,
        },
        Body::Resolution(resolution) => match resolution.opened {
            Some(ticket) => executed(&resolution.intent, ticket),
            None => not_executed(&resolution.intent),
        },
        Body::CloseOutcome(outcome) if outcome.result == CloseOutcome::Closed => {
            closed(outcome.ticket)
        }
        Body::EmergencyOutcome(outcome) => outcome.closed().find_map(closed),
        _ => None,
    }
}
