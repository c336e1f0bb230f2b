//! `canary`: can this system really trade?
//!
//! Guards, all evaluated and shown (`admission`); one BUY of a tiny volume, at most once; proof that it is in the book;
//! its CLOSE; proof that it is gone. The intent is on the disk before the order is sent, so a process that is killed at
//! any point leaves a trace that the next start resolves. Nothing that is not proved is called a success.
//!
//! Between OPEN and CLOSE the position may be watched for a day or three (`watch`), and a later run may take up a
//! position that is still open instead of opening one (`adopt`).

mod admission;
mod adopt;
mod close;
mod trade;
pub mod watch;

use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::sync;
use crate::clock::{Clock, Deadline, StopToken, humanize, micros};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::failure::{Failure, FailureContext};
use crate::guard::decision::{Decision, Rules};
use crate::link::permit::ClosePermit;
use crate::link::{Client, Identity, ReadPolicy};
use crate::proof::intents::Records;
use crate::protocol::positions::Position;
use crate::report::{Check, Outcome};
use crate::units::{Lots, Magic, Money, Symbol, Ticket};

use watch::{Monitor, WatchEvent, Watched};

/// No canary is larger, whatever flags and settings say.
pub fn ceiling() -> Decimal {
    Decimal::new(1, 2)
}

/// What a canary alone can't show.
pub const NOT_EXERCISED: &str =
    "24 h criteria not exercised: guardian, latency and drift over time";

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The instrument, as the broker spells it.
    pub symbol: Symbol,
    /// The largest volume that the plan allows.
    pub max_lot: Decimal,
    /// The part of it that a canary takes.
    pub coefficient: Decimal,
    /// The strategy's mark; the gateway drops it.
    pub magic: Magic,
    /// Whether other positions may be open in the symbol: on hedging accounts.
    pub beside_open: bool,
    /// Whether the position is left open; of a watched one, when its time is over.
    pub keep_open: bool,
    /// How the position is watched before it is closed.
    pub monitor: Option<Monitor>,
    /// Whether the open canary of an earlier run is taken up instead of opening one.
    pub resume: bool,
    /// For how long a watched or adopted position is tried to be closed, at most.
    pub closing: Duration,
    /// How reads are tried again.
    pub reads: ReadPolicy,
    /// Whether nothing is to be sent but questions.
    pub dry_run: bool,
    /// The admission decision's bytes, or why there are none.
    pub decision: Result<Vec<u8>, String>,
    /// What the decision is held against.
    pub rules: Rules,
    /// The kill switch.
    pub breaker: PathBuf,
    /// Round trips at the 99th percentile from this on forbid.
    pub latency_limit: Duration,
    /// The signature's TTL, as the gateway has it.
    pub signature_ttl: Duration,
    /// How long an order may take to show up in the book.
    pub settle: Duration,
    /// For one answer to an order.
    pub order_timeout: Duration,
    /// What the account's state is held against.
    pub judging: sync::StateExpectations,
    /// The profile, where one was named.
    pub profile: Option<String>,
    /// For the words of failures.
    pub names: FailureContext,
}

impl Options {
    /// The volume: the largest times the coefficient.
    pub fn volume(&self) -> Lots {
        let volume = self.max_lot.checked_mul(self.coefficient).unwrap_or(Decimal::MAX);
        Lots::from(volume.normalize())
    }

    /// Whether nothing here depends on a gateway that can close.
    fn never_closes(&self) -> bool {
        self.keep_open && self.monitor.is_none()
    }
}

/// What a canary takes from the outside.
pub struct Deps<'m> {
    /// Measures, waits.
    pub clock: &'m dyn Clock,
    /// For all of it.
    pub deadline: Deadline,
    /// Where the records go.
    pub records: Records<'m>,
    /// Leave to close on a proved connection to an allowed target.
    pub permit: &'m dyn Fn(&Identity) -> ClosePermit,
    /// Asks whoever started this, once every guard passed.
    pub confirm: &'m mut dyn FnMut(&Report) -> Result<(), Failure>,
    /// The wish to stop: from the order on it must wait until it is known what became of it, and a watch hears it again.
    pub stop: &'m StopToken,
    /// Whether a watch is to leave its position to the next one.
    pub hand_over: &'m dyn Fn() -> bool,
    /// Hears of every look of a watch.
    pub observe: &'m mut dyn FnMut(WatchEvent<'_>),
    /// Named points around the send, for tests that kill the process there.
    pub point: &'m dyn Fn(&'static str),
}

