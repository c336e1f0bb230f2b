//! Conditions that forbid an order.
//!
//! - [`breaker`]: the kill switch
//! - [`decision`]: the admission decision
//! - [`drift`]: whether the market is still like the reference sample
//! - [`health`]: the health of a watched position
//! - [`staleness`]: figures that never move

pub mod breaker;
pub mod decision;
pub mod drift;
pub mod health;
pub mod staleness;
