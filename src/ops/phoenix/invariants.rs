//! What must hold after a round, whatever happened in it. The oracle is the simulated broker's own ledger: what the tool
//! recorded and what it said are held against what executed.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::stage::Ended;
use crate::evidence::body::Body;
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::evidence::{Evidence, Record};
use crate::ops::evidence::verify;
use crate::ops::sync::snapshot::{Previous, Store};
use crate::protocol::positions::Position;
use crate::sim::{Entry, Kind, read_ledger, read_positions};
use crate::units::Ticket;

macro_rules! invariants {
    ($($(#[doc = $doc:literal])+ $name:ident;)*) => {
        /// Something that must hold after every round.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Invariant {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Invariant {
            /// All of them, in the order of the report.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What it says.
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
    /// The snapshot that the disturbance left is whole.
    SnapshotWhole;
    /// The recovered snapshot is the book's.
    SnapshotIsTheBooks;
    /// No order executed twice.
    NoOrderTwice;
    /// No order executed whose intent is not recorded.
    NoOrderUnrecorded;
    /// Nothing that trades was sent to another program.
    NothingToStrangers;
    /// No intent is left unresolved that the book can resolve.
    IntentsResolved;
    /// Nothing is recorded as done, or as not done, that the ledger contradicts.
    RecordsAreTrue;
    /// Nothing was reported as done, or as not done, that the ledger contradicts.
    ReportsAreTrue;
    /// The chain of evidence verifies.
    EvidenceVerifies;
    /// An emergency-close closes everything although nothing can be written.
    RiskIsReduced;
    /// Every command ended within its time.
    Bounded;
    /// A restarted sync recovers.
    Recovers;
    /// The round could be played.
    Played;
}

/// What was looked at in a round, and what did not hold.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) checked: Vec<Invariant>,
    pub(super) violated: Vec<(Invariant, String)>,
}

impl Findings {
    /// Counts a look, with what speaks against the invariant.
    pub(super) fn look(&mut self, invariant: Invariant, against: impl Into<Option<String>>) {
        if !self.checked.contains(&invariant) {
            self.checked.push(invariant);
        }
        self.violated.extend(against.into().map(|against| (invariant, against)));
    }

    /// The snapshot as it lies there: none, or a whole one.
    pub(super) fn snapshot_whole(&mut self, store: &Store) {
        let against = match store.load() {
            Previous::Found(_) | Previous::Absent => None,
            Previous::Unusable(why) => Some(why),
        };
        self.look(Invariant::SnapshotWhole, against);
    }

    /// The snapshot holds just what is open in the book.
    pub(super) fn snapshot_is_the_books(&mut self, store: &Store, book: &Book) {
        let against = match store.load() {
            Previous::Found(snapshot) => {
                let (kept, open) = (lines(&snapshot.positions), lines(&book.open));
                (kept != open).then(|| format!("it holds {kept:?}, and the book {open:?}"))
            }
            Previous::Absent => Some("there is none".to_owned()),
            Previous::Unusable(why) => Some(why),
        };
        self.look(Invariant::SnapshotIsTheBooks, against);
    }

    /// What executed, by itself.
    pub(super) fn ledger(&mut self, book: &Book, canaries: usize) {
        let opens = book.of(Kind::Open).count();
        let more = (opens > canaries).then(|| format!("{canaries} canaries opened {opens}"));
        self.look(Invariant::NoOrderTwice, more);
        let mut closed = BTreeSet::new();
        for entry in book.of(Kind::Close) {
            let again = !closed.insert(entry.ticket);
            let against = again.then(|| format!("{} was closed twice", entry.ticket));
            self.look(Invariant::NoOrderTwice, against);
        }
    }

    /// Another program on the port has traded on nothing of ours.
    pub(super) fn strangers(&mut self, book: &Book) {
        let traded = book.ledger.len();
        let against = (traded > 0).then(|| format!("it traded {traded} times"));
        self.look(Invariant::NothingToStrangers, against);
    }

    /// The records: their chain, what they leave open, and whether the ledger bears them out.
    pub(super) fn evidence(&mut self, evidence: &Evidence, book: &Book) {
        let options = verify::Options { evidence: evidence.clone(), anchor: None };
        let outcome = verify::run(&options);
        let damages = match (&outcome.report, outcome.failure) {
            (Some(report), None) => report.damages.first().map(ToString::to_string),
            (_, failure) => Some(failure.map_or("it can't be read".to_owned(), |f| f.message)),
        };
        self.look(Invariant::EvidenceVerifies, damages);
        let unresolved = match evidence.unresolved() {
            Ok(intents) => {
                // What was closed since no list shows any more, and it is a person's to say.
                let closed_since =
                    |time| book.ledger.iter().any(|e| e.kind.closes() && e.time > time);
                let left = intents.iter().find(|intent| !closed_since(intent.time));
                left.map(|intent| format!("that of run {}", intent.run))
            }
            Err(error) => Some(error.to_string()),
        };
        self.look(Invariant::IntentsResolved, unresolved);
        let records: Result<Vec<Record>, _> = evidence.records().and_then(Iterator::collect);
        // That they can't be read is a violation already.
        let Ok(records) = records else { return };
        let mut requests = HashMap::new();
        for record in &records {
            if let Some(Body::OpenIntent(intent)) = &record.body {
                requests.insert(record.run, intent.request);
            }
        }
        for open in book.of(Kind::Open) {
            let recorded = requests.values().any(|request| open.request_uuid == Some(*request));
            let against = (!recorded).then(|| format!("that of {} is missing", open.ticket));
            self.look(Invariant::NoOrderUnrecorded, against);
        }
        for record in &records {
            let against = record.body.as_ref().and_then(|body| lie(body, record, &requests, book));
            self.look(Invariant::RecordsAreTrue, against);
        }
    }

    /// What a command said of itself.
    pub(super) fn report(&mut self, ended: &Ended, book: &Book) {
        let against = ended.overdue.then(|| "a command had to be ended".to_owned());
        self.look(Invariant::Bounded, against);
        if ended.code.is_none() {
            return;
        }
        let report = &ended.document["report"];
        let against = match ended.document["schema"].as_str() {
            Some("mt5crs.sync/1") => of_sync(report, book),
            Some("mt5crs.canary/1") => of_canary(report, ended.code, book),
            Some("mt5crs.emergency-close/1") => of_emergency_close(report, ended.code, book),
            _ => Some(format!("no report, {}", ended.describe())),
        };
        self.look(Invariant::ReportsAreTrue, against);
    }
}

/// The broker's own view.
pub(super) struct Book {
    pub(super) ledger: Vec<Entry>,
    pub(super) open: Vec<Position>,
}

impl Book {
    pub(super) fn read(path: &Path) -> Result<Self, crate::sim::JournalError> {
        Ok(Self { ledger: read_ledger(path)?, open: read_positions(path)? })
    }

    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.ledger.iter().filter(move |entry| entry.kind == kind)
    }

    fn closed(&self, ticket: Ticket) -> bool {
        self.ledger.iter().any(|entry| entry.kind.closes() && entry.ticket == ticket)
    }

    fn opened_by(&self, request: Option<&Uuid>) -> Option<Ticket> {
        let request = request.copied();
        let opened = self.of(Kind::Open).find(|entry| entry.request_uuid == request);
        opened.filter(|_| request.is_some()).map(|entry| entry.ticket)
    }
}

/// What of a position must be the same in the book and in a snapshot; prices and results move.
fn lines(positions: &[Position]) -> BTreeSet<String> {
    let line = |p: &Position| {
        format!("{} {} {} {} at {}", p.ticket, p.symbol, p.side, p.volume, p.open_price)
    };
    positions.iter().map(line).collect()
}

/// What the ledger has against a record.
fn lie(
    body: &Body,
    record: &Record,
    requests: &HashMap<Uuid, Uuid>,
    book: &Book,
) -> Option<String> {
    let opened = |run: &Uuid| book.opened_by(requests.get(run));
    let executed = |run: &Uuid, ticket: Ticket| {
        (opened(run) != Some(ticket)).then(|| {
            format!("record {}: executed as {ticket}; the ledger: {:?}", record.seq, opened(run))
        })
    };
    let not_executed = |run: &Uuid| {
        opened(run)
            .map(|ticket| format!("record {}: not executed; the ledger: {ticket}", record.seq))
    };
    let not_closed = |ticket: Ticket| {
        (!book.closed(ticket))
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
            not_closed(outcome.ticket)
        }
        Body::EmergencyOutcome(outcome) => {
            let closed = outcome.tickets.iter().filter(|ticket| ticket.is_closed());
            closed.map(|t| t.ticket).find_map(not_closed)
        }
        _ => None,
    }
}

