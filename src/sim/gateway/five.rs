//! What a gateway of protocol 5 has beside its account: its names, its keys, its journal and its kill switch.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::records::Records;
use crate::protocol::gateway::{Signing, SwitchState};
use crate::sim::event::Event;
use crate::sim::fault::Fault;
use crate::sim::fault_plan::FaultPlan;
use crate::sim::journal::Line;
use crate::sim::options::{GatewayKey, Options};
use crate::sim::version::Protocol;

/// The account for which it is configured, unless an `identity` fault names another.
const LOGIN: i64 = 1_100_212_251;
const SERVER: &str = "Simulated-Demo";
/// A demo account.
const TRADE_MODE: i64 = 0;
/// The state of a gateway of protocol 5.
#[derive(Debug)]
pub(super) struct Five {
    pub(super) keys: Vec<GatewayKey>,
    pub(super) signing: Signing,
    /// The configured account.
    pub(super) login: i64,
    pub(super) server: String,
    pub(super) trade_mode: i64,
    /// Whether another gateway has taken the port.
    pub(super) is_replaced: bool,
    /// Seed of its names.
    seed: u64,
    /// Names that it has given so far.
    names: u32,
    pub(super) instance: String,
    pub(super) started_at: Timestamp,
    /// When the current request arrived, by its own clock.
    pub(super) arrived: Timestamp,
    pub(super) records: Records,
    /// Whether the kill switch is engaged on the disk.
    pub(super) is_engaged: bool,
    /// Whether it is engaged in memory alone.
    pub(super) is_latched: bool,
    /// The signed reads of the last minute: when, by which key, which `uuid`.
    pub(super) reads_seen: VecDeque<(Timestamp, String, String)>,
    /// The first signed reply.
    pub(super) first_reply: Option<Vec<u8>>,
    /// Requests that are still on their way, and when they arrive.
    pub(super) withheld: Vec<(Timestamp, Vec<u8>)>,
    /// Until when orders of an earlier process are looked for.
    pub(super) recovering_until: Option<Timestamp>,
    /// Whether the journal has been lost, or restored.
    pub(super) has_lost_journal: bool,
    /// Whether the process died in the middle of the current request.
    pub(super) has_died: bool,
}

impl Five {
    /// The state before the first start; `None` for a gateway of protocol 4.
    pub(super) fn new(options: &Options, plan: &FaultPlan, now: Timestamp) -> Option<Self> {
        if options.protocol == Protocol::Four {
            return None;
        }
        let identity = plan.find(|fault| match fault {
            Fault::Identity { login, server, trade_mode } => {
                Some((login.parse().ok()?, server.clone(), *trade_mode))
            }
            _ => None,
        });
        let (login, server, trade_mode) =
            identity.unwrap_or_else(|| (LOGIN, SERVER.to_owned(), TRADE_MODE));
        Some(Self {
            keys: options.keys.clone(),
            signing: options.signing,
            login,
            server,
            trade_mode,
            is_replaced: false,
            seed: options.seed,
            names: 0,
            instance: String::new(),
            started_at: now,
            arrived: now,
            records: Records::default(),
            is_engaged: plan.contains(&Fault::KillSwitchEngaged),
            is_latched: false,
            reads_seen: VecDeque::new(),
            first_reply: None,
            withheld: Vec::new(),
            recovering_until: None,
            has_lost_journal: false,
            has_died: false,
        })
    }

    /// Repeats the events of a book file.
    pub(super) fn replay(&mut self, lines: &[Line]) {
        for line in lines {
            if let Line::Event(event) = line {
                self.apply(event);
            }
        }
    }

    /// Applies an event.
    pub(super) fn apply(&mut self, event: &Event) {
        self.records.apply(event);
        if let Event::Switch(engaged) = event {
            self.is_engaged = *engaged;
        }
    }

    /// A new name with a UUID's form. Equal seeds and times give equal names, so that equal runs have equal bytes.
    pub(super) fn name(&mut self, now: Timestamp) -> String {
        self.names += 1;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(
            &self.seed.rotate_left(32).wrapping_add(self.names.into()).to_be_bytes(),
        );
        bytes[8..].copy_from_slice(&now.as_microsecond().to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// The kill switch.
    pub(super) fn switch(&self) -> SwitchState {
        if self.is_engaged || self.is_latched {
            SwitchState::Engaged
        } else {
            SwitchState::Released
        }
    }

    pub(super) fn is_recovering(&self, now: Timestamp) -> bool {
        self.recovering_until.is_some_and(|until| now < until)
    }
}
