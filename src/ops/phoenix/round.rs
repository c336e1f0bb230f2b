//! One round: prepares a sandbox, disturbs a command, restarts, and checks every invariant.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::disturbance::Disturbance;
use super::invariants::{Findings, Invariant};
use super::power_cut;
use super::sandbox::{COMMAND_LIMIT, CommandResult, Deps, REACHED, Sandbox, StartOptions};
use super::scenario::{Scenario, ToolCommand};
use crate::evidence::EvidenceError;
use crate::evidence::body::EmergencyIntent;
use crate::harness::broker::BrokerBook;
use crate::harness::process::{GatewayProcess, Process};
use crate::harness::proxy::{ConnectionCounts, HeldMessage, Proxy};
use crate::harness::{self, HarnessError};
use crate::ops::sync::snapshot::SCHEMA;
use crate::units::Ticket;

/// Tickets of the filler record: enough for it to exceed the room that an order needs on the disk.
const FILLER_TICKETS: i64 = 28_000;
/// The unit of a file size limit, in bytes.
const BLOCK: u64 = 512;
/// One of this many restarted syncs must recover.
const RESTARTS: u32 = 5;
/// The book of the program on the gateway's port.
const IMPOSTOR_BOOK: &str = "impostor.jsonl";
/// A socket that reconnects by itself does so within this time.
const RECONNECT_LIMIT: Duration = Duration::from_millis(60);
/// How long the round waits for a connection or an answer that may never come.
const WAIT_LIMIT: Duration = Duration::from_millis(1500);

/// Result of a round.
#[derive(Debug)]
pub(super) struct RoundResult {
    pub(super) findings: Findings,
    /// From the disturbance to the end of the first sync that recovered.
    pub(super) recovery: Option<Duration>,
    /// Whether the trigger was reached.
    pub(super) disturbed: bool,
    /// The executions at the broker, in order.
    pub(super) executed: Vec<String>,
}

impl RoundResult {
    /// The result before anything was checked.
    pub(super) fn new() -> Self {
        Self { findings: Findings::default(), recovery: None, disturbed: true, executed: vec![] }
    }
}

/// Runs the round in that directory, which stays.
pub(super) fn run(
    scenario: &Scenario,
    directory: &Path,
    deps: Deps<'_>,
) -> Result<RoundResult, HarnessError> {
    let proxy = Proxy::start(None).map_err(HarnessError::io("listen on loopback"))?;
    let sandbox = Sandbox::create(deps, directory.to_owned(), proxy.address())?;
    let mut round = Round {
        scenario,
        gateway: None,
        impostor: None,
        book: sandbox.file("book.jsonl"),
        proxy,
        sandbox,
        delayed: None,
        result: RoundResult::new(),
    };
    round.start_gateway(true)?;
    round.prepare()?;
    let began = round.disturb()?;
    if round.recover()? {
        round.result.recovery = Some(deps.clock.monotonic().saturating_sub(began));
    }
    round.check_final_state()?;
    let ledger = round.read_book()?.ledger;
    round.result.executed = ledger.iter().map(|entry| format!("{:?}", entry.kind)).collect();
    Ok(round.result)
}

struct Round<'r> {
    scenario: &'r Scenario,
    gateway: Option<GatewayProcess>,
    impostor: Option<GatewayProcess>,
    book: PathBuf,
    proxy: Proxy,
    sandbox: Sandbox<'r>,
    /// A message that is delivered only after the tool was restarted, and how long after.
    delayed: Option<(HeldMessage, Duration)>,
    result: RoundResult,
}

