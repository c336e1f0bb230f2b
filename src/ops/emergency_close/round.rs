//! One round: the CLOSE of every ticket that is to be closed, through a bounded window on one proved connection, and a list behind them.

use std::collections::BTreeSet;

use super::ledger::Ledger;
use super::{Deps, Options};
use crate::clock::{Deadline, Stopped};
use crate::evidence::body::{Reading, RecordedRefusal, ReplyHash};
use crate::evidence::outcome::CloseOutcome;
use crate::link::Client;
use crate::link::client::Error;
use crate::link::order::Claim;
use crate::link::permit::ClosePermit;
use crate::link::pipeline::{CloseAnswer, Pipeline};
use crate::link::session::{Answer, AskError};
use crate::link::transport::LinkError;
use crate::proof::close::{cannot_close, describe};
use crate::proof::{Judgement, absence};
use crate::protocol::Refusal;
use crate::protocol::close::Close;
use crate::protocol::positions::{Position, Positions};
use crate::units::Ticket;

pub(super) struct Round<'r, 'm> {
    pub(super) options: &'r Options,
    pub(super) deps: &'r mut Deps<'m>,
    pub(super) book: &'r mut Ledger,
}

/// The result of a round.
#[derive(Default)]
pub(super) struct RoundResult {
    /// Whether there was a gateway to send anything to.
    pub(super) reached: bool,
    /// Why there was none.
    pub(super) out_of_reach: Option<String>,
    /// The list behind it, where one could be read.
    pub(super) reading: Option<Reading>,
    /// Somebody asked to stop.
    pub(super) stopped: Option<Stopped>,
}

impl Round<'_, '_> {
    /// Sends, listens, lists. Nothing that fails here fails the whole: the next round begins with a new connection.
    pub(super) fn run(mut self, client: &mut Client<'_>) -> RoundResult {
        let mut ended = RoundResult::default();
        let listed = match self.send_all(client, &mut ended.reached) {
            Ok(listed) => listed,
            Err(LinkError::Stopped(stopped)) => {
                ended.stopped = Some(stopped);
                return ended;
            }
            Err(error) => {
                ended.out_of_reach = (!ended.reached).then(|| error.to_string());
                // What was in flight may have executed: a fresh list tells, once the gateway is back.
                client.hang_up();
                match client.positions() {
                    Ok(answer) => Some(answer),
                    Err(Error::Stopped(stopped)) => {
                        ended.stopped = Some(stopped);
                        return ended;
                    }
                    Err(_) => None,
                }
            }
        };
        let Some(answer) = listed else { return ended };
        let Ok(list) = &answer.reply else { return ended };
        ended.reading = Some(Reading::of(answer.sent_at, list, &answer.raw));
        if let Err(Error::Stopped(stopped)) = self.settle(client, &list.positions) {
            ended.stopped = Some(stopped);
        }
        ended
    }

    fn send_all(
        &mut self,
        client: &mut Client<'_>,
        reached: &mut bool,
    ) -> Result<Option<Answer<Positions>>, LinkError> {
        let session = client.session().map_err(link_error)?;
        *reached = true;
        let permit: ClosePermit = (self.deps.permit)(session.identity());
        let clock = self.deps.clock;
        let (timeout, deadline) = (self.options.order_timeout, self.deps.deadline);
        let patience = || Deadline::after(clock, timeout).min(deadline);
        let tickets = self.book.to_send();
        let of = tickets.len();
        let mut waiting = tickets.iter();
        let mut answered = 0;
        let mut pipeline = Pipeline::new(session);
        let mut failed = None;
        loop {
            while pipeline.in_flight() < self.options.window {
                let Some(ticket) = waiting.next() else { break };
                let Some(order) = self.order(*ticket) else { continue };
                self.book.sent(*ticket);
                if let Err(error) = pipeline.send(&permit, order, patience()) {
                    failed = Some(error);
                    break;
                }
            }
            if failed.is_some() || pipeline.in_flight() == 0 || waiting.len() == 0 {
                break;
            }
            match pipeline.next(patience()) {
                Ok(events) => {
                    answered += events.len();
                    (self.deps.progress)(answered, of);
                    events.iter().for_each(|event| self.book.heard(event));
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if let Some(error) = failed {
            pipeline.give_up(&error).iter().for_each(|event| self.book.heard(event));
            return Err(error);
        }
        let book = &mut *self.book;
        let progress = self.deps.progress;
        let listed = pipeline.list(patience, &mut |event| {
            answered += 1;
            progress(answered, of);
            book.heard(&event);
        });
        match listed {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => {
                let error = match error {
                    AskError::Link(error) => error,
                    error => LinkError::System(error.to_string()),
                };
                pipeline.give_up(&error).iter().for_each(|event| self.book.heard(event));
                Err(error)
            }
        }
    }

    fn order(&self, ticket: Ticket) -> Option<Close> {
        let report = &self.book.tickets.get(&ticket)?.report;
        Some(Close { ticket, symbol: report.symbol.clone(), volume: report.volume.clone() })
    }

    /// Holds the list against what was to be closed. What it lacks is closed where its silence can be believed; what it
    /// shows anew is for the next round.
    fn settle(&mut self, client: &mut Client<'_>, list: &[Position]) -> Result<(), Error> {
        self.book.listed = Some(list.len());
        let shown: BTreeSet<Ticket> = list.iter().map(|position| position.ticket).collect();
        let credible = absence::judge(client, list, &self.book.known(), &self.options.credit);
        self.book.shown(list, self.options);
        let absent = self.book.tickets.values_mut().map(|entry| &mut entry.report);
        for report in absent.filter(|report| !shown.contains(&report.ticket)) {
            match &credible {
                Ok(Judgement::Proved { witness }) => {
                    report.result = CloseOutcome::Closed;
                    report.why.clone_from(witness);
                }
                // What was never tried, or is proved closed, a list that can't be believed makes no more doubtful.
                _ if matches!(report.result, CloseOutcome::NotSent | CloseOutcome::Closed) => {}
                Ok(Judgement::Unproved { doubt }) => {
                    report.result = CloseOutcome::Unknown;
                    report.why = format!("not in the list, which can't be believed: {doubt}");
                }
                Err(error) => {
                    report.result = CloseOutcome::Unknown;
                    report.why = format!("not in the list, and nothing confirms it: {error}");
                }
            }
        }
        credible.map(drop)
    }
}

fn link_error(error: Error) -> LinkError {
    match error {
        Error::Stopped(stopped) => stopped.into(),
        Error::NoAnswer { last, .. } => last,
        other => LinkError::System(other.to_string()),
    }
}

impl Ledger {
    fn sent(&mut self, ticket: Ticket) {
        if let Some(entry) = self.tickets.get_mut(&ticket) {
            entry.report.result = CloseOutcome::Unknown;
            entry.report.why = "a CLOSE was sent, and nothing more is known".to_owned();
        }
    }

    /// Notes what the gateway said of a ticket. Only the list makes it true.
    fn heard(&mut self, event: &CloseAnswer) {
        let Some(entry) = self.tickets.get_mut(&event.ticket) else { return };
        entry.report.why = describe(&event.claim);
        entry.reply = event.raw.as_deref().map(ReplyHash::of);
        let refusal: Option<&Refusal> = match &event.claim {
            Claim::Refused(refusal) => Some(refusal),
            _ => None,
        };
        entry.report.code = refusal.map(|refusal| refusal.code.to_string());
        entry.refused = refusal.map(RecordedRefusal::from);
        if refusal.is_some_and(cannot_close) {
            self.gateway_cannot_close = true;
        }
    }
}
