//! The evidence of an evaluation: verified first, then its orders and watches.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::evidence::body::{Begin, Body};
use crate::evidence::book::{Book, Run};
use crate::evidence::chain::Step;
use crate::evidence::outcome::{CloseOutcome, WatchEnding};
use crate::evidence::{Evidence, Head};
use crate::failure::{Code, Failure};
use crate::ops::evidence::{RunPrefix, verify};
use crate::protocol::deals::Deal;
use crate::units::{Lots, Money, Side, Symbol, Ticket, TimeSchema};

/// Number of runs that are kept.
const MAX_RUNS: usize = 10_000;
/// Number of records that are kept by their names.
const MAX_LINES: usize = 20_000;

/// The evidence's part of an evaluation.
pub(super) struct Records {
    pub(super) whole: Whole,
    pub(super) owner: Option<Begin>,
    /// Orders of the period, oldest first.
    pub(super) orders: Vec<Order>,
    /// Watches of the period, in the order of their records.
    pub(super) watches: Vec<Watch>,
    /// Positions that are not proved closed.
    pub(super) open: BTreeSet<Ticket>,
    /// The runs that were asked for; `None` where all are.
    pub(super) runs: Option<BTreeSet<Uuid>>,
    /// Time and name of each record of the period.
    pub(super) lines: Vec<(Timestamp, String)>,
    /// The first time at which the clock was set back, in words.
    pub(super) set_back: Option<String>,
}

/// Whether the evidence is whole.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Whole {
    /// Number of records.
    pub records: u64,
    /// The last record, to be noted as an anchor.
    pub head: Option<Head>,
    /// Number of damages.
    pub damages: u64,
    /// The first damage in words.
    pub first_damage: Option<String>,
}

/// One order.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Order {
    /// The run.
    pub run: String,
    /// Time of its first record.
    #[schemars(with = "TimeSchema")]
    pub at: Timestamp,
    /// The instrument.
    pub symbol: Option<Symbol>,
    /// The side.
    pub side: Option<Side>,
    /// The volume in lots.
    pub volume: Option<Lots>,
    /// The position, where its execution is proved.
    pub ticket: Option<Ticket>,
    /// What is proved of it.
    pub outcome: OrderOutcome,
    /// The proof in words.
    pub proved: Option<String>,
    /// The balance before it.
    pub balance_before: Option<Money>,
    /// The margin in use before it.
    pub margin_before: Option<Money>,
    /// The balance after its close, where it was read.
    pub balance_after: Option<Money>,
    /// The cost of the closed position: less the sum of its deals, or balance before less balance after.
    pub cost: Option<Money>,
    /// Its deals, where the gateway lists them (protocol 5).
    pub deals: Vec<Deal>,
}

/// What is proved of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderOutcome {
    /// It opened a position, which is proved closed.
    Closed,
    /// It opened a position, which is not proved closed.
    Open,
    /// It opened nothing.
    NotExecuted,
    /// Neither is proved.
    Unknown,
}

/// One watch over a position.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) ticket: Ticket,
    pub(super) began_at: Timestamp,
    /// Its end; `None` where it was killed, or goes on.
    pub(super) ended: Option<WatchEnd>,
    /// When the position was proved closed.
    pub(super) closed_at: Option<Timestamp>,
    /// Whether drift was watched.
    pub(super) drift_watched: bool,
    pub(super) seq: u64,
}

#[derive(Debug, Clone)]
pub(super) struct WatchEnd {
    pub(super) at: Timestamp,
    pub(super) result: WatchEnding,
    pub(super) reasons: Vec<String>,
    pub(super) kept_open: bool,
}

