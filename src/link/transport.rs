//! Carries frames to the gateway and back. Two implementations: over ZeroMQ ([`super::zeromq`]) and the simulated
//! gateway in this process ([`crate::sim`]).
//!
//! A [`Connection`] is one TCP connection and never reconnects: by then another program may have the port, and would get an
//! order that was meant for the proved gateway. After a failed call the connection is dead, and a new one must prove the
//! gateway's identity again (PROTOCOL.md, section 1).

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use super::permit::RequestFrame;
use super::signed::Unauthentic;
use crate::clock::{Deadline, Stopped};
use crate::os::with_deadline::Unfinished;

/// Opens connections to one endpoint.
pub trait Transport {
    /// Opens a new connection. Returns once the far end has completed ZMTP's handshake.
    fn connect(&self, until: Deadline) -> Result<Box<dyn Connection>, LinkError>;
}

/// One connection. A frame that was sent may have been executed, whatever fails afterwards.
pub trait Connection {
    /// Sends one frame. `Ok` means that it left, not that it arrived; [`LinkError::Unsent`] that no byte of it left. It holds the monotonic time of the send, from which a
    /// round trip is measured without the check of the connection before it.
    fn send(&mut self, frame: &RequestFrame, until: Deadline) -> Result<Duration, LinkError>;

    /// Sends several frames, in this order, and as far as possible at once. See [`Connection::send`].
    fn send_all(
        &mut self,
        frames: &[RequestFrame],
        until: Deadline,
    ) -> Result<Duration, LinkError> {
        let mut start = Duration::ZERO;
        for frame in frames {
            start = self.send(frame, until)?;
        }
        Ok(start)
    }

    /// Waits for the next frame. Replies come in the order of their requests.
    fn receive(&mut self, until: Deadline) -> Result<Received, LinkError>;

    /// The name of the key that signs requests and proves replies; `None` where nothing is signed.
    fn key_name(&self) -> Option<&str> {
        None
    }
}

/// The bytes of a received frame, in the buffer that received them: a list of thousands is not copied.
pub struct Received(Box<dyn Deref<Target = [u8]>>);

impl Received {
    /// The bytes of this buffer.
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

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({:?})", String::from_utf8_lossy(self))
    }
}

/// Why a connection could not be opened, or can't be used any longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nothing listens on the port.
    #[error("connection refused")]
    Refused,
    /// No answer before the deadline.
    #[error("timed out")]
    TimedOut,
    /// The gateway answered PING, but not the next request in time: it waits for its terminal.
    #[error("PING was answered, but {action} was not in time")]
    Unanswered {
        /// The action of that request.
        action: &'static str,
    },
    /// The far end accepted the connection and sent nothing: a gateway that hangs, or no ZeroMQ peer.
    #[error("the connection was accepted, but nothing was received")]
    Silent,
    /// The far end sent a ZeroMQ greeting and did not complete the handshake.
    #[error("the ZMTP handshake was not completed in time")]
    Stalled,
    /// No route to the network.
    #[error("no route to the host")]
    NoRoute,
    /// The far end closed the connection.
    #[error("the connection was closed by the far end")]
    Lost,
    /// The connection had ended before any byte of the request was handed over.
    #[error("the connection had ended before the request was sent")]
    Unsent,
    /// The far end accepted the connection and is no ZeroMQ REP socket; holds what it looks like.
    #[error("not the gateway's ZeroMQ socket: {0}")]
    NotZeroMq(String),
    /// An answer that the gateway's key does not vouch for.
    #[error("the answer is not the gateway's: {0}")]
    Unauthentic(#[from] Unauthentic),
    /// Another error of the operating system; holds its message.
    #[error("{0}")]
    System(String),
    /// The run was stopped.
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
