//! Run logs, and the lines that operators search for.
//!
//! - [`write`](mod@write): the files of one run, and how a line gets into them whole
//! - [`search`]: lines found again, by pattern, time, level and run
//! - [`alerts`]: the operators' alert rules and summaries over the events in the logs

pub mod alerts;
pub mod search;
pub mod write;
