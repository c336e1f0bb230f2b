//! Searches the logs, oldest first.
//!
//! - [`query`], [`preset`]: patterns and named sets of them
//! - [`places`], [`files`]: which files, in which order
//! - [`parse`]: reads a line back; [`filter`]: by time, level and run
//! - [`listener`]: the hits, and their receiver; `match_filter`: context and limits; `copies`: a line once
//! - [`searcher`]: searches files; `bounded_lines`: in bounded memory
//! - [`tail`]: goes on with newly written lines, from `follow`; [`last_n`]: only the last hits

mod bounded_lines;
mod copies;
pub mod files;
pub mod filter;
mod follow;
pub mod last_n;
pub mod listener;
mod match_filter;
pub mod parse;
pub mod places;
pub mod preset;
pub mod query;
pub mod searcher;
pub mod tail;