impl Records {
    /// Verifies the evidence, then reads it. Orders and watches count that have a record since that time, or are of the
    /// runs that were asked for; an order whose outcome is not settled always counts.
    pub(super) fn read(
        evidence: &Evidence,
        prefixes: &[RunPrefix],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Self, Failure> {
        let whole = verified(evidence)?;
        let mut book = Book::new(MAX_RUNS);
        let mut read = Read::default();
        for step in evidence.walk([])? {
            match step? {
                Step::Record(record) => {
                    let subject = book.subject(&record);
                    read.note_time(record.time, since);
                    if record.time >= since && record.time <= until && read.lines.len() < MAX_LINES
                    {
                        let line =
                            format!("evidence {} {} {}", record.seq, record.time, record.kind);
                        read.lines.push((record.time, line));
                    }
                    if let Some(body) = &record.body {
                        read.add(body, subject, record.time, record.seq);
                    }
                    book.add(*record);
                }
                Step::Remark(_) | Step::Damage(_) => {}
            }
        }
        let runs = match prefixes {
            [] => None,
            some => Some(chosen(&book, some)?),
        };
        // What became of an order is asked whatever its age: nothing else settles it.
        let is_asked = |run: &Run| {
            !run.intents.is_empty()
                || match &runs {
                    Some(runs) => runs.contains(&run.id),
                    None => run.last_at >= since && run.began_at <= until,
                }
        };
        let orders: Vec<Order> =
            book.runs().filter(|run| is_asked(run)).filter_map(|run| read.order(run)).collect();
        let tickets: BTreeSet<Ticket> = orders.iter().filter_map(|order| order.ticket).collect();
        read.watches.retain(|watch| tickets.contains(&watch.ticket));
        let open = book.open_canaries().map(|canary| canary.ticket).collect();
        let Read { watches, lines, set_back, .. } = read;
        Ok(Self { whole, owner: book.owner, orders, watches, open, runs, lines, set_back })
    }
}

fn verified(evidence: &Evidence) -> Result<Whole, Failure> {
    if !evidence.has_records() {
        return Ok(Whole::default());
    }
    let outcome = verify::run(&verify::Options::of(evidence.clone()));
    match (outcome.report, outcome.failure) {
        (_, Some(failure)) => Err(failure),
        (None, None) => Ok(Whole::default()),
        (Some(report), None) => Ok(Whole {
            records: report.records,
            head: report.head,
            damages: report.damage_count,
            first_damage: report.damages.first().map(ToString::to_string),
        }),
    }
}

fn chosen(book: &Book, prefixes: &[RunPrefix]) -> Result<BTreeSet<Uuid>, Failure> {
    let mut chosen = BTreeSet::new();
    for prefix in prefixes {
        let runs: Vec<Uuid> =
            book.runs().map(|run| run.id).filter(|run| prefix.matches(*run)).collect();
        match runs.as_slice() {
            [run] => {
                chosen.insert(*run);
            }
            [] => {
                let message = format!("no run in the evidence begins with {prefix}");
                return Err(Failure::new(Code::UnknownRun, message));
            }
            [first, second, ..] => {
                let message = format!("more than one run begins with {prefix}: {first}, {second}");
                return Err(Failure::new(Code::AmbiguousRun, message));
            }
        }
    }
    Ok(chosen)
}

/// What the book of runs does not keep.
#[derive(Default)]
struct Read {
    watches: Vec<Watch>,
    lines: Vec<(Timestamp, String)>,
    last: Option<Timestamp>,
    set_back: Option<String>,
    /// Balance and margin before a run's order.
    before: BTreeMap<Uuid, (Money, Money)>,
    /// The balance after a position's close.
    after: BTreeMap<Ticket, Money>,
}

impl Read {
    /// Notes a clock that was set back: the order of the records can't be told by their times.
    fn note_time(&mut self, time: Timestamp, since: Timestamp) {
        const CORRECTION: SignedDuration = SignedDuration::from_secs(1);
        let back = self.last.replace(time).map(|last| last.duration_since(time));
        if let Some(back) = back.filter(|back| *back > CORRECTION && time >= since) {
            let words = format!("the clock went back by {:.0} s to {time}", back.as_secs_f64());
            self.set_back.get_or_insert(words);
        }
    }

