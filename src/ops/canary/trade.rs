//! The trade: intent, OPEN at most once, proof, CLOSE, proof.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::admission::Admission;
use super::close::{ClosingState, not_closed};
use super::watch::{HourlyDrift, WatchEvent, WatchedPosition};
use super::{Canary, CloseReport, Options, OrderReport};
use crate::check::Verdict;
use crate::clock::{Deadline, millis};
use crate::evidence::body::{
    CanaryEnd, CanaryResult, Funds, OpenIntent, OpenOutcomeRecord, Ordered, Purpose, RawReply,
};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::failure::{Code, Failure, cause_of};
use crate::link::LinkError;
use crate::link::order::{Claim, OrderAnswer, UnresolvedOpen};
use crate::link::permit::OpenPermit;
use crate::proof::absence;
use crate::proof::absence::Known;
use crate::proof::claim::{OpenClaim, describe_open};
use crate::proof::journal;
use crate::proof::money::{self, Between, Statement};
use crate::proof::open::{self, Executed, Facts, OpenFinding, OpenVerdict};
use crate::protocol::account::Account;
use crate::protocol::open::{Filled, Open};
use crate::protocol::positions::{self, Position};
use crate::protocol::{self, ErrorCode, Refusal, Request, signature};
use crate::units::{Lots, Price, Side, Symbol, Ticket};

/// The order's comment; the gateway drops it (hazard 10).
const COMMENT: &str = "mt5crs canary";

