//! A record in words: one sentence for the story of a run, and lines of facts for those who search for them.
//!
//! The facts begin with the words that operators search for, `Ticket:` and `Balance:`. Text that came from elsewhere is
//! written on one line, control characters as escapes (hazard 16); its hash is of the bytes as they came.

use crate::evidence::Record;
use crate::evidence::body::{
    Begin, Body, By, CloseOutcomeRecord, Content, EmergencyOutcome, FlatCertificate, OpenIntent,
    OpenOutcomeRecord, RawReply, Reading, Resolution, TicketOutcome, WatchEnd,
};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome, WatchEnding};
use crate::protocol::rfc3339;
use crate::units::Ticket;

/// Makes text fit to stand in a line; quotes and backslashes stay as they are.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\'' | '"' | '\\' => line.push(character),
            other => line.extend(other.escape_debug()),
        }
    }
    line
}

/// What the record says, in one sentence.
pub(super) fn sentence(record: &Record) -> String {
    let Some(body) = &record.body else {
        return format!(
            "unknown kind {}, version {}: a newer mt5crs wrote it",
            record.kind, record.version
        );
    };
    match body {
        Body::Begin(begin) => owner(begin),
        Body::OpenIntent(intent) => format!("an OPEN is about to be sent: {}", order(intent)),
        Body::OpenOutcome(outcome) => match &outcome.result {
            OpenOutcome::Executed { ticket, .. } => {
                format!("the OPEN executed: a later list holds position {ticket}")
            }
            OpenOutcome::NotExecuted { why, code } => {
                let code = code.as_ref().map_or(String::new(), |code| format!(" ({code})"));
                format!("the OPEN did not execute{code}: {why}")
            }
            OpenOutcome::Unknown { why } => format!("what became of the OPEN is not proved: {why}"),
        },
        Body::CloseIntent(close) => {
            let (ticket, volume, symbol) = (close.ticket, &close.volume, &close.symbol);
            format!("a CLOSE of position {ticket}, {volume} {symbol}, is about to be sent")
        }
        Body::CloseOutcome(outcome) => {
            format!("position {}: {}: {}", outcome.ticket, closed(outcome.result), outcome.why)
        }
        Body::CanaryEnd(end) => {
            let cost = end.cost.as_ref().map_or(String::new(), |cost| format!(", cost {cost}"));
            format!("the canary ended: {:?}{cost}", end.result)
        }
        Body::EmergencyIntent(intent) => {
            let (round, tickets) = (intent.round, intent.tickets.len());
            format!("round {round} of closing {tickets} positions is about to be sent")
        }
        Body::EmergencyOutcome(outcome) => round(outcome),
        Body::Resolution(resolution) => resolved(resolution),
        Body::WatchBegin(watch) => {
            let hours = watch.planned_ms as f64 / 3.6e6;
            let how = if watch.adopted { "is adopted and watched" } else { "is watched" };
            format!("position {} {how}, for {hours:.2} h", watch.ticket)
        }
        Body::WatchEnd(watch) => watched(watch),
        Body::TornTail(torn) => format!(
            "an unfinished line of {} bytes, SHA-256 {}, was closed off",
            torn.bytes, torn.sha256
        ),
    }
}

fn watched(watch: &WatchEnd) -> String {
    let why = match watch.result {
        WatchEnding::TimeOver => "its time was over",
        WatchEnding::Halted => "it was halted",
        WatchEnding::Stopped => "somebody asked to stop",
        WatchEnding::HandedOver => "it was handed over",
    };
    let reasons = match watch.reasons.as_slice() {
        [] => String::new(),
        reasons => format!(" ({})", reasons.join("; ")),
    };
    let left = if watch.kept_open { ", and the position left open" } else { "" };
    format!(
        "the watch over position {} ended after {:.2} h and {} looks, because {why}{reasons}{left}",
        watch.ticket,
        watch.lasted_ms as f64 / 3.6e6,
        watch.looks
    )
}

fn owner(begin: &Begin) -> String {
    let reported = |value: &Option<String>| match value {
        Some(value) => value.clone(),
        None => "not reported".to_owned(),
    };
    format!(
        "evidence of {}, profile {}, account {} at {} in {}; mt5crs {}",
        begin.endpoint,
        begin.profile.as_deref().unwrap_or("none"),
        reported(&begin.login),
        reported(&begin.server),
        reported(&begin.currency),
        begin.version
    )
}

fn order(intent: &OpenIntent) -> String {
    let order = &intent.order;
    format!(
        "{} {} {}, magic {}, comment {:?}, uuid {}, signature {}, while {} positions were open",
        order.side,
        order.volume,
        order.symbol,
        order.magic,
        order.comment,
        intent.request,
        intent.risk_signature,
        intent.tickets_before.len()
    )
}

fn closed(outcome: CloseOutcome) -> &'static str {
    match outcome {
        CloseOutcome::Closed => "proved closed",
        CloseOutcome::StillOpen => "still open",
        CloseOutcome::Unknown => "not proved closed",
        CloseOutcome::NotSent | CloseOutcome::KeptOpen => "not tried",
    }
}

fn round(outcome: &EmergencyOutcome) -> String {
    let count =
        |wanted| outcome.tickets.iter().filter(|ticket| ticket.result.outcome == wanted).count();
    let flat = match &outcome.flat {
        Some(flat) => format!("flat: {}", flat.witness),
        None => "flat was not proved".to_owned(),
    };
    format!(
        "round {}: {} closed, {} refused, {} unknown, {} not tried; {flat}",
        outcome.round,
        count(CloseOutcome::Closed),
        count(CloseOutcome::StillOpen),
        count(CloseOutcome::Unknown),
        count(CloseOutcome::NotSent),
    )
}

