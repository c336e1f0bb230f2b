//! Compares the claims of a world's runs with the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::act::{Act, Doubt};
use super::command::Command;
use super::play::{Claims, Played, Run};
use super::undecidable;
use super::world::{Owed, World};
use crate::check::Status;
use crate::evidence::basis::Premise;
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::exit::Exit;
use crate::ops::{canary, emergency_close, sync};
use crate::proof::intents::IntentFinding;
use crate::protocol::positions::{Position, tickets};
use crate::sim::{Execution, ExecutionKind};
use crate::units::Ticket;

/// A command may end this much after its deadline.
const SLACK: Duration = Duration::from_secs(5);

/// The judgement of a world that was played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Its claims are true, and it gave a definite answer: done, refused, or proved that nothing executed.
    Definite,
    /// Its claims are true, and it was in doubt.
    InDoubt,
    /// It claimed what no client can know better.
    Undecidable,
    /// The promise is broken.
    Broken {
        /// In which way.
        breach: Breach,
        /// The claim and the truth.
        story: String,
    },
}

/// A way to break the promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Breach {
    /// A claim that the truth contradicts.
    Lie,
    /// No success, or no definite answer, although everything that happened is honest.
    FalseAlarm,
    /// It ran on after its deadline.
    Hang,
    /// A second OPEN was sent.
    Double,
}

impl Breach {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Lie, Self::FalseAlarm, Self::Hang, Self::Double];

    /// Its name for one.
    pub fn singular(self) -> &'static str {
        match self {
            Self::Lie => "lie",
            Self::FalseAlarm => "false alarm",
            Self::Hang => "hang",
            Self::Double => "second order",
        }
    }

    /// Its name for many.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Lie => "lies",
            Self::FalseAlarm => "false alarms",
            Self::Hang => "hangs",
            Self::Double => "second orders",
        }
    }
}

/// Judges the runs of a world by its truth.
pub fn judge(world: &World, played: &Played) -> Judgement {
    let broken = |breach, story| Judgement::Broken { breach, story };
    if let Some(run) = played.runs.iter().find(|run| run.took > run.limit + SLACK) {
        let took = match run.took {
            Duration::MAX => "it went round in circles".to_owned(),
            took => format!("it took {took:?} of {:?}", run.limit),
        };
        return broken(Breach::Hang, took);
    }
    let sent: BTreeSet<_> = played.opens().map(|entry| entry.request_uuid).collect();
    if sent.len() > 1 {
        return broken(Breach::Double, "two requests opened positions".to_owned());
    }
    if let Some(lie) = played.runs.iter().find_map(|run| lie(run, played)) {
        return match undecidable::kind_of(world, played) {
            Some(_) => Judgement::Undecidable,
            None => broken(Breach::Lie, lie),
        };
    }
    let owed = world.owes();
    let falls_short = |run: &&Run| match owed {
        Owed::Success => !run.is_success(),
        Owed::DefiniteAnswer => !run.is_definite(played),
        Owed::Truth => false,
    };
    if let Some(run) = played.runs.iter().find(falls_short)
        && !is_excused(world, played)
    {
        let why = run.doubt().map(|doubt| format!(": {doubt}")).unwrap_or_default();
        let code = run.exit.map_or(0, Exit::code);
        let story = format!("a sound gateway, and exit {code}{why}");
        return broken(Breach::FalseAlarm, story);
    }
    match played.runs.iter().all(|run| run.is_definite(played)) {
        true => Judgement::Definite,
        false => Judgement::InDoubt,
    }
}

