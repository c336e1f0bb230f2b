//! `schema` without a name: the forms of documents that have one.

use schemars::JsonSchema;
use serde::Serialize;

/// Every name that `schema` knows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The names, as a document's `schema` has them between `mt5crs.` and `/1`.
    pub schemas: Vec<String>,
}
