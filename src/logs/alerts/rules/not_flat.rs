//! The rule about an emergency close that did not prove its end.
//!
//! Where everything was to be closed, only a proved flat of the account ends the alert. Where some tickets were asked for,
//! the proof that each of them is closed ends it as well: other positions may stay open on purpose.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Alert, Rule, Rules};
use crate::logs::alerts::event::{Closing, Event};

/// What is not proved closed of an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct NotFlat {
    /// Whether everything was to be closed.
    everything: bool,
    /// Tickets that are not proved closed.
    tickets: BTreeSet<u64>,
}

impl Rules {
    /// A line of an emergency close.
    pub(super) fn closing(&mut self, event: &Event, closing: Closing) {
        match closing {
            Closing::Flat => {
                let account = self.account(event);
                self.not_flat.remove(&account);
                self.clear(Rule::NotFlat, &account, event.time);
            }
            Closing::NotFlat => self.not_flat(event, true),
            Closing::NotClosed => self.not_flat(event, false),
            Closing::Left(ticket) => {
                if let Some(run) = self.runs.get_mut(&event.run) {
                    run.left.insert(ticket);
                }
            }
            Closing::Closed(ticket) => self.closed(event, ticket),
        }
    }

    fn not_flat(&mut self, event: &Event, everything: bool) {
        let (account, run) = (self.account(event), self.runs.get(&event.run));
        let left = run.map(|run| run.left.clone()).unwrap_or_default();
        let entry = self.not_flat.entry(account.clone()).or_default();
        // Without their lines, the tickets are not known.
        entry.everything |= everything || left.is_empty();
        entry.tickets.extend(left);
        let message = if entry.everything {
            "an emergency close did not prove the account flat"
        } else {
            "an emergency close did not prove every position closed that was asked for"
        };
        let (endpoint, time) = (self.endpoint(event), event.time);
        let (message, lines) = (message.to_owned(), vec![event.line.to_string()]);
        let mut alert = Alert::new(Rule::NotFlat, &endpoint, message, time, time, lines);
        alert.command = Some("emergency-close".to_owned());
        alert.run = Some(format!("{}-{}", event.run.pid, event.run.run));
        self.raise(&account, alert);
    }

    fn closed(&mut self, event: &Event, ticket: u64) {
        let account = self.account(event);
        let Some(entry) = self.not_flat.get_mut(&account) else { return };
        entry.tickets.remove(&ticket);
        if !entry.everything && entry.tickets.is_empty() {
            self.not_flat.remove(&account);
            self.clear(Rule::NotFlat, &account, event.time);
        }
    }
}
