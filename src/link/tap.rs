//! Keeps the last small replies of a transport, so that those which a proof rests on can be handed on as they were.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::permit::RequestFrame;
use super::transport::{Connection, LinkError, Received, Transport};
use crate::clock::Deadline;

/// Number of replies that are kept.
const KEPT: usize = 64;
/// The longest of them, in bytes. An empty list and an account have some hundred.
const LONGEST: usize = 16 << 10;

type Replies = Rc<RefCell<VecDeque<Vec<u8>>>>;

/// A transport whose replies are kept.
pub struct TapTransport {
    inner: Box<dyn Transport>,
    replies: Replies,
}

impl TapTransport {
    /// Keeps the replies of this transport.
    pub fn new(inner: Box<dyn Transport>) -> Self {
        Self { inner, replies: Replies::default() }
    }

    /// The first of the kept replies of which this is true.
    pub fn find(&self, is_it: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
        self.replies.borrow().iter().find(|reply| is_it(reply)).cloned()
    }
}

impl Transport for TapTransport {
    fn connect(&self, until: Deadline) -> Result<Box<dyn Connection>, LinkError> {
        let inner = self.inner.connect(until)?;
        Ok(Box::new(TapConnection { inner, replies: Rc::clone(&self.replies) }))
    }
}

struct TapConnection {
    inner: Box<dyn Connection>,
    replies: Replies,
}

impl Connection for TapConnection {
    fn send(&mut self, frame: &RequestFrame, until: Deadline) -> Result<Duration, LinkError> {
        self.inner.send(frame, until)
    }

    fn send_all(
        &mut self,
        frames: &[RequestFrame],
        until: Deadline,
    ) -> Result<Duration, LinkError> {
        self.inner.send_all(frames, until)
    }

    fn receive(&mut self, until: Deadline) -> Result<Received, LinkError> {
        let received = self.inner.receive(until)?;
        if received.len() <= LONGEST {
            let mut replies = self.replies.borrow_mut();
            if replies.len() == KEPT {
                replies.pop_front();
            }
            replies.push_back(received.to_vec());
        }
        Ok(received)
    }

    fn key_name(&self) -> Option<&str> {
        self.inner.key_name()
    }
}
