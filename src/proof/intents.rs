//! Resolves intents without an outcome against the gateway.
//!
//! A process that was killed around the send leaves an intent. The next start finds its outcome before anything else is
//! opened: executed, not executed, or still unknown. A person settles what stays unknown.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::claim::OpenClaim;
use super::money::{self, Between, Contradiction, Statement};
use super::open::{self, Facts, OpenFinding, OpenVerdict};
use super::premise::{NothingNew, Order};
use super::{Judged, Missing};
use crate::clock::{Clock, Deadline};
use crate::evidence::basis::Premise;
use crate::evidence::body::{Begin, Body, By, Content, OpenIntent, OpenOutcomeRecord, Resolution};
use crate::evidence::book::{Intent, OpenCanary};
use crate::evidence::outcome::OpenOutcome;
use crate::evidence::{Evidence, EvidenceError, Record};
use crate::failure::{Code, Failure};
use crate::link::{Client, Error};
use crate::protocol::open::Filled;
use crate::protocol::positions::Position;
use crate::protocol::reply;
use crate::units::{Money, Ticket, TimeSchema};

/// A terminal's lists and figures may lag behind the broker by this much.
pub const LAG: Duration = Duration::from_millis(1500);

/// The outcome of an earlier run's order, as this start found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IntentFinding {
    /// The run that wrote the intent.
    pub run: Uuid,
    /// The time of the intent's record.
    #[schemars(with = "TimeSchema")]
    pub since: Timestamp,
    /// The outcome; nothing new may be opened while it is unknown.
    #[serde(serialize_with = "OpenOutcome::as_word")]
    #[schemars(schema_with = "OpenOutcome::word_schema")]
    pub outcome: OpenOutcome,
    /// The position, where it executed.
    pub ticket: Option<Ticket>,
    /// The proof, or the missing part of it.
    pub why: String,
    /// The premise that is missing, where the outcome is unknown for want of one.
    pub missing: Option<Premise>,
}

impl IntentFinding {
    fn proved(intent: &Intent, verdict: &OpenVerdict) -> Self {
        let missing = verdict.basis().missing.map(|missing| missing.premise);
        Self { missing, ..Self::new(intent, verdict.outcome(), verdict.is_named()) }
    }

    /// `named` says whether the gateway named the position's ticket.
    fn new(intent: &Intent, outcome: OpenOutcome, named: bool) -> Self {
        let (ticket, why) = match &outcome {
            OpenOutcome::Executed { ticket, .. } => {
                let by = if named { "its ticket" } else { "its likeness alone" };
                (Some(*ticket), format!("the list holds it, known by {by}"))
            }
            OpenOutcome::NotExecuted { why, .. } | OpenOutcome::Unknown { why } => {
                (None, why.clone())
            }
        };
        Self { run: intent.run, since: intent.time, outcome, ticket, why, missing: None }
    }

    fn is_unknown(&self) -> bool {
        matches!(self.outcome, OpenOutcome::Unknown { .. })
    }
}

/// The evidence that this run adds to.
pub struct Records<'e> {
    /// The account's evidence.
    pub evidence: &'e Evidence,
    /// This run.
    pub run: Uuid,
    /// How long an append waits for another process's.
    pub patience: Duration,
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

/// The orders of earlier runs, as this start found them.
#[derive(Debug, Default)]
pub struct EarlierOrders {
    /// Orders without a proved outcome until now.
    pub intents: Vec<IntentFinding>,
    /// Canaries whose position was not proved closed before.
    pub canaries: Vec<OpenCanary>,
}

