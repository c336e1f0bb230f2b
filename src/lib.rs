//! mt5crs talks to a Windows MetaTrader 5 gateway over ZeroMQ JSON, and believes only the gateway's later state.
//!
//! The promise: nothing here says that something happened unless the gateway's own later state shows it. Done, not done
//! and unknown are three answers with three exit codes. Actions that increase risk fail closed; actions that reduce risk
//! keep going.
//!
//! # Where to find things
//!
//! - An OPEN's permit is made in [`link::permit`]; the outcome of a lost OPEN is decided in [`proof::open`], and of an
//!   earlier run's in [`proof::intents`].
//! - Every failure code has its exit code, meaning and remedy in [`failure`]; exit codes are explained in [`exit`].
//! - A new command is a folder in `src/bin/mt5crs/commands/` and an operation in [`ops`].
//!
//! # The rooms
//!
//! Each row names the rooms that it uses; none uses a room that uses it back. A test holds this table against the source.
//!
//! | room | contents | uses |
//! |---|---|---|
//! | [`units`] | ticket, lots, price, money, symbol: typed, with the exact token received | |
//! | [`clock`] | wall clock, monotonic clock, deadlines and cancellation as arguments | |
//! | [`escape`] | makes text from outside safe for terminals and logs | |
//! | [`exit`] | exit codes | |
//! | [`os`] | deadlines for blocking work, FIFOs, durable and atomic writes, locks, systemd, failpoints | `clock` |
//! | [`protocol`] | the wire format, without I/O: one file for each action, error codes, return codes, signatures | `escape`, `units` |
//! | [`link`] | connections, proved sessions, retried reads, permits for orders | `check`, `clock`, `escape`, `os`, `protocol`, `units` |
//! | [`check`] | one check's result, and the verdict of several | |
//! | [`failure`] | every failure code with its exit code, meaning and remedy | `check`, `clock`, `exit`, `link` |
//! | [`report`] | outcome and envelope of every report | `check`, `clock`, `exit`, `failure`, `link`, `units` |
//! | [`metric`] | named figures of a report, for monitoring | `check`, `protocol`, `units` |
//! | [`guard`] | the conditions that forbid an order: kill switch, admission decision, drift, health, staleness | `check`, `clock`, `escape`, `os`, `protocol`, `units` |
//! | [`evidence`] | the hash-chained, write-ahead record of orders and their outcomes | `clock`, `os`, `protocol`, `units` |
//! | [`figures`] | what a watch's looks saw, minute by minute, in a file for each day | `clock`, `guard`, `os`, `units` |
//! | [`proof`] | the promise: evidence that something happened | `check`, `clock`, `escape`, `evidence`, `failure`, `link`, `os`, `protocol`, `units` |
//! | [`config`] | settings, each with its origin | `os`, `protocol`, `units` |
//! | [`logs`] | run logs written, searched and judged by alert rules | `clock`, `escape`, `exit`, `os`, `units` |
//! | [`sim`] | the simulated gateway: a pure book, faults by name, a server | `clock`, `link`, `os`, `protocol`, `units` |
//! | [`harness`] | trials against simulated gateways: child processes, a proxy that holds messages, a gateway in virtual time, the broker's book | `clock`, `evidence`, `link`, `os`, `protocol`, `sim`, `units` |
//! | [`ops`] | the commands: options in, a report out | `check`, `clock`, `config`, `escape`, `evidence`, `exit`, `failure`, `figures`, `guard`, `harness`, `link`, `logs`, `metric`, `os`, `proof`, `protocol`, `report`, `sim`, `units` |
//! | [`explore`] | worlds: a truth, an adversary, and the search for a lie | `check`, `clock`, `evidence`, `exit`, `failure`, `harness`, `link`, `ops`, `os`, `proof`, `protocol`, `report`, `sim`, `units` |
//!
//! The command line, tables and progress bars live in the binary, `src/bin/mt5crs`.

pub mod check;
pub mod clock;
pub mod config;
pub mod escape;
pub mod evidence;
pub mod exit;
pub mod explore;
pub mod failure;
pub mod figures;
pub mod guard;
pub mod harness;
pub mod link;
pub mod logs;
pub mod metric;
pub mod ops;
pub mod os;
pub mod proof;
pub mod protocol;
pub mod report;
pub mod sim;
pub mod units;
