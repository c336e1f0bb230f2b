//! What the gateway shows: its link, what it can do, account and positions, and the figures that are measured on it.
//!
//! The layers of `link-test` come first. Where the link is dead nothing more is sent, and what asks the gateway is "not
//! reached"; a slow link, a skewed clock or a terminal that is gone leave it worth asking.

use std::time::Duration;

use uuid::Uuid;

use super::catalogue::{Group, code};
use super::findings::{Findings, Found};
use super::usage::judge;
use super::{Deps, Options};
use crate::clock::Deadline;
use crate::exit::Exit;
use crate::failure::interrupted;
use crate::link::client::Listener;
use crate::link::permit::ClosePermit;
use crate::link::target::{self, Allowed, resolve};
use crate::link::transport::LinkError;
use crate::link::{Client, ReadPolicy};
use crate::ops::link_test::{self, Layer};
use crate::ops::sync::changes::Changes;
use crate::ops::sync::snapshot::{Previous, Store};
use crate::ops::sync::{self, Observed, StateExpectations, checks};
use crate::os::process;
use crate::proof::can_close::{self, Probed};
use crate::protocol::ErrorCode;
use crate::protocol::positions::Position;
use crate::report::{Failure, Status, TargetKind};
use crate::units::{Lots, Symbol, Ticket};

/// A sync that is as quick as this is as expected.
const SYNC_EXPECTED: Duration = Duration::from_millis(500);
/// A retry that is as quick as this is as expected.
const RETRY_EXPECTED: Duration = Duration::from_secs(2);

/// What it takes to talk to the gateway.
#[derive(Debug, Clone)]
pub struct Remote {
    /// As `link-test` tests it.
    pub link: link_test::Options,
    /// How reads are tried again.
    pub policy: ReadPolicy,
    /// What an account's state is held against.
    pub judging: StateExpectations,
    /// The instrument that the CLOSE of the probe names.
    pub symbol: Symbol,
    /// The volume that it names.
    pub volume: Lots,
    /// This run.
    pub run: Uuid,
}

/// What came of it beside the findings.
#[derive(Debug, Default)]
pub(super) struct Talked {
    /// What kept it from its answers.
    pub(super) failure: Option<Failure>,
    /// Whom it talked to.
    pub(super) target: Option<TargetKind>,
    /// Whether the far end said that it is simulated.
    pub(super) simulated: bool,
    /// The CPU time that a sync and a retry cost this process.
    pub(super) own_cpu: Option<Duration>,
}

/// Nobody hears of failed attempts but the findings: the operators' logs count a start-up's, not an audit's.
struct Silent;

impl Listener for Silent {
    fn attempt_failed(&self, _: u32, _: &LinkError) {}
}

/// `measure_own`: whether what a sync and a retry cost this process is wanted, whatever else is.
pub(super) fn ask(
    options: &Options,
    remote: &Remote,
    deps: &Deps<'_>,
    measure_own: bool,
    findings: &mut Findings<'_>,
) -> Talked {
    let mut talked = Talked::default();
    if findings.wants_group(Group::Link)
        && let Err(why) = climb(remote, deps, findings, &mut talked)
    {
        findings.rest(|entry| entry.asks_gateway, &Found::not_reached(why));
        return talked;
    }
    if (measure_own || findings.wants(|entry| entry.asks_gateway))
        && let Err(failure) = talk(options, remote, deps, measure_own, findings, &mut talked)
    {
        findings.rest(|entry| entry.asks_gateway, &not_reached(&failure));
        talked.failure = Some(failure);
    }
    talked
}

fn not_reached(failure: &Failure) -> Found {
    Found::not_reached(failure.causes.last().unwrap_or(&failure.message).clone())
}

