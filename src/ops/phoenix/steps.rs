//! The deployment guide's five steps (its step 6 names them), each with real processes.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::invariants::Findings;
use super::sandbox::{Deps, Sandbox};
use crate::check::Status;
use crate::clock::Stopped;
use crate::failure::cause_of;
use crate::harness::HarnessError;
use crate::harness::broker::BrokerBook;
use crate::harness::proxy::{Direction, Proxy, Trigger};

/// Positions of the steps' own book.
const POSITIONS: usize = 5;

/// One of the five steps.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Step {
    /// From 1 to 5.
    pub number: u32,
    /// The step's title in the guide.
    pub name: &'static str,
    /// Its result.
    pub status: Status,
    /// The observation behind the result.
    pub found: String,
}

const NAMES: [&str; 5] = [
    "The tool itself starts",
    "Clean state",
    "A simulated gateway with virtual positions",
    "State recovery",
    "Crash and recovery",
];

/// Runs the steps in order. Steps behind a failed one are not reached.
pub(super) fn run(deps: Deps<'_>, scratch: &Path) -> Result<Vec<Step>, Stopped> {
    let mut found = vec![];
    let failed = match run_until_failure(deps, scratch, &mut found) {
        Ok(()) => None,
        Err(HarnessError::Stopped(stopped)) => return Err(stopped),
        Err(error) => Some(cause_of(&error)),
    };
    let passed = found.into_iter().map(|found| (Status::Pass, found));
    let failed = failed.into_iter().map(|found| (Status::Fail, found));
    let rest = std::iter::repeat((Status::NotReached, "not reached".to_owned()));
    let all = NAMES.into_iter().zip(1..).zip(passed.chain(failed).chain(rest));
    let step = |((name, number), (status, found))| Step { number, name, status, found };
    Ok(all.map(step).collect())
}

fn run_until_failure(
    deps: Deps<'_>,
    scratch: &Path,
    found: &mut Vec<String>,
) -> Result<(), HarnessError> {
    let proxy = Proxy::start(None).map_err(HarnessError::io("listen on loopback"))?;
    let sandbox = Sandbox::create(deps, scratch.join("steps"), proxy.address())?;

    let result = sandbox.run(&["schema", "sync"])?;
    let starts = result.exit_code == Some(0) && result.document.is_object();
    ensure(starts, || result.describe())?;
    found.push(format!("{} runs", deps.tool.display()));

    let result = sandbox.run(&["evidence", "verify"])?;
    let is_empty = result.document["report"]["records"] == 0 && !sandbox.state().exists();
    let is_clean = result.exit_code == Some(0) && is_empty;
    ensure(is_clean, || format!("it is not clean: {}", result.describe()))?;
    found.push("no record and no snapshot".to_owned());

    let book = sandbox.file("book.jsonl");
    let arguments = [format!("--positions={POSITIONS}")];
    let gateway = sandbox.start_gateway(&book, &arguments)?;
    proxy.route_to(Some(gateway.address));
    let result = sandbox.run(&["positions"])?;
    let listed = result.document["report"]["listed"].as_u64();
    ensure(listed == Some(POSITIONS as u64), || result.describe())?;
    found.push(format!("process on {}, {POSITIONS} positions listed", gateway.address));

    ensure_recovery(&sandbox, &book)?;
    found.push(format!("{POSITIONS} positions recovered, the snapshot is the book's"));

    let trigger = Trigger { action: "GET_POSITIONS", nth: 1, direction: Direction::Reply };
    let messages = proxy.hold_at(trigger);
    let mut process = sandbox.start(&["sync"])?;
    let Some(held) = sandbox.wait_for_message(&messages, &mut process)? else {
        return Err(HarnessError::other("a sync ended before it could be killed"));
    };
    let killed = sandbox.kill(process)?;
    proxy.route_to(None);
    drop(gateway);
    held.cut(0);
    ensure(killed.signal == Some(9), || format!("it was not killed: {}", killed.describe()))?;
    let gateway = sandbox.start_gateway(&book, &arguments)?;
    proxy.route_to(Some(gateway.address));
    ensure_recovery(&sandbox, &book)?;
    found.push(
        "sync and gateway killed at the reply to GET_POSITIONS; both back, all recovered"
            .to_owned(),
    );
    Ok(())
}

/// Runs a sync, which must recover exactly the book's positions.
fn ensure_recovery(sandbox: &Sandbox<'_>, book: &Path) -> Result<(), HarnessError> {
    let result = sandbox.run(&["sync"])?;
    ensure(result.exit_code == Some(0), || result.describe())?;
    let book = BrokerBook::read(book).map_err(HarnessError::other)?;
    let mut findings = Findings::default();
    findings.check_report(&result, &book);
    findings.check_snapshot_is_the_books(&sandbox.store(), &book);
    match findings.violated.first() {
        None => Ok(()),
        Some((invariant, why)) => {
            Err(HarnessError::Other(format!("violated: {}: {why}", invariant.meaning())))
        }
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), HarnessError> {
    if holds { Ok(()) } else { Err(HarnessError::Other(otherwise())) }
}
