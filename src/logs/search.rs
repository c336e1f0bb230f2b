//! Searches the logs, oldest first.
//!
//! - [`query`], [`preset`]: patterns and named sets of them; [`places`], [`files`]: which files, in which order
//! - [`parse`]: a line read back; [`filter`]: by time, level and run; `match_filter`: context and limits
//! - [`searcher`]: through files; `read_ahead`, `bounded_lines`: in bounded memory
//! - [`tail`], [`follow`]: and on through newly written lines; [`last_n`]: the last hits alone

pub mod bounded_lines;
pub mod files;
pub mod filter;
pub mod follow;
pub mod last_n;
mod match_filter;
pub mod parse;
pub mod places;
pub mod preset;
pub mod query;
mod read_ahead;
pub mod searcher;
pub mod tail;
