//! What is asked of the gateway, and what no request may ever hold.
//!
//! Another program may listen on the port and trade on any text that holds `TRADE` or `EXECUTION`, or on any message
//! with a `volume` (hazard 11). So those stand in OPEN and CLOSE alone, and nothing that a user or a setting gives is
//! ever written into another request: `source` is a constant, and the `symbol` filter of GET_POSITIONS is not sent.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;

use super::malformed::{Malformed, Reason, excerpt};
use super::order::{Close, Open};
use super::reply::encode;
use super::wire::{Object, parse_flat};
use crate::units::{Lots, Magic, Price, Side, Symbol, Ticket};

/// Who says PING.
pub const SOURCE: &str = "mt5crs";

/// One request: an action with the `uuid` that its reply must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Version 4, new for every send.
    pub uuid: Uuid,
    /// When it was made, by this machine's wall clock; kept to the microsecond on the wire.
    pub timestamp: Timestamp,
    /// What is asked.
    pub action: Action,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Who is there?
    Ping,
    /// The account.
    GetAccount,
    /// What is open.
    GetPositions,
    /// Both in one; the gateway ignores the magic number.
    SyncAll {
        /// Sent because the protocol has it.
        magic_number: Magic,
    },
    /// Open a position. At most once, ever.
    Open(Open),
    /// Close a position.
    Close(Close),
}

impl Action {
    /// The wire's word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ping => "PING",
            Self::GetAccount => "GET_ACCOUNT",
            Self::GetPositions => "GET_POSITIONS",
            Self::SyncAll { .. } => "SYNC_ALL",
            Self::Open(_) => "OPEN",
            Self::Close(_) => "CLOSE",
        }
    }
}

/// RFC 3339, UTC, microseconds, the offset written out: Python's `fromisoformat` reads `Z` from 3.11 on only.
pub fn rfc3339(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

#[derive(Serialize)]
struct Wire<'a> {
    uuid: Uuid,
    action: &'static str,
    timestamp: String,
    #[serde(flatten)]
    fields: Fields<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Fields<'a> {
    Ping { source: &'static str },
    None {},
    SyncAll { magic_number: Magic },
    Order(OrderFields<'a>),
    Close { ticket: Ticket, symbol: &'a Symbol, volume: &'a Lots },
}

#[derive(Serialize)]
struct OrderFields<'a> {
    symbol: &'a Symbol,
    r#type: &'a Side,
    volume: &'a Lots,
    price: &'a Price,
    sl: &'a Price,
    tp: &'a Price,
    comment: &'a str,
    magic: Magic,
    risk_signature: &'a str,
}

impl Request {
    /// Writes the frame.
    pub fn encode(&self) -> Vec<u8> {
        let fields = match &self.action {
            Action::Ping => Fields::Ping { source: SOURCE },
            Action::GetAccount | Action::GetPositions => Fields::None {},
            Action::SyncAll { magic_number } => Fields::SyncAll { magic_number: *magic_number },
            Action::Open(open) => Fields::Order(OrderFields {
                symbol: &open.symbol,
                r#type: &open.side,
                volume: &open.volume,
                price: &open.price,
                sl: &open.sl,
                tp: &open.tp,
                comment: &open.comment,
                magic: open.magic,
                risk_signature: &open.risk_signature,
            }),
            Action::Close(close) => {
                Fields::Close { ticket: close.ticket, symbol: &close.symbol, volume: &close.volume }
            }
        };
        encode(&Wire {
            uuid: self.uuid,
            action: self.action.name(),
            timestamp: rfc3339(self.timestamp),
            fields,
        })
    }

    /// Reads a frame that [`Request::encode`] wrote; the first field that isn't the protocol's is the error.
    pub fn decode(frame: &[u8]) -> Result<Self, Malformed> {
        let root = parse_flat(frame)?;
        let action = read_action(&root)?;
        let uuid_field = root.required("uuid")?;
        let uuid = Uuid::try_parse(&uuid_field.string()?).map_err(|_| {
            let found = excerpt(&uuid_field.string().unwrap_or_default());
            uuid_field.complaint(Reason::WrongType { expected: "a uuid", found })
        })?;
        let timestamp = root.required("timestamp")?.timestamp()?;
        Ok(Self { uuid, timestamp, action })
    }
}

fn read_action(root: &Object<'_>) -> Result<Action, Malformed> {
    let field = root.required("action")?;
    let name = field.string()?;
    match &*name {
        "PING" => Ok(Action::Ping),
        "GET_ACCOUNT" => Ok(Action::GetAccount),
        "GET_POSITIONS" => Ok(Action::GetPositions),
        "SYNC_ALL" => {
            Ok(Action::SyncAll { magic_number: Magic(root.required("magic_number")?.integer()?) })
        }
        "OPEN" => {
            let exact = |name| root.required(name)?.exact();
            Ok(Action::Open(Open {
                symbol: Symbol::new(&root.required("symbol")?.string()?),
                side: Side::from_wire(&root.required("type")?.string()?),
                volume: Lots(exact("volume")?),
                price: Price(exact("price")?),
                sl: Price(exact("sl")?),
                tp: Price(exact("tp")?),
                comment: root.required("comment")?.string()?.into(),
                magic: Magic(root.required("magic")?.integer()?),
                risk_signature: root.required("risk_signature")?.string()?.into(),
            }))
        }
        "CLOSE" => Ok(Action::Close(Close {
            ticket: Ticket(root.required("ticket")?.integer()?),
            symbol: Symbol::new(&root.required("symbol")?.string()?),
            volume: Lots(root.required("volume")?.exact()?),
        })),
        other => Err(field.complaint(Reason::UnlistedAction(excerpt(other)))),
    }
}
