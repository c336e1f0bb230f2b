//! What happens in a round, drawn from its seed: the whole of it, so that a seed replays it.
//!
//! A round's kind is its seed modulo the number of kinds, and everything else is drawn from the seed. So rounds with
//! successive seeds go through every kind in turn, and any 25 in a row hold each of them once.

use std::fmt;

use fastrand::Rng;

/// The command that is disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Sync,
    Canary,
    EmergencyClose,
}

impl Client {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Canary => "canary",
            Self::EmergencyClose => "emergency-close",
        }
    }
}

/// What disturbs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    KillTool,
    KillGateway,
    Drop,
    Delay,
    CutReply,
    Impostor,
    FullDisk,
    PowerCut,
    LieOfOpen,
    LieOfClose,
}

/// Every kind of round.
const KINDS: [(Kind, Client); 25] = {
    use Client::{Canary, EmergencyClose, Sync};
    use Kind::*;
    [
        (KillTool, Sync),
        (KillTool, Canary),
        (KillTool, EmergencyClose),
        (KillGateway, Sync),
        (KillGateway, Canary),
        (KillGateway, EmergencyClose),
        (Drop, Sync),
        (Drop, Canary),
        (Drop, EmergencyClose),
        (Delay, Sync),
        (Delay, Canary),
        (Delay, EmergencyClose),
        (CutReply, Sync),
        (CutReply, Canary),
        (CutReply, EmergencyClose),
        (Impostor, Canary),
        (Impostor, EmergencyClose),
        (FullDisk, Sync),
        (FullDisk, Canary),
        (FullDisk, EmergencyClose),
        (PowerCut, Sync),
        (PowerCut, Canary),
        (PowerCut, EmergencyClose),
        (LieOfOpen, Canary),
        (LieOfClose, Canary),
    ]
};

/// Before a request reaches the gateway, or before its reply reaches the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Request,
    Reply,
}

/// A moment of the conversation between tool and gateway. While it is held, the tool waits for that reply and does
/// nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// The wire's word.
    pub(super) action: &'static str,
    /// Which of the command's requests of that kind, from 1.
    pub(super) nth: u32,
    pub(super) edge: Edge,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edge = match self.edge {
            Edge::Request => "request",
            Edge::Reply => "reply to",
        };
        write!(f, "{edge} {} {}", self.action, self.nth)
    }
}

/// What disturbs the command, with all that was drawn for it. Times are in ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blow {
    /// SIGKILL. The message that was on its way is lost, or arrives that long after.
    KillTool { delivered_after_ms: Option<u64>, foreign_snapshot: bool, flatten_first: bool },
    /// The gateway's process gets SIGKILL, and is back once so many connections found it gone.
    KillGateway { turned_away: u32 },
    /// The connection ends, and the message is lost.
    Drop,
    /// The message arrives that late.
    Delay { ms: u64 },
    /// So many thousandths of the message arrive, then the connection ends.
    CutReply { permille: u32 },
    /// The gateway answers once more, then a program that takes every message for an order has its port, until it was
    /// connected to so often.
    Impostor { visits: u32 },
    /// No file can grow past so many blocks of 512 bytes: of the evidence, past what was there before.
    FullDisk { blocks: u64 },
    /// SIGKILL, and everything that was not flushed is gone.
    PowerCut { delivered: bool },
    /// The gateway lies in that way.
    Lie { fault: String },
}

/// One round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draw {
    pub(super) seed: u64,
    pub(super) client: Client,
    /// Positions of the book at its start.
    pub(super) positions: u32,
    pub(super) blow: Blow,
    /// When it falls; from the beginning where there is none.
    pub(super) moment: Option<Moment>,
}

/// How long the gateway takes a signature, in ms; a delay may be longer.
pub(super) const SIGNATURE_TTL_MS: u64 = 800;

impl Draw {
    /// A moment alone, of a conversation about any book.
    pub(super) fn moment_of(client: Client, seed: u64) -> Moment {
        let mut rng = Rng::with_seed(seed);
        let edge = if rng.bool() { Edge::Request } else { Edge::Reply };
        moment(&mut rng, client, 1, edge)
    }

