//! GET_ACCOUNT: the one action that proves the terminal (hazard 9), though not the broker behind it (hazard 19).

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::malformed::Malformed;
use super::positions::Position;
use super::reply::{Read, Success, encode};
use super::request::Action;
use super::status::Status;
use super::wire::{Frame, Object};
use crate::units::{Level, Money};

/// The account as the gateway reports it; read from GET_ACCOUNT or from the `account` of SYNC_ALL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Balance: closed trades and deposits.
    pub balance: Money,
    /// Equity: balance and the open positions' result, swap included.
    pub equity: Money,
    /// Margin in use.
    pub margin: Money,
    /// Margin that is free.
    pub free_margin: Money,
    /// 100 × equity / margin in per cent; 0 where no margin is in use, and healthy then.
    pub margin_level: Level,
    /// The account's currency; SYNC_ALL does not report it.
    pub currency: Option<String>,
    /// The account's number, where this gateway reports it.
    pub login: Option<String>,
    /// The broker's server, where this gateway reports it.
    pub server: Option<String>,
    /// 0 demo, 1 contest, 2 real, where this gateway reports it.
    pub trade_mode: Option<i64>,
    /// The gateway's own time of the reply; SYNC_ALL does not report it.
    pub reported_at: Option<Timestamp>,
}

impl Read for Account {
    type Parameters = ();

    fn action((): ()) -> Action {
        Action::GetAccount
    }
}

impl Success for Account {
    const STATUS: &'static [Status] = &[Status::Ok];

    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed> {
        let root = &frame.root;
        let mut account = Self::read_figures(root, ["margin", "free_margin"])?;
        account.currency = Some(root.required("currency")?.string()?.into());
        account.reported_at = Some(root.required("timestamp")?.timestamp()?);
        Ok(account)
    }
}

impl Account {
    /// The figures that both replies hold, with the two margins under the reply's own names.
    pub(super) fn read_figures(
        object: &Object<'_>,
        [margin, free_margin]: [&'static str; 2],
    ) -> Result<Self, Malformed> {
        let money = |name| object.required(name)?.exact().map(Money);
        let text = |name| -> Result<Option<String>, Malformed> {
            let field = object.optional(name);
            field.map(|field| field.string_or_integer().map(Cow::into_owned)).transpose()
        };
        Ok(Self {
            balance: money("balance")?,
            equity: money("equity")?,
            margin: money(margin)?,
            free_margin: money(free_margin)?,
            margin_level: Level(object.required("margin_level")?.exact()?),
            currency: None,
            login: text("login")?,
            server: text("server")?,
            trade_mode: object.optional("trade_mode").map(|field| field.integer()).transpose()?,
            reported_at: None,
        })
    }

    /// Writes it as GET_ACCOUNT's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            uuid: &'a str,
            status: &'a str,
            balance: &'a Money,
            equity: &'a Money,
            margin: &'a Money,
            free_margin: &'a Money,
            margin_level: &'a Level,
            currency: &'a str,
            timestamp: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            login: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            server: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            trade_mode: Option<i64>,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            simulated: bool,
        }
        encode(&Wire {
            uuid,
            status,
            balance: &self.balance,
            equity: &self.equity,
            margin: &self.margin,
            free_margin: &self.free_margin,
            margin_level: &self.margin_level,
            currency: self.currency.as_deref().unwrap_or_default(),
            timestamp: self.reported_at.map(super::request::rfc3339),
            login: self.login.as_deref(),
            server: self.server.as_deref(),
            trade_mode: self.trade_mode,
            simulated,
        })
    }
}
