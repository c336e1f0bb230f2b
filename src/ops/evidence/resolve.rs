//! `evidence resolve`: a person's word on an order that nothing is proved of.
//!
//! It is recorded as that, with the person's name, and never shown as a proof.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{RunPrefix, failure, one_of, unknown};
use crate::clock::Clock;
use crate::evidence::body::{By, Resolution};
use crate::evidence::book::Intent;
use crate::evidence::chain::Step;
use crate::evidence::{Evidence, EvidenceError, Head};
use crate::failure::{Code, Failure};
use crate::report::{Outcome, Verdict};
use crate::units::Ticket;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the records are.
    pub evidence: Evidence,
    /// The run whose order it is.
    pub run: RunPrefix,
    /// The position that it opened; `None` where it opened nothing.
    pub opened: Option<Ticket>,
    /// Why the person says so; needed where nothing was executed.
    pub reason: String,
    /// The person's user name.
    pub who: String,
    /// The run that records it.
    pub this_run: Uuid,
    /// How long is waited for another process's append.
    pub patience: Duration,
}

/// What was recorded.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The run whose order it is.
    pub run: String,
    /// Its position; null where it opened nothing.
    pub ticket: Option<Ticket>,
    /// Who said so.
    pub who: String,
    /// Why.
    pub reason: String,
    /// The record of it: its number and hash.
    pub recorded: Head,
    /// How many orders are still not settled.
    pub still_unresolved: usize,
}

/// Records the word, under the lock under which it was seen to be needed.
pub fn run(options: &Options, clock: &dyn Clock) -> Outcome<Report> {
    record(options, clock).unwrap_or_else(Outcome::failed)
}

fn record(options: &Options, clock: &dyn Clock) -> Result<Outcome<Report>, Failure> {
    let because = |error: EvidenceError| failure(&error);
    sensible(options)?;
    let locked = options.evidence.lock(options.patience).map_err(because)?;
    let (book, damage) = locked.book().map_err(because)?;
    let mut matching: Vec<Uuid> = (book.unresolved().map(|intent| intent.run))
        .filter(|run| options.run.matches(*run))
        .collect();
    matching.dedup();
    if matching.is_empty() {
        drop(locked);
        if !known(&options.evidence, &options.run).map_err(because)? {
            return Err(unknown(&options.run));
        }
        return Err(Failure::new(
            Code::NothingUnresolved,
            format!("nothing of run {} is unresolved", options.run),
        ));
    }
    let run = one_of(&matching, &options.run)?;
    // The one that an outcome would settle: a run's last.
    if let Some(intent) = book.unresolved().filter(|intent| intent.run == run).last() {
        possible(intent, options.opened)?;
    }
    let resolution = Resolution {
        intent: run,
        by: By::Person,
        opened: options.opened,
        reason: options.reason.trim().to_owned(),
        who: Some(options.who.clone()),
        readings: Vec::new(),
    };
    let added = locked.append(options.this_run, clock, &resolution.into()).map_err(because)?;
    let still_unresolved = book.unresolved().count() - 1;
    let report = Report {
        run: run.to_string(),
        ticket: options.opened,
        who: options.who.clone(),
        reason: options.reason.trim().to_owned(),
        recorded: Head { count: added.seq, hash: added.hash },
        still_unresolved,
    };
    let mut outcome = Outcome::judged(report, Verdict::Pass, false);
    if let Some(damage) = damage {
        outcome.verdict = Verdict::Warn;
        outcome.warnings = vec![format!(
            "the records are damaged, and no order is sent on them: {damage}; mt5crs evidence verify names every damage"
        )];
    }
    Ok(outcome)
}

/// What can be told without looking at the records.
fn sensible(options: &Options) -> Result<(), Failure> {
    match options.opened {
        Some(ticket) if !ticket.is_real() => {
            Err(Failure::new(Code::NoTicket, format!("{ticket} is no ticket")))
        }
        None if options.reason.trim().is_empty() => {
            Err(Failure::new(Code::NoReason, "that nothing was executed needs a reason"))
        }
        _ => Ok(()),
    }
}

/// A position that was open before the order can't be the order's.
fn possible(intent: &Intent, opened: Option<Ticket>) -> Result<(), Failure> {
    let Some(ticket) = opened else { return Ok(()) };
    let before = intent.open.as_ref().map_or(&[][..], |open| &open.tickets_before);
    if !before.contains(&ticket) {
        return Ok(());
    }
    Err(Failure::new(
        Code::TicketIsOlder,
        format!("position {ticket} was open before the order of run {} was sent", intent.run),
    ))
}

/// Whether any record is of such a run.
fn known(evidence: &Evidence, prefix: &RunPrefix) -> Result<bool, EvidenceError> {
    for step in evidence.walk(None)? {
        if matches!(step?, Step::Record(record) if prefix.matches(record.run)) {
            return Ok(true);
        }
    }
    Ok(false)
}
