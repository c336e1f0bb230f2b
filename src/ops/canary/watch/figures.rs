//! A look's figures, for the file of figures.

use std::time::Duration;

use jiff::SignedDuration;

use super::report::Tick;
use crate::figures::Look;

/// The figures of a look that was made at that time of the monotonic clock.
pub fn of_look(tick: &Tick, monotonic: Duration) -> Look {
    Look {
        state: tick.state,
        why: tick.reasons.iter().map(|reason| reason.words.clone()).collect(),
        ticket: Some(tick.ticket),
        login: tick.login.clone(),
        simulated: tick.simulated,
        rtt: tick.rtt_us.map(Duration::from_micros),
        silent: Duration::from_millis(tick.silent_ms.unwrap_or_default()),
        missed: tick.missed,
        errors: tick.errors_in_all,
        critical_errors: tick.critical_errors_in_all,
        equity: tick.equity.clone(),
        balance: tick.balance.clone(),
        margin: tick.margin.clone(),
        profit: tick.profit.clone(),
        skew: tick.clock_skew_ms.map(SignedDuration::from_millis),
        drift: tick.drift.clone().filter(|_| tick.drift_is_new),
        jump: tick.clock_jump_ms.map(SignedDuration::from_millis),
        ..Look::at(tick.at, monotonic)
    }
}
