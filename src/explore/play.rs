//! Plays a command in a world, in virtual time. Evidence, snapshot and kill switch are in a scratch directory.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::book::{Account, Book};
use super::command::{Command, Death};
use super::world::World;
use crate::clock::{Clock as _, Deadline, StopToken};
use crate::evidence::Evidence;
use crate::exit::Exit;
use crate::failure::FailureContext;
use crate::harness::virtual_gateway::VirtualGateway;
use crate::harness::{self, HarnessError};
use crate::link::account_pin::AccountId;
use crate::link::{Client, ReadPolicy};
use crate::ops::sync::snapshot::Store;
use crate::ops::{canary, emergency_close, sync};
use crate::proof::intents::Records;
use crate::protocol::gateway::Signing;
use crate::protocol::positions::Position;
use crate::protocol::signed::LinkKey;
use crate::protocol::switch::Engage;
use crate::sim::{
    self, FaultSpec, Frame, GatewayKey, Protocol, RequestCounts, Role, TooManyRequests, Truth,
};
use crate::units::{Magic, Money};

/// Time limit of a command, in virtual time.
const LIMIT: Duration = Duration::from_secs(16);
/// How long the gateway accepts a signature, and the settle time: a few s, because a doubt is read again every 250 ms until
/// they are over.
const VALIDITY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(3));
/// Planned length of a watch, and the time between its looks.
const WATCH: (Duration, Duration) = (Duration::from_secs(180), Duration::from_secs(60));
/// Time between the death of a canary and the next start.
const RESTART: Duration = Duration::from_millis(500);
/// The broker executes everything that is pending within this time after a command's end.
const AFTERMATH: Duration = Duration::from_secs(60);
/// No command needs as many requests.
const MOST_REQUESTS: u32 = 20_000;
/// Number of round trips that a canary's latency is judged by: enough for a place among them, and few to play.
const ROUND_TRIPS: u32 = 2;
/// The time at which a world begins: 2026-01-17T03:54:22Z. Prices move with it.
pub(super) const START: i64 = 1_768_622_062;
const READS: ReadPolicy =
    ReadPolicy { timeout: Duration::from_secs(3), attempts: 3, interval: Duration::from_secs(1) };

/// The claims of a command that ended.
#[derive(Debug)]
pub enum Claims {
    /// A canary's.
    Canary(Box<canary::Report>),
    /// An emergency-close's.
    EmergencyClose(Box<emergency_close::Report>),
    /// A sync's.
    Sync {
        /// Its report.
        report: Box<sync::Report>,
        /// Whether `sync -- COMMAND` would start COMMAND.
        passes: bool,
    },
    /// Nothing: it ended without a report.
    Nothing,
}

/// One run of a command.
#[derive(Debug)]
pub struct Run {
    /// Its claims.
    pub claims: Claims,
    /// Its exit code; `None` where it was killed.
    pub exit: Option<Exit>,
    /// Its duration in virtual time.
    pub took: Duration,
    /// The longest that it may take.
    pub limit: Duration,
    /// Number of executions before it, and at its end.
    pub executions: (usize, usize),
}

/// A world at its end: every run in it, and the truth a minute later.
#[derive(Debug)]
pub struct Played {
    /// The runs, in order.
    pub runs: Vec<Run>,
    /// Whether the terminal was in another account before the command had read anything.
    pub left_at_once: bool,
    /// The positions at the start.
    pub before: Vec<Position>,
    /// The state of the gateway's accounts.
    pub truth: Truth,
    /// The requests that the gateway handled.
    pub requests: RequestCounts,
    /// The frames that clients sent and received, where they are recorded.
    pub transcript: Vec<Frame>,
}

/// Plays the world to its end.
pub fn play(world: &World, scratch: &Path) -> Result<Played, HarnessError> {
    play_to(world, scratch, false)
}

/// Plays the world to its end, and records every byte from the gateway.
pub fn play_recorded(world: &World, scratch: &Path) -> Result<Played, HarnessError> {
    play_to(world, scratch, true)
}