impl Round<'_> {
    fn read_book(&self) -> Result<BrokerBook, HarnessError> {
        BrokerBook::read(&self.book).map_err(HarnessError::other)
    }

    /// Starts the gateway on its book. Only the first one has the fault of a `Lie`.
    fn start_gateway(&mut self, first: bool) -> Result<(), HarnessError> {
        let mut arguments = vec![
            format!("--positions={}", self.scenario.positions),
            format!("--seed={}", self.scenario.seed),
        ];
        if let (true, Disturbance::Lie { fault }) = (first, &self.scenario.disturbance) {
            arguments.push(format!("--fault={fault}"));
        }
        let gateway = self.sandbox.start_gateway(&self.book, &arguments)?;
        self.proxy.route_to(Some(gateway.address));
        self.gateway = Some(gateway);
        Ok(())
    }

    fn kill_gateway(&mut self) {
        self.proxy.route_to(None);
        self.gateway = None;
    }

    /// Prepares the disturbance: a snapshot that can be lost, or a disk that is nearly full.
    fn prepare(&mut self) -> Result<(), HarnessError> {
        let power_cut = matches!(self.scenario.disturbance, Disturbance::PowerCut { .. });
        if self.scenario.command == ToolCommand::Sync || power_cut {
            let result = self.sandbox.run(&["sync"])?;
            if result.exit_code != Some(0) {
                let why = format!("the sync before the disturbance failed, {}", result.describe());
                return Err(HarnessError::other(why));
            }
        }
        if self.fills_evidence() {
            self.fill_evidence().map_err(HarnessError::other)?;
        }
        Ok(())
    }

    /// A canary checks for free space before it trades, so its disk gets full behind evidence that is long already.
    fn fills_evidence(&self) -> bool {
        matches!(self.scenario.disturbance, Disturbance::FullDisk { .. })
            && self.scenario.command == ToolCommand::Canary
    }

    fn fill_evidence(&self) -> Result<(), EvidenceError> {
        let (evidence, run) = (self.sandbox.evidence(), Uuid::from_u64_pair(0, self.scenario.seed));
        let (clock, endpoint) =
            (self.sandbox.deps.clock, format!("tcp://{}", self.proxy.address()));
        harness::begin_evidence(&evidence, run, clock, &endpoint)?;
        let tickets = (1..=FILLER_TICKETS).map(|ticket| Ticket(700_000_000 + ticket)).collect();
        let filler = EmergencyIntent { round: 1, tickets };
        evidence.append(run, clock, &filler.into(), harness::APPEND_TIMEOUT).map(drop)
    }

    /// The largest file that the tool may write, in blocks.
    fn file_blocks(&self) -> Result<Option<u64>, HarnessError> {
        let Disturbance::FullDisk { blocks } = self.scenario.disturbance else { return Ok(None) };
        if !self.fills_evidence() {
            return Ok(Some(blocks));
        }
        let evidence = fs::metadata(self.sandbox.evidence().path())
            .map_err(HarnessError::io("look at the evidence"))?;
        Ok(Some(evidence.len() / BLOCK + blocks))
    }

    /// Starts the command and disturbs it. Returns the time of the disturbance.
    fn disturb(&mut self) -> Result<Duration, HarnessError> {
        // There is no message between the last list and the order, but test builds have a wait point there.
        let wait_point = self.waits_before_order().then_some("before-intent");
        let trigger = self.scenario.trigger.filter(|_| wait_point.is_none());
        let messages = trigger.map(|trigger| self.proxy.hold_at(trigger));
        let arguments: &[&str] = match self.scenario.command {
            ToolCommand::Sync => &["sync"],
            ToolCommand::Canary => &["canary", "--yes", "--beside-open", "--deadline=6s"],
            ToolCommand::EmergencyClose => &["emergency-close", "--yes", "--deadline=6s"],
        };
        let options = StartOptions { file_blocks: self.file_blocks()?, wait_point };
        let mut process = self.sandbox.start_with(arguments, &options)?;
        let clock = self.sandbox.deps.clock;
        let held = match messages {
            None => None,
            Some(messages) => self.sandbox.wait_for_message(&messages, &mut process)?,
        };
        let began = clock.monotonic();
        if held.is_none() && trigger.is_some() {
            self.result.disturbed = false;
        }
        if wait_point.is_some() {
            self.result.disturbed = self.start_impostor_before_order(&mut process)?;
        }
        let result = match held {
            None => self.sandbox.wait(process)?,
            Some(held) => self.strike(held, process)?,
        };
        self.proxy.remove_trigger();
        self.wait_for_answers()?;
        self.result.findings.check_snapshot_whole(&self.sandbox.store());
        self.result.findings.check_report(&result, &self.read_book()?);
        self.check_full_disk(&result)?;
        Ok(began)
    }

    /// Carries out the disturbance while the proxy holds that message, and waits for the command's end.
    fn strike(
        &mut self,
        held: HeldMessage,
        mut process: Process,
    ) -> Result<CommandResult, HarnessError> {
        match &self.scenario.disturbance {
            Disturbance::KillTool { delivered_after_ms, .. } => {
                let result = self.sandbox.kill(process)?;
                match delivered_after_ms {
                    None => held.cut(0),
                    Some(0) => held.forward(),
                    Some(ms) => self.delayed = Some((held, Duration::from_millis(*ms))),
                }
                return Ok(result);
            }
            Disturbance::PowerCut { delivered } => {
                let result = self.sandbox.kill(process)?;
                if *delivered {
                    held.forward();
                } else {
                    held.cut(0);
                }
                let (state, notes) = (self.sandbox.state(), self.sandbox.flush_notes());
                power_cut::discard_unflushed(&state, &notes)
                    .map_err(HarnessError::io("simulate a power cut"))?;
                return Ok(result);
            }
            Disturbance::KillGateway { refused } => {
                self.kill_gateway();
                held.cut(0);
                self.wait_for_connections(&mut process, |counts| counts.refused >= *refused)?;
                self.start_gateway(false)?;
            }
            Disturbance::Delay { ms } => {
                self.sandbox.deps.clock.sleep(Duration::from_millis(*ms))?;
                held.forward();
            }
            Disturbance::CutReply { permille } => held.cut(*permille),
            Disturbance::Impostor { connections } => {
                self.start_impostor()?;
                held.cut(1000);
                self.wait_for_impostor(&mut process, *connections)?;
            }
            Disturbance::Drop | Disturbance::FullDisk { .. } | Disturbance::Lie { .. } => {
                held.cut(0);
            }
        }
        self.sandbox.wait(process)
    }

    /// Waits until the gateway has answered every request, whether anyone receives the answers or not.
    fn wait_for_answers(&self) -> Result<(), HarnessError> {
        self.sandbox.wait_until(WAIT_LIMIT, || Ok(!self.proxy.has_unanswered())).map(drop)
    }

    /// Waits for enough connections or the command's end, at most for [`WAIT_LIMIT`].
    fn wait_for_connections(
        &self,
        process: &mut Process,
        is_enough: impl Fn(ConnectionCounts) -> bool,
    ) -> Result<(), HarnessError> {
        let enough = || Ok(is_enough(self.proxy.connections()) || process.has_ended()?);
        self.sandbox.wait_until(WAIT_LIMIT, enough).map(drop)
    }

    fn waits_before_order(&self) -> bool {
        let impostor = matches!(self.scenario.disturbance, Disturbance::Impostor { .. });
        cfg!(debug_assertions) && impostor && self.scenario.command == ToolCommand::Canary
    }

    /// Replaces the gateway by another program between the canary's last list and its order. Returns whether the canary got
    /// that far.
    fn start_impostor_before_order(&mut self, process: &mut Process) -> Result<bool, HarnessError> {
        let Disturbance::Impostor { connections } = self.scenario.disturbance else {
            return Ok(false);
        };
        let reached = self.sandbox.file(REACHED);
        let decided = || Ok(reached.exists() || process.has_ended()?);
        self.sandbox.wait_until(COMMAND_LIMIT, decided)?;
        if !reached.exists() {
            return Ok(false);
        }
        self.start_impostor()?;
        self.proxy.close_connections();
        let reconnected = || Ok(self.proxy.connections() != ConnectionCounts::default());
        self.sandbox.wait_until(RECONNECT_LIMIT, reconnected)?;
        fs::remove_file(&reached).map_err(HarnessError::io("let the canary go on"))?;
        self.wait_for_impostor(process, connections)?;
        Ok(true)
    }

    /// Routes new connections to a program that takes every message for an order.
    fn start_impostor(&mut self) -> Result<(), HarnessError> {
        let arguments = ["--fault=foreign-ea-v5".to_owned()];
        let book = self.sandbox.file(IMPOSTOR_BOOK);
        let impostor = self.sandbox.start_gateway(&book, &arguments)?;
        self.proxy.route_to(Some(impostor.address));
        self.impostor = Some(impostor);
        Ok(())
    }

    /// Waits for that many connections to the impostor, and routes later ones to the gateway again.
    fn wait_for_impostor(
        &self,
        process: &mut Process,
        connections: u32,
    ) -> Result<(), HarnessError> {
        self.wait_for_connections(process, |counts| counts.accepted >= connections)?;
        self.proxy.route_to(self.gateway.as_ref().map(|gateway| gateway.address));
        Ok(())
    }

    /// On a full disk emergency-close has closed everything.
    fn check_full_disk(&mut self, result: &CommandResult) -> Result<(), HarnessError> {
        if !matches!(self.scenario.disturbance, Disturbance::FullDisk { .. })
            || self.scenario.command != ToolCommand::EmergencyClose
        {
            return Ok(());
        }
        let open = self.read_book()?.open.len();
        let violation = (open > 0 || result.exit_code != Some(0))
            .then(|| format!("{open} are open, {}", result.describe()));
        self.result.findings.record(Invariant::RiskIsReduced, violation);
        Ok(())
    }

    /// Restarts sync until it recovers. Returns whether it did.
    fn recover(&mut self) -> Result<bool, HarnessError> {
        if let Disturbance::KillTool { foreign_snapshot, flatten_first, .. } =
            self.scenario.disturbance
        {
            if foreign_snapshot {
                self.leave_foreign_snapshot()?;
            }
            if flatten_first {
                let result = self.sandbox.run(&["emergency-close", "--yes", "--deadline=6s"])?;
                self.result.findings.check_report(&result, &self.read_book()?);
            }
        }
        if matches!(self.scenario.disturbance, Disturbance::Lie { .. }) {
            // From now on the gateway is honest, so every further violation is the tool's.
            self.kill_gateway();
            self.start_gateway(false)?;
        }
        if let Some((held, after)) = self.delayed.take() {
            // This sync may see the book before the message arrives or after it, so its report isn't checked.
            let process = self.sandbox.start(&["sync"])?;
            self.sandbox.deps.clock.sleep(after)?;
            held.forward();
            self.sandbox.wait(process)?;
            self.wait_for_answers()?;
        }
        let mut last = String::new();
        for _ in 0..RESTARTS {
            let result = self.sandbox.run(&["sync"])?;
            self.result.findings.check_report(&result, &self.read_book()?);
            if result.exit_code == Some(0) && result.document["report"]["recovered"].is_u64() {
                self.result.findings.record(Invariant::Recovers, None);
                return Ok(true);
            }
            last = result.describe();
        }
        let violation = format!("{RESTARTS} syncs, and the last: {last}");
        self.result.findings.record(Invariant::Recovers, violation);
        Ok(false)
    }

    /// Rewrites the snapshot as another version of the tool would write it.
    fn leave_foreign_snapshot(&self) -> Result<(), HarnessError> {
        let store = self.sandbox.store();
        let failed = || HarnessError::io("rewrite the snapshot");
        let text = fs::read_to_string(store.path()).map_err(failed())?;
        fs::write(store.path(), text.replace(SCHEMA, "mt5crs.snapshot/2")).map_err(failed())
    }

    /// Compares everything that the round left with the book.
    fn check_final_state(&mut self) -> Result<(), HarnessError> {
        let book = self.read_book()?;
        if self.impostor.take().is_some() {
            let impostor = BrokerBook::read(&self.sandbox.file(IMPOSTOR_BOOK));
            self.result.findings.check_impostor(&impostor.map_err(HarnessError::other)?);
        }
        let canaries = usize::from(self.scenario.command == ToolCommand::Canary);
        self.result.findings.check_snapshot_is_the_books(&self.sandbox.store(), &book);
        self.result.findings.check_ledger(&book, canaries);
        self.result.findings.check_evidence(&self.sandbox.evidence(), &book);
        Ok(())
    }
}
