//! Conditions that forbid an order.
//!
//! - [`decision`]: the admission decision
//! - [`drift`]: whether the market is still like the reference sample
//! - [`health`]: the health of a watched position
//! - [`kill_switch`]: the file that stops an engine
//! - [`staleness`]: figures that never move

pub mod decision;
pub mod drift;
pub mod health;
pub mod kill_switch;
pub mod staleness;
