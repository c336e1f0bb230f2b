//! A request as the gateway reads it: field by field and leniently, as Python's `dict.get` does.

use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::fault::ActionName;
use super::version::Protocol;
use crate::protocol::code::ErrorCode;
use crate::protocol::open::Open;
use crate::protocol::reply::{Refusal, UNKNOWN_UUID};
use crate::protocol::wire::{Object, parse_flat};
use crate::units::{Exact, Lots, Magic, Price, Side, Symbol, Ticket};

/// A received message.
#[derive(Debug)]
pub(super) struct RawRequest<'a> {
    pub(super) text: &'a [u8],
    object: Option<Object<'a>>,
}

impl<'a> RawRequest<'a> {
    pub(super) fn read(text: &'a [u8]) -> Self {
        Self { text, object: parse_flat(text).ok() }
    }

    /// A string that is not empty.
    pub(super) fn string(&self, name: &'static str) -> Option<String> {
        let text = self.object.as_ref()?.optional(name)?.string().ok()?;
        (!text.is_empty()).then(|| text.into())
    }

    pub(super) fn number(&self, name: &'static str) -> Option<Exact> {
        self.object.as_ref()?.optional(name)?.exact().ok()
    }

    /// A whole number.
    pub(super) fn integer(&self, name: &'static str) -> Option<i64> {
        self.object.as_ref()?.optional(name)?.integer().ok()
    }

    /// A time, or an error where the member is none.
    pub(super) fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
        let Some(field) = self.object.as_ref().and_then(|object| object.optional(name)) else {
            return Ok(None);
        };
        field.timestamp().map(Some).map_err(|_| {
            Refusal::new(ErrorCode::InvalidField, format!("{name} is a time, RFC 3339"))
        })
    }

    /// Whether the member is `true`.
    pub(super) fn is_true(&self, name: &'static str) -> bool {
        self.object
            .as_ref()
            .and_then(|object| object.optional(name))
            .is_some_and(|it| it.token() == "true")
    }

    pub(super) fn has(&self, name: &'static str) -> bool {
        self.object.as_ref().is_some_and(|object| object.optional(name).is_some())
    }

    /// The `uuid` as received, whatever its form.
    pub(super) fn uuid_text(&self) -> String {
        self.string("uuid").unwrap_or_else(|| UNKNOWN_UUID.to_owned())
    }

    pub(super) fn uuid(&self) -> Option<Uuid> {
        Uuid::try_parse(&self.string("uuid")?).ok()
    }

    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        self.object.as_ref()?.optional("timestamp")?.timestamp().ok()
    }

    pub(super) fn symbol(&self) -> Option<Symbol> {
        self.string("symbol").map(|name| Symbol::new(&name))
    }

    pub(super) fn side(&self) -> Option<Side> {
        self.string("type").map(|word| Side::from_wire(&word))
    }

    /// The action, or the refusal of a request without one that this protocol knows.
    pub(super) fn action(&self, protocol: Protocol) -> Result<ActionName, Refusal> {
        if self.object.is_none() {
            return Err(Refusal::new(ErrorCode::InvalidJson, "Invalid JSON format"));
        }
        let Some(word) = self.string("action") else {
            return Err(Refusal::new(ErrorCode::MissingAction, "Missing required field: action"));
        };
        let unknown = || Refusal::new(ErrorCode::UnknownAction, format!("Unknown action: {word}"));
        ActionName::from_wire(&word).filter(|action| action.is_in(protocol)).ok_or_else(unknown)
    }

    /// OPEN's fields.
    pub(super) fn open(&self) -> Result<Open, Refusal> {
        let Some(symbol) = self.symbol() else {
            return Err(Refusal::new(ErrorCode::MissingSymbol, "Missing required field: symbol"));
        };
        let side = match self.side() {
            Some(side @ (Side::Buy | Side::Sell)) => side,
            _ => return Err(Refusal::new(ErrorCode::MissingType, "Missing required field: type")),
        };
        let volume = match self.number("volume") {
            Some(volume) if volume.value().is_sign_positive() && !volume.value().is_zero() => {
                volume
            }
            _ => {
                return Err(Refusal::new(
                    ErrorCode::InvalidVolume,
                    "Volume must be greater than 0",
                ));
            }
        };
        let price = |name| Price(self.number(name).unwrap_or_else(|| Exact::from(Decimal::ZERO)));
        Ok(Open {
            symbol,
            side,
            volume: Lots(volume),
            price: price("price"),
            sl: price("sl"),
            tp: price("tp"),
            comment: String::new(),
            magic: Magic(0),
            risk_signature: self.string("risk_signature").unwrap_or_default(),
        })
    }

    /// CLOSE's ticket, the only one of its fields that the gateway reads.
    pub(super) fn ticket(&self) -> Result<Ticket, Refusal> {
        let ticket = self.object.as_ref().and_then(|object| object.optional("ticket"));
        match ticket.and_then(|field| field.integer().ok()) {
            Some(ticket) if ticket != 0 => Ok(Ticket(ticket)),
            _ => Err(Refusal::new(ErrorCode::MissingTicket, "Missing required field: ticket")),
        }
    }
}
