//! mt5crs
pub mod clock;
pub mod escape;
pub mod exit;
pub mod gateway;
pub mod logs;
pub mod ops;
pub mod protocol;
pub mod units;
