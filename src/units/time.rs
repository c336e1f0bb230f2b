//! The JSON Schema of a time: jiff's `Timestamp` has none that schemars knows.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Stands in for a `Timestamp` in a report's schema: `#[schemars(with = "TimeSchema")]`. No value of it exists.
#[derive(Debug)]
pub enum TimeSchema {}

impl JsonSchema for TimeSchema {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}
