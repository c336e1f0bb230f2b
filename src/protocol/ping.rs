//! PING: is somebody there who speaks this protocol? Says nothing about the terminal (hazard 9).

use jiff::Timestamp;
use serde::Serialize;

use super::malformed::Malformed;
use super::positions::Position;
use super::reply::{Read, Success, encode};
use super::request::Action;
use super::status::Status;
use super::wire::Frame;
use crate::units::Exact;

/// What PING answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pong {
    /// The gateway's own wall clock.
    pub server_time: Timestamp,
    /// The gateway's clock minus the request's `timestamp`, in ms: it holds the clock skew and is no latency (hazard 8).
    pub latency_ms: Exact,
    /// Whether the far end says of itself that it is simulated.
    pub simulated: bool,
}

impl Read for Pong {
    type Parameters = ();

    fn action((): ()) -> Action {
        Action::Ping
    }
}

impl Success for Pong {
    const STATUS: &'static [Status] = &[Status::Ok];

    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed> {
        Ok(Self {
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
    /// Writes it as the gateway does.
    pub fn encode(&self, uuid: &str, status: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            uuid: &'a str,
            status: &'a str,
            server_time: String,
            latency_ms: &'a Exact,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            simulated: bool,
        }
        encode(&Wire {
            uuid,
            status,
            server_time: super::request::rfc3339(self.server_time),
            latency_ms: &self.latency_ms,
            simulated: self.simulated,
        })
    }
}
