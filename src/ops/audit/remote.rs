//! Checks that ask the gateway: its link, its abilities, account and positions, and the figures measured on it.
//!
//! The layers of `link-test` come first. Where the link is dead nothing more is sent, and the other checks are not reached;
//! behind a slow link, a skewed clock or a dead terminal the gateway is still asked.

use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::baseline::{judge_time, measures_own_cpu};
use super::catalogue::Group;
use super::findings::{Findings, Found};
use super::{Audit, Deps, Options, gateway};
use crate::check::{Check, Status};
use crate::clock::Deadline;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::link::permit::ClosePermit;
use crate::link::target::{self, TargetKind, resolve};
use crate::link::{Client, ReadPolicy};
use crate::ops::link_test;
use crate::ops::sync::changes::Changes;
use crate::ops::sync::snapshot::{Previous, Store};
use crate::ops::sync::{self, Observed, StateExpectations, checks};
use crate::os::process;
use crate::proof::can_close::{self, Probed};
use crate::protocol::ErrorCode;
use crate::protocol::positions::Position;
use crate::units::{Lots, Symbol, Ticket};

/// Expected duration of a sync.
const SYNC_EXPECTED: Duration = Duration::from_millis(500);
/// Expected duration of a retry.
const RETRY_EXPECTED: Duration = Duration::from_secs(2);

/// Options for the gateway's checks.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Options of the link test.
    pub link: link_test::Options,
    /// Attempts and timeouts of reads.
    pub policy: ReadPolicy,
    /// Expectations for the account's state.
    pub judging: StateExpectations,
    /// Instrument of the CLOSE that trades nothing.
    pub symbol: Symbol,
    /// Volume of that CLOSE.
    pub volume: Lots,
    /// The id of this run.
    pub run: Uuid,
}

/// By-products of the gateway's checks.
#[derive(Debug, Default)]
pub(super) struct Contact {
    /// Why some of them got no answer.
    pub(super) failure: Option<Failure>,
    /// The contacted gateway's kind, once its address is known.
    pub(super) target: Option<TargetKind>,
    /// Whether the gateway identified itself as simulated.
    pub(super) simulated: bool,
    /// The CPU time that a sync and a retry cost this process.
    pub(super) own_cpu: Option<Duration>,
}

/// Checks the link, then everything that asks the gateway.
pub(super) fn check(audit: &mut Audit<'_>, remote: &Remote) -> Contact {
    let mut contact = Contact::default();
    let measure_own_cpu = measures_own_cpu(audit);
    if audit.findings.wants(|entry| entry.group == Group::Link)
        && let Err(why) = check_link(audit, remote, &mut contact)
    {
        audit.findings.rest(|entry| entry.asks_gateway, &Check::not_reached(why));
        return contact;
    }
    if (measure_own_cpu || audit.findings.wants(|entry| entry.asks_gateway))
        && let Err(failure) = ask(audit, remote, measure_own_cpu, &mut contact)
    {
        let why = Check::not_reached(failure.root_cause());
        audit.findings.rest(|entry| entry.asks_gateway, &why);
        contact.failure = Some(failure);
    }
    contact
}

/// Tests the link. An error says why nothing more can be asked.
fn check_link(audit: &mut Audit<'_>, remote: &Remote, contact: &mut Contact) -> Result<(), String> {
    let tested = link_test::run(&remote.link, audit.deps);
    let (outcome, target) = (tested.outcome, tested.target);
    contact.simulated = outcome.simulated;
    contact.target = target.map(|target| target::kind(&target, outcome.simulated));
    let (layers, failed_layer) = match outcome.report {
        Some(report) => (report.layers, report.failed_layer),
        None => (vec![], None),
    };
    let why = format!("the link failed at {}", failed_layer.unwrap_or("its start"));
    // Unreached layers get this reason.
    let reached = layers.into_iter().filter(|layer| layer.status != Status::NotReached);
    let reached = reached.map(not_applicable);
    let unreached = Check::not_reached(why.as_str());
    audit.findings.extend(Group::Link, reached.chain([unreached]));
    match outcome.failure {
        // The gateway answered, and one of its layers failed.
        None => Ok(()),
        Some(failure) if failure.exit() == Exit::No => Ok(()),
        Some(failure) => {
            contact.failure = Some(failure);
            Err(why)
        }
    }
}