fn play_to(world: &World, scratch: &Path, is_recorded: bool) -> Result<Played, HarnessError> {
    let directory =
        tempfile::tempdir_in(scratch).map_err(HarnessError::io("create a scratch directory"))?;
    let mut stage = Stage::new(world, directory.path())?;
    if is_recorded {
        stage.gateway.transport.record_transcript();
    }
    stage.gateway.transport.limit_requests(MOST_REQUESTS);
    let before = stage.truth()?.open;
    match catch_unwind(AssertUnwindSafe(|| stage.play(world, &before))) {
        Ok(played) => played?,
        Err(payload) if payload.is::<TooManyRequests>() => stage.add_endless()?,
        Err(payload) => resume_unwind(payload),
    }
    stage.gateway.clock.advance(AFTERMATH);
    let truth = stage.truth()?;
    let requests = stage.gateway.transport.requests().map_err(HarnessError::other)?;
    let transcript = stage.gateway.transport.transcript();
    let Stage { runs, left_at_once, .. } = stage;
    Ok(Played { runs, left_at_once, before, truth, requests, transcript })
}

/// What a canary does beside opening and closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
    Watch,
    Resume,
}

/// Number of pending orders in a book that has some.
const PENDING: usize = 2;
/// Number of records in a segment of the evidence, so that it is sealed in the middle of worlds.
const SEGMENT_RECORDS: u64 = 4;

/// The payload of the unwinding that ends a canary. Nothing after that point runs but destructors, and those record nothing.
struct Killed;

struct Stage<'s> {
    gateway: VirtualGateway,
    directory: &'s Path,
    evidence: Evidence,
    expected: AccountId,
    /// The credit that the operator configured.
    credit: Money,
    is_of_protocol_5: bool,
    /// The part of the largest order that a canary takes.
    coefficient: Decimal,
    runs: Vec<Run>,
    left_at_once: bool,
}

impl<'s> Stage<'s> {
    fn new(world: &World, directory: &'s Path) -> Result<Self, HarnessError> {
        Ok(Self {
            gateway: gateway(&world.book, &world.acts)?,
            directory,
            evidence: Evidence::at(directory.to_owned()).with_segments_of(SEGMENT_RECORDS),
            expected: expected(&world.book),
            credit: world.book.account.kind().credit().into(),
            is_of_protocol_5: world.book.account.is_of_protocol_5(),
            // Half of the account's volume, or so little that it leaves no trace in the margin.
            coefficient: Decimal::new(1, u32::from(world.book.positions > 1)),
            runs: vec![],
            left_at_once: false,
        })
    }

    /// Plays the command to its end.
    fn play(&mut self, world: &World, before: &[Position]) -> Result<(), HarnessError> {
        match world.command {
            Command::Canary => self.canary(None, &|_| {}),
            Command::CanaryWatched => self.canary(Some(Errand::Watch), &|_| {}),
            Command::CanaryResumed => match self.canary_dies(Death::BeforeClose)? {
                true => self.canary(Some(Errand::Resume), &|_| {}),
                false => Ok(()),
            },
            Command::EmergencyClose
            | Command::EmergencyCloseSymbol
            | Command::EmergencyCloseTicket => self.close(world.command, before),
            Command::Sync => self.sync(&world.book),
            Command::SyncAfter(death) => {
                self.canary_dies(death)?;
                self.sync(&world.book)
            }
        }
    }

    /// Adds a run that went round in circles.
    fn add_endless(&mut self) -> Result<(), HarnessError> {
        let executions = (0, self.executions()?);
        let (took, limit) = (Duration::MAX, LIMIT);
        self.runs.push(Run { claims: Claims::Nothing, exit: None, took, limit, executions });
        Ok(())
    }

    fn truth(&self) -> Result<Truth, HarnessError> {
        self.gateway.transport.truth().map_err(HarnessError::other)
    }

