//! ENGAGE and RELEASE (protocol 5): the gateway's own kill switch, which refuses every OPEN of every client.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gateway::SwitchState;
use super::malformed::Malformed;
use super::reply::{self, Reply};
use super::request::Action;
use super::wire::{Frame, List, Object};

/// The request to engage the switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Engage {
    /// Why, for the people who find it engaged.
    pub reason: String,
    /// Who engaged it.
    pub who: String,
}

impl Action for Engage {
    const NAME: &'static str = "ENGAGE";
    type Reply = Engaged;
}

/// An order that may still execute, because it had been handed to the terminal before the switch was engaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InFlight {
    /// The order's `uuid`.
    pub uuid: String,
    /// Its action.
    pub action: String,
}

impl InFlight {
    fn read(object: &Object<'_>) -> Result<Self, Malformed> {
        let text =
            |name| -> Result<String, Malformed> { Ok(object.required(name)?.string()?.into()) };
        Ok(Self { uuid: text("uuid")?, action: text("action")? })
    }
}

/// The reply to ENGAGE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Engaged {
    /// The switch's state now.
    pub kill_switch: SwitchState,
    /// Its state before.
    pub was: SwitchState,
    /// Whether the switch outlives the gateway's process.
    pub persisted: bool,
    /// Orders that may still execute.
    pub in_flight: Vec<InFlight>,
}

impl Reply for Engaged {
    type Element = InFlight;
    const LIST: Option<List<InFlight>> = Some(("in_flight", InFlight::read));

    fn read(frame: Frame<'_, InFlight>) -> Result<Self, Malformed> {
        let root = &frame.root;
        Ok(Self {
            kill_switch: root.required("kill_switch")?.word("engaged or released")?,
            was: root.required("was")?.word("engaged or released")?,
            persisted: root.required("persisted")?.boolean()?,
            in_flight: frame.list.ok_or_else(|| root.missing("in_flight"))?,
        })
    }
}

impl Engaged {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}

/// The request to release the switch; accepted from an admin's key alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// Who released it.
    pub who: String,
}

impl Action for Release {
    const NAME: &'static str = "RELEASE";
    type Reply = Released;
}

/// The reply to RELEASE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    /// The switch's state now.
    pub kill_switch: SwitchState,
    /// Its state before.
    pub was: SwitchState,
}

impl Reply for Released {
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        Ok(Self {
            kill_switch: frame.root.required("kill_switch")?.word("engaged or released")?,
            was: frame.root.required("was")?.word("engaged or released")?,
        })
    }
}

impl Released {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
