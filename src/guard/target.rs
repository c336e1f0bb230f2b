//! Whom commands may talk to.
//!
//! The tool once pointed at its own machine and "traded" with a local mock (hazard 12). So an address of this machine
//! is refused by every command that talks to a gateway, unless it is asked for, and every report names its target.

use crate::link::order::ClosePermit;
use crate::link::session::Identity;
use crate::link::target::{Own, Target};
use crate::report::TargetKind;

/// Proof that a target may be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed(());

/// Refuses this machine's own addresses, unless asked for.
pub fn allow(target: &Target, loopback_asked_for: bool) -> Result<Allowed, &Own> {
    match &target.own {
        Some(own) if !loopback_asked_for => Err(own),
        _ => Ok(Allowed(())),
    }
}

/// Whom a report speaks of. That it is simulated only the far end itself can say.
pub fn kind(target: &Target, says_simulated: bool) -> TargetKind {
    match (says_simulated, &target.own) {
        (true, _) => TargetKind::Simulated,
        (false, Some(_)) => TargetKind::Loopback,
        (false, None) => TargetKind::Live,
    }
}

/// Closing takes an allowed target and a proved identity, and nothing else: an emergency is never refused for a
/// decision, a latency, a skew, a verdict, the breaker, evidence or logs.
pub fn arm_close(_: Allowed, _: &Identity) -> ClosePermit {
    ClosePermit::granted()
}
