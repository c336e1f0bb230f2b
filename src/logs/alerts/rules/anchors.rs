//! The rules about heads of the evidence that are kept elsewhere.
//!
//! A later head vouches for all earlier records, so one that a keeper takes ends the alert about others that it did not. A
//! conflict stays: that later heads are kept says nothing about the records before them.

use ecow::EcoString;

use super::{Alert, Rule, Rules};
use crate::logs::alerts::event::{Event, Kept};

impl Rules {
    /// A line about anchors.
    pub(super) fn anchors(&mut self, event: &Event, kept: &Kept) {
        let account = self.account(event);
        let of_keeper = |by: &str| EcoString::from(format!("{account} {by}"));
        let (rule, about, message) = match kept {
            Kept::Kept(by) => {
                return self.clear(Rule::AnchorsNotKept, &of_keeper(by), event.time);
            }
            Kept::Fit => return self.clear(Rule::AnchorConflict, &account, event.time),
            Kept::Failed(by) => {
                let message = format!(
                    "heads of the evidence were not kept by {by}: who can write the records could rewrite these unseen"
                );
                (Rule::AnchorsNotKept, of_keeper(by), message)
            }
            Kept::Conflict => {
                let message = "the gateway keeps a head of the evidence to which the records don't lead; mt5crs evidence verify --anchors gateway names the record";
                (Rule::AnchorConflict, account, message.to_owned())
            }
        };
        let (endpoint, time) = (self.endpoint(event), event.time);
        let lines = vec![event.line.to_string()];
        let mut alert = Alert::new(rule, &endpoint, message, time, time, lines);
        alert.run = Some(format!("{}-{}", event.run.pid, event.run.run));
        self.raise(&about, alert);
    }
}
