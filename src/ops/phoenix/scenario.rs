//! The plan of one round, drawn from its seed: command, disturbance and trigger. The same seed always gives the same plan.
//!
//! The seed modulo the number of kinds selects the kind of round; the seed's random numbers give the details. So rounds with
//! successive seeds go through every kind in turn, and any [`KIND_COUNT`] in a row contain each kind once.

use std::fmt;

use fastrand::Rng;

use super::disturbance::{Disturbance, DisturbanceKind, UsedFile};
use super::sandbox::SIGNATURE_TTL_MS;
use crate::harness::proxy::{Direction, Trigger};
use crate::harness::refused_calls::RefusedCalls;

/// The command that is disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolCommand {
    Sync,
    Canary,
    EmergencyClose,
}

impl ToolCommand {
    fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Canary => "canary",
            Self::EmergencyClose => "emergency-close",
        }
    }
}

/// Every kind of round: a disturbance, and each command that it can meet.
const KINDS: [(DisturbanceKind, &[ToolCommand]); 16] = {
    use ToolCommand::{Canary, EmergencyClose, Sync};
    const ALL: &[ToolCommand] = &[Sync, Canary, EmergencyClose];
    [
        (DisturbanceKind::KillTool, ALL),
        (DisturbanceKind::KillGateway, ALL),
        (DisturbanceKind::Drop, ALL),
        (DisturbanceKind::Delay, ALL),
        (DisturbanceKind::CutReply, ALL),
        (DisturbanceKind::Impostor, &[Canary, EmergencyClose]),
        (DisturbanceKind::FullDisk, ALL),
        (DisturbanceKind::PowerCut, ALL),
        (DisturbanceKind::LieAboutOpen, &[Canary]),
        (DisturbanceKind::LieAboutClose, &[Canary]),
        // A sync sends nothing that executes.
        (DisturbanceKind::LateQueue, &[Canary, EmergencyClose]),
        (DisturbanceKind::SteppedClock, ALL),
        // Nor does it lock anything.
        (DisturbanceKind::FailingLocks, &[Canary, EmergencyClose]),
        (DisturbanceKind::NoThreads, ALL),
        (DisturbanceKind::NoDescriptors, ALL),
        (DisturbanceKind::Fifo, ALL),
    ]
};

/// Number of kinds of rounds: disturbances, each with the commands that it can meet.
pub const KIND_COUNT: u64 = {
    let (mut count, mut index) = (0, 0);
    while index < KINDS.len() {
        count += KINDS[index].1.len();
        index += 1;
    }
    count as u64
};

/// The faults that a lying gateway has at an OPEN.
const OPEN_FAULTS: [&str; 10] = [
    "open-ticket-zero",
    "open-late:120ms",
    "late-execution:120ms",
    "order-failed",
    "order-failed-executed",
    "order-exception",
    "order-exception-executed",
    "partial-fill",
    "fill-price-zero",
    "min-volume:0.01",
];

/// The plan of one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scenario {
    pub(super) seed: u64,
    pub(super) command: ToolCommand,
    /// Positions in the book at the start.
    pub(super) positions: u32,
    pub(super) kind: DisturbanceKind,
    pub(super) disturbance: Disturbance,
    /// When the disturbance strikes; without a trigger it is there from the start.
    pub(super) trigger: Option<Trigger>,
}

impl Scenario {
    pub(super) fn from_seed(seed: u64) -> Self {
        let kinds: Vec<(DisturbanceKind, ToolCommand)> = KINDS
            .iter()
            .flat_map(|(kind, commands)| commands.iter().map(|command| (*kind, *command)))
            .collect();
        let index = usize::try_from(seed % kinds.len() as u64).unwrap_or_default();
        let (kind, command) = kinds[index];
        let rng = &mut Rng::with_seed(seed);
        let needs_position =
            command == ToolCommand::EmergencyClose || kind == DisturbanceKind::Impostor;
        let positions = rng.u32(u32::from(needs_position)..=6);
        let direction = draw_direction(rng);
        let anywhere = draw_trigger(rng, command, positions, direction);
        let (disturbance, trigger) = draw_details(rng, kind, command, positions, anywhere);
        Self { seed, command, positions, kind, disturbance, trigger }
    }
}

fn draw_direction(rng: &mut Rng) -> Direction {
    if rng.bool() { Direction::Request } else { Direction::Reply }
}

/// Draws a sync's trigger, for a book of any size.
pub(super) fn draw_sync_trigger(seed: u64) -> Trigger {
    let mut rng = Rng::with_seed(seed);
    let direction = draw_direction(&mut rng);
    draw_trigger(&mut rng, ToolCommand::Sync, 1, direction)
}

