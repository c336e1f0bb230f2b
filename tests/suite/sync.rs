//! `sync`: the state that it recovers, and the checks that it makes.

mod checks;
mod recovery;
