//! `config show`: each setting's value in force and its origin, also where settings are invalid.

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::{Entry, FileSeen, Problem, Resolved, Warning};

/// Report of `config show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Each known setting, in a fixed order.
    pub settings: Vec<Entry>,
    /// The files that were read or looked for.
    pub files: Vec<FileSeen>,
    /// Warnings about the settings.
    pub warnings: Vec<Warning>,
    /// Problems, which stop the commands that need the setting.
    pub problems: Vec<Problem>,
}

/// Reports the resolved settings.
pub fn run(resolved: Resolved) -> Report {
    let Resolved { table, files, warnings, problems, .. } = resolved;
    Report { settings: table, files, warnings, problems }
}
