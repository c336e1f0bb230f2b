//! The journal of a gateway of protocol 5: orders, switch actions, tombstones and anchors, rebuilt from its events.

use crate::protocol::outcome::OrderState;
use crate::sim::event::{AnchorRow, Event, Row};

/// The journal.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Its name.
    pub(super) name: String,
    /// Every change, so that an older copy can be restored.
    changes: Vec<Event>,
    rows: Vec<Row>,
    anchors: Vec<AnchorRow>,
}

impl Records {
    /// Number of changes so far.
    pub(super) fn seq(&self) -> i64 {
        i64::try_from(self.changes.len()).unwrap_or(i64::MAX)
    }

    /// Applies an event.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Journal(name) => *self = Self { name: name.clone(), ..Self::default() },
            Event::Restored(lost) => self.restore(*lost as usize),
            Event::Switch(_) | Event::Removed(_) => {}
            Event::Started(_) | Event::Row(_) | Event::Result(_) | Event::Anchor(_) => {
                self.change(event);
                self.changes.push(event.clone());
            }
        }
    }

    fn change(&mut self, event: &Event) {
        match event {
            Event::Row(row) => self.rows.push(row.clone()),
            Event::Result(result) => {
                let is_it = |row: &&mut Row| row.uuid == result.uuid && row.key == result.key;
                if let Some(row) = self.rows.iter_mut().rev().find(is_it) {
                    row.state = result.state;
                    row.reply.clone_from(&result.reply);
                }
            }
            Event::Anchor(anchor) => self.anchors.push(anchor.clone()),
            _ => {}
        }
    }

    /// Goes back to a copy without the last changes.
    fn restore(&mut self, lost: usize) {
        let kept = self.changes.len().saturating_sub(lost);
        let changes: Vec<Event> = self.changes.drain(..kept).collect();
        *self = Self { name: std::mem::take(&mut self.name), ..Self::default() };
        changes.iter().for_each(|event| self.change(event));
        self.changes = changes;
    }

    /// The last row of this uuid: the key's own if it has one, else anybody's.
    pub(super) fn find(&self, uuid: &str, key: Option<&str>) -> Option<&Row> {
        let rows = || self.rows.iter().rev().filter(|row| row.uuid == uuid);
        rows().find(|row| row.key.as_deref() == key).or(rows().next())
    }

    /// Whether a tombstone of anybody holds this uuid.
    pub(super) fn is_voided(&self, uuid: &str) -> bool {
        self.rows.iter().any(|row| row.uuid == uuid && row.state == OrderState::Voided)
    }

    /// Orders that were sent and not answered.
    pub(super) fn sent(&self) -> Vec<Row> {
        self.rows.iter().filter(|row| row.state == OrderState::Sent).cloned().collect()
    }

    /// The anchors of a stream, the oldest first.
    pub(super) fn anchors<'a>(&'a self, stream: &'a str) -> impl Iterator<Item = &'a AnchorRow> {
        self.anchors.iter().filter(move |anchor| anchor.stream == stream)
    }
}
