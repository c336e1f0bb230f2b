//! A proxy between the tool and its gateway. While it holds a reply, the test acts at a known point of the conversation
//! instead of within a time that may be too short.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::mpsc::Receiver;

use mt5crs::harness::proxy::{Direction, HeldMessage, Proxy, Trigger};

use crate::support::{BOUND, Sim};

/// A proxy in front of a gateway.
pub struct Wire {
    pub endpoint: SocketAddr,
    proxy: Proxy,
    trigger: RefCell<Option<Receiver<HeldMessage>>>,
    held: RefCell<Option<HeldMessage>>,
}

impl Wire {
    pub fn to(sim: &Sim) -> Self {
        let proxy = Proxy::start(Some(sim.endpoint)).unwrap();
        let endpoint = proxy.address();
        Self { endpoint, proxy, trigger: RefCell::default(), held: RefCell::default() }
    }

    /// Holds the reply to the `nth` request of that action until [`Wire::release`].
    pub fn holding(sim: &Sim, action: &'static str, nth: u32) -> Self {
        let mut wire = Self::to(sim);
        let trigger = wire.proxy.hold_at(Trigger { action, nth, direction: Direction::Reply });
        wire.trigger = RefCell::new(Some(trigger));
        wire
    }

    /// The number of requests of that action.
    pub fn requests(&self, action: &str) -> usize {
        self.proxy.requests(action) as usize
    }

    /// Waits until the reply is held.
    #[track_caller]
    pub fn wait_for_the_hold(&self) {
        let trigger = self.trigger.take().unwrap();
        self.held.replace(Some(trigger.recv_timeout(BOUND).unwrap()));
    }

    /// Forwards the held reply, and with it the rest of the conversation.
    pub fn release(&self) {
        self.held.take().unwrap().forward();
    }
}
