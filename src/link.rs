//! The link to the gateway: connections that cannot deliver late, replies that are ours, reads that may be tried again,
//! orders that may not.
//!
//! - [`target`]: from a name to an address, under a deadline, and whether commands may talk to it
//! - [`transport`]: what a connection is; [`zeromq`]: one over ZeroMQ; [`diagnosis`]: why there is none
//! - [`session`]: a connection on which a PING proved who answers; [`look_alike`]: who else it could be
//! - [`permit`]: what an order needs before a connection sends it
//! - [`order`]: OPEN and CLOSE; [`pipeline`]: many CLOSE requests in flight at once
//! - [`client`]: typed reads with attempts, an interval and a deadline

pub mod client;
pub mod diagnosis;
pub mod look_alike;
pub mod order;
pub mod permit;
pub mod pipeline;
pub mod session;
pub mod target;
pub mod transport;
pub mod zeromq;

pub use client::{Client, Error, ReadPolicy};
pub use session::{Answer, Identity, Session};
pub use transport::{Connection, LinkError, Transport};
