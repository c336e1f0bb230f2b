//! Applies the operators' alert rules to the events in the logs, and sums the events up.
//!
//! - [`event`]: markers read back from the logs; [`engine`]: the state of the engine's unit
//! - [`rules`]: events in, alerts out; [`watch`]: alerts as they are raised and cleared; `recent`: copies of events
//! - [`carried`]: deletes old files of the shared log, and keeps their open alerts
//! - [`summary`]: rows by day or by run

pub mod carried;
pub mod engine;
pub mod event;
mod recent;
pub mod rules;
pub mod summary;
pub mod watch;
