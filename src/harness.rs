//! Tools for trials of this program against simulated gateways, shared by `phoenix`, the audit's self-test and the tests.
//!
//! - [`virtual_gateway`]: a simulated gateway in this process and in virtual time, for trials of single operations.
//! - [`process`]: child processes whose output is collected, among them `mt5crs sim`.
//! - [`proxy`]: a TCP proxy that can hold any message between the tool and its gateway.
//! - [`refused_calls`]: processes in which the kernel refuses some calls.
//! - [`broker`]: the real executions, and whether a report or a record contradicts them.

pub mod broker;
pub mod process;
pub mod proxy;
pub mod refused_calls;
pub mod virtual_gateway;
mod zmtp;

use std::fmt::Display;
use std::io;
use std::time::Duration;

use uuid::Uuid;

use crate::clock::{Clock, Stopped};
use crate::evidence::body::Begin;
use crate::evidence::{Evidence, EvidenceError};

/// Timeout for another process's append to the evidence.
pub const APPEND_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a trial could not be carried out; says nothing about the tool under trial.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A signal asked this process to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The operating system refused something.
    #[error("failed to {action}")]
    Io {
        /// A verb phrase: `start a process`.
        action: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl HarnessError {
    /// An error in words.
    pub fn other(error: impl Display) -> Self {
        Self::Other(error.to_string())
    }

    /// Converts an I/O error; `action` names the failed action.
    pub fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}

/// Begins a run's evidence, as a command does before its first order.
pub fn begin_evidence(
    evidence: &Evidence,
    run: Uuid,
    clock: &dyn Clock,
    endpoint: &str,
) -> Result<(), EvidenceError> {
    let begin = Begin {
        endpoint: endpoint.to_owned(),
        profile: None,
        currency: Some("USD".to_owned()),
        login: None,
        server: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    evidence.begin(run, clock, begin, APPEND_TIMEOUT)
}
