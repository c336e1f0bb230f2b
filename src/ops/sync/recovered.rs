//! The positions that a sync recovered. They stand in two documents, the snapshot and the report: a list of thousands is
//! written as JSON once.

use std::cell::OnceCell;
use std::ops::Deref;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::protocol::positions::Position;

/// Positions, with their JSON once it was needed.
#[derive(Debug)]
pub struct RecoveredPositions {
    positions: Vec<Position>,
    json: OnceCell<Box<RawValue>>,
}

impl From<Vec<Position>> for RecoveredPositions {
    fn from(positions: Vec<Position>) -> Self {
        Self { positions, json: OnceCell::new() }
    }
}

impl Deref for RecoveredPositions {
    type Target = [Position];

    fn deref(&self) -> &[Position] {
        &self.positions
    }
}

impl Serialize for RecoveredPositions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(json) = self.json.get() {
            return json.serialize(serializer);
        }
        let json = to_raw_value(&self.positions).map_err(S::Error::custom)?;
        self.json.get_or_init(|| json).serialize(serializer)
    }
}
