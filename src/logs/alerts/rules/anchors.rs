//! The rules about heads of the evidence that are kept elsewhere.
//!
//! A later head vouches for all earlier records, so one that is kept ends the alert about others that were not. A conflict
//! stays: that later heads are kept says nothing about the records before them.

use super::{Alert, Rule, Rules};
use crate::logs::alerts::event::{Event, Kept};

impl Rules {
    /// A line about anchors.
    pub(super) fn anchors(&mut self, event: &Event, kept: Kept) {
        let account = self.account(event);
        let (rule, message) = match kept {
            Kept::Kept => return self.clear(Rule::AnchorsNotKept, &account, event.time),
            Kept::Fit => return self.clear(Rule::AnchorConflict, &account, event.time),
            Kept::Failed => (
                Rule::AnchorsNotKept,
                "heads of the evidence were not kept elsewhere: who can write the records could rewrite these unseen",
            ),
            Kept::Conflict => (
                Rule::AnchorConflict,
                "the gateway keeps a head of the evidence to which the records don't lead; mt5crs evidence verify --anchors gateway names the record",
            ),
        };
        let (endpoint, time) = (self.endpoint(event), event.time);
        let lines = vec![event.line.to_string()];
        let mut alert = Alert::new(rule, &endpoint, message.to_owned(), time, time, lines);
        alert.run = Some(format!("{}-{}", event.run.pid, event.run.run));
        self.raise(&account, alert);
    }
}
