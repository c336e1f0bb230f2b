//! A world, and a command played in it. Evidence and kill switch are in a scratch directory.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::act::{ACTS, Nature};
use crate::clock::{Clock as _, Deadline, StopToken};
use crate::evidence::Evidence;
use crate::exit::Exit;
use crate::harness::virtual_gateway::VirtualGateway;
use crate::harness::{self, HarnessError};
use crate::link::ReadPolicy;
use crate::ops::{canary, emergency_close};
use crate::proof::intents::Records;
use crate::protocol::positions::Position;
use crate::sim::{Execution, FaultSpec};

/// Time limit of a command, in virtual time.
pub const LIMIT: Duration = Duration::from_secs(120);
/// The broker executes everything that is pending within this time after a command's end.
const AFTERMATH: Duration = Duration::from_secs(60);
/// The time at which a world begins: 2026-01-17T03:54:22Z.
const START: i64 = 1_768_622_062;
const READS: ReadPolicy =
    ReadPolicy { timeout: Duration::from_secs(3), attempts: 3, interval: Duration::from_secs(1) };

/// A command to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// One order, opened and closed.
    Canary,
    /// Everything closed.
    EmergencyClose,
    /// The positions of one symbol closed.
    EmergencyCloseSymbol,
    /// One ticket closed.
    EmergencyCloseTicket,
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 4] = [
        Self::Canary,
        Self::EmergencyClose,
        Self::EmergencyCloseSymbol,
        Self::EmergencyCloseTicket,
    ];
}

impl Command {
    /// Its name in a world's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::EmergencyClose => "emergency-close",
            Self::EmergencyCloseSymbol => "emergency-close-symbol",
            Self::EmergencyCloseTicket => "emergency-close-ticket",
        }
    }
}

/// A starting book with an adversary's acts. Its name, such as `canary/3/open-twice,drop-reply:#109`, replays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The command.
    pub command: Command,
    /// Number of positions at the start.
    pub positions: usize,
    /// The acts, as faults of the simulated gateway.
    pub acts: Vec<String>,
}

/// The claims of a command that ended.
#[derive(Debug)]
pub enum Claims {
    /// A canary's.
    Canary(Box<canary::Report>),
    /// An emergency-close's.
    EmergencyClose(Box<emergency_close::Report>),
    /// Nothing: it ended without a report.
    Nothing,
}

/// A command's end, and the truth a minute later.
#[derive(Debug)]
pub struct Played {
    /// Its claims.
    pub claims: Claims,
    /// Its exit code.
    pub exit: Exit,
    /// Its duration in virtual time.
    pub took: Duration,
    /// Whether the terminal was in another account before the command had read anything.
    pub left_at_once: bool,
    /// The positions at the start.
    pub before: Vec<Position>,
    /// The account's open positions, in truth.
    pub open: Vec<Position>,
    /// Everything that executed, in truth.
    pub ledger: Vec<Execution>,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.command.name(), self.positions, self.acts.join(","))
    }
}

/// The text is not the name of a world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a world is COMMAND/POSITIONS/ACT,ACT, such as canary/3/open-twice,drop-reply:#109: {0}")]
pub struct NotAWorld(String);

impl FromStr for World {
    type Err = NotAWorld;

    fn from_str(text: &str) -> Result<Self, NotAWorld> {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        let (command, positions, acts) = (part(), part(), part());
        let known = Command::ALL.into_iter().find(|known| known.name() == command);
        let command = known.ok_or_else(|| NotAWorld(format!("no command {command:?}")))?;
        let positions: usize =
            positions.parse().ok().filter(|count| *count <= 1000).ok_or_else(|| {
                NotAWorld(format!("{positions:?} is no number of positions from 0 to 1000"))
            })?;
        let acts: Vec<String> =
            acts.split(',').filter(|act| !act.is_empty()).map(str::to_owned).collect();
        for act in &acts {
            let fault: Result<FaultSpec, _> = act.parse();
            fault.map_err(|error| NotAWorld(error.to_string()))?;
        }
        Ok(Self { command, positions, acts })
    }
}

impl World {
    /// Whether its only act must not cost the command's success. In a larger book the canary's symbol is not free.
    pub fn is_harmless(&self) -> bool {
        if self.command == Command::Canary && self.positions > 3 {
            return false;
        }
        let nature = |act: &str| {
            let name = |template: &str| template.split(['#', '{']).next() == act.split('#').next();
            ACTS.iter().find(|known| name(known.template)).map(|known| known.nature)
        };
        match self.acts.as_slice() {
            [] => true,
            [act] => match nature(act) {
                Some(Nature::Harmless) => true,
                Some(Nature::HarmlessToClose) => self.command != Command::Canary,
                _ => false,
            },
            _ => false,
        }
    }

