//! `config show`: each setting as it holds, and where it comes from. Works, and shows, whatever is wrong with them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::{Entry, FileSeen, Problem, Resolved, Warning};

/// What `config show` says. A table of it has the columns KEY, VALUE, ORIGIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Each key that this program knows, in a fixed order.
    pub settings: Vec<Entry>,
    /// The files that were read, or looked for.
    pub files: Vec<FileSeen>,
    /// What deserves a word. The caller shows them as it shows every command's.
    pub warnings: Vec<Warning>,
    /// What stops other commands.
    pub problems: Vec<Problem>,
}

/// Shows the settings as they were resolved.
pub fn run(resolved: Resolved) -> Report {
    let Resolved { table, files, warnings, problems, .. } = resolved;
    Report { settings: table, files, warnings, problems }
}