impl Canary<'_, '_, '_> {
    /// Trades. From the intent on, nothing but a kill stops this before the order's outcome is known.
    pub(super) fn trade(&mut self) -> Result<Verdict, Failure> {
        let admission = self.admit()?;
        let options = self.options;
        if options.dry_run {
            return Ok(Verdict::Pass);
        }
        (self.deps.confirm)(&self.report)?;
        let (account, listed) = self.look_again(&admission)?;
        let now = self.deps.clock.now();
        let request = Request::new(order(options, now), now);
        let journal = journal::mark_of(self.client.gateway());
        let intent = OpenIntent { journal, ..intent(&request, options, &listed, &account) };
        let permit = admission.permit(options)?;
        (self.deps.kill_point)("before-intent");
        self.deps.stop.ignore_all().map_err(Failure::interrupted)?;
        let unresolved = UnresolvedOpen::begin();
        self.deps.records.add(self.deps.clock, &intent.clone().into()).map_err(|error| {
            let message = "refused: the order's intent could not be recorded";
            Failure::new(Code::IntentNotRecorded, message).with_cause(cause_of(&error))
        })?;
        (self.deps.kill_point)("after-intent");
        let answer = self.send(permit, &request);
        (self.deps.kill_point)("after-send");
        let admitted = Statement { account: &admission.account, positions: &admission.positions };
        let before = [admitted, Statement { account: &account, positions: &listed }];
        let facts = Facts { before: &before, credit: &options.expectations.credit };
        let (clock, claim) = (self.deps.clock, OpenClaim::from(&answer.claim));
        let until = self.deps.deadline;
        let observe = &mut self.deps.observe;
        let mut looking = |left| observe(WatchEvent::Looking { left });
        let OpenFinding { verdict, readings, listed: found } =
            open::find_out(self.client, clock, &intent, &claim, facts, until, &mut looking)
                .unwrap_or_else(|error| OpenFinding::from_error(&error));
        self.keep_shown(found.clone());
        (self.deps.kill_point)("before-outcome");
        self.record(OpenOutcomeRecord {
            intent: self.deps.records.run,
            result: verdict.outcome(),
            reply: answer.raw.as_deref().map(RawReply::of),
            readings,
            basis: verdict.basis(),
        });
        // An unknown outcome stays unresolved until the end of the run.
        let _unresolved = matches!(verdict, OpenVerdict::Unknown(_)).then_some(unresolved);
        let said = describe_open(&answer.claim);
        self.report.order = Some(OrderReport::new(&verdict, said, &options.volume()));
        let ended = match verdict {
            OpenVerdict::Executed(executed) => {
                self.keep_statement(admission.account, admission.positions);
                let mut others = positions::tickets(&listed);
                // Opened by somebody else meanwhile, and seen beside the position.
                others.extend(self.shown.keys());
                others.remove(&executed.position().ticket);
                self.after_open(&executed, found, others, admission.drift)
            }
            OpenVerdict::NotExecuted(proof) => {
                Err(not_executed(options, &proof.to_string(), &answer.claim, &listed))
            }
            OpenVerdict::Unknown(missing) => Err(self.unknown(&missing.doubt)),
        };
        let before = positions::tickets(&listed);
        let ended = ended.and_then(|verdict| Ok(verdict.max(self.account_for(&before, None)?)));
        let ended = self.finish(ended);
        self.record_end();
        ended
    }

    /// Accounts for every ticket that is new since the order, beside the order's own: another part of it or a second
    /// execution looks like it (hazard 29), and is no larger than `volume`, where one is given. Others are somebody else's
    /// trades.
    pub(super) fn account_for(
        &mut self,
        before: &BTreeSet<Ticket>,
        volume: Option<&Lots>,
    ) -> Result<Verdict, Failure> {
        let own = self.report.close.as_ref().map(|close| close.ticket);
        self.wait_for_other_parts();
        let (plan, mut alike) = (&self.report.plan, vec![]);
        let is_new = |position: &&Position| {
            !before.contains(&position.ticket) && Some(position.ticket) != own
        };
        let mut others = vec![];
        for position in self.shown.values().filter(is_new) {
            let Position { ticket, symbol, side, volume: lots, .. } = position;
            let found = format!("{ticket} {symbol} {side} {lots} lots");
            let is_alike = symbol.as_str().starts_with(plan.symbol.as_str())
                && side.as_str() == plan.side
                && volume.is_none_or(|most| lots.value() <= most.value());
            if is_alike { alike.push((*ticket, found)) } else { others.push(found) }
        }
        if let Some((ticket, _)) = alike.first() {
            let message = "THE ORDER MAY HAVE OPENED MORE THAN ONE POSITION";
            let causes = alike.iter().map(|(_, found)| format!("new since the order: {found}"));
            return Err(Failure::new(Code::CanaryOpen, message).with_causes(causes).with_remedy(
                format!("if it is this order's: mt5crs emergency-close --ticket {ticket}"),
            ));
        }
        if others.is_empty() {
            return Ok(Verdict::Pass);
        }
        self.warnings.push(format!("opened by somebody else meanwhile: {}", others.join(", ")));
        Ok(Verdict::Warn)
    }

    /// Keeps every position that a list shows since the order: a later list may be cut.
    pub(super) fn keep_shown(&mut self, list: Vec<Position>) {
        self.shown.extend(list.into_iter().map(|position| (position.ticket, position)));
    }

    /// After a partial fill, gives the broker the settle time for the other parts, and lists once more.
    fn wait_for_other_parts(&mut self) {
        let is_partial = self.report.order.as_ref().is_some_and(|order| order.partial);
        let has_watched = self.report.monitor.is_some();
        if !is_partial || has_watched {
            return;
        }
        let settle = self.options.settle.min(self.deps.deadline.left(self.deps.clock));
        let _ = self.deps.clock.sleep(settle);
        if let Ok(Ok(list)) = self.client.positions().map(|answer| answer.reply) {
            self.keep_shown(list.positions);
        }
    }

    /// Checks identity, list, account and breaker once more, directly before the order and on the connection that will carry it:
    /// the confirmation may have taken a while.
    fn look_again(&mut self, admission: &Admission) -> Result<(Account, Vec<Position>), Failure> {
        let options = self.options;
        self.client.hang_up();
        self.client.identify().map_err(|error| self.read_failure(&error))?;
        let answer = self.client.positions().map_err(|error| self.read_failure(&error))?;
        let list = match answer.reply {
            Ok(list) => list.positions,
            Err(refusal) => {
                return Err(forbidden("the positions can't be read", &refusal.to_string()));
            }
        };
        // A list that failed would make every position seem new afterwards.
        if list.is_empty() {
            let nothing = BTreeSet::new();
            let credit = &options.expectations.credit;
            let known = Known::new(&nothing, credit);
            let absent = absence::prove(self.client, &list, known)
                .map_err(|error| self.read_failure(&error))?;
            if let Err(missing) = absent {
                return Err(forbidden("the list of positions can't be believed", &missing.doubt));
            }
        }
        let answer = self.client.account().map_err(|error| self.read_failure(&error))?;
        let account = answer
            .reply
            .map_err(|refusal| forbidden("the account can't be read", &refusal.to_string()))?;
        let admitted = Statement { account: &admission.account, positions: &admission.positions };
        let now = Statement { account: &account, positions: &list };
        if let Some(contradiction) = money::contradiction(admitted, Between::default(), now) {
            return Err(forbidden("the account changed meanwhile", &contradiction.to_string()));
        }
        if let Some(gone) = gone_without_trace(admitted, now) {
            let why = format!("{gone} is gone, and the account does not show that it was closed");
            return Err(forbidden("the list of positions can't be believed", &why));
        }
        if !options.beside_open
            && let Some(open) = list.iter().find(|position| position.symbol == options.symbol)
        {
            let why = format!("{} in {}", open.ticket, open.symbol);
            return Err(forbidden("a position was opened meanwhile", &why));
        }
        if let Some(why) = options.kill_switch.engaged() {
            return Err(forbidden("the breaker was engaged meanwhile", &why));
        }
        let span = options.order_timeout + options.signature_ttl + options.settle;
        if self.deps.deadline.left(self.deps.clock) < span {
            return Err(forbidden(
                "too little time is left for an order and its proof",
                &format!("at least {span:?} are needed: give it longer with --deadline"),
            ));
        }
        Ok((account, list))
    }

    fn send(&mut self, permit: OpenPermit, request: &Request<Open>) -> OrderAnswer<Filled> {
        let until =
            Deadline::after(self.deps.clock, self.options.order_timeout).min(self.deps.deadline);
        let answer = self.client.open(permit, request, until);
        if matches!(answer.claim, Claim::Lost(_) | Claim::Garbled(_)) {
            self.client.hang_up();
        }
        answer
    }

    /// Leaves the proved position open, closes it, or watches it. `listed` is the list that proved it, and `others` are the
    /// tickets that were open before it.
    fn after_open(
        &mut self,
        executed: &Executed,
        listed: Vec<Position>,
        others: BTreeSet<Ticket>,
        drift: Option<HourlyDrift>,
    ) -> Result<Verdict, Failure> {
        let (position, named) = (executed.position().clone(), executed.is_named());
        let (ticket, options) = (position.ticket, self.options);
        let mut verdict = Verdict::Pass;
        if self.report.order.as_ref().is_some_and(|order| order.partial) {
            let (filled, ordered) = (&position.volume, options.volume());
            self.warnings.push(format!("a partial fill: {filled} of {ordered} lots"));
            verdict = Verdict::Warn;
        }
        let ordered = &self.report.plan;
        if position.symbol != ordered.symbol
            || position.side.as_str() != ordered.side
            || position.volume.value() > options.volume().value()
        {
            let Position { symbol, side, volume, .. } = &position;
            self.warnings.push(format!(
                "another position opened than was ordered: {side} {symbol} {volume} lots, not {} {} {}",
                ordered.side, ordered.symbol, options.volume()
            ));
            verdict = Verdict::Warn;
        }
        if let (true, Some(monitor)) = (named, &options.monitor) {
            let listed = Some(listed);
            let watched = WatchedPosition { position, others, listed, drift, adopted: false };
            return Ok(self.watch(monitor, watched)?.max(verdict));
        }
        let close = if !named {
            // Somebody else's order may look the same: neither a success nor to be closed (hazard 10).
            let why = "it was found by its likeness alone, and is not closed on that".to_owned();
            CloseReport::without_close(ticket, CloseOutcome::NotSent, why)
        } else if options.keep_open {
            let why = "left open, as asked for".to_owned();
            CloseReport::without_close(ticket, CloseOutcome::KeptOpen, why)
        } else {
            (self.deps.kill_point)("before-close");
            let state = ClosingState { is_gone: false, stop_requested: false };
            self.close_until_proved(&position, &others, state, self.deps.deadline)
        };
        let close = self.report.close.insert(close);
        match close.result {
            CloseOutcome::Closed | CloseOutcome::KeptOpen => Ok(verdict),
            _ => Err(not_closed(close)),
        }
    }

    /// Adds the last record of a canary's own run.
    fn record_end(&mut self) {
        let report = &mut self.report;
        let Some(balance_before) = report.balance_before.clone() else { return };
        let closed = report.close.as_ref().map(|close| close.result);
        let deals = report.deals.as_ref().filter(|deals| deals.is_complete);
        report.cost = match (closed, deals, &report.balance_after) {
            (Some(CloseOutcome::Closed), Some(deals), _) => Some((-deals.sum.value()).into()),
            (Some(CloseOutcome::Closed), None, Some(after)) => {
                Some((balance_before.value() - after.value()).into())
            }
            _ => None,
        };
        let order = report.order.as_ref();
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
            deals: report.deals.as_ref().map(|deals| deals.deals.clone()).unwrap_or_default(),
        };
        self.record(end);
    }

    fn unknown(&self, why: &str) -> Failure {
        let message = format!(
            "OUTCOME UNKNOWN: an OPEN was sent to {}, and its outcome is not proved",
            self.options.failure_context.endpoint
        );
        Failure::new(Code::OutcomeUnknown, message).with_cause(why).with_remedy(format!(
            "do not retry; look at the terminal's Trade tab, run mt5crs sync, or record the outcome: mt5crs evidence resolve {}",
            self.deps.records.run
        ))
    }
}

