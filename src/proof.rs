//! The promise: what it takes to say that something happened.
//!
//! The gateway's answer to an order is a claim, never a proof. Each module here judges one claim by the gateway's own
//! later state:
//!
//! - [`absence`]: a ticket is not open
//! - [`flat`]: nothing is open
//! - [`open`]: what became of an OPEN
//! - [`close`]: a position is closed
//! - [`can_close`]: whether this gateway can close anything, found out without a trade
//! - [`intents`]: what became of the orders of earlier runs

pub mod absence;
pub mod can_close;
pub mod close;
pub mod flat;
pub mod intents;
pub mod open;