/// Looks for every unresolved order in the gateway's lists, and records what they prove. A run that died just now may not
/// be in lists yet, so it is left behind a little first. Waits for a settle time that has
/// not passed yet, and for at most three quarters of the time until `until`: the caller has reads of its own to make.
pub fn resolve(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    records: &Records<'_>,
    snapshot: Option<Statement<'_>>,
    credit: &Money,
    until: Deadline,
) -> Result<EarlierOrders, ResolveError> {
    let until = Deadline::after(clock, until.left(clock) * 3 / 4);
    let found = records.evidence.left_open()?;
    records.evidence.keep_checkpoint(&found);
    let book = found.left.book;
    let died_at = book.runs().filter(|run| run.is_open()).map(|run| run.last_at).max();
    if let Some(died_at) = died_at {
        let ago = clock.now().duration_since(died_at).unsigned_abs();
        clock.sleep(LAG.saturating_sub(ago)).map_err(Error::from)?;
    }
    let mut findings = vec![];
    for intent in book.unresolved() {
        let Some(open) = &intent.open else {
            let why = "a newer version of mt5crs wrote it, in a form that this one does not know";
            let outcome = OpenOutcome::Unknown { why: why.to_owned() };
            findings.push(IntentFinding::new(intent, outcome, false));
            continue;
        };
        let claim = recorded_claim(records.evidence, intent.run)?;
        let OpenFinding { mut verdict, readings, listed } = open::find_out(
            client,
            clock,
            open,
            &claim,
            Facts { before: &[], credit },
            until,
            &mut |_| {},
        )?;
        if let OpenVerdict::NotExecuted(_) = verdict
            && let Err(missing) =
                unchanged_since(client, clock, records, snapshot, intent, open, &listed)?
        {
            verdict = OpenVerdict::Unknown(missing);
        }
        if !matches!(verdict, OpenVerdict::Unknown(_))
            && let Some(missing) = other_login(client, book.owner.as_ref())
        {
            verdict = OpenVerdict::Unknown(missing);
        }
        let finding = IntentFinding::proved(intent, &verdict);
        if !finding.is_unknown() {
            let resolution = Resolution {
                intent: intent.run,
                by: By::Gateway,
                opened: finding.ticket,
                reason: finding.why.clone(),
                who: None,
                readings,
                basis: verdict.basis(),
            };
            records.add(clock, &resolution.into())?;
        }
        findings.push(finding);
    }
    Ok(EarlierOrders { intents: findings, canaries: book.open_canaries().cloned().collect() })
}

/// The doubt where the gateway reports another login than the evidence holds (hazard 25). The proof has read the account.
fn other_login(client: &Client<'_>, owner: Option<&Begin>) -> Option<Missing> {
    let recorded = owner?.login.as_ref()?;
    let login = client.account_id()?.login.as_ref().filter(|login| *login != recorded)?;
    Some(Missing {
        premise: Premise::SameAccount,
        doubt: format!(
            "it was sent in account {recorded}, and {} answers: log the terminal in to {recorded}",
            login.escape_debug()
        ),
    })
}

/// Judges the time since the intent, in which the order's position may have been opened and closed, or hidden. A position
/// that somebody else closed with a result of exactly 0.00 leaves no sign.
fn unchanged_since(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    records: &Records<'_>,
    snapshot: Option<Statement<'_>>,
    intent: &Intent,
    open: &OpenIntent,
    listed: &[Position],
) -> Result<Judged<()>, ResolveError> {
    let missing = |premise, doubt| Ok(Err(Missing { premise, doubt }));
    if let Some(doubt) = closed_on_record(records, intent, open)? {
        return missing(Premise::NothingNew, doubt);
    }
    let order = Order {
        symbol: &open.order.symbol,
        before: &open.tickets_before.iter().copied().collect(),
        positions: Some(&open.positions_before),
        is_dispatched: true,
    };
    if let Err(missing) = NothingNew::judge_listed(order, listed) {
        return Ok(Err(missing));
    }
    let account = match client.account()?.reply {
        Ok(account) => account,
        Err(refusal) => {
            let doubt = format!(
                "no list holds it; whether it was closed since, the account would show, which can't be read: {refusal}"
            );
            return missing(Premise::SameAccount, doubt);
        }
    };
    let (before, now) = (&open.account_before.balance, &account.balance);
    if before.value() != now.value() {
        let doubt = format!(
            "no list holds it; but the balance was {before} before it and is {now}: something was closed since, and that may have been it"
        );
        return missing(Premise::MoneyFits, doubt);
    }
    let after = Statement { account: &account, positions: listed };
    let kept = snapshot.and_then(|snapshot| money::kept(snapshot, Duration::MAX, after));
    if let Some(contradiction) = kept {
        let doubt = format!("no list holds it; but since the last snapshot {contradiction}");
        return missing(Premise::MoneyFits, doubt);
    }
    let age = clock.now().duration_since(intent.time).unsigned_abs();
    Ok(match contradictions_since(open, age, after).into_iter().next() {
        Some(contradiction) => {
            let doubt = format!("no list holds it; but {contradiction}");
            // A list that was cut hides the position; its margin is in use all the same.
            Err(Missing { premise: Premise::CompleteList, doubt })
        }
        None => Ok(()),
    })
}

/// Contradictions of the money to a list, by comparison with the state before an order of that age.
fn contradictions_since(
    open: &OpenIntent,
    age: Duration,
    after: Statement<'_>,
) -> Vec<Contradiction> {
    let Some(account) = open.account_with_positions() else { return vec![] };
    let before = Statement { account: &account, positions: &open.positions_before };
    money::contradictions(before, Between { age, ..Between::default() }, after).collect()
}

