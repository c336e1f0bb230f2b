//! The link to the gateway: connections that cannot deliver late, replies that are ours, reads that may be tried again,
//! orders that may not.

pub mod transport;
