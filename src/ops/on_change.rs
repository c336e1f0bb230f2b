//! Changes that a watch tells to an operator's own command: by mail, to a webhook, in a chat.
//!
//! A change of one kind is told at most once a minute. One that comes sooner waits, and only the last of those that wait is
//! told: what an operator heard last is how things are, at most a minute late. Pure; time is an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::units::TimeSchema;

/// Minimum time between two changes of one kind.
pub const PACE: Duration = Duration::from_secs(60);

/// A change, as the command of `--on-change` gets it on its standard input.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// `mt5crs.change/1`.
    pub schema: &'static str,
    /// When it was seen, UTC.
    #[schemars(with = "TimeSchema")]
    pub at: Timestamp,
    /// The kind, stable for scripts: `link-down`, `guardian-critical`, `not-flat-raised`, …
    pub kind: String,
    /// The change on one line, for people.
    pub summary: String,
    /// The command that watches.
    pub command: &'static str,
    /// The profile, where one is in use.
    pub profile: Option<String>,
    /// The gateway, where the change is about one.
    pub endpoint: Option<String>,
    /// Number of earlier changes that were not told, because they came within a minute of another of their kind.
    pub untold: u64,
    /// The line of the watch, as with `-o json`; null where it has none.
    pub event: Value,
}

/// Changes that were told, and those that wait.
#[derive(Debug, Default)]
pub struct Pacer {
    kinds: BTreeMap<String, Kind>,
    added: u64,
}

#[derive(Debug, Default)]
struct Kind {
    /// When a change of the kind was told last, on the monotonic clock.
    told: Option<Duration>,
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    /// What the change is about: a later state of it replaces an earlier one.
    subject: String,
    change: Change,
}

impl Kind {
    fn due(&self) -> Option<Duration> {
        self.waiting.as_ref()?;
        Some(self.told.map_or(Duration::ZERO, |told| told + PACE))
    }
}

impl Pacer {
    /// Adds a change, which replaces a waiting one of its kind.
    pub fn add(&mut self, subject: &str, mut change: Change) {
        self.added += 1;
        let kind = self.kinds.entry(change.kind.clone()).or_default();
        if let Some(earlier) = kind.waiting.take() {
            change.untold += earlier.change.untold + 1;
        }
        let (number, subject) = (self.added, subject.to_owned());
        kind.waiting = Some(Waiting { number, subject, change });
    }

    /// When the next change is due, on the monotonic clock; `None` while none waits.
    pub fn due(&self) -> Option<Duration> {
        self.kinds.values().filter_map(Kind::due).min()
    }

    /// Takes the oldest change that is due. Older states of its subject are no longer told.
    pub fn take(&mut self, now: Duration) -> Option<Change> {
        let number = |kind: &Kind| kind.waiting.as_ref().map(|waiting| waiting.number);
        let due = self.kinds.values_mut().filter(|kind| kind.due().is_some_and(|due| due <= now));
        let kind = due.min_by_key(|kind| number(kind))?;
        let Waiting { number, subject, mut change } = kind.waiting.take()?;
        kind.told = Some(now);
        for kind in self.kinds.values_mut() {
            let is_older =
                |waiting: &mut Waiting| waiting.subject == subject && waiting.number < number;
            if let Some(older) = kind.waiting.take_if(is_older) {
                change.untold += older.change.untold + 1;
            }
        }
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: &str, summary: &str) -> Change {
        Change {
            schema: "mt5crs.change/1",
            at: Timestamp::UNIX_EPOCH,
            kind: kind.to_owned(),
            summary: summary.to_owned(),
            command: "link-test",
            profile: None,
            endpoint: None,
            untold: 0,
            event: Value::Null,
        }
    }

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    /// Summary and number of untold changes.
    fn take(pacer: &mut Pacer, second: u64) -> Option<(String, u64)> {
        pacer.take(at(second)).map(|change| (change.summary, change.untold))
    }

    fn told(summary: &str, untold: u64) -> Option<(String, u64)> {
        Some((summary.to_owned(), untold))
    }

    #[test]
    fn a_kind_is_told_at_once_and_then_once_a_minute_with_its_last_change() {
        let mut pacer = Pacer::default();
        assert_eq!((pacer.due(), take(&mut pacer, 5)), (None, None));
        pacer.add("a", change("raised", "one"));
        assert_eq!(take(&mut pacer, 5), told("one", 0));
        for summary in ["two", "three", "four"] {
            pacer.add("a", change("raised", summary));
        }
        assert_eq!((take(&mut pacer, 64), pacer.due()), (None, Some(at(65))));
        // Another kind doesn't wait for it.
        pacer.add("b", change("cleared", "other"));
        assert_eq!(take(&mut pacer, 64), told("other", 0));
        assert_eq!(take(&mut pacer, 65), told("four", 2));
        assert_eq!(take(&mut pacer, 1000), None);
    }

    #[test]
    fn what_is_told_last_is_how_things_are() {
        let mut pacer = Pacer::default();
        pacer.add("link", change("down", "down 1"));
        assert_eq!(take(&mut pacer, 50), told("down 1", 0));
        pacer.add("link", change("down", "down 2"));
        pacer.add("other", change("still", "still"));
        pacer.add("link", change("up", "up"));
        // The newer state is told at once, the older one never.
        assert_eq!(take(&mut pacer, 51), told("still", 0));
        assert_eq!(take(&mut pacer, 51), told("up", 1));
        assert_eq!(take(&mut pacer, 1000), None);
        // Two that are due come in their order.
        pacer.add("link", change("up", "up again"));
        pacer.add("link", change("down", "down 3"));
        assert_eq!(take(&mut pacer, 1000), told("up again", 0));
        assert_eq!(take(&mut pacer, 1000), told("down 3", 0));
    }
}
