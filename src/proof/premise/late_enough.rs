//! *Late enough*: the order can't be executed any more.
//!
//! The gateway handles one request at a time, and takes a signature only within its validity by its own clock. So once a
//! PING's time is past it, the order was handled or will be refused. From that answer on, on our monotonic clock, the
//! broker has the settle time to book it. A gateway clock that stepped proves nothing (hazard 27), and the time of a list
//! is not used. Where the gateway said itself that it opened nothing, the settle time counts from that answer; an order
//! that was never dispatched has none.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::evidence::basis::{Established, Missing, Premise};
use crate::evidence::body::OpenIntent;
use crate::link::{Client, Error};
use crate::os::failpoints::{Rule, is_broken};
use crate::proof::Judged;
use crate::proof::claim::OpenClaim;

/// The order can't be executed any more, and the broker had its time to book it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateEnough(String);

/// The time in which an order may still be executed.
#[derive(Debug)]
pub struct Validity<'v> {
    intent: &'v OpenIntent,
    claim: &'v OpenClaim,
    /// Our monotonic clock when the order could no longer be accepted; `None` until that is known.
    settles_from: Option<Duration>,
}

impl<'v> Validity<'v> {
    /// From the intent and the gateway's claim, which has just come.
    pub fn new(intent: &'v OpenIntent, claim: &'v OpenClaim, clock: &dyn Clock) -> Self {
        let settles_from = claim.is_handled().then(|| clock.monotonic());
        Self { intent, claim, settles_from }
    }

    /// Asks for the gateway's time, as long as it decides.
    pub fn observe(&mut self, client: &mut Client<'_>) -> Result<(), Error> {
        if self.settles_from.is_none() {
            let reading = client.ping()?;
            self.settles_from =
                (reading.server_time >= self.expires_at()).then_some(reading.answered);
        }
        Ok(())
    }

    /// Judges by the answers so far.
    pub fn judge(&self, client: &Client<'_>, clock: &dyn Clock) -> Judged<LateEnough> {
        let missing = |doubt: String| Err(Missing { premise: Premise::LateEnough, doubt });
        if !self.claim.is_handled() && client.gateway_clock().has_stepped() {
            return missing(
                "the gateway's clock was stepped, so the order's validity is unknown".to_owned(),
            );
        }
        let settle = self.settle();
        if is_broken(Rule::LateEnough) {
            return Ok(LateEnough(String::new()));
        }
        let Some(from) = self.settles_from else {
            return missing("no list holds it, and its signature may still be valid".to_owned());
        };
        let waited = clock.monotonic().saturating_sub(from);
        if waited < settle {
            return missing(format!(
                "no list holds it, and the broker has had {waited:?} of {settle:?}"
            ));
        }
        Ok(LateEnough(match (settle.is_zero(), self.claim.is_handled()) {
            (true, _) if *self.claim == OpenClaim::Voided => {
                "voided by the gateway's journal, and not in the book".to_owned()
            }
            (true, _) => "refused before it was dispatched, and not in the book".to_owned(),
            (false, true) => format!("not in the book after {settle:?}"),
            (false, false) => {
                let validity = Duration::from_millis(self.intent.signature_ttl_ms);
                format!(
                    "not in the book, {settle:?} after the gateway answered with a time past the TTL of {validity:?} of its signature"
                )
            }
        }))
    }

    /// How long after its last chance the order may still show up.
    fn settle(&self) -> Duration {
        match self.claim.is_undispatched() {
            true => Duration::ZERO,
            false => Duration::from_millis(self.intent.settle_ms),
        }
    }

    /// The gateway's time at which it no longer accepts the signature.
    fn expires_at(&self) -> Timestamp {
        let ttl = Duration::from_millis(self.intent.signature_ttl_ms);
        self.intent.signed_at.checked_add(ttl).unwrap_or(Timestamp::MAX)
    }
}

impl LateEnough {
    /// As a record.
    pub fn established(&self) -> Established {
        Established { premise: Premise::LateEnough, found: self.0.clone() }
    }
}

impl fmt::Display for LateEnough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
