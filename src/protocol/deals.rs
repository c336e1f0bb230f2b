//! GET_DEALS (protocol 5): executions and movements of the balance.
//!
//! History may lag behind the book by seconds, so a deal that is missing may still come. Times are the broker's wall clock.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encode;
use super::malformed::Malformed;
use super::positions::Owner;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::{Frame, List, Object};
use crate::units::{Lots, Magic, Money, Price, Ticket};

/// The request: the deals of one position, or those of a range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum GetDeals {
    /// The deals that opened, changed and closed a position.
    OfPosition {
        /// The position's identifier: the ticket with which it was opened.
        position: Ticket,
    },
    /// The deals from a moment of the broker's wall clock on.
    Since {
        /// Milliseconds of the broker's wall clock, as in [`Deal::time_msc`].
        from: i64,
    },
    /// The deals from a moment in UTC on.
    SinceUtc {
        /// The moment.
        #[serde(serialize_with = "encode::serialize_time")]
        from: Timestamp,
    },
}

impl Action for GetDeals {
    const NAME: &'static str = "GET_DEALS";
    type Reply = Deals;
}

impl Sealed for GetDeals {}

/// One deal: an execution, or another movement of the balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deal {
    /// The deal's ticket.
    pub ticket: Ticket,
    /// The order that it executed; 0 for none.
    pub order: Ticket,
    /// The position that it opened, changed or closed; 0 for none.
    pub position_id: Ticket,
    /// Its time: milliseconds of the broker's wall clock.
    pub time_msc: i64,
    /// `BUY`, `SELL`, or the kind of a movement: `BALANCE`, `CREDIT`, `COMMISSION`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// `IN`, `OUT`, `INOUT` or `OUT_BY`.
    pub entry: String,
    /// Its instrument; empty for a movement of the balance.
    pub symbol: String,
    /// Its volume in lots.
    pub volume: Lots,
    /// Its price.
    pub price: Price,
    /// Its result without the following three.
    pub profit: Money,
    /// Commission, mostly negative.
    pub commission: Money,
    /// Swap.
    pub swap: Money,
    /// Fee, mostly negative.
    pub fee: Money,
    /// Its magic number.
    pub magic: Magic,
    /// Its comment.
    pub comment: String,
}

impl Deal {
    /// The deal's effect on the balance. Credit is no part of the balance.
    pub fn balance_change(&self) -> rust_decimal::Decimal {
        match self.kind.as_str() {
            "CREDIT" => rust_decimal::Decimal::ZERO,
            _ => [&self.profit, &self.commission, &self.swap, &self.fee]
                .into_iter()
                .map(Money::value)
                .sum(),
        }
    }

    /// Whether it is an execution: of a BUY or a SELL.
    pub fn is_execution(&self) -> bool {
        matches!(self.kind.as_str(), "BUY" | "SELL")
    }

    fn read(object: &Object<'_>) -> Result<Self, Malformed> {
        let exact = |name| object.required(name)?.exact();
        let ticket = |name| Ok::<_, Malformed>(Ticket(object.required(name)?.integer()?));
        let text =
            |name| -> Result<String, Malformed> { Ok(object.required(name)?.string()?.into()) };
        Ok(Self {
            ticket: ticket("ticket")?,
            order: ticket("order")?,
            position_id: ticket("position_id")?,
            time_msc: object.required("time_msc")?.integer()?,
            kind: text("type")?,
            entry: text("entry")?,
            symbol: text("symbol")?,
            volume: Lots(exact("volume")?),
            price: Price(exact("price")?),
            profit: Money(exact("profit")?),
            commission: Money(exact("commission")?),
            swap: Money(exact("swap")?),
            fee: Money(exact("fee")?),
            magic: Magic(object.required("magic")?.integer()?),
            comment: text("comment")?,
        })
    }
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deals {
    /// The deals, in the gateway's order.
    pub deals: Vec<Deal>,
    /// Their number by a second, independent call; `None` for a position's.
    pub total: Option<i64>,
    /// The account that they belong to.
    #[serde(flatten)]
    pub owner: Owner,
    /// Seconds by which the broker's wall clock is ahead of UTC; `None` where not known.
    pub broker_utc_offset_s: Option<i64>,
    /// The gateway's wall clock at the reply.
    #[serde(rename = "timestamp", serialize_with = "encode::serialize_time")]
    pub reported_at: Timestamp,
}

impl Reply for Deals {
    type Element = Deal;
    const LIST: Option<List<Deal>> = Some(("deals", Deal::read));

    fn read(frame: Frame<'_, Deal>) -> Result<Self, Malformed> {
        let root = &frame.root;
        let deals = frame.list.ok_or_else(|| root.missing("deals"))?;
        root.check_total(deals.len())?;
        Ok(Self {
            total: root.optional_integer("total")?,
            owner: Owner::required(root)?,
            broker_utc_offset_s: root.optional_integer("broker_utc_offset_s")?,
            reported_at: root.required("timestamp")?.timestamp()?,
            deals,
        })
    }
}

impl Deals {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