/// Whether one of the honest acts gives a reason to doubt in this run.
fn is_excused(world: &World, played: &Played) -> bool {
    let acts = world.acts.iter().filter_map(|act| Act::of(act));
    acts.flat_map(|act| act.doubts).any(|doubt| match doubt {
        Doubt::UnnamedOrder => played.runs.iter().any(Run::is_unnamed),
        Doubt::ClosedMeanwhile => {
            let others = |entry: &Execution| entry.kind == ExecutionKind::OthersClose;
            played.truth.ledger.iter().any(others)
        }
        Doubt::AnotherNewTicket => {
            world.command.opens() && played.opened_by_others().next().is_some()
        }
        Doubt::Reopened => played.opened_by_others().next().is_some(),
        Doubt::LikeOneGone => played.runs.iter().any(|run| run.has_like_one_gone(played)),
        Doubt::MoneyMoved => {
            matches!(world.command, Command::SyncAfter(_))
                || played.runs.iter().any(Run::is_unknown)
        }
        Doubt::Renamed => matches!(world.command, Command::SyncAfter(_)),
        Doubt::ClockStepped => world.command.opens(),
    })
}

impl Run {
    /// The first reason that it gives for its doubt.
    fn doubt(&self) -> Option<String> {
        match &self.claims {
            Claims::EmergencyClose(report) => {
                let open = report.tickets.iter().find(|it| it.result != CloseOutcome::Closed);
                open.map(|it| it.why.clone()).or(report.doubt.clone())
            }
            Claims::Sync { report, .. } => {
                let failed = report.checks.iter().find(|check| check.status == Status::Fail);
                failed.map(|check| format!("{}: {}", check.name, check.found))
            }
            Claims::Canary(_) | Claims::Nothing => None,
        }
    }

    /// Whether it sent an order whose ticket no reply named.
    fn is_unnamed(&self) -> bool {
        let Claims::Canary(report) = &self.claims else { return false };
        report.order.as_ref().is_some_and(|order| !order.named)
    }

    /// Whether it sent an order, and does not know what became of it.
    fn is_unknown(&self) -> bool {
        let Claims::Canary(report) = &self.claims else { return false };
        let unknown = |result: &OpenOutcome| matches!(result, OpenOutcome::Unknown { .. });
        report.order.as_ref().is_some_and(|order| unknown(&order.result))
    }

    /// Whether it doubts that a position is closed because others opened one that is like it.
    fn has_like_one_gone(&self, played: &Played) -> bool {
        let Claims::EmergencyClose(report) = &self.claims else { return false };
        let mut doubted =
            report.tickets.iter().filter(|it| it.missing == Some(Premise::NothingNew));
        doubted.any(|gone| {
            played.opened_by_others().any(|entry| {
                (&entry.symbol, &entry.side) == (&gone.symbol, &gone.side)
                    && entry.volume.value() <= gone.volume.value()
            })
        })
    }

    /// Whether it did its work, and says so; true of one that was killed.
    fn is_success(&self) -> bool {
        let resolved =
            |intent: &IntentFinding| !matches!(intent.outcome, OpenOutcome::Unknown { .. });
        let is_resolved = match &self.claims {
            Claims::Sync { report, .. } => report.intents.iter().all(resolved),
            _ => true,
        };
        is_resolved && self.exit.is_none_or(|exit| exit == Exit::Ok)
    }

    /// Whether it says what became of everything, done or not done.
    fn is_definite(&self, played: &Played) -> bool {
        let still_open = |result, ticket| {
            matches!(result, CloseOutcome::StillOpen | CloseOutcome::NotSent)
                && played.is_open(ticket)
        };
        match (self.exit, &self.claims) {
            (Some(Exit::Ok), _) => self.is_success(),
            (None | Some(Exit::NoAnswer | Exit::Guarded | Exit::OrderRefused), _) => true,
            (Some(Exit::No), Claims::Canary(report)) => {
                report.close.as_ref().is_some_and(|close| close.result == CloseOutcome::Closed)
            }
            (Some(Exit::NotFlat), Claims::Canary(report)) => {
                report.close.as_ref().is_some_and(|it| still_open(it.result, it.ticket))
            }
            (Some(Exit::NotFlat), Claims::EmergencyClose(report)) => {
                let mut open = report.tickets.iter().filter(|it| it.result != CloseOutcome::Closed);
                !played.truth.open.is_empty() && open.all(|it| still_open(it.result, it.ticket))
            }
            _ => false,
        }
    }
}

