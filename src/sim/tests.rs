//! The simulated gateway through its in-process door: what it does by itself, and that each fault does what its
//! explanation says.

mod faults;
mod gateway;
mod orders;
mod specs;
mod time;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::in_process::Link;
use super::{Entry, InProcess, Options};
use crate::clock::{Clock as _, Deadline, ManualClock};
use crate::link::transport::{Connection as _, LinkError};
use crate::protocol::account::Account;
use crate::protocol::order::{Close, Closed, Filled, Open};
use crate::protocol::positions::{Position, Positions};
use crate::protocol::reply::{Success, decode};
use crate::protocol::request::{Action, Request};
use crate::protocol::signature::sign;
use crate::protocol::sync_all::Synced;
use crate::protocol::{Malformed, Refusal};
use crate::units::{Exact, Lots, Magic, Price, Side, Symbol, Ticket};

const PATIENCE: Duration = Duration::from_secs(10);

/// A client of a gateway in virtual time.
struct CloseContext {
    clock: ManualClock,
    gateway: InProcess,
    link: Link,
}

fn faults(specs: &[&str]) -> Options {
    let faults = specs.iter().map(|spec| spec.parse().unwrap()).collect();
    Options { positions: 3, faults, ..Options::default() }
}

impl CloseContext {
    fn with(options: &Options) -> Self {
        let clock = ManualClock::new("2026-01-17T03:54:22.961398Z".parse::<Timestamp>().unwrap());
        let gateway = InProcess::start(options, Arc::new(clock.clone())).unwrap();
        let link = gateway.open().unwrap();
        Self { clock, gateway, link }
    }

    fn with_faults(specs: &[&str]) -> Self {
        Self::with(&faults(specs))
    }

    fn request(&self, action: Action) -> Request {
        Request { uuid: Uuid::new_v4(), timestamp: self.clock.now(), action }
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

    fn json(&mut self, action: Action) -> Value {
        let request = self.request(action);
        serde_json::from_slice(&self.raw(&request.encode()).unwrap()).unwrap()
    }

    fn decoded<T: Success>(&mut self, action: Action) -> Result<Result<T, Refusal>, Malformed> {
        let request = self.request(action);
        decode(&self.raw(&request.encode()).unwrap(), request.uuid)
    }

    fn done<T: Success>(&mut self, action: Action) -> T {
        match self.decoded(action).unwrap() {
            Ok(done) => done,
            Err(refusal) => panic!("{refusal}"),
        }
    }

    fn refused<T: Success>(&mut self, action: Action) -> Refusal {
        match self.decoded::<T>(action).unwrap() {
            Ok(_) => panic!("not refused"),
            Err(refusal) => refusal,
        }
    }

    fn account(&mut self) -> Account {
        self.done(Action::GetAccount)
    }

    fn positions(&mut self) -> Vec<Position> {
        self.done::<Positions>(Action::GetPositions).positions
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

    fn order(&self, symbol: &str, side: &str, volume: &str) -> Action {
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
        Action::Open(open)
    }

    fn ledger(&self) -> Vec<Entry> {
        self.gateway.ledger().unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.clock.monotonic()
    }
}

fn sync_all() -> Action {
    Action::SyncAll { magic_number: Magic(202_401) }
}

fn close(ticket: Ticket) -> Action {
    Action::Close(Close {
        ticket,
        symbol: Symbol::new("EURUSD"),
        volume: Lots(Exact::parse("0.01").unwrap()),
    })
}

fn with_book(path: &Path, specs: &[&str]) -> Options {
    Options { book: Some(path.to_owned()), ..faults(specs) }
}
