//! One simulated gateway, a clock that only moves when somebody sleeps, and a scratch directory.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use tempfile::TempDir;
use uuid::Uuid;

use crate::clock::{Clock, Deadline, ManualClock, StopToken};
use crate::evidence::Evidence;
use crate::failure::{Failure, FailureContext, HOST_SETTING};
use crate::guard::decision::{Rules, example};
use crate::link::client::{Client, Listener, ReadPolicy};
use crate::link::permit::ClosePermit;
use crate::link::target::{self, Allowed};
use crate::link::transport::LinkError;
use crate::ops::canary;
use crate::ops::emergency_close::{self, Plan};
use crate::ops::sync::{self, Observed, StateExpectations, checks};
use crate::proof::intents::Records;
use crate::report::{Check, Outcome, Status};
use crate::sim::{self, ExecutionKind, FaultSpec, InProcess};
use crate::units::{Magic, Money, Symbol};

/// For evidence that nobody else writes.
const PATIENCE: Duration = Duration::from_secs(1);
/// In virtual time.
const DEADLINE: Duration = Duration::from_secs(120);
/// How reads are tried again.
const POLICY: ReadPolicy =
    ReadPolicy { timeout: Duration::from_secs(3), attempts: 2, interval: Duration::from_secs(1) };
/// The endpoint that the records are of.
pub(super) const ENDPOINT: &str = "tcp://self-test:5555";

/// See the module.
pub(super) struct Bench {
    pub(super) clock: ManualClock,
    gateway: InProcess,
    directory: TempDir,
    allowed: Allowed,
    pub(super) run: Uuid,
}

struct Silent;

impl Listener for Silent {
    fn attempt_failed(&self, _: u32, _: &LinkError) {}
}

impl Bench {
    pub(super) fn new(
        faults: &[&str],
        positions: usize,
        scratch: &Path,
        now: Timestamp,
    ) -> Result<Self, String> {
        let faults: Result<Vec<FaultSpec>, _> = faults.iter().map(|fault| fault.parse()).collect();
        let faults = faults.map_err(|error| error.to_string())?;
        let clock = ManualClock::new(now);
        let options = sim::Options { positions, faults, ..sim::Options::default() };
        let gateway = InProcess::start(&options, Arc::new(clock.clone()));
        let directory = tempfile::Builder::new().prefix("mt5crs-self-test-").tempdir_in(scratch);
        // The simulated gateway runs in this process.
        let until = Deadline::after(&clock, DEADLINE);
        let here = target::resolve("127.0.0.1", 0, &clock, &StopToken::never(), until)
            .map_err(|error| error.to_string())?;
        let allowed = target::allow(&here, true).map_err(ToString::to_string)?;
        Ok(Self {
            clock,
            allowed,
            gateway: gateway.map_err(|error| error.to_string())?,
            directory: directory.map_err(|error| format!("no scratch directory: {error}"))?,
            run: Uuid::new_v4(),
        })
    }

