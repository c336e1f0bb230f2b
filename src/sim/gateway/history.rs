//! The last states of the account, for a terminal whose lists or figures lag behind it.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::sim::book::Book;

/// The positions and the figures at one time.
type Shown = (Vec<Position>, Account);

/// The states within the longest lag, and the one before it.
#[derive(Debug)]
pub(super) struct History {
    longest_lag: Option<Duration>,
    states: VecDeque<(Timestamp, Shown)>,
}

impl History {
    /// Keeps states for this long; none where nothing lags.
    pub(super) fn new(longest_lag: Option<Duration>) -> Self {
        Self { longest_lag, states: VecDeque::new() }
    }

    /// Notes the state from this time on.
    pub(super) fn note(&mut self, book: &Book, now: Timestamp) {
        let Some(lag) = self.longest_lag else { return };
        // An execution that is answered late has a later time than the next request.
        let now = self.states.back().map_or(now, |(last, _)| now.max(*last));
        self.states.push_back((now, (book.positions(), book.account())));
        let begin = now.checked_sub(lag).unwrap_or(Timestamp::MIN);
        while self.states.get(1).is_some_and(|(time, _)| *time <= begin) {
            self.states.pop_front();
        }
    }

    /// Forgets every state: they are of another account.
    pub(super) fn forget(&mut self) {
        self.states.clear();
    }

    /// The state at a time this long ago, or the first one that is known.
    pub(super) fn ago(&self, lag: Duration, now: Timestamp) -> Option<&Shown> {
        let then = now.checked_sub(lag).unwrap_or(Timestamp::MIN);
        let last = self.states.iter().rev().find(|(time, _)| *time <= then);
        last.or(self.states.front()).map(|(_, shown)| shown)
    }
}
