//! Run logs: written, searched, and judged by alert rules. Each part uses only the parts before it.
//!
//! - [`write`](mod@write): the files of one run, written line by line
//! - [`search`]: finds lines by pattern, time, level and run
//! - [`alerts`]: alert rules and summaries over the events in the logs

pub mod alerts;
pub mod search;
pub mod write;
