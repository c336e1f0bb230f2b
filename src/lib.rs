//! mt5crs
pub mod clock;
pub mod config;
pub mod gateway;
pub mod ops;
pub mod protocol;
pub mod units;
