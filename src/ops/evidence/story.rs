//! One record in words: a sentence for the story of a run, facts to search for, and findings.
//!
//! The facts begin with the words that operators search for, `Ticket:` and `Balance:`. Text that came from elsewhere is
//! written on one line, control characters as escapes (hazard 16); its hash is of the bytes as they came.

use super::findings::Finding;
use crate::escape::visible;
use crate::evidence::Record;
use crate::evidence::body::{
    Begin, Body, By, CanaryEnd, CloseOutcomeRecord, Content, EmergencyOutcome, FlatCertificate,
    OpenIntent, OpenOutcomeRecord, RawReply, Reading, RecordedRefusal, Resolution, TicketOutcome,
    TicketResult, WatchEnd,
};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome, WatchEnding, word};
use crate::protocol::deals::Deal;
use crate::protocol::rfc3339;
use crate::units::{Money, Ticket};

/// Makes text fit on one line; quotes and backslashes stay as they are.
pub(super) fn one_line(text: &str) -> String {
    visible(text).to_string()
}

/// A record in words.
pub(super) struct Words {
    pub(super) sentence: String,
    pub(super) facts: Vec<String>,
    pub(super) findings: Vec<Finding>,
}

impl Words {
    fn new(sentence: String) -> Self {
        Self { sentence, facts: vec![], findings: vec![] }
    }

    /// The finding is the sentence.
    fn from_finding(finding: Finding) -> Self {
        Self { sentence: finding.sentence(), facts: vec![], findings: vec![finding] }
    }
}

/// Describes a record; where `only` is given, facts and findings are of that position alone.
pub(super) fn describe(record: &Record, only: Option<Ticket>) -> Words {
    let Some(body) = &record.body else {
        let Record { kind, version, .. } = record;
        return Words::from_finding(Finding::NotProved(format!(
            "the content of a record of the unknown kind {kind}, version {version}: a newer mt5crs wrote it"
        )));
    };
    match body {
        Body::Begin(begin) => Words::new(describe_owner(begin)),
        Body::OpenIntent(intent) => describe_open_intent(intent),
        Body::OpenOutcome(outcome) => describe_open_outcome(outcome),
        Body::CloseIntent(close) => {
            let (ticket, volume, symbol) = (close.ticket, &close.volume, &close.symbol);
            Words::new(format!(
                "a CLOSE of position {ticket}, {volume} {symbol}, is about to be sent"
            ))
        }
        Body::CloseOutcome(outcome) => describe_close_outcome(outcome),
        Body::CanaryEnd(end) => describe_canary_end(end),
        Body::EmergencyIntent(intent) => {
            let (round, tickets) = (intent.round, intent.tickets.len());
            Words::new(format!("round {round} of closing {tickets} positions is about to be sent"))
        }
        Body::EmergencyOutcome(outcome) => describe_round(outcome, only),
        Body::Resolution(resolution) => describe_resolution(resolution),
        Body::WatchBegin(watch) => {
            let how = if watch.adopted { "is adopted and watched" } else { "is watched" };
            let hours = hours(watch.planned_ms);
            Words::new(format!("position {} {how}, for {hours}", watch.ticket))
        }
        Body::WatchEnd(watch) => Words::new(describe_watch_end(watch)),
        Body::TornTail(torn) => Words::new(format!(
            "an unfinished line of {} bytes, SHA-256 {}, was closed off",
            torn.bytes, torn.sha256
        )),
    }
}

fn hours(ms: u64) -> String {
    format!("{:.2} h", ms as f64 / 3.6e6)
}

