//! The envelope of every request: `uuid`, `action` and `timestamp`, then the action's own fields.
//!
//! Another program may listen on the port and trade on any text that holds `TRADE` or `EXECUTION`, or on any message
//! with a `volume` (hazard 11). Only OPEN and CLOSE hold those. No other request holds text from a user or a setting:
//! PING's `source` is a constant, and GET_POSITIONS is sent without its `symbol` filter.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::encode;
use super::reply::Reply;

/// A request's action; its fields are those of the request beyond the envelope.
pub trait Action: Serialize {
    /// The action's name on the wire.
    const NAME: &'static str;
    /// The success reply.
    type Reply: Reply;
}

/// An action that changes nothing, so that it may be retried and needs no permit. Only this room's actions can implement
/// it.
pub trait Read: Action + sealed::Sealed {}

impl<A: Action + sealed::Sealed> Read for A {}

pub(super) mod sealed {
    /// Hidden from other rooms.
    pub trait Sealed {}
}

/// The gateway and the account that a signed order is meant for: a captured order can't be replayed to another gateway
/// that shares the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addressee {
    /// The gateway's journal.
    pub journal: Option<String>,
    /// The account for which the gateway is configured.
    pub login: Option<i64>,
}

/// One request: an action with the `uuid` that its reply must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<A> {
    /// Version 4, new for each send.
    pub uuid: Uuid,
    /// Creation time by this machine's wall clock; sent in whole microseconds.
    pub timestamp: Timestamp,
    /// The gateway that is meant; on signed orders and switch actions.
    pub addressee: Option<Addressee>,
    /// The action and its fields.
    pub action: A,
}

impl<A: Action> Request<A> {
    /// A request with a new `uuid`.
    pub fn new(action: A, timestamp: Timestamp) -> Self {
        Self { uuid: Uuid::new_v4(), timestamp, addressee: None, action }
    }

    /// The frame to send.
    pub fn encode(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Envelope<'a, A> {
            uuid: Uuid,
            action: &'static str,
            #[serde(serialize_with = "encode::serialize_time")]
            timestamp: Timestamp,
            #[serde(flatten)]
            addressee: &'a Option<Addressee>,
            #[serde(flatten)]
            fields: &'a A,
        }
        encode::frame(&Envelope {
            uuid: self.uuid,
            action: A::NAME,
            timestamp: self.timestamp,
            addressee: &self.addressee,
            fields: &self.action,
        })
    }
}
