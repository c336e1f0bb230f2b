//! The gateway's own kill switch (protocol 5), which refuses every OPEN of every client.
//!
//! The reply to ENGAGE or RELEASE is a claim. The state is what a later PING on a new connection shows.

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::{Clock, Deadline};
use crate::link::order::{Claim, OrderAnswer};
use crate::link::permit::ReleasePermit;
use crate::link::{Client, Error, Identity};
use crate::proof::claim::describe_failed;
use crate::proof::close::PermitClose;
use crate::protocol::gateway::SwitchState;
use crate::protocol::switch::{Engage, Engaged, Release, Released};

/// The gateway's own kill switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GatewaySwitch {
    /// Its state by the last PING; null where that is not known.
    pub state: Option<SwitchState>,
    /// Whether it outlives the gateway's process; null where the gateway did not say.
    pub persisted: Option<bool>,
    /// Number of orders that were in flight when it was engaged, and may still execute.
    pub in_flight: usize,
    /// Why the action on it failed, or why its state is not known.
    pub error: Option<String>,
}

impl GatewaySwitch {
    /// A switch of which nothing is known, because of this error.
    pub fn unknown(error: impl ToString) -> Self {
        Self { state: None, persisted: None, in_flight: 0, error: Some(error.to_string()) }
    }

    fn seen(state: SwitchState) -> Self {
        Self { state: Some(state), persisted: None, in_flight: 0, error: None }
    }

    /// Whether the gateway shows it in this state.
    pub fn is(&self, state: SwitchState) -> bool {
        self.state == Some(state)
    }
}

/// The state by the PING of the session; `None` for a gateway of 4.3, which has no switch.
pub fn look(client: &mut Client<'_>) -> Result<Option<GatewaySwitch>, Error> {
    client.identify()?;
    Ok(client.gateway().map(|gateway| GatewaySwitch::seen(gateway.kill_switch)))
}

/// Engages it, and looks. `None` for a gateway of 4.3.
pub fn engage(
    client: &mut Client<'_>,
    permit: &PermitClose<'_>,
    engage: Engage,
    until: Deadline,
) -> Option<GatewaySwitch> {
    let claim = match client.session() {
        Ok(session) if session.identity().gateway.is_none() => return None,
        Ok(session) => {
            let permit = permit(session.identity());
            claimed(session.reduce(&permit, engage, until))
        }
        Err(error) => Err(error.to_string()),
    };
    let (persisted, in_flight) = match &claim {
        Ok(Engaged { persisted, in_flight, .. }) => (Some(*persisted), in_flight.len()),
        Err(_) => (None, 0),
    };
    let switch = after(client, claim.err(), SwitchState::Engaged);
    Some(GatewaySwitch { persisted, in_flight, ..switch })
}

/// Releases it, and looks. `None` for a gateway of 4.3.
pub fn release(
    client: &mut Client<'_>,
    permit: impl FnOnce(&Identity) -> ReleasePermit,
    release: Release,
    until: Deadline,
) -> Option<GatewaySwitch> {
    let claim = match client.session() {
        Ok(session) if session.identity().gateway.is_none() => return None,
        Ok(session) => {
            let permit = permit(session.identity());
            claimed::<Released>(session.release(permit, release, until))
        }
        Err(error) => Err(error.to_string()),
    };
    Some(after(client, claim.err(), SwitchState::Released))
}

/// Time within which a gateway answers about its switch: it needs no terminal for that.
pub fn answer_by(clock: &dyn Clock, deadline: Deadline) -> Deadline {
    Deadline::after(clock, std::time::Duration::from_secs(3)).min(deadline)
}

/// The state after an action that was to lead to `wanted`. A claim that failed is no matter where the state is reached.
fn after(client: &mut Client<'_>, error: Option<String>, wanted: SwitchState) -> GatewaySwitch {
    // The session's PING came before the action.
    client.hang_up();
    match look(client) {
        Ok(Some(switch)) if switch.is(wanted) => switch,
        Ok(Some(switch)) => {
            let error =
                error.unwrap_or_else(|| "the gateway claims it, and its state differs".to_owned());
            GatewaySwitch { error: Some(error), ..switch }
        }
        Ok(None) => GatewaySwitch::unknown("another gateway answers now"),
        Err(looking) => GatewaySwitch::unknown(error.unwrap_or_else(|| looking.to_string())),
    }
}

fn claimed<T>(answer: OrderAnswer<T>) -> Result<T, String> {
    match answer.claim {
        Claim::Done(claimed) => Ok(claimed),
        failed => Err(describe_failed(&failed)),
    }
}
