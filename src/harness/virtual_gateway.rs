//! A simulated gateway in this process, without a socket, on a clock that only sleeps move: a settle time of 10 s is over
//! at once.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use super::HarnessError;
use crate::clock::{Deadline, ManualClock, StopToken};
use crate::link::permit::ClosePermit;
use crate::link::signed::SignedTransport;
use crate::link::target::{self, Allowed};
use crate::link::transport::Transport;
use crate::link::{Client, Identity, ReadPolicy};
use crate::sim::{self, ExecutionKind, FaultSpec, InProcess, SpecError};

/// A simulated gateway and its clock.
pub struct VirtualGateway {
    /// The clock that the gateway and its clients share.
    pub clock: ManualClock,
    /// The gateway itself.
    pub transport: InProcess,
    /// Connects to it; signs with its first key, where it has one.
    link: Box<dyn Transport>,
    allowed: Allowed,
}

impl VirtualGateway {
    /// Starts a gateway with that many positions and those faults at the time `now`.
    pub fn start(positions: usize, faults: &[&str], now: Timestamp) -> Result<Self, HarnessError> {
        let faults: Result<Vec<FaultSpec>, SpecError> =
            faults.iter().map(|fault| fault.parse()).collect();
        let faults = faults.map_err(HarnessError::other)?;
        Self::with(&sim::Options { positions, faults, ..sim::Options::default() }, now)
    }

    /// Starts a gateway with these options at the time `now`.
    pub fn with(options: &sim::Options, now: Timestamp) -> Result<Self, HarnessError> {
        let clock = ManualClock::new(now);
        let transport =
            InProcess::start(options, Arc::new(clock.clone())).map_err(HarnessError::other)?;
        let unsigned = Box::new(transport.clone());
        let link: Box<dyn Transport> = match options.keys.first() {
            Some(it) => Box::new(SignedTransport::new(unsigned, Arc::new(it.key.clone()))),
            None => unsigned,
        };
        Ok(Self { clock, transport, link, allowed: allowed()? })
    }

    /// A client whose waits end at the deadline.
    pub fn client(&self, policy: ReadPolicy, deadline: Deadline) -> Client<'_> {
        Client::new(&*self.link, &self.clock, policy, deadline, &())
    }

    /// Permission to close on a session with this gateway.
    pub fn permit_close(&self, identity: &Identity) -> ClosePermit {
        ClosePermit::new(self.allowed, identity)
    }

    /// The kinds of everything that executed, in order, by the simulated broker's ledger.
    pub fn executed(&self) -> Result<Vec<ExecutionKind>, HarnessError> {
        let ledger = self.transport.ledger().map_err(HarnessError::other)?;
        Ok(ledger.iter().map(|entry| entry.kind).collect())
    }
}

/// Permission to talk to this machine, which is asked for once.
fn allowed() -> Result<Allowed, HarnessError> {
    static ALLOWED: OnceLock<Allowed> = OnceLock::new();
    if let Some(allowed) = ALLOWED.get() {
        return Ok(*allowed);
    }
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let until = Deadline::after(&clock, Duration::from_secs(1));
    let here = target::resolve("127.0.0.1", 0, &clock, &StopToken::never(), until)
        .map_err(HarnessError::other)?;
    let allowed = target::allow(&here, true).map_err(HarnessError::other)?;
    Ok(*ALLOWED.get_or_init(|| allowed))
}