/// Tests the link. An error says why nothing more can be asked.
fn climb(
    remote: &Remote,
    deps: &Deps<'_>,
    findings: &mut Findings<'_>,
    talked: &mut Talked,
) -> Result<(), String> {
    let link_deps = link_test::Deps {
        clock: deps.clock,
        stop: deps.stop,
        deadline: deps.deadline,
        transport: deps.transport,
        progress: &|_, _| {},
    };
    let tested = link_test::run(&remote.link, &link_deps);
    let (outcome, target) = (tested.outcome, tested.target);
    talked.simulated = outcome.simulated;
    talked.target = target.map(|target| target::kind(&target, outcome.simulated));
    let mut failed = None;
    for layer in outcome.report.into_iter().flat_map(|report| report.layers) {
        if layer.status == Status::Fail {
            failed = failed.or(Some(layer.name));
        }
        // What was not reached is told with its cause.
        if layer.status != Status::NotReached
            && let Some(code) = code(Group::Link, layer.name)
        {
            findings.add(code, of_layer(layer));
        }
    }
    let why = format!("the link failed at {}", failed.unwrap_or("its start"));
    findings.rest(|entry| entry.group == Group::Link, &Found::not_reached(why.clone()));
    match outcome.failure {
        // It answered, and the answer is no.
        None => Ok(()),
        Some(failure) if failure.exit == Exit::No => Ok(()),
        Some(failure) => {
            talked.failure = Some(failure);
            Err(why)
        }
    }
}

fn of_layer(layer: Layer) -> Found {
    let found = match layer.status {
        Status::Pass | Status::Info => Found::pass(layer.found),
        Status::Warn => Found::warn(layer.found),
        Status::Fail => Found::fail(layer.found),
        Status::NotReached => Found::not_reached(layer.found),
    };
    match layer.remedy {
        Some(remedy) => found.remedy(remedy),
        None => found,
    }
}

fn talk(
    options: &Options,
    remote: &Remote,
    deps: &Deps<'_>,
    measure_own: bool,
    findings: &mut Findings<'_>,
    talked: &mut Talked,
) -> Result<(), Failure> {
    let (clock, names) = (&**deps.clock, &remote.link.names);
    let until = Deadline::after(clock, remote.link.timeout).min(deps.deadline);
    let target = resolve(&remote.link.host, remote.link.port, clock, deps.stop, until)
        .map_err(|error| names.resolve_failure(&error))?;
    let allowed = target::allow(&target, remote.link.allow_loopback)
        .map_err(|own| names.own_address(&target, own))?;
    let transport = (deps.transport)(target.address);
    let mut client = Client::new(&*transport, clock, remote.policy, deps.deadline, &Silent);

    let cpu_before = process::own_cpu();
    let began = clock.monotonic();
    let mut observed = Observed::default();
    let read = sync::observe(&mut client, options.settings.magic, &mut observed);
    let took = clock.monotonic().saturating_sub(began);
    talked.simulated |= observed.identity.as_ref().is_some_and(|identity| identity.simulated);
    talked.target = Some(target::kind(&target, talked.simulated));
    judge_state(options, remote, &observed, findings);
    read.map_err(|error| names.read_failure(&error))?;
    let why = Found::not_reached("what it needs was refused");
    findings.rest(|entry| entry.group == Group::State, &why);
    findings.add("baseline.sync", figure(took, SYNC_EXPECTED, options.settings.alert_sync));
    findings.add("baseline.accuracy", accuracy(&observed));
    let positions = listed(&observed);
    if findings.wants_code("gateway.can-close") {
        probe(remote, deps, &mut client, allowed, positions, options, findings)
            .map_err(|error| names.read_failure(&error))?;
    }
    if measure_own || findings.wants_code("baseline.retry") {
        findings.add("baseline.retry", retry(options, deps, &mut client, remote)?);
    }
    let cpu_after = process::own_cpu();
    talked.own_cpu = cpu_after.zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
    Ok(())
}

fn listed(observed: &Observed) -> &[Position] {
    match &observed.listed {
        Some(Ok(listed)) => &listed.positions,
        _ => &[],
    }
}

/// What was read by then; what wasn't is left to whoever says why.
fn judge_state(
    options: &Options,
    remote: &Remote,
    observed: &Observed,
    findings: &mut Findings<'_>,
) {
    match &observed.synced {
        Some(Err(refusal)) if refusal.code == ErrorCode::UnknownAction => {
            findings.add("gateway.sync-all", Found::fail(refusal.to_string()));
        }
        Some(Err(refusal)) => findings
            .add("gateway.sync-all", Found::pass(format!("it knows it, and refused: {refusal}"))),
        Some(Ok(_)) => findings.add("gateway.sync-all", Found::pass("answered")),
        None => {}
    }
    for check in checks::judge(observed, &remote.judging) {
        // What is information alone has no row; what was not reached is told with its cause.
        if check.status != Status::NotReached
            && let Some(code) = code(Group::State, &check.name)
        {
            findings.add(code, Found::of(check));
        }
    }
    if let Some(Ok(listed)) = &observed.listed
        && findings.wants_code("state.recovered")
    {
        findings.add("state.recovered", recovered(options, remote, &listed.positions));
    }
}

