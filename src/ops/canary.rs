//! `canary`: can this system really trade?
//!
//! Guards, all evaluated and shown (`admission`); one BUY of a tiny volume, at most once (`trade`); proof that it is in
//! the book; its CLOSE (`close`); proof that it is gone. The intent is on the disk before the order is sent, so a process
//! that is killed at any point leaves a trace that the next start resolves. Nothing that is not proved is called a
//! success.
//!
//! Between OPEN and CLOSE the position may be watched for a day or three (`watch`), and a later run may take up a
//! position that is still open instead of opening one (`adopt`).

mod admission;
mod adopt;
mod close;
mod deals;
pub mod execution_plan;
mod trade;
pub mod watch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::sync;
use crate::check::{Check, Verdict};
use crate::clock::{Clock, Deadline, StopToken, humanize, millis};
use crate::evidence::basis::Basis;
use crate::evidence::body::Body;
use crate::evidence::outcome::{CloseOutcome, OpenOutcome, WatchEnding};
use crate::exit::Exit;
use crate::failure::{Failure, FailureContext, cause_of};
use crate::guard::decision::{self, Decision, Rules};
use crate::guard::kill_switch::KillSwitch;
use crate::link::{Client, Error, ReadPolicy};
use crate::proof::close::{CloseFinding, PermitClose};
use crate::proof::intents::Records;
use crate::proof::money::{self, Statement};
use crate::proof::open::OpenVerdict;
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::report::Outcome;
use crate::units::{Lots, Magic, Money, Symbol, Ticket, TimeSchema};

use deals::PositionDeals;
use watch::{Monitor, WatchEvent, Watched};

/// No canary is larger, whatever flags and settings say.
pub fn ceiling() -> Decimal {
    Decimal::new(1, 2)
}

/// Number of round trips that the latency is judged by.
pub const ROUND_TRIPS: u32 = 100;

/// The plan's criteria that a canary without a watch doesn't exercise.
const NOT_EXERCISED: &str = "24 h criteria not exercised: guardian, latency and drift over time";

/// Options of a canary.
#[derive(Debug, Clone)]
pub struct Options {
    /// The instrument, as the broker spells it.
    pub symbol: Symbol,
    /// The largest volume that the plan allows, in lots.
    pub max_lot: Decimal,
    /// The part of it that a canary takes.
    pub coefficient: Decimal,
    /// The strategy's magic number; the gateway drops it (hazard 10).
    pub magic: Magic,
    /// Whether other positions may be open in the symbol: on hedging accounts.
    pub beside_open: bool,
    /// Whether the position is left open; a watched one, when its time is over.
    pub keep_open: bool,
    /// How the position is watched before it is closed.
    pub monitor: Option<Monitor>,
    /// Whether the open canary of an earlier run is taken up instead of opening one.
    pub resume: bool,
    /// Time limit for closing a watched or adopted position.
    pub closing: Duration,
    /// Timeout and retries of reads.
    pub reads: ReadPolicy,
    /// Whether only questions are sent.
    pub dry_run: bool,
    /// The admission decision's bytes, or why there are none.
    pub decision: Result<Vec<u8>, String>,
    /// The rules for the decision.
    pub rules: Rules,
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// Who engages the kill switch, for the person who finds it.
    pub engager: Map<String, Value>,
    /// Number of round trips that the latency is judged by.
    pub round_trips: u32,
    /// P99 of round trips that forbids an order.
    pub latency_limit: Duration,
    /// How long the gateway accepts a signature.
    pub signature_ttl: Duration,
    /// How long an order may take to show up in the book.
    pub settle: Duration,
    /// Timeout of one answer to an order.
    pub order_timeout: Duration,
    /// The expected state of the account.
    pub expectations: sync::StateExpectations,
    /// The profile, where one was named.
    pub profile: Option<String>,
    /// The names in failure messages.
    pub failure_context: FailureContext,
}

/// The file in the state directory that a running canary locks.
pub const LOCK: &str = "canary.lock";

impl Options {
    /// A tenth of the largest order in AUDUSD, opened and closed, with a decision made now; only for a simulated gateway.
    /// The kill switch is in `directory`.
    pub fn example(now: Timestamp, directory: &Path) -> Self {
        let seconds = Duration::from_secs;
        Self {
            symbol: Symbol::new("AUDUSD"),
            max_lot: ceiling(),
            coefficient: Decimal::new(1, 1),
            magic: Magic(202_401),
            beside_open: false,
            keep_open: false,
            monitor: None,
            resume: false,
            closing: seconds(120),
            reads: ReadPolicy { timeout: seconds(3), attempts: 3, interval: seconds(1) },
            dry_run: false,
            decision: Ok(decision::example(now)),
            rules: Rules {
                file: None,
                expected_hash: None,
                report: None,
                max_age: seconds(24 * 3600),
            },
            kill_switch: KillSwitch::new(vec![directory.join("kill_switch.lock")], directory),
            engager: Map::new(),
            round_trips: ROUND_TRIPS,
            latency_limit: Duration::from_millis(100),
            signature_ttl: seconds(5),
            settle: seconds(10),
            order_timeout: seconds(2),
            expectations: sync::StateExpectations::any(),
            profile: None,
            failure_context: FailureContext::simulated("trade a canary on", "tcp://simulated:5555"),
        }
    }

