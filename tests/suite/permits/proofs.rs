//! Proofs without their premises, and with premises of another kind.

use super::absence::Absent;
use super::close::{CloseFinding, CloseVerdict, Closed};
use super::flat::{EmptyList, Flat};
use super::open::{Executed, OpenVerdict};
use super::premise::{ClosedPosition, NothingNew};
use super::recovered::Recovered;
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::evidence::basis::Established;
use crate::protocol::positions::Position;

pub fn absent_by_default() -> Absent {
    Default::default() // E0277
}

pub fn closed_by_an_outcome(outcome: CloseOutcome) -> Closed {
    outcome.into() // E0277
}

pub fn closed_by_a_claim(mut finding: CloseFinding) -> CloseFinding {
    finding.verdict = CloseOutcome::Closed; // E0308
    finding
}

pub fn flat_by_a_record(records: &[Established]) -> Flat {
    records.into() // E0277
}

pub fn not_executed_by_an_outcome(outcome: OpenOutcome) -> OpenVerdict {
    OpenVerdict::NotExecuted(outcome) // E0308
}

pub fn executed_from_text() -> Executed {
    serde_json::from_str("{}").unwrap() // E0277
}

pub fn closed_without_absence(closed: ClosedPosition<'_>, new: NothingNew) -> Closed {
    Closed::prove(new, closed, |_| true, &[]).unwrap() // E0308
}

pub fn an_empty_list_of_rows(list: &[Position]) -> EmptyList {
    EmptyList::of(list).unwrap() // E0308
}

pub fn recovered_by_a_count() -> Recovered {
    Recovered::new(3) // E0599
}

pub fn named_by_hand(executed: &mut Executed) {
    executed.named = true; // E0616
}
