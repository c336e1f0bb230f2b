//! Applies the operators' alert rules to the events in the logs, and sums the events up.
//!
//! - [`event`]: markers read back from the logs; [`engine`]: the state of the engine's unit
//! - [`rules`]: events in, alerts out; [`watch`]: alerts as they are raised and cleared
//! - [`summary`]: rows by day or by run

pub mod engine;
pub mod event;
pub mod rules;
pub mod summary;
pub mod watch;