    /// The volume: the largest times the coefficient.
    pub fn volume(&self) -> Lots {
        let volume = self.max_lot.checked_mul(self.coefficient).unwrap_or(Decimal::MAX);
        Lots::from(volume.normalize())
    }

    /// Whether the position is never closed here, so that the gateway need not be able to.
    fn never_closes(&self) -> bool {
        self.keep_open && self.monitor.is_none()
    }
}

/// Injected dependencies.
pub struct Deps<'m> {
    /// The clock.
    pub clock: &'m dyn Clock,
    /// Deadline of everything but a watch and the close after it.
    pub deadline: Deadline,
    /// The evidence.
    pub records: Records<'m>,
    /// Permits closing on a proved connection to an allowed target.
    pub permit: &'m PermitClose<'m>,
    /// Asks the operator for confirmation, once every guard passed.
    pub confirm: &'m mut dyn FnMut(&Report) -> Result<(), Failure>,
    /// Cancellation token. It is ignored from the order until its outcome is known; a watch heeds it again.
    pub stop: &'m StopToken,
    /// Whether a watch is to leave its position to the next one.
    pub hand_over: &'m dyn Fn() -> bool,
    /// Whether a stop leaves a watched position open, and recorded for the next watch. Asked when it is stopped.
    pub keep_on_stop: &'m dyn Fn() -> bool,
    /// Observes a watch.
    pub observe: &'m mut dyn FnMut(WatchEvent<'_>),
    /// Named points around the send, where tests kill the process.
    pub kill_point: &'m dyn Fn(&'static str),
}

/// A canary's actions, and their proved outcomes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The run's id in the evidence.
    pub run: Uuid,
    /// The order as planned.
    pub plan: Plan,
    /// Every guard, reached or not.
    pub guards: Vec<Check>,
    /// The decision that admitted it.
    pub decision: Option<Decision>,
    /// P99 of the measured round trips, in µs.
    pub latency_p99_us: Option<u64>,
    /// The order and its outcome.
    pub order: Option<OrderReport>,
    /// The position of an earlier run that was taken up instead.
    pub adopted: Option<Adopted>,
    /// The watch over the position, where it was watched.
    pub monitor: Option<Watched>,
    /// The position at the end of the run.
    pub close: Option<CloseReport>,
    /// The balance before the order.
    pub balance_before: Option<Money>,
    /// The balance at the end.
    pub balance_after: Option<Money>,
    /// The position's deals; null where the gateway lists none (protocol 4.3).
    pub deals: Option<PositionDeals>,
    /// The cost of the closed position: less the sum of its deals, or balance before less balance after where the gateway
    /// lists no deals.
    pub cost: Option<Money>,
    /// The plan's criteria that were not exercised.
    pub not_exercised: String,
    /// The file of the evidence.
    pub evidence: PathBuf,
}

/// A position of an earlier run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Adopted {
    /// The run that opened it.
    pub run: Uuid,
    /// Time of the record of its execution.
    #[schemars(with = "TimeSchema")]
    pub since: jiff::Timestamp,
    /// The position as listed when it was taken up.
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
    /// How long it is watched before that, in ms; null where it isn't.
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
    /// Whether the gateway named its ticket. A position that was found by its likeness alone is never closed automatically.
    pub named: bool,
    /// Whether less was filled than ordered.
    pub partial: bool,
    /// The gateway's claim, in words.
    pub said: String,
    /// The proof of the result, or the missing part of it.
    pub why: String,
    /// The premises of the result.
    pub basis: Basis,
}

impl OrderReport {
    fn new(verdict: &OpenVerdict, said: String, ordered: &Lots) -> Self {
        let (result, named, basis) = (verdict.outcome(), verdict.is_named(), verdict.basis());
        let (position, why) = match &result {
            OpenOutcome::Executed { ticket, position } => {
                (Some((**position).clone()), format!("the gateway's list holds {ticket}"))
            }
            OpenOutcome::NotExecuted { why, .. } | OpenOutcome::Unknown { why } => {
                (None, why.clone())
            }
        };
        let partial = position.as_ref().is_some_and(|position| position.volume < *ordered);
        Self { result, position, named, partial, said, why, basis }
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
    /// The proof of the result, or the missing part of it.
    pub why: String,
    /// The premises of the result.
    pub basis: Basis,
}

impl CloseReport {
    fn new(ticket: Ticket, finding: CloseFinding) -> Self {
        let (result, basis) = (finding.outcome(), finding.basis());
        Self { ticket, result, why: finding.why, basis }
    }

