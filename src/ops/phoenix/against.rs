//! The part of `phoenix` that only reads, against the configured gateway: a sync, one that is killed midway, one more, and
//! the two reads compared. State and logs are in the scratch tree. The tool is sent through the wire of the rounds, so the
//! kill falls at a drawn message; who the gateway is was judged before.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::draw::{Client, Draw};
use super::stage::{Deps, Ended, Stage, Trouble};
use super::wire::{Order, Wire};
use super::{Options, Recovery, Report, steps};
use crate::clock::{Clock, Deadline, StopToken, millis};
use crate::exit::Exit;
use crate::failure::{FailureContext, interrupted};
use crate::report::{Check, Failure, Outcome, Status, verdict_of};

/// A process takes no longer than this, whatever the configured timeouts add up to.
const LONGEST: Duration = Duration::from_secs(15);

/// Reads, kills, reads again; each process may take what is left until the deadline.
pub fn run(
    options: &Options,
    gateway: SocketAddr,
    names: &FailureContext,
    clock: &dyn Clock,
    deadline: Deadline,
    stop: &StopToken,
) -> Outcome<Report> {
    let deps = Deps { tool: &options.tool, environment: &options.environment, clock, stop };
    let mut report = Report {
        rounds: 0,
        seed: options.seed,
        steps: vec![],
        invariants: vec![],
        gateway: vec![],
        recovery: Recovery { p50_ms: None, max_ms: None },
        moments_missed: 0,
        power_cuts_shown: false,
        failed: vec![],
        played: vec![],
        left: None,
    };
    let mut simulated = false;
    let sync = || in_time(deadline.left(clock));
    let ended = read(options, gateway, deps, &sync, &mut report, &mut simulated);
    let failure = match ended {
        Ok(Ok(())) => {
            let verdict = verdict_of(&report.gateway);
            if fs::remove_dir_all(&options.scratch).is_err() {
                report.left = Some(options.scratch.clone());
            }
            return Outcome::judged(report, verdict, simulated);
        }
        Ok(Err(ended)) => no_read(&ended, names),
        Err(Trouble::Stopped(stopped)) => interrupted(stopped),
        Err(trouble) => Failure {
            code: "phoenix-stage",
            message: format!("failed to play a crash against {}", names.endpoint),
            causes: vec![steps::words(&trouble)],
            remedy: "see that the scratch tree can be written, or set TMPDIR".to_owned(),
            exit: Exit::No,
        },
    };
    // What can't be removed is at least empty of anything of value.
    let _ = fs::remove_dir_all(&options.scratch);
    let mut outcome = Outcome::judged(report, failure.verdict(), simulated);
    outcome.exit = failure.exit;
    outcome.failure = Some(failure);
    outcome
}

/// A sync that ends within that time, and within [`LONGEST`].
fn in_time(left: Duration) -> [String; 2] {
    // There is no deadline of nothing: one that is past by now ends at its first wait.
    let limit = left.clamp(Duration::from_millis(1), LONGEST);
    ["sync".to_owned(), format!("--deadline={}ms", limit.as_millis())]
}

/// A sync that got no answer, in its own words and with its own code.
fn no_read(ended: &Ended, names: &FailureContext) -> Failure {
    let error = &ended.document["error"];
    let texts = error["causes"].as_array().into_iter().flatten().filter_map(|c| c.as_str());
    let mut causes: Vec<String> = texts.map(str::to_owned).collect();
    if causes.is_empty() {
        causes.push(ended.describe());
    }
    let code = ended.code.and_then(|code| u8::try_from(code).ok()).and_then(Exit::from_code);
    let remedy = error["remedy"].as_str().unwrap_or("mt5crs sync says more").to_owned();
    Failure {
        code: "phoenix-sync",
        message: format!("a sync with {} did not recover", names.endpoint),
        causes,
        remedy,
        exit: code.filter(|exit| *exit != Exit::Ok).unwrap_or(Exit::No),
    }
}

/// Adds checks to the report as they are reached; a sync that did not recover comes back as it ended.
fn read(
    options: &Options,
    gateway: SocketAddr,
    deps: Deps<'_>,
    sync: &dyn Fn() -> [String; 2],
    report: &mut Report,
    simulated: &mut bool,
) -> Result<Result<(), Ended>, Trouble> {
    let wire = Wire::to(Some(gateway)).map_err(Trouble::io("listen on loopback"))?;
    let stage = Stage::set(deps, options.scratch.join("gateway"), wire.address())?;
    let mut check = |name: &'static str, status, found: String, expected: &str| {
        let expected = expected.to_owned();
        report.gateway.push(Check { name: name.into(), status, found, expected, remedy: None });
    };

    let first = stage.run(&sync().each_ref().map(String::as_str))?;
    *simulated = first.document["target"] == "simulated";
    let Some(count) = recovered(&first) else { return Ok(Err(first)) };
    check("first-read", Status::Pass, format!("{count} positions recovered"), "a sync recovers");
    let kept = snapshot(&stage)?;

    let moment = Draw::moment_of(Client::Sync, options.seed);
    let held = wire.hold_at(moment);
    let mut process = stage.start(&sync().each_ref().map(String::as_str))?;
    let Some(held) = stage.wait_for(&held, &mut process)? else {
        return Ok(Err(stage.ended(process)?));
    };
    let struck = deps.clock.monotonic();
    let killed = stage.killed(process)?;
    held.give(Order::Cut { permille: 0 });
    wire.disarm();
    let (status, found) = match killed.signal {
        Some(9) => (Status::Pass, format!("at {moment}")),
        _ => (Status::Fail, killed.describe()),
    };
    check("killed-midway", status, found, "SIGKILL ends it while it waits");
    let same = snapshot(&stage)? == kept;
    let (status, found) = match same {
        true => (Status::Pass, "as it was"),
        false => (Status::Fail, "changed"),
    };
    check("snapshot-stands", status, found.to_owned(), "the killed run changed nothing");

    let second = stage.run(&sync().each_ref().map(String::as_str))?;
    *simulated |= second.document["target"] == "simulated";
    let Some(count) = recovered(&second) else { return Ok(Err(second)) };
    let took = millis(deps.clock.monotonic().saturating_sub(struck));
    check("second-read", Status::Pass, format!("{count} positions recovered"), "a sync recovers");
    let changes = &second.document["report"]["changes"];
    let number = |list: &str| changes[list].as_array().map_or(0, Vec::len);
    let (opened, closed, changed) = (number("opened"), number("closed"), number("changed"));
    // Somebody may have traded between the two, which no check of ours can tell from a read that failed.
    let (status, found) = match opened + closed + changed {
        0 => (Status::Pass, "the same positions".to_owned()),
        _ => (Status::Warn, format!("{opened} opened, {closed} closed, {changed} changed")),
    };
    check("reads-agree", status, found, "the same positions, unless somebody traded in between");
    report.recovery = Recovery { p50_ms: Some(took), max_ms: Some(took) };
    Ok(Ok(()))
}

fn recovered(ended: &Ended) -> Option<u64> {
    ended.document["report"]["recovered"].as_u64().filter(|_| ended.code == Some(0))
}

fn snapshot(stage: &Stage<'_>) -> Result<Vec<u8>, Trouble> {
    let path: PathBuf = stage.store().path().to_owned();
    fs::read(path).map_err(Trouble::io("read the snapshot"))
}
