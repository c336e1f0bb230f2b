//! What the commands do: one file a command, options in, a report out. Nothing here prints, and nothing here knows how
//! a command line looks.

pub mod audit;
pub mod breaker;
pub mod canary;
pub mod config_check;
pub mod config_show;
pub mod drift;
pub mod emergency_close;
pub mod evidence;
pub mod explain;
pub mod fleet;
pub mod link_test;
pub mod logs;
pub mod phoenix;
pub mod positions;
pub mod schemas;
pub mod simulator;
pub mod sync;
