//! OPEN: an order to open a position at market, and the gateway's claim about it.
//!
//! The reply is a claim: FILLED is sent for rejected orders as well, with a ticket of 0 (hazard 1) or an invented one
//! (hazard 5). The position list is the proof. The reply's price and volume are information (hazard 24).

use jiff::Timestamp;
use serde::Serialize;

use super::encode;
use super::malformed::Malformed;
use super::reply::{self, Reply, execution_time};
use super::request::Action;
use super::result::{self, OrderResult};
use super::wire::Frame;
use crate::units::{Lots, Magic, Price, Side, Symbol, Ticket};

/// The request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The instrument.
    pub symbol: Symbol,
    /// The side; the tool orders BUY alone, because the gateway prices a SELL at the ask (hazard 24).
    #[serde(rename = "type")]
    pub side: Side,
    /// The volume in lots.
    pub volume: Lots,
    /// 0.0 for a market order.
    pub price: Price,
    /// Stop loss, 0.0 for none.
    pub sl: Price,
    /// Take profit, 0.0 for none.
    pub tp: Price,
    /// A broker keeps 31 characters; the gateway drops all (hazard 10).
    pub comment: String,
    /// The strategy's magic number; the gateway drops it (hazard 10).
    pub magic: Magic,
    /// See [`signature`](super::signature).
    pub risk_signature: String,
}

impl Action for Open {
    const NAME: &'static str = "OPEN";
    type Reply = Filled;
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filled {
    /// The new position's ticket; 0 for a rejection or the broker's time-out. Protocol 5 names the position beside the
    /// order.
    pub ticket: Ticket,
    /// The claimed volume.
    pub volume: Lots,
    /// The claimed price; 0 was seen on real fills.
    pub price: Price,
    /// The gateway's time of execution.
    #[serde(serialize_with = "encode::serialize_time")]
    pub execution_time: Option<Timestamp>,
    /// The result in protocol 5's form, whose volume and price are those above.
    #[serde(flatten, serialize_with = "result::serialize_beside_figures")]
    pub result: Option<OrderResult>,
}

impl Reply for Filled {
    const SUCCESS: &'static [&'static str] = reply::ORDER_SUCCESS;
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        let result = OrderResult::read(&frame.root)?;
        let position = result.as_ref().and_then(|result| result.position);
        let ticket = Ticket(frame.root.required("ticket")?.integer()?);
        Ok(Self {
            ticket: position.unwrap_or(ticket),
            volume: Lots(frame.root.required("volume")?.exact()?),
            price: Price(frame.root.required("price")?.exact()?),
            execution_time: execution_time(&frame.root),
            result,
        })
    }
}

impl Filled {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, symbol: &Symbol, simulated: bool) -> Vec<u8> {
        reply::encode_claim(uuid, status, self, Some(symbol), simulated)
    }
}
