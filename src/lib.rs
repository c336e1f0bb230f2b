//! mt5crs
pub mod clock;
pub mod exit;
pub mod failure;
pub mod gateway;
pub mod guard;
pub mod ops;
pub mod protocol;
pub mod report;
pub mod units;
