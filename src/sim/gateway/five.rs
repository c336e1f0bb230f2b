//! What a gateway of protocol 5 has beside its account: its names, its keys, its journal and its kill switch.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::records::Records;
use super::state::Gateway;
use crate::protocol::gateway::{Signing, SwitchState};
use crate::sim::event::Event;
use crate::sim::fault::Fault;
use crate::sim::fault_plan::FaultPlan;
use crate::sim::journal::{JournalError, Line};
use crate::sim::options::{GatewayKey, Options, Protocol};

/// The account for which it is configured, unless an `identity` fault names another.
const LOGIN: i64 = 1_100_212_251;
const SERVER: &str = "Simulated-Demo";
/// A demo account.
const TRADE_MODE: i64 = 0;
/// How long orders of an earlier process are looked for: history lags behind the book.
const RECOVERY: Duration = Duration::from_secs(15);

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

impl Gateway {
    /// Starts the process of protocol 5, or starts it again.
    pub(super) fn start_process(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        five.instance = five.name(now);
        // Requests carry whole microseconds.
        five.started_at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        five.is_latched = false;
        five.reads_seen.clear();
        five.has_died = false;
        let name = five.records.name.is_empty().then(|| five.name(now));
        if let Some(name) = name {
            self.note(Event::Journal(name))?;
        }
        self.note(Event::Started(now))?;
        self.recover(now)
    }

    /// Looks for the orders that an earlier process sent and that were not answered.
    fn recover(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        let sent = five.records.sent();
        let mut is_left = false;
        for row in sent {
            is_left |= !self.look_up(&row)?;
        }
        if let Some(five) = &mut self.five {
            five.recovering_until = is_left.then(|| now.checked_add(RECOVERY).unwrap_or(now));
        }
        Ok(())
    }

    /// Ends a recovery whose time is over: what it did not find stays unknown.
    pub(super) fn end_recovery(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        if five.recovering_until.is_none_or(|until| now < until) {
            return Ok(());
        }
        five.recovering_until = None;
        for row in five.records.sent() {
            if !self.look_up(&row)? {
                self.note_unknown(&row)?;
            }
        }
        Ok(())
    }

    /// Makes an event durable, and applies it.
    pub(super) fn note(&mut self, event: Event) -> Result<(), JournalError> {
        if let Some(journal) = &mut self.journal {
            journal.append_event(&event)?;
        }
        if let Some(five) = &mut self.five {
            five.apply(&event);
        }
        Ok(())
    }

    /// Loses the journal, or its last rows, where a fault says so. It happens once.
    pub(super) fn lose_journal(
        &mut self,
        faults: &crate::sim::fault_plan::ActiveFaults,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        if five.has_lost_journal {
            return Ok(());
        }
        for fault in faults.iter() {
            let event = match (fault, &mut self.five) {
                (Fault::JournalLost, Some(five)) => Event::Journal(five.name(now)),
                (Fault::JournalRestored(rows), _) => Event::Restored(*rows),
                _ => continue,
            };
            self.note(event)?;
            if let Some(five) = &mut self.five {
                five.has_lost_journal = true;
            }
        }
        Ok(())
    }
}
