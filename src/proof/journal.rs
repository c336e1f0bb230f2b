//! What the gateway's journal says about an order whose answer was lost (protocol 5).
//!
//! The journal's word is a claim like the answer that was lost, with one exception: `voided`. The gateway then promises
//! that it will never execute the order, so nobody has to wait until its signature expires. That counts only from the
//! journal that the PING before the order named, and only if the journal has not lost rows since (a restored copy).

use crate::evidence::body::{JournalMark, OpenIntent};
use crate::link::{Client, Error};
use crate::protocol::ErrorCode;
use crate::protocol::gateway::Gateway;
use crate::protocol::outcome::{GetOutcome, OrderState, Outcome};
use crate::units::Ticket;

use super::claim::OpenClaim;

/// The journal of a gateway, as a mark in the record of an order's intent.
pub fn mark_of(gateway: Option<&Gateway>) -> Option<JournalMark> {
    let gateway = gateway?;
    Some(JournalMark { journal: gateway.journal.clone()?, seq: gateway.journal_seq? })
}

/// Asks about an order, and voids it where the journal has never seen it. `None` where the gateway keeps no journal, keeps
/// another one than before the order, or doesn't know either.
pub fn ask(client: &mut Client<'_>, intent: &OpenIntent) -> Result<Option<OpenClaim>, Error> {
    let Some(mark) = &intent.journal else { return Ok(None) };
    client.identify()?;
    if !client.answers::<GetOutcome>() {
        return Ok(None);
    }
    let answer = client.read(GetOutcome { of: intent.request, void: true })?;
    Ok(answer.reply.ok().and_then(|outcome| claim(&outcome, intent, mark)))
}

fn claim(outcome: &Outcome, intent: &OpenIntent, mark: &JournalMark) -> Option<OpenClaim> {
    let is_same = outcome.journal == mark.journal && outcome.journal_seq >= mark.seq;
    if !is_same || outcome.of != intent.request {
        return None;
    }
    let field = |name| outcome.reply.as_ref()?.get(name);
    match outcome.outcome {
        OrderState::Voided => Some(OpenClaim::Voided),
        OrderState::Done => {
            let ticket = field("position").and_then(serde_json::Value::as_i64);
            let ticket = ticket.or_else(|| field("ticket").and_then(serde_json::Value::as_i64));
            ticket.map(|ticket| OpenClaim::Filled(Ticket(ticket)))
        }
        OrderState::Refused => {
            let code = field("error_code").and_then(serde_json::Value::as_str);
            Some(OpenClaim::Refused(code.map_or(ErrorCode::Absent, ErrorCode::from_wire)))
        }
        OrderState::Sent | OrderState::Unknown | OrderState::Waiting | OrderState::NeverSeen => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tests::open_intent;

    #[test]
    fn only_the_journal_that_the_order_named_is_heard() {
        let mark = JournalMark { journal: "first".to_owned(), seq: 7 };
        let intent = open_intent();
        let voided = Outcome {
            outcome: OrderState::Voided,
            of: intent.request,
            journal: mark.journal.clone(),
            journal_seq: mark.seq,
            action: None,
            reply: None,
        };
        let heard = |outcome: Outcome| claim(&outcome, &intent, &mark);
        assert_eq!(heard(voided.clone()), Some(OpenClaim::Voided));
        assert_eq!(heard(Outcome { journal_seq: 700, ..voided.clone() }), Some(OpenClaim::Voided));
        // A new journal, an older copy of this one, and the word on another order.
        let second = "second".to_owned();
        assert_eq!(heard(Outcome { journal: second, journal_seq: 700, ..voided.clone() }), None);
        assert_eq!(heard(Outcome { journal_seq: 6, ..voided.clone() }), None);
        assert_eq!(heard(Outcome { of: uuid::Uuid::nil(), ..voided }), None);
    }
}
