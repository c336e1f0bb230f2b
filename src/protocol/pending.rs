//! GET_ORDERS and CANCEL (protocol 5): pending orders, which may open positions later by themselves.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encode;
use super::malformed::Malformed;
use super::positions::Owner;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::result::OrderResult;
use super::wire::{Frame, List, Object};
use crate::units::{Lots, Magic, Price, Symbol, Ticket};

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GetOrders;

impl Action for GetOrders {
    const NAME: &'static str = "GET_ORDERS";
    type Reply = PendingOrders;
}

impl Sealed for GetOrders {}

/// One pending order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PendingOrder {
    /// The order's ticket.
    pub ticket: Ticket,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its type: `BUY_LIMIT`, `SELL_STOP`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Its state: `PLACED`, `PARTIAL`, `REQUEST_CANCEL`, ...
    pub state: String,
    /// Its volume in lots when it was placed.
    pub volume_initial: Lots,
    /// The volume that is still to execute.
    pub volume_current: Lots,
    /// The price at which it executes.
    pub price_open: Price,
    /// Its magic number.
    pub magic: Magic,
    /// Its comment.
    pub comment: String,
    /// When it was placed: milliseconds of the broker's wall clock.
    pub time_setup_msc: i64,
}

impl PendingOrder {
    fn read(object: &Object<'_>) -> Result<Self, Malformed> {
        let exact = |name| object.required(name)?.exact();
        let text =
            |name| -> Result<String, Malformed> { Ok(object.required(name)?.string()?.into()) };
        Ok(Self {
            ticket: Ticket(object.required("ticket")?.integer()?),
            symbol: Symbol::new(&object.required("symbol")?.string()?),
            kind: text("type")?,
            state: text("state")?,
            volume_initial: Lots(exact("volume_initial")?),
            volume_current: Lots(exact("volume_current")?),
            price_open: Price(exact("price_open")?),
            magic: Magic(object.required("magic")?.integer()?),
            comment: text("comment")?,
            time_setup_msc: object.required("time_setup_msc")?.integer()?,
        })
    }
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingOrders {
    /// Every pending order of the account.
    pub orders: Vec<PendingOrder>,
    /// Their number by a second, independent call of the gateway.
    pub total: i64,
    /// The account that they belong to.
    #[serde(flatten)]
    pub owner: Owner,
    /// The gateway's wall clock at the reply.
    #[serde(rename = "timestamp", serialize_with = "encode::serialize_time")]
    pub reported_at: Timestamp,
}

impl Reply for PendingOrders {
    type Element = PendingOrder;
    const LIST: Option<List<PendingOrder>> = Some(("orders", PendingOrder::read));

    fn read(frame: Frame<'_, PendingOrder>) -> Result<Self, Malformed> {
        let root = &frame.root;
        let orders = frame.list.ok_or_else(|| root.missing("orders"))?;
        root.check_total(orders.len())?;
        Ok(Self {
            total: root.required("total")?.integer()?,
            owner: Owner::required(root)?,
            reported_at: root.required("timestamp")?.timestamp()?,
            orders,
        })
    }
}

impl PendingOrders {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}

/// The request to remove one pending order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cancel {
    /// The pending order's ticket.
    pub ticket: Ticket,
}

impl Action for Cancel {
    const NAME: &'static str = "CANCEL";
    type Reply = Cancelled;
}

/// The reply: a claim. Only a later list without the order, and without a position that it opened, is the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cancelled {
    /// The pending order's ticket, or 0.
    pub ticket: Ticket,
    /// The result in protocol 5's form.
    #[serde(flatten)]
    pub result: OrderResult,
}

impl Reply for Cancelled {
    const SUCCESS: &'static [&'static str] = reply::ORDER_SUCCESS;
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        Ok(Self {
            ticket: Ticket(frame.root.required("ticket")?.integer()?),
            result: OrderResult::read(&frame.root)?
                .ok_or_else(|| frame.root.missing("executed"))?,
        })
    }
}

impl Cancelled {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
