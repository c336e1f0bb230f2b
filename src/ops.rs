//! The operations of the commands: options in, a report out. A command `NAME` has its operation in `NAME.rs`; `config` has
//! two, and those of `sim` and `schema` are `simulator` and `schemas`. Nothing here prints or knows the command line.

pub mod audit;
pub mod breaker;
pub mod canary;
pub mod config_check;
pub mod config_show;
pub mod drift;
pub mod emergency_close;
pub mod evaluate;
pub mod evidence;
pub mod explain;
pub mod figures;
pub mod fleet;
pub mod gateway_switch;
pub mod key;
pub mod link_test;
pub mod logs;
pub mod on_change;
pub mod outcome;
pub mod phoenix;
pub mod positions;
pub mod schemas;
pub mod simulator;
pub mod state;
pub mod sync;
pub mod verify_proof;
