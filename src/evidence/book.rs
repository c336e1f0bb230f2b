//! What the records say, run by run: the one place where intents meet their outcomes.
//!
//! A record that speaks of another run's order (an outcome found by a later start, a person's word, a position that was
//! closed later) belongs to the run of that order. Runs that have nothing open any more are forgotten beyond a number
//! that the caller gives, so that years of records don't need more memory than a day's.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::Sha256Hex;
use super::body::{
    Begin, Body, By, CanaryEnd, CanaryResult, CloseOutcome, CloseResult, EmergencyOutcome,
    OpenIntent, OpenOutcome, OpenResult, Ordered, Resolution, Resolved, TicketResult,
};
use super::line::Record;
use crate::units::{Lots, Symbol, Ticket};

/// The kind of an OPEN's intent, of whatever version.
const OPEN_INTENT: &str = "open-intent";

/// An OPEN that may have been sent, and of which nothing is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The run that wrote it.
    pub run: Uuid,
    /// Its sequence number.
    pub seq: u64,
    /// When it was written.
    pub time: Timestamp,
    /// Its record's hash.
    pub hash: Sha256Hex,
    /// The order; `None` where a newer version of mt5crs wrote it in a form that is not known here.
    pub open: Option<Box<OpenIntent>>,
    /// Why an outcome that was recorded proves nothing; `None` where none was recorded.
    pub unknown: Option<String>,
}

/// A canary's position that is not proved closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCanary {
    /// The run that opened it.
    pub run: Uuid,
    /// The position.
    pub ticket: Ticket,
    /// Its instrument, where the order is known.
    pub symbol: Option<Symbol>,
    /// Its volume in lots, where the order is known.
    pub volume: Option<Lots>,
    /// When its execution was recorded.
    pub since: Timestamp,
    /// Whether it was left open because that was asked for.
    pub kept_open: bool,
}

/// One run, as its records tell it.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// Its first record's sequence number.
    pub first_seq: u64,
    /// Its first record's time.
    pub began_at: Timestamp,
    /// The time of the last record that speaks of it.
    pub last_at: Timestamp,
    /// How many records speak of it.
    pub records: u64,
    /// The order, where there was one.
    pub order: Option<Ordered>,
    /// Its intents of which nothing is proved.
    pub intents: Vec<Intent>,
    /// What became of its order, where that is settled.
    pub settled: Option<Settled>,
    /// Its position, while no close is proved.
    pub open: Option<OpenCanary>,
    /// How its canary ended.
    pub canary: Option<CanaryEnd>,
    /// Its rounds of closing everything.
    pub emergency: Option<Emergency>,
    /// Records of kinds or versions that are not known here.
    pub unknown_kinds: Vec<String>,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What became of it.
    pub outcome: Resolved,
    /// Whose word it is.
    pub by: By,
    /// What shows it, or why the person says so.
    pub why: String,
}

/// Rounds of closing everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Emergency {
    /// The last round that began.
    pub round: u32,
    /// Whether its outcome is not recorded.
    pub unfinished: bool,
    /// How many tickets were proved closed, over all rounds.
    pub closed: u64,
    /// How many were not, in the last round.
    pub remaining: u64,
    /// What shows that the account was flat after it, where that was proved.
    pub flat: Option<String>,
}

impl Run {
    fn new(record: &Record, id: Uuid) -> Self {
        Self {
            id,
            first_seq: record.seq,
            began_at: record.time,
            last_at: record.time,
            records: 0,
            order: None,
            intents: Vec::new(),
            settled: None,
            open: None,
            canary: None,
            emergency: None,
            unknown_kinds: Vec::new(),
        }
    }

    /// Whether an order of it is not settled, or its position not proved closed.
    pub fn is_open(&self) -> bool {
        !self.intents.is_empty() || self.open.is_some()
    }
}

/// What the records say, as far as they were taken in.
#[derive(Debug)]
pub struct Book {
    /// Whose evidence it is, with what later records added.
    pub owner: Option<Begin>,
    /// By the first record's sequence number.
    runs: BTreeMap<u64, Run>,
    places: HashMap<Uuid, u64>,
    /// Which run's canary has this position.
    canaries: HashMap<Ticket, Uuid>,
    /// How many runs that have nothing open are kept.
    keep: usize,
    open: usize,
    forgotten: u64,
}

