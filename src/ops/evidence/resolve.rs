//! `evidence resolve`: records a person's statement about an order without a proved outcome.
//!
//! It is recorded with the person's name, and never shown as a proof.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{RunPrefix, one_of, unknown};
use crate::clock::Clock;
use crate::evidence::basis::Basis;
use crate::evidence::body::{By, Resolution};
use crate::evidence::book::Intent;
use crate::evidence::chain::Step;
use crate::evidence::{Evidence, EvidenceError, Head};
use crate::failure::{Code, Failure};
use crate::report::Outcome;
use crate::units::Ticket;

/// The statement.
#[derive(Debug, Clone)]
pub struct Options {
    /// The records.
    pub evidence: Evidence,
    /// The run that sent the order.
    pub run: RunPrefix,
    /// The position that it opened; `None` where it opened nothing.
    pub opened: Option<Ticket>,
    /// The person's reason; required where nothing was executed.
    pub reason: String,
    /// The person's user name.
    pub who: String,
    /// The run that records the statement.
    pub this_run: Uuid,
    /// How long to wait for another process's append.
    pub patience: Duration,
}

/// The recorded statement.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The run that sent the order.
    pub run: String,
    /// The position; null where the order opened nothing.
    pub ticket: Option<Ticket>,
    /// The person's user name.
    pub who: String,
    /// The person's reason.
    pub reason: String,
    /// Number and hash of the record.
    pub recorded: Head,
    /// Number of orders that are still not settled.
    pub still_unresolved: usize,
}

/// Records the statement, under the lock under which the order was found unresolved.
pub fn run(options: &Options, clock: &dyn Clock) -> Outcome<Report> {
    record(options, clock).unwrap_or_else(Outcome::failed)
}

fn record(options: &Options, clock: &dyn Clock) -> Result<Outcome<Report>, Failure> {
    check_statement(options)?;
    let mut locked = options.evidence.lock(options.patience)?;
    let book = locked.book()?;
    let mut matching: Vec<Uuid> = (book.unresolved().map(|intent| intent.run))
        .filter(|run| options.run.matches(*run))
        .collect();
    matching.dedup();
    if matching.is_empty() {
        drop(locked);
        if !is_known(&options.evidence, &options.run)? {
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
        check_ticket(intent, options.opened)?;
    }
    let reason = options.reason.trim().to_owned();
    let resolution = Resolution {
        intent: run,
        by: By::Person,
        opened: options.opened,
        reason: reason.clone(),
        who: Some(options.who.clone()),
        readings: Vec::new(),
        basis: Basis::default(),
    };
    let recorded = locked.append(options.this_run, clock, &resolution.into())?;
    let report = Report {
        run: run.to_string(),
        ticket: options.opened,
        who: options.who.clone(),
        reason,
        recorded,
        still_unresolved: book.unresolved().count() - 1,
    };
    let warning = book.first_damage.map(|damage| format!(
        "the records are damaged, and no order is sent on them: {damage}; mt5crs evidence verify names every damage"
    ));
    Ok(Outcome::warned(report, warning.into_iter().collect()))
}

/// Checks the statement without the records.
fn check_statement(options: &Options) -> Result<(), Failure> {
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

/// Refuses a position that was open before the order.
fn check_ticket(intent: &Intent, opened: Option<Ticket>) -> Result<(), Failure> {
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
fn is_known(evidence: &Evidence, prefix: &RunPrefix) -> Result<bool, EvidenceError> {
    for step in evidence.walk([])? {
        if matches!(step?, Step::Record(record) if prefix.matches(record.run)) {
            return Ok(true);
        }
    }
    Ok(false)
}