fn recovered(options: &Options, remote: &Remote, now: &[Position]) -> Found {
    let Some(directory) = options.settings.target_state_dir() else {
        return Found::not_reached("no gateway is named");
    };
    let snapshot = match Store::new(directory).load() {
        Previous::Found(snapshot) if snapshot.endpoint == remote.link.names.endpoint => snapshot,
        Previous::Found(snapshot) => {
            return Found::warn(format!(
                "the snapshot is of another gateway: {}",
                snapshot.endpoint
            ));
        }
        Previous::Absent => return Found::not_applicable("no sync has succeeded here yet"),
        Previous::Unusable(why) => {
            return Found::not_reached(format!("the snapshot can't be used: {why}"));
        }
    };
    let changes = Changes::since(&snapshot, now);
    let (before, since) = (snapshot.positions.len(), changes.since);
    if changes.is_empty() {
        return Found::pass(format!("{before} recovered at {since:.0}, and the same now"));
    }
    Found::warn(format!(
        "{before} recovered at {since:.0}, {} now: {} opened, {} closed, {} changed since",
        now.len(),
        changes.opened.len(),
        changes.closed.len(),
        changes.changed.len()
    ))
}

fn probe(
    remote: &Remote,
    deps: &Deps<'_>,
    client: &mut Client<'_>,
    allowed: Allowed,
    positions: &[Position],
    options: &Options,
    findings: &mut Findings<'_>,
) -> Result<(), crate::link::Error> {
    let until = Deadline::after(&**deps.clock, options.settings.order_timeout).min(deps.deadline);
    let asked = can_close::Options {
        symbol: &remote.symbol,
        volume: &remote.volume,
        run: remote.run,
        positions,
        until,
    };
    let permit = |identity: &_| ClosePermit::new(allowed, identity);
    let Probed { can_close, found, remedy } = can_close::probe(client, &permit, asked)?;
    let found = Found::judge(can_close, found).expected(can_close::EXPECTED);
    findings.add(
        "gateway.can-close",
        match remedy {
            Some(remedy) => found.remedy(remedy),
            None => found,
        },
    );
    Ok(())
}

/// Of the tickets that GET_POSITIONS lists, how many SYNC_ALL recovered in the same round; and nothing else.
fn accuracy(observed: &Observed) -> Found {
    let (Some(Ok(synced)), Some(Ok(listed))) = (&observed.synced, &observed.listed) else {
        return Found::not_reached("one of the two lists was refused");
    };
    let tickets = |positions: &[Position]| -> std::collections::BTreeSet<Ticket> {
        positions.iter().map(|position| position.ticket).collect()
    };
    let (recovered, listed) = (tickets(&synced.positions), tickets(&listed.positions));
    let (both, all) = (recovered.intersection(&listed).count(), recovered.union(&listed).count());
    let percent = if all == 0 { 100.0 } else { 100.0 * both as f64 / all as f64 };
    Found::judge(both == all, format!("{percent:.1} %: {both} of {all} tickets are in both lists"))
}

/// As after a lost connection: nothing is connected, the interval passes, a new session asks.
fn retry(
    options: &Options,
    deps: &Deps<'_>,
    client: &mut Client<'_>,
    remote: &Remote,
) -> Result<Found, Failure> {
    let clock = &**deps.clock;
    client.hang_up();
    let began = clock.monotonic();
    clock.sleep(remote.policy.interval.min(deps.deadline.left(clock))).map_err(interrupted)?;
    client.account().map_err(|error| remote.link.names.read_failure(&error))?;
    let took = clock.monotonic().saturating_sub(began);
    Ok(figure(took, RETRY_EXPECTED, options.settings.alert_retry))
}

fn figure(took: Duration, expected: Duration, alert: Duration) -> Found {
    let found = format!("{:.0} ms", took.as_secs_f64() * 1e3);
    judge(took.as_secs_f64(), expected.as_secs_f64(), alert.as_secs_f64(), found)
        .expected(format!("at most {expected:?}; alert past {alert:?}"))
}