fn ask(
    audit: &mut Audit<'_>,
    remote: &Remote,
    measure_own_cpu: bool,
    contact: &mut Contact,
) -> Result<(), Failure> {
    let (options, deps, findings) = (audit.options, audit.deps, &mut audit.findings);
    let (clock, names) = (&**deps.clock, &remote.link.names);
    let until = Deadline::after(clock, remote.link.timeout).min(deps.deadline);
    let target = resolve(&remote.link.host, remote.link.port, clock, deps.stop, until)
        .map_err(|error| names.resolve_failure(&error))?;
    let allowed = target::allow(&target, remote.link.allow_loopback)
        .map_err(|own| names.own_address(&target, own))?;
    let transport = (deps.transport)(target.address);
    // The operators' logs count the failed attempts of a start-up, not those of an audit.
    let mut client = Client::new(&*transport, clock, remote.policy, deps.deadline, &());

    let cpu_before = process::own_cpu();
    let began = clock.monotonic();
    let mut observed = Observed::default();
    let credit = &remote.judging.credit;
    let read = sync::observe(&mut client, options.settings.magic, credit, &mut observed);
    let took = clock.monotonic().saturating_sub(began);
    contact.simulated |= observed.identity.as_ref().is_some_and(|identity| identity.simulated);
    contact.target = Some(target::kind(&target, contact.simulated));
    check_state(options, remote, &observed, findings);
    read.map_err(|error| names.read_failure(&error))?;
    findings.extend(Group::State, [Check::not_reached("the gateway refused to report it")]);
    gateway::check(&mut client, &target, &remote.symbol, findings)
        .map_err(|error| names.read_failure(&error))?;
    findings.add("baseline.sync", || judge_time(took, SYNC_EXPECTED, options.settings.alert_sync));
    findings.add("baseline.accuracy", || accuracy(&observed));
    if findings.wants_code("gateway.can-close") {
        let until = Deadline::after(clock, options.settings.order_timeout).min(deps.deadline);
        let probe = can_close::Options {
            symbol: &remote.symbol,
            volume: &remote.volume,
            run: remote.run,
            positions: observed.listed.as_ref().map_or(&[], |listed| match listed {
                Ok(listed) => &listed.positions[..],
                Err(_) => &[],
            }),
            until,
        };
        let permit = |identity: &_| ClosePermit::new(allowed, identity);
        let Probed { can_close, found, remedy } = can_close::probe(&mut client, &permit, probe)
            .map_err(|error| names.read_failure(&error))?;
        let check = Check::judge(can_close, found).expecting(can_close::EXPECTED);
        findings.add("gateway.can-close", || match remedy {
            Some(remedy) => check.with_remedy(remedy),
            None => check,
        });
    }
    if measure_own_cpu || findings.wants_code("baseline.retry") {
        let took = retry(deps, &mut client, remote)?;
        findings.add("baseline.retry", || {
            judge_time(took, RETRY_EXPECTED, options.settings.alert_retry)
        });
    }
    let cpu_after = process::own_cpu();
    contact.own_cpu = cpu_after.zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
    Ok(())
}

/// Judges the answers. The caller adds the reason for the other checks.
fn check_state(
    options: &Options,
    remote: &Remote,
    observed: &Observed,
    findings: &mut Findings<'_>,
) {
    if let Some(synced) = &observed.synced {
        findings.add("gateway.sync-all", || match synced {
            Err(refusal) if refusal.code == ErrorCode::UnknownAction => {
                Check::fail(refusal.to_string())
            }
            Err(refusal) => Check::pass(format!("supported, and refused: {refusal}")),
            Ok(_) => Check::pass("supported"),
        });
    }
    let judged = checks::judge(observed, &remote.judging).into_iter();
    let reached = judged.filter(|check| check.status != Status::NotReached).map(not_applicable);
    findings.extend(Group::State, reached);
    if let Some(Ok(listed)) = &observed.listed {
        findings.add("state.recovered", || recovered(options, remote, &listed.positions));
    }
}

/// An audit knows no information: what this gateway does not tell is not applicable.
fn not_applicable(check: Check) -> Check {
    let is_info = check.status == Status::Info;
    Check { status: if is_info { Status::NotApplicable } else { check.status }, ..check }
}

fn recovered(options: &Options, remote: &Remote, now: &[Position]) -> Found {
    let directory = options.settings.target_state_dir();
    let directory = directory.ok_or_else(|| Check::not_reached("no gateway is configured"))?;
    let snapshot = match Store::new(directory).load() {
        Previous::Found(snapshot) => snapshot,
        Previous::Absent => return Err(Check::not_applicable("no sync has succeeded here yet")),
        Previous::Unusable(why) => {
            return Err(Check::not_reached(format!("the snapshot is unusable: {why}")));
        }
    };
    if snapshot.endpoint != remote.link.names.endpoint {
        let found = format!("the snapshot is of another gateway: {}", snapshot.endpoint);
        return Err(Check::warn(found));
    }
    let changes = Changes::since(&snapshot, now);
    let (before, since) = (snapshot.positions.len(), changes.since);
    if changes.is_empty() {
        return Ok(format!("{before} recovered at {since:.0}, and the same now"));
    }
    Err(Check::warn(format!(
        "{before} recovered at {since:.0}, {} now: {} opened, {} closed, {} changed since",
        now.len(),
        changes.opened.len(),
        changes.closed.len(),
        changes.changed.len()
    )))
}

/// The share of tickets that SYNC_ALL and GET_POSITIONS both list in one round.
fn accuracy(observed: &Observed) -> Check {
    let (Some(Ok(synced)), Some(Ok(listed))) = (&observed.synced, &observed.listed) else {
        return Check::not_reached("one of the two lists was refused");
    };
    let tickets = |positions: &[Position]| -> BTreeSet<Ticket> {
        positions.iter().map(|position| position.ticket).collect()
    };
    let (recovered, listed) = (tickets(&synced.positions), tickets(&listed.positions));
    let (both, all) = (recovered.intersection(&listed).count(), recovered.union(&listed).count());
    let percent = if all == 0 { 100.0 } else { 100.0 * both as f64 / all as f64 };
    Check::judge(both == all, format!("{percent:.1} %: {both} of {all} tickets are in both lists"))
}

/// Measures the recovery after a lost connection: the retry interval, a new connection, an answer.
fn retry(deps: &Deps<'_>, client: &mut Client<'_>, remote: &Remote) -> Result<Duration, Failure> {
    let clock = &**deps.clock;
    client.hang_up();
    let began = clock.monotonic();
    let interval = remote.policy.interval.min(deps.deadline.left(clock));
    clock.sleep(interval).map_err(Failure::interrupted)?;
    client.account().map_err(|error| remote.link.names.read_failure(&error))?;
    Ok(clock.monotonic().saturating_sub(began))
}
