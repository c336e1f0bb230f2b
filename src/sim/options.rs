//! The options of a simulated gateway.

use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::Decimal;

use super::account_kind::AccountKind;
use super::spec::FaultSpec;
use super::version::Protocol;
use crate::clock::StopToken;
use crate::protocol::gateway::Signing;
use crate::protocol::signed::LinkKey;

/// The options of a simulated gateway.
#[derive(Debug, Clone)]
pub struct Options {
    /// The protocol that it speaks; the deployed gateway's unless another is named.
    pub protocol: Protocol,
    /// Number of open positions at the start.
    pub positions: usize,
    /// Number of pending orders at the start.
    pub pending: usize,
    /// Balance at the start, in USD; converted where the account has another currency.
    pub balance: Decimal,
    /// The kind of account.
    pub account: AccountKind,
    /// Seed of the price movement: equal seeds give equal prices at equal times.
    pub seed: u64,
    /// Faults of the gateway.
    pub faults: Vec<FaultSpec>,
    /// Round trip of the link: half of it before the gateway sees a request, half of it after the reply leaves.
    pub link_rtt: Duration,
    /// Time for which each executed order occupies the gateway.
    pub exec_time: Duration,
    /// Greatest age of an OPEN's signature.
    pub signature_ttl: Duration,
    /// The keys that it knows, in protocol 5.
    pub keys: Vec<GatewayKey>,
    /// Which requests it wants signed, in protocol 5.
    pub signing: Signing,
    /// File that keeps the book over a crash, and in protocol 5 the journal and the kill switch. An existing one overrules
    /// `positions`, `pending`, `balance`, `account` and `seed`.
    pub book: Option<PathBuf>,
    /// File to which a [`Server`](super::Server) appends every request as received.
    pub requests: Option<PathBuf>,
    /// Port on 127.0.0.1 for a [`Server`](super::Server); 0 lets the system pick one.
    pub port: u16,
    /// Effect of a `crash` fault on a [`Server`](super::Server).
    pub on_crash: OnCrash,
    /// Stops a [`Server`](super::Server).
    pub stop: StopToken,
}

/// What a key may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads, ENGAGE and ANCHOR.
    Read,
    /// Orders and voiding as well.
    Trade,
    /// RELEASE as well.
    Admin,
}

/// A key of the gateway.
#[derive(Debug, Clone)]
pub struct GatewayKey {
    /// Its name and secret.
    pub key: LinkKey,
    /// Its role.
    pub role: Role,
}

/// Effect of a `crash` fault on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCrash {
    /// The process kills itself with SIGKILL: for a simulator that is a process of its own.
    KillProcess,
    /// The server stops at once and closes its port: for one that shares its process.
    EndServer,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            positions: 0,
            pending: 0,
            balance: Decimal::new(1_000_000, 2),
            account: AccountKind::default(),
            seed: 1,
            faults: Vec::new(),
            link_rtt: Duration::ZERO,
            exec_time: Duration::ZERO,
            signature_ttl: Duration::from_secs(5),
            keys: Vec::new(),
            signing: Signing::Off,
            book: None,
            requests: None,
            port: 0,
            on_crash: OnCrash::EndServer,
            stop: StopToken::never(),
        }
    }
}
