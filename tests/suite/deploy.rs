//! What stands in `examples/deploy`: update and rollback on a server in a scratch directory, the pipeline, the units, and
//! the macOS scripts, each with programs in place of the real ones that write down how they were called.
#![cfg(target_os = "linux")]

mod hand_over;
mod killed;
mod macos;
mod pipeline;
mod sample;
mod server;
mod signature;
mod units;
mod update;
