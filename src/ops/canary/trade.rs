//! The trade: intent, OPEN at most once, proof, CLOSE, proof.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::admission::Admission;
use super::close::{CloseContext, not_closed};
use super::watch::{self, Held, Hourly};
use super::{CloseReport, Deps, Options, OrderReport, Report};
use crate::clock::{Deadline, millis};
use crate::evidence::body::{
    CanaryEnd, CanaryResult, Funds, OpenIntent, OpenOutcomeRecord, Ordered, Purpose, RawReply,
};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome, WatchEnding};
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::guard::breaker;
use crate::link::order::{Claim, OrderAnswer, UnresolvedOpen};
use crate::link::permit::OpenPermit;
use crate::link::{Client, Error};
use crate::proof::open::{self, ExpectedOrder, OpenFinding};
use crate::proof::{Judgement, absence};
use crate::protocol::account::Account;
use crate::protocol::open::{Filled, Open};
use crate::protocol::positions::Position;
use crate::protocol::{ErrorCode, Executed, Request, signature};
use crate::report::{Outcome, Verdict};
use crate::units::{Price, Side, Ticket};

/// What the gateway gets as the order's comment; it drops it.
const COMMENT: &str = "mt5crs canary";

/// Nothing was sent.
pub(super) fn refused(report: Report, failure: Failure, simulated: bool) -> Outcome<Report> {
    let mut outcome = Outcome::failed(failure);
    outcome.report = Some(report);
    outcome.simulated = simulated;
    outcome
}

/// Every guard passed, and nothing was to be sent.
pub(super) fn rehearsed(report: Report, simulated: bool) -> Outcome<Report> {
    Outcome::judged(report, Verdict::Pass, simulated)
}

/// Trades. From the intent on nothing but a kill stops this before it is known what became of the order.
pub(super) fn trade(
    client: &mut Client<'_>,
    options: &Options,
    deps: &mut Deps<'_>,
    mut report: Report,
    admission: Admission,
    simulated: bool,
) -> Outcome<Report> {
    let before = match last_look(client, options, deps) {
        Ok(before) => before,
        Err(failure) => return refused(report, failure, simulated),
    };
    let now = deps.clock.now();
    let order = order(options, now);
    let request = Request::new(order.clone(), now);
    let expected = ExpectedOrder {
        before: before.clone(),
        symbol: order.symbol.clone(),
        side: order.side.clone(),
        volume: order.volume.value(),
        signed_at: request.timestamp,
        ttl: options.signature_ttl,
        settle: options.settle,
        credit: options.judging.credit.clone(),
    };
    let intent = intent(&order, &request, options, &before, &admission.account);
    let permit = match admission.permit(options) {
        Ok(permit) => permit,
        Err(failure) => return refused(report, failure, simulated),
    };
    (deps.point)("before-intent");
    if let Err(stopped) = deps.stop.ignore_all() {
        return refused(report, Failure::interrupted(stopped), simulated);
    }
    let unresolved = UnresolvedOpen::begin();
    if let Err(error) = deps.records.add(deps.clock, &intent.into()) {
        let message = "refused: the order's intent could not be recorded";
        let failure = Failure::new(Code::IntentNotRecorded, message).with_cause(error);
        return refused(report, failure, simulated);
    }
    (deps.point)("after-intent");
    let answered = send(client, options, deps, permit, &request);
    (deps.point)("after-send");
    let found =
        open::find_out(client, deps.clock, &expected, &(&answered.claim).into(), deps.deadline);
    let OpenFinding { outcome, named, readings } =
        found.unwrap_or_else(|error| OpenFinding::unknown(error.to_string()));
    (deps.point)("before-outcome");
    let record = OpenOutcomeRecord {
        intent: deps.records.run,
        result: outcome.clone(),
        reply: answered.raw.as_deref().map(RawReply::of),
        readings,
    };
    let mut warnings = vec![];
    let mut context = CloseContext { client, options, deps, warnings: &mut warnings };
    context.keep(&record.into());
    // An unknown outcome stays unresolved until the end of the run.
    let _unresolved = matches!(outcome, OpenOutcome::Unknown { .. }).then_some(unresolved);
    let said = open::describe(&answered.claim);
    report.order = Some(OrderReport::new(outcome.clone(), named, said, &options.volume()));
    let ended = match outcome {
        OpenOutcome::Executed { position, .. } => {
            let opened = Opened { position: *position, named, before, drift: admission.drift };
            executed(&mut context, &mut report, opened)
        }
        OpenOutcome::NotExecuted { why, .. } => Err(not_executed(options, &why, &answered.claim)),
        OpenOutcome::Unknown { why } => Err(unknown(options, context.deps.records.run, &why)),
    };
    finish(&mut context, &mut report, true);
    ended_as(report, ended, warnings, simulated)
}