/// A position that the guards saw and that is gone, where the account does not show that it was closed: the list may lack
/// it.
fn gone_without_trace(admitted: Statement<'_>, now: Statement<'_>) -> Option<Ticket> {
    let listed = positions::tickets(now.positions);
    let gone = admitted.positions.iter().find(|it| !listed.contains(&it.ticket))?;
    let shows_closed = money::shows_closed(admitted, Between::default(), now);
    (!shows_closed).then_some(gone.ticket)
}

fn forbidden(what: &str, why: &str) -> Failure {
    Failure::new(Code::Guard, format!("refused: {what}; no order was sent"))
        .with_cause(why)
        .with_remedy("run it again once that is settled")
}

fn order(options: &Options, now: Timestamp) -> Open {
    let none = || Price::from(Decimal::new(0, 1));
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
    request: &Request<Open>,
    options: &Options,
    listed: &[Position],
    account: &Account,
) -> OpenIntent {
    let order = &request.action;
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
        tickets_before: positions::tickets(listed).into_iter().collect(),
        account_before: Funds::from(account),
        positions_before: listed.to_vec(),
        journal: None,
    }
}

fn not_executed(
    options: &Options,
    why: &str,
    claim: &Claim<Filled>,
    listed: &[Position],
) -> Failure {
    let message = format!("the canary on {} did not execute", options.failure_context.endpoint);
    let failure = Failure::new(Code::NotExecuted, message);
    let refusal = match claim {
        Claim::Refused(refusal) => refusal,
        Claim::Lost(LinkError::Unsent) => {
            let remedy = "no order was sent: run it again once mt5crs link-test passes";
            return failure.with_cause(why).with_remedy(remedy);
        }
        _ => return failure.with_cause(why),
    };
    let failure = failure.with_cause(refusal).with_cause(why);
    let code = &refusal.code;
    if is_symbol_missing(refusal, &options.symbol) {
        failure.with_remedy(symbol_remedy(&options.symbol, listed))
    } else if code.executed() == protocol::Executed::No || *code == ErrorCode::RiskSignatureInvalid
    {
        failure.with_remedy(code.remedy())
    } else {
        failure
    }
}

/// Whether the refusal says that the terminal doesn't know the symbol. The protocol has no code for it.
fn is_symbol_missing(refusal: &Refusal, symbol: &Symbol) -> bool {
    refusal.message.contains(symbol.as_str())
        && refusal.message.to_ascii_lowercase().contains("not found")
}

/// Names the listed symbols that are spelled most like the one that the terminal doesn't know.
fn symbol_remedy(symbol: &Symbol, listed: &[Position]) -> String {
    const SHOWN: usize = 3;
    let wanted = symbol.as_str().to_ascii_uppercase();
    let mut symbols: Vec<&str> = listed.iter().map(|position| position.symbol.as_str()).collect();
    let likeness = |symbol: &str| strsim::jaro_winkler(&wanted, &symbol.to_ascii_uppercase());
    symbols.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)).then(a.cmp(b)));
    symbols.dedup();
    symbols.truncate(SHOWN);
    let near = match symbols.as_slice() {
        [] => String::new(),
        near => format!("; the gateway's list has positions in {}", near.join(", ")),
    };
    format!(
        "the terminal does not know the symbol {symbol}: spell it as the broker does, with --symbol or MT5CRS_CANARY_SYMBOL{near}"
    )
}