    /// Plays the command to its end. Every world begins at the same time, because prices move with it.
    pub fn play(&self, scratch: &Path) -> Result<Played, HarnessError> {
        let now = Timestamp::from_second(START).map_err(HarnessError::other)?;
        let acts: Vec<&str> = self.acts.iter().map(String::as_str).collect();
        let gateway = VirtualGateway::start(self.positions, &acts, now)?;
        let directory = tempfile::tempdir_in(scratch)
            .map_err(HarnessError::io("create a scratch directory"))?;
        let truth =
            |gateway: &VirtualGateway| gateway.transport.truth().map_err(HarnessError::other);
        let before = truth(&gateway)?;
        let began = gateway.clock.monotonic();
        let (claims, exit, left_at_once) = match self.command {
            Command::Canary => {
                // Half of the account's volume, or so little that it leaves no trace in the margin.
                let coefficient = Decimal::new(1, u32::from(self.positions > 1));
                play_canary(&gateway, directory.path(), coefficient)
            }
            command => play_close(&gateway, command, &before),
        };
        let took = gateway.clock.monotonic().saturating_sub(began);
        gateway.clock.advance(AFTERMATH);
        let (ledger, open) =
            (gateway.transport.ledger().map_err(HarnessError::other)?, truth(&gateway)?);
        Ok(Played { claims, exit, took, left_at_once, before, open, ledger })
    }
}

fn play_canary(
    gateway: &VirtualGateway,
    directory: &Path,
    coefficient: Decimal,
) -> (Claims, Exit, bool) {
    let clock = &gateway.clock;
    let options = canary::Options {
        coefficient,
        reads: READS,
        latency_limit: Duration::from_secs(10),
        order_timeout: Duration::from_secs(3),
        ..canary::Options::example(clock.now(), directory)
    };
    let evidence = Evidence::at(directory.to_owned());
    let deadline = Deadline::after(clock, LIMIT);
    let mut deps = canary::Deps {
        clock,
        deadline,
        records: Records {
            evidence: &evidence,
            run: Uuid::new_v4(),
            patience: harness::APPEND_TIMEOUT,
        },
        permit: &|identity| gateway.permit_close(identity),
        confirm: &mut |_| Ok(()),
        stop: &StopToken::never(),
        hand_over: &|| false,
        observe: &mut |_| {},
        kill_point: &|_| {},
    };
    let outcome = canary::run(&mut gateway.client(READS, deadline), &options, &mut deps);
    let claims = outcome.report.map_or(Claims::Nothing, |it| Claims::Canary(Box::new(it)));
    (claims, outcome.exit, false)
}

fn play_close(
    gateway: &VirtualGateway,
    command: Command,
    before: &[Position],
) -> (Claims, Exit, bool) {
    let first = before.first();
    let options = emergency_close::Options {
        symbols: match command {
            Command::EmergencyCloseSymbol => {
                first.map(|it| it.symbol.clone()).into_iter().collect()
            }
            _ => vec![],
        },
        tickets: match command {
            Command::EmergencyCloseTicket => first.map(|it| it.ticket).into_iter().collect(),
            _ => vec![],
        },
        rounds: 6,
        order_timeout: Duration::from_secs(3),
        ..emergency_close::Options::example()
    };
    let deadline = Deadline::after(&gateway.clock, LIMIT);
    let mut client = gateway.client(READS, deadline);
    let plan = match emergency_close::plan(&mut client, &options) {
        Ok(plan) => plan,
        Err(failure) => return (Claims::Nothing, failure.exit(), false),
    };
    // The list was read before the account.
    let left = gateway.transport.has_left_account().unwrap_or_default();
    let left_at_once = left && plan.before.as_ref().is_none_or(|(_, list)| list.is_empty());
    let mut deps = emergency_close::Deps {
        clock: &gateway.clock,
        deadline,
        permit: &|identity| gateway.permit_close(identity),
        record: &mut |_| {},
        progress: &|_, _| {},
    };
    let outcome = emergency_close::run(&mut client, &options, plan, &mut deps);
    let claims = outcome.report.map(|it| Claims::EmergencyClose(Box::new(it)));
    (claims.unwrap_or(Claims::Nothing), outcome.exit, left_at_once)
}