/// What the canary did, and what was proved of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The run's id, by which the evidence names it.
    pub run: Uuid,
    /// The order as planned.
    pub plan: Plan,
    /// Every guard, reached or not.
    pub guards: Vec<Check>,
    /// The decision that admitted it.
    pub decision: Option<Decision>,
    /// Round trip at the 99th percentile of those that were measured, in µs.
    pub latency_p99_us: Option<u64>,
    /// The order and its outcome.
    pub order: Option<OrderReport>,
    /// The position of an earlier run that was taken up instead.
    pub adopted: Option<Adopted>,
    /// The watch over the position, where it was watched.
    pub monitor: Option<Watched>,
    /// Its position at the end of the run.
    pub close: Option<CloseReport>,
    /// The balance before the order.
    pub balance_before: Option<Money>,
    /// The balance after all.
    pub balance_after: Option<Money>,
    /// Balance before less balance after, where the position is proved closed.
    pub cost: Option<Money>,
    /// What a canary alone can't show.
    pub not_exercised: String,
    /// Where the evidence is.
    pub evidence: PathBuf,
}

/// A position of an earlier run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Adopted {
    /// The run that opened it.
    pub run: Uuid,
    /// When its execution was recorded.
    pub since: jiff::Timestamp,
    /// As the list held it when it was taken up.
    pub position: Position,
}

/// The order as planned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Plan {
    /// The instrument.
    pub symbol: Symbol,
    /// Always BUY: the gateway prices a SELL at the ask.
    pub side: &'static str,
    /// The volume in lots.
    pub volume: Lots,
    /// Whether the position is left open.
    pub keep_open: bool,
    /// For how long it is watched before that, in ms; null where it isn't.
    pub monitor_ms: Option<u64>,
    /// Whether an earlier run's position is taken up instead of opening one.
    pub resume: bool,
}

/// The order and its outcome.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OrderReport {
    /// The outcome, in one word.
    #[serde(serialize_with = "OpenOutcome::as_word")]
    #[schemars(schema_with = "OpenOutcome::word_schema")]
    pub result: OpenOutcome,
    /// The position as the list holds it.
    pub position: Option<Position>,
    /// Whether the gateway named its ticket. A position that was found by its likeness alone is never closed by itself.
    pub named: bool,
    /// Whether less was filled than ordered.
    pub partial: bool,
    /// The gateway's claim, in words.
    pub said: String,
    /// What shows the result, or what is missing.
    pub why: String,
}

impl OrderReport {
    fn new(result: OpenOutcome, named: bool, said: String, ordered: &Lots) -> Self {
        let (position, why) = match &result {
            OpenOutcome::Executed { ticket, position } => {
                (Some((**position).clone()), format!("the gateway's list holds {ticket}"))
            }
            OpenOutcome::NotExecuted { why, .. } | OpenOutcome::Unknown { why } => {
                (None, why.clone())
            }
        };
        let partial = position.as_ref().is_some_and(|position| position.volume < *ordered);
        Self { result, position, named, partial, said, why }
    }
}

/// The position at the end of the run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CloseReport {
    /// The position.
    pub ticket: Ticket,
    /// The outcome, in one word.
    #[serde(serialize_with = "CloseOutcome::as_canary_word")]
    #[schemars(schema_with = "CloseOutcome::canary_schema")]
    pub result: CloseOutcome,
    /// What shows it, or what is missing.
    pub why: String,
}

impl Report {
    fn new(options: &Options, run: Uuid, evidence: PathBuf) -> Self {
        Self {
            run,
            plan: Plan {
                symbol: options.symbol.clone(),
                side: "BUY",
                volume: options.volume(),
                keep_open: options.keep_open,
                monitor_ms: options.monitor.as_ref().map(|monitor| micros(monitor.duration) / 1000),
                resume: options.resume,
            },
            guards: vec![],
            decision: None,
            latency_p99_us: None,
            order: None,
            adopted: None,
            monitor: None,
            close: None,
            balance_before: None,
            balance_after: None,
            cost: None,
            not_exercised: NOT_EXERCISED.to_owned(),
            evidence,
        }
    }

    /// Says which of the plan's criteria the watch exercised.
    fn exercised(&mut self) {
        const DAY_MS: u64 = 24 * 3600 * 1000;
        let Some(watched) = &self.monitor else { return };
        let drift = if watched.drift.watched { "" } else { "; drift: not watched" };
        self.not_exercised = if watched.lasted_ms >= DAY_MS {
            format!("24 h criteria exercised{drift}")
        } else {
            let lasted = humanize(Duration::from_millis(watched.lasted_ms));
            format!("24 h criteria not exercised: watched for {lasted}{drift}")
        };
    }
}

/// Runs the guards, asks, trades and proves.
pub fn run(client: &mut Client<'_>, options: &Options, deps: &mut Deps<'_>) -> Outcome<Report> {
    let evidence = deps.records.evidence.path().to_owned();
    let mut report = Report::new(options, deps.records.run, evidence);
    if options.resume {
        return adopt::run(client, options, deps, report);
    }
    let admitted = admission::admit(client, options, deps, &mut report);
    let simulated = client.is_simulated();
    let admission = match admitted {
        Ok(admission) => admission,
        Err(failure) => return trade::refused(report, failure, simulated),
    };
    if options.dry_run {
        return trade::rehearsed(report, simulated);
    }
    if let Err(failure) = (deps.confirm)(&report) {
        return trade::refused(report, failure, simulated);
    }
    trade::trade(client, options, deps, report, admission, simulated)
}