/// A proved OPEN.
struct Opened {
    position: Position,
    named: bool,
    /// Every ticket that was open before it.
    before: BTreeSet<Ticket>,
    drift: Option<Hourly>,
}

/// Identity, list and breaker once more, directly before the order and on the connection that will carry it: whoever
/// confirmed may have taken a while.
fn last_look(
    client: &mut Client<'_>,
    options: &Options,
    deps: &Deps<'_>,
) -> Result<BTreeSet<Ticket>, Failure> {
    client.hang_up();
    let failed = |error: &Error| options.names.read_failure(error);
    client.identify().map_err(|error| failed(&error))?;
    let list = match client.positions().map_err(|error| failed(&error))?.reply {
        Ok(list) => list.positions,
        Err(refusal) => {
            return Err(forbidden("the positions can't be read", &refusal.to_string()));
        }
    };
    // A list that failed would make every position seem new afterwards.
    if list.is_empty() {
        let nothing = BTreeSet::new();
        let judged = absence::judge(client, &list, &nothing, &options.judging.credit)
            .map_err(|error| failed(&error))?;
        if let Judgement::Unproved { doubt } = judged {
            return Err(forbidden("the list of positions can't be believed", &doubt));
        }
    }
    if !options.beside_open
        && let Some(open) = list.iter().find(|position| position.symbol == options.symbol)
    {
        return Err(forbidden(
            "a position was opened meanwhile",
            &format!("{} in {}", open.ticket, open.symbol),
        ));
    }
    if let Some(why) = breaker::engaged(&options.breaker) {
        return Err(forbidden("the breaker was engaged meanwhile", &why));
    }
    let span = options.order_timeout + options.signature_ttl + options.settle;
    if deps.deadline.left(deps.clock) < span {
        return Err(forbidden(
            "too little time is left for an order and its proof",
            &format!("at least {span:?} are needed: give it longer with --deadline"),
        ));
    }
    Ok(list.iter().map(|position| position.ticket).collect())
}

fn forbidden(what: &str, why: &str) -> Failure {
    Failure::new(Code::Guard, format!("refused: {what}; no order was sent"))
        .with_cause(why)
        .with_remedy("run it again once that is settled")
}

fn order(options: &Options, now: jiff::Timestamp) -> Open {
    let none = || Price::from(rust_decimal::Decimal::new(0, 1));
    let mut order = Open {
        symbol: options.symbol.clone(),
        side: Side::Buy,
        volume: options.volume(),
        price: none(),
        sl: none(),
        tp: none(),
        comment: COMMENT.to_owned(),
        magic: options.magic,
        risk_signature: String::new(),
    };
    order.risk_signature = signature::sign(&order, now);
    order
}

fn intent(
    order: &Open,
    request: &Request<Open>,
    options: &Options,
    before: &BTreeSet<Ticket>,
    account: &Account,
) -> OpenIntent {
    OpenIntent {
        purpose: Purpose::Canary,
        order: Ordered {
            symbol: order.symbol.clone(),
            side: order.side.clone(),
            volume: order.volume.clone(),
            magic: order.magic,
            comment: order.comment.clone(),
        },
        request: request.uuid,
        risk_signature: order.risk_signature.clone(),
        signed_at: request.timestamp,
        signature_ttl_ms: millis(options.signature_ttl),
        settle_ms: millis(options.settle),
        tickets_before: before.iter().copied().collect(),
        account_before: Funds::from(account),
    }
}

fn send(
    client: &mut Client<'_>,
    options: &Options,
    deps: &Deps<'_>,
    permit: OpenPermit,
    request: &Request<Open>,
) -> OrderAnswer<Filled> {
    let until = Deadline::after(deps.clock, options.order_timeout).min(deps.deadline);
    let answered = client.open(permit, request, until);
    if matches!(answered.claim, Claim::Lost(_) | Claim::Garbled(_)) {
        client.hang_up();
    }
    answered
}