fn describe_owner(begin: &Begin) -> String {
    let reported = |value: &Option<String>| value.clone().unwrap_or("not reported".to_owned());
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

fn describe_open_intent(intent: &OpenIntent) -> Words {
    let (ordered, before) = (&intent.order, &intent.account_before);
    let order = format!(
        "{} {} {}, magic {}, comment {:?}, uuid {}, signature {}, while {} positions were open",
        ordered.side,
        ordered.volume,
        ordered.symbol,
        ordered.magic,
        ordered.comment,
        intent.request,
        intent.risk_signature,
        intent.tickets_before.len()
    );
    let currency = before.currency.as_deref().unwrap_or("of a currency not reported");
    let balance = format!(
        "Balance: {} {currency} before the order, equity {}, margin {}",
        before.balance, before.equity, before.margin
    );
    Words {
        facts: vec![format!("Order: {order}"), balance],
        ..Words::new(format!("an OPEN is about to be sent: {order}"))
    }
}

fn describe_open_outcome(outcome: &OpenOutcomeRecord) -> Words {
    let mut facts = vec![];
    let finding = match &outcome.result {
        OpenOutcome::Executed { ticket, position } => {
            let what = format!("{} {} {}", position.side, position.volume, position.symbol);
            facts.push(format!(
                "Ticket: {ticket} as listed: {what} opened at {}, now {}, profit {}",
                position.open_price, position.current_price, position.profit
            ));
            Finding::Proved(format!(
                "the order opened position {ticket}: {what}, in a list that was read after it"
            ))
        }
        OpenOutcome::NotExecuted { why, code } => {
            let code = code.as_ref().map_or(String::new(), |code| format!(" ({code})"));
            Finding::Proved(format!("the order opened nothing{code}: {why}"))
        }
        OpenOutcome::Unknown { why } => {
            Finding::NotProved(format!("the outcome of the order: {why}"))
        }
    };
    facts.push(describe_reply(outcome.reply.as_ref()));
    facts.extend(outcome.readings.iter().map(describe_reading));
    facts.extend(outcome.basis.lines());
    Words { facts, ..Words::from_finding(finding) }
}

fn describe_close_outcome(outcome: &CloseOutcomeRecord) -> Words {
    let CloseOutcomeRecord { ticket, why, .. } = outcome;
    let (result, finding) = match outcome.result {
        CloseOutcome::Closed => {
            ("proved closed", Finding::Proved(format!("position {ticket} is closed: {why}")))
        }
        CloseOutcome::StillOpen => {
            ("still open", Finding::Proved(format!("position {ticket} is still open: {why}")))
        }
        CloseOutcome::Unknown | CloseOutcome::NotSent | CloseOutcome::KeptOpen => (
            "not proved closed",
            Finding::NotProved(format!("the close of position {ticket}: {why}")),
        ),
    };
    let mut facts = vec![format!("Ticket: {ticket} {result}: {why}")];
    facts.push(describe_reply(outcome.reply.as_ref()));
    facts.extend(outcome.readings.iter().map(describe_reading));
    facts.extend(outcome.basis.lines());
    let balance = outcome.balance_after.as_ref();
    facts.extend(balance.map(|balance| format!("Balance: {balance} after the close")));
    Words { facts, ..Words::from_finding(finding) }
}

fn describe_canary_end(end: &CanaryEnd) -> Words {
    let result = word(&end.result);
    let cost = end.cost.as_ref().map_or(String::new(), |cost| format!(", cost {cost}"));
    let known =
        |money: &Option<Money>| money.as_ref().map_or("not known".to_owned(), Money::to_string);
    let balance = format!(
        "Balance: {} before, {} after, cost {}",
        end.balance_before,
        known(&end.balance_after),
        known(&end.cost)
    );
    let mut facts = vec![balance];
    facts.extend(end.deals.iter().map(|deal| {
        let Deal { ticket, entry, symbol, volume, price, profit, commission, swap, .. } = deal;
        format!("Deal: {ticket} {entry} {symbol} {volume} lots at {price}, profit {profit}, commission {commission}, swap {swap}")
    }));
    Words { facts, ..Words::new(format!("the canary ended: {result}{cost}")) }
}

fn describe_round(outcome: &EmergencyOutcome, only: Option<Ticket>) -> Words {
    let EmergencyOutcome { round, tickets, readings, flat, basis } = outcome;
    let count = |is: fn(&TicketResult) -> bool| tickets.iter().filter(|it| is(&it.result)).count();
    let sentence = format!(
        "round {round}: {} closed, {} refused, {} unknown, {} not tried; {}",
        count(|result| matches!(result, TicketResult::Closed)),
        count(|result| matches!(result, TicketResult::Rejected(_))),
        count(|result| matches!(result, TicketResult::Unknown)),
        count(|result| matches!(result, TicketResult::NotTried)),
        flat.as_ref()
            .map_or("flat was not proved".to_owned(), |flat| format!("flat: {}", flat.witness))
    );
    let (mut facts, mut findings) = (vec![], vec![]);
    for TicketOutcome { ticket, result, reply } in tickets {
        if only.is_some_and(|only| only != *ticket) {
            continue;
        }
        let unproved =
            || Finding::NotProved(format!("the close of position {ticket}, after round {round}"));
        let (fact, finding) = match result {
            TicketResult::Closed => (
                "proved closed".to_owned(),
                Finding::Proved(format!(
                    "position {ticket} is closed, by round {round} of closing everything"
                )),
            ),
            TicketResult::Rejected(refusal) if !refusal.has_code() => (
                format!("still open: {}", refusal.message),
                Finding::Proved(format!(
                    "position {ticket} was still open after round {round}: {}",
                    refusal.message
                )),
            ),
            TicketResult::Rejected(RecordedRefusal { code, message }) => (
                format!("still open, refused with {code}: {message}"),
                Finding::Proved(format!(
                    "position {ticket} was still open after round {round}: refused with {code}"
                )),
            ),
            TicketResult::Unknown => ("not proved closed".to_owned(), unproved()),
            TicketResult::NotTried => ("not tried".to_owned(), unproved()),
        };
        let reply = match reply {
            Some(reply) => format!("reply of {} bytes, SHA-256 {}", reply.bytes, reply.sha256),
            None => "no reply".to_owned(),
        };
        facts.push(format!("Ticket: {ticket} {fact}; {reply}"));
        findings.push(finding);
    }
    facts.extend(readings.iter().map(describe_reading));
    facts.extend(basis.lines());
    facts.extend(flat.iter().flat_map(|flat| describe_certificate(flat)));
    if let Some(flat) = flat {
        findings.push(Finding::Proved(format!("no position was open: {}", flat.witness)));
    } else if only.is_none() {
        let text = format!("that no position was open after round {round}");
        findings.push(Finding::NotProved(text));
    }
    Words { sentence, facts, findings }
}

fn describe_certificate(flat: &FlatCertificate) -> Vec<String> {
    let FlatCertificate { witness, lists, orders, account, account_reply, basis: _ } = flat;
    let mut facts = vec![format!("Flat: {witness}")];
    facts.extend(lists.iter().map(describe_reading));
    match orders {
        Some(orders) => facts.extend(
            orders.iter().map(|list| format!("Pending orders: {}", describe_reading(list))),
        ),
        None => facts.push("Pending orders: not looked at".to_owned()),
    }
    facts.push(format!(
        "Balance: {} when flat, equity {}, margin {}; reply of {} bytes, SHA-256 {}",
        account.balance, account.equity, account.margin, account_reply.bytes, account_reply.sha256
    ));
    facts
}

fn describe_resolution(resolution: &Resolution) -> Words {
    let Resolution { opened, reason, who, readings, basis, .. } = resolution;
    let outcome = match opened {
        Some(ticket) => format!("the order opened position {ticket}"),
        None => "the order opened nothing".to_owned(),
    };
    let words = Words::from_finding(match resolution.by {
        By::Gateway => Finding::Proved(format!("found later: {outcome}: {reason}")),
        By::Person => {
            let who = who.as_deref().unwrap_or("somebody");
            Finding::Stated(format!("{who}: {outcome}: {reason}"))
        }
    });
    let ticket = opened.map(|ticket| format!("Ticket: {ticket} ({})", words.sentence));
    let readings = readings.iter().map(describe_reading);
    let facts = ticket.into_iter().chain(readings).chain(basis.lines()).collect();
    Words { facts, ..words }
}

fn describe_watch_end(watch: &WatchEnd) -> String {
    let why = match watch.result {
        WatchEnding::TimeOver => "its time was over",
        WatchEnding::Halted => "it was halted",
        WatchEnding::Stopped => "a stop was requested",
        WatchEnding::HandedOver => "it was handed over",
    };
    let reasons = match watch.reasons.as_slice() {
        [] => String::new(),
        reasons => format!(" ({})", reasons.join("; ")),
    };
    let left = if watch.kept_open { ", and the position left open" } else { "" };
    format!(
        "the watch over position {} ended after {} and {} looks, because {why}{reasons}{left}",
        watch.ticket,
        hours(watch.lasted_ms),
        watch.looks
    )
}

fn describe_reply(reply: Option<&RawReply>) -> String {
    let Some(reply) = reply else { return "Reply: none came".to_owned() };
    let content = match &reply.content {
        Content::Text(text) => text.clone(),
        Content::Hex(hex) => format!("(not UTF-8, in hex) {hex}"),
    };
    format!("Reply: {} bytes, SHA-256 {}: {content}", reply.bytes, reply.sha256)
}

fn describe_reading(reading: &Reading) -> String {
    format!(
        "List: {} positions, asked for at {}, reported by the gateway at {}, {} bytes, SHA-256 {}",
        reading.listed,
        rfc3339(reading.asked_at),
        rfc3339(reading.reported_at),
        reading.bytes,
        reading.sha256
    )
}
