//! GET_POSITIONS: what is open, or an empty list because the terminal's read failed (hazards 4, 18, 22).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::malformed::Malformed;
use super::reply::{Read, Success, encode};
use super::request::Action;
use super::status::Status;
use super::wire::{Frame, Nesting, Object};
use crate::units::{Exact, Lots, Magic, Money, Price, Side, Symbol, Ticket};

/// One open position as the gateway reports it.
//
// It is written as GET_POSITIONS writes it, so that the simulated gateway needs no other form.
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
    /// The price that it would be closed at now.
    pub current_price: Price,
    /// Its floating result.
    pub profit: Money,
    /// Its magic number, where this gateway reports it: v4.3 doesn't (hazard 6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magic: Option<Magic>,
}

/// The names that the two replies give to the same two prices.
type PriceNames = [&'static str; 2];

impl Position {
    fn read(object: &Object<'_>, [open, current]: PriceNames) -> Result<Self, Malformed> {
        let exact = |name| -> Result<Exact, Malformed> { object.required(name)?.exact() };
        Ok(Self {
            ticket: Ticket(object.required("ticket")?.integer()?),
            symbol: Symbol::new(&object.required("symbol")?.string()?),
            side: Side::from_wire(&object.required("type")?.string()?),
            volume: Lots(exact("volume")?),
            open_price: Price(exact(open)?),
            current_price: Price(exact(current)?),
            profit: Money(exact("profit")?),
            magic: object.optional("magic").map(|f| f.integer().map(Magic)).transpose()?,
        })
    }

    /// An element of GET_POSITIONS' list.
    pub(super) fn read_listed(object: &Object<'_>) -> Result<Self, Malformed> {
        Self::read(object, ["open_price", "current_price"])
    }

    /// An element of SYNC_ALL's list; its `time_open` is always 0 and is not read (hazard 6).
    pub(super) fn read_synced(object: &Object<'_>) -> Result<Self, Malformed> {
        Self::read(object, ["price_open", "price_current"])
    }
}

/// What GET_POSITIONS answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Positions {
    /// Every open position of the account, or none because the read failed: judge it beside the account.
    pub positions: Vec<Position>,
    /// The gateway's own time of the reply; an order's signature is judged by it (PROTOCOL.md, section 3).
    pub reported_at: Timestamp,
}

impl Read for Positions {
    type Parameters = ();

    fn action((): ()) -> Action {
        Action::GetPositions
    }
}

impl Success for Positions {
    const STATUS: &'static [Status] = &[Status::Ok];

    fn nesting() -> Nesting<Position> {
        Nesting { object: None, list: Some("positions"), element: Position::read_listed }
    }

    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed> {
        let reported_at = frame.root.required("timestamp")?.timestamp()?;
        match frame.list {
            Some(positions) => Ok(Self { positions, reported_at }),
            None => Err(frame.root.missing("positions")),
        }
    }
}

impl Positions {
    /// Writes it as GET_POSITIONS' reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            uuid: &'a str,
            status: &'a str,
            positions: &'a [Position],
            timestamp: String,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            simulated: bool,
        }
        encode(&Wire {
            uuid,
            status,
            positions: &self.positions,
            timestamp: super::request::rfc3339(self.reported_at),
            simulated,
        })
    }
}
