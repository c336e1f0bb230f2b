//! Recognizes copies of recent events.

use std::collections::HashSet;

use crate::logs::alerts::event::Event;

/// Number of events that are remembered: at least this, at most twice as many.
const REMEMBERED: usize = 50_000;

/// Keys of the last events, in two generations.
#[derive(Debug, Default)]
pub(super) struct Recent {
    young: HashSet<u64>,
    old: HashSet<u64>,
}

impl Recent {
    /// Whether the event is no copy of a recent one.
    pub(super) fn is_new(&mut self, event: &Event) -> bool {
        let key = event.key();
        if self.old.contains(&key) || !self.young.insert(key) {
            return false;
        }
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        true
    }
}