impl Book {
    /// Keeps every run that has something open, and the last `keep` of the others.
    pub fn new(keep: usize) -> Self {
        Self {
            owner: None,
            runs: BTreeMap::new(),
            places: HashMap::new(),
            canaries: HashMap::new(),
            keep,
            open: 0,
            forgotten: 0,
        }
    }

    /// The runs, in the order in which they began.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.runs.values()
    }

    /// One run, where it is kept.
    pub fn run(&self, id: Uuid) -> Option<&Run> {
        self.runs.get(self.places.get(&id)?)
    }

    /// How many runs are not kept any more.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Every OPEN of which nothing is proved, oldest first.
    pub fn unresolved(&self) -> impl Iterator<Item = &Intent> {
        self.runs.values().flat_map(|run| &run.intents)
    }

    /// Every canary that is not proved closed, oldest first.
    pub fn open_canaries(&self) -> impl Iterator<Item = &OpenCanary> {
        self.runs.values().filter_map(|run| run.open.as_ref())
    }

    /// The run that a record speaks of: that of the order, where it speaks of one.
    pub fn subject(&self, record: &Record) -> Uuid {
        match &record.body {
            Some(Body::OpenOutcome(outcome)) => outcome.intent,
            Some(Body::Resolution(resolution)) => resolution.intent,
            Some(Body::CloseIntent(close)) => self.holder(close.ticket, record.run),
            Some(Body::CloseOutcome(close)) => self.holder(close.ticket, record.run),
            Some(Body::WatchBegin(watch)) => self.holder(watch.ticket, record.run),
            Some(Body::WatchEnd(watch)) => self.holder(watch.ticket, record.run),
            _ => record.run,
        }
    }

    fn holder(&self, ticket: Ticket, otherwise: Uuid) -> Uuid {
        self.canaries.get(&ticket).copied().unwrap_or(otherwise)
    }

    /// Takes one record in, in the chain's order.
    pub fn take(&mut self, record: Record) {
        let subject = self.subject(&record);
        let mut run = self.pull(subject).unwrap_or_else(|| Run::new(&record, subject));
        run.records += 1;
        run.last_at = record.time;
        let Record { seq, time, hash, kind, version, body, .. } = record;
        match body {
            Some(Body::Begin(begin)) => self.own(begin),
            Some(Body::OpenIntent(open)) => {
                run.order = Some(open.order.clone());
                let open = Some(Box::new(open));
                run.intents.push(Intent { run: run.id, seq, time, hash, open, unknown: None });
            }
            None if kind == OPEN_INTENT => {
                run.intents.push(Intent {
                    run: run.id,
                    seq,
                    time,
                    hash,
                    open: None,
                    unknown: None,
                });
            }
            Some(Body::OpenOutcome(outcome)) => self.opened(&mut run, outcome, time),
            Some(Body::Resolution(resolution)) => self.resolved(&mut run, resolution, time),
            Some(Body::CloseOutcome(outcome)) => self.closed(&mut run, &outcome),
            Some(Body::CanaryEnd(end)) => {
                keeps(&mut run, end.result == CanaryResult::KeptOpen);
                run.canary = Some(end);
            }
            Some(Body::EmergencyIntent(intent)) => {
                let emergency = run.emergency.get_or_insert_default();
                emergency.round = intent.round;
                emergency.unfinished = true;
                emergency.remaining = intent.tickets.len() as u64;
                emergency.flat = None;
            }
            Some(Body::EmergencyOutcome(outcome)) => {
                let closed = self.swept(&mut run, outcome);
                // Put back first: its own canary may be among those that were closed.
                self.put(run);
                for ticket in closed {
                    self.forget(ticket);
                }
                return;
            }
            Some(Body::WatchBegin(_)) => keeps(&mut run, false),
            Some(Body::WatchEnd(end)) => keeps(&mut run, end.kept_open),
            Some(Body::CloseIntent(_) | Body::TornTail(_)) => {}
            None => {
                let name = format!("{kind}/{version}");
                if !run.unknown_kinds.contains(&name) {
                    run.unknown_kinds.push(name);
                }
            }
        }
        self.put(run);
    }

    fn own(&mut self, begin: Begin) {
        match &mut self.owner {
            None => self.owner = Some(begin),
            Some(owner) => {
                owner.currency = owner.currency.take().or(begin.currency);
                owner.login = owner.login.take().or(begin.login);
                owner.server = owner.server.take().or(begin.server);
            }
        }
    }

    fn opened(&mut self, run: &mut Run, outcome: OpenOutcome, time: Timestamp) {
        // An outcome without an intent is nobody's: what wrote it did not write ahead.
        let Some(intent) = run.intents.pop() else { return };
        let by = By::Gateway;
        match outcome.result {
            OpenResult::Unknown { why } => {
                run.intents.push(Intent { unknown: Some(why), ..intent });
            }
            OpenResult::Executed { ticket, .. } => {
                let why = "a later list of the gateway holds the position".to_owned();
                run.settled = Some(Settled { outcome: Resolved::Executed { ticket }, by, why });
                self.hold(run, ticket, time);
            }
            OpenResult::NotExecuted { why, code } => {
                let why = code.map_or(why.clone(), |code| format!("{why} ({code})"));
                run.settled = Some(Settled { outcome: Resolved::NotExecuted, by, why });
            }
        }
    }

    fn resolved(&mut self, run: &mut Run, resolution: Resolution, time: Timestamp) {
        if run.intents.pop().is_none() {
            return;
        }
        let Resolution { by, outcome, reason, who, .. } = resolution;
        let why = who.map_or(reason.clone(), |who| format!("{who}: {reason}"));
        run.settled = Some(Settled { outcome, by, why });
        if let Resolved::Executed { ticket } = outcome {
            self.hold(run, ticket, time);
        }
    }

    fn hold(&mut self, run: &mut Run, ticket: Ticket, since: Timestamp) {
        self.canaries.insert(ticket, run.id);
        run.open = Some(OpenCanary {
            run: run.id,
            ticket,
            symbol: run.order.as_ref().map(|order| order.symbol.clone()),
            volume: run.order.as_ref().map(|order| order.volume.clone()),
            since,
            kept_open: false,
        });
    }

    fn closed(&mut self, run: &mut Run, outcome: &CloseOutcome) {
        let held = run.open.as_ref().is_some_and(|open| open.ticket == outcome.ticket);
        if outcome.result == CloseResult::Closed && held {
            run.open = None;
            self.canaries.remove(&outcome.ticket);
        }
    }

    /// Takes in a round, and returns the tickets that it closed; all of them where the account was flat.
    fn swept(&mut self, run: &mut Run, outcome: EmergencyOutcome) -> Vec<Ticket> {
        let is_closed = |result: &TicketResult| *result == TicketResult::Closed;
        let mut closed: Vec<Ticket> = (outcome.tickets.iter())
            .filter(|ticket| is_closed(&ticket.result))
            .map(|ticket| ticket.ticket)
            .collect();
        let emergency = run.emergency.get_or_insert_default();
        emergency.round = outcome.round;
        emergency.unfinished = false;
        emergency.closed += closed.len() as u64;
        emergency.remaining = (outcome.tickets.len() - closed.len()) as u64;
        if outcome.flat.is_some() {
            closed.extend(self.canaries.keys());
        }
        emergency.flat = outcome.flat.map(|flat| flat.witness);
        closed
    }

    /// A canary's position is proved gone.
    fn forget(&mut self, ticket: Ticket) {
        let Some(run) = self.canaries.remove(&ticket) else { return };
        if let Some(mut run) = self.pull(run) {
            run.open = None;
            self.put(run);
        }
    }

    fn pull(&mut self, id: Uuid) -> Option<Run> {
        let run = self.runs.remove(self.places.get(&id)?)?;
        self.open -= usize::from(run.is_open());
        Some(run)
    }

    fn put(&mut self, run: Run) {
        self.open += usize::from(run.is_open());
        self.places.insert(run.id, run.first_seq);
        self.runs.insert(run.first_seq, run);
        if self.runs.len() - self.open > self.keep {
            let oldest = self.runs.values().find(|run| !run.is_open()).map(|run| run.id);
            if let Some(oldest) = oldest {
                self.pull(oldest);
                self.places.remove(&oldest);
                self.forgotten += 1;
            }
        }
    }
}

/// Whether the run's position, where it is open, was left so on purpose.
fn keeps(run: &mut Run, on_purpose: bool) {
    if let Some(open) = &mut run.open {
        open.kept_open = on_purpose;
    }
}
