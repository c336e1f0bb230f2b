//! `sync`: what it recovers, what it doubts, and what it leaves alone.

mod checks;
mod recovery;
