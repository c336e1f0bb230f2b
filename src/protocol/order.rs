//! OPEN and CLOSE: what is ordered, and what the gateway claims to have come of it.
//!
//! Both answers are claims. FILLED is sent for rejected orders, with a ticket of 0 (hazards 1 and 2) or an invented one
//! (hazard 5); the position list is the proof, and price and volume of the reply are information (hazard 24).

use jiff::Timestamp;
use serde::Serialize;

use super::malformed::Malformed;
use super::positions::Position;
use super::reply::{Success, encode};
use super::status::Status;
use super::wire::Frame;
use crate::units::{Lots, Magic, Price, Side, Symbol, Ticket};

/// The longest comment that a broker keeps, in characters.
pub const MAX_COMMENT_CHARS: usize = 31;

/// An order to open a position at market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The instrument.
    pub symbol: Symbol,
    /// The side; the tool itself orders BUY alone, because a SELL is priced at the ask (hazard 24).
    pub side: Side,
    /// The volume in lots.
    pub volume: Lots,
    /// 0.0 for a market order.
    pub price: Price,
    /// Stop loss, 0.0 for none.
    pub sl: Price,
    /// Take profit, 0.0 for none.
    pub tp: Price,
    /// A remark of at most [`MAX_COMMENT_CHARS`]; the gateway drops it (hazard 10).
    pub comment: String,
    /// The strategy's mark; the gateway drops it (hazard 10).
    pub magic: Magic,
    /// See [`signature`](super::signature).
    pub risk_signature: String,
}

/// An order to close one position, whole: the gateway ignores the volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The position.
    pub ticket: Ticket,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its volume in lots.
    pub volume: Lots,
}

/// What the gateway claims of an OPEN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The new position's ticket; 0 is a rejection or a broker's time-out.
    pub ticket: Ticket,
    /// The volume that it says was filled.
    pub volume: Lots,
    /// The price that it says; 0 is seen on real fills.
    pub price: Price,
    /// Its time of execution.
    pub execution_time: Option<Timestamp>,
}

/// What the gateway claims of a CLOSE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The *closing order's* ticket, not the position's; 0 when nothing was closed.
    pub ticket: Ticket,
    /// The price that it says.
    pub close_price: Price,
    /// Its time of execution.
    pub execution_time: Option<Timestamp>,
}

const CLAIMED: &[Status] = &[Status::Filled, Status::Ok];

/// Information alone: a time in a form of its own must not turn a claim into a protocol error.
fn execution_time(frame: &Frame<'_, Position>) -> Option<Timestamp> {
    frame.root.optional("execution_time").and_then(|field| field.timestamp().ok())
}

impl Success for Filled {
    const STATUS: &'static [Status] = CLAIMED;

    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed> {
        Ok(Self {
            ticket: Ticket(frame.root.required("ticket")?.integer()?),
            volume: Lots(frame.root.required("volume")?.exact()?),
            price: Price(frame.root.required("price")?.exact()?),
            execution_time: execution_time(&frame),
        })
    }
}

impl Success for Closed {
    const STATUS: &'static [Status] = CLAIMED;

    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed> {
        Ok(Self {
            ticket: Ticket(frame.root.required("ticket")?.integer()?),
            close_price: Price(frame.root.required("close_price")?.exact()?),
            execution_time: execution_time(&frame),
        })
    }
}

impl Filled {
    /// Writes it as the gateway does.
    pub fn encode(&self, uuid: &str, status: &str, symbol: &Symbol, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            uuid: &'a str,
            status: &'a str,
            ticket: Ticket,
            symbol: &'a Symbol,
            volume: &'a Lots,
            price: &'a Price,
            execution_time: Option<String>,
            latency_ms: f64,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            simulated: bool,
        }
        encode(&Wire {
            uuid,
            status,
            ticket: self.ticket,
            symbol,
            volume: &self.volume,
            price: &self.price,
            execution_time: self.execution_time.map(super::request::rfc3339),
            latency_ms: 0.0,
            simulated,
        })
    }
}

impl Closed {
    /// Writes it as the gateway does.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            uuid: &'a str,
            status: &'a str,
            ticket: Ticket,
            close_price: &'a Price,
            execution_time: Option<String>,
            latency_ms: f64,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            simulated: bool,
        }
        encode(&Wire {
            uuid,
            status,
            ticket: self.ticket,
            close_price: &self.close_price,
            execution_time: self.execution_time.map(super::request::rfc3339),
            latency_ms: 0.0,
            simulated,
        })
    }
}
