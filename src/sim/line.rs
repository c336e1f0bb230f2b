//! The line to the gateway and its queue: when a request is seen, when its turn comes, when its reply arrives. Pure
//! scheduling, so that both doors mean the same by a round trip and by a broker's time.
//!
//! A request is seen half a round trip after it arrived, a reply arrives half a round trip after it left; so requests
//! that are in flight together share one round trip. Each occupies the gateway for as long as it takes, from when it was
//! seen or the one before it was done; so those times add up. Turns follow from the schedule and not from when somebody
//! looked: being late once makes nothing after it late.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::gateway::{Gateway, Then};
use super::journal::JournalError;
use crate::clock::Clock;

/// One moment, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) monotonic: Duration,
    wall: Timestamp,
}

impl Now {
    pub(super) fn of(clock: &dyn Clock) -> Self {
        Self { monotonic: clock.monotonic(), wall: clock.now() }
    }

    /// The wall clock's time at a moment that is past.
    fn wall_at(self, past: Duration) -> Timestamp {
        let ago = self.monotonic.saturating_sub(past);
        self.wall.checked_sub(ago).unwrap_or(Timestamp::MIN)
    }

    /// The monotonic time at which the wall clock will show that.
    fn monotonic_at(self, wall: Timestamp) -> Duration {
        let ahead = Duration::try_from(wall.duration_since(self.wall)).unwrap_or_default();
        self.monotonic.saturating_add(ahead)
    }
}

/// What reaches a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// A reply.
    Reply(Vec<u8>),
    /// The end of its connection.
    Hangup,
}

/// The gateway behind its line; `P` tells whose request it is.
#[derive(Debug)]
pub(super) struct Line<P> {
    gateway: Gateway,
    half_rtt: Duration,
    inbox: VecDeque<(Duration, P, Vec<u8>)>,
    outbox: VecDeque<(Duration, P, Delivery)>,
    free_at: Duration,
    hung: bool,
    crashed: bool,
}

impl<P> Line<P> {
    pub(super) fn new(gateway: Gateway, link_rtt: Duration) -> Self {
        Self {
            gateway,
            half_rtt: link_rtt / 2,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            free_at: Duration::ZERO,
            hung: false,
            crashed: false,
        }
    }

    pub(super) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Whether the gateway died.
    pub(super) fn crashed(&self) -> bool {
        self.crashed
    }

    /// A request arrives.
    pub(super) fn arrive(&mut self, peer: P, request: Vec<u8>, at: Duration) {
        if !self.hung && !self.crashed {
            self.inbox.push_back((at + self.half_rtt, peer, request));
        }
    }

    /// Forgets the requests that were not seen yet: their connection is gone.
    pub(super) fn forget_unseen(&mut self) {
        self.inbox.clear();
    }

    /// When the next thing happens, unless another request arrives.
    pub(super) fn next_due(&self, now: Now) -> Option<Duration> {
        if self.crashed {
            return None;
        }
        let request = self.inbox.front().map(|(seen, ..)| self.free_at.max(*seen));
        let reply = self.outbox.front().map(|(due, ..)| *due);
        let execution = self.gateway.next_execution().map(|wall| now.monotonic_at(wall));
        [request, reply, execution].into_iter().flatten().min()
    }

    /// Handles one request whose turn has come; `false` where there is none.
    pub(super) fn step(&mut self, now: Now) -> Result<bool, JournalError> {
        if self.crashed {
            return Ok(false);
        }
        let turn = self.inbox.front().map(|(seen, ..)| self.free_at.max(*seen));
        let Some(turn) = turn.filter(|turn| *turn <= now.monotonic) else {
            self.gateway.execute_pending(now.wall)?;
            return Ok(false);
        };
        let Some((_, peer, request)) = self.inbox.pop_front() else { return Ok(false) };
        let answer = self.gateway.handle(&request, now.wall_at(turn))?;
        self.free_at = turn + answer.occupied;
        let arrives = self.free_at + self.half_rtt;
        if let Some(reply) = answer.reply {
            self.outbox.push_back((arrives, peer, Delivery::Reply(reply)));
        } else if answer.then == Then::Disconnect {
            self.outbox.push_back((arrives, peer, Delivery::Hangup));
        }
        match answer.then {
            Then::GoOn | Then::Disconnect => {}
            Then::Hang => {
                self.hung = true;
                self.inbox.clear();
            }
            Then::Crash => self.crashed = true,
        }
        Ok(true)
    }

    /// What has reached its client by now.
    pub(super) fn deliver(&mut self, now: Now) -> Option<(P, Delivery)> {
        let (due, ..) = self.outbox.front()?;
        if *due > now.monotonic {
            return None;
        }
        self.outbox.pop_front().map(|(_, peer, delivery)| (peer, delivery))
    }
}
