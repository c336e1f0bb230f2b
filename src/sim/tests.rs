//! The simulated gateway in process: its behaviour without faults, and the effect of each fault.

mod faults;
mod five;
mod gateway;
mod hazards;
mod hostile;
mod orders;
mod specs;
mod time;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::in_process::InProcessConnection;
use super::{Execution, InProcess, Options};
use crate::clock::{Clock as _, Deadline, ManualClock};
use crate::link::transport::{Connection as _, LinkError};
use crate::protocol::account::{Account, GetAccount};
use crate::protocol::close::{Close, Closed};
use crate::protocol::open::{Filled, Open};
use crate::protocol::ping::Ping;
use crate::protocol::positions::{GetPositions, Position};
use crate::protocol::reply::decode;
use crate::protocol::signature::sign;
use crate::protocol::sync_all::{SyncAll, Synced};
use crate::protocol::{Action, Malformed, Refusal, Request};
use crate::units::{Exact, Lots, Magic, Price, Side, Symbol, Ticket};

const PATIENCE: Duration = Duration::from_secs(10);

/// A client of a gateway in virtual time.
struct TestClient {
    clock: ManualClock,
    gateway: InProcess,
    link: InProcessConnection,
}

fn faults(specs: &[&str]) -> Options {
    let faults = specs.iter().map(|spec| spec.parse().unwrap()).collect();
    Options { positions: 3, faults, ..Options::default() }
}

impl TestClient {
    fn with(options: &Options) -> Self {
        let clock = ManualClock::new("2026-01-17T03:54:22.961398Z".parse::<Timestamp>().unwrap());
        let gateway = InProcess::start(options, Arc::new(clock.clone())).unwrap();
        let link = gateway.open().unwrap();
        Self { clock, gateway, link }
    }

    fn with_faults(specs: &[&str]) -> Self {
        Self::with(&faults(specs))
    }

    fn request<A: Action>(&self, action: A) -> Request<A> {
        Request::new(action, self.clock.now())
    }

    /// A frame for each read.
    fn reads(&self) -> [Vec<u8>; 4] {
        [
            self.request(Ping).encode(),
            self.request(GetAccount).encode(),
            self.request(GetPositions).encode(),
            self.request(sync_all()).encode(),
        ]
    }

    fn until(&self) -> Deadline {
        Deadline::after(&self.clock, PATIENCE)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.link.send_bytes(bytes).unwrap();
    }

    fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        let until = self.until();
        self.link.receive(until).map(|frame| frame.to_vec())
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.send(bytes);
        self.receive()
    }

    fn json(&mut self, action: impl Action) -> Value {
        let frame = self.request(action).encode();
        self.json_of(&frame)
    }

    fn json_of(&mut self, frame: &[u8]) -> Value {
        serde_json::from_slice(&self.raw(frame).unwrap()).unwrap()
    }

    fn decoded<A: Action>(&mut self, action: A) -> Result<Result<A::Reply, Refusal>, Malformed> {
        let request = self.request(action);
        decode(&self.raw(&request.encode()).unwrap(), request.uuid)
    }

    fn done<A: Action>(&mut self, action: A) -> A::Reply {
        match self.decoded(action).unwrap() {
            Ok(done) => done,
            Err(refusal) => panic!("{refusal}"),
        }
    }

    fn refused(&mut self, action: impl Action) -> Refusal {
        match self.decoded(action).unwrap() {
            Ok(_) => panic!("not refused"),
            Err(refusal) => refusal,
        }
    }

    fn account(&mut self) -> Account {
        self.done(GetAccount)
    }

    fn positions(&mut self) -> Vec<Position> {
        self.done(GetPositions).positions
    }

    fn synced(&mut self) -> Synced {
        self.done(sync_all())
    }

    fn open(&mut self, volume: &str) -> Filled {
        let order = self.order("EURUSD", "BUY", volume);
        self.done(order)
    }

    fn close(&mut self, ticket: Ticket) -> Closed {
        self.done(close(ticket))
    }

    fn order(&self, symbol: &str, side: &str, volume: &str) -> Open {
        let price = || Price(Exact::parse("0.0").unwrap());
        let mut open = Open {
            symbol: Symbol::new(symbol),
            side: Side::from_wire(side),
            volume: Lots(Exact::parse(volume).unwrap()),
            price: price(),
            sl: price(),
            tp: price(),
            comment: "canary".to_owned(),
            magic: Magic(202_401),
            risk_signature: String::new(),
        };
        open.risk_signature = sign(&open, self.clock.now());
        open
    }

    fn ledger(&self) -> Vec<Execution> {
        self.gateway.ledger().unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.clock.monotonic()
    }
}

fn sync_all() -> SyncAll {
    SyncAll { magic_number: Magic(202_401) }
}

fn close(ticket: Ticket) -> Close {
    let volume = Lots(Exact::parse("0.01").unwrap());
    Close { ticket, symbol: Symbol::new("EURUSD"), volume }
}

fn with_book(path: &Path, specs: &[&str]) -> Options {
    Options { book: Some(path.to_owned()), ..faults(specs) }
}
