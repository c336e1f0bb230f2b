//! GET_TERMINAL (protocol 5): may this terminal trade now, and for whom?

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encode;
use super::malformed::Malformed;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::Frame;
use crate::units::{Money, TimeSchema};

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GetTerminal;

impl Action for GetTerminal {
    const NAME: &'static str = "GET_TERMINAL";
    type Reply = Terminal;
}

impl Sealed for GetTerminal {}

/// The terminal, its account's permissions and its connection to the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Terminal {
    /// Whether the terminal is connected to the broker.
    pub connected: bool,
    /// Whether the terminal's AutoTrading is on.
    pub trade_allowed: bool,
    /// Whether the terminal refuses orders of its Python module.
    pub tradeapi_disabled: bool,
    /// The terminal's build.
    pub build: i64,
    /// The last round trip to the broker, in microseconds.
    pub ping_last_us: i64,
    /// The broker's company.
    pub company: String,
    /// The account's number.
    pub login: i64,
    /// The broker's server.
    pub server: String,
    /// 0 demo, 1 contest, 2 real.
    pub trade_mode: i64,
    /// `hedging`, `netting` or `exchange`.
    pub margin_mode: Option<String>,
    /// The account's leverage: 100 for 1:100.
    pub leverage: i64,
    /// Credit, in the account's currency.
    pub credit: Money,
    /// Whether the broker lets the account trade.
    pub account_trade_allowed: bool,
    /// Whether the broker lets programs trade on the account.
    pub account_trade_expert: bool,
    /// The account's currency.
    pub currency: String,
    /// Decimals of the account's money.
    pub currency_digits: i64,
    /// Seconds by which the broker's wall clock is ahead of UTC; `None` where not known.
    pub broker_utc_offset_s: Option<i64>,
    /// The gateway's wall clock at the reply.
    #[serde(rename = "timestamp", serialize_with = "encode::serialize_time")]
    #[schemars(with = "TimeSchema")]
    pub reported_at: Timestamp,
}

impl Reply for Terminal {
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        let root = &frame.root;
        let flag = |name| root.required(name)?.boolean();
        let integer = |name| root.required(name)?.integer();
        let text =
            |name| -> Result<String, Malformed> { Ok(root.required(name)?.string()?.into()) };
        Ok(Self {
            connected: flag("connected")?,
            trade_allowed: flag("trade_allowed")?,
            tradeapi_disabled: flag("tradeapi_disabled")?,
            build: integer("build")?,
            ping_last_us: integer("ping_last_us")?,
            company: text("company")?,
            login: integer("login")?,
            server: text("server")?,
            trade_mode: integer("trade_mode")?,
            margin_mode: root.optional_text("margin_mode")?,
            leverage: integer("leverage")?,
            credit: Money(root.required("credit")?.exact()?),
            account_trade_allowed: flag("account_trade_allowed")?,
            account_trade_expert: flag("account_trade_expert")?,
            currency: text("currency")?,
            currency_digits: integer("currency_digits")?,
            broker_utc_offset_s: root.optional_integer("broker_utc_offset_s")?,
            reported_at: root.required("timestamp")?.timestamp()?,
        })
    }
}

impl Terminal {
    /// The first cause for which no order can execute, as a phrase; `None` where nothing forbids trading.
    pub fn cannot_trade(&self) -> Option<&'static str> {
        [
            (!self.connected, "the terminal is not connected to the broker"),
            (!self.trade_allowed, "AutoTrading is off in the terminal"),
            (self.tradeapi_disabled, "the terminal refuses orders of its Python module"),
            (!self.account_trade_allowed, "the broker does not let this account trade"),
            (!self.account_trade_expert, "the broker does not let programs trade on this account"),
        ]
        .into_iter()
        .find_map(|(forbids, cause)| forbids.then_some(cause))
    }

    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
