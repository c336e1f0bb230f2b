//! CLOSE: an order to close one position, and the gateway's claim about it.
//!
//! The reply is a claim: FILLED is sent, with a ticket of 0, when nothing was closed as well (hazard 2). Only a later
//! position list proves a close.

use jiff::Timestamp;
use serde::Serialize;

use super::encode;
use super::malformed::Malformed;
use super::reply::{self, Reply, execution_time};
use super::request::Action;
use super::result::OrderResult;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// The *closing order's* ticket, not the position's; 0 when nothing was closed.
    pub ticket: Ticket,
    /// The claimed price.
    pub close_price: Price,
    /// The gateway's time of execution.
    #[serde(serialize_with = "encode::serialize_time")]
    pub execution_time: Option<Timestamp>,
    /// The result in protocol 5's form.
    #[serde(flatten)]
    pub result: Option<OrderResult>,
}

impl Reply for Closed {
    const SUCCESS: &'static [&'static str] = reply::ORDER_SUCCESS;
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        Ok(Self {
            ticket: Ticket(frame.root.required("ticket")?.integer()?),
            close_price: Price(frame.root.required("close_price")?.exact()?),
            execution_time: execution_time(&frame.root),
            result: OrderResult::read(&frame.root)?,
        })
    }
}

impl Closed {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode_claim(uuid, status, self, None, simulated)
    }
}
