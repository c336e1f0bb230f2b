//! What a gateway of protocol 5 says about itself in its reply to PING. A gateway without it speaks 4.3.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::malformed::{Malformed, Reason};
use super::wire::Object;
use crate::units::TimeSchema;

/// The version from which on a gateway describes itself.
pub const PROTOCOL: i64 = 5;

/// Which requests a gateway wants signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Signing {
    /// None, as in 4.3.
    Off,
    /// Orders, the kill switch, anchors and the voiding of orders.
    Orders,
    /// Every request.
    All,
}

/// The state of a gateway's own kill switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SwitchState {
    /// Every OPEN of every client is refused.
    Engaged,
    /// It refuses nothing.
    Released,
}

/// A gateway's own account of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gateway {
    /// Its program's name.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// The newest protocol that it speaks; 5 or above.
    pub protocol: i64,
    /// Changes with each start.
    pub instance: String,
    /// When it started, by its own wall clock.
    #[schemars(with = "TimeSchema")]
    pub started_at: Timestamp,
    /// Changes with each new journal; `None` where it has no journal.
    pub journal: Option<String>,
    /// Rows that the journal has got so far. A number that went down shows that it lost rows.
    pub journal_seq: Option<i64>,
    /// The actions that it answers.
    pub actions: Vec<String>,
    /// Which requests it wants signed.
    pub signing: Signing,
    /// The account for which it is configured.
    pub login: Option<i64>,
    /// That account's server.
    pub server: Option<String>,
    /// 0 demo, 1 contest, 2 real; `None` where the terminal doesn't say it now.
    pub trade_mode: Option<i64>,
    /// `hedging`, `netting` or `exchange`; `None` where the terminal doesn't say it now.
    pub margin_mode: Option<String>,
    /// Its kill switch.
    pub kill_switch: SwitchState,
    /// Milliseconds for which the terminal has been at its current call.
    pub terminal_busy_ms: i64,
    /// Whether it looks for orders that an earlier process left without an outcome. OPEN waits meanwhile.
    pub recovering: bool,
    /// Its own limits on OPEN, as configured.
    pub limits: BTreeMap<String, Value>,
}

impl Gateway {
    /// Whether it answers this action.
    pub fn answers(&self, action: &str) -> bool {
        self.actions.iter().any(|it| it == action)
    }

    /// Reads the member of PING's reply; `None` where it names an older protocol.
    pub(super) fn read(object: &Object<'_>) -> Result<Option<Self>, Malformed> {
        let required = |name| object.required(name);
        let text = |name| -> Result<String, Malformed> { Ok(required(name)?.string()?.into()) };
        let protocol = required("protocol")?.integer()?;
        if protocol < PROTOCOL {
            return Ok(None);
        }
        let signing = required("signing")?;
        let kill_switch = required("kill_switch")?;
        let limits = required("limits")?;
        Ok(Some(Self {
            name: text("name")?,
            version: text("version")?,
            protocol,
            instance: text("instance")?,
            started_at: required("started_at")?.timestamp()?,
            journal: object.optional_text("journal")?,
            journal_seq: object.optional_integer("journal_seq")?,
            actions: required("actions")?.strings()?,
            signing: signing.word("off, orders or all")?,
            login: object.optional_integer("login")?,
            server: object.optional_text("server")?,
            trade_mode: object.optional_integer("trade_mode")?,
            margin_mode: object.optional_text("margin_mode")?,
            kill_switch: kill_switch.word("engaged or released")?,
            terminal_busy_ms: required("terminal_busy_ms")?.integer()?,
            recovering: required("recovering")?.boolean()?,
            limits: serde_json::from_str(limits.token()).map_err(|_| {
                let found = super::malformed::excerpt(limits.token());
                limits.complaint(Reason::WrongType { expected: "an object", found })
            })?,
        }))
    }
}
