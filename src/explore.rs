//! Looks for the lie that nobody imagined: worlds in which a command would claim something that is not so.
//!
//! A [`World`](world::World) is a simulated gateway in virtual time, whose book is the truth, and an adversary: a few acts,
//! each at one request. A command is played in it, and [`judge`] compares its claims with the truth. Acts are faults of the
//! simulated gateway ([`act`]), so every finding can be replayed with `--sim-fault`.
//!
//! - [`act`]: the acts, honest and deceptive
//! - [`book`]: the states at the start
//! - [`command`]: the commands
//! - [`world`]: a command, a book and acts
//! - [`play`]: a world played to its end
//! - [`judge`]: claims that the truth contradicts, and successes that were refused
//! - [`undecidable`]: worlds that no client can tell from an honest one
//! - [`plan`]: the worlds of a search, in order
//! - [`search`]: plays them, and shrinks a finding to its fewest acts
//! - [`story`]: a world told moment by moment

pub mod act;
pub mod book;
pub mod command;
pub mod judge;
pub mod plan;
pub mod play;
pub mod search;
pub mod story;
pub mod undecidable;
pub mod world;

#[cfg(test)]
mod tests;
