//! A look's figures, for the file of figures.

use std::time::Duration;

use super::{Band, LinkState, Look, SILENCE};
use crate::figures;
use crate::guard::health::HealthState;

/// The figures of a look that was made at that time of the monotonic clock.
pub fn of_look(look: &Look, monotonic: Duration) -> figures::Look {
    let account = look.account.as_ref();
    let (state, why) = state(look);
    figures::Look {
        state,
        why: why.into_iter().collect(),
        login: account.and_then(|account| account.login.clone()),
        simulated: look.simulated,
        rtt: look.rtt,
        silent: look.silent,
        equity: account.map(|account| account.equity.clone()),
        balance: account.map(|account| account.balance.clone()),
        margin: account.map(|account| account.margin.clone()),
        skew: look.skew,
        ..figures::Look::at(look.at, monotonic)
    }
}

/// The state in the words of a position's health.
fn state(look: &Look) -> (HealthState, Option<String>) {
    match &look.state {
        LinkState::Up { latency: Band::Ok, clock: Band::Ok } => (HealthState::Healthy, None),
        LinkState::Up { latency: Band::Ok, .. } => {
            (HealthState::Warning, Some("clock skew past its limit".to_owned()))
        }
        LinkState::Up { .. } => (HealthState::Warning, Some("latency past its limit".to_owned())),
        LinkState::Down { why } if look.silent < SILENCE => {
            (HealthState::Warning, Some(why.clone()))
        }
        LinkState::Down { why } | LinkState::TerminalGone { why } | LinkState::Stranger { why } => {
            (HealthState::Critical, Some(why.clone()))
        }
    }
}
