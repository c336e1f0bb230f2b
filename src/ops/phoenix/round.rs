//! One round: prepares a sandbox, lets a disturbance strike, restarts, and checks every invariant.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::disturbance::{Disturbance, NotPlayed};
use super::invariants::{Findings, Invariant};
use super::sandbox::{Deps, Sandbox};
use super::scenario::{Scenario, ToolCommand};
use crate::evidence::EvidenceError;
use crate::evidence::body::EmergencyIntent;
use crate::harness::broker::BrokerBook;
use crate::harness::process::GatewayProcess;
use crate::harness::proxy::{HeldMessage, Proxy};
use crate::harness::{self, HarnessError};
use crate::ops::sync::snapshot::SCHEMA;
use crate::units::Ticket;

/// Tickets of the filler record: enough for it to exceed the room that an order needs on the disk.
const FILLER_TICKETS: i64 = 28_000;
/// The unit of a file size limit, in bytes.
pub(super) const BLOCK: u64 = 512;
/// One of this many restarted syncs must recover.
const RESTARTS: u32 = 5;
/// The book of the program on the gateway's port.
pub(super) const IMPOSTOR_BOOK: &str = "impostor.jsonl";
/// Result of a round.
#[derive(Debug)]
pub(super) struct RoundResult {
    pub(super) findings: Findings,
    /// From the disturbance to the end of the first sync that recovered.
    pub(super) recovery: Option<Duration>,
    /// Why the disturbance did not strike; `None` if it did.
    pub(super) not_played: Option<NotPlayed>,
    /// The executions at the broker, in order.
    pub(super) executed: Vec<String>,
}

impl RoundResult {
    /// The result before anything was checked.
    pub(super) fn new() -> Self {
        Self { findings: Findings::default(), recovery: None, not_played: None, executed: vec![] }
    }

    /// The result of a round that could not be run.
    pub(super) fn not_run() -> Self {
        Self { not_played: Some(NotPlayed::RoundFailed), ..Self::new() }
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

/// A round that is being played.
pub(super) struct Round<'r> {
    pub(super) scenario: &'r Scenario,
    pub(super) gateway: Option<GatewayProcess>,
    pub(super) impostor: Option<GatewayProcess>,
    book: PathBuf,
    pub(super) proxy: Proxy,
    pub(super) sandbox: Sandbox<'r>,
    /// A message that is delivered only after the tool was restarted, and how long after.
    pub(super) delayed: Option<(HeldMessage, Duration)>,
    pub(super) result: RoundResult,
}

impl Round<'_> {
    pub(super) fn read_book(&self) -> Result<BrokerBook, HarnessError> {
        BrokerBook::read(&self.book).map_err(HarnessError::other)
    }

    /// Starts the gateway on its book. Only the first one has the fault of a `Lie`.
    pub(super) fn start_gateway(&mut self, first: bool) -> Result<(), HarnessError> {
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

    pub(super) fn kill_gateway(&mut self) {
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

    /// The largest file that the tool may write, in blocks: evidence that is long already leaves this much room.
    pub(super) fn file_blocks(&self, room: u64) -> Result<u64, HarnessError> {
        if !self.fills_evidence() {
            return Ok(room);
        }
        let evidence = fs::metadata(self.sandbox.evidence().path())
            .map_err(HarnessError::io("look at the evidence"))?;
        Ok(evidence.len() / BLOCK + room)
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
