//! What carries frames to the gateway and back. Two users: the ZeroMQ socket ([`super::zeromq`]) and the simulated
//! gateway in this process ([`crate::sim`]).
//!
//! A [`Connection`] is one TCP connection, for good or ill: it never reconnects by itself, because whoever took the
//! port since would get the order that another's PING had vouched for. Once any call on it failed it is dead, and a new
//! one has to prove the gateway's identity anew (PROTOCOL.md, section 1).

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use super::permit::RequestFrame;
use crate::clock::{Deadline, Stopped};
use crate::os::with_deadline::Unfinished;

/// Opens connections to one endpoint.
pub trait Transport {
    /// Opens a new connection and returns once the far end completed the handshake of the protocol beneath.
    fn connect(&self, until: Deadline) -> Result<Box<dyn Connection>, LinkError>;
}

/// One connection. A frame that was sent may have been executed, whatever else fails.
pub trait Connection {
    /// Hands one frame over: a read's, or one that a permit paid for. `Ok` says that it left, not that it arrived, and when on the monotonic clock: a round trip
    /// holds nothing of what it took to look after the connection first.
    fn send(&mut self, frame: &RequestFrame, until: Deadline) -> Result<Duration, LinkError>;

    /// The next frame from the far end. Frames come in the order in which they were asked for.
    fn receive(&mut self, until: Deadline) -> Result<Received, LinkError>;
}

/// A frame's bytes, where they were received: a list of thousands is not copied.
pub struct Received(Box<dyn Deref<Target = [u8]>>);

impl Received {
    /// What that buffer holds.
    pub fn new(buffer: impl Deref<Target = [u8]> + 'static) -> Self {
        Self(Box::new(buffer))
    }
}

impl Deref for Received {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Received {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Received {}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({:?})", String::from_utf8_lossy(self))
    }
}

/// Why a connection could not be made, or can't be used any longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nothing listens on the port.
    #[error("connection refused")]
    Refused,
    /// No answer before the deadline.
    #[error("timed out")]
    TimedOut,
    /// The PING was answered on this connection, and what was asked after it was not: the gateway waits for its terminal.
    #[error("PING was answered, and {action} was not in time")]
    Unanswered {
        /// What was asked.
        action: &'static str,
    },
    /// Something accepted the connection and never said a word: a gateway that hangs, or no ZeroMQ peer at all.
    #[error("the connection was accepted, and nothing was said on it")]
    Silent,
    /// Something greeted as a ZeroMQ peer does, and got no further.
    #[error("the ZMTP handshake was begun and not ended in time")]
    Stalled,
    /// No way to that network.
    #[error("no route to the host")]
    NoRoute,
    /// The connection was there and is gone.
    #[error("the connection was closed by the far end")]
    Lost,
    /// Something accepted the connection and doesn't speak ZeroMQ's ZMTP 3 as a REP socket; holds what it looks like.
    #[error("not the gateway's ZeroMQ socket: {0}")]
    NotZeroMq(String),
    /// A frame past the limit; the connection is cut by it.
    #[error("a frame of {bytes} bytes, past the limit of {limit}")]
    Oversized {
        /// The frame's length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Another error of the operating system or of libzmq; holds its words.
    #[error("{0}")]
    System(String),
    /// Somebody asked this run to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl From<Unfinished> for LinkError {
    fn from(unfinished: Unfinished) -> Self {
        match unfinished {
            Unfinished::TimedOut => Self::TimedOut,
            Unfinished::Stopped(stopped) => Self::Stopped(stopped),
            Unfinished::Failed(words) => Self::System(words),
        }
    }
}