    fn records(&self) -> Records<'_> {
        // A fixed id, so that a world is the same each time.
        let run = Uuid::from_u128(self.runs.len() as u128 + 1);
        Records { evidence: &self.evidence, run, patience: harness::APPEND_TIMEOUT }
    }

    fn client(&self, deadline: Deadline) -> Client<'_> {
        let mut client = self.gateway.client(READS, deadline);
        client.expect_account(self.expected.clone());
        client
    }

    fn expectations(&self) -> sync::StateExpectations {
        sync::StateExpectations {
            expected: self.expected.clone(),
            credit: self.credit.clone(),
            ..sync::StateExpectations::any()
        }
    }

    /// Adds a run that began with that time and that number of executions.
    fn add(
        &mut self,
        (claims, exit): (Claims, Option<Exit>),
        began: (Duration, usize),
        limit: Duration,
    ) -> Result<(), HarnessError> {
        let took = self.gateway.clock.monotonic().saturating_sub(began.0);
        let executions = (began.1, self.executions()?);
        self.runs.push(Run { claims, exit, took, limit, executions });
        Ok(())
    }

    fn executions(&self) -> Result<usize, HarnessError> {
        self.gateway.transport.executions().map_err(HarnessError::other)
    }

    fn begin(&self) -> Result<(Duration, usize), HarnessError> {
        Ok((self.gateway.clock.monotonic(), self.executions()?))
    }

    fn canary(
        &mut self,
        errand: Option<Errand>,
        kill_point: &dyn Fn(&'static str),
    ) -> Result<(), HarnessError> {
        let began = self.begin()?;
        let clock = &self.gateway.clock;
        let options = canary::Options {
            coefficient: self.coefficient,
            reads: READS,
            round_trips: ROUND_TRIPS,
            latency_limit: Duration::from_secs(10),
            signature_ttl: VALIDITY.0,
            settle: VALIDITY.1,
            order_timeout: Duration::from_secs(3),
            closing: LIMIT,
            resume: errand == Some(Errand::Resume),
            monitor: (errand == Some(Errand::Watch)).then_some(canary::watch::Monitor {
                duration: WATCH.0,
                interval: WATCH.1,
                latency_warn: Duration::from_secs(10),
                drift: None,
            }),
            expectations: self.expectations(),
            ..canary::Options::example(clock.now(), self.directory)
        };
        let deadline = Deadline::after(clock, LIMIT);
        let mut deps = canary::Deps {
            clock,
            deadline,
            records: self.records(),
            permit: &|identity| self.gateway.permit_close(identity),
            confirm: &mut |_| Ok(()),
            stop: &StopToken::never(),
            hand_over: &|| false,
            keep_on_stop: &|| false,
            observe: &mut |_| {},
            kill_point,
        };
        let outcome = canary::run(&mut self.client(deadline), &options, &mut deps);
        let claims = outcome.report.map_or(Claims::Nothing, |it| Claims::Canary(Box::new(it)));
        // A watch, and the close after it, have times of their own.
        let limit = if errand.is_some() { LIMIT * 2 + WATCH.0 } else { LIMIT };
        self.add((claims, Some(outcome.exit)), began, limit)
    }

    /// Plays a canary that dies at that point, and lets the time pass until the next start. `false` where it ended before.
    fn canary_dies(&mut self, death: Death) -> Result<bool, HarnessError> {
        let began = self.begin()?;
        let point = death.kill_point();
        let kill = |reached| {
            if reached == point {
                resume_unwind(Box::new(Killed));
            }
        };
        let died = match catch_unwind(AssertUnwindSafe(|| self.canary(None, &kill))) {
            Ok(ended) => ended.map(|()| false)?,
            Err(payload) if payload.is::<Killed>() => {
                self.add((Claims::Nothing, None), began, LIMIT)?;
                true
            }
            Err(payload) => resume_unwind(payload),
        };
        self.gateway.clock.advance(RESTART);
        Ok(died)
    }

    fn close(&mut self, command: Command, before: &[Position]) -> Result<(), HarnessError> {
        let began = self.begin()?;
        let (claims, exit) = self.try_close(command, before);
        self.add((claims, Some(exit)), began, LIMIT)
    }

    fn try_close(&mut self, command: Command, before: &[Position]) -> (Claims, Exit) {
        let first = |wanted| before.first().filter(|_| command == wanted);
        let symbol = first(Command::EmergencyCloseSymbol).map(|it| it.symbol.clone());
        let ticket = first(Command::EmergencyCloseTicket).map(|it| it.ticket);
        let options = emergency_close::Options {
            symbols: symbol.into_iter().collect(),
            tickets: ticket.into_iter().collect(),
            rounds: 6,
            order_timeout: Duration::from_secs(3),
            credit: self.credit.clone(),
            engage: self.is_of_protocol_5.then(engage),
            ..emergency_close::Options::example()
        };
        let deadline = Deadline::after(&self.gateway.clock, LIMIT);
        let mut client = self.client(deadline);
        let plan = match emergency_close::plan(&mut client, &options) {
            Ok(plan) => plan,
            Err(failure) => return (Claims::Nothing, failure.exit()),
        };
        // The list is read first: it shows whose account it was.
        let left = self.truth().is_ok_and(|truth| truth.other.is_some());
        let is_ours = |position: &Position| before.iter().any(|it| it.ticket == position.ticket);
        let left_at_once =
            left && plan.before.as_ref().is_none_or(|(_, list)| !list.iter().any(is_ours));
        let mut deps = emergency_close::Deps {
            clock: &self.gateway.clock,
            deadline,
            permit: &|identity| self.gateway.permit_close(identity),
            record: &mut |_| {},
            progress: &|_, _| {},
        };
        let outcome = emergency_close::run(&mut client, &options, plan, &mut deps);
        let claims = outcome.report.map(|it| Claims::EmergencyClose(Box::new(it)));
        drop(client);
        self.left_at_once = left_at_once;
        (claims.unwrap_or(Claims::Nothing), outcome.exit)
    }

    /// Runs the gate beside the snapshot of an earlier one.
    fn sync(&mut self, book: &Book) -> Result<(), HarnessError> {
        let store = Store::new(self.directory.to_owned());
        std::fs::write(store.path(), snapshot_of(book, self.directory)?)
            .map_err(HarnessError::io("write a snapshot"))?;
        let began = self.begin()?;
        let clock = &self.gateway.clock;
        let deadline = Deadline::after(clock, LIMIT);
        let options = sync_options(self.expectations(), store, deadline);
        let outcome = sync::run(&mut self.client(deadline), &options, &self.records(), clock);
        let resolved = self.evidence.unresolved().is_ok_and(|intents| intents.is_empty());
        let exit = outcome.exit;
        let claims = outcome.report.map_or(Claims::Nothing, |report| {
            let warned = report.checks.iter().any(|it| it.status == crate::check::Status::Warn);
            let passes = exit == Exit::Ok && !warned && resolved;
            Claims::Sync { report: Box::new(report), passes }
        });
        self.add((claims, Some(exit)), began, LIMIT)
    }
}

