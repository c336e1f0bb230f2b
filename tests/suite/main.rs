//! What the library promises to whoever uses it, and what a user meets: one binary, a module for each room.

// clippy.toml allows these in test functions; here the helpers around them fail a test the same way.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// One crate, and nobody outside it: `pub` here says "for the other modules".
#![allow(unreachable_pub)]

mod breaker;
mod canary;
mod emergency_close;
mod killed;
mod link_test;
mod logs;
mod look_alikes;
mod orders;
mod protocol;
mod support;
