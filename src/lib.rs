//! mt5crs: talk to a Windows MetaTrader 5 gateway over ZeroMQ JSON, and believe only what its later state shows.
//!
//! The promise: nothing here says that something happened unless the gateway's own later state shows it. Done, not done
//! and unknown are three answers. What increases risk fails closed; what reduces it keeps going.
//!
//! # The rooms
//!
//! | room | what it holds |
//! |---|---|
//! | [`units`] | ticket, lots, price, money, symbol: typed, with the very token received |
//! | [`clock`] | time as an argument: the system's, and one that tests move |
//! | [`protocol`] | the wire, pure: requests, replies, error codes, return codes, the risk signature |
//! | [`gateway`] | connections, proved sessions, reads that are tried again |
//! | [`sim`] | the simulated gateway: a pure book, faults by name, a server |
//! | [`evidence`] | the hash-chained record of what was intended and what was proved |
//! | [`guard`] | what may forbid an order, or a question |
//! | [`logs`] | run logs, and the lines that operators grep for |
//! | [`config`] | settings, each with its origin |
//! | [`systemd`] | what systemd says of a unit |
//! | [`ops`] | one file a command: options in, a report out |
//! | [`figure`] | what monitoring reads of a report |
//! | [`report`], [`failure`] | what every report has; the one place where an error becomes words and an exit code |
//! | [`escape`] | text of strangers, made fit for a terminal and a log |
//! | [`flush`] | bytes put on the disk |
//! | [`sabotage`] | safety rules that a build for tests can break, to see who notices |
//!
//! They depend on each other in one direction: `units, clock ← protocol ← gateway ← guard, evidence ← ops ←` the binary. [`sim`]
//! stands beside [`gateway`] and knows only its transport's trait; [`logs`] and [`config`] know nothing of the gateway.
//! Command line, tables and bars live in the binary alone.
//!
//! # Exit codes
//!
//! [`exit::Exit`] lists them; scripts branch on them, so their meanings never change.

pub mod clock;
pub mod config;
pub mod escape;
pub mod evidence;
pub mod exit;
pub mod failure;
pub mod guard;
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
