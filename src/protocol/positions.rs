//! GET_POSITIONS: the open positions, or an empty list because the terminal's read failed (hazards 4, 18, 22).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encode;
use super::malformed::Malformed;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::{Frame, List, Object};
use crate::units::{Exact, Lots, Magic, Money, Price, Side, Symbol, Ticket};

/// The request; its `symbol` filter is never sent, because only a whole list can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GetPositions;

impl Action for GetPositions {
    const NAME: &'static str = "GET_POSITIONS";
    type Reply = Positions;
}

impl Sealed for GetPositions {}

/// One open position as the gateway reports it.
//
// Its serialized form is that of an element of the reply, and of reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// The position's ticket.
    pub ticket: Ticket,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its side.
    #[serde(rename = "type")]
    pub side: Side,
    /// Its volume in lots.
    pub volume: Lots,
    /// The price at which it was opened.
    pub open_price: Price,
    /// The price at which it would be closed now.
    pub current_price: Price,
    /// Its floating profit.
    pub profit: Money,
    /// Its magic number, where this gateway reports it: v4.3 doesn't (hazard 6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magic: Option<Magic>,
}

impl Position {
    /// Reads a list's element. GET_POSITIONS and SYNC_ALL name the open and the current price differently.
    pub(super) fn read(
        object: &Object<'_>,
        [open, current]: [&'static str; 2],
    ) -> Result<Self, Malformed> {
        let exact = |name| -> Result<Exact, Malformed> { object.required(name)?.exact() };
        Ok(Self {
            ticket: Ticket(object.required("ticket")?.integer()?),
            symbol: Symbol::new(&object.required("symbol")?.string()?),
            side: Side::from_wire(&object.required("type")?.string()?),
            volume: Lots(exact("volume")?),
            open_price: Price(exact(open)?),
            current_price: Price(exact(current)?),
            profit: Money(exact("profit")?),
            magic: object.optional("magic").map(|field| field.integer().map(Magic)).transpose()?,
        })
    }
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Positions {
    /// Every open position of the account, or none because the read failed: judge it beside the account.
    pub positions: Vec<Position>,
    /// The gateway's wall clock at the reply; it decides whether an order's signature had expired (PROTOCOL.md, section 3).
    #[serde(rename = "timestamp", serialize_with = "encode::serialize_time")]
    pub reported_at: Timestamp,
}

impl Reply for Positions {
    type Element = Position;
    const LIST: Option<List<Position>> =
        Some(("positions", |position| Position::read(position, ["open_price", "current_price"])));

    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed> {
        let reported_at = frame.root.required("timestamp")?.timestamp()?;
        match frame.list {
            Some(positions) => Ok(Self { positions, reported_at }),
            None => Err(frame.root.missing("positions")),
        }
    }
}

impl Positions {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
