//! Tests of the library's public interface and of the binary as users run it, in one test binary.

// clippy.toml allows these in test functions only; the helpers around them may panic as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Nothing outside this crate uses it: `pub` means "for the other modules".
#![allow(unreachable_pub)]

mod anchors;
mod audit;
mod breaker;
mod canary;
#[cfg(target_os = "linux")]
mod clock_steps;
mod closed_pipe;
mod completions;
mod deploy;
mod docs;
mod drift;
mod emergency_close;
mod evaluate;
mod explain;
mod failing_calls;
mod fifos;
mod gate;
mod gateway_rules;
mod golden;
mod hangup;
mod hazards;
mod help;
mod interruptions;
mod journal;
mod killed;
mod limits;
mod link_key;
mod link_test;
mod link_watch;
mod logs;
mod long_texts;
mod look_alikes;
mod man;
mod matrix;
mod monitoring;
mod numbers;
mod on_change;
mod operator_messages;
mod orders;
mod overdue;
mod pages;
mod peers;
mod permits;
mod phoenix;
mod places;
mod positions;
#[cfg(target_os = "linux")]
mod preload;
mod premises;
mod profiles;
mod protocol;
mod rooms;

mod settings;
#[cfg(target_os = "linux")]
mod several_addresses;
mod shared_state;
mod signed;
mod simulator;
mod simulator_5;
mod snapshot;
mod stand_in;
mod state;
mod support;
mod sync;
mod terminal;
mod third_party;
mod untouched;
mod unwritten;
mod watch;
mod wire;
mod wire_rules;
mod worlds;
