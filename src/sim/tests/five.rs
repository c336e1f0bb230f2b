//! The simulated gateway of protocol 5: every action is read back by the client's types, and every fault has its effect.

mod admission;
mod deals;
mod faults;
mod journal;
mod orders;
mod reads;

use uuid::Uuid;

use super::*;
use crate::protocol::gateway::{Gateway, Signing};
use crate::protocol::outcome::{GetOutcome, OrderState, Outcome};
use crate::protocol::pending::{Cancel, Cancelled, GetOrders, PendingOrder};
use crate::protocol::request::Addressee;
use crate::protocol::signed;
use crate::protocol::signed::{Direction, LinkKey, Signature};
use crate::sim::{GatewayKey, Protocol, Role};

const SECRET: &str = "8f3a5c19d27e4b60a1c8f05e9b7d3624c5e1a09f6b8d4732e0f9c1b2a3d4e5f6";

fn key() -> LinkKey {
    LinkKey::new("ops", SECRET).unwrap()
}

/// A gateway of protocol 5 that knows one key.
fn five(specs: &[&str]) -> Options {
    let keys = vec![GatewayKey { key: key(), role: Role::Trade }];
    Options {
        protocol: Protocol::Five,
        pending: 2,
        keys,
        signing: Signing::Orders,
        ..super::faults(specs)
    }
}

fn with_role(role: Role) -> Options {
    Options { keys: vec![GatewayKey { key: key(), role }], ..five(&[]) }
}

/// A client that signs.
struct Signing5 {
    client: TestClient,
    key: LinkKey,
}

/// The answer to a signed request: verified, and decoded.
type Answer<R> = Result<R, Refusal>;

impl Signing5 {
    fn with(options: &Options) -> Self {
        Self { client: TestClient::with(options), key: key() }
    }

    fn with_faults(specs: &[&str]) -> Self {
        Self::with(&five(specs))
    }

    fn about(&mut self) -> Gateway {
        self.done(Ping).gateway.unwrap()
    }

    /// A request that names this gateway.
    fn addressed<A: Action>(&mut self, action: A) -> Request<A> {
        let about = self.about();
        let addressee = Addressee { journal: about.journal, login: about.login };
        Request { addressee: Some(addressee), ..self.client.request(action) }
    }

    fn sign(&self, frame: Vec<u8>) -> Vec<u8> {
        signed::sign(Direction::Request, &self.key, frame).0
    }

    /// The raw answer to a signed frame, whose signature is checked.
    fn exchange(&mut self, frame: Vec<u8>) -> Vec<u8> {
        let frame = self.sign(frame);
        let reply = self.client.raw(&frame).unwrap();
        let text = String::from_utf8_lossy(&reply);
        let signature = Signature::of(&reply).unwrap_or_else(|| panic!("unsigned: {text}"));
        assert!(signature.is_by(&self.key, Direction::Reply), "{text}");
        let mac = Signature::of(&frame).unwrap().mac;
        assert!(text.contains(&format!("\"re\":\"{}\"", mac.as_str())), "{text}");
        reply
    }

    fn send<A: Action>(&mut self, request: &Request<A>) -> Answer<A::Reply> {
        let reply = self.exchange(request.encode());
        decode(&reply, request.uuid).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&reply));
        })
    }

    /// An order or switch action.
    fn order<A: Action>(&mut self, action: A) -> Answer<A::Reply> {
        let request = self.addressed(action);
        self.send(&request)
    }

    fn read<A: Action>(&mut self, action: A) -> Answer<A::Reply> {
        let request = self.client.request(action);
        self.send(&request)
    }

    fn done<A: Action>(&mut self, action: A) -> A::Reply {
        self.read(action).unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    fn open_order(&self, volume: &str) -> Open {
        Open { risk_signature: String::new(), ..self.client.order("EURUSD", "BUY", volume) }
    }

    fn open(&mut self, volume: &str) -> Answer<Filled> {
        let open = self.open_order(volume);
        self.order(open)
    }

    fn close(&mut self, ticket: Ticket) -> Answer<Closed> {
        self.order(super::close(ticket))
    }

    fn cancel(&mut self, ticket: Ticket) -> Answer<Cancelled> {
        self.order(Cancel { ticket })
    }

    fn positions(&mut self) -> Vec<Position> {
        self.done(GetPositions).positions
    }

    fn pending(&mut self) -> Vec<PendingOrder> {
        self.done(GetOrders).orders
    }

    fn outcome(&mut self, of: Uuid, void: bool) -> Outcome {
        self.done(GetOutcome { of, void })
    }

    fn state(&mut self, of: Uuid) -> OrderState {
        self.outcome(of, false).outcome
    }

    /// Sends a frame whose answer is lost or never came.
    fn lose(&mut self, frame: Vec<u8>) {
        let frame = self.sign(frame);
        assert!(self.client.raw(&frame).is_err());
        self.reconnect();
    }

    fn reconnect(&mut self) {
        self.client.link = self.client.gateway.open().unwrap();
    }
}

/// The code of a refusal.
#[track_caller]
fn code<T: std::fmt::Debug>(answer: Answer<T>) -> String {
    answer.expect_err("refused").code.as_str().to_owned()
}
