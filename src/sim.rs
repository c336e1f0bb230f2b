//! The simulated gateway: the project's one fake, at least as nasty as the real gateway.
//!
//! It answers as the real one does (PROTOCOL.md, sections 2 to 4), with every hazard as a fault by name ([`faults`],
//! [`FaultSpec`]). It is reached in process, in virtual time ([`InProcess`]), or on a loopback socket, by real clients and
//! processes ([`Server`]).
//!
//! The [ledger] holds the executions, and is the oracle of every test of an order. With a book file ([`Options::book`]) an
//! execution is on the disk before its reply leaves. A link's round trip, which pipelining hides
//! ([`Options::link_rtt`]), and a broker's time, which nothing hides ([`Options::exec_time`]), are two settings.
//!
//! It speaks 4.3, or protocol 5 ([`Options::protocol`]), whose journal, kill switch and pending orders are in the book file too.
//!
//! From the bottom up: `market`, `account_kind`, `deal_log` and `book` (the account), `fault`, `catalogue`, `spec` and `fault_plan` (which request
//! meets which fault), `raw_request`, `reply_writer` and `corrupt` (bytes in and out), `journal` and `event` (the book file), `gateway`
//! (request and time in, reply out), `request_queue` (the link's and the broker's time), then the two ways in;
//! `transcript` records the bytes of one of them.

mod account_kind;
mod book;
mod catalogue;
mod corrupt;
mod deal_log;
mod event;
mod fault;
mod fault_plan;
mod gateway;
mod in_process;
mod journal;
pub mod ledger;
mod market;
mod members;
mod options;
mod parameters;
mod raw_request;
mod reply_writer;
mod request_log;
mod request_queue;
mod server;
mod spec;
#[cfg(test)]
mod tests;
mod transcript;
mod version;

pub use account_kind::AccountKind;
pub use catalogue::{FAULTS, FaultInfo, faults};
pub use fault_plan::RequestCounts;
pub use gateway::{OtherAccount, Truth};
pub use in_process::{InProcess, TooManyRequests};
pub use journal::{JournalError, read_book, read_ledger, read_pending};
pub use ledger::{Execution, ExecutionKind};
pub use options::{GatewayKey, OnCrash, Options, Role};
pub use request_log::RequestLogError;
pub use server::{Server, ServerExit, SimError};
pub use spec::{FaultSpec, SpecError};
pub use transcript::Frame;
pub use version::Protocol;
