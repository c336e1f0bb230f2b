//! Intents without an outcome, resolved against the gateway.
//!
//! A process that was killed around the send leaves an intent, and the next start finds out what became of it before
//! anything else is opened: executed, not executed, or still unknown. What stays unknown is a person's to look at.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::open::{self, Became, ClaimSummary, ExpectedOrder, Found};
use crate::clock::{Clock, Deadline};
use crate::evidence::body::{
    Body, By, Content, OpenIntent, OpenOutcome, Resolution, Resolved, TicketOutcome, TicketResult,
};
use crate::evidence::book::Intent;
use crate::evidence::{Evidence, EvidenceError};
use crate::exit::Exit;
use crate::link::{Client, Error};
use crate::protocol::order::Filled;
use crate::protocol::reply;
use crate::report::Failure;
use crate::units::{Money, Ticket};

/// What a start found out about an order of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Looked {
    /// The run that wrote the intent.
    pub run: Uuid,
    /// When it did.
    pub since: Timestamp,
    /// What became of the order.
    pub outcome: Outcome,
    /// The position, where it executed.
    pub ticket: Option<Ticket>,
    /// What shows it, or what is missing.
    pub why: String,
}

/// What became of an order of an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A list holds it.
    Executed,
    /// It opened nothing, and never will.
    NotExecuted,
    /// Neither is proved: nothing new may be opened.
    Unknown,
}

/// Where the records are kept, and whose they are.
pub struct Records<'e> {
    /// The account's evidence.
    pub evidence: &'e Evidence,
    /// This run.
    pub run: Uuid,
    /// How long an append waits for another process's.
    pub patience: std::time::Duration,
}

impl Records<'_> {
    /// Adds a record.
    pub fn add(&self, clock: &dyn Clock, body: &Body) -> Result<(), EvidenceError> {
        self.evidence.append(self.run, clock, body, self.patience).map(drop)
    }
}

/// Why intents could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The evidence.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] Error),
}

/// Looks at every unresolved intent, and records what the gateway's lists prove. Waits for a settle time where one has
/// not passed yet, and no longer than `until`.
pub fn resolve(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    records: &Records<'_>,
    credit: &Money,
    until: Deadline,
) -> Result<Vec<Looked>, Trouble> {
    let mut looked = vec![];
    for intent in records.evidence.unresolved()? {
        let Some(open) = &intent.open else {
            let why = "a newer version of mt5crs wrote it, in a form that this one does not know";
            looked.push(look(&intent, Outcome::Unknown, None, why.to_owned()));
            continue;
        };
        let said = said_of(records.evidence, &intent, open)?;
        let Found { became, readings } =
            open::find_out(client, clock, &expected(open, credit), said, until)?;
        let (outcome, resolved, ticket, why) = match became {
            Became::Executed { position, named } => {
                let ticket = position.ticket;
                let by = if named { "its ticket" } else { "its likeness alone" };
                let why = format!("the list holds it, known by {by}");
                (Outcome::Executed, Some(Resolved::Executed { ticket }), Some(ticket), why)
            }
            Became::NotExecuted { why } => match closed_since(client, records, &intent, open)? {
                None => (Outcome::NotExecuted, Some(Resolved::NotExecuted), None, why),
                Some(doubt) => (Outcome::Unknown, None, None, doubt),
            },
            Became::Unknown { why } => (Outcome::Unknown, None, None, why),
        };
        if let Some(outcome) = resolved {
            let resolution = Resolution {
                intent: intent.run,
                by: By::Gateway,
                outcome,
                reason: why.clone(),
                who: None,
                readings,
            };
            records.add(clock, &resolution.into())?;
        }
        looked.push(look(&intent, outcome, ticket, why));
    }
    Ok(looked)
}

