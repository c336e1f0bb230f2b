//! One round: set the stage, disturb a command in the middle, restart, and hold everything against the book.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::draw::{Blow, Client, Draw};
use super::invariants::{Book, Findings, Invariant};
use super::power;
use super::stage::{Conditions, Deps, Ended, Gateway, LOOK, Process, REACHED, Stage, Trouble};
use super::wire::{Held, Order, Wire};
use crate::clock::Deadline;
use crate::evidence::EvidenceError;
use crate::evidence::body::{Begin, EmergencyIntent};
use crate::ops::sync::snapshot::SCHEMA;
use crate::units::Ticket;

/// So many tickets fill a record past what the disk must have room for before an order.
const BALLAST_TICKETS: i64 = 28_000;
/// A limit on file sizes counts in these.
const BLOCK: u64 = 512;
/// Restarted so often, a sync must have recovered.
const RESTARTS: u32 = 5;
/// The book of the program that takes the gateway's port.
const IMPOSTOR: &str = "impostor.jsonl";
/// A socket that connects anew by itself does so within this.
const RECONNECT_TIME: Duration = Duration::from_millis(60);
/// How long a connection that nobody opens any more is waited for.
const VISIT_TIME: Duration = Duration::from_millis(1500);

/// How a round went.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) findings: Findings,
    /// From the blow to the end of the first sync that recovered.
    pub(super) recovery: Option<Duration>,
    /// Whether the moment came.
    pub(super) struck: bool,
    /// What executed at the broker, in order.
    pub(super) executed: Vec<String>,
}

/// Plays it in that directory, which is left there.
pub(super) fn play(draw: &Draw, directory: &Path, deps: Deps<'_>) -> Result<Played, Trouble> {
    let wire = Wire::to(None).map_err(Trouble::io("listen on loopback"))?;
    let stage = Stage::set(deps, directory.to_owned(), wire.address())?;
    let book = stage.file("book.jsonl");
    let mut round = Round {
        draw,
        gateway: None,
        impostor: None,
        book,
        wire,
        stage,
        findings: Findings::default(),
        struck: true,
        canaries: usize::from(draw.client == Client::Canary),
    };
    round.gateway_up(true)?;
    round.prepare()?;
    let (began, late) = round.disturb()?;
    let recovered = round.recover(late)?;
    let recovery = recovered.then(|| deps.clock.monotonic().saturating_sub(began));
    round.judge()?;
    let executed = round.book()?.ledger.iter().map(|entry| format!("{:?}", entry.kind)).collect();
    Ok(Played { findings: round.findings, recovery, struck: round.struck, executed })
}

struct Round<'r> {
    draw: &'r Draw,
    gateway: Option<Gateway>,
    impostor: Option<Gateway>,
    book: PathBuf,
    wire: Wire,
    stage: Stage<'r>,
    findings: Findings,
    struck: bool,
    canaries: usize,
}

/// A message that arrives only after the tool was restarted.
type Late = Option<(Held, Duration)>;

