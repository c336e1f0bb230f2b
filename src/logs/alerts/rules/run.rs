//! A run that has not ended, as the rules know it.

use std::collections::BTreeSet;

use ecow::EcoString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::logs::alerts::event::Event;

/// A run that has not ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Run {
    /// Its first event.
    pub(super) began: Event,
    pub(super) command: EcoString,
    /// The gateway; empty where the log names none.
    pub(super) endpoint: EcoString,
    /// The profile; empty where the log names none.
    #[serde(default)]
    profile: EcoString,
    /// Its place among the runs that began.
    #[serde(default)]
    pub(super) number: u64,
    /// Whether it wrote an event after its begin.
    #[serde(default)]
    pub(super) has_acted: bool,
    /// When its crash would be over: a later run of the command succeeded.
    #[serde(default)]
    pub(super) over_at: Option<Timestamp>,
    /// Who has looked at its crash.
    #[serde(default)]
    pub(super) acknowledged: Option<EcoString>,
    /// Tickets that its emergency close did not prove closed.
    #[serde(default)]
    pub(super) left: BTreeSet<u64>,
    /// Time of its first failed attempt since the last answer.
    pub(super) failing_since: Option<Timestamp>,
    pub(super) answered: bool,
}

impl Run {
    /// A run with its command, endpoint and profile.
    pub(super) fn new(began: &Event, names: [&EcoString; 3], number: u64) -> Self {
        let [command, endpoint, profile] = names.map(Clone::clone);
        Self {
            began: began.clone(),
            command,
            endpoint,
            profile,
            number,
            has_acted: false,
            over_at: None,
            acknowledged: None,
            left: BTreeSet::new(),
            failing_since: None,
            answered: false,
        }
    }

    /// The account that it is about: its profile, else its endpoint.
    pub(super) fn account(&self) -> &EcoString {
        if self.profile.is_empty() { &self.endpoint } else { &self.profile }
    }
}
