//! Compares a command's claims with the truth.

use std::time::Duration;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::world::{Claims, LIMIT, Played, World};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::exit::Exit;
use crate::ops::{canary, emergency_close};
use crate::proof::money;
use crate::sim::ExecutionKind;
use crate::units::Ticket;

/// A command may end this much after its deadline.
const SLACK: Duration = Duration::from_secs(5);

/// The judgement of a command that was played in a world.
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
    /// No success although nothing but harmless acts happened.
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

/// Judges a run by the world's truth. A single harmless act must not cost the success; several together may.
pub fn judge(world: &World, played: &Played) -> Judgement {
    let broken = |breach, story| Judgement::Broken { breach, story };
    if played.took > LIMIT + SLACK {
        return broken(Breach::Hang, format!("it took {:?} of {LIMIT:?}", played.took));
    }
    let mut sent: Vec<_> =
        played.ledger.iter().filter(|it| it.kind == ExecutionKind::Open).collect();
    sent.dedup_by_key(|entry| entry.request_uuid);
    if sent.len() > 1 {
        return broken(Breach::Double, "two requests opened positions".to_owned());
    }
    if let Some(lie) = lie(played) {
        return match is_undecidable(world, played) {
            true => Judgement::Undecidable,
            false => broken(Breach::Lie, lie),
        };
    }
    if world.is_harmless() && played.exit != Exit::Ok {
        return broken(Breach::FalseAlarm, format!("a sound gateway, and exit {:?}", played.exit));
    }
    match played.exit {
        Exit::Ok | Exit::Guarded | Exit::OrderRefused => Judgement::Definite,
        _ => Judgement::InDoubt,
    }
}

/// The first claim that the truth contradicts.
fn lie(played: &Played) -> Option<String> {
    match &played.claims {
        Claims::Canary(report) => canary_lies(report, played),
        Claims::EmergencyClose(report) => close_lies(report, played),
        Claims::Nothing if played.exit == Exit::Ok => Some("success without a report".to_owned()),
        Claims::Nothing => None,
    }
}

/// Whether no client of protocol 4.3 could tell this world from an honest one, because the results of the positions are too
/// small to leave a trace in the money:
///
/// - the terminal moved to another account before the first read, or to one with the same balance; without a login on the
///   wire it looks like one whose positions were closed
/// - the gateway hides positions, and answers for ever as a flat account would; from the first list on, whatever they are worth
/// - it hides them while money is paid in or out: the balance moves, and nothing shows that the result is missing in it
fn is_undecidable(world: &World, played: &Played) -> bool {
    let cent = Decimal::new(1, 2);
    let result: Decimal = played.before.iter().map(|position| position.profit.value()).sum();
    let is_small = result.abs() <= cent * money::noise(played.before.len());
    let has = |prefix: &str| world.acts.iter().any(|act| act.starts_with(prefix));
    let hides = |from: &str| world.acts.iter().any(|act| act == from);
    played.left_at_once
        || hides("hides-positions:1+")
        || (has("hides-positions") && has("deposit"))
        || (is_small && (has("hides-positions") || has("account-switch:10000.00")))
}

fn is_open(played: &Played, ticket: Ticket) -> bool {
    played.open.iter().any(|position| position.ticket == ticket)
}

/// The tickets that an OPEN of this run opened, in truth.
fn opened(played: &Played) -> impl Iterator<Item = Ticket> {
    let opens = played.ledger.iter().filter(|entry| entry.kind == ExecutionKind::Open);
    opens.map(|entry| entry.ticket)
}

fn canary_lies(report: &canary::Report, played: &Played) -> Option<String> {
    if let Some(order) = &report.order {
        match &order.result {
            OpenOutcome::NotExecuted { .. } => {
                if let Some(ticket) = opened(played).next() {
                    return Some(format!("\"not executed\", and {ticket} was opened"));
                }
            }
            OpenOutcome::Executed { ticket, .. } if order.named => {
                if !opened(played).any(|opened| opened == *ticket) {
                    return Some(format!("\"executed as {ticket}\", which no order opened"));
                }
            }
            OpenOutcome::Executed { .. } | OpenOutcome::Unknown { .. } => {}
        }
    } else if let Some(ticket) = opened(played).next() {
        return Some(format!("\"no order was sent\", and {ticket} was opened"));
    }
    let close = report.close.as_ref()?;
    if close.result == CloseOutcome::Closed && is_open(played, close.ticket) {
        return Some(format!("\"closed {}\", which is open", close.ticket));
    }
    let left = opened(played).find(|ticket| is_open(played, *ticket));
    match left {
        Some(ticket) if played.exit == Exit::Ok => {
            Some(format!("success, and {ticket} of its order is open"))
        }
        _ => None,
    }
}

fn close_lies(report: &emergency_close::Report, played: &Played) -> Option<String> {
    if report.dry_run {
        return None;
    }
    for ticket in &report.tickets {
        if ticket.result == CloseOutcome::Closed && is_open(played, ticket.ticket) {
            return Some(format!("\"closed {}\", which is open", ticket.ticket));
        }
    }
    // Somebody may open a position after the certificate; it speaks of the time of its lists.
    let open = played.before.iter().find(|position| is_open(played, position.ticket));
    match (&report.certificate, open) {
        (Some(_), Some(position)) => Some(format!("\"flat\", and {} is open", position.ticket)),
        _ => None,
    }
}
