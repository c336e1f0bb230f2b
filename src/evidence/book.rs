//! Matches intents with their outcomes, run by run.
//!
//! A record about another run's order (an outcome found by a later start, a person's statement, a position that was closed
//! later) belongs to the run of that order. Runs without anything open are dropped beyond a number that the caller gives,
//! so that years of records need no more memory than a day's.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::EvidenceError;
use super::body::{
    Begin, Body, By, CanaryEnd, CanaryResult, EmergencyOutcome, OpenIntent, OpenOutcomeRecord,
    Ordered, Resolution,
};
use super::chain::{Chain, Step};
use super::damage::Damage;
use super::line::Record;
use super::outcome::{CloseOutcome, OpenOutcome};
use crate::units::{Symbol, Ticket};

/// The kind of an OPEN's intent, in any version.
const OPEN_INTENT: &str = "open-intent";

/// An OPEN that may have been sent, without a proved outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The run that wrote it.
    pub run: Uuid,
    /// Sequence number of its record.
    pub seq: u64,
    /// Time of its record.
    pub time: Timestamp,
    /// The order; `None` where a newer version of mt5crs wrote it in an unknown form.
    pub open: Option<Box<OpenIntent>>,
    /// Why the recorded outcome is unknown; `None` where none was recorded.
    pub unknown: Option<String>,
}

/// A canary's position that is not proved closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCanary {
    /// The run that opened it.
    pub run: Uuid,
    /// The position.
    pub ticket: Ticket,
    /// The symbol, where the order is known.
    pub symbol: Option<Symbol>,
    /// Time of the record of its execution.
    pub since: Timestamp,
    /// Whether it was left open on request.
    pub kept_open: bool,
}

/// One run, by its records.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// The run's id.
    pub id: Uuid,
    /// Sequence number of its first record.
    pub first_seq: u64,
    /// Time of its first record.
    pub began_at: Timestamp,
    /// Time of the last record about it.
    pub last_at: Timestamp,
    /// Number of records about it.
    pub records: u64,
    /// The order, where there was one.
    pub order: Option<Ordered>,
    /// Intents without a proved outcome.
    pub intents: Vec<Intent>,
    /// The order's outcome, where that is settled.
    pub settled: Option<Settled>,
    /// The position, until a close is proved.
    pub open: Option<OpenCanary>,
    /// The end of its canary.
    pub canary: Option<CanaryEnd>,
    /// Rounds of closing everything.
    pub emergency: Option<Emergency>,
    /// Records of unknown kinds or versions.
    pub unknown_kinds: Vec<String>,
}

/// The settled outcome of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The position that it opened; `None` where it opened nothing.
    pub opened: Option<Ticket>,
    /// The origin of the statement.
    pub by: By,
    /// The proof, or the person's reason.
    pub why: String,
}

/// Rounds of closing everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Emergency {
    /// The last round that began.
    pub round: u32,
    /// Whether its outcome is missing.
    pub unfinished: bool,
    /// Number of tickets proved closed, over all rounds.
    pub closed: u64,
    /// Number of tickets not proved closed in the last round.
    pub remaining: u64,
    /// Number of positions in the last list after the last round, where one was read.
    pub listed: Option<u64>,
    /// The proof that the account was flat afterwards, where there is one.
    pub flat: Option<String>,
}

impl Run {
    fn new(record: &Record, id: Uuid) -> Self {
        Self {
            id,
            first_seq: record.seq,
            began_at: record.time,
            last_at: record.time,
            ..Self::default()
        }
    }

    /// Whether an order is not settled, or its position not proved closed.
    pub fn is_open(&self) -> bool {
        !self.intents.is_empty() || self.open.is_some()
    }

    fn set_kept_open(&mut self, kept_open: bool) {
        if let Some(open) = &mut self.open {
            open.kept_open = kept_open;
        }
    }
}

/// The runs, by the records that were added so far.
#[derive(Debug, Default)]
pub struct Book {
    /// The owner, with additions of later records.
    pub owner: Option<Begin>,
    /// Number of records.
    pub records: u64,
    /// Number of damages of the chain.
    pub damages: u64,
    /// The first of them.
    pub first_damage: Option<Damage>,
    /// By the first record's sequence number.
    runs: BTreeMap<u64, Run>,
    first_seqs: HashMap<Uuid, u64>,
    /// The run whose canary has the position.
    holders: HashMap<Ticket, Uuid>,
    /// Limit of kept runs without anything open.
    limit: usize,
    /// Number of kept runs with something open.
    open: usize,
    dropped: u64,
}

