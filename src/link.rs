//! The link to the gateway: connections that never deliver late, replies matched to their requests, retried reads, and
//! orders that are never retried.
//!
//! - [`target`]: resolves a name to an address under a deadline, and decides whether commands may talk to it
//! - [`transport`]: the connection's trait; [`zeromq`]: a connection over ZeroMQ; [`tcp`]: waits that end; `zmtp`: the wire
//!   format; `diagnosis`: names a server that does not speak it
//! - [`permit`]: permits for orders, and the frames that a connection sends
//! - [`signed`]: protocol 5's signatures on a connection
//! - [`session`]: a connection with a proved gateway; [`look_alike`]: the programs that could answer instead
//! - [`order`]: OPEN and CLOSE; [`pipeline`]: many CLOSE requests in flight
//! - [`account_pin`]: the account of a run, pinned by its first read
//! - [`gateway_clock`]: the gateway's wall clock, bounded by its answers to PING
//! - [`tap`]: keeps the last replies for a proof
//! - [`client`]: typed reads with attempts, an interval and a deadline

pub mod account_pin;
pub mod client;
mod diagnosis;
pub mod gateway_clock;
pub mod look_alike;
pub mod order;
pub mod permit;
pub mod pipeline;
pub mod session;
pub mod signed;
pub mod tap;
pub mod target;
pub mod tcp;
pub mod transport;
pub mod zeromq;
mod zmtp;

pub use client::{Client, Error, ReadPolicy};
pub use session::{Answer, Identity, Session};
pub use transport::{Connection, LinkError, Transport};
