//! PING: does the gateway answer? Proves nothing about the terminal (hazard 9).

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::encode;
use super::gateway::Gateway;
use super::malformed::Malformed;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::Frame;
use crate::units::Exact;

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ping;

impl Serialize for Ping {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("source", "mt5crs")])
    }
}

impl Action for Ping {
    const NAME: &'static str = "PING";
    type Reply = Pong;
}

impl Sealed for Ping {}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pong {
    /// The gateway's wall clock.
    #[serde(serialize_with = "encode::serialize_time")]
    pub server_time: Timestamp,
    /// The gateway's wall clock minus the request's `timestamp`, in ms: this is no latency, it holds the clock skew
    /// (hazard 8).
    pub latency_ms: Exact,
    /// What a gateway of protocol 5 says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Gateway>,
    /// Whether the gateway says that it is simulated.
    #[serde(skip)]
    pub simulated: bool,
}

impl Reply for Pong {
    type Element = ();
    const OBJECT: Option<&'static str> = Some("gateway");

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        Ok(Self {
            gateway: frame.object.as_ref().map_or(Ok(None), Gateway::read)?,
            server_time: frame.root.required("server_time")?.timestamp()?,
            latency_ms: frame.root.required("latency_ms")?.exact()?,
            simulated: match frame.root.optional("simulated") {
                Some(field) => field.boolean()?,
                None => false,
            },
        })
    }
}

impl Pong {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, self.simulated)
    }
}