impl Round<'_> {
    fn book(&self) -> Result<Book, Trouble> {
        Book::read(&self.book).map_err(|error| Trouble::Other(error.to_string()))
    }

    /// Starts the gateway on its book; at first it may lie.
    fn gateway_up(&mut self, first: bool) -> Result<(), Trouble> {
        let mut arguments = vec![
            format!("--positions={}", self.draw.positions),
            format!("--seed={}", self.draw.seed),
        ];
        if let (true, Blow::Lie { fault }) = (first, &self.draw.blow) {
            arguments.push(format!("--fault={fault}"));
        }
        let gateway = self.stage.gateway(&self.book, &arguments)?;
        self.wire.lead_to(Some(gateway.address));
        self.gateway = Some(gateway);
        Ok(())
    }

    fn gateway_down(&mut self) {
        self.wire.lead_to(None);
        if let Some(gateway) = self.gateway.take() {
            gateway.kill();
        }
    }

    /// What must be there before the blow: a snapshot to lose, or a disk that is nearly full.
    fn prepare(&mut self) -> Result<(), Trouble> {
        if self.draw.client == Client::Sync || matches!(self.draw.blow, Blow::PowerCut { .. }) {
            let ended = self.stage.run(&["sync"])?;
            if ended.code != Some(0) {
                let why = format!("a sync before anything happened failed, {}", ended.describe());
                return Err(Trouble::Other(why));
            }
        }
        if self.fills_evidence() {
            self.ballast().map_err(|error| Trouble::Other(error.to_string()))?;
        }
        Ok(())
    }

    /// A canary looks for room before it trades, so for it the disk fills behind records that are long already.
    fn fills_evidence(&self) -> bool {
        matches!(self.draw.blow, Blow::FullDisk { .. }) && self.draw.client == Client::Canary
    }

    fn ballast(&self) -> Result<(), EvidenceError> {
        let (evidence, run) = (self.stage.evidence(), Uuid::from_u64_pair(0, self.draw.seed));
        let patience = Duration::from_secs(1);
        let begin = Begin {
            endpoint: format!("tcp://{}", self.wire.address()),
            profile: None,
            currency: Some("USD".to_owned()),
            login: None,
            server: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let clock = self.stage.deps.clock;
        evidence.begin(run, clock, begin, patience)?;
        let tickets = (1..=BALLAST_TICKETS).map(|ticket| Ticket(700_000_000 + ticket)).collect();
        let ballast = EmergencyIntent { round: 1, tickets };
        evidence.append(run, clock, &ballast.into(), patience).map(drop)
    }

    fn limit(&self) -> Result<Option<u64>, Trouble> {
        let Blow::FullDisk { blocks } = self.draw.blow else { return Ok(None) };
        if !self.fills_evidence() {
            return Ok(Some(blocks));
        }
        let there = fs::metadata(self.stage.evidence().path())
            .map_err(Trouble::io("look at the evidence"))?;
        Ok(Some(there.len() / BLOCK + blocks))
    }

    /// Starts the command and strikes. Answers when, and the message that is still on its way.
    fn disturb(&mut self) -> Result<(Duration, Late), Trouble> {
        // Between the last list and the order there is no message to be held at, but a point in a build for tests.
        let waits_at = self.waits_before_order().then_some("before-intent");
        let moment = self.draw.moment.filter(|_| waits_at.is_none());
        let held = moment.map(|moment| self.wire.hold_at(moment));
        let arguments: &[&str] = match self.draw.client {
            Client::Sync => &["sync"],
            Client::Canary => &["canary", "--yes", "--beside-open", "--deadline=6s"],
            Client::EmergencyClose => &["emergency-close", "--yes", "--deadline=6s"],
        };
        let conditions = Conditions { blocks: self.limit()?, waits_at };
        let mut process = self.stage.start_so(arguments, &conditions)?;
        let clock = self.stage.deps.clock;
        let held = match held {
            None => None,
            Some(held) => self.stage.wait_for(&held, &mut process)?,
        };
        let began = clock.monotonic();
        if held.is_none() && moment.is_some() {
            self.struck = false;
        }
        if waits_at.is_some() {
            self.struck = self.impostor_before_order(&mut process)?;
        }
        let mut late = None;
        let ended = match (held, &self.draw.blow) {
            (None, _) => self.stage.ended(process)?,
            (Some(held), Blow::KillTool { delivered_after_ms, .. }) => {
                let ended = self.stage.killed(process)?;
                match delivered_after_ms {
                    None => held.give(Order::Cut { permille: 0 }),
                    Some(0) => held.give(Order::Pass),
                    Some(ms) => late = Some((held, Duration::from_millis(*ms))),
                }
                ended
            }
            (Some(held), Blow::PowerCut { delivered }) => {
                let ended = self.stage.killed(process)?;
                held.give(if *delivered { Order::Pass } else { Order::Cut { permille: 0 } });
                power::cut(&self.stage.state(), &self.stage.flush_notes())
                    .map_err(Trouble::io("play a power cut"))?;
                ended
            }
            (Some(held), Blow::KillGateway { turned_away }) => {
                self.gateway_down();
                held.give(Order::Cut { permille: 0 });
                self.visited(&mut process, |(away, _)| away >= *turned_away)?;
                self.gateway_up(false)?;
                self.stage.ended(process)?
            }
            (Some(held), Blow::Delay { ms }) => {
                clock.sleep(Duration::from_millis(*ms))?;
                held.give(Order::Pass);
                self.stage.ended(process)?
            }
            (Some(held), Blow::CutReply { permille }) => {
                held.give(Order::Cut { permille: *permille });
                self.stage.ended(process)?
            }
            (Some(held), Blow::Impostor { .. }) => {
                self.impostor(held, &mut process)?;
                self.stage.ended(process)?
            }
            (Some(held), Blow::Drop | Blow::FullDisk { .. } | Blow::Lie { .. }) => {
                held.give(Order::Cut { permille: 0 });
                self.stage.ended(process)?
            }
        };
        self.wire.disarm();
        self.answered()?;
        self.findings.snapshot_whole(&self.stage.store());
        self.findings.report(&ended, &self.book()?);
        self.full_disk(&ended)?;
        Ok((began, late))
    }

    /// Waits until the gateway has answered everything that reached it, whether anybody hears it or not.
    fn answered(&self) -> Result<(), Trouble> {
        let clock = self.stage.deps.clock;
        let until = Deadline::after(clock, VISIT_TIME);
        while self.wire.is_busy() && !until.is_past(clock) {
            clock.sleep(LOOK)?;
        }
        Ok(())
    }

    /// Waits for connections, until the command has ended or makes none any more.
    fn visited(
        &self,
        process: &mut Process,
        enough: impl Fn((u32, u32)) -> bool,
    ) -> Result<(), Trouble> {
        let clock = self.stage.deps.clock;
        let until = Deadline::after(clock, VISIT_TIME);
        while !enough(self.wire.visits()) && process.poll()?.is_none() && !until.is_past(clock) {
            clock.sleep(LOOK)?;
        }
        Ok(())
    }

    fn waits_before_order(&self) -> bool {
        let impostor = matches!(self.draw.blow, Blow::Impostor { .. });
        cfg!(debug_assertions) && impostor && self.draw.client == Client::Canary
    }

    /// The canary has listed and not yet ordered: the gateway goes, and another program has its port. Answers whether
    /// the canary came so far.
    fn impostor_before_order(&mut self, process: &mut Process) -> Result<bool, Trouble> {
        let clock = self.stage.deps.clock;
        let reached = self.stage.file(REACHED);
        while !reached.exists() {
            if process.poll()?.is_some() {
                return Ok(false);
            }
            clock.sleep(LOOK)?;
        }
        self.impostor_up()?;
        self.wire.cut();
        let until = Deadline::after(clock, RECONNECT_TIME);
        while self.wire.visits() == (0, 0) && !until.is_past(clock) {
            clock.sleep(LOOK)?;
        }
        fs::remove_file(&reached).map_err(Trouble::io("let the canary go on"))?;
        self.impostor_visited(process)?;
        Ok(true)
    }

    /// The gateway answers once more, and then another program has its port for a while.
    fn impostor(&mut self, held: Held, process: &mut Process) -> Result<(), Trouble> {
        self.impostor_up()?;
        held.give(Order::Cut { permille: 1000 });
        self.impostor_visited(process)
    }

    fn impostor_up(&mut self) -> Result<(), Trouble> {
        let arguments = ["--fault=foreign-ea-v5".to_owned()];
        let impostor = self.stage.gateway(&self.stage.file(IMPOSTOR), &arguments)?;
        self.wire.lead_to(Some(impostor.address));
        self.impostor = Some(impostor);
        Ok(())
    }

    /// Waits until it was connected to as often as was drawn.
    fn impostor_visited(&self, process: &mut Process) -> Result<(), Trouble> {
        let Blow::Impostor { visits } = self.draw.blow else { return Ok(()) };
        self.visited(process, |(_, connected)| connected >= visits)?;
        // Connections that reached it stay with it.
        self.wire.lead_to(self.gateway.as_ref().map(|gateway| gateway.address));
        Ok(())
    }

    /// Nothing can be written: no order, and no risk left.
    fn full_disk(&mut self, ended: &Ended) -> Result<(), Trouble> {
        if !matches!(self.draw.blow, Blow::FullDisk { .. })
            || self.draw.client != Client::EmergencyClose
        {
            return Ok(());
        }
        let open = self.book()?.open.len();
        let against = (open > 0 || ended.code != Some(0))
            .then(|| format!("{open} are open, {}", ended.describe()));
        self.findings.look(Invariant::RiskIsReduced, against);
        Ok(())
    }

    /// Restarts until a sync recovers.
    fn recover(&mut self, late: Late) -> Result<bool, Trouble> {
        if let Blow::KillTool { foreign_snapshot, flatten_first, .. } = self.draw.blow {
            if foreign_snapshot {
                self.leave_foreign_snapshot()?;
            }
            if flatten_first {
                let ended = self.stage.run(&["emergency-close", "--yes", "--deadline=6s"])?;
                self.findings.report(&ended, &self.book()?);
            }
        }
        if matches!(self.draw.blow, Blow::Lie { .. }) {
            // A gateway that was mended, so that what remains is the tool's doing.
            self.gateway_down();
            self.gateway_up(false)?;
        }
        let mut last = None;
        if let Some((held, after)) = late {
            // This one sees the book as it is before the message arrives, or after: its word counts for neither.
            let process = self.stage.start(&["sync"])?;
            self.stage.deps.clock.sleep(after)?;
            held.give(Order::Pass);
            self.stage.ended(process)?;
            self.answered()?;
        }
        for _ in 0..RESTARTS {
            let ended = self.stage.run(&["sync"])?;
            self.findings.report(&ended, &self.book()?);
            if ended.code == Some(0) && ended.document["report"]["recovered"].is_u64() {
                self.findings.look(Invariant::Recovers, None);
                return Ok(true);
            }
            last = Some(ended);
        }
        let why = last.map(|ended| ended.describe()).unwrap_or_default();
        self.findings.look(Invariant::Recovers, format!("{RESTARTS} syncs, and the last: {why}"));
        Ok(false)
    }

    /// As another version would have written it.
    fn leave_foreign_snapshot(&self) -> Result<(), Trouble> {
        let store = self.stage.store();
        let failed = || Trouble::io("rewrite the snapshot");
        let text = fs::read_to_string(store.path()).map_err(failed())?;
        fs::write(store.path(), text.replace(SCHEMA, "mt5crs.snapshot/2")).map_err(failed())
    }

    /// Everything that is left, against the book.
    fn judge(&mut self) -> Result<(), Trouble> {
        let book = self.book()?;
        if self.impostor.take().is_some() {
            let impostor = Book::read(&self.stage.file(IMPOSTOR));
            let impostor = impostor.map_err(|error| Trouble::Other(error.to_string()))?;
            self.findings.strangers(&impostor);
        }
        self.findings.snapshot_is_the_books(&self.stage.store(), &book);
        self.findings.ledger(&book, self.canaries);
        self.findings.evidence(&self.stage.evidence(), &book);
        Ok(())
    }
}
