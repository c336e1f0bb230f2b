//! GET_POSITIONS: the open positions, or an empty list because the terminal's read failed (hazards 4, 18, 22).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
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
    /// Further fields, where this gateway reports them: v4.3 doesn't. A record that is read back has none.
    // Exact numbers keep their token, which no flattened field can.
    #[serde(flatten, skip_deserializing)]
    pub details: Option<PositionDetails>,
}

/// What protocol 5 adds to a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PositionDetails {
    /// The order's comment, as the broker kept it.
    pub comment: String,
    /// The ticket with which the position was opened; the deals name it. Some brokers change the ticket, never this.
    pub identifier: Ticket,
    /// When it was opened: milliseconds of the broker's wall clock.
    pub time_open_msc: i64,
    /// Stop loss, 0.0 for none.
    pub sl: Price,
    /// Take profit, 0.0 for none.
    pub tp: Price,
    /// Swap so far, which the profit does not hold.
    pub swap: Money,
}

impl PositionDetails {
    /// Reads them; `None` for a row of 4.3, which names no identifier.
    fn read(object: &Object<'_>) -> Result<Option<Self>, Malformed> {
        let Some(identifier) = object.optional("identifier") else { return Ok(None) };
        let price = |name| object.required(name)?.exact().map(Price);
        Ok(Some(Self {
            comment: object.required("comment")?.string()?.into(),
            identifier: Ticket(identifier.integer()?),
            time_open_msc: object.required("time_open_msc")?.integer()?,
            sl: price("sl")?,
            tp: price("tp")?,
            swap: Money(object.required("swap")?.exact()?),
        }))
    }
}

/// The tickets of a list.
pub fn tickets(list: &[Position]) -> BTreeSet<Ticket> {
    list.iter().map(|position| position.ticket).collect()
}

/// The listed symbol that differs from `wanted` in case only; `None` where the list has `wanted` itself.
pub fn near_symbol<'l>(list: &'l [Position], wanted: &Symbol) -> Option<&'l Symbol> {
    let symbols = || list.iter().map(|position| &position.symbol);
    let near = symbols().find(|it| it.as_str().eq_ignore_ascii_case(wanted.as_str()));
    near.filter(|_| symbols().all(|symbol| symbol != wanted))
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
            magic: object.optional_integer("magic")?.map(Magic),
            details: PositionDetails::read(object)?,
        })
    }
}

/// The account that a list of protocol 5 belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// The account's number.
    pub login: i64,
    /// Its server.
    pub server: String,
}

impl Owner {
    /// Reads it; `None` where the reply names no login.
    pub(super) fn read(object: &Object<'_>) -> Result<Option<Self>, Malformed> {
        let Some(login) = object.optional("login") else { return Ok(None) };
        let server = object.required("server")?.string()?.into();
        Ok(Some(Self { login: login.integer()?, server }))
    }

    /// Reads it from a reply that must name it.
    pub(super) fn required(object: &Object<'_>) -> Result<Self, Malformed> {
        Self::read(object)?.ok_or_else(|| object.missing("login"))
    }
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Positions {
    /// Every open position of the account, or none because the read failed: judge it beside the account.
    pub positions: Vec<Position>,
    /// The account that the list belongs to, where this gateway reports it: v4.3 doesn't.
    #[serde(flatten)]
    pub owner: Option<Owner>,
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
            Some(positions) => {
                frame.root.check_total(positions.len())?;
                let owner = Owner::read(&frame.root)?;
                Ok(Self { positions, owner, reported_at })
            }
            None => Err(frame.root.missing("positions")),
        }
    }
}

/// The same request as [`GetPositions`], for a list of which some rows are malformed (hazard 32): closing needs only the
/// tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GetReadableRows;

impl Action for GetReadableRows {
    const NAME: &'static str = GetPositions::NAME;
    type Reply = ReadableRows;
}

impl Sealed for GetReadableRows {}

/// A list as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableRows {
    /// The rows that name ticket and symbol. Other fields that can't be read are 0, and the side is unlisted.
    pub positions: Vec<Position>,
    /// Every row's first error.
    pub errors: Vec<Malformed>,
}

/// A row that names its position, with its error, or only the error.
type Row = Result<(Position, Option<Malformed>), Malformed>;

impl Reply for ReadableRows {
    type Element = Row;
    const LIST: Option<List<Row>> = Some(("positions", |row| Ok(Position::read_for_closing(row))));

    fn read(frame: Frame<'_, Row>) -> Result<Self, Malformed> {
        let rows = frame.list.ok_or_else(|| frame.root.missing("positions"))?;
        let (mut positions, mut errors) = (vec![], vec![]);
        for row in rows {
            match row {
                Ok((position, error)) => {
                    positions.push(position);
                    errors.extend(error);
                }
                Err(error) => errors.push(error),
            }
        }
        Ok(Self { positions, errors })
    }
}

impl Position {
    /// Reads a row whose fields beside ticket and symbol may be malformed.
    fn read_for_closing(object: &Object<'_>) -> Row {
        let error = match Self::read(object, ["open_price", "current_price"]) {
            Ok(position) => return Ok((position, None)),
            Err(error) => error,
        };
        let text = |name| object.required(name).and_then(|field| field.string());
        let ticket = object.required("ticket").and_then(|field| field.integer());
        let (Ok(ticket), Ok(symbol)) = (ticket, text("symbol")) else { return Err(error) };
        let exact = |name| object.required(name).and_then(|field| field.exact());
        let zero = || Exact::from(Decimal::ZERO);
        let position = Self {
            ticket: Ticket(ticket),
            symbol: Symbol::new(&symbol),
            side: Side::from_wire(&text("type").unwrap_or_default()),
            volume: Lots(exact("volume").unwrap_or_else(|_| zero())),
            open_price: Price(zero()),
            current_price: Price(zero()),
            profit: Money(zero()),
            magic: None,
            details: None,
        };
        Ok((position, Some(error)))
    }
}

impl Positions {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