/// Draws any message of the command's conversation with a healthy gateway. Half of the canary's triggers are its order, and
/// half of emergency-close's are one of its closes.
fn draw_trigger(
    rng: &mut Rng,
    command: ToolCommand,
    positions: u32,
    direction: Direction,
) -> Trigger {
    let messages: &[(&'static str, u32)] = match command {
        ToolCommand::Sync => {
            &[("PING", 1), ("SYNC_ALL", 1), ("GET_POSITIONS", 1), ("GET_ACCOUNT", 1)]
        }
        ToolCommand::Canary if rng.bool() => return Trigger { action: "OPEN", nth: 1, direction },
        ToolCommand::Canary => &[
            ("PING", 1),
            ("SYNC_ALL", 1),
            ("GET_POSITIONS", 1),
            ("GET_ACCOUNT", 1),
            ("PING", 50),
            ("CLOSE", 1),
            ("PING", 102),
            ("GET_POSITIONS", 2),
            ("GET_POSITIONS", 3),
            ("CLOSE", 2),
            ("GET_POSITIONS", 4),
        ],
        ToolCommand::EmergencyClose if rng.bool() => {
            return Trigger { action: "CLOSE", nth: rng.u32(1..=positions), direction };
        }
        ToolCommand::EmergencyClose => &[
            ("PING", 1),
            ("GET_POSITIONS", 1),
            ("GET_POSITIONS", 2),
            ("GET_POSITIONS", 3),
            ("GET_ACCOUNT", 1),
        ],
    };
    let (action, nth) = pick(rng, messages);
    Trigger { action, nth, direction }
}

/// Draws the details of a disturbance. Its trigger is `anywhere`, unless its kind needs a certain message or none.
fn draw_details(
    rng: &mut Rng,
    kind: DisturbanceKind,
    command: ToolCommand,
    positions: u32,
    anywhere: Trigger,
) -> (Disturbance, Option<Trigger>) {
    let canary = command == ToolCommand::Canary;
    match kind {
        DisturbanceKind::KillTool => {
            let late = rng.u64(0..=SIGNATURE_TTL_MS * 3 / 2);
            let disturbance = Disturbance::KillTool {
                delivered_after_ms: rng.bool().then_some(if rng.bool() { 0 } else { late }),
                foreign_snapshot: command == ToolCommand::Sync && rng.bool(),
                flatten_first: canary && rng.u8(0..3) == 0,
            };
            (disturbance, Some(anywhere))
        }
        DisturbanceKind::KillGateway => {
            (Disturbance::KillGateway { refused: rng.u32(0..=3) }, Some(anywhere))
        }
        DisturbanceKind::Drop => (Disturbance::Drop, Some(anywhere)),
        // A delayed order matters because it may still execute.
        DisturbanceKind::Delay if canary => {
            let ms = rng.u64(0..=SIGNATURE_TTL_MS * 3 / 2);
            let open = Trigger { action: "OPEN", nth: 1, ..anywhere };
            (Disturbance::Delay { ms }, Some(open))
        }
        DisturbanceKind::Delay => {
            (Disturbance::Delay { ms: rng.u64(0..=SIGNATURE_TTL_MS) }, Some(anywhere))
        }
        DisturbanceKind::CutReply => {
            let reply = match canary {
                true => Trigger { action: "OPEN", nth: 1, direction: Direction::Reply },
                false => Trigger { direction: Direction::Reply, ..anywhere },
            };
            (Disturbance::CutReply { permille: rng.u32(0..1000) }, Some(reply))
        }
        DisturbanceKind::Impostor => {
            // A canary's second list is the last one before its order.
            let nth = if canary { 2 } else { 1 };
            let trigger = Trigger { action: "GET_POSITIONS", nth, direction: Direction::Reply };
            (Disturbance::Impostor { connections: rng.u32(1..=3) }, Some(trigger))
        }
        DisturbanceKind::FullDisk => {
            // A sync and an emergency-close write little.
            let most = if canary { 7 } else { 1 };
            (Disturbance::FullDisk { blocks: rng.u64(0..=most) }, None)
        }
        DisturbanceKind::PowerCut => {
            (Disturbance::PowerCut { delivered: rng.bool() }, Some(anywhere))
        }
        DisturbanceKind::LieAboutOpen => {
            (Disturbance::Lie { fault: pick(rng, &OPEN_FAULTS).to_owned() }, None)
        }
        // A canary's first CLOSE only asks whether the gateway can close.
        DisturbanceKind::LieAboutClose => {
            let which = if rng.bool() { "#2" } else { "2+" };
            (Disturbance::Lie { fault: format!("close-ticket-zero:{which}") }, None)
        }
        DisturbanceKind::LateQueue => {
            let (action, nth) = match (canary, rng.bool()) {
                (true, true) => ("OPEN", 1),
                (true, false) => ("CLOSE", 2),
                (false, _) => ("CLOSE", rng.u32(1..=positions)),
            };
            let trigger = Trigger { action, nth, direction: Direction::Request };
            (Disturbance::LateQueue { after_ms: rng.u64(0..=SIGNATURE_TTL_MS) }, Some(trigger))
        }
        DisturbanceKind::SteppedClock => {
            let step_s = pick(rng, &[-86_400, -3600, -60, -1, 1, 60, 3600, 86_400]);
            (Disturbance::SteppedClock { step_s }, Some(anywhere))
        }
        DisturbanceKind::FailingLocks => (Disturbance::Refused(RefusedCalls::Locks), None),
        DisturbanceKind::NoThreads => (Disturbance::Refused(RefusedCalls::Threads), None),
        DisturbanceKind::NoDescriptors => {
            (Disturbance::NoDescriptors { limit: rng.u32(5..=12) }, None)
        }
        DisturbanceKind::Fifo => {
            use UsedFile::{
                CanaryLock, Evidence, EvidenceHead, EvidenceLock, KillSwitch, Snapshot, VerifyLog,
            };
            let files: &[UsedFile] = match command {
                ToolCommand::Sync => &[Snapshot, VerifyLog],
                ToolCommand::Canary => {
                    &[Evidence, EvidenceHead, EvidenceLock, CanaryLock, KillSwitch, VerifyLog]
                }
                ToolCommand::EmergencyClose => {
                    &[Evidence, EvidenceHead, EvidenceLock, KillSwitch, VerifyLog]
                }
            };
            let trigger = rng.bool().then_some(anywhere);
            (Disturbance::Fifo { file: pick(rng, files) }, trigger)
        }
    }
}

/// One of these, each as likely as the others.
fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(0..choices.len())]
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = self.command.name();
        match &self.disturbance {
            Disturbance::KillTool { delivered_after_ms, .. } => {
                write!(f, "{command} killed")?;
                match delivered_after_ms {
                    None => f.write_str(", its message lost")?,
                    Some(0) => f.write_str(", its message delivered")?,
                    Some(ms) => write!(f, ", its message delivered {ms} ms later")?,
                }
            }
            Disturbance::KillGateway { refused } => {
                write!(f, "gateway killed during {command}, {refused} connections refused")?;
            }
            Disturbance::Drop => write!(f, "connection of {command} dropped")?,
            Disturbance::Delay { ms } => write!(f, "message of {command} delayed by {ms} ms")?,
            Disturbance::CutReply { permille } => {
                write!(f, "connection of {command} cut after {permille}/1000 of a reply")?;
            }
            Disturbance::Impostor { .. } => {
                write!(f, "another program on the port during {command}")?;
            }
            Disturbance::FullDisk { blocks } => {
                write!(f, "disk full for {command}, {blocks} blocks left")?;
            }
            Disturbance::PowerCut { delivered } => {
                let message = if *delivered { "delivered" } else { "lost" };
                write!(f, "power cut during {command}, its message {message}")?;
            }
            Disturbance::Lie { fault } => write!(f, "{command} with a lying gateway: {fault}")?,
            Disturbance::LateQueue { after_ms } => {
                write!(f, "gateway paused until {after_ms} ms after {command} has left")?;
            }
            Disturbance::SteppedClock { step_s } => {
                write!(f, "clock of {command} stepped by {step_s} s and back")?;
            }
            Disturbance::Refused(RefusedCalls::Locks) => write!(f, "locks of {command} fail")?,
            Disturbance::Refused(RefusedCalls::Threads) => write!(f, "no threads for {command}")?,
            Disturbance::NoDescriptors { limit } => {
                write!(f, "{limit} descriptors for {command}")?;
            }
            Disturbance::Fifo { file } => {
                write!(f, "a FIFO in the place of {} for {command}", file.name())?;
            }
        }
        match self.trigger {
            Some(trigger) => write!(f, ", at {trigger}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_scenario() {
        for seed in [0, 1, 24, 25, u64::MAX] {
            assert_eq!(Scenario::from_seed(seed), Scenario::from_seed(seed));
        }
        assert_ne!(Scenario::from_seed(1), Scenario::from_seed(2));
    }

    #[test]
    fn a_full_turn_of_seeds_gives_every_kind() {
        for first in [0, 7, 1000] {
            let all: Vec<_> = (first..first + KIND_COUNT).map(Scenario::from_seed).collect();
            let count = |is: fn(&Scenario) -> bool| all.iter().filter(|one| is(one)).count();
            assert_eq!(count(|s| matches!(s.disturbance, Disturbance::PowerCut { .. })), 3);
            assert_eq!(count(|s| matches!(s.disturbance, Disturbance::Lie { .. })), 2);
            assert_eq!(count(|s| s.command == ToolCommand::Sync), 11);
            assert_eq!(count(|s| s.command == ToolCommand::Canary), 16);
            for kind in DisturbanceKind::ALL {
                assert!(all.iter().any(|scenario| scenario.kind == *kind), "{kind:?}");
            }
        }
    }

    /// Each safety rule needs a round that strikes at the order to show that the rule is broken.
    #[test]
    fn a_canarys_cut_reply_is_always_the_reply_to_its_order() {
        for seed in 0..500 {
            let scenario = Scenario::from_seed(seed);
            let cut = matches!(scenario.disturbance, Disturbance::CutReply { .. });
            if cut && scenario.command == ToolCommand::Canary {
                let reply = Trigger { action: "OPEN", nth: 1, direction: Direction::Reply };
                assert_eq!(scenario.trigger, Some(reply));
            }
        }
    }
}
