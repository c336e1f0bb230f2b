//! Taking up the open canary of an earlier run: watched on, or closed. Nothing is ever opened here.
//!
//! The position is the one that the evidence holds as open, and it is taken up only where the gateway itself, or a person,
//! named its ticket: one that was found by its likeness alone may be somebody else's (hazard 10). It must stand in the
//! gateway's list. No decision, latency or breaker is asked for: this increases no risk, and a breaker that is engaged has
//! the watch close the position at once.

use std::collections::BTreeSet;

use super::close::{CloseContext, Unwind, found_closed, not_closed};
use super::watch::{self, Held, Hourly};
use super::{Adopted, Deps, Options, Report, trade};
use crate::evidence::book::OpenCanary;
use crate::evidence::outcome::CloseOutcome;
use crate::failure::{Code, Failure};
use crate::link::Client;
use crate::proof::{Judgement, absence, intents};
use crate::protocol::positions::Position;
use crate::report::{Check, Outcome, Verdict};
use crate::units::Ticket;

/// Finds, proves, asks, and takes up.
pub(super) fn run(
    client: &mut Client<'_>,
    options: &Options,
    deps: &mut Deps<'_>,
    mut report: Report,
) -> Outcome<Report> {
    let mut warnings = vec![];
    let found = find(client, options, deps, &mut report, &mut warnings);
    let simulated = client.is_simulated();
    let others = match found {
        Ok(others) => others,
        Err(failure) => return trade::refused(report, failure, simulated),
    };
    if options.dry_run {
        return trade::rehearsed(report, simulated);
    }
    if let Err(failure) = (deps.confirm)(&report) {
        return trade::refused(report, failure, simulated);
    }
    let Some(Adopted { position, .. }) = report.adopted.clone() else {
        return trade::rehearsed(report, simulated);
    };
    let mut context = CloseContext { client, options, deps, warnings: &mut warnings };
    let ended = match &options.monitor {
        Some(monitor) => {
            let drift = monitor.drift.as_ref().map(Hourly::new);
            let held = Held { position, others, drift, adopted: true };
            watch::run(&mut context, monitor, &mut report, held)
        }
        None => {
            let how = Unwind { gone: false, asked: false };
            let closed = context.unwind(&position, &others, how);
            let ended = match closed.result {
                CloseOutcome::Closed => Ok(Verdict::Pass),
                _ => Err(not_closed(closed.ticket, &closed.why)),
            };
            report.close = Some(closed);
            ended
        }
    };
    trade::finish(&mut context, &mut report, false);
    trade::ended_as(report, ended, warnings, simulated)
}

/// The tickets that are open beside the position; the position itself goes into the report.
fn find(
    client: &mut Client<'_>,
    options: &Options,
    deps: &Deps<'_>,
    report: &mut Report,
    warnings: &mut Vec<String>,
) -> Result<BTreeSet<Ticket>, Failure> {
    let link = |error: &crate::link::Error| options.names.read_failure(error);
    let mut guard = |name: &'static str, found: Result<String, Failure>| {
        let check = match &found {
            Ok(words) => Check::pass(words),
            Err(failure) => Check::fail(failure.causes().join("; ")).with_remedy(failure.remedy()),
        };
        let expected = "one open canary, named by the gateway, in its list";
        report.guards.push(check.named(name).expecting(expected));
        found.map(drop)
    };
    client.identify().map_err(|error| link(&error))?;
    let evidence = deps.records.evidence;
    let damaged = |error: crate::evidence::EvidenceError| {
        refuse(&error.to_string(), "mt5crs evidence verify")
    };
    let owned = evidence.check_owner(&options.names.endpoint, None).map_err(damaged);
    guard("evidence-owner", owned.map(|()| "of this endpoint".to_owned()))?;
    // An order that was sent just before a kill may be the one; one that stays unknown is told, and keeps nobody from
    // the position that is known.
    let credit = &options.judging.credit;
    let findings = intents::resolve(client, deps.clock, &deps.records, credit, deps.deadline);
    match findings {
        Ok(findings) => {
            warnings
                .extend(intents::unresolved(&findings).map(|failure| failure.causes().join("; ")));
        }
        Err(intents::ResolveError::Gateway(error)) => return Err(link(&error)),
        Err(intents::ResolveError::Evidence(error)) => warnings.push(error.to_string()),
    }
    let canaries = evidence.open_canaries().map_err(damaged)?;
    let only = only(&canaries);
    guard("open-canary", only.as_ref().map(|canary| words(canary)).map_err(Clone::clone))?;
    let canary = only?;
    let named = intents::is_named(evidence, canary.run, canary.ticket).map_err(damaged)?;
    guard("named-ticket", is_named(canary, named))?;
    let list = match client.positions().map_err(|error| link(&error))?.reply {
        Ok(list) => list.positions,
        Err(refusal) => {
            let failure = refuse(&refusal.to_string(), refusal.code.remedy());
            return guard("in-the-list", Err(failure)).map(|()| BTreeSet::new());
        }
    };
    let others: BTreeSet<Ticket> = (list.iter().map(|position| position.ticket))
        .filter(|ticket| *ticket != canary.ticket)
        .collect();
    let listed = match list.iter().find(|position| position.ticket == canary.ticket) {
        Some(position) => is_the_one(canary, position.clone()),
        None => Err(absent(client, options, deps, canary, &list)?),
    };
    guard(
        "in-the-list",
        listed.as_ref().map(|p| format!("the list holds {}", p.ticket)).map_err(Clone::clone),
    )?;
    let position = listed?;
    if let Ok(account) = client.account().map_err(|error| link(&error))?.reply {
        report.balance_before = Some(account.balance);
    }
    let (run, since) = (canary.run, canary.since);
    report.plan.symbol = position.symbol.clone();
    report.plan.volume = position.volume.clone();
    report.adopted = Some(Adopted { run, since, position });
    Ok(others)
}

