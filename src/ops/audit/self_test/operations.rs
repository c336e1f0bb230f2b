//! The operations under test, each with its options.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::CaseResult;
use crate::check::{Check, Status};
use crate::clock::{Clock as _, Deadline, StopToken};
use crate::evidence::Evidence;
use crate::evidence::outcome::CloseOutcome;
use crate::exit::Exit;
use crate::failure::{Failure, FailureContext};
use crate::harness::virtual_gateway::VirtualGateway;
use crate::harness::{self, HarnessError};
use crate::link::{Client, ReadPolicy};
use crate::ops::canary::{self, OrderReport};
use crate::ops::emergency_close::{self, Plan};
use crate::ops::sync::snapshot::Store;
use crate::ops::sync::{self, Observed, StateExpectations, checks};
use crate::os::{ScratchDirectory, scratch_directory};
use crate::proof::intents::Records;
use crate::report::Outcome;
use crate::sim::ExecutionKind;
use crate::units::{Magic, Symbol};

/// Limit of one operation, in virtual time.
const LIMIT: Duration = Duration::from_secs(120);
const READS: ReadPolicy =
    ReadPolicy { timeout: Duration::from_secs(3), attempts: 2, interval: Duration::from_secs(1) };
/// The endpoint in the records.
pub(super) const ENDPOINT: &str = "tcp://self-test:5555";
pub(super) const MAGIC: Magic = Magic(202_401);

/// One case's gateway and its state directory.
pub(super) struct Trial {
    pub(super) gateway: VirtualGateway,
    state: ScratchDirectory,
}

/// A canary that sent its order.
pub(super) struct CanaryRun {
    pub(super) order: OrderReport,
    pub(super) close: Option<CloseOutcome>,
    pub(super) exit: Exit,
    /// The executions, by the simulator's ledger.
    pub(super) executed: Vec<ExecutionKind>,
}

impl Trial {
    pub(super) fn start(
        positions: usize,
        faults: &[&str],
        scratch: &Path,
        now: Timestamp,
    ) -> Result<Self, HarnessError> {
        let gateway = VirtualGateway::start(positions, faults, now)?;
        let state = scratch_directory("mt5crs-self-test-", scratch);
        let state = state.map_err(HarnessError::io("create a scratch directory"))?;
        Ok(Self { gateway, state })
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(&self.gateway.clock, LIMIT)
    }

    pub(super) fn client(&self) -> Client<'_> {
        self.gateway.client(READS, self.deadline())
    }

    pub(super) fn evidence(&self) -> Evidence {
        Evidence::at(self.state.path().to_owned())
    }

    /// Account and positions as `sync` reads and judges them.
    pub(super) fn observe(&self) -> Result<(Observed, Vec<Check>), Box<dyn Error>> {
        let mut observed = Observed::default();
        let expectations = StateExpectations::any();
        sync::observe(&mut self.client(), MAGIC, &expectations.credit, &mut observed)?;
        let checks = checks::judge(&observed, &expectations);
        Ok((observed, checks))
    }

    /// Expects that this check of sync fails, and that its text contains `words`.
    pub(super) fn failed_check(&self, name: &str, words: &str) -> CaseResult {
        let (_, checks) = self.observe()?;
        let check = checks.into_iter().find(|check| check.name == name);
        let check = check.ok_or_else(|| format!("there is no check {name}"))?;
        if check.status == Status::Fail && check.found.contains(words) {
            return Ok(check.found);
        }
        Err(format!("{name} is {:?}: {}", check.status, check.found).into())
    }

    pub(super) fn sync(&self, records: &Records<'_>) -> Result<sync::Report, Box<dyn Error>> {
        let options = sync::Options {
            magic: MAGIC,
            expectations: StateExpectations::any(),
            store: Store::new(self.state.path().to_owned()),
            deadline: self.deadline(),
            failure_context: failure_context(),
        };
        let clock = &self.gateway.clock;
        let outcome = sync::run(&mut self.client(), &options, records, clock);
        Ok(outcome.report.ok_or_else(|| words(outcome.failure))?)
    }

    /// Runs a whole canary, and expects this of it.
    pub(super) fn canary(&self, holds: impl Fn(&CanaryRun) -> bool) -> CaseResult {
        let clock = &self.gateway.clock;
        let options = canary::Options {
            symbol: Symbol::new("EURUSD"),
            beside_open: true,
            reads: READS,
            failure_context: failure_context(),
            ..canary::Options::example(clock.now(), self.state.path())
        };
        let evidence = self.evidence();
        let mut deps = canary::Deps {
            clock,
            deadline: self.deadline(),
            records: records(&evidence),
            permit: &|identity| self.gateway.permit_close(identity),
            confirm: &mut |_| Ok(()),
            stop: &StopToken::never(),
            hand_over: &|| false,
            keep_on_stop: &|| false,
            observe: &mut |_| {},
            kill_point: &|_| {},
        };
        let Outcome { report, exit, failure, .. } =
            canary::run(&mut self.client(), &options, &mut deps);
        let why = words(failure);
        let report = report.ok_or(why.clone())?;
        let (order, executed) = (report.order.ok_or(why)?, self.gateway.executed()?);
        let found = format!("{}; {}; ledger: {executed:?}", order.said, order.why);
        let close = report.close.map(|close| close.result);
        expect(holds(&CanaryRun { order, close, exit, executed }), found)
    }

    /// The plan of emergency-close.
    pub(super) fn plan_close(&self, magic: Option<Magic>) -> Result<Plan, Failure> {
        emergency_close::plan(&mut self.client(), &close_options(magic))
    }

    /// Closes everything.
    pub(super) fn flatten(&self) -> Result<emergency_close::Report, Box<dyn Error>> {
        let plan = self.plan_close(None).map_err(|failure| words(Some(failure)))?;
        let mut deps = emergency_close::Deps {
            clock: &self.gateway.clock,
            deadline: self.deadline(),
            permit: &|identity| self.gateway.permit_close(identity),
            record: &mut |_| {},
            progress: &|_, _| {},
        };
        let options = close_options(None);
        let outcome = emergency_close::run(&mut self.client(), &options, plan, &mut deps);
        Ok(outcome.report.ok_or_else(|| words(outcome.failure))?)
    }
}

/// Passes with `found` where the expectation holds, and fails with it otherwise.
pub(super) fn expect(holds: bool, found: String) -> CaseResult {
    if holds { Ok(found) } else { Err(found.into()) }
}

/// A new run's records.
pub(super) fn records(evidence: &Evidence) -> Records<'_> {
    Records { evidence, run: Uuid::new_v4(), patience: harness::APPEND_TIMEOUT }
}

/// A failure's message with its causes.
fn words(failure: Option<Failure>) -> String {
    failure.map_or("there is no result".to_owned(), |failure| {
        [&[failure.message().to_owned()], failure.causes()].concat().join(": ")
    })
}

fn close_options(magic: Option<Magic>) -> emergency_close::Options {
    emergency_close::Options {
        magic,
        failure_context: failure_context(),
        ..emergency_close::Options::example()
    }
}

fn failure_context() -> FailureContext {
    FailureContext::simulated("self-test", ENDPOINT)
}
