//! The `logs` commands: search, named searches, alert rules and summaries. None of them talks to the gateway.

pub mod ack;
pub mod alerts;
pub mod grep;
pub mod presets;
pub mod summary;
