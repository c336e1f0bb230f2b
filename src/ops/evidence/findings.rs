//! A run's records sorted by what they are worth: proved, not proved, said by a person.

use super::{Row, RunState};
use crate::evidence::Record;
use crate::evidence::body::{Body, By, EmergencyOutcome, TicketOutcome};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::units::Ticket;

/// So many lines of one sort are listed; they are counted beyond it.
const LISTED: usize = 200;

/// Lines of one sort.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) listed: Vec<String>,
    pub(super) beyond: u64,
}

impl Lines {
    fn push(&mut self, seq: u64, line: String) {
        self.add(format!("{line} (record {seq})"));
    }

    fn add(&mut self, line: String) {
        if self.listed.len() < LISTED {
            self.listed.push(line);
        } else {
            self.beyond += 1;
        }
    }
}

/// What the records of a run are worth.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Proved, and by what.
    pub(super) proved: Lines,
    /// Intended, claimed or looked for, and not proved.
    pub(super) not_proved: Lines,
    /// A person's word.
    pub(super) said: Lines,
}

impl Findings {
    /// What is still open when the records end.
    pub(super) fn conclude(&mut self, row: &Row) {
        match row.state {
            RunState::Unresolved => {
                self.not_proved.add(format!("what became of the order; proved is {}", row.proved));
            }
            RunState::Open | RunState::KeptOpen => {
                self.not_proved.add(format!("the close of its position: {}", row.proved));
            }
            RunState::Unfinished => {
                self.not_proved.add(format!("what became of a round: {}", row.proved));
            }
            RunState::Closed
            | RunState::NotExecuted
            | RunState::Flat
            | RunState::NotFlat
            | RunState::Nothing => {}
        }
    }

    /// Sorts one record in; where `only` is given, what it says of that position alone.
    pub(super) fn take(&mut self, record: &Record, only: Option<Ticket>) {
        let seq = record.seq;
        match &record.body {
            Some(Body::OpenOutcome(outcome)) => match &outcome.result {
                OpenOutcome::Executed { ticket, position } => self.proved.push(
                    seq,
                    format!(
                        "the order opened position {ticket}: {} {} {}, in a list that was read after it",
                        position.side, position.volume, position.symbol
                    ),
                ),
                OpenOutcome::NotExecuted { why, .. } => {
                    self.proved.push(seq, format!("the order opened nothing: {why}"));
                }
                OpenOutcome::Unknown { why } => {
                    self.not_proved.push(seq, format!("what became of the order: {why}"));
                }
            },
            Some(Body::CloseOutcome(outcome)) => {
                let (ticket, why) = (outcome.ticket, &outcome.why);
                match outcome.result {
                    CloseOutcome::Closed => {
                        self.proved.push(seq, format!("position {ticket} is closed: {why}"));
                    }
                    CloseOutcome::StillOpen => {
                        self.proved.push(seq, format!("position {ticket} is still open: {why}"));
                    }
                    CloseOutcome::Unknown | CloseOutcome::NotSent | CloseOutcome::KeptOpen => self
                        .not_proved
                        .push(seq, format!("that position {ticket} is closed: {why}")),
                }
            }
            Some(Body::EmergencyOutcome(outcome)) => self.round(seq, outcome, only),
            Some(Body::Resolution(resolution)) => {
                let outcome = match resolution.opened {
                    Some(ticket) => format!("the order opened position {ticket}"),
                    None => "the order opened nothing".to_owned(),
                };
                let reason = &resolution.reason;
                match resolution.by {
                    By::Gateway => self.proved.push(seq, format!("{outcome}: {reason}")),
                    By::Person => {
                        let who = resolution.who.as_deref().unwrap_or("somebody");
                        self.said.push(seq, format!("{who}: {outcome}: {reason}"));
                    }
                }
            }
            None => {
                let (kind, version) = (&record.kind, record.version);
                self.not_proved.push(seq, format!("what a record of the unknown kind {kind}, version {version}, says"));
            }
            Some(
                Body::Begin(_)
                | Body::OpenIntent(_)
                | Body::CloseIntent(_)
                | Body::CanaryEnd(_)
                | Body::EmergencyIntent(_)
                | Body::WatchBegin(_)
                | Body::WatchEnd(_)
                | Body::TornTail(_),
            ) => {}
        }
    }

    fn round(&mut self, seq: u64, outcome: &EmergencyOutcome, only: Option<Ticket>) {
        let round = outcome.round;
        let ours = |ticket: &&TicketOutcome| only.is_none_or(|only| only == ticket.ticket);
        for ticket in outcome.tickets.iter().filter(ours) {
            let number = ticket.ticket;
            match ticket.result.outcome {
                CloseOutcome::Closed => self.proved.push(
                    seq,
                    format!("position {number} is closed, by round {round} of closing everything"),
                ),
                CloseOutcome::StillOpen => {
                    let code =
                        ticket.result.refusal.as_ref().map_or("none", |refusal| &refusal.code);
                    self.proved.push(
                        seq,
                        format!("position {number} was still open after round {round}: refused with {code}"),
                    );
                }
                CloseOutcome::Unknown | CloseOutcome::NotSent | CloseOutcome::KeptOpen => self
                    .not_proved
                    .push(seq, format!("that position {number} is closed, after round {round}")),
            }
        }
        match &outcome.flat {
            Some(flat) => self.proved.push(seq, format!("no position was open: {}", flat.witness)),
            None if only.is_none() => {
                self.not_proved.push(seq, format!("that no position was open after round {round}"))
            }
            None => {}
        }
    }
}