    pub(super) fn state(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn evidence(&self) -> Evidence {
        Evidence::at(self.state().to_owned())
    }

    pub(super) fn records<'e>(&self, evidence: &'e Evidence) -> Records<'e> {
        Records { evidence, run: self.run, patience: PATIENCE }
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(&self.clock, DEADLINE)
    }

    pub(super) fn client(&self) -> Client<'_> {
        Client::new(&self.gateway, &self.clock, POLICY, self.deadline(), &Silent)
    }

    /// How many orders opened and closed something, by the simulator's ledger. Whatever else traded is an error.
    pub(super) fn executed(&self) -> Result<(usize, usize), String> {
        let ledger = self.gateway.ledger().map_err(|error| error.to_string())?;
        let count = |kind| ledger.iter().filter(|entry| entry.kind == kind).count();
        let (opened, closed) = (count(ExecutionKind::Open), count(ExecutionKind::Close));
        match ledger.len() - opened - closed {
            0 => Ok((opened, closed)),
            others => Err(format!("{others} executions that nobody asked for")),
        }
    }

    pub(super) fn judging(&self) -> StateExpectations {
        StateExpectations {
            expected: checks::Expected::default(),
            credit: no_money(),
            skew_warn: Duration::from_secs(1),
        }
    }

    pub(super) fn names(&self) -> FailureContext {
        FailureContext {
            verb: "self-test",
            endpoint: ENDPOINT.to_owned(),
            port: 5555,
            host_setting: HOST_SETTING.to_owned(),
            security_group: None,
        }
    }

    /// Account and lists as `sync` reads and judges them.
    pub(super) fn observe(&self) -> Result<(Observed, Vec<Check>), String> {
        let mut observed = Observed::default();
        sync::observe(&mut self.client(), Magic(202_401), &mut observed)
            .map_err(|error| error.to_string())?;
        let checks = checks::judge(&observed, &self.judging());
        Ok((observed, checks))
    }

    /// Of sync's checks one that must fail; says with what.
    pub(super) fn fails(&self, name: &str) -> Result<String, String> {
        let (_, checks) = self.observe()?;
        let check = checks.into_iter().find(|check| check.name == name);
        match check {
            Some(check) if check.status == Status::Fail => Ok(check.found),
            Some(check) => Err(format!("{name} is {:?}: {}", check.status, check.found)),
            None => Err(format!("no check is called {name}")),
        }
    }

    /// The whole canary.
    pub(super) fn canary(&self) -> Outcome<canary::Report> {
        let evidence = self.evidence();
        let options = canary::Options {
            symbol: Symbol::new("EURUSD"),
            max_lot: Decimal::new(1, 2),
            coefficient: Decimal::new(1, 1),
            magic: Magic(202_401),
            beside_open: true,
            keep_open: false,
            monitor: None,
            resume: false,
            closing: DEADLINE,
            reads: POLICY,
            dry_run: false,
            decision: Ok(example(self.clock.now())),
            rules: Rules { expected_hash: None, report: None, max_age: DEADLINE },
            breaker: self.state().join("kill_switch.lock"),
            latency_limit: Duration::from_millis(100),
            signature_ttl: Duration::from_secs(5),
            settle: Duration::from_secs(10),
            order_timeout: Duration::from_secs(2),
            expectations: self.judging(),
            profile: None,
            failure_context: self.names(),
        };
        let mut deps = canary::Deps {
            clock: &self.clock,
            deadline: self.deadline(),
            records: self.records(&evidence),
            permit: &|identity| ClosePermit::new(self.allowed, identity),
            confirm: &mut |_| Ok(()),
            stop: &StopToken::never(),
            hand_over: &|| false,
            observe: &mut |_| {},
            kill_point: &|_| {},
        };
        canary::run(&mut self.client(), &options, &mut deps)
    }

    fn closing(&self, magic: Option<Magic>) -> emergency_close::Options {
        emergency_close::Options {
            symbols: Vec::new(),
            tickets: Vec::new(),
            magic,
            window: 8,
            rounds: 2,
            order_timeout: Duration::from_secs(2),
            credit: no_money(),
            failure_context: self.names(),
        }
    }

    /// What emergency-close would close.
    pub(super) fn plan(&self, magic: Option<Magic>) -> Result<Plan, Failure> {
        emergency_close::plan(&mut self.client(), &self.closing(magic))
    }

    /// Everything is closed.
    pub(super) fn flatten(&self) -> Result<emergency_close::Report, String> {
        let options = self.closing(None);
        let plan = self.plan(None).map_err(|failure| failure.message().to_owned())?;
        let mut deps = emergency_close::Deps {
            clock: &self.clock,
            deadline: self.deadline(),
            permit: &|identity| ClosePermit::new(self.allowed, identity),
            record: &mut |_| {},
            progress: &|_, _| {},
        };
        let outcome = emergency_close::run(&mut self.client(), &options, plan, &mut deps);
        outcome.report.ok_or_else(|| "there is no report".to_owned())
    }
}

fn no_money() -> Money {
    Money::from(Decimal::ZERO)
}