/// The first claim that the truth contradicts.
fn lie(run: &Run, played: &Played) -> Option<String> {
    match &run.claims {
        Claims::Canary(report) => canary_lies(report, run, played),
        Claims::EmergencyClose(report) => close_lies(report, played),
        Claims::Sync { report, passes } => sync_lies(report, *passes, run, played),
        Claims::Nothing if run.exit == Some(Exit::Ok) => {
            Some("success without a report".to_owned())
        }
        Claims::Nothing => None,
    }
}

impl Played {
    /// Whether the last run is a sync.
    pub(super) fn ends_with_sync(&self) -> bool {
        self.runs.last().is_some_and(|run| matches!(run.claims, Claims::Sync { .. }))
    }

    /// The executions of OPENs.
    pub(super) fn opens(&self) -> impl Iterator<Item = &Execution> {
        self.truth.ledger.iter().filter(|entry| entry.kind == ExecutionKind::Open)
    }

    /// The result of the order's position as its list showed it; 0 without one.
    pub(super) fn result_of_order(&self) -> Decimal {
        let reports = self.runs.iter().filter_map(|run| match &run.claims {
            Claims::Canary(report) => report.order.as_ref(),
            _ => None,
        });
        let positions = reports.filter_map(|order| order.position.as_ref());
        positions.map(|position| position.profit.value()).sum()
    }

    /// Whether an OPEN of these runs was executed, and only after the last of them had ended.
    pub(super) fn is_booked_after_runs(&self) -> bool {
        let end = self.runs.last().map_or(0, |run| run.executions.1);
        let executed = |entry: &Execution| entry.kind == ExecutionKind::Open;
        self.truth.ledger.iter().position(executed).is_some_and(|first| first >= end)
    }

    /// Whether others opened or closed positions.
    pub(super) fn has_others_trade(&self) -> bool {
        let others = [ExecutionKind::OthersOpen, ExecutionKind::OthersClose];
        self.truth.ledger.iter().any(|entry| others.contains(&entry.kind))
    }

    /// The executions by which others opened positions.
    fn opened_by_others(&self) -> impl Iterator<Item = &Execution> {
        self.truth.ledger.iter().filter(|entry| entry.kind == ExecutionKind::OthersOpen)
    }

    /// Whether a ticket is open in either account.
    fn is_open(&self, ticket: Ticket) -> bool {
        let other = self.truth.other.iter().flat_map(|other| &other.open);
        self.truth.open.iter().chain(other).any(|position| position.ticket == ticket)
    }

    /// A ticket that an OPEN of these runs opened and that is open.
    fn left_open(&self) -> Option<Ticket> {
        self.opens().map(|entry| entry.ticket).find(|ticket| self.is_open(*ticket))
    }

    /// Whether exactly these tickets were open in the account that answered, at some time during the run.
    fn held(&self, listed: &BTreeSet<Ticket>, run: &Run) -> bool {
        let (begin, end) = run.executions;
        let moved_after = self.truth.other.as_ref().map_or(usize::MAX, |other| other.after);
        let mut first = Holdings::of(&self.before);
        let mut held = begin == 0 && first.are(listed);
        for (index, entry) in self.truth.ledger.iter().enumerate().take(end) {
            if index >= moved_after {
                break;
            }
            first.apply(entry);
            held |= index + 1 >= begin && first.are(listed);
        }
        let Some(other) = &self.truth.other else { return held };
        // From its end backwards: the positions that it started with are not known.
        let mut now = Holdings::of(&other.open);
        for (index, entry) in self.truth.ledger.iter().enumerate().skip(other.after).rev() {
            held |= index + 1 >= begin && index < end && now.are(listed);
            now.revert(entry);
        }
        held || (end >= other.after && now.are(listed))
    }
}

/// The volume of each open ticket, in lots.
struct Holdings(BTreeMap<Ticket, Decimal>);

impl Holdings {
    fn of(positions: &[Position]) -> Self {
        Self(positions.iter().map(|it| (it.ticket, it.volume.value())).collect())
    }

