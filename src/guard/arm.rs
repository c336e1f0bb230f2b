//! Leave to open: given only where every guard that there is was evaluated and none forbids.

use crate::check::{Check, Status};
use crate::link::order::OpenPermit;

/// The guards that stand before every OPEN. One that is missing from the list forbids like one that failed.
pub const BEFORE_OPEN: [&str; 15] = [
    "volume",
    "decision-readable",
    "breaker",
    "evidence-writable",
    "identity",
    "clock-skew",
    "terminal",
    "account-expected",
    "evidence-owner",
    "intents-resolved",
    "state",
    "latency",
    "symbol-free",
    "no-open-canary",
    "can-close",
];

/// The permit, or what forbids it. Where the position may stay open, whether the gateway can close need not be known.
pub fn open(guards: &[Check], may_stay_open: bool) -> Result<OpenPermit, Vec<String>> {
    let mut forbidding: Vec<String> = guards
        .iter()
        .filter(|guard| guard.status == Status::Fail)
        .map(|guard| format!("{}: {}", guard.name, guard.found))
        .collect();
    for name in BEFORE_OPEN {
        let evaluated = guards.iter().find(|guard| guard.name == name);
        let missing = evaluated.is_none_or(|guard| guard.status == Status::NotReached);
        if missing && !(name == "can-close" && may_stay_open) {
            forbidding.push(format!("{name}: not reached"));
        }
    }
    if forbidding.is_empty() { Ok(OpenPermit::granted()) } else { Err(forbidding) }
}