impl Book {
    /// Keeps every run with something open, and the last `limit` of the others.
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Reads a whole chain, past its damages. `limit` is that of [`Book::new`].
    pub fn read(chain: Chain<'_>, limit: usize) -> Result<Self, EvidenceError> {
        let mut book = Self::new(limit);
        for step in chain {
            match step? {
                Step::Record(record) => book.add(*record),
                Step::Damage(damage) => {
                    book.damages += 1;
                    book.first_damage.get_or_insert(damage);
                }
                Step::Remark(_) => {}
            }
        }
        Ok(book)
    }

    /// The runs, in the order of their first records.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.runs.values()
    }

    /// One run; `None` where it is unknown or was dropped.
    pub fn run(&self, id: Uuid) -> Option<&Run> {
        self.runs.get(self.first_seqs.get(&id)?)
    }

    /// Whether the run has an order that is not settled, or a position that is not proved closed.
    pub fn is_open(&self, run: Uuid) -> bool {
        self.run(run).is_some_and(Run::is_open)
    }

    /// Number of runs that were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Every OPEN without a proved outcome, oldest first.
    pub fn unresolved(&self) -> impl Iterator<Item = &Intent> {
        self.runs.values().flat_map(|run| &run.intents)
    }

    /// Every canary that is not proved closed, oldest first.
    pub fn open_canaries(&self) -> impl Iterator<Item = &OpenCanary> {
        self.runs.values().filter_map(|run| run.open.as_ref())
    }

    /// The run that a record is about: that of the order, where it is about one.
    pub fn subject(&self, record: &Record) -> Uuid {
        let ticket = match &record.body {
            Some(Body::OpenOutcome(outcome)) => return outcome.intent,
            Some(Body::Resolution(resolution)) => return resolution.intent,
            Some(Body::CloseIntent(close)) => close.ticket,
            Some(Body::CloseOutcome(close)) => close.ticket,
            Some(Body::WatchBegin(watch)) => watch.ticket,
            Some(Body::WatchEnd(watch)) => watch.ticket,
            _ => return record.run,
        };
        self.holders.get(&ticket).copied().unwrap_or(record.run)
    }

    /// Adds the next record of the chain.
    pub fn add(&mut self, record: Record) {
        let subject = self.subject(&record);
        let mut run = self.remove(subject).unwrap_or_else(|| Run::new(&record, subject));
        self.records += 1;
        run.records += 1;
        run.last_at = record.time;
        let Record { seq, time, kind, version, body, .. } = record;
        // Closed by a round of closing everything.
        let mut closed = vec![];
        match body {
            Some(Body::Begin(begin)) => self.add_owner(begin),
            Some(Body::OpenIntent(open)) => {
                run.order = Some(open.order.clone());
                let open = Some(Box::new(open));
                run.intents.push(Intent { run: run.id, seq, time, open, unknown: None });
            }
            None if kind == OPEN_INTENT => {
                let (run_id, open, unknown) = (run.id, None, None);
                run.intents.push(Intent { run: run_id, seq, time, open, unknown });
            }
            Some(Body::OpenOutcome(outcome)) => self.add_open_outcome(&mut run, outcome, time),
            Some(Body::Resolution(resolution)) => {
                // An outcome without an intent belongs to no order.
                if run.intents.pop().is_some() {
                    let Resolution { by, opened, reason, who, .. } = resolution;
                    let why = who.map_or(reason.clone(), |who| format!("{who}: {reason}"));
                    self.settle(&mut run, Settled { opened, by, why }, time);
                }
            }
            Some(Body::CloseOutcome(outcome)) => {
                let holds = run.open.as_ref().is_some_and(|open| open.ticket == outcome.ticket);
                if outcome.result == CloseOutcome::Closed && holds {
                    run.open = None;
                    self.holders.remove(&outcome.ticket);
                }
            }
            Some(Body::CanaryEnd(end)) => {
                run.set_kept_open(end.result == CanaryResult::KeptOpen);
                run.canary = Some(end);
            }
            Some(Body::EmergencyIntent(intent)) => {
                let emergency = run.emergency.get_or_insert_default();
                emergency.round = intent.round;
                emergency.unfinished = true;
                emergency.remaining = intent.tickets.len() as u64;
                emergency.listed = None;
                emergency.flat = None;
            }
            Some(Body::EmergencyOutcome(outcome)) => {
                closed = self.add_round(&mut run, outcome);
            }
            Some(Body::WatchBegin(_)) => run.set_kept_open(false),
            Some(Body::WatchEnd(end)) => run.set_kept_open(end.kept_open),
            Some(Body::CloseIntent(_) | Body::TornTail(_)) => {}
            None => {
                let name = format!("{kind}/{version}");
                if !run.unknown_kinds.contains(&name) {
                    run.unknown_kinds.push(name);
                }
            }
        }
        // First, because the run's own canary may be among those that were closed.
        self.insert(run);
        for ticket in closed {
            self.record_closed(ticket);
        }
    }

    fn add_owner(&mut self, begin: Begin) {
        match &mut self.owner {
            None => self.owner = Some(begin),
            Some(owner) => {
                owner.currency = owner.currency.take().or(begin.currency);
                owner.login = owner.login.take().or(begin.login);
                owner.server = owner.server.take().or(begin.server);
            }
        }
    }

    fn add_open_outcome(&mut self, run: &mut Run, outcome: OpenOutcomeRecord, time: Timestamp) {
        // An outcome without an intent belongs to no order.
        let Some(intent) = run.intents.pop() else { return };
        let (opened, why) = match outcome.result {
            OpenOutcome::Unknown { why } => {
                run.intents.push(Intent { unknown: Some(why), ..intent });
                return;
            }
            OpenOutcome::Executed { ticket, .. } => {
                (Some(ticket), "a later list of the gateway holds the position".to_owned())
            }
            OpenOutcome::NotExecuted { why, code: None } => (None, why),
            OpenOutcome::NotExecuted { why, code: Some(code) } => (None, format!("{why} ({code})")),
        };
        self.settle(run, Settled { opened, by: By::Gateway, why }, time);
    }

    fn settle(&mut self, run: &mut Run, settled: Settled, since: Timestamp) {
        if let Some(ticket) = settled.opened {
            let earlier = run.open.take().map(|open| open.ticket);
            if earlier.is_some_and(|it| self.holders.get(&it) == Some(&run.id)) {
                earlier.map(|it| self.holders.remove(&it));
            }
            self.holders.insert(ticket, run.id);
            run.open = Some(OpenCanary {
                run: run.id,
                ticket,
                symbol: run.order.as_ref().map(|order| order.symbol.clone()),
                since,
                kept_open: false,
            });
        }
        run.settled = Some(settled);
    }

    /// Adds a round, and returns the tickets that it closed: every canary's where the account was flat.
    fn add_round(&mut self, run: &mut Run, outcome: EmergencyOutcome) -> Vec<Ticket> {
        let mut closed: Vec<Ticket> = outcome.closed().collect();
        let emergency = run.emergency.get_or_insert_default();
        emergency.round = outcome.round;
        emergency.unfinished = false;
        emergency.closed += closed.len() as u64;
        emergency.remaining = (outcome.tickets.len() - closed.len()) as u64;
        emergency.listed = outcome.readings.last().map(|reading| reading.listed);
        if outcome.flat.is_some() {
            closed.extend(self.holders.keys());
        }
        emergency.flat = outcome.flat.map(|flat| flat.witness);
        closed
    }

    /// Records that a canary's position is proved gone.
    fn record_closed(&mut self, ticket: Ticket) {
        let Some(run) = self.holders.remove(&ticket) else { return };
        if let Some(mut run) = self.remove(run) {
            run.open = None;
            self.insert(run);
        }
    }

    fn remove(&mut self, id: Uuid) -> Option<Run> {
        let run = self.runs.remove(self.first_seqs.get(&id)?)?;
        self.open -= usize::from(run.is_open());
        Some(run)
    }

    /// Inserts a run. One run past the limit drops the oldest that has nothing open.
    fn insert(&mut self, run: Run) {
        self.open += usize::from(run.is_open());
        self.first_seqs.insert(run.id, run.first_seq);
        self.runs.insert(run.first_seq, run);
        if self.runs.len() - self.open > self.limit {
            let oldest = self.runs.values().find(|run| !run.is_open()).map(|run| run.id);
            if let Some(oldest) = oldest {
                self.remove(oldest);
                self.first_seqs.remove(&oldest);
                self.dropped += 1;
            }
        }
    }
}
