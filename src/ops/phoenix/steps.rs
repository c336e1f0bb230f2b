//! The deployment guide's five steps, each of them real (its step 6 names them).

use std::error::Error as _;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::draw::{Edge, Moment};
use super::invariants::{Book, Findings};
use super::stage::{Deps, Ended, Stage, Trouble};
use super::wire::{Order, Wire};
use crate::clock::Stopped;
use crate::report::Status;
use crate::sim::JournalError;

/// Positions of the steps' own book.
const POSITIONS: usize = 5;

/// One of the five steps.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Step {
    /// From 1 to 5.
    pub number: u32,
    /// What it does.
    pub name: &'static str,
    /// How it ended.
    pub status: Status,
    /// What was found.
    pub found: String,
}

const NAMES: [&str; 5] = [
    "The tool itself starts",
    "Clean state",
    "A simulated gateway with virtual positions",
    "State recovery",
    "Crash and recovery",
];

/// Takes the steps in order; those after one that failed are not reached.
pub(super) fn take(deps: Deps<'_>, scratch: &Path) -> Result<Vec<Step>, Stopped> {
    let mut found = vec![];
    let ended = climb(deps, scratch, &mut found);
    let failed = match ended {
        Ok(()) => None,
        Err(Trouble::Stopped(stopped)) => return Err(stopped),
        Err(trouble) => Some(words(&trouble)),
    };
    let passed = found.into_iter().map(|found| (Status::Pass, found));
    let failed = failed.into_iter().map(|found| (Status::Fail, found));
    let rest = std::iter::repeat((Status::NotReached, "not reached".to_owned()));
    let all = NAMES.into_iter().zip(1..).zip(passed.chain(failed).chain(rest));
    let step = |((name, number), (status, found))| Step { number, name, status, found };
    Ok(all.map(step).collect())
}

/// What went wrong, causes included.
pub(super) fn words(trouble: &Trouble) -> String {
    match trouble.source() {
        Some(source) => format!("{trouble}: {source}"),
        None => trouble.to_string(),
    }
}

fn climb(deps: Deps<'_>, scratch: &Path, found: &mut Vec<String>) -> Result<(), Trouble> {
    let wire = Wire::to(None).map_err(Trouble::io("listen on loopback"))?;
    let stage = Stage::set(deps, scratch.join("steps"), wire.address())?;

    let ended = stage.run(&["schema", "sync"])?;
    must(ended.code == Some(0) && ended.document.is_object(), || ended.describe())?;
    found.push(format!("{} runs", deps.tool.display()));

    let ended = stage.run(&["evidence", "verify"])?;
    let nothing = ended.document["report"]["records"] == 0 && !stage.state().exists();
    must(ended.code == Some(0) && nothing, || format!("it is not clean: {}", ended.describe()))?;
    found.push("no record and no snapshot".to_owned());

    let book = stage.file("book.jsonl");
    let arguments = [format!("--positions={POSITIONS}")];
    let gateway = stage.gateway(&book, &arguments)?;
    wire.lead_to(Some(gateway.address));
    let ended = stage.run(&["positions"])?;
    let listed = ended.document["report"]["listed"].as_u64();
    must(listed == Some(POSITIONS as u64), || ended.describe())?;
    found.push(format!("process on {}, {POSITIONS} positions listed", gateway.address));

    recovers(&stage, &book)?;
    found.push(format!("{POSITIONS} positions recovered, the snapshot is the book's"));

    let moment = Moment { action: "GET_POSITIONS", nth: 1, edge: Edge::Reply };
    let held = wire.hold_at(moment);
    let mut process = stage.start(&["sync"])?;
    let Some(held) = stage.wait_for(&held, &mut process)? else {
        return Err(Trouble::Other("a sync ended before it could be killed".to_owned()));
    };
    let killed = stage.killed(process)?;
    wire.lead_to(None);
    gateway.kill();
    held.give(Order::Cut { permille: 0 });
    must(killed.signal == Some(9), || format!("it was not killed: {}", killed.describe()))?;
    let gateway = stage.gateway(&book, &arguments)?;
    wire.lead_to(Some(gateway.address));
    recovers(&stage, &book)?;
    found.push(
        "sync and gateway killed at the reply to GET_POSITIONS; both back, all recovered"
            .to_owned(),
    );
    Ok(())
}

/// A sync recovers what the book holds.
fn recovers(stage: &Stage<'_>, book: &Path) -> Result<Ended, Trouble> {
    let ended = stage.run(&["sync"])?;
    must(ended.code == Some(0), || ended.describe())?;
    let book = Book::read(book).map_err(|error: JournalError| Trouble::Other(error.to_string()))?;
    let mut findings = Findings::default();
    findings.report(&ended, &book);
    findings.snapshot_is_the_books(&stage.store(), &book);
    match findings.violated.first() {
        None => Ok(ended),
        Some((invariant, why)) => {
            Err(Trouble::Other(format!("does not hold: {}: {why}", invariant.meaning())))
        }
    }
}

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(Trouble::Other(otherwise())) }
}