fn only(canaries: &[OpenCanary]) -> Result<&OpenCanary, Failure> {
    match canaries {
        [only] => Ok(only),
        [] => Err(refuse(
            "the evidence holds no canary that is open",
            "mt5crs canary opens one; mt5crs evidence show lists earlier ones",
        )),
        several => {
            let tickets: Vec<String> =
                several.iter().map(|canary| canary.ticket.to_string()).collect();
            Err(refuse(
                &format!("{} canaries are open: {}", several.len(), tickets.join(", ")),
                "close all but one of them: mt5crs emergency-close --ticket NUMBER",
            ))
        }
    }
}

fn words(canary: &OpenCanary) -> String {
    format!("{} of run {}, open since {}", canary.ticket, canary.run, canary.since)
}

fn is_named(canary: &OpenCanary, named: bool) -> Result<String, Failure> {
    let ticket = canary.ticket;
    if named {
        return Ok(format!("{ticket} was named when it was opened"));
    }
    Err(refuse(
        &format!("{ticket} was found by its likeness alone, and may be somebody else's"),
        &format!(
            "look at the terminal; if it is the canary's, mt5crs emergency-close --ticket {ticket}"
        ),
    ))
}

fn is_the_one(canary: &OpenCanary, position: Position) -> Result<Position, Failure> {
    match &canary.symbol {
        Some(symbol) if *symbol != position.symbol => Err(refuse(
            &format!("{} is in {}, and was opened in {symbol}", canary.ticket, position.symbol),
            "look at the terminal: this is not what the evidence holds",
        )),
        _ => Ok(position),
    }
}

/// A position that the list lacks: closed by somebody, which is recorded, or a list that can't be believed.
fn absent(
    client: &mut Client<'_>,
    options: &Options,
    deps: &Deps<'_>,
    canary: &OpenCanary,
    list: &[Position],
) -> Result<Failure, Failure> {
    let known = list.iter().map(|position| position.ticket).collect();
    let judged = absence::judge(client, list, &known, &options.judging.credit)
        .map_err(|error| options.names.read_failure(&error))?;
    let ticket = canary.ticket;
    Ok(match judged {
        Judgement::Unproved { doubt } => refuse(
            &format!("{ticket} is not in the list, which can't be believed: {doubt}"),
            "mt5crs positions, and look at the terminal",
        ),
        Judgement::Proved { witness } => {
            let kept = deps.records.add(deps.clock, &found_closed(ticket, &witness).into());
            let recorded = kept.map_or_else(
                |error| format!("; this could not be recorded: {error}"),
                |()| String::new(),
            );
            refuse(
                &format!("{ticket} is gone, closed by somebody else: {witness}{recorded}"),
                "nothing is left to take up",
            )
        }
    })
}

fn refuse(why: &str, remedy: &str) -> Failure {
    let message = "refused to take up a canary; no order was sent";
    Failure::new(Code::NothingToResume, message).with_cause(why).with_remedy(remedy)
}
