//! A bystander between the tool and its gateway: it knows what was asked, and can hold the answers back, so that a test
//! acts at a moment that is certain instead of within a time that may be too short.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use crate::support::{Sim, wait_until};

/// How a request names its action on the wire.
const NAME: &str = "\"action\":\"";

#[derive(Default)]
struct State {
    asked: Vec<String>,
    /// From the request of that action and number on nothing comes back.
    hold: Option<(String, usize)>,
    holds: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    released: Condvar,
}

/// Leads to a gateway, for as long as the test's process.
pub struct Wire {
    pub endpoint: SocketAddr,
    shared: Arc<Shared>,
}

impl Wire {
    pub fn to(sim: &Sim) -> Self {
        Self::with(sim, None)
    }

    /// Lets the `nth` request of that action through, and from then on no answer until [`Wire::release`].
    pub fn holding(sim: &Sim, action: &str, nth: usize) -> Self {
        Self::with(sim, Some((action.to_owned(), nth)))
    }

    fn with(sim: &Sim, hold: Option<(String, usize)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.state.lock().unwrap().hold = hold;
        let (gateway, passes) = (sim.endpoint, Arc::clone(&shared));
        std::thread::spawn(move || {
            for tool in listener.incoming() {
                let Ok(tool) = tool else { return };
                // Nobody behind it: the connection ends.
                let Ok(gateway) = TcpStream::connect(gateway) else { continue };
                let ends = || (tool.try_clone().unwrap(), gateway.try_clone().unwrap());
                let (there, back) = (ends(), ends());
                let (noting, waiting) = (Arc::clone(&passes), Arc::clone(&passes));
                std::thread::spawn(move || pass(there.0, there.1, |bytes| noting.note(bytes)));
                std::thread::spawn(move || pass(back.1, back.0, |_| waiting.wait()));
            }
        });
        Self { endpoint, shared }
    }

    /// Every action that was asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().asked.clone()
    }

    /// Waits until answers are held.
    #[track_caller]
    pub fn wait_for_the_hold(&self) {
        wait_until("the request to hold at came", || self.shared.state.lock().unwrap().holds);
    }

    /// Lets everything through from now on.
    pub fn release(&self) {
        let mut state = self.shared.state.lock().unwrap();
        (state.hold, state.holds) = (None, false);
        self.shared.released.notify_all();
    }
}

impl Shared {
    /// Notes what is asked for before it is on its way. A request is written in one piece.
    fn note(&self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let names = text.split(NAME).skip(1).filter_map(|rest| rest.split('"').next());
        let mut state = self.state.lock().unwrap();
        state.asked.extend(names.map(str::to_owned));
        let is_reached = state.hold.as_ref().is_some_and(|(action, nth)| {
            state.asked.iter().filter(|asked| *asked == action).count() >= *nth
        });
        state.holds |= is_reached;
    }

    fn wait(&self) {
        let state = self.state.lock().unwrap();
        drop(self.released.wait_while(state, |state| state.holds).unwrap());
    }
}

/// Passes everything on, each piece after `before`, until one end has enough.
fn pass(mut from: TcpStream, mut to: TcpStream, mut before: impl FnMut(&[u8])) {
    let mut piece = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        before(&piece[..count]);
        if to.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
