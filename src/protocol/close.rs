//! CLOSE: an order to close one position, and the gateway's claim about it.
//!
//! The reply is a claim: FILLED is sent, with a ticket of 0, when nothing was closed as well (hazard 2). Only a later
//! position list proves a close.

use jiff::Timestamp;
use serde::Serialize;

use super::encode::rfc3339;
use super::malformed::Malformed;
use super::reply::{self, Reply, execution_time};
use super::request::Action;
use super::status::Status;
use super::wire::Frame;
use crate::units::{Lots, Price, Symbol, Ticket};

/// The request. It closes the whole position: the gateway ignores the volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Close {
    /// The position.
    pub ticket: Ticket,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its volume in lots.
    pub volume: Lots,
}

impl Action for Close {
    const NAME: &'static str = "CLOSE";
    type Reply = Closed;
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The *closing order's* ticket, not the position's; 0 when nothing was closed.
    pub ticket: Ticket,
    /// The claimed price.
    pub close_price: Price,
    /// The gateway's time of execution.
    pub execution_time: Option<Timestamp>,
}

impl Reply for Closed {
    const STATUS: &'static [Status] = &[Status::Filled, Status::Ok];
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        Ok(Self {
            ticket: Ticket(frame.root.required("ticket")?.integer()?),
            close_price: Price(frame.root.required("close_price")?.exact()?),
            execution_time: execution_time(&frame.root),
        })
    }
}

impl Closed {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Fields<'a> {
            ticket: Ticket,
            close_price: &'a Price,
            execution_time: Option<String>,
            latency_ms: f64,
        }
        let fields = Fields {
            ticket: self.ticket,
            close_price: &self.close_price,
            execution_time: self.execution_time.map(rfc3339),
            latency_ms: 0.0,
        };
        reply::encode(Some(uuid), status, &fields, simulated)
    }
}
