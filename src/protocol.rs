//! The gateway's wire protocol (v4.3): bytes to types and back. Pure: no I/O and no clock.
//!
//! One file for each action holds both directions, because the simulated gateway writes what the client reads: the
//! request's fields and the success reply.
//!
//! | action | request | reply |
//! |---|---|---|
//! | PING | [`ping::Ping`] | [`ping::Pong`] |
//! | GET_ACCOUNT | [`account::GetAccount`] | [`account::Account`] |
//! | GET_POSITIONS | [`positions::GetPositions`] | [`positions::Positions`] |
//! | SYNC_ALL | [`sync_all::SyncAll`] | [`sync_all::Synced`] |
//! | OPEN | [`open::Open`] | [`open::Filled`] |
//! | CLOSE | [`close::Close`] | [`close::Closed`] |
//!
//! Below them, the common parts of all actions:
//!
//! - [`request`]: the envelope of every request; [`reply`]: the envelope of every reply, and refusals
//! - [`wire`]: strict JSON; every error ([`Malformed`]) names the field and the byte
//! - [`code`], [`retcode`]: error codes and return codes, by their meaning for an order
//!
//! Above them, [`signature`]: the risk signature on an OPEN.

pub mod account;
pub mod close;
pub mod code;
mod encode;
mod json;
mod malformed;
pub mod open;
pub mod ping;
pub mod positions;
pub mod reply;
pub mod request;
pub mod retcode;
pub mod signature;
pub mod sync_all;
pub mod wire;

pub use code::{ErrorCode, Executed};
pub use encode::rfc3339;
pub use malformed::{Malformed, Reason};
pub use reply::Refusal;
pub use request::{Action, Request};
