//! What the library promises to whoever uses it, and what a user meets: one binary, a module for each room.

// clippy.toml allows these in test functions; here the helpers around them fail a test the same way.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod logs;
mod protocol;