fn sync_options(
    expectations: sync::StateExpectations,
    store: Store,
    deadline: Deadline,
) -> sync::Options {
    sync::Options {
        magic: Magic(202_401),
        expectations,
        store,
        deadline,
        failure_context: FailureContext::simulated("sync", "tcp://simulated:5555"),
    }
}

/// The account that the operator expects in this book.
fn expected(book: &Book) -> AccountId {
    let login = (book.account == Account::Expected).then(|| Account::LOGIN.to_owned());
    AccountId { login, ..AccountId::default() }
}

/// A gateway with this book and these acts, at the time of the start.
fn gateway(book: &Book, acts: &[String]) -> Result<VirtualGateway, HarnessError> {
    let now = Timestamp::from_second(START).map_err(HarnessError::other)?;
    let identity = format!("identity:{}:Broker:0", Account::LOGIN);
    let identity = book.account.tells_login().then_some(&identity);
    let faults: Result<Vec<FaultSpec>, _> =
        identity.into_iter().chain(acts).map(|act| act.parse()).collect();
    let faults = faults.map_err(HarnessError::other)?;
    let options = sim::Options {
        positions: book.positions,
        account: book.account.kind(),
        faults,
        signature_ttl: VALIDITY.0,
        ..sim::Options::default()
    };
    let options = match book.account.is_of_protocol_5() {
        true => sim::Options {
            protocol: Protocol::Five,
            pending: if book.account == Account::Pending { PENDING } else { 0 },
            keys: vec![GatewayKey { key: link_key()?, role: Role::Trade }],
            signing: Signing::All,
            ..options
        },
        false => options,
    };
    VirtualGateway::with(&options, now)
}

/// The wish to stop every client.
fn engage() -> Engage {
    Engage { reason: "a trial".to_owned(), who: "worlds".to_owned() }
}

/// The key of a gateway that signs.
fn link_key() -> Result<LinkKey, HarnessError> {
    let secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    LinkKey::new("worlds", secret).map_err(HarnessError::other)
}

/// The snapshot that a sync of this book leaves; made once for each book.
fn snapshot_of(book: &Book, directory: &Path) -> Result<Vec<u8>, HarnessError> {
    static SNAPSHOTS: Mutex<Option<HashMap<Book, Vec<u8>>>> = Mutex::new(None);
    let mut snapshots = SNAPSHOTS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = snapshots.get_or_insert_default();
    if let Some(snapshot) = known.get(book) {
        return Ok(snapshot.clone());
    }
    let earlier = directory.join("earlier");
    let world = World { command: Command::Sync, book: *book, acts: vec![] };
    let stage = Stage::new(&world, &earlier)?;
    let store = Store::new(earlier.clone());
    let deadline = Deadline::after(&stage.gateway.clock, LIMIT);
    let options = sync_options(stage.expectations(), store.clone(), deadline);
    let clock = &stage.gateway.clock;
    sync::run(&mut stage.client(deadline), &options, &stage.records(), clock);
    let snapshot = std::fs::read(store.path()).map_err(HarnessError::io("read a snapshot"))?;
    Ok(known.entry(*book).or_insert(snapshot).clone())
}