/// What speaks for a position that was opened after the intent and is closed already: it may have been the order's, and
/// no list shows it any more. A result of just 0.00, closed by somebody else, is not seen.
fn closed_since(
    client: &mut Client<'_>,
    records: &Records<'_>,
    intent: &Intent,
    open: &OpenIntent,
) -> Result<Option<String>, Trouble> {
    for record in records.evidence.records()? {
        let record = record?;
        if record.seq <= intent.seq {
            continue;
        }
        let closed: Vec<Ticket> = match &record.body {
            Some(Body::EmergencyOutcome(outcome)) => {
                let closed = |ticket: &&TicketOutcome| ticket.result == TicketResult::Closed;
                outcome.tickets.iter().filter(closed).map(|ticket| ticket.ticket).collect()
            }
            Some(Body::CloseIntent(close)) if record.run == intent.run => vec![close.ticket],
            _ => continue,
        };
        if let Some(ticket) = closed.iter().find(|ticket| !open.tickets_before.contains(ticket)) {
            return Ok(Some(format!(
                "no list holds it; but {ticket}, opened after the intent, was closed since (record {}), and may have been it",
                record.seq
            )));
        }
    }
    Ok(match client.account()?.reply {
        Err(refusal) => Some(format!(
            "no list holds it; whether it was closed since, the account would show, which can't be read: {refusal}"
        )),
        Ok(account) => {
            let (before, now) = (&open.account_before.balance, &account.balance);
            (before.value() != now.value()).then(|| {
                format!(
                    "no list holds it; but the balance was {before} before it and is {now}: something was closed since, and that may have been it"
                )
            })
        }
    })
}

fn look(intent: &Intent, outcome: Outcome, ticket: Option<Ticket>, why: String) -> Looked {
    Looked { run: intent.run, since: intent.time, outcome, ticket, why }
}

fn expected(open: &OpenIntent, credit: &Money) -> ExpectedOrder {
    let millis = std::time::Duration::from_millis;
    ExpectedOrder {
        before: open.tickets_before.iter().copied().collect(),
        symbol: open.order.symbol.clone(),
        side: open.order.side.clone(),
        volume: open.order.volume.value(),
        signed_at: open.signed_at,
        ttl: millis(open.signature_ttl_ms),
        settle: millis(open.settle_ms),
        credit: credit.clone(),
    }
}

/// A ticket that the gateway named keeps an order unknown until a list holds it, in whatever run it is looked at.
fn said_of(
    evidence: &Evidence,
    intent: &Intent,
    open: &OpenIntent,
) -> Result<ClaimSummary, EvidenceError> {
    for record in evidence.records()? {
        if let Some(Body::OpenOutcome(outcome)) = &record?.body
            && outcome.intent == intent.run
            && let Some(ticket) = named_in(outcome, open.request)
        {
            return Ok(ClaimSummary::Ticket(ticket));
        }
    }
    Ok(ClaimSummary::Silence)
}

/// The ticket in the gateway's own answer to the OPEN, where it named one.
fn named_in(outcome: &OpenOutcome, request: Uuid) -> Option<Ticket> {
    let Content::Text(text) = &outcome.reply.as_ref()?.content else { return None };
    match reply::decode::<Filled>(text.as_bytes(), request) {
        Ok(Ok(filled)) => Some(filled.ticket).filter(|ticket| ticket.is_real()),
        _ => None,
    }
}

/// Whether the gateway's answer to that run's OPEN named the ticket, or a person said that it is the order's. What was
/// found by its likeness alone is neither (hazard 10).
pub fn is_named(evidence: &Evidence, run: Uuid, ticket: Ticket) -> Result<bool, EvidenceError> {
    let mut request = None;
    for record in evidence.records()? {
        let record = record?;
        let named = match &record.body {
            Some(Body::OpenIntent(open)) if record.run == run => {
                request = Some(open.request);
                None
            }
            Some(Body::OpenOutcome(outcome)) if outcome.intent == run => {
                request.and_then(|request| named_in(outcome, request))
            }
            Some(Body::Resolution(Resolution {
                intent,
                by: By::Person,
                outcome: Resolved::Executed { ticket },
                ..
            })) if *intent == run => Some(*ticket),
            _ => None,
        };
        if named == Some(ticket) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The refusal that an intent which stays unknown is to everything that would open more.
pub fn unresolved(looked: &[Looked]) -> Option<Failure> {
    let unknown: Vec<&Looked> =
        looked.iter().filter(|looked| looked.outcome == Outcome::Unknown).collect();
    let first = unknown.first()?;
    Some(Failure {
        code: "unresolved-intent",
        message: "refused: what became of an earlier order is not proved".to_owned(),
        causes: unknown
            .iter()
            .map(|l| format!("run {} of {}: {}", l.run, l.since, l.why))
            .collect(),
        remedy: format!(
            "look for the order at the terminal (Trade and History tabs), then say what is so: mt5crs evidence resolve {} --executed TICKET, or --not-executed --reason TEXT",
            first.run
        ),
        exit: Exit::Guarded,
    })
}
