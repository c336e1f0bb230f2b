//! The gateway's wire protocol (4.3, and 5 as its superset): bytes to types and back. Pure: no I/O and no clock.
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
//! Protocol 5 adds:
//!
//! | action | request | reply |
//! |---|---|---|
//! | GET_TERMINAL | [`terminal::GetTerminal`] | [`terminal::Terminal`] |
//! | GET_ORDERS | [`pending::GetOrders`] | [`pending::PendingOrders`] |
//! | GET_DEALS | [`deals::GetDeals`] | [`deals::Deals`] |
//! | GET_SYMBOL | [`symbol_info::GetSymbol`] | [`symbol_info::SymbolInfo`] |
//! | GET_OUTCOME | [`outcome::GetOutcome`] | [`outcome::Outcome`] |
//! | CANCEL | [`pending::Cancel`] | [`pending::Cancelled`] |
//! | ENGAGE | [`switch::Engage`] | [`switch::Engaged`] |
//! | RELEASE | [`switch::Release`] | [`switch::Released`] |
//! | ANCHOR | [`anchor::PutAnchor`] | [`anchor::Anchored`] |
//! | GET_ANCHORS | [`anchor::GetAnchors`] | [`anchor::Anchors`] |
//!
//! Below them, the common parts of all actions:
//!
//! - [`request`]: the envelope of every request; [`reply`]: the envelope of every reply, and refusals
//! - [`wire`]: strict JSON; every error ([`Malformed`]) names the field and the byte
//! - [`code`], [`retcode`]: error codes and return codes, by their meaning for an order
//!
//! - [`gateway`]: what a gateway of protocol 5 says about itself; [`result`]: what it adds to an order's reply
//!
//! Above them, [`signature`]: the risk signature on an OPEN; [`signed`]: protocol 5's signed frames, and [`strict`], how
//! their JSON is read.

pub mod account;
pub mod anchor;
pub mod close;
pub mod code;
pub mod deals;
mod encode;
pub mod gateway;
mod json;
mod malformed;
pub mod open;
pub mod outcome;
pub mod pending;
pub mod ping;
pub mod positions;
pub mod reply;
pub mod request;
pub mod result;
pub mod retcode;
pub mod signature;
pub mod signed;
pub mod strict;
pub mod switch;
pub mod symbol_info;
pub mod sync_all;
pub mod terminal;
pub mod wire;

pub use code::{ErrorCode, Executed};
pub use encode::rfc3339;
pub use malformed::{Malformed, Reason};
pub use reply::Refusal;
pub use request::{Action, Request};
