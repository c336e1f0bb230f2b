//! The positions that a sync recovered. They stand in two documents, the snapshot and the report: a list of thousands is
//! written as JSON once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::protocol::positions::Position;

/// Positions, with their JSON once it was needed.
#[derive(Debug)]
pub struct Recovered {
    positions: Vec<Position>,
    json: OnceCell<Box<RawValue>>,
}

impl From<Vec<Position>> for Recovered {
    fn from(positions: Vec<Position>) -> Self {
        Self { positions, json: OnceCell::new() }
    }
}

impl Deref for Recovered {
    type Target = [Position];

    fn deref(&self) -> &[Position] {
        &self.positions
    }
}

impl Serialize for Recovered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(json) = self.json.get() {
            return json.serialize(serializer);
        }
        let json = to_raw_value(&self.positions).map_err(S::Error::custom)?;
        self.json.get_or_init(|| json).serialize(serializer)
    }
}

impl JsonSchema for Recovered {
    fn schema_name() -> Cow<'static, str> {
        Vec::<Position>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<Position>::json_schema(generator)
    }
}
