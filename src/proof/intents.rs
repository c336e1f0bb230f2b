//! Resolves intents without an outcome against the gateway.
//!
//! A process that was killed around the send leaves an intent. The next start finds its outcome before anything else is
//! opened: executed, not executed, or still unknown. A person settles what stays unknown.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::open::{self, ClaimSummary, ExpectedOrder, OpenFinding};
use crate::clock::{Clock, Deadline};
use crate::evidence::body::{Body, By, Content, OpenIntent, OpenOutcomeRecord, Resolution};
use crate::evidence::book::Intent;
use crate::evidence::outcome::OpenOutcome;
use crate::evidence::{Evidence, EvidenceError};
use crate::failure::{Code, Failure};
use crate::link::{Client, Error};
use crate::protocol::open::Filled;
use crate::protocol::reply;
use crate::units::{Money, Ticket};

/// The outcome of an earlier run's order, as this start found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IntentFinding {
    /// The run that wrote the intent.
    pub run: Uuid,
    /// The time of the intent's record.
    pub since: Timestamp,
    /// The outcome; nothing new may be opened while it is unknown.
    #[serde(serialize_with = "OpenOutcome::as_word")]
    #[schemars(schema_with = "OpenOutcome::word_schema")]
    pub outcome: OpenOutcome,
    /// The position, where it executed.
    pub ticket: Option<Ticket>,
    /// What shows it, or what is missing.
    pub why: String,
}

/// The evidence that this run adds to.
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

/// Why intents could not be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The evidence can't be read or written.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The gateway can't be asked.
    #[error(transparent)]
    Gateway(#[from] Error),
}

/// Looks for every unresolved order in the gateway's lists, and records what they prove. Waits for a settle time that has
/// not passed yet, and no longer than `until`.
pub fn resolve(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    records: &Records<'_>,
    credit: &Money,
    until: Deadline,
) -> Result<Vec<IntentFinding>, ResolveError> {
    let mut findings = vec![];
    for intent in records.evidence.unresolved()? {
        findings.push(match &intent.open {
            Some(open) => resolve_one(client, clock, records, &intent, open, credit, until)?,
            None => {
                let why =
                    "a newer version of mt5crs wrote it, in a form that this one does not know"
                        .to_owned();
                finding(&intent, OpenOutcome::Unknown { why: why.clone() }, None, why)
            }
        });
    }
    Ok(findings)
}

fn resolve_one(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    records: &Records<'_>,
    intent: &Intent,
    open: &OpenIntent,
    credit: &Money,
    until: Deadline,
) -> Result<IntentFinding, ResolveError> {
    let claim = recorded_claim(records.evidence, intent, open)?;
    let OpenFinding { mut outcome, named, readings } =
        open::find_out(client, clock, &expected(open, credit), &claim, until)?;
    if let OpenOutcome::NotExecuted { .. } = outcome
        && let Some(doubt) = closed_since(client, records, intent, open)?
    {
        outcome = OpenOutcome::Unknown { why: doubt };
    }
    let (opened, why) = match &outcome {
        OpenOutcome::Unknown { why } => {
            let why = why.clone();
            return Ok(finding(intent, outcome, None, why));
        }
        OpenOutcome::Executed { ticket, .. } => {
            let by = if named { "its ticket" } else { "its likeness alone" };
            (Some(*ticket), format!("the list holds it, known by {by}"))
        }
        OpenOutcome::NotExecuted { why, .. } => (None, why.clone()),
    };
    let resolution = Resolution {
        intent: intent.run,
        by: By::Gateway,
        opened,
        reason: why.clone(),
        who: None,
        readings,
    };
    records.add(clock, &resolution.into())?;
    Ok(finding(intent, outcome, opened, why))
}

/// Signs of a position that was opened after the intent and is closed already: it may have been the order's, and no list
/// shows it any more. A position that somebody else closed with a result of exactly 0.00 leaves no sign.
fn closed_since(
    client: &mut Client<'_>,
    records: &Records<'_>,
    intent: &Intent,
    open: &OpenIntent,
) -> Result<Option<String>, ResolveError> {
    for record in records.evidence.records()? {
        let record = record?;
        if record.seq <= intent.seq {
            continue;
        }
        let closed: Vec<Ticket> = match &record.body {
            Some(Body::EmergencyOutcome(outcome)) => {
                let closed = outcome.tickets.iter().filter(|ticket| ticket.is_closed());
                closed.map(|ticket| ticket.ticket).collect()
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

fn finding(
    intent: &Intent,
    outcome: OpenOutcome,
    ticket: Option<Ticket>,
    why: String,
) -> IntentFinding {
    IntentFinding { run: intent.run, since: intent.time, outcome, ticket, why }
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

/// A ticket that the gateway named keeps an order unknown until a list holds it, in whichever run resolves it.
fn recorded_claim(
    evidence: &Evidence,
    intent: &Intent,
    open: &OpenIntent,
) -> Result<ClaimSummary, EvidenceError> {
    for record in evidence.records()? {
        if let Some(Body::OpenOutcome(outcome)) = &record?.body
            && outcome.intent == intent.run
            && let Some(ticket) = named_in(outcome, open.request)
        {
            return Ok(ClaimSummary::Filled(ticket));
        }
    }
    Ok(ClaimSummary::Silence)
}

/// The ticket in the gateway's own answer to the OPEN, where it named one.
fn named_in(outcome: &OpenOutcomeRecord, request: Uuid) -> Option<Ticket> {
    let Content::Text(text) = &outcome.reply.as_ref()?.content else { return None };
    match reply::decode::<Filled>(text.as_bytes(), request) {
        Ok(Ok(filled)) => Some(filled.ticket).filter(|ticket| ticket.is_real()),
        _ => None,
    }
}

/// Whether the gateway's answer to that run's OPEN named the ticket, or a person said that it is the order's. A position
/// that was found by its likeness alone is neither (hazard 10).
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
                opened: Some(ticket),
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

/// The refusal to open anything more while an earlier order's outcome is unknown.
pub fn unresolved(findings: &[IntentFinding]) -> Option<Failure> {
    let is_unknown = |outcome: &OpenOutcome| matches!(outcome, OpenOutcome::Unknown { .. });
    let unknown: Vec<&IntentFinding> =
        findings.iter().filter(|finding| is_unknown(&finding.outcome)).collect();
    let first = unknown.first()?;
    let message = "refused: the outcome of an earlier order is not proved";
    let failure = Failure::new(Code::UnresolvedIntent, message)
        .with_causes(unknown.iter().map(|finding| {
            format!("run {} of {}: {}", finding.run, finding.since, finding.why)
        }))
        .with_remedy(format!(
            "look for the order at the terminal (Trade and History tabs), then record its outcome: mt5crs evidence resolve {} --executed TICKET, or --not-executed --reason TEXT",
            first.run
        ));
    Some(failure)
}
