//! GET_ACCOUNT: the only action that proves the terminal (hazard 9). It doesn't prove the broker behind it (hazard 19).

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encode;
use super::malformed::Malformed;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::{Frame, Object};
use crate::units::{Level, Money, TimeSchema};

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GetAccount;

impl Action for GetAccount {
    const NAME: &'static str = "GET_ACCOUNT";
    type Reply = Account;
}

impl Sealed for GetAccount {}

/// The account as the gateway reports it: GET_ACCOUNT's reply, or the `account` of SYNC_ALL's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Balance: deposits and closed trades.
    pub balance: Money,
    /// Equity: balance plus the profit of the open positions, swap included.
    pub equity: Money,
    /// Margin in use.
    pub margin: Money,
    /// Free margin.
    pub free_margin: Money,
    /// 100 × equity / margin in per cent; 0, and healthy, where no margin is in use.
    pub margin_level: Level,
    /// The account's currency; not reported by SYNC_ALL.
    pub currency: Option<String>,
    /// The account's number, where this gateway reports it.
    pub login: Option<String>,
    /// The broker's server, where this gateway reports it.
    pub server: Option<String>,
    /// 0 demo, 1 contest, 2 real, where this gateway reports it.
    pub trade_mode: Option<i64>,
    /// Further figures, where this gateway reports them: v4.3 doesn't, and SYNC_ALL never does. A record that is read back
    /// has none.
    // Exact numbers keep their token, which no flattened field can.
    #[serde(flatten, skip_deserializing)]
    pub details: Option<AccountDetails>,
    /// The gateway's wall clock at the reply; not reported by SYNC_ALL.
    #[schemars(with = "Option<TimeSchema>")]
    pub reported_at: Option<Timestamp>,
}

/// What protocol 5 adds to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountDetails {
    /// The leverage: 100 for 1:100.
    pub leverage: i64,
    /// Credit, in the account's currency.
    pub credit: Money,
    /// The floating profit of all positions, swap included.
    pub profit: Money,
}

impl AccountDetails {
    /// Reads them; `None` for a reply of 4.3, which has no credit.
    fn read(object: &Object<'_>) -> Result<Option<Self>, Malformed> {
        let Some(credit) = object.optional("credit") else { return Ok(None) };
        Ok(Some(Self {
            leverage: object.required("leverage")?.integer()?,
            credit: Money(credit.exact()?),
            profit: Money(object.required("profit")?.exact()?),
        }))
    }
}

impl Reply for Account {
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        let root = &frame.root;
        let mut account = Self::read_figures(root, ["margin", "free_margin"])?;
        account.currency = Some(root.required("currency")?.string()?.into());
        account.reported_at = Some(root.required("timestamp")?.timestamp()?);
        account.details = AccountDetails::read(root)?;
        Ok(account)
    }
}

impl Account {
    /// Reads the figures that both replies hold; they name the two margins differently.
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
            trade_mode: object.optional_integer("trade_mode")?,
            details: None,
            reported_at: None,
        })
    }

    /// Writes the gateway's reply to GET_ACCOUNT.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(remote = "Account")]
        struct OnWire {
            balance: Money,
            equity: Money,
            margin: Money,
            free_margin: Money,
            margin_level: Level,
            currency: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            login: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            server: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            trade_mode: Option<i64>,
            #[serde(flatten)]
            details: Option<AccountDetails>,
            #[serde(rename = "timestamp", serialize_with = "encode::serialize_time")]
            reported_at: Option<Timestamp>,
        }
        #[derive(Serialize)]
        struct Fields<'a>(#[serde(with = "OnWire")] &'a Account);
        reply::encode(Some(uuid), status, &Fields(self), simulated)
    }
}