    fn add(&mut self, body: &Body, subject: Uuid, time: Timestamp, seq: u64) {
        match body {
            Body::OpenIntent(intent) => {
                let funds = &intent.account_before;
                self.before.insert(subject, (funds.balance.clone(), funds.margin.clone()));
            }
            Body::WatchBegin(begin) => self.watches.push(Watch {
                ticket: begin.ticket,
                began_at: time,
                ended: None,
                closed_at: None,
                drift_watched: begin.drift_watched,
                seq,
            }),
            Body::WatchEnd(end) => {
                let of_ticket = |watch: &&mut Watch| watch.ticket == end.ticket;
                if let Some(watch) = self.watches.iter_mut().rev().find(of_ticket) {
                    watch.ended = Some(WatchEnd {
                        at: time,
                        result: end.result,
                        reasons: end.reasons.clone(),
                        kept_open: end.kept_open,
                    });
                }
            }
            Body::CloseOutcome(close) if close.result == CloseOutcome::Closed => {
                self.closed(close.ticket, time);
                if let Some(balance) = &close.balance_after {
                    self.after.insert(close.ticket, balance.clone());
                }
            }
            Body::EmergencyOutcome(round) => {
                let closed: Vec<Ticket> = match &round.flat {
                    Some(_) => self.watches.iter().map(|watch| watch.ticket).collect(),
                    None => round.closed().collect(),
                };
                closed.into_iter().for_each(|ticket| self.closed(ticket, time));
            }
            _ => {}
        }
    }

    fn closed(&mut self, ticket: Ticket, time: Timestamp) {
        for watch in self.watches.iter_mut().filter(|watch| watch.ticket == ticket) {
            watch.closed_at.get_or_insert(time);
        }
    }

    /// The order of a run; `None` where it sent none.
    fn order(&self, run: &Run) -> Option<Order> {
        if run.order.is_none() && run.intents.is_empty() && run.settled.is_none() {
            return None;
        }
        let ticket = run.settled.as_ref().and_then(|settled| settled.opened);
        let outcome = match (&run.settled, run.open.is_some()) {
            _ if !run.intents.is_empty() => OrderOutcome::Unknown,
            (None, _) => OrderOutcome::Unknown,
            (Some(settled), _) if settled.opened.is_none() => OrderOutcome::NotExecuted,
            (Some(_), true) => OrderOutcome::Open,
            (Some(_), false) => OrderOutcome::Closed,
        };
        let before = self.before.get(&run.id);
        let end = run.canary.as_ref();
        let after = ticket.and_then(|ticket| self.after.get(&ticket)).cloned();
        let balance_before = before.map(|(balance, _)| balance.clone());
        let balance_after = end.and_then(|end| end.balance_after.clone()).filter(|_| {
            // The balance at a hand-over is not that after the close.
            outcome == OrderOutcome::Closed && after.is_none()
        });
        let balance_after = after.or(balance_after);
        let cost = end.and_then(|end| end.cost.clone()).or_else(|| {
            let before = balance_before.as_ref()?.value();
            let cost = before.checked_sub(balance_after.as_ref()?.value())?;
            (outcome == OrderOutcome::Closed).then(|| Money::from(cost))
        });
        let order = run.order.as_ref();
        Some(Order {
            run: run.id.to_string(),
            at: run.began_at,
            symbol: order.map(|order| order.symbol.clone()),
            side: order.map(|order| order.side.clone()),
            volume: order.map(|order| order.volume.clone()),
            ticket,
            outcome,
            proved: run.settled.as_ref().map(|settled| settled.why.clone()),
            balance_before,
            margin_before: before.map(|(_, margin)| margin.clone()),
            balance_after,
            cost,
            deals: end.map(|end| end.deals.clone()).unwrap_or_default(),
        })
    }
}

impl Order {
    /// The cost in percent of the balance before it; `None` where either is not known, or there was no balance.
    pub(super) fn cost_percent(&self) -> Option<Decimal> {
        let before = self.balance_before.as_ref()?.value();
        if before <= Decimal::ZERO {
            return None;
        }
        self.cost.as_ref()?.value().checked_div(before)?.checked_mul(Decimal::ONE_HUNDRED)
    }
}
