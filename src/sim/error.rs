//! Why a simulated gateway could not be started, or ended.

use std::io;
use std::path::PathBuf;

use super::journal::JournalError;

/// Why a simulated gateway could not be started, or ended.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The book file can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The socket can't be opened, or failed.
    #[error("failed to serve on 127.0.0.1:{port}")]
    Socket {
        /// The port; 0 where the system was to pick one.
        port: u16,
        /// libzmq's error.
        source: zmq::Error,
    },
    /// The request log can't be written.
    #[error("failed to write the requests to {path}")]
    Requests {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The system gave no pipe or no thread.
    #[error("failed to start the simulated gateway")]
    System(#[source] io::Error),
    /// The server's thread panicked.
    #[error("the simulated gateway panicked")]
    Panicked,
}