fn of_sync(report: &Value, book: &Book) -> Option<String> {
    let recovered = report["recovered"].as_u64()?;
    let count = book.open.len() as u64;
    (recovered != count).then(|| format!("{recovered} positions recovered; the book holds {count}"))
}

fn of_canary(report: &Value, code: Option<i32>, book: &Book) -> Option<String> {
    let opened: Vec<i64> = book.of(Kind::Open).map(|entry| entry.ticket.0).collect();
    let ticket = report["order"]["position"]["ticket"].as_i64();
    match report["order"]["result"].as_str() {
        Some("executed") if !ticket.is_some_and(|ticket| opened.contains(&ticket)) => {
            return Some(format!("the order executed as {ticket:?}; the ledger: {opened:?}"));
        }
        Some("not_executed") | None if !opened.is_empty() => {
            return Some(format!("no order executed; the ledger: {opened:?}"));
        }
        _ => {}
    }
    if matches!(code, Some(3 | 5 | 7)) && !opened.is_empty() {
        return Some(format!("exit code {code:?}, and the ledger holds {opened:?}"));
    }
    let said_closed = report["close"]["result"] == "closed" || code == Some(0);
    let closed = ticket.is_some_and(|ticket| book.closed(Ticket(ticket)));
    (said_closed && !closed).then(|| format!("{ticket:?} was closed; it wasn't"))
}

fn of_emergency_close(report: &Value, code: Option<i32>, book: &Book) -> Option<String> {
    for ticket in report["tickets"].as_array().into_iter().flatten() {
        let number = ticket["ticket"].as_i64().unwrap_or_default();
        if ticket["result"] == "closed" && !book.closed(Ticket(number)) {
            return Some(format!("{number} was closed; it wasn't"));
        }
    }
    let flat = code == Some(0) || report["certificate"].is_object();
    (flat && !book.open.is_empty()).then(|| format!("flat; the book holds {}", book.open.len()))
}
