//! Tools for trials of this program against simulated gateways, shared by `phoenix` and the tests.
//!
//! - [`process`]: child processes whose output is collected, among them `mt5crs sim`.
//! - [`proxy`]: a TCP proxy that can hold any message between the tool and its gateway.
//! - [`broker`]: what really executed, and whether a report or a record contradicts it.

pub mod broker;
pub mod process;
pub mod proxy;
mod zmtp;

use std::io;

use crate::clock::Stopped;

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
    /// Turns the error of that action into one of these.
    pub fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
