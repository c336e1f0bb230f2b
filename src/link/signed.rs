//! Protocol 5's signatures on a connection: every request is signed, and only replies that the gateway's key signed get
//! through.
//!
//! A reply must be signed with our key as a reply, and name the MAC of a request that is in flight (`re`). Whatever else
//! arrives came from another program, and there is no way back to unsigned frames on this run.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::permit::RequestFrame;
use super::transport::{Connection, LinkError, Received, Transport};
use crate::clock::Deadline;
use crate::escape::{bounded, visible};
use crate::protocol::signed::{Direction, LinkKey, Mac, Signature};
use crate::protocol::wire;

/// Why an answer is not the gateway's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unauthentic {
    /// It has no signature; holds its error code or its status, where it has one.
    #[error(
        "its answer is not signed{}",
        .said.as_ref().map(|said| format!(" (it says {})", visible(said))).unwrap_or_default()
    )]
    Unsigned {
        /// Words of a program that nobody vouches for.
        said: Option<String>,
    },
    /// It is signed, but not with our key.
    #[error("its answer is signed with another key, or was changed on the way")]
    OtherKey,
    /// It is a request, signed with our key: our own, sent back.
    #[error("its answer is a signed request, sent back")]
    Echo,
    /// It answers none of the requests in flight: recorded and sent again.
    #[error("its answer was given to another request")]
    OtherRequest,
}

impl Unauthentic {
    /// The operator's remedy.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unsigned { .. } => {
                "nothing more was sent: compare MT5CRS_LINK_KEY_NAME and the key's file with the gateway's folder of keys; a gateway of protocol 4.3 signs nothing: without MT5CRS_LINK_KEY_FILE mt5crs talks to it, unauthenticated"
            }
            Self::OtherKey => {
                "nothing more was sent: compare MT5CRS_LINK_KEY_NAME and the key's file with the gateway's folder of keys, then look for a program between the two"
            }
            Self::Echo | Self::OtherRequest => {
                "nothing more was sent: find the program that has the gateway's port, or stands between: it sends recorded messages"
            }
        }
    }
}

/// A transport whose connections sign.
pub struct SignedTransport {
    inner: Box<dyn Transport>,
    key: Arc<LinkKey>,
}

impl SignedTransport {
    /// Signs with this key.
    pub fn new(inner: Box<dyn Transport>, key: Arc<LinkKey>) -> Self {
        Self { inner, key }
    }
}

impl Transport for SignedTransport {
    fn connect(&self, until: Deadline) -> Result<Box<dyn Connection>, LinkError> {
        let inner = self.inner.connect(until)?;
        Ok(Box::new(SignedConnection {
            inner,
            key: Arc::clone(&self.key),
            in_flight: VecDeque::new(),
        }))
    }
}

struct SignedConnection {
    inner: Box<dyn Connection>,
    key: Arc<LinkKey>,
    /// The MACs of the requests that were not answered, in their order.
    in_flight: VecDeque<Mac>,
}

impl SignedConnection {
    fn sign(&mut self, frame: &RequestFrame) -> RequestFrame {
        let (frame, mac) = frame.signed(&self.key);
        self.in_flight.push_back(mac);
        frame
    }

    /// Checks the signature of an answer, and to which request it belongs.
    fn check(&mut self, answer: &[u8]) -> Result<(), Unauthentic> {
        let Some(signature) = Signature::of(answer) else {
            return Err(Unauthentic::Unsigned { said: said(answer) });
        };
        if signature.is_by(&self.key, Direction::Request) {
            return Err(Unauthentic::Echo);
        }
        if !signature.is_by(&self.key, Direction::Reply) {
            return Err(Unauthentic::OtherKey);
        }
        let re = wire::find_string(answer, "re");
        let index = self.in_flight.iter().position(|mac| re.as_deref() == Some(mac.as_str()));
        // Replies come in the order of their requests: earlier ones won't be answered any more.
        self.in_flight.drain(..=index.ok_or(Unauthentic::OtherRequest)?);
        Ok(())
    }
}

/// The error code or the status of an unsigned answer.
fn said(answer: &[u8]) -> Option<String> {
    let word = wire::find_string(answer, "error_code").or(wire::find_string(answer, "status"))?;
    Some(bounded(&word).into_owned())
}

impl Connection for SignedConnection {
    fn send(&mut self, frame: &RequestFrame, until: Deadline) -> Result<Duration, LinkError> {
        let frame = self.sign(frame);
        self.inner.send(&frame, until)
    }

    fn send_all(
        &mut self,
        frames: &[RequestFrame],
        until: Deadline,
    ) -> Result<Duration, LinkError> {
        let frames: Vec<RequestFrame> = frames.iter().map(|frame| self.sign(frame)).collect();
        self.inner.send_all(&frames, until)
    }

    fn receive(&mut self, until: Deadline) -> Result<Received, LinkError> {
        let answer = self.inner.receive(until)?;
        self.check(&answer)?;
        Ok(answer)
    }

    fn key_name(&self) -> Option<&str> {
        Some(self.key.name())
    }
}
