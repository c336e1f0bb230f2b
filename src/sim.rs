//! The simulated gateway: the one fake of this project, and at least as nasty as the real one.
//!
//! A pure `book` stands behind a gateway that answers as the real one does (PROTOCOL.md, sections 2 to 4), with
//! [faults](fault) by [name](catalogue::FAULTS). There are two doors to it: [`InProcess`] for operations in virtual time,
//! and [`Server`] on a loopback socket for everything that is to meet real sockets and real processes.
//!
//! What executed stands in the [ledger], which is on the disk before the reply leaves where the book has a file. A
//! link's round trip, which pipelining hides, and a broker's time, which nothing hides, are two settings
//! ([`Options::link_rtt`], [`Options::exec_time`]).

mod answer;
mod book;
pub mod catalogue;
pub mod fault;
mod gateway;
mod in_process;
mod incoming;
mod journal;
pub mod ledger;
mod line;
mod market;
mod plan;
mod requests;
mod server;
pub mod spec;
mod spoil;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::clock::StopToken;

pub use catalogue::{FAULTS, FaultInfo};
pub use in_process::InProcess;
pub use journal::{JournalError, read_ledger, read_positions};
pub use ledger::{Entry, Kind};
pub use server::{Ended, OnCrash, Server, SimError};
pub use spec::{FaultSpec, SpecError};

/// What a simulated gateway is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// Positions that are open at the start.
    pub positions: usize,
    /// The balance at the start, in USD.
    pub balance: Decimal,
    /// Moves the prices: equal seeds at equal times make equal prices.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Vec<FaultSpec>,
    /// The link's round trip: a request is seen half of it after it arrived, a reply arrives half of it after it left.
    pub link_rtt: Duration,
    /// The time for which each order that executes occupies the gateway.
    pub exec_time: Duration,
    /// How old an OPEN's signature may be.
    pub signature_ttl: Duration,
    /// Keeps the book over a crash. One that exists rules over `positions`, `balance` and `seed`.
    pub book: Option<PathBuf>,
    /// Where a [`Server`] notes every request as it came in.
    pub requests: Option<PathBuf>,
    /// The port on 127.0.0.1 that a [`Server`] listens on; the system picks one where it is 0.
    pub port: u16,
    /// What a `crash` fault does to a [`Server`].
    pub on_crash: OnCrash,
    /// Ends a [`Server`] when it is asked for.
    pub stop: StopToken,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            positions: 0,
            balance: Decimal::new(1_000_000, 2),
            seed: 1,
            faults: Vec::new(),
            link_rtt: Duration::ZERO,
            exec_time: Duration::ZERO,
            signature_ttl: Duration::from_secs(5),
            book: None,
            requests: None,
            port: 0,
            on_crash: OnCrash::EndServer,
            stop: StopToken::never(),
        }
    }
}