    /// Without a CLOSE nothing is to be proved.
    fn without_close(ticket: Ticket, result: CloseOutcome, why: String) -> Self {
        Self { ticket, result, why, basis: Basis::default() }
    }
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
                monitor_ms: options.monitor.as_ref().map(|monitor| millis(monitor.duration)),
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
            deals: None,
            cost: None,
            not_exercised: NOT_EXERCISED.to_owned(),
            evidence,
        }
    }
}

/// A canary in progress; the modules add its steps.
struct Canary<'r, 'c, 'm> {
    client: &'r mut Client<'c>,
    options: &'r Options,
    deps: &'r mut Deps<'m>,
    report: Report,
    warnings: Vec<String>,
    /// Account and list from before the position opened, or from when it was taken up, and those of the last look at it.
    statements: Vec<KeptStatement>,
    /// Every position that lists have shown since the order.
    shown: BTreeMap<Ticket, Position>,
}

/// An account with the list that was read beside it.
struct KeptStatement {
    /// Our monotonic clock.
    at: Duration,
    account: Account,
    positions: Vec<Position>,
}

/// Runs the guards, asks for confirmation, trades and proves the outcome; or takes up the canary of an earlier run.
pub fn run(client: &mut Client<'_>, options: &Options, deps: &mut Deps<'_>) -> Outcome<Report> {
    let report = Report::new(options, deps.records.run, deps.records.evidence.path().to_owned());
    let mut canary = Canary {
        client,
        options,
        deps,
        report,
        warnings: vec![],
        statements: vec![],
        shown: BTreeMap::new(),
    };
    let ended = if options.resume { canary.adopt() } else { canary.trade() };
    let Canary { client, report, warnings, .. } = canary;
    let was_stopped = report.monitor.as_ref().is_some_and(|it| it.ended == WatchEnding::Stopped);
    let verdict = ended.as_ref().copied().unwrap_or(Verdict::Fail);
    let mut outcome = Outcome::judged(report, verdict, client.is_simulated());
    outcome.warnings = warnings;
    if let Err(failure) = ended {
        outcome.fail(failure);
    }
    // The rest of a stopped watch could have shown anything.
    if was_stopped && outcome.exit == Exit::No {
        outcome.verdict = Verdict::Unknown;
    }
    outcome
}

/// The statements to compare a list with. Hours later, other trades have moved the money: only the last can be.
fn earlier(kept: &[KeptStatement], now: Duration) -> Vec<Statement<'_>> {
    let is_recent = |kept: &KeptStatement| now.saturating_sub(kept.at) <= money::RUN;
    let last = kept.len().saturating_sub(1);
    let used = kept.iter().enumerate().filter(|(index, kept)| *index == last || is_recent(kept));
    used.map(|(_, KeptStatement { account, positions, .. })| Statement { account, positions })
        .collect()
}

impl Canary<'_, '_, '_> {
    /// From the OPEN on, a record that can't be written is a warning and stops nothing.
    fn record(&mut self, body: impl Into<Body>) {
        let body = body.into();
        if let Err(error) = self.deps.records.add(self.deps.clock, &body) {
            let (kind, why) = (body.kind(), cause_of(&error));
            self.warnings.push(format!("the {kind} could not be recorded: {why}"));
        }
    }

    /// Keeps the state before the position opened, and then that of the last look at it.
    fn keep_statement(&mut self, account: Account, positions: Vec<Position>) {
        let at = self.deps.clock.monotonic();
        self.statements.truncate(1);
        self.statements.push(KeptStatement { at, account, positions });
    }

    fn read_failure(&self, error: &Error) -> Failure {
        self.options.failure_context.read_failure(error)
    }

    /// Reads the balance after everything, and says which of the plan's criteria the watch exercised.
    fn finish(&mut self, mut ended: Result<Verdict, Failure>) -> Result<Verdict, Failure> {
        const DAY_MS: u64 = 24 * 3600 * 1000;
        if let Ok(Ok(account)) = self.client.account().map(|answer| answer.reply) {
            let seen = self.look_after_close(&account);
            ended = ended.and_then(|verdict| seen.map(|()| verdict));
            self.report.balance_after = Some(account.balance);
        }
        ended = self.add_deals(ended);
        let Some(watched) = &self.report.monitor else { return ended };
        let drift = if watched.drift.watched { "" } else { "; drift: not watched" };
        self.report.not_exercised = if watched.lasted_ms >= DAY_MS {
            format!("24 h criteria exercised{drift}")
        } else {
            let lasted = humanize(Duration::from_millis(watched.lasted_ms));
            format!("24 h criteria not exercised: watched for {lasted}{drift}")
        };
        ended
    }
}