/// What follows a proved OPEN: left open, closed, or watched and then closed.
fn executed(
    context: &mut CloseContext<'_, '_, '_>,
    report: &mut Report,
    opened: Opened,
) -> Result<Verdict, Failure> {
    let Opened { position, named, before, drift } = opened;
    let (ticket, options) = (position.ticket, context.options);
    let partial = report.order.as_ref().is_some_and(|order| order.partial);
    if partial {
        let words = format!("a partial fill: {} of {} lots", position.volume, options.volume());
        context.warnings.push(words);
    }
    let verdict = if partial { Verdict::Warn } else { Verdict::Pass };
    // Somebody else's order may look the same: neither a success nor to be closed (hazard 10).
    if !named {
        let why = "it was found by its likeness alone, and is not closed on that".to_owned();
        report.close =
            Some(CloseReport { ticket, result: CloseOutcome::NotSent, why: why.clone() });
        return Err(not_closed(ticket, &why));
    }
    if let Some(monitor) = &options.monitor {
        let held = Held { position, others: before, drift, adopted: false };
        return Ok(watch::run(context, monitor, report, held)?.max(verdict));
    }
    if options.keep_open {
        let why = "left open, as asked for".to_owned();
        report.close = Some(CloseReport { ticket, result: CloseOutcome::KeptOpen, why });
        return Ok(verdict);
    }
    (context.deps.point)("before-close");
    let closed = context.close(&position, &before, context.deps.deadline);
    let (result, why) = (closed.result, closed.why.clone());
    report.close = Some(closed);
    match result {
        CloseOutcome::Closed => Ok(verdict),
        _ => Err(not_closed(ticket, &why)),
    }
}

/// The balance after all, and the last record of a canary's own run.
pub(super) fn finish(context: &mut CloseContext<'_, '_, '_>, report: &mut Report, own: bool) {
    report.exercised();
    if let Ok(Ok(account)) = context.client.account().map(|answer| answer.reply) {
        report.balance_after = Some(account.balance);
    }
    // Who adopts a position knows no balance from before it was opened, and its run has an end of its own.
    if !own {
        return;
    }
    let closed = report.close.as_ref().map(|close| close.result);
    if let (Some(CloseOutcome::Closed), Some(before), Some(after)) =
        (closed, &report.balance_before, &report.balance_after)
    {
        report.cost = Some((before.value() - after.value()).into());
    }
    let order = report.order.as_ref();
    if let Some(balance_before) = report.balance_before.clone() {
        let result = match (closed, order.map(|order| &order.result)) {
            (Some(CloseOutcome::Closed), _) => CanaryResult::Closed,
            (Some(CloseOutcome::KeptOpen), _) => CanaryResult::KeptOpen,
            (Some(_), _) | (None, Some(OpenOutcome::Executed { .. })) => CanaryResult::NotClosed,
            (None, Some(OpenOutcome::NotExecuted { .. })) => CanaryResult::NotExecuted,
            (None, Some(OpenOutcome::Unknown { .. }) | None) => CanaryResult::Unknown,
        };
        let end = CanaryEnd {
            result,
            ticket: order.and_then(|order| order.position.as_ref()).map(|position| position.ticket),
            balance_before,
            balance_after: report.balance_after.clone(),
            cost: report.cost.clone(),
        };
        context.keep(&end.into());
    }
}

/// The outcome. A watch that was asked to stop leaves open what the rest of its time would have shown.
pub(super) fn ended_as(
    report: Report,
    ended: Result<Verdict, Failure>,
    warnings: Vec<String>,
    simulated: bool,
) -> Outcome<Report> {
    let stopped =
        report.monitor.as_ref().is_some_and(|watched| watched.ended == WatchEnding::Stopped);
    let mut outcome = match ended {
        Ok(verdict) => Outcome::judged(report, verdict, simulated),
        Err(failure) => refused(report, failure, simulated),
    };
    if stopped && outcome.exit == Exit::No {
        outcome.verdict = Verdict::Unknown;
    }
    outcome.warnings = warnings;
    outcome
}

fn not_executed(options: &Options, why: &str, claim: &Claim<Filled>) -> Failure {
    let refusal = match claim {
        Claim::Refused(refusal) => Some(refusal),
        _ => None,
    };
    let message = format!("the canary on {} did not execute", options.names.endpoint);
    let failure = Failure::new(Code::NotExecuted, message).with_causes(refusal).with_cause(why);
    match refusal.map(|refusal| &refusal.code) {
        Some(code)
            if code.executed() == Executed::No || *code == ErrorCode::RiskSignatureInvalid =>
        {
            failure.with_remedy(code.remedy())
        }
        _ => failure,
    }
}

fn unknown(options: &Options, run: Uuid, why: &str) -> Failure {
    let message = format!(
        "OUTCOME UNKNOWN: an OPEN was sent to {}, and what became of it is not proved",
        options.names.endpoint
    );
    Failure::new(Code::OutcomeUnknown, message).with_cause(why).with_remedy(format!(
        "do not retry; look at the terminal's Trade tab, run mt5crs sync, or say what is so: mt5crs evidence resolve {run}"
    ))
}