    fn apply(&mut self, entry: &Execution) {
        self.add(entry, entry.kind.closes());
    }

    fn revert(&mut self, entry: &Execution) {
        self.add(entry, !entry.kind.closes());
    }

    fn add(&mut self, entry: &Execution, negative: bool) {
        let volume = if negative { -entry.volume.value() } else { entry.volume.value() };
        *self.0.entry(entry.ticket).or_default() += volume;
        self.0.retain(|_, volume| !volume.is_zero());
    }

    fn are(&self, listed: &BTreeSet<Ticket>) -> bool {
        self.0.keys().eq(listed)
    }
}

fn canary_lies(report: &canary::Report, run: &Run, played: &Played) -> Option<String> {
    let opened = || played.opens().map(|entry| entry.ticket);
    if let Some(order) = &report.order {
        match &order.result {
            OpenOutcome::NotExecuted { .. } => {
                if let Some(ticket) = opened().next() {
                    return Some(format!("\"not executed\", and {ticket} was opened"));
                }
            }
            OpenOutcome::Executed { ticket, .. } if order.named => {
                if !opened().any(|opened| opened == *ticket) {
                    return Some(format!("\"executed as {ticket}\", which no order opened"));
                }
            }
            OpenOutcome::Executed { .. } | OpenOutcome::Unknown { .. } => {}
        }
    } else if report.adopted.is_none()
        && !report.plan.resume
        && let Some(ticket) = opened().next()
    {
        return Some(format!("\"no order was sent\", and {ticket} was opened"));
    }
    let close = report.close.as_ref()?;
    if close.result == CloseOutcome::Closed && played.is_open(close.ticket) {
        return Some(format!("\"closed {}\", which is open", close.ticket));
    }
    let ticket = played.left_open().filter(|_| run.exit == Some(Exit::Ok))?;
    Some(format!("success, and {ticket} of its order is open"))
}

fn close_lies(report: &emergency_close::Report, played: &Played) -> Option<String> {
    if report.dry_run {
        return None;
    }
    for ticket in &report.tickets {
        if ticket.result == CloseOutcome::Closed && played.is_open(ticket.ticket) {
            return Some(format!("\"closed {}\", which is open", ticket.ticket));
        }
    }
    // Somebody may open a position after the certificate; it speaks of the time of its lists.
    let open = played.before.iter().find(|position| played.is_open(position.ticket));
    let covers_pending = report.certificate.as_ref().is_some_and(|it| it.orders.is_some());
    if let Some(order) = played.truth.pending.first().filter(|_| covers_pending) {
        return Some(format!("\"flat\", and the pending order {} waits", order.ticket));
    }
    match (&report.certificate, open) {
        (Some(_), Some(position)) => Some(format!("\"flat\", and {} is open", position.ticket)),
        _ => None,
    }
}

/// A sync that ends with a warning vouches for no positions: the gate does not pass.
fn sync_lies(report: &sync::Report, passes: bool, run: &Run, played: &Played) -> Option<String> {
    for intent in &report.intents {
        let opened = || played.opens().map(|entry| entry.ticket);
        match &intent.outcome {
            OpenOutcome::NotExecuted { .. } => {
                if let Some(ticket) = opened().next() {
                    return Some(format!("resolved as not executed, and {ticket} was opened"));
                }
            }
            OpenOutcome::Executed { ticket, .. } => {
                if !opened().any(|opened| opened == *ticket) {
                    return Some(format!("resolved as {ticket}, which no order opened"));
                }
            }
            OpenOutcome::Unknown { .. } => {}
        }
    }
    if !passes {
        return None;
    }
    let listed = tickets(report.positions.as_deref().unwrap_or_default());
    if !played.held(&listed, run) {
        return Some(format!(
            "{} positions recovered, which were never the open ones",
            listed.len()
        ));
    }
    let other = played.truth.other.as_ref().filter(|other| other.after <= run.executions.1);
    other.is_some().then(|| "the gate passes, and the account is another".to_owned())
}