/// Why the position of one of these canaries may be open although the list lacks it: its margin is in use.
pub fn hidden_canary(
    evidence: &Evidence,
    canaries: &[OpenCanary],
    now: Statement<'_>,
    at: Timestamp,
) -> Result<Option<String>, EvidenceError> {
    let is_listed = |ticket| now.positions.iter().any(|position| position.ticket == ticket);
    for canary in canaries {
        if is_listed(canary.ticket) {
            continue;
        }
        let Some(open) = order_of(evidence, canary.run)? else { continue };
        let age = at.duration_since(canary.since).unsigned_abs();
        let mut found = contradictions_since(&open, age, now).into_iter();
        if let Some(contradiction) = found.find(Contradiction::is_of_margin) {
            let ticket = canary.ticket;
            return Ok(Some(format!(
                "the canary's position {ticket} is not listed, and before it opened {contradiction}"
            )));
        }
    }
    Ok(None)
}

/// A position that was opened after the intent and that mt5crs closed: it may have been the order's.
fn closed_on_record(
    records: &Records<'_>,
    intent: &Intent,
    open: &OpenIntent,
) -> Result<Option<String>, EvidenceError> {
    for record in records.evidence.left_open()?.left.records() {
        if record.seq <= intent.seq {
            continue;
        }
        let closed: Vec<Ticket> = match &record.body {
            Some(Body::EmergencyOutcome(outcome)) => outcome.closed().collect(),
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
    Ok(None)
}

/// A ticket that the gateway named keeps an order unknown until a list holds it, in whichever run resolves it.
fn recorded_claim(evidence: &Evidence, run: Uuid) -> Result<OpenClaim, EvidenceError> {
    let named = named_tickets(evidence, run)?;
    let by_gateway = named.iter().find(|(_, by)| *by == By::Gateway);
    Ok(by_gateway.map_or(OpenClaim::Silence, |(ticket, _)| OpenClaim::Filled(*ticket)))
}

/// The order of that run, as its intent holds it.
pub fn order_of(evidence: &Evidence, run: Uuid) -> Result<Option<OpenIntent>, EvidenceError> {
    let order = |record: Record| match record.body {
        Some(Body::OpenIntent(open)) if record.run == run => Some(open),
        _ => None,
    };
    if let Some(open) = evidence.left_open()?.left.records().find_map(order) {
        return Ok(Some(open));
    }
    // It leaves nothing open, and its record may be anywhere.
    for record in evidence.records()? {
        if let Some(open) = order(record?) {
            return Ok(Some(open));
        }
    }
    Ok(None)
}

/// Whether the gateway's answer to that run's OPEN named the ticket, or a person said that it is the order's. A position
/// that was found by its likeness alone is neither (hazard 10).
pub fn is_named(evidence: &Evidence, run: Uuid, ticket: Ticket) -> Result<bool, EvidenceError> {
    Ok(named_tickets(evidence, run)?.iter().any(|(named, _)| *named == ticket))
}

/// The tickets of that run's order by the gateway's own answer to its OPEN, and by a person's statement. The order or its
/// position is open.
fn named_tickets(evidence: &Evidence, run: Uuid) -> Result<Vec<(Ticket, By)>, EvidenceError> {
    let mut request = None;
    let mut named = vec![];
    for record in evidence.left_open()?.left.records() {
        match &record.body {
            Some(Body::OpenIntent(open)) if record.run == run => request = Some(open.request),
            Some(Body::OpenOutcome(outcome)) if outcome.intent == run => {
                let ticket = request.and_then(|request| ticket_in_reply(outcome, request));
                named.extend(ticket.map(|ticket| (ticket, By::Gateway)));
            }
            Some(Body::Resolution(Resolution { intent, by: By::Person, opened, .. }))
                if *intent == run =>
            {
                named.extend(opened.map(|ticket| (ticket, By::Person)));
            }
            _ => {}
        }
    }
    Ok(named)
}

/// The ticket in the gateway's answer to the OPEN, where it named one.
fn ticket_in_reply(outcome: &OpenOutcomeRecord, request: Uuid) -> Option<Ticket> {
    let Content::Text(text) = &outcome.reply.as_ref()?.content else { return None };
    match reply::decode::<Filled>(text.as_bytes(), request) {
        Ok(Ok(filled)) => Some(filled.ticket).filter(|ticket| ticket.is_real()),
        _ => None,
    }
}

/// The refusal to open anything more while an earlier order's outcome is unknown.
pub fn unresolved(findings: &[IntentFinding]) -> Option<Failure> {
    let unknown = || findings.iter().filter(|finding| finding.is_unknown());
    let first = unknown().next()?;
    let message = "refused: the outcome of an earlier order is not proved";
    let failure = Failure::new(Code::UnresolvedIntent, message)
        .with_causes(unknown().map(|finding| {
            format!("run {} of {}: {}", finding.run, finding.since, finding.why)
        }))
        .with_remedy(format!(
            "look for the order at the terminal (Trade and History tabs), then record its outcome: mt5crs evidence resolve {} --executed TICKET, or --not-executed --reason TEXT",
            first.run
        ));
    Some(failure)
}
