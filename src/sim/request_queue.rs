//! The queue of requests before the gateway, and of replies behind it. Pure scheduling, so that a round trip and a broker's
//! time mean the same in process and on a socket.
//!
//! A request becomes visible to the gateway half a round trip after it was sent, and a reply arrives half a round trip
//! after it left, so requests in flight together share one round trip. Each request occupies the gateway from when it is
//! visible and the one before it is done, so those times add up. Times follow from the schedule, not from when the queue is
//! polled: one late poll delays nothing after it.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::gateway::{AfterRequest, Gateway};
use super::journal::JournalError;
use crate::clock::Clock;

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) monotonic: Duration,
    wall: Timestamp,
}

impl Now {
    /// Reads both clocks together: a process that is paused between two reads reads them again.
    pub(super) fn of(clock: &dyn Clock) -> Self {
        const TOGETHER: Duration = Duration::from_millis(10);
        loop {
            let (monotonic, wall) = (clock.monotonic(), clock.now());
            if clock.monotonic().saturating_sub(monotonic) < TOGETHER {
                return Self { monotonic, wall };
            }
        }
    }

    /// The wall clock's time at a past monotonic time.
    fn wall_at(self, past: Duration) -> Timestamp {
        let ago = self.monotonic.saturating_sub(past);
        self.wall.checked_sub(ago).unwrap_or(Timestamp::MIN)
    }

    /// The monotonic time at which the wall clock will show this.
    fn monotonic_at(self, wall: Timestamp) -> Duration {
        let ahead = Duration::try_from(wall.duration_since(self.wall)).unwrap_or_default();
        self.monotonic.saturating_add(ahead)
    }
}

/// A message to a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// A reply.
    Reply(Vec<u8>),
    /// The end of its connection.
    Hangup,
    /// The end of every connection.
    Restart,
}

/// The gateway between its two queues; `P` identifies the client of a request.
#[derive(Debug)]
pub(super) struct RequestQueue<P> {
    gateway: Gateway,
    half_rtt: Duration,
    inbox: VecDeque<(Duration, P, Vec<u8>)>,
    outbox: VecDeque<(Duration, P, Delivery)>,
    /// When the gateway is done with the previous request.
    free_at: Duration,
    hangs: bool,
    has_crashed: bool,
    /// Until when no connection is accepted.
    down_until: Duration,
    /// A reply that is to arrive after the next one.
    late: Option<(P, Vec<u8>)>,
}

impl<P: Clone> RequestQueue<P> {
    pub(super) fn new(gateway: Gateway, link_rtt: Duration) -> Self {
        Self {
            gateway,
            half_rtt: link_rtt / 2,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            free_at: Duration::ZERO,
            hangs: false,
            has_crashed: false,
            down_until: Duration::ZERO,
            late: None,
        }
    }

    pub(super) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    pub(super) fn has_crashed(&self) -> bool {
        self.has_crashed
    }

    /// Until when no connection is accepted, on the monotonic clock.
    pub(super) fn down_until(&self) -> Duration {
        self.down_until
    }

    /// Adds a request that was sent at this monotonic time.
    pub(super) fn push(&mut self, peer: P, request: Vec<u8>, at: Duration) {
        if !self.hangs && !self.has_crashed {
            self.inbox.push_back((at + self.half_rtt, peer, request));
        }
    }

    /// Drops the requests that the gateway has not handled: their connection is gone.
    pub(super) fn drop_requests(&mut self) {
        self.inbox.clear();
        self.late = None;
    }

    /// When the gateway handles the next request: once it is visible, and the one before it is done.
    fn next_turn(&self) -> Option<Duration> {
        self.inbox.front().map(|(visible_at, ..)| self.free_at.max(*visible_at))
    }

    /// Time to the next event, unless another request is added.
    pub(super) fn time_to_next(&self, now: Now) -> Option<Duration> {
        if self.has_crashed {
            return None;
        }
        let reply = self.outbox.front().map(|(due, ..)| *due);
        let execution = self.gateway.next_execution().map(|wall| now.monotonic_at(wall));
        let next = [self.next_turn(), reply, execution].into_iter().flatten().min();
        next.map(|due| due.saturating_sub(now.monotonic))
    }

    /// Handles the next request, if it is due; `false` where none is.
    pub(super) fn handle_next(&mut self, now: Now) -> Result<bool, JournalError> {
        if self.has_crashed {
            return Ok(false);
        }
        let turn = self.next_turn();
        let Some(turn) = turn.filter(|turn| *turn <= now.monotonic) else {
            self.gateway.execute_pending(now.wall)?;
            return Ok(false);
        };
        let Some((visible_at, peer, request)) = self.inbox.pop_front() else { return Ok(false) };
        let (arrived, begun) = (now.wall_at(visible_at), now.wall_at(turn));
        let handled = self.gateway.handle(&request, arrived, begun)?;
        self.free_at = turn + handled.occupied;
        let arrives = self.free_at + self.half_rtt;
        if let Some(reply) = handled.reply {
            let peer = peer.clone();
            if handled.is_repeated {
                self.outbox.push_back((arrives, peer.clone(), Delivery::Reply(reply.clone())));
            }
            if handled.is_late && self.late.is_none() {
                self.late = Some((peer, reply));
            } else {
                self.outbox.push_back((arrives, peer, Delivery::Reply(reply)));
                if let Some((peer, late)) = self.late.take() {
                    self.outbox.push_back((arrives, peer, Delivery::Reply(late)));
                }
            }
        } else if handled.after == AfterRequest::Disconnect {
            self.outbox.push_back((arrives, peer.clone(), Delivery::Hangup));
        }
        match handled.after {
            AfterRequest::Continue | AfterRequest::Disconnect => {}
            AfterRequest::Hang => {
                self.hangs = true;
                self.inbox.clear();
            }
            AfterRequest::Crash => self.has_crashed = true,
            AfterRequest::Restart(down) => {
                self.down_until = turn + down;
                self.drop_requests();
                self.outbox.push_back((turn, peer, Delivery::Restart));
            }
        }
        Ok(true)
    }

    /// Removes the next delivery that has reached its client.
    pub(super) fn pop_delivery(&mut self, now: Now) -> Option<(P, Delivery)> {
        let (due, ..) = self.outbox.front()?;
        if *due > now.monotonic {
            return None;
        }
        self.outbox.pop_front().map(|(_, peer, delivery)| (peer, delivery))
    }
}
