//! A run's findings: proved, not proved, stated by a person.

use super::{Row, RunState};

/// Number of lines in a section; the rest is counted.
const LIMIT: usize = 200;

/// A finding of one record.
#[derive(Debug)]
pub(super) enum Finding {
    /// Proved, with the proof.
    Proved(String),
    /// Intended, claimed or looked for, and not proved.
    NotProved(String),
    /// A person's statement.
    Stated(String),
}

impl Finding {
    /// The finding as a sentence of its own.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Proved(text) => text.clone(),
            Self::NotProved(text) => format!("not proved: {text}"),
            Self::Stated(text) => format!("stated by a person, and not proved: {text}"),
        }
    }
}

/// Findings of one kind.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) lines: Vec<String>,
    /// Number of lines beyond the limit.
    pub(super) omitted: u64,
}

impl Section {
    fn add(&mut self, line: String) {
        if self.lines.len() < LIMIT {
            self.lines.push(line);
        } else {
            self.omitted += 1;
        }
    }
}

/// The findings of all records of a run.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) proved: Section,
    pub(super) not_proved: Section,
    pub(super) stated: Section,
}

impl Findings {
    /// Adds a finding of the record with that sequence number.
    pub(super) fn add(&mut self, seq: u64, finding: Finding) {
        let (section, text) = match finding {
            Finding::Proved(text) => (&mut self.proved, text),
            Finding::NotProved(text) => (&mut self.not_proved, text),
            Finding::Stated(text) => (&mut self.stated, text),
        };
        section.add(format!("{text} (record {seq})"));
    }

    /// Adds the orders and positions that are still open when the records end.
    pub(super) fn conclude(&mut self, row: &Row) {
        let open = match row.state {
            RunState::Unresolved => "the outcome of the order; proved is",
            RunState::Open | RunState::KeptOpen => "the close of its position:",
            RunState::Unfinished => "the outcome of a round:",
            RunState::Closed
            | RunState::NotExecuted
            | RunState::Flat
            | RunState::NotFlat
            | RunState::Nothing => return,
        };
        self.not_proved.add(format!("{open} {}", row.proved));
    }
}