fn resolved(resolution: &Resolution) -> String {
    let outcome = match resolution.opened {
        Some(ticket) => format!("the OPEN executed as position {ticket}"),
        None => "the OPEN did not execute".to_owned(),
    };
    let reason = &resolution.reason;
    match (resolution.by, resolution.who.as_deref()) {
        (By::Gateway, _) => format!("found out later, {outcome}: {reason}"),
        (By::Person, who) => {
            let who = who.unwrap_or("somebody");
            format!("{who} says, and nothing here proves it, that {outcome}: {reason}")
        }
    }
}

/// The record's facts, a line each; where `only` is given, of that position alone.
pub(super) fn facts(record: &Record, only: Option<Ticket>) -> Vec<String> {
    let mut lines = Vec::new();
    match &record.body {
        Some(Body::OpenIntent(intent)) => {
            let before = &intent.account_before;
            let currency = before.currency.as_deref().unwrap_or("of a currency not reported");
            lines.push(format!("Order: {}", order(intent)));
            lines.push(format!(
                "Balance: {} {currency} before the order, equity {}, margin {}",
                before.balance, before.equity, before.margin
            ));
        }
        Some(Body::OpenOutcome(outcome)) => opened(outcome, &mut lines),
        Some(Body::CloseOutcome(outcome)) => close(outcome, &mut lines),
        Some(Body::CanaryEnd(end)) => {
            let or_not = |money: &Option<crate::units::Money>| match money {
                Some(money) => money.to_string(),
                None => "not known".to_owned(),
            };
            lines.push(format!(
                "Balance: {} before, {} after, cost {}",
                end.balance_before,
                or_not(&end.balance_after),
                or_not(&end.cost)
            ));
        }
        Some(Body::EmergencyOutcome(outcome)) => {
            let ours = |ticket: &&TicketOutcome| only.is_none_or(|only| only == ticket.ticket);
            lines.extend(outcome.tickets.iter().filter(ours).map(swept));
            lines.extend(outcome.readings.iter().map(reading));
            if let Some(flat) = &outcome.flat {
                certificate(flat, &mut lines);
            }
        }
        Some(Body::Resolution(resolution)) => {
            if let Some(ticket) = resolution.opened {
                lines.push(format!("Ticket: {ticket} ({})", resolved(resolution)));
            }
            lines.extend(resolution.readings.iter().map(reading));
        }
        Some(Body::Begin(_) | Body::CloseIntent(_) | Body::EmergencyIntent(_))
        | Some(Body::WatchBegin(_) | Body::WatchEnd(_) | Body::TornTail(_))
        | None => {}
    }
    lines
}

fn opened(outcome: &OpenOutcomeRecord, lines: &mut Vec<String>) {
    if let OpenOutcome::Executed { ticket, position } = &outcome.result {
        lines.push(format!(
            "Ticket: {ticket} as listed: {} {} {} opened at {}, now {}, profit {}",
            position.side,
            position.volume,
            position.symbol,
            position.open_price,
            position.current_price,
            position.profit
        ));
    }
    lines.push(reply(outcome.reply.as_ref()));
    lines.extend(outcome.readings.iter().map(reading));
}

fn close(outcome: &CloseOutcomeRecord, lines: &mut Vec<String>) {
    lines.push(format!("Ticket: {} {}: {}", outcome.ticket, closed(outcome.result), outcome.why));
    lines.push(reply(outcome.reply.as_ref()));
    lines.extend(outcome.readings.iter().map(reading));
    if let Some(balance) = &outcome.balance_after {
        lines.push(format!("Balance: {balance} after the close"));
    }
}

fn swept(ticket: &TicketOutcome) -> String {
    let result = match (ticket.result.outcome, &ticket.result.refusal) {
        (CloseOutcome::StillOpen, Some(refusal)) => {
            format!("still open, refused with {}: {}", refusal.code, refusal.message)
        }
        (outcome, _) => closed(outcome).to_owned(),
    };
    let reply = match &ticket.reply {
        Some(reply) => format!("reply of {} bytes, SHA-256 {}", reply.bytes, reply.sha256),
        None => "no reply".to_owned(),
    };
    format!("Ticket: {} {result}; {reply}", ticket.ticket)
}

fn certificate(flat: &FlatCertificate, lines: &mut Vec<String>) {
    lines.push(format!("Flat: {}", flat.witness));
    lines.extend(flat.lists.iter().map(reading));
    let FlatCertificate { account, account_reply, .. } = flat;
    lines.push(format!(
        "Balance: {} when flat, equity {}, margin {}; reply of {} bytes, SHA-256 {}",
        account.balance, account.equity, account.margin, account_reply.bytes, account_reply.sha256
    ));
}

fn reply(reply: Option<&RawReply>) -> String {
    let Some(reply) = reply else { return "Reply: none came".to_owned() };
    let content = match &reply.content {
        Content::Text(text) => text.clone(),
        Content::Hex(hex) => format!("(not UTF-8, in hex) {hex}"),
    };
    format!("Reply: {} bytes, SHA-256 {}: {content}", reply.bytes, reply.sha256)
}

fn reading(reading: &Reading) -> String {
    format!(
        "List: {} positions, asked for at {}, reported by the gateway at {}, {} bytes, SHA-256 {}",
        reading.listed,
        rfc3339(reading.asked_at),
        rfc3339(reading.reported_at),
        reading.bytes,
        reading.sha256
    )
}