    pub(super) fn of(seed: u64) -> Self {
        let kinds = KINDS.len() as u64;
        let place = usize::try_from(seed % kinds).unwrap_or_default();
        let (kind, client) = KINDS[place];
        let mut rng = Rng::with_seed(seed);
        let rng = &mut rng;
        let least = if client == Client::EmergencyClose || kind == Kind::Impostor { 1 } else { 0 };
        let positions = rng.u32(least..=6);
        let edge = if rng.bool() { Edge::Request } else { Edge::Reply };
        let somewhere = moment(rng, client, positions, edge);
        let (blow, moment) = match kind {
            Kind::KillTool => {
                let late = rng.u64(0..=SIGNATURE_TTL_MS * 3 / 2);
                let blow = Blow::KillTool {
                    delivered_after_ms: rng.bool().then_some(if rng.bool() { 0 } else { late }),
                    foreign_snapshot: client == Client::Sync && rng.bool(),
                    flatten_first: client == Client::Canary && rng.u8(0..3) == 0,
                };
                (blow, Some(somewhere))
            }
            Kind::KillGateway => {
                (Blow::KillGateway { turned_away: rng.u32(0..=3) }, Some(somewhere))
            }
            Kind::Drop => (Blow::Drop, Some(somewhere)),
            // What matters of a delayed order is whether it still executes.
            Kind::Delay if client == Client::Canary => {
                let ms = rng.u64(0..=SIGNATURE_TTL_MS * 3 / 2);
                (Blow::Delay { ms }, Some(Moment { action: "OPEN", nth: 1, edge }))
            }
            Kind::Delay => (Blow::Delay { ms: rng.u64(0..=SIGNATURE_TTL_MS) }, Some(somewhere)),
            Kind::CutReply => {
                let reply = match client {
                    Client::Canary => Moment { action: "OPEN", nth: 1, edge: Edge::Reply },
                    _ => Moment { edge: Edge::Reply, ..somewhere },
                };
                (Blow::CutReply { permille: rng.u32(0..1000) }, Some(reply))
            }
            Kind::Impostor => {
                // The last list before the order.
                let nth = if client == Client::Canary { 2 } else { 1 };
                let moment = Moment { action: "GET_POSITIONS", nth, edge: Edge::Reply };
                (Blow::Impostor { visits: rng.u32(1..=3) }, Some(moment))
            }
            // What an emergency writes is short.
            Kind::FullDisk => {
                let most = if client == Client::EmergencyClose { 3 } else { 10 };
                (Blow::FullDisk { blocks: rng.u64(0..=most) }, None)
            }
            Kind::PowerCut => (Blow::PowerCut { delivered: rng.bool() }, Some(somewhere)),
            Kind::LieOfOpen => (Blow::Lie { fault: lie_of_open(rng) }, None),
            // The first CLOSE asks whether the gateway can close at all.
            Kind::LieOfClose => {
                let which = if rng.bool() { "#2" } else { "2+" };
                (Blow::Lie { fault: format!("close-ticket-zero:{which}") }, None)
            }
        };
        Self { seed, client, positions, blow, moment }
    }
}

/// Any moment of that command's conversation with a healthy gateway; of a canary's, half of the time that of its order.
fn moment(rng: &mut Rng, client: Client, positions: u32, edge: Edge) -> Moment {
    let (action, nth) = match client {
        Client::Sync => {
            *pick(rng, &[("PING", 1), ("SYNC_ALL", 1), ("GET_POSITIONS", 1), ("GET_ACCOUNT", 1)])
        }
        Client::Canary if rng.bool() => ("OPEN", 1),
        Client::Canary => *pick(
            rng,
            &[
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
        ),
        Client::EmergencyClose if rng.bool() => ("CLOSE", rng.u32(1..=positions)),
        Client::EmergencyClose => *pick(
            rng,
            &[
                ("PING", 1),
                ("GET_POSITIONS", 1),
                ("GET_POSITIONS", 2),
                ("GET_POSITIONS", 3),
                ("GET_ACCOUNT", 1),
            ],
        ),
    };
    Moment { action, nth, edge }
}

fn lie_of_open(rng: &mut Rng) -> String {
    let faults = [
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
    (*pick(rng, &faults)).to_owned()
}

fn pick<'a, T>(rng: &mut Rng, all: &'a [T]) -> &'a T {
    &all[rng.usize(0..all.len())]
}

impl fmt::Display for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = self.client.name();
        match &self.blow {
            Blow::KillTool { delivered_after_ms, .. } => {
                write!(f, "{client} killed")?;
                match delivered_after_ms {
                    None => f.write_str(", its message lost")?,
                    Some(0) => f.write_str(", its message delivered")?,
                    Some(ms) => write!(f, ", its message delivered {ms} ms later")?,
                }
            }
            Blow::KillGateway { turned_away } => {
                write!(f, "gateway killed under {client}, {turned_away} connections turned away")?;
            }
            Blow::Drop => write!(f, "connection of {client} dropped")?,
            Blow::Delay { ms } => write!(f, "connection of {client} delayed by {ms} ms")?,
            Blow::CutReply { permille } => {
                write!(f, "connection of {client} cut after {permille}/1000 of a reply")?;
            }
            Blow::Impostor { .. } => write!(f, "another program on the port under {client}")?,
            Blow::FullDisk { blocks } => write!(f, "disk full for {client}, {blocks} blocks left")?,
            Blow::PowerCut { delivered } => {
                let message = if *delivered { "delivered" } else { "lost" };
                write!(f, "power cut under {client}, its message {message}")?;
            }
            Blow::Lie { fault } => write!(f, "{client} with a gateway that lies: {fault}")?,
        }
        match self.moment {
            Some(moment) => write!(f, ", at {moment}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_round_every_time() {
        for seed in [0, 1, 24, 25, u64::MAX] {
            assert_eq!(Draw::of(seed), Draw::of(seed));
        }
        assert_ne!(Draw::of(1), Draw::of(26));
    }

    #[test]
    fn any_25_rounds_in_a_row_hold_every_kind() {
        for first in [0, 7, 1000] {
            let drawn: Vec<_> = (first..first + 25).map(Draw::of).collect();
            let count = |wanted: fn(&Draw) -> bool| drawn.iter().filter(|d| wanted(d)).count();
            assert_eq!(count(|d| matches!(d.blow, Blow::PowerCut { .. })), 3);
            assert_eq!(count(|d| matches!(d.blow, Blow::Lie { .. })), 2);
            assert_eq!(count(|d| d.client == Client::Sync), 7);
            assert_eq!(count(|d| d.client == Client::Canary), 10);
        }
    }

    /// What each of the safety rules needs to show that it is broken.
    #[test]
    fn the_moment_of_the_order_is_never_left_to_chance() {
        for seed in 0..500 {
            let draw = Draw::of(seed);
            if matches!(draw.blow, Blow::CutReply { .. }) && draw.client == Client::Canary {
                let moment = Moment { action: "OPEN", nth: 1, edge: Edge::Reply };
                assert_eq!(draw.moment, Some(moment));
            }
        }
    }
}
