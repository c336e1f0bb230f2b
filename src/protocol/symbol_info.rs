//! GET_SYMBOL (protocol 5): the rules of one instrument, and its last quote.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encode;
use super::malformed::Malformed;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::Frame;
use crate::units::{Lots, Price, Symbol, TimeSchema};

/// The request. Its symbol is a setting's text, so it is sent only to a gateway that named itself (hazard 11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GetSymbol {
    /// The instrument.
    pub symbol: Symbol,
}

impl Action for GetSymbol {
    const NAME: &'static str = "GET_SYMBOL";
    type Reply = SymbolInfo;
}

impl Sealed for GetSymbol {}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SymbolInfo {
    /// The instrument.
    pub symbol: Symbol,
    /// Decimals of its prices.
    pub digits: i64,
    /// The smallest volume of an order, in lots.
    pub volume_min: Lots,
    /// The largest volume of an order, in lots.
    pub volume_max: Lots,
    /// Volumes are multiples of this, in lots.
    pub volume_step: Lots,
    /// The filling modes that the symbol allows: `FOK`, `IOC`, `BOC`.
    pub filling_modes: Vec<String>,
    /// 0 disabled, 1 long only, 2 short only, 3 close only, 4 full.
    pub trade_mode: i64,
    /// 0 request, 1 instant, 2 market, 3 exchange.
    pub execution_mode: i64,
    /// Whether the symbol is in the terminal's Market Watch.
    pub visible: bool,
    /// The last bid, where there is a quote.
    pub bid: Option<Price>,
    /// The last ask, where there is a quote.
    pub ask: Option<Price>,
    /// The last quote's time: milliseconds of the broker's wall clock.
    pub tick_time_msc: Option<i64>,
    /// Seconds by which the broker's wall clock is ahead of UTC; `None` where not known.
    pub broker_utc_offset_s: Option<i64>,
    /// The gateway's wall clock at the reply.
    #[serde(rename = "timestamp", serialize_with = "encode::serialize_time")]
    #[schemars(with = "TimeSchema")]
    pub reported_at: Timestamp,
}

impl Reply for SymbolInfo {
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        let root = &frame.root;
        let lots = |name| root.required(name)?.exact().map(Lots);
        let price = |name| root.optional(name).map(|field| field.exact().map(Price)).transpose();
        Ok(Self {
            symbol: Symbol::new(&root.required("symbol")?.string()?),
            digits: root.required("digits")?.integer()?,
            volume_min: lots("volume_min")?,
            volume_max: lots("volume_max")?,
            volume_step: lots("volume_step")?,
            filling_modes: root.required("filling_modes")?.strings()?,
            trade_mode: root.required("trade_mode")?.integer()?,
            execution_mode: root.required("execution_mode")?.integer()?,
            visible: root.optional("visible").map_or(Ok(true), |field| field.boolean())?,
            bid: price("bid")?,
            ask: price("ask")?,
            tick_time_msc: root.optional_integer("tick_time_msc")?,
            broker_utc_offset_s: root.optional_integer("broker_utc_offset_s")?,
            reported_at: root.required("timestamp")?.timestamp()?,
        })
    }
}

impl SymbolInfo {
    /// The last quote's age, where the broker's offset from UTC is known. Negative where its clock is ahead.
    pub fn tick_age(&self) -> Option<jiff::SignedDuration> {
        let utc_ms = self.tick_time_msc? - self.broker_utc_offset_s? * 1_000;
        Some(self.reported_at.duration_since(Timestamp::from_millisecond(utc_ms).ok()?))
    }

    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
